"""What the kind `junit` makes of test results, among them one that pytest writes here. Add a case as a row."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.junit import JunitCheck
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, said, seen, values

GOOD = '<testcase classname="shop.test_cart" name="adds" time="0.5"/>'
SKIPPED = '<testcase classname="shop.test_cart" name="later"><skipped message="no network"/></testcase>'
FAILED = (
    '<testcase classname="shop.test_cart" name="removes" file="tests/test_cart.py" line="7" time="0.25">'
    '<failure message="assert 1 == 2">def test():\n    assert 1 == 2\n\ntests/test_cart.py:12: AssertionError</failure>'
    "</testcase>"
)
ERROR = '<testcase classname="shop.test_pay" name="pays"><error>no database</error></testcase>'


def suites(*cases: str, name: str = "unit", **attributes: str) -> str:
    """A file with one suite of these cases, whose own totals are wrong."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    suite = f'<testsuite name="{name}" tests="99" errors="0"{more}>{"".join(cases)}</testsuite>'
    return f'<?xml version="1.0"?><testsuites>{suite}</testsuites>'


def look_at(folder: Path, *texts: str, **given: Any) -> Any:
    """The finding on these files."""
    for number, text in enumerate(texts):
        (folder / f"r{number}.xml").write_text(text)
    return seen(options(JunitCheck, files="r*.xml", **given), a_look(folder))


@pytest.mark.parametrize(
    ("cases", "given", "outcome", "says"),
    [
        ([GOOD], {}, "passed", "1 of 1 test passed"),
        ([GOOD, SKIPPED], {}, "passed", "1 of 1 test passed, 1 skipped"),
        ([GOOD, FAILED], {}, "failed", "1 of 2 tests failed"),
        ([GOOD, ERROR], {}, "failed", "1 of 2 tests failed"),
        ([GOOD, FAILED], {"max_failures": 1}, "passed", "1 of 2 tests passed"),
        ([FAILED, ERROR], {"max_failures": 1}, "failed", "2 of 2 tests failed, not at most 1"),
        ([GOOD] * 19 + [FAILED], {"min_pass": "95%"}, "passed", "19 of 20"),
        ([GOOD] * 18 + [FAILED], {"min_pass": "95%"}, "failed", "94.74 % of the tests passed, not at least 95 %"),
        ([GOOD] * 72, {"min_tests": 73, "min_pass": "100%"}, "failed", "72 tests ran, not at least 73"),
        ([GOOD, SKIPPED], {"min_tests": 2}, "failed", "1 test ran, not at least 2"),
        ([GOOD, SKIPPED], {"max_skipped": 0}, "failed", "1 skipped, not at most 0"),
        ([GOOD], {"suites": ["Unit"]}, "passed", ""),
        ([GOOD], {"suites": ["unit", "chaos"]}, "failed", "no test of the suite chaos ran"),
        ([SKIPPED], {}, "unknown", "0 tests ran, 1 were skipped"),
        ([], {}, "unknown", "0 tests ran"),
    ],
)
def test_counts_are_held_against_the_options(
    tmp_path: Path, cases: list[str], given: dict[str, Any], outcome: str, says: str
) -> None:
    finding = look_at(tmp_path, suites(*cases), **given)
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)
    assert finding.strength is Strength.IMPORTED


def test_each_failed_test_is_a_line_with_its_place(tmp_path: Path) -> None:
    finding = look_at(tmp_path, suites(GOOD, FAILED), suites(ERROR, SKIPPED))
    lines = [(one.text, one.path, one.line) for one in finding.details[1:]]
    assert lines == [
        ("shop.test_cart.removes failed: assert 1 == 2", "tests/test_cart.py", 12),
        ("shop.test_pay.pays ended in an error: no database", "", 0),
    ]
    assert values(finding) == {
        "pass_rate": pytest.approx(100 / 3), "tests": 3, "failures": 1, "errors": 1, "skipped": 1, "duration": 0.75,
    }  # fmt: skip


def test_a_failure_that_is_allowed_is_told_as_a_warning(tmp_path: Path) -> None:
    finding = look_at(tmp_path, suites(GOOD, FAILED), max_failures=1)
    assert [one.outcome for one in finding.details] == [Outcome.WARNING]


def test_suites_inside_suites_are_counted_once(tmp_path: Path) -> None:
    inner = f'<testsuite name="inner">{GOOD}{GOOD}</testsuite>'
    finding = look_at(tmp_path, suites(inner, GOOD, name="outer"), suites=["inner", "outer"])
    assert (finding.outcome, values(finding)["tests"]) == (Outcome.PASSED, 3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is not XML"),
        ("<html/>", "it is no JUnit XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><testsuites/>', "declares entities or a document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuites/>', "declares entities or a document type"),
        ('<testsuite name="a"><testcase name="b" time="soon"/></testsuite>', "it is no JUnit XML"),
    ],
)
def test_what_cannot_be_read_is_unknown(tmp_path: Path, text: str, says: str) -> None:
    finding = look_at(tmp_path, text, suites(GOOD))
    assert (finding.outcome, says in finding.summary) == (Outcome.UNKNOWN, True), said(finding)


def test_no_file_is_unknown(tmp_path: Path) -> None:
    finding = look_at(tmp_path)
    assert (finding.outcome, finding.summary, finding.samples) == (Outcome.UNKNOWN, "no file matches r*.xml", 0)


@pytest.mark.parametrize(("hours", "outcome"), [(23, "passed"), (25, "failed")])
@pytest.mark.parametrize("by", ["file", "stamp"])
def test_old_results_fail(tmp_path: Path, hours: int, outcome: str, by: str) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    at = now - timedelta(hours=hours)
    text = suites(GOOD, timestamp=at.isoformat()) if by == "stamp" else suites(GOOD)
    (tmp_path / "r.xml").write_text(text)
    when = at if by == "file" else now
    os.utime(tmp_path / "r.xml", (when.timestamp(), when.timestamp()))
    finding = seen(options(JunitCheck, files="r.xml", max_age="24h"), a_look(tmp_path, now=now))
    assert finding.outcome == outcome, finding.summary


def test_what_pytest_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad():\n    assert 1 == 2\n"
        "@pytest.mark.skip\ndef test_later(): pass\n"
    )
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=r.xml", "test_shop.py"],
        cwd=tmp_path, capture_output=True, check=False, env={**os.environ, "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    finding = seen(options(JunitCheck, files="r.xml", max_age="1h", suites="pytest"), a_look(tmp_path))
    assert finding.outcome is Outcome.FAILED
    assert finding.summary == "1 of 2 tests failed"
    assert (finding.details[1].path, finding.details[1].line) == ("test_shop.py", 4)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"files": []}, "at least 1"),
        ({"files": "a", "min_pass": 95}, "with its sign"),
        ({"files": "a", "min_tests": 0}, "greater than or equal to 1"),
        ({"files": "a", "max_failures": -1}, "greater than or equal to 0"),
        ({"files": "a", "suites": []}, "asserts nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(JunitCheck, given)
