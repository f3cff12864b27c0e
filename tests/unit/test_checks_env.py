"""What the kind `env` makes of variables. Add a case as a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from golive.checks.env import EnvCheck
from golive.checks.variables import dotenv
from machine import a_look, options, refusal, said, seen, values

SECRET = "q7Jw2mVx9LpZr4Tn"


@pytest.mark.parametrize(
    ("variables", "given", "outcome", "says"),
    [
        ({"A": "1"}, {"required": ["A"]}, "passed", "1 of 1 variable set, all as expected"),
        ({}, {"required": ["A", "B"]}, "failed", "A is not set; B is not set"),
        ({"A": ""}, {"required": "A"}, "failed", "A is empty"),
        ({"A": "1"}, {"required": "A", "recommended": "B"}, "warning", "B is recommended and not set"),
        ({}, {"required": "A", "recommended": "A"}, "failed", "A is not set"),
        ({"DEBUG": ""}, {"forbidden": "DEBUG"}, "failed", "DEBUG is set and must not be"),
        ({}, {"forbidden": "DEBUG"}, "passed", ""),
        ({"L": "info"}, {"values": {"L": ["info", "warning"]}}, "passed", ""),
        ({"L": "debug"}, {"values": {"L": ["info", "warning"]}}, "failed", "L is not info or warning"),
        ({"P": "80x"}, {"values": {"P": "=~ ^[0-9]+$"}}, "failed", "P is not =~ ^[0-9]+$"),
        ({}, {"values": {"P": "=~ ^[0-9]+$"}}, "failed", "P is not set"),
        ({"E": "Dev"}, {"not_in": {"E": ["dev", "test"]}}, "failed", "E is one of the values that it must not have"),
        ({"E": "production"}, {"not_in": {"E": ["dev", "test"]}}, "passed", ""),
        ({}, {"not_in": {"E": ["dev"]}}, "failed", "E is not set"),
    ],
)
def test_variables_are_held_against_the_options(
    tmp_path: Path, variables: dict[str, str], given: dict[str, Any], outcome: str, says: str
) -> None:
    finding = seen(options(EnvCheck, **given), a_look(tmp_path, environment=variables))
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)


def test_no_value_is_ever_shown(tmp_path: Path) -> None:
    variables = {"API_KEY": SECRET, "PORT": SECRET, "MODE": SECRET, "DEBUG": SECRET}
    check = options(
        EnvCheck, required="API_KEY", forbidden="DEBUG", values={"PORT": "80", "API_KEY": "k"}, not_in={"MODE": SECRET}
    )
    facts = check.collect(a_look(tmp_path, environment=variables))
    finding = check.judge(facts)
    assert len(finding.details) == 4
    assert SECRET not in said(finding) + repr(facts)
    assert "API_KEY is not as expected" in said(finding)


def test_a_dotenv_file_can_be_read_instead(tmp_path: Path) -> None:
    (tmp_path / ".env.production").write_text("A=1\n# B=2\n")
    check = options(EnvCheck, required=["A", "B"], file=".env.production")
    finding = seen(check, a_look(tmp_path, environment={"B": "2"}))
    assert (finding.summary, finding.source) == ("B is not set", ".env.production")
    assert values(finding) == {"missing": 1, "set": 1, "flaws": 1}


def test_it_says_which_variables_it_judges() -> None:
    given = {"required": ["A"], "recommended": "B", "forbidden": "C", "values": {"D": "1"}, "not_in": {"E": "1"}}
    assert options(EnvCheck, **given).reads_variables() == {"A", "B", "C", "D", "E"}
    assert options(EnvCheck, **given, file=".env").reads_variables() == set()


def test_a_dotenv_file_is_read_as_others_read_it() -> None:
    text = "A=1\nexport B = two words # note\nC='a # b'\nD=\"x\\ny\" # z\n#E=1\nF=\nno line\nG=a#b\n"
    assert dotenv(text) == {"A": "1", "B": "two words", "C": "a # b", "D": "x\ny", "F": "", "G": "a#b"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "asserts nothing"),
        ({"file": ".env"}, "asserts nothing"),
        ({"required": []}, "at least 1"),
        ({"values": {}}, "at least 1"),
        ({"values": {"A": []}}, "at least 1"),
        ({"values": {"A": "=~ ("}}, "not a regular expression"),
        ({"values": {"A": 80}}, "valid array"),
        ({"required": ["A-B"]}, "pattern"),
        ({"required": "A", "forbidden": "A"}, "A is asked for and forbidden"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(EnvCheck, given)
