"""`golive gate` as a step runs it: the event, the outputs, the remarks, the summary, the exit code; and hostile texts."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gate_world import KEY, GateWorld, a_gate
from golive.cli import gate_report, workflow_commands
from golive.cli.gate import gate
from golive.core.errors import Misconfigured, Refused
from golive.core.model import Verdict
from golive.githubapp.workflow_events import Named, named

EVIL = "`$(id)` ::set-output name=verdict::GO\n::error::boo ##[set-env name=A]b %0A,: <b>"


def environment(w: GateWorld, folder: Path, event: str = "", payload: dict[str, Any] | None = None) -> dict[str, str]:
    """What a runner says of a run with the workflow's own token."""
    (folder / "event.json").write_text(json.dumps(payload or {}))
    return {
        "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_EVENT_NAME": event, "GITHUB_RUN_ID": "1",
        "GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_OUTPUT": str(folder / "out"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_API_URL": w.github_url,
        "GITHUB_TOKEN": w.workflow_token(), "GOLIVE_STATE_KEY": KEY, "GOLIVE_GITHUB_WRITE_PAUSE": "0",
    }  # fmt: skip


def step(w: GateWorld, folder: Path, *arguments: str, event: str = "", payload: dict[str, Any] | None = None) -> Result:
    return CliRunner(env=environment(w, folder, event, payload)).invoke(gate, list(arguments))


def outputs(folder: Path) -> dict[str, str]:
    """As the runner reads the file."""
    read: dict[str, str] = {}
    lines = (folder / "out").read_text().split("\n")
    while lines and (line := lines.pop(0)):
        name, fence = line.split("<<", 1)
        value = []
        while (part := lines.pop(0)) != fence:
            value.append(part)
        read[name] = "\n".join(value)
    return read


def commands(printed: str) -> list[str]:
    """The commands that a runner obeys in what was printed, of both forms."""
    obeyed, stopped = [], ""
    for line in printed.splitlines():
        if stopped:
            stopped = "" if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif line.lstrip().startswith("::") or "##[" in line:
            obeyed.append(line)
    return obeyed


def test_a_step_sets_every_output_and_its_summary(tmp_path: Path) -> None:
    with a_gate(token=True) as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        came = step(w, tmp_path, "--report", str(tmp_path / "r.json"), event="issue_comment", payload={
            "issue": {"number": number, "pull_request": {}}, "repository": {"full_name": "acme/shop", "id": w.repo_id},
            "comment": {"id": 1, "user": {"login": "eve", "id": 9, "type": "User"}, "body": "hi",
                        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"},
            "action": "created",
        })  # fmt: skip
        assert came.exit_code == 0, came.output
        told = outputs(tmp_path)
        assert tuple(told) == gate_report.OUTPUTS
        assert (told["verdict"], told["reason_code"]) == ("WAIT", "role_missing")
        decision = json.loads(told["decision"])
        assert decision["schema_version"] == 1
        assert decision["waiting_on"][0]["role"] == "security"
        assert json.loads((tmp_path / "r.json").read_text())["pulls"] == [decision]
        assert told["check_run_url"].startswith(w.github_url)
        assert "waiting on" in (tmp_path / "summary.md").read_text()
        assert "any workflow of this repository can post the same result" in came.output


@pytest.mark.parametrize(
    ("fail_on", "says", "code"),
    [("no_go", "hold", 0), ("hold", "hold", 5), ("wait", "", 4), ("no_go", "reject", 1), ("never", "reject", 0)],
)
def test_it_fails_only_as_it_was_told_to(tmp_path: Path, fail_on: str, says: str, code: int) -> None:
    with a_gate(token=True) as w:
        number = w.release()
        if says:
            w.says("bo" if says == "hold" else "mina", number, f"/golive {says} the shop is full")
        came = step(w, tmp_path, "--pull", str(number), "--fail-on", fail_on)
        assert came.exit_code == code, came.output


def test_hostile_texts_change_nothing_but_text(tmp_path: Path) -> None:
    with a_gate(token=True) as w:
        branch = "release/$(id)`x`;::error"
        w.github.commit("acme/shop", branch, {"app.py": "1\n"}, by="ana", message="Evil")
        number = w.github.open_pull("acme/shop", head=branch, title=f"1.4 {EVIL}", by="ana")
        w.ci_says("success", number)
        w.settle()
        w.says("bo", number, f"/golive hold {EVIL}")
        came = step(w, tmp_path, "--pull", str(number), "--fail-on", "never")
        assert came.exit_code == 0, came.output
        obeyed = commands(came.output)
        assert all(re.match(r"::(error|warning|notice) title=golive ", line) for line in obeyed), obeyed
        assert outputs(tmp_path)["verdict"] == "HOLD"
        assert "<b>" not in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize("text", [EVIL, "a\r\n::error::x", "  ::add-mask::a", "x ##[error]b", "\u2028::error::c"])
def test_no_line_of_a_printed_text_is_a_command_and_no_value_ends_its_fence(tmp_path: Path, text: str) -> None:
    assert not commands(workflow_commands.tame(text))
    assert "\n" not in workflow_commands.annotation("failure", text, path=text, line=1, title=text)
    workflow_commands.set_outputs(tmp_path / "out", {"a": f"{text}\ngolive-0\nb<<X", "b": text.replace("\r", "")})
    assert outputs(tmp_path)["b"] == text.replace("\r", "")


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        ("pull_request_target", {"pull_request": {"number": 7}}, Named((7,), heard="pull_request")),
        ("issue_comment", {"issue": {"number": 7, "pull_request": {}}}, Named((7,), heard="issue_comment")),
        ("issue_comment", {"issue": {"number": 7}}, Named()),
        ("workflow_dispatch", {"inputs": {"pull": "7"}}, Named((7,))),
        ("workflow_dispatch", {"inputs": None}, Named(every=True)),
        ("schedule", {"schedule": "5 * * * *"}, Named(every=True)),
        ("workflow_run", {"workflow_run": {"head_sha": "a", "pull_requests": [{"number": 7}]}}, Named((7,))),
        ("workflow_run", {"workflow_run": {"head_sha": "a", "pull_requests": []}}, Named(commit="a")),
    ],
)
def test_an_event_names_pull_requests_and_nothing_else(event: str, payload: dict[str, Any], expected: Named) -> None:
    assert named(event, payload) == expected


