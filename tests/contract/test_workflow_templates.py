"""The workflows to copy: what they may do, what they never do, and that they fit the actions and the command they call.

`test_workflows_lint` has actionlint and zizmor read them as they are; here zizmor reads them filled in, with names that others
chose. A new template is found by itself, and wants its row in `RIGHTS` and `EVENTS`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gate_world import POLICY, a_gate
from golive.cli import workflows
from golive.cli.check import check
from golive.policyfile.propose import Around, propose
from golive.policyfile.seen import Seen

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates/workflows"
TEMPLATES = {path.name: path for path in sorted(FOLDER.glob("*.yml"))}
USE = workflows.Action("acme/golive", "b" * 40, "as it was asked for")
EVERY = ("gate", "checks", "deploy")
HOSTILE = ['CI "all" # [x]', "$(id)", "`id`", "a: b", "- x", "::error::x", "{{ x }}", "%0A", "it's", "\\n", "é"]

GATE = dict.fromkeys(("contents", "pull-requests", "checks", "statuses", "actions"), "write")
RIGHTS: dict[str, dict[str, dict[str, str]]] = {
    "golive-gate.yml": {"gate": GATE},
    "golive-gate-checks.yml": {
        "look": {"contents": "read", "actions": "read", "pull-requests": "read"},
        "gate": GATE,
    },
    "golive-review.yml": {"heard": {}},
    "golive-files.yml": {"files": {"contents": "read"}},
    "golive-report.yml": {"report": {"contents": "read", "actions": "read", "id-token": "write"}},
    "golive-nightly.yml": {"checks": {"contents": "read"}},
    "golive-deploy.yml": {"deploy": {"contents": "read"}},
}
EVENTS = {
    "golive-gate.yml": {"pull_request_target", "issue_comment", "workflow_run", "workflow_dispatch", "schedule"},
    "golive-gate-checks.yml": {"pull_request_target", "issue_comment", "workflow_run", "workflow_dispatch", "schedule"},
    "golive-review.yml": {"pull_request_review"},
    "golive-files.yml": {"pull_request"},
    "golive-report.yml": {"workflow_run"},
    "golive-nightly.yml": {"schedule", "workflow_dispatch"},
    "golive-deploy.yml": {"workflow_dispatch"},
}
OF_THE_PULL_REQUEST = {"pull_request", "pull_request_review"}
"""Events that run the pull request's own copy of the file."""

every = pytest.mark.parametrize("name", TEMPLATES)


