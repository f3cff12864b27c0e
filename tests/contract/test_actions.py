"""The actions, their tables, the workflow and the command: one contract, held together."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

import action_pages
from golive.cli import check_in_workflow, gate_report, main, sign_off

ROOT = Path(__file__).parents[2]
ACTIONS = action_pages.actions()
INSTALLER = ROOT / "actions/setup/install.py"
INSTALLING = {"python", "command"}
"""Inputs of every action, for the step that installs."""
COMMANDS: dict[str, tuple[str, dict[str, str], set[str], set[str]]] = {
    "golive": ("gate", {}, {"token", "app-id", "app-private-key", "state-key"}, {"json"}),
    "golive/actions/check": (
        "check",
        {"environment": "env", "vars": "var"},
        {"save-to", "artifact", "code-scanning"},
        {"format", "json", "save", "github", "quiet"},
    ),
    "golive/actions/sign-off": ("sign-off", {}, {"token", "app-id", "app-private-key", "state-key"}, {"json"}),
    "golive/actions/validate": ("validate", {"policy": "paths"}, set(), {"format", "schema"}),
}
"""Action → its command; inputs with another name than the option; inputs that are no option; options that are no input."""
ODD = "$(id) `id` ${HOME} \"quoted\" 'single' ; id | id & --help\n::error::x\n##[error]y"
"""A text that a shell, a command line or a runner could take for something else."""

every_action = pytest.mark.parametrize("name", ACTIONS)


def action(name: str) -> dict[str, Any]:
    return yaml.safe_load(ACTIONS[name].read_text("utf-8"))


def steps(name: str) -> list[dict[str, Any]]:
    return action(name)["runs"]["steps"]


def scripts(name: str) -> list[dict[str, Any]]:
    return [step for step in steps(name) if "run" in step]


# ------------------------------------------------------------------ what is written down


@every_action
def test_the_readme_has_the_tables_of_the_action(name: str) -> None:
    text = action_pages.readme(ACTIONS[name]).read_text("utf-8")
    assert text == action_pages.with_tables(text, ACTIONS[name]), "make it anew: python tests/action_pages.py"


def test_the_reference_is_that_of_these_actions() -> None:
    assert action_pages.PAGE.read_text("utf-8") == action_pages.page(), "make it anew: python tests/action_pages.py"


@every_action
def test_the_readme_says_which_permissions_it_needs(name: str) -> None:
    assert "permission" in action_pages.readme(ACTIONS[name]).read_text("utf-8")


def test_the_marketplace_gets_what_it_asks_for() -> None:
    root = action("golive")
    assert root["branding"] == {"icon": "check-circle", "color": "green"}
    assert len(root["description"]) <= 125, "the marketplace shows 125 characters"


# ------------------------------------------------------------------ what a script is, and is not


@every_action
def test_no_expression_stands_inside_a_script(name: str) -> None:
    for step in scripts(name):
        assert "${{" not in step["run"], f"pass it through env: in the step {step['name']!r}; text in a script is code"


@every_action
def test_every_input_is_used_and_every_script_has_its_shell(name: str) -> None:
    handed = str([(step.get("env", {}), step.get("with", {}), step.get("if", "")) for step in steps(name)])
    for key in action(name)["inputs"]:
        assert re.search(rf"inputs\.{key}\b(?!-)", handed), f"the input {key} is promised and not used"
    assert {step["shell"] for step in scripts(name)} == {"bash"}


@every_action
def test_every_script_is_one_that_bash_can_read(name: str) -> None:
    for step in scripts(name):
        done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


@every_action
def test_what_others_made_is_named_by_its_commit(name: str) -> None:
    for step in steps(name):
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), f"pin {step['uses']} by its commit"
            assert re.search(re.escape(step["uses"]) + r" # v\d+\.\d+\.\d+\n", ACTIONS[name].read_text("utf-8"))


# ------------------------------------------------------------------ inputs are options, outputs are outputs


def command(name: str) -> click.Command:
    found = main.cli.get_command(click.Context(main.cli), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_inputs_are_the_commands_options(name: str) -> None:
    called, renamed, others, left_out = COMMANDS[name]
    options = {
        next((o.removeprefix("--") for o in given.opts if o.startswith("--")), given.opts[0])
        for given in command(called).params
    }
    inputs = set(action(name)["inputs"]) - INSTALLING - others
    assert {renamed.get(key, key) for key in inputs} == options - left_out, f"bring {name} and golive {called} together"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_defaults_of_the_inputs_are_those_of_the_options(name: str) -> None:
    called, renamed, others, _ = COMMANDS[name]
    options = {given.opts[0].removeprefix("--"): given for given in command(called).params}
    for key, of in action(name)["inputs"].items():
        option = options.get(renamed.get(key, key))
        default = of.get("default")
        if key in INSTALLING | others or option is None or default in ("", None):
            continue
        told = "false" if "UNSET" in repr(option.default) or option.default is False else str(option.default)
        if key != "policy":  # the action looks at one file; the command finds it by itself
            assert default == told, f"{key} of {name} is {default}, and golive {called} has {told}"


def test_the_gates_outputs_are_those_of_the_command() -> None:
    assert set(action("golive")["outputs"]) == set(gate_report.OUTPUTS)


def test_the_checks_outputs_are_those_of_the_command() -> None:
    assert set(action("golive/actions/check")["outputs"]) == set(check_in_workflow.OUTPUTS)


def test_the_sign_offs_outputs_are_those_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    sign_off._outputs({"headline": "0/1", "verdict": "WAIT", "roles": [], "waiting_on": []})
    told = re.findall(r"^([a-z_]+)<<golive-", (tmp_path / "output").read_text("utf-8"), re.MULTILINE)
    assert set(action("golive/actions/sign-off")["outputs"]) == set(told)


@every_action
def test_every_output_comes_from_a_step_that_is_there(name: str) -> None:
    ids = {step["id"] for step in steps(name) if "id" in step}
    for key, of in action(name)["outputs"].items():
        found = re.fullmatch(r"\$\{\{ steps\.([a-z-]+)\.outputs\.([a-z_]+) \}\}", of["value"])
        assert found, f"the output {key} must come from a step"
        assert found[1] in ids
        assert found[2] == key


# ------------------------------------------------------------------ the scripts, run by bash with a golive that only writes down


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The environment of a step. Its `golive` writes its arguments, its folder and its variables down, and ends as told."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "golive").write_text(
        "#!/bin/sh\n"
        'printf \'%s\\0\' "$@" > "$WRITTEN/arguments"\n'
        'pwd > "$WRITTEN/folder"\n'
        'env -0 > "$WRITTEN/env"\n'
        'exit "${ENDS:-0}"\n'
    )
    (bin_ / "golive").chmod(0o755)
    for name in ("written", "work", "temp"):
        (tmp_path / name).mkdir()
    return {
        "PATH": f"{bin_}:/usr/bin:/bin", "WRITTEN": str(tmp_path / "written"), "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }  # fmt: skip


def ran(name: str, runner: dict[str, str], **inputs: str) -> tuple[int, list[str], dict[str, str], Path]:
    """Exit code, the arguments of golive's command, its environment and its folder, after the last script of an action."""
    script = scripts(name)[-1]
    env = dict.fromkeys(script.get("env", {}), "") | {f"INPUT_{key}": value for key, value in inputs.items()}
    work = Path(runner["RUNNER_TEMP"]).with_name("work")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script["run"]],
        env=env | runner, cwd=work, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    written = Path(runner["WRITTEN"])
    told = dict(pair.split("=", 1) for pair in (written / "env").read_text().split("\0") if pair)
    called, *arguments = (written / "arguments").read_text().split("\0")[:-1]
    assert called == COMMANDS[name][0]
    return done.returncode, arguments, told, Path((written / "folder").read_text().strip())


