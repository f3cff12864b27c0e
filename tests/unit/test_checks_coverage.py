"""What the kind `coverage` makes of reports. The samples are written here after the formats' documentation.

Add a format with a sample of the same two files.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.coverage import CoverageCheck
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, said, seen, values

COBERTURA = """<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.99" branch-rate="0.99" version="7">
<packages><package name="shop.api" line-rate="0.99"><classes>
<class name="cart" filename="shop/api/cart.py"><methods><method name="m">
<lines><line number="1" hits="5"/></lines></method></methods>
<lines><line number="1" hits="1"/><line number="2" hits="3" branch="true" condition-coverage="50% (1/2)"/>
<line number="3" hits="0"/>
<line number="4" hits="1"/></lines></class>
<class name="run" filename="shop/engine.py"><methods/><lines><line number="1" hits="1"/></lines></class>
</classes></package></packages></coverage>"""
COVERAGE_JSON = json.dumps({
    "meta": {"format": 3, "version": "7.6"},
    "files": {
        "shop/api/cart.py": {
            "executed_lines": [1, 2, 4], "missing_lines": [3], "excluded_lines": [],
            "summary": {"covered_lines": 3, "num_statements": 4, "num_branches": 2, "covered_branches": 1},
        },
        "shop/engine.py": {"executed_lines": [1], "missing_lines": [], "summary": {}},
    },
    "totals": {"percent_covered": 99.9},
})  # fmt: skip
LCOV = """TN:
SF:shop/api/cart.py
DA:1,1
DA:2,3
DA:3,0
DA:4,1,checksum
BRF:2
BRH:1
LF:4
LH:3
end_of_record
SF:shop/engine.py
DA:1,1
end_of_record
"""


def look_at(folder: Path, *texts: str, **given: Any) -> Any:
    """The finding on these reports."""
    for number, text in enumerate(texts):
        (folder / f"r{number}").write_text(text)
    return seen(options(CoverageCheck, files="r*", **given), a_look(folder))


@pytest.mark.parametrize("text", [COBERTURA, COVERAGE_JSON, LCOV], ids=["cobertura", "coverage.py", "lcov"])
def test_lines_are_counted_from_the_report_itself(tmp_path: Path, text: str) -> None:
    finding = look_at(
        tmp_path, text, min="80%", min_branches="50%", packages={"shop.api": "75%", "shop/engine": "100%"}
    )
    assert finding.outcome is Outcome.PASSED, said(finding)
    assert values(finding) == {
        "coverage": 80, "branches": 50, "lines": 5, "shop.api.coverage": 75, "shop/engine.coverage": 100,
    }  # fmt: skip
    assert (finding.strength, finding.samples) == (Strength.IMPORTED, 5)


@pytest.mark.parametrize(
    ("given", "outcome", "says"),
    [
        ({"min": "81%"}, "failed", "80 % of 5 lines ran, not at least 81 %"),
        ({"min_branches": "51%"}, "failed", "50 % of the branches ran, not at least 51 %"),
        ({"packages": {"shop.api": "76%"}}, "failed", "shop.api: 75 % of 4 lines ran, not at least 76 %"),
        ({"packages": {"api": "75%"}}, "passed", ""),
        ({"packages": {"shop/**/*.py": "75%"}}, "passed", ""),
        ({"packages": {"pi": "1%"}}, "unknown", "pi: no line of it is in the reports"),
        ({"exclude": "engine.py", "min": "76%"}, "failed", "75 % of 4 lines"),
        ({"exclude": "*.py", "min": "1%"}, "unknown", "0 lines in the reports"),
    ],
)
def test_shares_are_held_against_the_options(tmp_path: Path, given: dict[str, Any], outcome: str, says: str) -> None:
    finding = look_at(tmp_path, LCOV, **given)
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)


def test_a_line_that_any_report_saw_running_ran(tmp_path: Path) -> None:
    other = "SF:shop/api/cart.py\nDA:3,1\nend_of_record\n"
    assert values(look_at(tmp_path, LCOV, other))["coverage"] == 100


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "neither Cobertura XML"),
        ("<coverage>", "it is not XML"),
        ("<html/>", "no Cobertura report: its root is <html>"),
        ('<!DOCTYPE c [<!ENTITY a "b">]><coverage/>', "declares entities"),
        ("{", "Expecting"),
        ("{}", "no coverage report that can be read"),
        ('{"files": {}}', "0 lines"),
        ("SF:a\nDA:x,y\nend_of_record", "invalid literal"),
        (LCOV.replace("BRF:2\nBRH:1\n", ""), "the reports tell nothing of branches"),
    ],
)
def test_what_cannot_be_read_or_is_not_told_is_unknown(tmp_path: Path, text: str, says: str) -> None:
    finding = look_at(tmp_path, text, min_branches="0%")
    assert (finding.outcome, says in finding.summary) == (Outcome.UNKNOWN, True), said(finding)


def test_no_report_is_unknown_and_an_old_one_fails(tmp_path: Path) -> None:
    finding = look_at(tmp_path, min="1%")
    assert (finding.outcome, finding.summary) == (Outcome.UNKNOWN, "no file matches r*")
    now = datetime(2026, 3, 4, tzinfo=UTC)
    (tmp_path / "r").write_text(LCOV)
    at = (now - timedelta(hours=25)).timestamp()
    os.utime(tmp_path / "r", (at, at))
    old = seen(options(CoverageCheck, files="r", max_age="24h"), a_look(tmp_path, now=now))
    assert (old.outcome, "made 25 h ago" in old.summary) == (Outcome.FAILED, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"min": 80}, "with its sign"), ({"min": "101%"}, "between 0% and 100%"), ({"packages": {}}, "at least 1")],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(CoverageCheck, {"files": "x", **given})


def test_a_check_that_only_measures_says_so() -> None:
    assert not options(CoverageCheck, files="x").asserts()
    assert options(CoverageCheck, files="x", min="1%").asserts()
