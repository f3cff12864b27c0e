"""The example `toombos`: what its sign-off document says of itself, held against the checks that it names.

A defect of the document is one test, called by its number; the example's README has the same table.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from examples import PRODUCTION, ROOT, Street, outcomes, street_of, told
from golive.checks.registry import installed
from golive.core.model import Outcome
from golive.policyfile import load

AREAS = {"infrastructure-done": (4, 7), "security-done": (3, 7), "operations-done": (5, 6), "business-done": (4, 5)}
"""Area → how many of its items are ticked in the document, of how many."""
ROOTS = {
    "deployed", "credentials", "database-credentials", "environment", "certificate", "security-scan",
    "final-validation", "contacts",
}  # fmt: skip
"""What stops it in the document's state, each cause once."""


@pytest.fixture
def street() -> Iterator[Street]:
    with street_of("toombos") as made:
        yield made


def test_it_is_go_once_every_condition_of_the_document_is_met(street: Street) -> None:
    code, report = street.check("--var", "state=healthy", said="healthy/attestations.yml", set_up=PRODUCTION)
    assert (code, report.verdict) == (0, "GO"), told(report)


def test_it_waits_while_only_people_have_not_spoken(street: Street) -> None:
    """Approved with conditions is no GO: four attestations are still to come."""
    code, report = street.check("--var", "state=healthy", set_up=PRODUCTION)
    waiting = {check for check, outcome in outcomes(report).items() if outcome is Outcome.PENDING}
    assert (code, report.verdict) == (4, "WAIT"), told(report)
    assert waiting - {"business-done"} == {
        "communication-plan", "acceptance", "on-call", "rollback-rehearsed", "recovery-drill",
    }  # fmt: skip


def test_as_the_document_describes_it_each_cause_stops_it_once(street: Street) -> None:
    street.down()
    code, report = street.check()
    assert (code, report.verdict) == (1, "NO_GO")
    assert set(report.blocked_by) == ROOTS, told(report)
    blocked = {line.check for line in report.lines if line.root == "deployed"}
    assert {"health-pages", "integrations", "headers", "origins", "rate-limits", "sign-in"} <= blocked, told(report)


def test_d15_how_much_is_done_follows_from_the_items(street: Street) -> None:
    """80, 60, 90 and 95 % are typed into the document; what is ticked in it comes to 57, 43, 83 and 80 %."""
    street.down()
    _, report = street.check()
    found = {}
    for line in report.lines:
        if line.check in AREAS:
            assert line.outcome is not Outcome.PASSED, f"{line.check} is done, and items of it are open"
            measured = {measure.name: measure.value for measure in line.measures}
            found[line.check] = (measured["held"], round(float(measured["share"])))
    assert found == {area: (held, round(100 * held / items)) for area, (held, items) in AREAS.items()}, told(report)
    assert [share for _, share in found.values()] == [57, 43, 83, 80]


def test_d16_rolled_back_on_paper_and_never_drilled_are_both_told(street: Street) -> None:
    _, report = street.check("--only", "rollback,rollback-rehearsed,recovery-drill")
    assert outcomes(report) == {
        "rollback": Outcome.WARNING, "rollback-rehearsed": Outcome.PENDING, "recovery-drill": Outcome.PENDING,
    }, told(report)  # fmt: skip


def test_d16_contacts_that_nobody_filled_in_stop_it(street: Street) -> None:
    code, report = street.check("--only", "contacts")
    (line,) = report.lines
    assert (code, line.outcome) == (1, Outcome.FAILED)
    assert {measure.name: measure.value for measure in line.measures}["reachable"] == 0
    assert len(line.details) >= 9, "each of the nine contacts is named"


@pytest.mark.parametrize("signature", ["Platform Team Lead", "[Emergency Contact]", "@your-team-lead"])
def test_d16_the_name_of_a_role_is_no_signature(signature: str) -> None:
    text = (ROOT / "examples/toombos.yml").read_text()
    signed = text.replace("@release-manager", signature)
    assert signed != text
    with pytest.raises(Exception, match="signoffs") as refused:
        load(signed.encode(), installed(), "toombos.yml")
    assert signature in str(refused.value)


SEEN_BY = {
    "any-origin": "origins", "dependency": "integrations", "no-live": "health-pages", "open-api": "sign-in",
    "no-headers": "headers", "unlimited": "rate-limits", "unrouted": "monitoring",
}  # fmt: skip
"""Fault of the sample service → the check of this example that sees it."""


def test_each_fault_is_seen_by_its_own_check_and_by_no_other(street: Street) -> None:
    for fault in SEEN_BY:
        for sample in (street.sample, street.watching):
            sample.switch(fault, on=True)
    _, report = street.check("--var", "state=healthy", said="healthy/attestations.yml", set_up=PRODUCTION)
    failed = {check for check, outcome in outcomes(report).items() if outcome is Outcome.FAILED}
    areas = {"infrastructure-done", "security-done"}
    assert failed == set(SEEN_BY.values()) | areas, told(report)
