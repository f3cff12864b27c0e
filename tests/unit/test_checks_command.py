"""What the kind `command` makes of programs. Real processes; add a case as a row."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from golive.checks.command import CommandCheck, Done
from golive.core.model import Outcome
from golive.ports import Ran
from machine import a_look, options, refusal, said, seen, values


@pytest.mark.parametrize(
    ("ran", "given", "flaw"),
    [
        (Ran(0, "ok\n", "", 0.1), {}, ""),
        (Ran(1, "", "", 0.1), {}, "the exit status is 1, not 0"),
        (Ran(-9, "", "", 0.1), {}, "is -9, not 0"),
        (Ran(2, "", "", 0.1), {"exit_status": [0, 2]}, ""),
        (Ran(0, "", "", 0.1), {"exit_status": 3}, "is 0, not 3"),
        (Ran(0, "all ready", "", 0.1), {"stdout": "ready"}, ""),
        (Ran(0, "READY", "", 0.1), {"stdout": ["ready"]}, 'stdout does not contain "ready"'),
        (Ran(0, "v1.2\nx", "", 0.1), {"stdout": [r"/^v\d+\.\d+$/"]}, ""),
        (Ran(0, "v1", "", 0.1), {"stdout": [r"/^v\d+\.\d+$/"]}, "stdout does not match"),
        (Ran(0, "", "warning: x", 0.1), {"stderr": ["!error"]}, ""),
        (Ran(0, "", "an error", 0.1), {"stderr": ["!error"]}, 'stderr contains "error"'),
        (Ran(0, "", "error 7", 0.1), {"stderr": [r"!/error \d/"]}, "stderr matches"),
        (Ran(0, "a !b", "", 0.1), {"stdout": ["\\!b"]}, ""),
        (Ran(0, "x" * 70_000, "", 0.1), {"stdout": ["!/y/"]}, "longer than the 64 Ki characters"),
        (Ran(0, '{"up": true}', "", 0.1), {"json": {"up": True}}, ""),
        (Ran(0, '{"up": 1}', "", 0.1), {"json": {"up": True}}, "up is 1, not true"),
        (Ran(0, "up", "", 0.1), {"json": {"up": True}}, "stdout is not JSON"),
    ],
)
def test_everything_that_was_named_must_hold(ran: Ran, given: dict[str, Any], flaw: str) -> None:
    finding = options(CommandCheck, command="./check", **given).judge(Done(ran))
    assert finding.outcome is (Outcome.FAILED if flaw else Outcome.PASSED), said(finding)
    assert flaw in finding.summary
    assert values(finding) == {"duration": 0.1, "exit_code": ran.exit_code}


@pytest.mark.parametrize(
    ("stdout", "value", "outcome", "measured"),
    [
        ("42\n", "stdout", "passed", (42, "")),
        (" 200ms ", "stdout", "passed", (0.2, "s")),
        ("many", "stdout", "unknown", "stdout is not a number"),
        ("", "stdout", "unknown", "stdout is not a number"),
        ('{"a": {"p95": 250}}', {"json": "a.p95", "unit": "ms"}, "passed", (0.25, "s")),
        ('{"a": "250"}', {"json": "a"}, "unknown", 'a is "250", no number'),
        ('{"a": true}', {"json": "a"}, "unknown", "a is true, no number"),
        ("{}", {"json": "a"}, "unknown", "a is null, no number"),
        ("x", {"json": "a"}, "unknown", "not the JSON that was expected"),
        ('{"a": 1, "n": 5}', {"json": "a", "samples": "n"}, "passed", (1, "")),
        ('{"a": 1, "n": 0}', {"json": "a", "samples": "n"}, "unknown", "0 samples"),
        ('{"a": 1}', {"json": "a", "samples": "n"}, "unknown", "n is null, no number of samples"),
    ],
)
def test_a_value_is_measured_or_the_check_could_not_tell(stdout: str, value: Any, outcome: str, measured: Any) -> None:
    finding = options(CommandCheck, command="./check", value=value).judge(Done(Ran(0, stdout, "", 0.1)))
    assert finding.outcome == outcome
    if outcome == "passed":
        assert (finding.measures[0].name, finding.measures[0].value, finding.measures[0].unit) == ("value", *measured)
    else:
        assert measured in finding.summary


def test_its_measures_are_known_before_it_runs() -> None:
    assert next(iter(options(CommandCheck, command="x").measures.items())) == ("duration", "s")
    asked = options(CommandCheck, command="x", value={"json": "a", "unit": "ms"})
    assert next(iter(asked.measures.items())) == ("value", "s")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b  c", ["a", "b", "c"]),
        ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
        ("awk '$1 | x' f", ["awk", "$1 | x", "f"]),
        (r"grep a\|b", ["grep", "a|b"]),
        ("grep 'a$' x", ["grep", "a$", "x"]),
        (["a b", "$HOME"], ["a b", "$HOME"]),
    ],
)
def test_a_command_line_is_taken_apart_as_a_shell_would(line: Any, words: list[str]) -> None:
    assert list(options(CommandCheck, command=line).command) == words


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"command": "a | b"}, "no shell runs this"),
        ({"command": "a > b"}, "no shell runs this"),
        ({"command": "a && b"}, "no shell runs this"),
        ({"command": "a $HOME"}, "no shell runs this"),
        ({"command": 'a "$(b)"'}, "no shell runs this"),
        ({"command": "a `b`"}, "no shell runs this"),
        ({"command": "a 'b"}, "cannot be taken apart: no closing quotation"),
        ({"command": ""}, "name the program to run"),
        ({"command": []}, "name the program to run"),
        ({"command": 7}, "valid array"),
        ({"command": "a", "exit_status": []}, "at least 1"),
        ({"command": "a", "stdout": []}, "asserts nothing"),
        ({"command": "a", "stdout": "!"}, "asserts nothing"),
        ({"command": "a", "stdout": "/(/"}, "not a regular expression"),
        ({"command": "a", "json": {}}, "at least 1"),
        ({"command": "a", "value": {"json": "a..b"}}, "not JMESPath"),
        ({"command": "a", "value": {"json": "a", "unit": "parsec"}}, "not a unit golive knows"),
        ({"command": "a", "writes": True}, "needs a `cleanup`"),
        ({"command": "a", "cleanup": "b"}, "say `writes: true`"),
        ({"command": "a", "directory": "../x"}, "below the working directory"),
        ({"command": "a", "environment": {"GOLIVE_X": "1"}}, "golive's own"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(CommandCheck, given)


def test_a_real_program_is_run_with_all_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    check = options(
        CommandCheck,
        command=["sh", "-c", 'cat; echo "$GREETING in $(basename "$PWD")"; echo gone wrong >&2; exit 3'],
        stdin="hello\n",
        environment={"GREETING": "hi"},
        directory="below",
        stdout=["hello", "hi in below"],
    )
    finding = seen(check, a_look(tmp_path))
    assert (finding.outcome, finding.summary) == (Outcome.FAILED, "the exit status is 3, not 0")
    assert "gone wrong" in [one.text for one in finding.details]
    assert finding.source.startswith("`sh -c")


def test_a_late_or_missing_program_could_not_tell(tmp_path: Path) -> None:
    late = seen(options(CommandCheck, command="sleep 30"), a_look(tmp_path, seconds=0.3))
    assert (late.outcome, "did not end within" in late.summary) == (Outcome.UNKNOWN, True)
    missing = seen(options(CommandCheck, command="no-such-program"), a_look(tmp_path))
    assert (missing.outcome, "no such program" in missing.summary) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize(
    ("command", "outcome"), [("touch written", "passed"), ("false", "failed"), ("sleep 30", "unknown")]
)
def test_what_it_wrote_is_cleaned_up_whatever_came_of_it(tmp_path: Path, command: str, outcome: str) -> None:
    check = options(CommandCheck, command=command, writes=True, cleanup=["sh", "-c", "rm -f written; touch cleaned"])
    assert seen(check, a_look(tmp_path, seconds=1)).outcome == outcome
    assert (tmp_path / "cleaned").exists()
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("cleanup", ["false", "no-such-program", "sleep 30"])
@pytest.mark.parametrize("command", ["true", "sleep 30"])
def test_a_cleanup_that_fails_makes_the_check_fail(tmp_path: Path, command: str, cleanup: str) -> None:
    began = time.monotonic()
    check = options(CommandCheck, command=command, writes=True, cleanup=cleanup)
    finding = seen(check, a_look(tmp_path, seconds=0.5))
    assert finding.outcome is Outcome.FAILED
    assert "may still be there" in finding.summary
    assert time.monotonic() - began < 3


def test_a_secret_of_the_machine_is_not_shown(tmp_path: Path) -> None:
    secret = "q7Jw2mVx9LpZr4Tn"
    look = a_look(tmp_path, environment={"API_TOKEN": secret})
    check = options(CommandCheck, command=["sh", "-c", 'echo "$API_TOKEN" >&2; exit 1'], stdout="x")
    finding = seen(check, look)
    assert finding.outcome is Outcome.FAILED
    assert secret not in said(finding) + json.dumps(check.canonical())