def test_odd_texts_in_the_gates_inputs_stay_texts(runner: dict[str, str]) -> None:
    of = {"FAIL_ON": ODD, "PULL": ODD, "REPOSITORY": ODD, "RESULTS": "/" + ODD, "REPORT": "/" + ODD, "ALL": ODD}
    code, arguments, _, _ = ran("golive", runner, **of)
    assert code == 0
    assert arguments == [
        f"--fail-on={ODD}", f"--report=/{ODD}", f"--repository={ODD}", f"--pull={ODD}", f"--results=/{ODD}"
    ]  # fmt: skip


def test_odd_texts_in_the_checks_inputs_stay_texts(runner: dict[str, str]) -> None:
    given = dict.fromkeys(scripts("golive/actions/check")[-1]["env"], ODD) | {"INPUT_SAVE_TO": runner["RUNNER_TEMP"]}
    _, arguments, _, _ = ran("golive/actions/check", runner, **{k.removeprefix("INPUT_"): v for k, v in given.items()})
    told = [one for one in arguments[2:] if not one.startswith("--save=")]
    assert [one for one in told if not one.startswith("--var=")] == [
        f"--{option}={ODD}" for option in (
            "policy", "release", "target", "env", "only", "skip", "category", "where", "jobs", "baseline", "attestations",
            "secrets", "directory", "report-to", "pull", "head",
        )
    ]  # fmt: skip
    assert [one for one in told if one.startswith("--var=")] == [f"--var={line}" for line in ODD.splitlines()]