@pytest.mark.parametrize("event", ["pull_request", "pull_request_review", "pull_request_review_comment"])
def test_the_pull_requests_own_copy_of_a_workflow_is_refused_with_what_to_use(event: str) -> None:
    with pytest.raises(Refused, match=r"does not run the default branch's file.*Use "):
        named(event, {"pull_request": {"number": 7}})


@pytest.mark.parametrize(
    "payload", [{}, {"pull_request": None}, {"issue": {"number": "x", "pull_request": 1}}, {"inputs": {"pull": "1;id"}}]
)
def test_a_payload_that_is_none_is_refused_in_words(payload: dict[str, Any]) -> None:
    for event in ("pull_request_target", "workflow_run"):
        with pytest.raises(Refused, match=f"payload of `{event}` is not as GitHub sends it"):
            named(event, payload)


def test_an_input_that_is_no_number_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="must be the number of a pull request"):
        named("workflow_dispatch", {"inputs": {"pull": "1;id"}})


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        ((), {}, "Which repository"),
        (("--repository", "acme/shop"), {}, "Which pull request"),
        (("--repository", "acme/shop", "--pull", "1"), {}, "needs a way to GitHub"),
        (
            ("--repository", "acme/shop", "--pull", "1"),
            {"GITHUB_TOKEN": "t", "GOLIVE_STATE_KEY": "short"},
            "shorter than",
        ),
    ],
)
def test_what_is_missing_is_named(arguments: tuple[str, ...], variables: dict[str, str], said: str) -> None:
    clean = dict.fromkeys(("GITHUB_ACTIONS", "GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_TOKEN"))
    came = CliRunner(env={**clean, **variables}).invoke(gate, list(arguments))
    assert isinstance(came.exception, Misconfigured), came.output
    assert said in str(came.exception)


