"""A finding against what the policy asks: criteria, samples, bands, and what a document is worth."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_check, a_finding
from golive.core.appraise import appraise, claims_doing, without_data, worth
from golive.core.criteria import parse
from golive.core.model import Measure, NoData, Outcome, Strength
from golive.core.policy import Thresholds


def held(passes: Any = None, warns: Any = None, fails: Any = None, **changes: Any) -> Thresholds:
    return Thresholds(*(parse(one) if one is not None else None for one in (passes, warns, fails)), **changes)


def took(milliseconds: float) -> tuple[Measure, ...]:
    return (Measure("duration", milliseconds / 1000, "s"),)


@pytest.mark.parametrize(
    ("thresholds", "milliseconds", "outcome"),
    [
        pytest.param(held("<=200ms"), 200, Outcome.PASSED, id="at the threshold"),
        pytest.param(held("<=200ms"), 200.1, Outcome.FAILED, id="just over it"),
        pytest.param(held("<=200ms", "<=260ms"), 250, Outcome.WARNING, id="in the warning band"),
        pytest.param(held("<=200ms", "<=260ms"), 261, Outcome.FAILED, id="over both"),
        pytest.param(held(warns=">=300ms"), 250, Outcome.PASSED, id="only a warning is asked, and it is well"),
        pytest.param(held(warns=">=300ms"), 300, Outcome.WARNING, id="only a warning is asked"),
        pytest.param(held("<100ms", fails=">500ms"), 50, Outcome.PASSED, id="success"),
        pytest.param(held("<100ms", fails=">500ms"), 501, Outcome.FAILED, id="failure"),
        pytest.param(held("<100ms", fails=">500ms", between=NoData.HOLD), 300, Outcome.UNKNOWN, id="between: hold"),
        pytest.param(held("<100ms", fails=">500ms", between=NoData.WARN), 300, Outcome.WARNING, id="between: warn"),
        pytest.param(held("<100ms", fails=">500ms"), 300, Outcome.FAILED, id="between, nothing said"),
        pytest.param(held(fails=">500ms"), 300, Outcome.PASSED, id="only a failure is asked"),
        pytest.param(held("other<1"), 300, Outcome.UNKNOWN, id="a value that was not measured"),
        pytest.param(held(warns="other>1"), 300, Outcome.UNKNOWN, id="a warning about what was not measured"),
        pytest.param(held(warns="other>1", fails=">1s"), 300, Outcome.UNKNOWN, id="and a failure that it is not"),
        pytest.param(held("<=+10%"), 300, Outcome.UNKNOWN, id="no baseline"),
        pytest.param(held(), 300, Outcome.PASSED, id="nothing asked"),
    ],
)
def test_a_value_is_held_against_its_criteria(thresholds: Thresholds, milliseconds: float, outcome: Outcome) -> None:
    finding = appraise(a_check(thresholds=thresholds), a_finding(measures=took(milliseconds)), {})
    assert finding.outcome is outcome, finding.summary


def test_a_band_that_is_a_hold_is_marked_for_people_to_look() -> None:
    thresholds = held("<100ms", fails=">500ms", between=NoData.HOLD)
    finding = appraise(a_check(thresholds=thresholds), a_finding(measures=took(300)), {})
    assert finding.undecided
    assert "nothing is decided" in finding.summary


@pytest.mark.parametrize(("baseline", "outcome"), [(280.0, Outcome.PASSED), (270.0, Outcome.FAILED)])
def test_a_relative_criterion_is_held_against_the_baseline(baseline: float, outcome: Outcome) -> None:
    rule = a_check(thresholds=held("<=+10%"))
    assert appraise(rule, a_finding(measures=took(300)), {"duration": baseline / 1000}).outcome is outcome


@pytest.mark.parametrize(
    ("samples", "outcome"), [(19, Outcome.UNKNOWN), (20, Outcome.PASSED), (0, Outcome.UNKNOWN), (None, Outcome.UNKNOWN)]
)
def test_too_few_samples_are_no_pass(samples: int | None, outcome: Outcome) -> None:
    rule = a_check(thresholds=held("<1s", min_samples=20))
    finding = appraise(rule, a_finding(measures=took(1), samples=samples), {})
    assert finding.outcome is outcome
    assert outcome is Outcome.PASSED or "at least 20" in finding.summary


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNKNOWN, Outcome.PENDING, Outcome.NOT_APPLICABLE])
def test_what_did_not_pass_by_itself_is_not_saved_by_its_values(outcome: Outcome) -> None:
    finding = appraise(a_check(thresholds=held("<1s")), a_finding(outcome=outcome, measures=took(1)), {})
    assert finding.outcome is outcome


@pytest.mark.parametrize(
    ("no_data", "outcome"),
    [
        (NoData.FAIL, Outcome.UNKNOWN), (NoData.HOLD, Outcome.UNKNOWN), (NoData.WARN, Outcome.WARNING),
        (NoData.SKIP, Outcome.SKIPPED),
    ],
)  # fmt: skip
def test_no_data_comes_to_what_the_policy_says_and_never_to_passed(no_data: NoData, outcome: Outcome) -> None:
    assert without_data(a_check(no_data=no_data), a_finding(outcome=Outcome.UNKNOWN)).outcome is outcome
    assert without_data(a_check(no_data=no_data), a_finding(outcome=Outcome.FAILED)).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("Rollback procedures tested", True), ("Disaster recovery plan verified", True), ("Procedures reviewed", True),
        ("Runbooks updated", False), ("Service level agreements confirmed", False), ("Latest attested", False),
    ],
)  # fmt: skip
def test_a_name_that_says_somebody_did_it_is_a_claim(name: str, claims: bool) -> None:
    assert claims_doing(a_check(name=name)) is claims


@pytest.mark.parametrize(
    ("strength", "accepts", "outcome"),
    [
        (Strength.DOCUMENT, False, Outcome.WARNING), (Strength.DOCUMENT, True, Outcome.PASSED),
        (Strength.ATTESTED, False, Outcome.PASSED), (Strength.PROBE, False, Outcome.PASSED),
    ],
)  # fmt: skip
def test_a_claim_backed_by_a_file_alone_is_a_warning(strength: Strength, accepts: bool, outcome: Outcome) -> None:
    rule = a_check(name="Rollback tested", accept_document=accepts)
    assert worth(rule, a_finding(strength=strength)).outcome is outcome
