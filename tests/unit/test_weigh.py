"""What each check makes of a release, and what a whole report says first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, a_check, a_finding
from golive.core.findings import Judged, explained, settle
from golive.core.model import NoData, Outcome, Severity, Verdict, Waiver
from golive.core.policy import Policy, ReleaseRule
from golive.core.report import Report, Run, reported
from golive.core.weigh import reason_of

BLOCK_ON = frozenset({Severity.CRITICAL, Severity.HIGH})
RUN = Run("1", "Shop", "golive.yml", NOW, 1.0)
POLICY = Policy("Shop", (ReleaseRule("p", "main"),))


def judged(id: str, outcome: Outcome, *, undecided: bool = False, **rule: Any) -> Judged:
    return Judged(a_check(id, **rule), a_finding(id, outcome, undecided=undecided))


def report(*checks: Judged) -> Report:
    return reported(RUN, explained(checks), POLICY, NOW)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (judged("a", Outcome.PASSED), None),
        (judged("a", Outcome.WAIVED), None),
        (judged("a", Outcome.SKIPPED), None),
        (judged("a", Outcome.WARNING), Verdict.GO),
        (judged("a", Outcome.PENDING), Verdict.WAIT),
        (judged("a", Outcome.FAILED), Verdict.NO_GO),
        (judged("a", Outcome.UNKNOWN), Verdict.NO_GO),
        (judged("a", Outcome.FAILED, severity=Severity.LOW), Verdict.CONDITIONAL_GO),
        (judged("a", Outcome.UNKNOWN, severity=Severity.LOW), Verdict.CONDITIONAL_GO),
        (judged("a", Outcome.UNKNOWN, no_data=NoData.HOLD), Verdict.HOLD),
        (judged("a", Outcome.FAILED, no_data=NoData.HOLD), Verdict.NO_GO),
        (judged("a", Outcome.UNKNOWN, undecided=True), Verdict.HOLD),
        (judged("a", Outcome.UNKNOWN, undecided=True, severity=Severity.LOW), Verdict.HOLD),
    ],
)
def test_an_outcome_makes_a_verdict(one: Judged, verdict: Verdict | None) -> None:
    reason = reason_of(one, BLOCK_ON)
    assert (reason.verdict if reason else None) is verdict


def test_ten_that_fail_for_one_cause_are_one_blocker() -> None:
    rest = [judged(f"c{n}", Outcome.FAILED, explained_by=("root",)) for n in range(9)]
    told = report(*rest, judged("root", Outcome.FAILED), judged("keys", Outcome.FAILED))
    assert told.blocked_by == ("root", "keys")
    assert told.roots[0].check == "root"
    assert len(told.roots[0].explains) == 9
    assert "(explains 9 more), and 1 more" in told.headline
    assert told.tally.failed == 11


def test_a_chain_of_causes_ends_at_its_first_link() -> None:
    blocked = Judged(a_check("c", needs=("b",)), a_finding("c", Outcome.BLOCKED), root=a_check("b"))
    told = report(judged("a", Outcome.FAILED), judged("b", Outcome.FAILED, explained_by=("a",)), blocked)
    assert {line.check: line.root for line in told.lines} == {"a": "", "b": "a", "c": "a"}


def test_two_that_explain_each_other_are_both_told() -> None:
    told = report(judged("a", Outcome.FAILED, explained_by=("b",)), judged("b", Outcome.FAILED, explained_by=("a",)))
    assert all(line.outcome is Outcome.FAILED for line in told.lines)
    assert told.verdict == "NO_GO"


def test_waived_checks_are_counted_apart_and_an_expired_waiver_is_shown() -> None:
    rule = a_check("a")
    counts = Waiver("a", "old", "@ana", NOW + timedelta(days=1))
    waived = settle(rule, {}, counts, NOW)
    assert waived is not None
    expired = Judged(a_check("b"), a_finding("b", Outcome.FAILED), waiver=Waiver("b", "x", "@bo", NOW))
    told = report(waived, expired, judged("c", Outcome.PASSED))
    assert (told.tally.waived, told.tally.passed, told.tally.failed) == (1, 1, 1)
    assert [line.waiver_expired for line in told.lines] == [False, True, False]
    assert settle(rule, {}, Waiver("a", "old", "@ana", NOW), NOW) is None, "an expired waiver lets the check run"


def test_a_report_counts_every_outcome_even_those_nobody_had() -> None:
    told = report(judged("a", Outcome.PASSED))
    assert set(told.counts) == {outcome.value for outcome in Outcome}
    assert sum(told.counts.values()) == 1
    assert told.headline == "GO: 1 of 1 passed"
