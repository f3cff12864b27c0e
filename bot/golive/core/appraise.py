"""A kind's finding, held against what the policy asks of it: criteria, samples, and what the evidence is worth. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from golive.core.model import Finding, NoData, Outcome, Strength
from golive.core.policy import CheckRule, Thresholds

MEASURED = frozenset({Outcome.PASSED, Outcome.WARNING})
"""Outcomes whose values are held against criteria; what failed by itself stays failed."""

_DONE = re.compile(
    r"(?i)\b(tested|verified|reviewed|validated|drilled|rehearsed|exercised|practi[sc]ed|proven|audited)\b"
)
"""Words that claim somebody did something, which a text alone does not show."""

_OF_NO_DATA = {
    NoData.FAIL: Outcome.FAILED,
    NoData.WARN: Outcome.WARNING,
    NoData.HOLD: Outcome.UNKNOWN,
    NoData.SKIP: Outcome.SKIPPED,
}


def appraise(rule: CheckRule, finding: Finding, baseline: Mapping[str, float]) -> Finding:
    """The finding after the policy's criteria. baseline: measure → its recorded value, for criteria relative to it."""
    if finding.outcome in MEASURED:
        finding = _enough(rule.thresholds, finding)
    if finding.outcome in MEASURED:
        finding = _held(rule.thresholds, finding, baseline)
    return finding


def claims_doing(rule: CheckRule) -> bool:
    """Whether the check's name says that something was tested, verified, reviewed or the like."""
    return _DONE.search(rule.title) is not None


def _only_a_file(rule: CheckRule) -> str:
    word = _DONE.search(rule.title)
    claim = word[0].lower() if word else "done"
    return f"Only a document backs it that this was {claim}; attest it, or say `accept: document`"


def _enough(held: Thresholds, finding: Finding) -> Finding:
    if not held.min_samples or (finding.samples or 0) >= held.min_samples:
        return finding
    count = "no samples are counted" if finding.samples is None else f"{finding.samples} samples"
    says = f"Too little data: {count}, at least {held.min_samples} are asked for. {finding.summary}"
    return replace(finding, outcome=Outcome.UNKNOWN, summary=says)


def _held(held: Thresholds, finding: Finding, baseline: Mapping[str, float]) -> Finding:
    if held.passes is None and held.warns is None and held.fails is None:
        return finding
    expected = "; ".join(part for part in (*_criteria(held), finding.expected) if part)
    finding = replace(finding, expected=expected)
    if held.passes is not None:
        judged = held.passes.judge(finding.measures, baseline)
        if judged.holds:
            return finding
        if judged.holds is None:
            return replace(finding, outcome=Outcome.UNKNOWN, summary=f"{_sentence(judged.why)} {finding.summary}")
        why = judged.why
    else:
        why = ""
    return _missed(held, finding, baseline, why)


def _missed(held: Thresholds, finding: Finding, baseline: Mapping[str, float], why: str) -> Finding:
    """What the value comes to once it is not good enough."""
    if held.warns is not None:
        judged = held.warns.judge(finding.measures, baseline)
        if judged.holds:
            told = why or f"{judged.why}, and {held.warns.text} is a warning"
            return replace(finding, outcome=Outcome.WARNING, summary=_sentence(told))
        if judged.holds is None and held.passes is None:
            return replace(finding, outcome=Outcome.UNKNOWN, summary=_sentence(judged.why))
        why = why or judged.why
    if held.fails is None:
        if held.passes is None:  # only `warn:` was asked: what is outside it is as good as it was
            return finding
        return replace(finding, outcome=Outcome.FAILED, summary=_sentence(why))
    judged = held.fails.judge(finding.measures, baseline)
    if judged.holds:
        return replace(finding, outcome=Outcome.FAILED, summary=_sentence(why or f"it is {held.fails.text}"))
    if judged.holds is None:
        return replace(finding, outcome=Outcome.UNKNOWN, summary=_sentence(judged.why))
    if held.passes is None:
        return finding
    between = f"{_sentence(why)} It is not {held.fails.text} either: between the two nothing is decided."
    return replace(finding, outcome=_OF_NO_DATA[held.between], summary=between, undecided=held.between is NoData.HOLD)


def _criteria(held: Thresholds) -> tuple[str, ...]:
    return (
        held.passes.text if held.passes else "",
        f"warning at {held.warns.text}" if held.warns else "",
        f"failed at {held.fails.text}" if held.fails else "",
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def worth(rule: CheckRule, finding: Finding) -> Finding:
    """A claim that something was done, backed by a document alone, is a warning unless the policy accepts that."""
    backed = finding.outcome is Outcome.PASSED and finding.strength is Strength.DOCUMENT
    if not backed or rule.accept_document or not claims_doing(rule):
        return finding
    return replace(finding, outcome=Outcome.WARNING, summary=f"{_only_a_file(rule)}. {finding.summary}")


def without_data(rule: CheckRule, finding: Finding) -> Finding:
    """What a finding that could not tell comes to under the check's `no_data`; it never becomes passed."""
    if finding.outcome is not Outcome.UNKNOWN or rule.no_data in (NoData.FAIL, NoData.HOLD):
        return finding
    return replace(finding, outcome=_OF_NO_DATA[rule.no_data])
