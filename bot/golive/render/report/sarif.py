"""The report as SARIF 2.1.0, for code scanning: a result for every place a check found something, and for every check that
did not pass without a place. Waived ones are results that are suppressed.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0; GitHub's limits for uploads (5,000 results are shown).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from golive.core.model import Detail, Outcome, Severity
from golive.core.report import Line, Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5000
_TOLD = frozenset({Outcome.FAILED, Outcome.UNKNOWN, Outcome.WARNING, Outcome.WAIVED})
_LEVELS = {
    Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "warning",
    Severity.INFO: "note",
}  # fmt: skip
"""Severity → level of what failed or could not tell."""
_WELL = frozenset({Outcome.PASSED, Outcome.SKIPPED, Outcome.NOT_APPLICABLE})
"""Lines of a finding that report nothing amiss."""
_SECURITY = {
    Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0", Severity.INFO: "0.0",
}  # fmt: skip


def dump(report: Report) -> str:
    """The log, with one run."""
    results = [result for line in report.lines if line.outcome in _TOLD for result in _results(line)]
    told = [line for line in report.lines if line.outcome in _TOLD]
    run: dict[str, Any] = {
        "tool": {"driver": {
            "name": "golive", "semanticVersion": report.run.golive, "version": report.run.golive,
            "rules": [_rule(line) for line in told],
        }},
        "invocations": [{
            "executionSuccessful": True,
            "startTimeUtc": _utc(report.run.started_at),
            "endTimeUtc": _utc(report.run.started_at + timedelta(seconds=report.run.seconds)),
        }],
        "automationDetails": {"id": f"golive/{report.run.environment or 'check'}/"},
        "columnKind": "unicodeCodePoints",
        "results": results[:MOST],
        "properties": {"verdict": report.verdict, "headline": report.headline, "left_out": max(0, len(results) - MOST)},
    }  # fmt: skip
    if report.run.commit:
        run["properties"]["commit"] = report.run.commit
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _rule(line: Line) -> dict[str, Any]:
    help_text = " ".join(text for text in (line.impact, line.action) if text) or "Look at what was found."
    return {
        "id": line.check,
        "shortDescription": {"text": line.name},
        "fullDescription": {"text": line.expected or line.name},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": _LEVELS[line.severity]},
        "properties": {
            "tags": [tag for tag in (line.category, line.uses) if tag], "security-severity": _SECURITY[line.severity],
        },
    }  # fmt: skip


def _results(line: Line) -> Iterator[dict[str, Any]]:
    placed = [detail for detail in line.details if detail.path and detail.outcome not in _WELL]
    for detail in placed:
        yield _result(line, detail.text, detail)
    if not placed:
        yield _result(line, line.summary or line.outcome.value, None)


def _result(line: Line, text: str, detail: Detail | None) -> dict[str, Any]:
    print_of = "\0".join([line.check, detail.path if detail else "", text])
    result: dict[str, Any] = {
        "ruleId": line.check,
        "level": _level(line, detail),
        "message": {"text": text or line.name or line.check},
        "partialFingerprints": {"golive/v1": hashlib.sha256(print_of.encode()).hexdigest()[:32]},
        "properties": {"outcome": line.outcome.value, "severity": line.severity.value, "evidence": line.strength},
    }
    if detail is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(detail.path)}}
        if detail.line > 0:
            physical["region"] = {"startLine": detail.line}
        result["locations"] = [{"physicalLocation": physical}]
    else:
        result["locations"] = [{"logicalLocations": [{"name": line.check, "kind": "module"}]}]
    if line.outcome is Outcome.WAIVED:  # the outcome alone: what failed is never hidden by a waiver that does not count
        why = line.waiver.reason if line.waiver is not None else line.summary
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return result


def _level(line: Line, detail: Detail | None) -> str:
    if line.outcome is Outcome.WAIVED:
        return "note"
    if line.outcome is Outcome.WARNING or (detail is not None and detail.outcome is Outcome.WARNING):
        return "note" if line.severity is Severity.INFO else "warning"
    return _LEVELS[line.severity]


def _uri(path: str) -> str:
    """A path as a relative reference; two slashes at its beginning would name a host."""
    path = path.replace("\\", "/")
    return quote(f"/{path.lstrip('/')}" if path.startswith("/") else path, safe="/._-~")
