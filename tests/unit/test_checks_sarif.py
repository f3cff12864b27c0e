"""What the kind `sarif` makes of scanners' results. Add a case as a row."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.sarif import SarifCheck
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, said, seen, values

RULES = [
    {"id": "sql-injection", "defaultConfiguration": {"level": "error"}, "properties": {"security-severity": "9.1"}},
    {"id": "weak-hash", "properties": {"security-severity": "7.5"}},
    {"id": "style", "defaultConfiguration": {"level": "note"}},
]


def result(rule: str = "sql-injection", **given: Any) -> dict[str, Any]:
    """One result of that rule at src/a b.py:7."""
    place = {"artifactLocation": {"uri": "src/a%20b.py"}, "region": {"startLine": 7}}
    return {"ruleId": rule, "message": {"text": "tell\n nobody"}, "locations": [{"physicalLocation": place}], **given}


def sarif(*results: dict[str, Any], tool: str = "Scanner", **run: Any) -> str:
    """A file with one run of these results."""
    parts = {"tool": {"driver": {"name": tool, "rules": RULES}}, "results": list(results), **run}
    return json.dumps({"version": "2.1.0", "runs": [parts]})


def look_at(folder: Path, *texts: str, **given: Any) -> Any:
    """The finding on these files."""
    for number, text in enumerate(texts):
        (folder / f"r{number}.sarif").write_text(text)
    return seen(options(SarifCheck, files="*.sarif", **given), a_look(folder))


@pytest.mark.parametrize(
    ("results", "given", "outcome", "says"),
    [
        ([], {}, "passed", "0 results"),
        ([result()], {}, "failed", "1 result of error, not at most 0"),
        ([result("weak-hash")], {}, "passed", "1 result (1 warning, 1 high)"),
        ([result("weak-hash")], {"max": {"high": 0}}, "failed", "1 result of high, not at most 0"),
        ([result()], {"max": {"critical": 0}}, "failed", "1 result of critical"),
        ([result()], {"max": {"error": 1}}, "passed", ""),
        ([result("style")], {"max": {"note": 0, "error": 0}}, "failed", "1 result of note"),
        ([result("style", level="error")], {}, "failed", "of error"),
        ([result("other")], {"max": {"warning": 0}}, "failed", "1 result of warning"),
        ([{"ruleIndex": 0, "message": {"text": "x"}}], {}, "failed", "of error"),
        ([{"rule": {"id": "style", "index": 2}, "message": {}}], {"max": {"note": 0}}, "failed", "of note"),
        ([result(properties={"security-severity": "4.0"})], {"max": {"medium": 0}}, "failed", "of medium"),
        ([result(suppressions=[{"kind": "inSource"}])], {}, "passed", "0 results"),
        ([result(suppressions=[{"kind": "external", "status": "accepted"}])], {}, "passed", ""),
        ([result(suppressions=[{"kind": "external", "status": "rejected"}])], {}, "failed", ""),
        ([result(suppressions=[])], {}, "failed", ""),
        ([result(baselineState="absent")], {}, "passed", ""),
        ([result(kind="pass")], {}, "passed", ""),
        ([result()], {"ignore": "sql-*"}, "passed", ""),
        ([result()], {"exclude": "src/**"}, "passed", ""),
        ([], {"tools": ["scanner"]}, "passed", ""),
        ([], {"tools": ["scanner", "Trivy"]}, "failed", "Trivy did not run"),
    ],
)
def test_results_are_counted_by_level_and_severity(
    tmp_path: Path, results: list[dict[str, Any]], given: dict[str, Any], outcome: str, says: str
) -> None:
    finding = look_at(tmp_path, sarif(*results), **given)
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)
    assert finding.strength is Strength.IMPORTED


def test_each_result_that_counts_is_a_line_with_its_place(tmp_path: Path) -> None:
    finding = look_at(tmp_path, sarif(result(), result("weak-hash"), result(suppressions=[{"kind": "inSource"}])))
    assert [(one.text, one.path, one.line) for one in finding.details[1:]] == [
        ("critical: sql-injection: tell nobody", "src/a b.py", 7)
    ]
    found = values(finding)
    assert (found["findings"], found["suppressed"], found["error"], found["high"]) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is no SARIF"),
        ("[]", "it is no SARIF"),
        ("{}", "version None, not SARIF 2.1.0"),
        ('{"version": "2.0.0", "runs": []}', "version '2.0.0', not SARIF 2.1.0"),
        ('{"version": "2.1.0", "runs": []}', "it holds no run"),
        ('{"version": "2.1.0", "runs": [{}]}', "it is no SARIF"),
        (sarif(invocations=[{"executionSuccessful": False}]), "Scanner says that its run did not succeed"),
    ],
)
def test_what_cannot_be_used_is_unknown(tmp_path: Path, text: str, says: str) -> None:
    finding = look_at(tmp_path, text, sarif())
    assert (finding.outcome, says in finding.summary) == (Outcome.UNKNOWN, True), said(finding)


def test_no_file_is_unknown_and_an_old_one_fails(tmp_path: Path) -> None:
    finding = look_at(tmp_path)
    assert (finding.outcome, finding.summary, finding.measures) == (Outcome.UNKNOWN, "no file matches *.sarif", ())
    now = datetime(2026, 3, 4, tzinfo=UTC)
    (tmp_path / "r").write_text(sarif())
    at = (now - timedelta(hours=25)).timestamp()
    os.utime(tmp_path / "r", (at, at))
    old = seen(options(SarifCheck, files="r", max_age="24h"), a_look(tmp_path, now=now))
    assert (old.outcome, "made 25 h ago" in old.summary) == (Outcome.FAILED, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"max": {}}, "at least 1"), ({"max": {"severe": 0}}, "'error', 'warning'"), ({"tools": []}, "asserts nothing")],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(SarifCheck, {"files": "x", **given})