def test_odd_texts_in_the_inputs_of_the_others_stay_texts(runner: dict[str, str]) -> None:
    given = dict.fromkeys(("SERVER", "REPOSITORY", "PULL", "SHA"), ODD)
    _, arguments, _, _ = ran("golive/actions/sign-off", runner, **given, WORDS=f"-{ODD}")
    options = [f"--{option}={ODD}" for option in ("pull", "server", "repository", "sha")]
    assert arguments == [*options, "--", f"-{ODD}"]
    _, arguments, _, _ = ran("golive/actions/validate", runner, POLICY=f"-{ODD}")
    assert arguments == ["--format", "github", "--", f"-{ODD}"]


def test_the_gate_hands_on_only_what_was_given_and_runs_outside_the_checkout(runner: dict[str, str]) -> None:
    _, arguments, env, folder = ran("golive", runner, FAIL_ON="no_go", RESULTS="a.json", TOKEN="t", STATE_KEY="k")
    temp = Path(runner["RUNNER_TEMP"])
    assert folder == temp, "a golive.env of a branch that was checked out must not be read"
    assert arguments == [
        "--fail-on=no_go", f"--report={temp}/golive-decision.json", f"--results={temp.with_name('work')}/a.json"
    ]  # fmt: skip
    ours = {key: value for key, value in env.items() if key.startswith("GOLIVE_")}
    assert ours == {"GOLIVE_GITHUB_TOKEN": "t", "GOLIVE_STATE_KEY": "k"}
    assert not {"INPUT_TOKEN", "INPUT_STATE_KEY", "INPUT_APP_PRIVATE_KEY"} & set(env)


@pytest.mark.parametrize(
    ("server", "lent"),
    [("", {"GOLIVE_GITHUB_TOKEN": "t", "GOLIVE_STATE_KEY": "k"}), ("https://golive.example.com", {})],
)
def test_what_reads_github_is_lent_to_a_sign_off_without_a_server_alone(
    server: str, lent: dict[str, str], runner: dict[str, str]
) -> None:
    _, _, env, folder = ran("golive/actions/sign-off", runner, SERVER=server, PULL="7", TOKEN="t", STATE_KEY="k")
    assert {key: value for key, value in env.items() if key.startswith("GOLIVE_")} == lent
    assert not {"INPUT_TOKEN", "INPUT_STATE_KEY", "INPUT_APP_PRIVATE_KEY"} & set(env)
    assert folder == Path(runner["RUNNER_TEMP"]), "a golive.env of a branch that was checked out must not be read"


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("ends", ["0", "3", "5"])
def test_the_step_ends_as_the_command_ends(name: str, ends: str, runner: dict[str, str]) -> None:
    code, _, _, _ = ran(name, {**runner, "ENDS": ends}, FAIL_ON="no_go", POLICY="x")
    assert code == int(ends)


