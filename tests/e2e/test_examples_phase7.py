"""The example `phase7`: a document in which every row said GO, held against its own figures.

A defect of the document is one test, called by its number; the example's README has the same table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import ROOT, Street, outcomes, street_of, told
from golive.checks.registry import installed
from golive.core.model import Outcome
from golive.core.report import Report
from golive.policyfile import load

SET_UP = ("--var", "state=healthy")
READY = (*SET_UP, "--var", "measured=healthy")
DUE_AT_ONCE = {"access", "secret-store", "replication", "monitoring"}
"""The four things that the document wants before the dark launch, while it says GO."""
TARGETS = {
    "idempotency_check": 100, "lock_acquisition": 50, "queue_throughput": 100, "progress_check": 50,
    "event_emission": 50, "log_masking": 500,
}  # fmt: skip
"""Operation → how many of it a second the document asks for."""
WATCHED = {
    "dashboards", "dark-errors", "dark-slowdown", "queue", "workers", "connections", "canary-errors",
    "canary-promises", "canary-slowdown", "full-errors", "full-promises", "availability",
}  # fmt: skip
"""What nobody can tell without monitoring."""


@pytest.fixture
def street() -> Iterator[Street]:
    with street_of("phase7") as made:
        yield made


@pytest.fixture(scope="module")
def as_reported() -> tuple[int, Report]:
    """Rights are not asked for, nothing is watched, and few have spoken. One run, which several tests read."""
    with street_of("phase7") as street:
        street.sample.switch("open-api", on=True)
        street.watching.switch("unwatched", on=True)
        return street.check(said="reported/attestations.yml")


def said_of(report: Report, check: str) -> str:
    """What the report says of one check in detail."""
    return " ".join(detail.text for line in report.lines if line.check == check for detail in line.details)


def refused(old: str, new: str) -> tuple[str, int]:
    """What golive says to the policy with that change, and the line of the change."""
    text = (ROOT / "examples/phase7.yml").read_text()
    assert text.count(old) == 1, f"{old!r} must occur once in the policy, so that this test changes what it means to"
    with pytest.raises(Exception, match=r"phase7\.yml:\d+:") as raised:
        load(text.replace(old, new).encode(), installed(), "phase7.yml")
    return str(raised.value), text[: text.index(old)].count("\n") + 1


def test_it_is_go_once_all_that_was_put_off_is_done(street: Street) -> None:
    code, report = street.check(*READY)
    assert (code, report.verdict) == (0, "GO"), told(report)


def test_it_is_conditional_while_only_the_dark_launch_is_to_tell(street: Street) -> None:
    """What the document calls GO with conditions: its four conditions are met, and two figures are still open."""
    code, report = street.check(*SET_UP)
    open_yet = {check for check, outcome in outcomes(report).items() if outcome is not Outcome.PASSED}
    assert (code, report.verdict) == (2, "CONDITIONAL_GO"), told(report)
    assert open_yet == {"step-time", "end-to-end-time", "headroom"}, told(report)


def test_as_the_document_describes_it_the_four_things_due_at_once_stop_it(as_reported: tuple[int, Report]) -> None:
    code, report = as_reported
    assert (code, report.verdict) == (1, "NO_GO")
    assert set(report.blocked_by) == DUE_AT_ONCE, told(report)


def test_d19_a_row_that_is_open_is_not_go(as_reported: tuple[int, Report]) -> None:
    """The document says GO 74 times, 23 of them to what is pending, partial, a placeholder or TBD."""
    _, report = as_reported
    found = outcomes(report)
    people = {"failover-drill", "restored", "on-call"}
    assert {check: found[check] for check in people} == dict.fromkeys(people, Outcome.PENDING), told(report)
    assert {check: found[check] for check in DUE_AT_ONCE} == dict.fromkeys(DUE_AT_ONCE, Outcome.FAILED), told(report)
    assert found["alert-rules"] is Outcome.UNKNOWN, told(report)


def test_d19_what_is_to_be_determined_is_unknown_and_not_go(as_reported: tuple[int, Report]) -> None:
    _, report = as_reported
    found = outcomes(report)
    assert {found[check] for check in ("step-time", "end-to-end-time")} == {Outcome.UNKNOWN}, told(report)


def test_d20_five_to_twenty_times_is_four_times_for_two_of_the_six(as_reported: tuple[int, Report]) -> None:
    _, report = as_reported
    found = outcomes(report)
    assert (found["rates"], found["headroom"]) == (Outcome.PASSED, Outcome.FAILED), told(report)
    measured = next({m.name: float(m.value) for m in line.measures} for line in report.lines if line.check == "rates")
    times = {operation: measured[f"{operation}.rps"] / target for operation, target in TARGETS.items()}
    assert {operation for operation, so_many in times.items() if so_many < 5} == {"progress_check", "log_masking"}
    assert (min(times.values()), max(times.values())) == (pytest.approx(4), pytest.approx(20))
    told_of = {operation for operation in TARGETS if operation in said_of(report, "headroom")}
    assert told_of == {"progress_check", "log_masking"}, said_of(report, "headroom")


def test_d21_monitoring_that_is_not_there_is_one_cause_and_is_due_once(as_reported: tuple[int, Report]) -> None:
    """Due at once, in week one and afterwards, says the document; three things are required in one place, four in another."""
    _, report = as_reported
    assert {line.check for line in report.lines if line.root == "monitoring"} - {"monitoring"} == WATCHED, told(report)
    assert report.blocked_by.count("monitoring") == 1


def test_d21_a_thing_that_is_in_the_list_twice_is_refused_with_its_place() -> None:
    said, line = refused("  - id: dashboards\n", "  - id: monitoring\n")
    assert f"phase7.yml:{line}:" in said
    assert "monitoring" in said


def test_d22_between_go_and_rollback_people_look(street: Street) -> None:
    """0.7 % of the canary and 0.3 % of everybody's: neither success nor rollback in the document."""
    street.watching.switch("errors", on=True)
    code, report = street.check(*READY, "--only", "canary-errors,full-errors")
    assert (code, report.verdict) == (5, "HOLD"), told(report)
    values = {line.check: line.measures[0].value for line in report.lines if line.check != "monitoring"}
    assert values == {"canary-errors": 0.7, "full-errors": 0.3}