def read(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(TEMPLATES[name].read_text("utf-8"))
    return found


def events(name: str) -> set[str]:
    return set(read(name)[True])  # YAML 1.1 reads `on` as true


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read(name)["jobs"]
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


def under(name: str, key: str) -> list[Any]:
    """What all steps have under a key."""
    return [step[key] for step in steps(name) if key in step]


# ------------------------------------------------------------------ what they may do


@every
def test_each_runs_on_its_events_with_its_rights_and_no_other(name: str) -> None:
    assert events(name) == EVENTS[name]
    assert read(name)["permissions"] == {}, "a right is given to a job, where it is seen"
    assert {key: job.get("permissions", {}) for key, job in jobs(name).items()} == RIGHTS[name]


@every
def test_what_runs_the_pull_requests_own_copy_or_code_can_change_and_prove_nothing(name: str) -> None:
    if events(name) & OF_THE_PULL_REQUEST:
        given = [right for rights in RIGHTS[name].values() for right in rights.values()]
        assert "write" not in given, "a pull request can change this file, and what it runs"
        assert not any("environment" in job for job in jobs(name).values())
        assert "secrets." not in TEMPLATES[name].read_text()
    else:
        assert not any("ref" in given for given in under(name, "with")), "code of the head is checked out with rights"


@every
def test_one_run_at_a_time_and_an_act_is_never_broken_off(name: str) -> None:
    group = read(name)["concurrency"]
    assert group["group"]
    assert group["cancel-in-progress"] is not any("environment" in job for job in jobs(name).values())
    if events(name) & {"pull_request", "pull_request_review", "pull_request_target"}:
        assert "github.event.pull_request.number" in group["group"], "pull requests do not wait for each other"
    assert all(job["timeout-minutes"] <= 30 for job in jobs(name).values())


@every
def test_no_expression_stands_inside_a_script(name: str) -> None:
    for script in under(name, "run"):
        assert "${{" not in script
        assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


@every
def test_every_action_is_pinned_and_keeps_no_credentials(name: str) -> None:
    for line in re.findall(r"^ *(?:- )?uses: (.+)", TEMPLATES[name].read_text(), re.MULTILINE):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", line), line
    for step in steps(name):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_only_the_gates_own_job_holds_its_key_and_it_lies_in_an_environment() -> None:
    holding = {(name, key) for name in TEMPLATES for key, job in jobs(name).items() if "secrets." in str(job)}
    assert holding == {("golive-gate.yml", "gate"), ("golive-gate-checks.yml", "gate")}
    assert {jobs(name)[key]["environment"] for name, key in holding} == {"golive"}


def test_the_gate_that_takes_results_is_the_gate_otherwise() -> None:
    one, other = read("golive-gate.yml"), read("golive-gate-checks.yml")
    for workflow in (one, other):
        del workflow[True]["workflow_run"]["workflows"]
    assert (one[True], one["concurrency"]) == (other[True], other["concurrency"])
    gate, with_results = one["jobs"]["gate"], other["jobs"]["gate"]
    assert {"permissions", "environment", "timeout-minutes"} < set(gate)
    for key in set(gate) - {"if", "steps"}:
        assert gate[key] == with_results[key]
    given = dict(with_results["steps"][-1]["with"])
    assert "needs.look.result == 'success'" in given.pop("results")
    assert given == gate["steps"][-1]["with"]


def test_files_of_a_pull_request_are_looked_at_by_the_policy_of_the_base() -> None:
    look = jobs("golive-gate-checks.yml")["look"]
    (given,) = [step["with"] for step in look["steps"] if "actions/check@" in step.get("uses", "")]
    assert given["policy"] == ".github/golive.yml"
    assert given["directory"].startswith("${{ runner.temp }}"), (
        "beside the checkout, so that neither is taken for the other"
    )
    assert "--policy .github/golive.yml" in "".join(under("golive-report.yml", "run"))


def test_a_comment_of_golives_own_or_on_an_issue_starts_nothing() -> None:
    for name in ("golive-gate.yml", "golive-gate-checks.yml"):
        condition = jobs(name)["gate"]["if"]
        assert "github.event.issue.pull_request" in condition
        assert "github.event.sender.type != 'Bot'" in condition


def test_nothing_deploys_until_somebody_said_how() -> None:
    script = under("golive-deploy.yml", "run")[-1]
    done = subprocess.run(["bash", "-e", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1, "an untouched template must not look as if it had deployed"
    assert "golive-deploy.yml" in done.stdout


# ------------------------------------------------------------------ what they call


@every
def test_the_inputs_that_they_give_are_inputs_of_the_actions(name: str) -> None:
    for step in steps(name):
        uses = step.get("uses", "")
        if uses.startswith(workflows.OWNER):
            path = uses.partition("@")[0].removeprefix(workflows.OWNER).strip("/")
            described = ROOT / path / "action.yml"
            assert described.is_file(), f"{name} uses {path}, and there is no such action"
            assert set(step.get("with", {})) <= set(yaml.safe_load(described.read_text())["inputs"])


@every
def test_the_options_of_the_commands_are_options(name: str) -> None:
    known = {option for parameter in check.params for option in parameter.opts}
    for script in under(name, "run"):
        for line in re.findall(r"^ *golive (.+?)(?:\|\||;|$)", script.replace("\\\n", " "), re.MULTILINE):
            command, _, rest = line.partition(" ")
            assert command == "check"
            assert set(re.findall(r"(?<!\S)(--[a-z-]+)", rest)) <= known


def test_only_a_commit_of_the_branch_is_deployed(tmp_path: Path) -> None:
    """The script as it is, in a repository with a commit beside its branch."""
    (script, _) = under("golive-deploy.yml", "run")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")

    def git(*words: str) -> str:
        done = subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "landed")
    landed = git("rev-parse", "HEAD")
    git("commit", "-q", "--allow-empty", "-m", "later")
    later = git("rev-parse", "HEAD")
    git("checkout", "-q", "-b", "beside", landed)
    git("commit", "-q", "--allow-empty", "-m", "never merged")
    beside = git("rev-parse", "HEAD")
    for sha, ends in ((landed, 0), (later, 0), (beside, 1), ("main", 1), ("--help", 1), ("$(id)", 1), (landed[:12], 1)):
        git("checkout", "-q", "main")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=tmp_path, check=False,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "SHA": sha}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == ends, (sha, done.stdout, done.stderr)
        assert git("rev-parse", "HEAD") == (sha if ends == 0 else later)


def test_the_gate_starts_what_deploys_once_with_what_landed() -> None:
    """The policy's lines and the workflow as `golive init` writes them, taken by the stand-in for GitHub, which knows inputs."""
    proposed = propose(Seen("shop"), Around(serverless=True, deploys=workflows.DEPLOY)).text
    promotion = proposed.partition("\npromotion:")[2]
    policy = POLICY.partition("promotion:")[0] + "promotion:" + promotion.replace("when: ask", "when: go")
    files = workflows.workflows(("deploy",), USE, "")
    with a_gate(token=True, policy=policy) as w:
        w.github.commit("acme/shop", "main", files, by="bo", message="Workflows")
        number = w.release()
        w.signed(number)
        w.run(number)
        w.run(number)
        landed = w.github.pull("acme/shop", number).merge_commit_sha
        (started,) = [run for run in w.github.runs("acme/shop") if run.event == "workflow_dispatch"]
        assert (started.told["pull"], started.told["sha"]) == (str(number), landed)
        assert started.told["decision"] in started.title, "golive finds the run that it started by its name"


@pytest.mark.parametrize(("head", "number"), [("a" * 40, "7"), ("b" * 40, "9"), ("c" * 40, "")])
def test_a_pull_request_of_a_fork_is_found_by_its_head_alone(head: str, number: str, tmp_path: Path) -> None:
    """The script as it is, with a command in place of gh that lists three pull requests."""
    (script,) = under("golive-gate-checks.yml", "run")
    pulls = [
        {"number": 7, "headRefOid": "a" * 40},
        {"number": 8, "headRefOid": "a" * 40},
        {"number": 9, "headRefOid": "b" * 40},
    ]
    (tmp_path / "gh").write_text(f"#!/bin/sh\necho '{json.dumps(pulls)}'\n")
    (tmp_path / "gh").chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], capture_output=True, text=True, check=False,
        env={
            "PATH": f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin", "HEAD": head, "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        },
    )  # fmt: skip
    assert done.returncode == (0 if number else 1), done.stderr
    assert (tmp_path / "output").exists() == bool(number)
    assert not number or (tmp_path / "output").read_text() == f"number={number}\n"