@pytest.mark.parametrize(("ends", "valid"), [("0", "true"), ("3", "false")])
def test_validate_says_whether_the_policy_is_whole(ends: str, valid: str, runner: dict[str, str]) -> None:
    ran("golive/actions/validate", {**runner, "ENDS": ends}, POLICY="x")
    assert Path(runner["GITHUB_OUTPUT"]).read_text() == f"valid={valid}\n"


# ------------------------------------------------------------------ installing


@every_action
def test_every_action_installs_the_same_way(name: str) -> None:
    first = steps(name)[0]
    up = "" if name == "golive" else "/../.."
    assert first["env"] == {
        "GOLIVE_CHECKOUT": "${{ github.action_path }}" + up,
        "GOLIVE_COMMAND": "${{ inputs.command }}",
        "INPUT_PYTHON": "${{ inputs.python }}",
    }
    assert first["run"].strip() == '"$INPUT_PYTHON" -I "$GOLIVE_CHECKOUT/actions/setup/install.py"'


def installed(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "GITHUB_PATH": str(tmp_path / "path"),
        "RUNNER_TEMP": str(tmp_path),
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-I", INSTALLER], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )


def test_a_golive_that_is_there_is_taken_and_nothing_is_installed(tmp_path: Path) -> None:
    there = Path(sys.executable).with_name("golive")
    done = installed(tmp_path, GOLIVE_COMMAND=str(there))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "path").read_text() == f"{there.parent}\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "path"]


@pytest.mark.parametrize("name", ["/nowhere/golive", sys.executable])
def test_a_command_that_is_no_golive_is_refused_in_words(name: str, tmp_path: Path) -> None:
    done = installed(tmp_path, GOLIVE_COMMAND=name)
    assert done.returncode == 3
    assert done.stdout.startswith(f"::error title=golive::The input command names {name}")
    assert not (tmp_path / "path").exists()


def test_an_installation_that_breaks_off_leaves_nothing_behind_and_says_why(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "requirements").mkdir(parents=True)
    (checkout / "requirements/build.lock").write_text("./missing-1.0-py3-none-any.whl\n")
    (tmp_path / "uv").write_text("#!/bin/sh\necho the index is away >&2\nexit 2\n")
    (tmp_path / "uv").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = installed(tmp_path, PATH=path, GOLIVE_CHECKOUT=str(checkout), RUNNER_TOOL_CACHE=str(tmp_path / "tools"))
    assert done.returncode == 3
    assert "uv could not install golive, so pip does" in done.stdout
    assert "the index is away" in done.stdout
    assert "::error title=golive::" in done.stdout
    assert "missing-1.0" in done.stdout
    assert not list((tmp_path / "tools/golive").iterdir())
    assert not (tmp_path / "path").exists()


def test_what_installs_is_pinned_by_hash_as_everything_else() -> None:
    text = (ROOT / "actions/setup/uv.lock").read_text("utf-8")
    assert re.match(r"uv==\d+\.\d+\.\d+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+\Z", text), "make lock"
    script = INSTALLER.read_text("utf-8")
    for lock in ("runtime.lock", "build.lock", "uv.lock"):
        assert f'/ "{lock}"' in script or f"/{lock}" in script
    taken = len(re.findall(r"--require-hashes|--no-index", script))
    assert taken == 7, "every installation is checked against hashes, or takes what was just built"


# ------------------------------------------------------------------ this repository's own workflow


def test_the_workflow_runs_make_with_pinned_actions_and_few_rights() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for step in workflow["jobs"]["test"]["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), "pin an action by its commit"
        else:
            assert step["run"].startswith("make "), "what continuous integration does belongs into the Makefile"