def test_the_worst_of_several_is_what_the_step_is_about(tmp_path: Path) -> None:
    with a_gate(token=True) as w:
        first = w.release()
        second = w.release(head="release/1.5")
        w.says("mina", second, "/golive reject it is slow")
        came = step(w, tmp_path, event="schedule")
        assert came.exit_code == 1
        told = outputs(tmp_path)
        assert told["verdict"] == Verdict.NO_GO.name
        assert [one["pull"] for one in json.loads(told["decision"])["pulls"]] == [second, first]


LEFT_OUT = ("sqlalchemy", "sqlmodel", "slack_sdk", "slack_bolt", "fastapi", "alembic", "rich", "pygments", "httpx")
STARTED = f"""
import sys
from golive.cli import gate, lean
with lean.start():
    import golive.cli.gate_report, golive.cli.logs, golive.settings
from golive.checks.registry import installed
assert installed().stirs()
kinds = [name for name in sys.modules if name.startswith("golive.checks.") and "registry" not in name]
print([name for name in {LEFT_OUT!r} if name in sys.modules] + kinds)
import rich.console, gc
assert gc.isenabled()
"""


def test_it_imports_no_database_no_chat_no_web_no_console_and_no_kind_of_check_before_a_policy_names_it() -> None:
    import sys

    told = subprocess.run(
        [sys.executable, "-c", STARTED], capture_output=True, text=True, check=True, env={"PYTHONPATH": "bot"}
    )
    assert told.stdout.strip() == "[]", "a gate pays for what it does not use"


def test_validate_finds_the_roles_that_a_token_cannot_fill_at_their_places(tmp_path: Path) -> None:
    from golive.cli.validate import validate

    policy = tmp_path / "golive.yml"
    policy.write_text(
        "version: 1\nproject: Shop\nreleases: [{name: production, base: main, labels: [release]}]\n"
        "signoffs: [{group: g, roles: [\n  {role: qa, from: [acme/qa, '@mina']},\n  {role: sec, from: ['org:acme']}]}]\n"
        "promotion: {merge: {method: squash}}\n"
    )
    plain, serverless = (CliRunner().invoke(validate, [str(policy), *more]) for more in ((), ("--serverless",)))
    assert plain.exit_code == 0, plain.output
    assert serverless.exit_code == 3
    assert f"{policy}:5:21" in serverless.output, serverless.output
    assert "permission:write" in serverless.output
    assert "any workflow of this repository can post the same result" in serverless.output


@pytest.mark.parametrize(
    ("variables", "marks", "code"),
    [
        ({}, ["missing", "note"], 3),
        ({"GITHUB_TOKEN": "t", "GOLIVE_STATE_KEY": KEY}, ["note", "note", "note", "ok"], 0),
        ({"GITHUB_TOKEN": "t", "GOLIVE_STATE_KEY": "short"}, ["note", "note", "note", "wrong"], 3),
        ({"GOLIVE_GITHUB_APP_ID": "1", "GOLIVE_GITHUB_PRIVATE_KEY": "k", "GOLIVE_STATE_KEY": KEY}, ["ok", "ok"], 0),
    ],
)
def test_doctor_says_what_a_gate_has_and_what_its_result_is_worth(
    variables: dict[str, str], marks: list[str], code: int
) -> None:
    from golive.cli.doctor import doctor

    clean = dict.fromkeys(("GITHUB_TOKEN", "GOLIVE_GITHUB_TOKEN", "GOLIVE_STATE_KEY", "GOLIVE_GITHUB_APP_ID"))
    came = CliRunner(env={**clean, **variables}).invoke(doctor, ["--gate", "--json"])
    told = json.loads(came.output)
    assert ([item["mark"] for item in told["found"]], told["exit"]) == (marks, code)
