"""The report as an in-toto statement with a test result, unsigned; whoever signs it puts it into an envelope.

Source: in-toto Attestation Framework, Statement v1 (`_type`, `subject`, `predicateType`, `predicate`), and the predicate
Test Result v0.1 (`result` of PASSED, WARNED, FAILED; `configuration`; `passedTests`, `warnedTests`, `failedTests`).
"""

from __future__ import annotations

import hashlib
import json

from golive.core.model import Outcome
from golive.core.report import Report

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_RESULTS = {"GO": "PASSED", "CONDITIONAL_GO": "WARNED"}
_ASIDE = frozenset({Outcome.SKIPPED, Outcome.NOT_APPLICABLE})


def dump(report: Report) -> str:
    """The statement as JSON. Its subject is the commit; without one, the digest of what was checked, by name."""
    run = report.run
    if run.commit:
        subject = {"name": run.project, "digest": {"gitCommit": run.commit}}
    else:
        name = run.target or run.project
        subject = {"name": name, "digest": {"sha256": hashlib.sha256(name.encode()).hexdigest()}}
    names: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for line in report.lines:
        if line.outcome in (Outcome.PASSED,):
            names["passedTests"].append(line.check)
        elif line.outcome in (Outcome.WARNING, Outcome.WAIVED):
            names["warnedTests"].append(line.check)
        elif line.outcome not in _ASIDE:
            names["failedTests"].append(line.check)
    result = _RESULTS.get(report.verdict, "FAILED")
    if result == "PASSED" and names["warnedTests"]:
        result = "WARNED"
    predicate = {
        "result": result,
        "configuration": [{"name": run.policy, "annotations": {
            "golive": run.golive, "verdict": report.verdict, "environment": run.environment, "partial": run.partial,
        }}],
        **names,
    }  # fmt: skip
    statement = {"_type": STATEMENT, "subject": [subject], "predicateType": PREDICATE, "predicate": predicate}
    return json.dumps(statement, indent=2, ensure_ascii=False) + "\n"
