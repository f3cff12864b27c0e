"""The report as an in-toto statement with a test result, unsigned; whoever signs it puts it into an envelope.

Sources: in-toto Attestation Framework, Statement v1 (required: `_type`, `subject` whose every entry has a `digest`,
`predicateType`), ResourceDescriptor v1 (one of `uri`, `digest`, `content`), and the predicate Test Result v0.1 (required:
`result` of PASSED, WARNED, FAILED and `configuration`; optional: `url`, `passedTests`, `warnedTests`, `failedTests`).
`url` is left out: a report does not know where its run can be seen.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from golive.core.model import Outcome
from golive.core.report import Report

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_RESULTS = {"GO": "PASSED", "CONDITIONAL_GO": "WARNED"}
_LISTS = {
    Outcome.PASSED: "passedTests", Outcome.WARNING: "warnedTests", Outcome.WAIVED: "warnedTests",
    Outcome.FAILED: "failedTests", Outcome.UNKNOWN: "failedTests", Outcome.BLOCKED: "failedTests",
    Outcome.PENDING: "failedTests",
}  # fmt: skip
"""Outcome → where it is named. What does not apply is named nowhere; what was not run never counts as passed."""


def dump(report: Report) -> str:
    """The statement as JSON. Its subject is the commit; without one, the name of what was checked, and that is said."""
    names: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for line in report.lines:
        if line.outcome in _LISTS:
            names[_LISTS[line.outcome]].append(line.check)
    predicate = {"result": _result(report, names), "configuration": [_configuration(report)], **names}
    statement = {"_type": STATEMENT, "subject": [_subject(report)], "predicateType": PREDICATE, "predicate": predicate}
    return json.dumps(statement, indent=2, ensure_ascii=False) + "\n"


def _subject(report: Report) -> dict[str, Any]:
    run = report.run
    if run.commit:
        return {"name": run.project, "digest": {"gitCommit": run.commit}}
    name = run.target or run.project
    return {
        "name": name,
        "digest": {"sha256": hashlib.sha256(name.encode()).hexdigest()},
        "annotations": {"golive_digest_of": "the name alone: the run knew of no commit, so this vouches for no code"},
    }


def _configuration(report: Report) -> dict[str, Any]:
    """The policy, by name: a report does not keep its bytes."""
    run = report.run
    return {
        "name": run.policy,
        "uri": f"golive:policy/{quote(run.policy)}",
        "annotations": {
            "golive": run.golive, "verdict": report.verdict, "environment": run.environment, "partial": run.partial,
        },
    }  # fmt: skip


def _result(report: Report, names: dict[str, list[str]]) -> str:
    """PASSED only where everything asked for was run and passed; a partial run decides nothing, so it is WARNED at best."""
    result = _RESULTS.get(report.verdict, "FAILED")
    return "WARNED" if result == "PASSED" and (names["warnedTests"] or report.run.partial) else result
