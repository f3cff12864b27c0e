"""The actions, their READMEs, the workflow and the command: one contract, held together."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTIONS = {"root": (ROOT / "action.yml", ROOT / "actions/README.md")} | {
    path.parent.name: (path, path.with_name("README.md")) for path in sorted((ROOT / "actions").glob("*/action.yml"))
}


def action(name: str) -> dict[str, Any]:
    return yaml.safe_load(ACTIONS[name][0].read_text())


def steps(name: str) -> list[dict[str, Any]]:
    return action(name)["runs"]["steps"]


every_action = pytest.mark.parametrize("name", ACTIONS)


@every_action
def test_the_readme_lists_each_input_and_output_with_its_default(name: str) -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|.*?(?:\| `([^`]*)` )?\|$", ACTIONS[name][1].read_text(), re.MULTILINE)
    described = action(name)
    expected = {(key, of.get("default", "")) for key, of in described["inputs"].items()}
    expected |= {(key, "") for key in described["outputs"]}
    assert set(rows) == expected, f"bring {ACTIONS[name][1]} and {ACTIONS[name][0]} together"


@every_action
def test_no_expression_stands_inside_a_script(name: str) -> None:
    for step in steps(name):
        assert "${{" not in step["run"], f"pass it through env: in the step {step['name']!r}; text in a script is code"


@every_action
def test_every_input_is_used_and_every_script_has_its_shell(name: str) -> None:
    handed = str([step.get("env", {}) for step in steps(name)])
    for key in action(name)["inputs"]:
        assert f"inputs.{key} " in handed, f"the input {key} is promised and not used"
    assert {step["shell"] for step in steps(name)} == {"bash"}


@every_action
def test_every_output_comes_from_a_step_that_writes_it(name: str) -> None:
    by_id = {step["id"]: step["run"] for step in steps(name) if "id" in step}
    for key, of in action(name)["outputs"].items():
        found = re.fullmatch(r"\$\{\{ steps\.([a-z]+)\.outputs\.([a-z]+) \}\}", of["value"])
        assert found, f"the output {key} must come from a step"
        assert f"{found[2]}=" in by_id[found[1]]


@every_action
def test_every_script_is_one_that_bash_can_read(name: str) -> None:
    for step in steps(name):
        done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


@every_action
def test_every_action_installs_the_same_way_from_locked_files(name: str) -> None:
    install = steps(name)[0]["run"]
    assert install == steps("root")[0]["run"], "change the Install step of every action together"
    for lock in re.findall(r"requirements/[a-z]+\.lock", install):
        assert (ROOT / lock).is_file(), f"{lock} is missing: make lock"
    assert len(re.findall(r"pip\" install", install)) == len(re.findall(r"--require-hashes|--no-index", install)), (
        "every installation is checked against hashes, or takes what was just built"
    )


def test_the_command_knows_the_options_that_the_root_action_passes() -> None:
    script = steps("root")[1]["run"]
    assert 'golive validate --format github -- "$GOLIVE_POLICY"' in script
    done = subprocess.run(
        [sys.executable, "-m", "golive", "validate", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"--format\s+\[[^\]]*\bgithub\b", done.stdout), "`golive validate --format github` is promised"


def test_the_root_action_hands_on_the_verdict_of_the_command(tmp_path: Path) -> None:
    """The validate step, run as GitHub runs it, with commands in place of golive that only exit."""
    script = steps("root")[1]["run"]
    for status, valid in ((0, "true"), (3, "false")):
        (tmp_path / "golive").write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / "golive").chmod(0o755)
        (tmp_path / "output").write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_OUTPUT": str(tmp_path / "output"), "GOLIVE_POLICY": "x"},
            check=False,
        )
        assert done.returncode == status
        assert (tmp_path / "output").read_text() == f"valid={valid}\n"


def test_the_workflow_runs_make_with_pinned_actions_and_few_rights() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for step in workflow["jobs"]["test"]["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), "pin an action by its commit"
        else:
            assert step["run"].startswith("make "), "what continuous integration does belongs into the Makefile"