def test_waiting_for_people_is_no_failure_of_the_night(tmp_path: Path) -> None:
    """The script as it is, with commands in place of golive that only exit."""
    (script,) = under("golive-nightly.yml", "run")
    for status, ends in ((0, 0), (1, 1), (2, 0), (3, 3), (4, 0), (5, 5)):
        (tmp_path / "golive").write_text(f"#!/bin/sh\necho told > golive.md\nexit {status}\n")
        (tmp_path / "golive").chmod(0o755)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=tmp_path, check=False,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")},
        )  # fmt: skip
        assert done.returncode == ends
    assert (tmp_path / "summary").read_text() == "told\n" * 6


# ------------------------------------------------------------------ filled in


def test_every_template_belongs_to_a_part_and_every_part_has_its_templates() -> None:
    used = {of for server in (False, True) for of in workflows.templates(EVERY, server).values()}
    assert used == set(TEMPLATES)
    assert workflows.templates(("gate",), False)[workflows.GATE] == workflows.GATE
    assert workflows.templates(("gate", "checks"), False)[workflows.GATE] == workflows.GATE_WITH_CHECKS
    assert set(workflows.templates(("checks",), False)) == {"golive-nightly.yml"}, "nobody takes results"


@pytest.mark.parametrize("server", ["", "https://golive.acme.io"])
def test_nothing_of_a_template_is_left_that_stands_for_something(server: str) -> None:
    made = workflows.workflows(EVERY, USE, server)
    for path, text in made.items():
        assert path.startswith(".github/workflows/golive-")
        assert "gate-checks" not in path
        for stand_in in (workflows.OWNER, workflows.COMMIT, workflows.SERVER, workflows.RELEASE):
            assert stand_in not in text
        assert ("id-token" in text) <= bool(server), "nothing asks for a token where no server takes it"
    assert any(f"acme/golive@{'b' * 40} # v{workflows.__version__}" in text for text in made.values())
    assert (".github/workflows/golive-report.yml" in made) == bool(server)
    assert workflows.runner_of(EVERY, bool(server)) in made


