"""What golive does less of as the forge's quota sinks, and when reactions are read; tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from golive.core.budget import Errand, Level, Quota, allows, comes_back, level, line, reactions_again
from golive.core.gist import rests_until
from golive.core.watching import listens

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def seconds(**span: float) -> timedelta:
    return timedelta(**span)


@pytest.mark.parametrize(
    ("left", "expected"),
    [(1.0, Level.PLENTY), (0.25, Level.PLENTY), (0.249, Level.LESS), (0.10, Level.LESS), (0.099, Level.LITTLE),
     (0.05, Level.LITTLE), (0.049, Level.NOTHING_TO_SPARE), (0.0, Level.NOTHING_TO_SPARE)],
)  # fmt: skip
def test_what_a_share_allows(left: float, expected: Level) -> None:
    assert level(left) is expected


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        (Quota(), 1.0),
        (Quota(5000, 500, 4500, NOW + seconds(minutes=1)), 0.1),
        (Quota(5000, 0, 5000, NOW), 1.0),
        (Quota(5000, 0, 5000, None), 0.0),
    ],
    ids=["never told", "a tenth", "the hour is over", "no reset told"],
)
def test_what_is_left(quota: Quota, expected: float) -> None:
    assert quota.left(NOW) == expected


def test_first_reactions_go_then_the_periodic_looks_and_people_never() -> None:
    allowed = {now_at: {errand for errand in Errand if allows(now_at, errand)} for now_at in Level}
    assert allowed == {
        Level.PLENTY: set(Errand),
        Level.LESS: set(Errand),
        Level.LITTLE: {Errand.PERIODIC, Errand.PEOPLE},
        Level.NOTHING_TO_SPARE: {Errand.PEOPLE},
    }


@pytest.mark.parametrize(
    ("idle", "now_at", "after"),
    [
        (seconds(seconds=0), Level.PLENTY, seconds(seconds=15)),
        (seconds(minutes=9, seconds=59), Level.PLENTY, seconds(seconds=15)),
        (seconds(minutes=10), Level.PLENTY, seconds(seconds=60)),
        (seconds(minutes=59), Level.PLENTY, seconds(seconds=60)),
        (seconds(hours=1), Level.PLENTY, seconds(minutes=5)),
        (None, Level.PLENTY, seconds(minutes=5)),
        (seconds(seconds=0), Level.LESS, seconds(seconds=60)),
        (seconds(minutes=10), Level.LESS, seconds(minutes=4)),
        (seconds(seconds=0), Level.LITTLE, None),
        (seconds(seconds=0), Level.NOTHING_TO_SPARE, None),
    ],
)
def test_when_reactions_are_read_next(idle: timedelta | None, now_at: Level, after: timedelta | None) -> None:
    active = NOW - idle if idle is not None else None
    assert reactions_again(active, NOW, now_at) == (NOW + after if after is not None else None)


def test_an_operator_may_have_them_read_less_often_and_never_more_often_when_it_is_calm() -> None:
    assert reactions_again(NOW, NOW, Level.PLENTY, seconds(minutes=2)) == NOW + seconds(minutes=2)
    calm = NOW - seconds(minutes=30)
    assert reactions_again(calm, NOW, Level.PLENTY, seconds(minutes=2)) == NOW + seconds(minutes=2)
    assert reactions_again(calm, NOW, Level.PLENTY, seconds(seconds=1)) == NOW + seconds(seconds=60)


def test_the_line_for_people_is_empty_while_all_is_well_and_another_for_each_level() -> None:
    said = [line(now_at, None) for now_at in Level]
    assert line(Level.PLENTY, None) == ""
    assert len(set(said)) == len(Level)
    assert "12:00 UTC" in line(Level.PLENTY, NOW)


def test_after_a_limit_what_merges_comes_back_first_and_then_what_awaits_people() -> None:
    waits = [comes_back(seconds(minutes=1), state) for state in ("success", "in_progress", "failure", "")]
    assert waits[0] == seconds(minutes=1)
    assert waits == sorted(waits)
    assert waits[0] < waits[1] < waits[2]


BURST = seconds(seconds=30)


@pytest.mark.parametrize(
    ("before", "now_is", "written", "shown", "until"),
    [
        ("a", "b", NOW, None, None),
        ("a", "a", NOW - seconds(seconds=10), None, NOW + seconds(seconds=20)),
        ("a", "a", NOW - seconds(seconds=30), None, None),
        ("a", "a", NOW - seconds(hours=1), NOW - seconds(seconds=10), NOW + seconds(seconds=20)),
        ("", "", NOW, None, None),
        ("a", "a", None, None, None),
    ],
    ids=[
        "what people wait for",
        "written just now",
        "rested",
        "a new head",
        "not known what stands there",
        "nor since when",
    ],
)
def test_what_nobody_waits_for_rests_until_the_burst_is_over(
    before: str, now_is: str, written: datetime | None, shown: datetime | None, until: datetime | None
) -> None:
    assert rests_until(before, now_is, written, shown, BURST, NOW) == until


@pytest.mark.parametrize(
    ("watches", "name", "expected"),
    [
        ("*", "build", True),
        ("build\nlint", "lint", True),
        ("build", "buil", False),
        ("", "build", False),
        ("", "", True),
    ],
)
def test_a_release_listens_only_to_what_it_consumes(watches: str, name: str, expected: bool) -> None:
    assert listens(watches, name) is expected
