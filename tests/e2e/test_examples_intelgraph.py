"""The example `intelgraph`: GO by the document's own figures, and what golive says of those figures.

A defect of the document is one test, called by its number; the example's README has the same table.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from examples import ROOT, Street, outcomes, street_of, told
from golive.checks.registry import installed
from golive.core.model import Outcome
from golive.policyfile import load

TYPED_IN = {
    "security": 10, "performance": 9, "reliability": 10, "operations": 9, "documentation": 9, "recovery": 10,
}  # fmt: skip
"""The scores as the document has them."""
TESTED_AND_KEPT = ("--var", "load=healthy", "--var", "backups=continuous")


@pytest.fixture
def street() -> Iterator[Street]:
    with street_of("intelgraph") as made:
        yield made


def test_it_is_go_once_the_promised_load_was_tried_and_backups_are_continuous(street: Street) -> None:
    code, report = street.check(*TESTED_AND_KEPT)
    assert (code, report.verdict) == (0, "GO"), told(report)
    assert report.score is not None
    assert report.score.total == 10.0


def test_as_the_document_describes_it_two_checks_and_the_score_stop_it(street: Street) -> None:
    code, report = street.check()
    not_passed = {check for check, outcome in outcomes(report).items() if outcome is not Outcome.PASSED}
    assert (code, report.verdict) == (1, "NO_GO")
    assert not_passed - {"encryption"} == {"capacity", "recovery-point"}, told(report)
    assert set(report.blocked_by) == {"capacity", "recovery-point"}
    assert {r.check for r in report.reasons if r.code == "factor_low"} == {"performance", "recovery"}


def test_d17_what_was_tested_is_seventy_times_less_than_what_was_promised(street: Street) -> None:
    """The table says 847/min and “pass”; the baselines say 1000+ requests/second. Both figures are checked."""
    _, report = street.check("--only", "load-test,capacity")
    assert outcomes(report) == {"load-test": Outcome.PASSED, "capacity": Outcome.FAILED}, told(report)
    (capacity,) = [line for line in report.lines if line.check == "capacity"]
    tested = {measure.name: measure.value for measure in capacity.measures}["rps"]
    assert isinstance(tested, float)
    assert tested == pytest.approx(847 / 60)
    assert 70 < 1000 / tested < 72


def test_d18_a_backup_each_day_is_no_recovery_point_of_an_hour(street: Street) -> None:
    _, report = street.check("--only", "recovery-point")
    assert outcomes(report) == {"backups": Outcome.PASSED, "recovery-point": Outcome.FAILED}, told(report)
    assert "24 h" in next(line.summary for line in report.lines if line.check == "recovery-point")


def test_d18_the_score_follows_from_the_checks_and_not_from_what_was_typed_in(street: Street) -> None:
    """9.55 is what the document's scores come to under its own weights; its checks come to less, and are capped."""
    _, report = street.check()
    score = report.score
    assert score is not None
    assert sum(score.weights[name] * typed for name, typed in TYPED_IN.items()) / 100 == pytest.approx(9.55)
    below = {name for name, factor in score.factors.items() if factor is not None and factor < 8}
    assert below == {"performance", "recovery"}
    assert score.total == 6.9
    assert score.uncapped is not None
    assert score.total < score.uncapped < 9.55


def test_d18_a_typed_in_score_is_refused_with_its_place() -> None:
    text = (ROOT / "examples/intelgraph.yml").read_text()
    typed = text.replace("    min_factor: 8\n", "    min_factor: 8\n    scores: {security: 10}\n")
    assert typed != text
    with pytest.raises(Exception, match="scores") as refused:
        load(typed.encode(), installed(), "intelgraph.yml")
    assert f"intelgraph.yml:{typed[: typed.index('scores:')].count(chr(10)) + 1}:" in str(refused.value)


SEEN_BY = {
    "old-keys": "signing-key-changes", "open-api": "routes-guarded", "unrouted": "alert-routes",
    "objective-missed": "availability", "unlimited": "rate-limits", "unchecked": "input",
}  # fmt: skip
"""Fault of the sample service → the check of this example that sees it."""


def test_each_fault_is_seen_by_its_own_check_and_by_no_other(street: Street) -> None:
    for fault in SEEN_BY:
        for sample in (street.sample, street.watching):
            sample.switch(fault, on=True)
    _, report = street.check(*TESTED_AND_KEPT)
    failed = {check for check, outcome in outcomes(report).items() if outcome is Outcome.FAILED}
    assert failed == set(SEEN_BY.values()), told(report)


def test_without_data_the_promises_are_unknown_and_stop_it(street: Street) -> None:
    street.watching.switch("no-data", on=True)
    code, report = street.check("--only", "availability,workflow-success,signing-key-changes")
    assert code == 1
    assert set(outcomes(report).values()) == {Outcome.UNKNOWN}, told(report)
