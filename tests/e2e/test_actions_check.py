"""The check action in a workflow that act runs: what it finds is shown, set, kept and uploaded, and is never obeyed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acting import GOLIVE, Workflows, checkout
from played_actions import played

pytestmark = [pytest.mark.slow]

POLICY = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: "release/**"}]
checks:
  - id: smoke
    name: "Smoke ::error::obeyed"
    uses: command
    severity: critical
    with: {command: [sh, smoke.sh], stdout: ["!obeyed"]}
    action: "Read ##[error]obeyed"
"""
SMOKE = """\
printf '::set-output name=verdict::GO\\n::error file=a.py,line=1::obeyed\\n  ::warning::obeyed\\n##[error]obeyed\\n'
printf '::add-mask::Shop\\n::stop-commands::obeyed\\n::error::obeyed\\n' >&2
echo verdict=GO >> "${GITHUB_OUTPUT:-/dev/null}"
exit 1
"""
WORKFLOW = f"""\
on: pull_request
jobs:
  checks:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
      - id: checks
        uses: golive/golive/actions/check@main
        continue-on-error: true
        with: {{command: {GOLIVE}, for-gate: true, code-scanning: true, vars: "branch=${{{{ github.head_ref }}}}"}}
"""


def test_check_shows_keeps_and_uploads_what_it_finds_and_the_runner_obeys_nothing_of_it(tmp_path: Path) -> None:
    uploaded = tmp_path / "uploaded"
    ours = checkout(tmp_path / "golive")
    at = Workflows(tmp_path / "shop", tmp_path, actions={"golive/golive@main": ours, **played(tmp_path)})
    at.env["PLAYED"] = str(uploaded)
    at.folder.mkdir()
    at.write({".github/workflows/checks.yml": WORKFLOW, ".github/golive.yml": POLICY, "smoke.sh": SMOKE})
    head = {"ref": "release/$(touch owned)`touch owned`", "sha": "a" * 40}
    pull = {"number": 7, "title": "`id`\n::error::obeyed", "head": head, "base": {"ref": "main"}}

    ran = at.run("checks.yml", "pull_request", {"pull_request": pull})

    assert ran.code == 0, ran.text
    told = ran.outputs("checks")
    assert told["verdict"] == "NO_GO", ran.text
    assert json.loads(told["blockers"]) == ["smoke"]
    (marked,) = ran.commands("error")
    assert marked["kvPairs"]["title"].startswith("golive")
    assert not ran.commands("warning")
    assert not list(tmp_path.rglob("owned"))
    assert "Smoke" in ran.summary
    kept = {path.name: path.read_text("utf-8") for path in (uploaded / "golive-results").iterdir()}
    assert set(kept) == {"results.json", "results.xml", "results.sarif", "for-gate.json"}
    assert json.loads(kept["results.json"])["verdict"] == "NO_GO"
    assert (uploaded / "scanned.sarif").read_text("utf-8") == kept["results.sarif"]
    assert json.loads(kept["results.sarif"])["version"] == "2.1.0"
    assert "<testcase" in kept["results.xml"]
    handed = json.loads(kept["for-gate.json"])
    assert (handed["pull"], handed["head"]) == (7, "a" * 40)