def test_d22_beyond_the_gap_it_has_failed(street: Street, tmp_path: Path) -> None:
    """1.4 % is more than either phase bears: both look at the figure of the dark launch here."""
    text = (ROOT / "examples/phase7.yml").read_text()
    for phase in ("canary", "full"):
        text = text.replace(f"executor_{phase}_errors", "executor_dark_errors")
    (tmp_path / "worse.yml").write_text(text)
    street.watching.switch("errors", on=True)
    code, report = street.check(*READY, "--only", "canary-errors,full-errors", "--policy", str(tmp_path / "worse.yml"))
    assert (code, set(report.blocked_by)) == (1, {"canary-errors", "full-errors"}), told(report)


@pytest.mark.parametrize(("succeeds", "rolls_back"), [("<0.5%", ">1%"), ("<0.1%", ">0.5%")])
def test_d22_a_gap_that_nobody_decided_on_is_refused_with_its_place(succeeds: str, rolls_back: str) -> None:
    figures = f'    pass: "{succeeds}"\n    fail: "{rolls_back}"\n'
    said, line = refused(figures + "    between: hold\n", figures)
    assert "between" in said
    assert f"phase7.yml:{line + 1}:" in said


def test_d23_performance_degradation_without_a_figure_is_refused_with_its_place() -> None:
    old = 'executor_canary_slowdown_percent, unit: "%"}\n    pass: "<=50%"\n'
    said, line = refused(old, old.replace("<=50%", "no performance degradation"))
    assert f"phase7.yml:{line + 1}:" in said


SEEN_BY = {
    "open-api": {"access"}, "unchecked": {"input"}, "no-dashboards": {"dashboards"},
    "objective-missed": {"availability"}, "errors": {"dark-errors", "canary-errors", "full-errors"},
    "late": {"canary-promises", "full-promises"}, "slower": {"dark-slowdown", "canary-slowdown"},
    "overloaded": {"queue", "workers", "connections"},
}  # fmt: skip
"""Fault of the sample service → the checks of this example that see it."""


def test_each_fault_is_seen_by_its_own_checks_and_by_no_other(street: Street) -> None:
    for fault in SEEN_BY:
        for sample in (street.sample, street.watching):
            sample.switch(fault, on=True)
    _, report = street.check(*READY)
    failed = {check for check, outcome in outcomes(report).items() if outcome is not Outcome.PASSED}
    assert failed == set().union(*SEEN_BY.values()), told(report)


def test_a_service_that_is_not_well_stops_it_as_one_cause_and_each_page_is_named(street: Street) -> None:
    for fault in ("unhealthy", "not-ready", "no-live", "database", "dependency"):
        street.sample.switch(fault, on=True)
    code, report = street.check(*READY, "--only", "healthy,access,input")
    assert (code, tuple(report.blocked_by)) == (1, ("healthy",)), told(report)
    named = said_of(report, "healthy")
    missing = [
        page for page in ("/health", "/ready", "/live", "/status/database", "/status/dependencies") if page not in named
    ]
    assert not missing, named