def test_a_tag_in_place_of_a_commit_says_so() -> None:
    made = workflows.workflows(("gate",), workflows.Action("acme/golive", "v0.1.0", ""), "")
    assert "acme/golive@v0.1.0 # a tag can be moved" in made[".github/workflows/golive-gate.yml"]


def test_the_gate_looks_again_after_the_repositorys_own_workflows_whatever_they_are_called() -> None:
    text = workflows.workflows(("gate",), USE, "", HOSTILE)[".github/workflows/golive-gate.yml"]
    assert yaml.safe_load(text)[True]["workflow_run"]["workflows"] == ["golive review", *HOSTILE]
    assert yaml.safe_load(text)["jobs"].keys() == {"gate"}
    text = workflows.workflows(("gate", "checks"), USE, "", ["CI"])[".github/workflows/golive-gate.yml"]
    assert yaml.safe_load(text)[True]["workflow_run"]["workflows"] == ["golive review", "golive files", "CI"]


def test_zizmor_finds_nothing_above_low_in_what_is_written(tmp_path: Path) -> None:
    made = workflows.workflows(EVERY, USE, "https://golive.acme.io", HOSTILE)
    for path, text in made.items():
        (tmp_path / Path(path).name).write_text(text, "utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--no-exit-codes", "--format", "json", *tmp_path.iterdir()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = [one["ident"] for one in json.loads(done.stdout) if one["determinations"]["severity"] in ("Medium", "High")]
    assert not found


A, TAG = "a" * 40, f"v{workflows.__version__}"


@pytest.mark.parametrize(
    ("url", "commit", "host", "expected"),
    [
        ("https://github.com/acme/golive.git", A, "github.com", ("acme/golive", A)),
        ("git+ssh://git@github.com/acme/golive", A, "github.com", ("acme/golive", A)),
        ("git@github.com:acme/golive.git", "", "github.com", ("acme/golive", TAG)),
        ("https://x:s3cret@github.com/acme/golive", A[:12], "github.com", ("acme/golive", TAG)),
        ("https://git.acme.io/tools/golive", A, "git.acme.io", ("tools/golive", A)),
        ("https://elsewhere.example/acme/golive", A, "github.com", None),
        ("https://github.com/acme/golive", A, "git.acme.io", None),
        ("file:///home/ana/golive", "", "github.com", None),
        ("", "", "github.com", None),
    ],
)
def test_whose_golive_a_workflow_names_is_known_from_where_it_came_and_never_guessed(
    url: str, commit: str, host: str, expected: tuple[str, str] | None
) -> None:
    use = workflows.action("", host, (url, commit))
    assert (use and (use.name, use.ref)) == expected
