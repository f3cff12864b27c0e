"""The readiness score: a factor of 0 to 10 for each category, derived from findings, weighed together, and banded.

It informs; it never opens what a failed check closes. Banded, because two hundred small passes must not buy off one
critical failure: the worst failure caps the total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from golive.core.findings import Judged
from golive.core.model import Outcome, Severity
from golive.core.policy import Matrix

WEIGHTS = {
    Severity.CRITICAL: 10.0, Severity.HIGH: 7.5, Severity.MEDIUM: 5.0, Severity.LOW: 2.5, Severity.INFO: 0.0,
}  # fmt: skip
"""How much a check weighs in its category, by severity; the scale is OpenSSF Scorecard's for risk."""
CREDIT = {
    Outcome.PASSED: 1.0, Outcome.WARNING: 0.5, Outcome.FAILED: 0.0, Outcome.UNKNOWN: 0.0, Outcome.BLOCKED: 0.0,
    Outcome.PENDING: 0.0,
}  # fmt: skip
"""How much of its weight a check brings in; a warning half, as in Keptn. What is not here does not count at all."""
CAPS = {Severity.CRITICAL: 3.9, Severity.HIGH: 6.9, Severity.MEDIUM: 8.9}
"""The total can be no higher while a check of this severity has failed or could not tell."""


@dataclass(frozen=True)
class Score:
    """factors: category → 0 to 10, None where nothing in it counts.   total: None where no category has a factor.

    uncapped: the total before the cap; capped: why it is lower, in words, or empty.
    """

    factors: Mapping[str, float | None]
    weights: Mapping[str, float]
    total: float | None
    uncapped: float | None
    capped: str = ""


def score(checks: Sequence[Judged], matrix: Matrix) -> Score:
    """The score of checks as they stand, under these weights."""
    factors = {
        category: factor([one for one in checks if one.rule.category == category]) for category in matrix.weights
    }
    uncapped = total(matrix.weights, factors)
    if uncapped is None:
        return Score(factors, matrix.weights, None, None)
    failed = [one.rule for one in checks if one.finding.outcome in (Outcome.FAILED, Outcome.UNKNOWN)]
    caps = [(CAPS[rule.severity], rule) for rule in failed if rule.severity in CAPS]
    cap, rule = min(caps, key=lambda pair: pair[0], default=(10.0, None))
    if rule is None or uncapped <= cap:
        return Score(factors, matrix.weights, uncapped, uncapped)
    why = f"at most {cap:g} while {rule.id}, which is {rule.severity.value}, does not pass"
    return Score(factors, matrix.weights, cap, uncapped, why)


def factor(checks: Sequence[Judged]) -> float | None:
    """0 to 10 for one category: what its checks bring in, of what they weigh. None where none of them counts."""
    counted = [one for one in checks if one.finding.outcome in CREDIT]
    weight = sum(WEIGHTS[one.rule.severity] for one in counted)
    if not weight:
        return None
    return 10 * sum(WEIGHTS[one.rule.severity] * CREDIT[one.finding.outcome] for one in counted) / weight


def total(weights: Mapping[str, float], factors: Mapping[str, float | None]) -> float | None:
    """The weighted mean of the factors there are; the weights of categories without one are spread over the others."""
    known = {category: value for category, value in factors.items() if value is not None}
    weight = sum(weights[category] for category in known)
    return sum(weights[category] * value for category, value in known.items()) / weight if weight else None
