"""What checks, as they stand, make of a release: one reason each, and the score over all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from golive.core.findings import Judged
from golive.core.model import NoData, Outcome, Reason, Severity, Verdict
from golive.core.policy import CheckRule, Matrix
from golive.core.score import Score, score

BlockOn = frozenset[Severity]


def reasons_of(checks: Sequence[Judged], block_on: BlockOn, matrix: Matrix | None) -> Iterator[Reason]:
    """A reason for every check that has something to say, then one for each score that is too low."""
    for judged in checks:
        if reason := reason_of(judged, block_on):
            yield reason
    if matrix is not None and not any(judged.finding.outcome is Outcome.PENDING for judged in checks):
        yield from too_low(score(checks, matrix), matrix)


def reason_of(judged: Judged, block_on: BlockOn) -> Reason | None:
    """What one check makes of it; None where there is nothing to say."""
    rule, finding = judged.rule, judged.finding
    mend = rule.action or (f"Ask {rule.owner}." if rule.owner else "Mend it, or press Re-run.")
    match finding.outcome:
        case Outcome.PASSED | Outcome.WAIVED | Outcome.NOT_APPLICABLE | Outcome.SKIPPED:
            return None
        case Outcome.WARNING:
            return Reason("check_warning", Verdict.GO, f"{rule.title}: {finding.summary}", mend, rule.id)
        case Outcome.PENDING:
            return Reason("check_pending", Verdict.WAIT, f"{rule.title}: {finding.summary}", rule.owner, rule.id)
        case Outcome.BLOCKED:
            root = judged.root or rule  # as bad as its root cause, which is listed and counted on its own
            return Reason("check_blocked", _weight(root, block_on), f"{rule.title}: {finding.summary}", "", rule.id)
        case Outcome.FAILED | Outcome.UNKNOWN:
            told = [text.rstrip(".") for text in (finding.summary, rule.impact) if text]
            sentence = f"{rule.title}: {'. '.join(told)}."
            if judged.root is not None:
                cause = f"Explained by {judged.root.id}: mend that first."
                return Reason("check_explained", _verdict(judged, block_on), sentence, cause, rule.id)
            code = f"check_{finding.outcome.value}"
            return Reason(code, _verdict(judged, block_on), sentence, mend, rule.id)


def _verdict(judged: Judged, block_on: BlockOn) -> Verdict:
    """What a failed or unknown check makes of it; where people are to look first, nothing worse than a hold."""
    finding, rule = judged.finding, judged.rule
    undecided = finding.undecided or rule.no_data is NoData.HOLD
    if finding.outcome is Outcome.UNKNOWN and undecided:
        return Verdict.HOLD
    return _weight(rule, block_on)


def _weight(rule: CheckRule, block_on: BlockOn) -> Verdict:
    return Verdict.NO_GO if rule.severity in block_on else Verdict.CONDITIONAL_GO


def too_low(reached: Score, matrix: Matrix) -> Iterator[Reason]:
    """Reasons for what the matrix asks and the score does not reach."""
    for category, factor in reached.factors.items():
        if factor is not None and factor < matrix.min_factor:
            sentence = f"{category} scores {factor:.1f} of 10, at least {matrix.min_factor:g} is asked for."
            yield Reason("factor_low", Verdict.NO_GO, sentence, f"Mend what failed in {category}.", category)
    if reached.total is not None and reached.total < matrix.min_total:
        capped = f" ({reached.capped})" if reached.capped else ""
        sentence = f"The score is {reached.total:.2f} of 10{capped}, at least {matrix.min_total:g} is asked for."
        yield Reason("score_low", Verdict.NO_GO, sentence, "Mend what failed, the heaviest first.")


def worst(reasons: Iterable[Reason]) -> Verdict:
    """The verdict: the worst of the reasons."""
    return max((reason.verdict for reason in reasons), default=Verdict.GO)
