"""A report with something of everything, and hostile small ones, for tests of the formats.

`a_report()` is a release that one cause stops, weighed by the same code that weighs a real one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from builders import HEAD, NOW, a_check, a_finding
from golive.core.findings import Judged, latest_waivers, stand
from golive.core.model import Detail, Finding, Measure, Outcome, Severity, Strength, Waiver
from golive.core.policy import CheckRule, Matrix, Policy, ReleaseRule
from golive.core.report import Report, Run, reported

RUN = Run(
    golive="1.2.3", project="Shop", policy=".github/golive.yml", started_at=NOW, seconds=12.5,
    target="https://shop.example.com", environment="production", commit=HEAD.head_sha, planned=11,
)  # fmt: skip
SMALL = replace(RUN, planned=0)
RULES = (
    a_check(
        "health", name="All services answer", category="infrastructure", severity=Severity.CRITICAL, owner="platform",
        impact="Nothing else can be validated", action="Start the application services",
    ),
    a_check("rate", name="Rate limit holds", category="security", needs=("health",)),
    a_check("auth", name="Login works", category="security", severity=Severity.CRITICAL, needs=("health",)),
    a_check("alerts", name="Alerts reach people", category="operations", explained_by=("health",)),
    a_check("secrets", name="No secrets in the code", category="security", severity=Severity.CRITICAL,
            impact="Anybody could sign in", action="Rotate it, then take it out"),
    a_check("p95", name="95% answer in time", category="performance", severity=Severity.MEDIUM),
    a_check("unit", name="Unit tests", category="quality"),
    a_check("drill", name="Recovery was drilled", category="operations", severity=Severity.LOW),
    a_check("coverage", name="Coverage", category="quality"),
    a_check("licences", name="Licences", category="quality", severity=Severity.LOW),
    a_check("canary", name="Canary is set up", category="operations", severity=Severity.INFO),
)  # fmt: skip
FINDINGS = (
    a_finding("health", Outcome.FAILED, summary="2 of 3 services did not answer", measured="1 of 3", expected="3 of 3",
              source="https://shop.example.com/health", seconds=3.2, attempts=3, golive="1.2.3", commit=HEAD.head_sha),
    a_finding("alerts", Outcome.UNKNOWN, summary="no answer within 10 s", source="http://alerts.example.com", seconds=10.0),
    a_finding("secrets", Outcome.FAILED, summary="2 secrets", measured="2", expected="0", strength=Strength.PROBE,
              measures=(Measure("secrets", 2),),
              details=(Detail("an access key", "src/pay ment.py", 12), Detail("a token", "deploy/env.txt", 3))),
    a_finding("p95", Outcome.WARNING, summary="231 ms, a little slow", measured="231 ms", expected="<=200ms", samples=1200,
              measures=(Measure("p95", 0.231, "s"), Measure("rate", 48.5, "1/s"), Measure("warm", True),
                        Measure("slowest", "/checkout"))),
    a_finding("unit", summary="412 tests passed", measured="412 of 412", expected="all", strength=Strength.IMPORTED,
              source="reports/unit.xml", measures=(Measure("passed", 412),), seconds=0.04),
    a_finding("drill", Outcome.PENDING, summary="waits for operations to attest it", strength=Strength.ATTESTED),
    a_finding("coverage", Outcome.FAILED, summary="61 % of the lines", measured="61 %", expected=">=80%",
              measures=(Measure("lines", 61.0, "%"),)),
    a_finding("canary", Outcome.NOT_APPLICABLE, summary="this release has no canary"),
)  # fmt: skip
WAIVERS = (
    Waiver("licences", "The list comes next week", "@ana", NOW + timedelta(days=7), requested_by="@mallory"),
    Waiver("coverage", "The old module goes", "@ana", NOW - timedelta(days=2)),
)
MATRIX = Matrix({"infrastructure": 40.0, "security": 30.0, "quality": 20.0, "performance": 10.0}, min_total=8.0)


def a_report(**changes: Any) -> Report:
    """Eleven checks: one cause that blocks two and explains one, two more blockers, and one of every other outcome."""
    found = {finding.check: finding for finding in FINDINGS}

    def take(rule: CheckRule) -> Judged:
        return Judged(rule, found[rule.id])

    checks = stand(RULES, take, latest_waivers(WAIVERS, NOW), NOW)
    return reported(changes.pop("run", RUN), checks, a_policy_for(changes.pop("matrix", MATRIX)), NOW)


def a_report_of(*findings: Finding, rules: Iterable[CheckRule] = (), run: Run = SMALL) -> Report:
    """The report of just these findings; a finding without a rule of its own gets a plain one."""
    by_id = {rule.id: rule for rule in rules}
    checks = [Judged(by_id.get(one.check) or a_check(one.check), one) for one in findings]
    return reported(run, checks, a_policy_for(None), NOW)


def a_policy_for(matrix: Matrix | None) -> Policy:
    """A policy that says nothing but how findings are scored."""
    return Policy("Shop", (ReleaseRule("production", "main"),), matrix=matrix)
