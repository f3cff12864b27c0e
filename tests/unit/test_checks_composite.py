"""What the kind `composite` makes of other checks' findings. Add a rule by adding a row."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from builders import a_finding
from golive.checks.composite import CompositeCheck
from golive.core.model import Outcome, Strength

P, F, W, U = Outcome.PASSED, Outcome.FAILED, Outcome.WARNING, Outcome.UNKNOWN
BLOCKED, PENDING, WAIVED, ASIDE = Outcome.BLOCKED, Outcome.PENDING, Outcome.WAIVED, Outcome.NOT_APPLICABLE


def judged(outcomes: list[Outcome], **options: Any) -> Any:
    names = [f"c{n}" for n in range(len(outcomes))]
    check = CompositeCheck.model_validate({"of": tuple(names), **options})
    return check.judge({name: a_finding(name, outcome) for name, outcome in zip(names, outcomes, strict=True)})


@pytest.mark.parametrize(
    ("outcomes", "options", "expected"),
    [
        pytest.param([P, P], {}, P, id="all passed"),
        pytest.param([P, F], {}, F, id="all asked, one failed"),
        pytest.param([P, F], {"need": 1}, P, id="one is enough"),
        pytest.param([F, F, P], {"need": 2}, F, id="too few"),
        pytest.param([P, W], {}, W, id="a warning counts, and is said"),
        pytest.param([P, W], {"warnings": "refuse"}, F, id="a warning refused"),
        pytest.param([P, U], {}, U, id="what could not be told is no pass"),
        pytest.param([P, BLOCKED], {}, U, id="what was blocked is no pass"),
        pytest.param([F, U], {}, F, id="it failed whatever the other is"),
        pytest.param([P, PENDING], {}, PENDING, id="it waits"),
        pytest.param([F, PENDING], {}, F, id="it need not wait"),
        pytest.param([P, PENDING], {"need": 1}, P, id="it need not wait either"),
        pytest.param([F, PENDING, U], {"need": 2}, U, id="neither passed nor failed yet, and one could not be told"),
        pytest.param([P, WAIVED], {}, P, id="a waived one counts for neither side"),
        pytest.param([F, WAIVED], {}, F, id="a waived one saves nobody"),
        pytest.param([ASIDE, WAIVED], {}, ASIDE, id="nothing counts"),
    ],
)
def test_enough_of_the_named_checks_must_pass(
    outcomes: list[Outcome], options: dict[str, Any], expected: Outcome
) -> None:
    finding = judged(outcomes, **options)
    assert finding.outcome is expected, finding.summary


def test_without_any_finding_it_could_not_tell() -> None:
    assert CompositeCheck(of=("a",)).judge({}).outcome is U


def test_it_is_as_well_proven_as_the_weakest_part_that_counts() -> None:
    check = CompositeCheck(of=("a", "b"))
    findings = {"a": a_finding("a"), "b": a_finding("b", strength=Strength.DOCUMENT)}
    assert check.judge(findings).strength is Strength.DOCUMENT


def test_what_is_missing_is_named_with_what_was_found() -> None:
    finding = judged([P, F, P])
    assert finding.measured == "2 of 3 passed"
    assert "c1" in finding.summary
    assert [detail.text.partition(":")[0] for detail in finding.details] == ["c1"]
    assert finding.measures[1].value == pytest.approx(200 / 3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"of": ()}, "at least 1"),
        ({"of": ("a", "a")}, "twice"),
        ({"of": ("a",), "need": 2}, "can never be met"),
        ({"of": ("a",), "need": 0}, "greater than or equal to 1"),
        ({"of": ("A b",)}, "pattern"),
    ],
)
def test_options_that_assert_nothing_or_too_much_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CompositeCheck.model_validate(options)
