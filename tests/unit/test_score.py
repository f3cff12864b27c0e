"""The score: weights, factors from findings, and the cap of the worst failure."""

from __future__ import annotations

import pytest

from builders import a_check, a_finding
from golive.core.findings import Judged
from golive.core.model import Outcome, Severity, Verdict
from golive.core.policy import Matrix
from golive.core.score import CAPS, factor, score, total
from golive.core.weigh import too_low

DOCUMENT = {
    "security": 25.0, "performance": 20.0, "reliability": 20.0, "operations": 15.0, "documentation": 10.0,
    "recovery": 10.0,
}  # fmt: skip


def judged(id: str, outcome: Outcome, category: str = "security", severity: Severity = Severity.HIGH) -> Judged:
    return Judged(a_check(id, category=category, severity=severity), a_finding(id, outcome))


def test_the_weighted_total_of_a_signed_matrix_is_as_its_authors_computed_it() -> None:
    factors = dict(zip(DOCUMENT, (10.0, 9.0, 10.0, 9.0, 9.0, 10.0), strict=True))
    assert total(DOCUMENT, factors) == pytest.approx(9.55)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([Outcome.PASSED, Outcome.PASSED], 10.0),
        ([Outcome.PASSED, Outcome.FAILED], 5.0),
        ([Outcome.PASSED, Outcome.WARNING], 7.5),
        ([Outcome.PASSED, Outcome.UNKNOWN], 5.0),
        ([Outcome.PASSED, Outcome.BLOCKED], 5.0),
        ([Outcome.PASSED, Outcome.WAIVED], 10.0),
        ([Outcome.PASSED, Outcome.NOT_APPLICABLE], 10.0),
        ([Outcome.WAIVED], None),
        ([], None),
    ],
)
def test_a_factor_is_what_its_checks_bring_in(outcomes: list[Outcome], expected: float | None) -> None:
    assert factor([judged(f"c{n}", outcome) for n, outcome in enumerate(outcomes)]) == expected


def test_two_hundred_small_passes_do_not_buy_off_one_critical_failure() -> None:
    checks = [judged(f"c{n}", Outcome.PASSED, severity=Severity.LOW) for n in range(200)]
    checks.append(judged("login", Outcome.FAILED, severity=Severity.CRITICAL))
    reached = score(checks, Matrix({"security": 100.0}))
    assert reached.uncapped is not None
    assert reached.uncapped > 9
    assert reached.total == CAPS[Severity.CRITICAL]
    assert "login" in reached.capped


def test_a_heavier_check_weighs_more() -> None:
    light = factor(
        [judged("a", Outcome.PASSED, severity=Severity.CRITICAL), judged("b", Outcome.FAILED, severity=Severity.LOW)]
    )
    heavy = factor(
        [judged("a", Outcome.FAILED, severity=Severity.CRITICAL), judged("b", Outcome.PASSED, severity=Severity.LOW)]
    )
    assert light is not None
    assert heavy is not None
    assert light > heavy


def test_the_weight_of_a_category_without_checks_is_spread() -> None:
    reached = score([judged("a", Outcome.PASSED)], Matrix({"security": 40.0, "recovery": 60.0}))
    assert reached.total == 10.0
    assert reached.factors["recovery"] is None


@pytest.mark.parametrize(
    ("min_factor", "min_total", "codes"), [(8, 0, ["factor_low"]), (0, 8.5, ["score_low"]), (5, 5, [])]
)
def test_what_the_matrix_asks_and_is_not_reached_stops(min_factor: float, min_total: float, codes: list[str]) -> None:
    matrix = Matrix({"security": 100.0}, min_factor, min_total)
    checks = [judged("a", Outcome.PASSED), judged("b", Outcome.WARNING)]
    reasons = list(too_low(score(checks, matrix), matrix))
    assert [r.code for r in reasons] == codes
    assert all(r.verdict is Verdict.NO_GO for r in reasons)
