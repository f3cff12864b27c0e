"""The actions install golive by themselves, in workflows that act runs on this machine: nothing of this environment is used."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from acting import Workflows, checkout

pytestmark = [pytest.mark.slow]

POLICY = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: "release/**"}]
checks: [{id: notes, name: There are notes, uses: file, with: {path: NOTES.md}, accept: document}]
"""
WORKFLOW = f"""\
on: push
jobs:
  policy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
      - id: setup
        uses: golive/golive/actions/setup@main
        with: {{python: {sys.executable}}}
      - run: golive --version
      - run: case "$(command -v python3)" in */golive/tmp*) echo "python of golive" ;; *) echo "python of the runner" ;; esac
      - id: whole
        uses: golive/golive/actions/validate@main
        with: {{python: {sys.executable}}}
      - id: broken
        uses: golive/golive/actions/validate@main
        continue-on-error: true
        with: {{policy: broken.yml, python: {sys.executable}}}
"""


def test_setup_installs_golive_once_and_validate_marks_a_mistake_at_its_line(tmp_path: Path) -> None:
    at = Workflows(tmp_path / "shop", tmp_path, actions={"golive/golive@main": checkout(tmp_path / "golive")})
    at.folder.mkdir()
    broken = POLICY.replace("uses: file", "uses: no-such-kind")
    at.write({".github/workflows/policy.yml": WORKFLOW, ".github/golive.yml": POLICY, "broken.yml": broken})

    ran = at.run("policy.yml", "push", {})

    assert ran.code == 0, ran.text
    assert ran.outputs("setup")["version"] == "0.1.0"
    assert "golive 0.1.0\n" in ran.printed
    assert ran.printed.count("installed by") == 1, "the steps after the first find what the first installed"
    assert ran.printed.count("installed before, found") == 2
    assert ran.outputs("whole") == {"valid": "true"}
    assert ran.outputs("broken") == {"valid": "false"}
    (marked,) = ran.commands("error")
    assert marked["kvPairs"]["file"] == "broken.yml"
    assert marked["kvPairs"]["line"] == "4"
    assert "python of the runner\n" in ran.printed, "the job's own python must stay what it was"
