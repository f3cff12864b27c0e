"""Windows of time by hand: their edges, changes of the clocks in both directions, zones with half hours, working time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from golive.core.calendar import DAY, LONGEST, WEEK, Fixed, Weekly, next_working, working_time_later

BERLIN, KOLKATA, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")
HOUR = timedelta(hours=1)
FRI_15, MON_8 = 4 * DAY + 15 * 60, 8 * 60
WEEKEND = Weekly(((FRI_15, MON_8),), BERLIN, "Europe/Berlin")
OFFICE = Weekly(tuple((day * DAY + 9 * 60, day * DAY + 17 * 60) for day in range(5)), BERLIN, "Europe/Berlin")
ALWAYS = Weekly(((0, WEEK),), BERLIN, "Europe/Berlin")
YEAR_END = Fixed(datetime(2026, 12, 20, tzinfo=BERLIN), datetime(2027, 1, 2, tzinfo=BERLIN))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sundays(first: str, last: str, zone: ZoneInfo = BERLIN) -> Weekly:
    """One span of every Sunday, the day on which the clocks of these zones change."""
    minutes = [int(clock[:2]) * 60 + int(clock[3:]) for clock in (first, last)]
    return Weekly(((6 * DAY + minutes[0], 6 * DAY + minutes[1]),), zone, zone.key)


@pytest.mark.parametrize(
    ("window", "at", "covers", "ends", "next_start", "next_edge"),
    [
        pytest.param(
            YEAR_END, "2026-12-19T22:59", False, None, "2026-12-19T23:00", "2026-12-19T23:00", id="before a fixed one"
        ),
        pytest.param(
            YEAR_END, "2026-12-19T23:00", True, "2027-01-01T23:00", None, "2027-01-01T23:00", id="as a fixed one begins"
        ),
        pytest.param(YEAR_END, "2027-01-01T23:00", False, None, None, None, id="as a fixed one ends"),
        pytest.param(
            Fixed(YEAR_END.end, YEAR_END.start),
            "2026-12-25T00:00",
            False,
            None,
            None,
            None,
            id="one that runs backwards",
        ),
        pytest.param(
            WEEKEND,
            "2026-11-20T13:59",
            False,
            None,
            "2026-11-20T14:00",
            "2026-11-20T14:00",
            id="a minute before Friday",
        ),
        pytest.param(
            WEEKEND,
            "2026-11-20T14:00",
            True,
            "2026-11-23T07:00",
            "2026-11-27T14:00",
            "2026-11-23T07:00",
            id="on Friday",
        ),
        pytest.param(
            WEEKEND,
            "2026-11-23T06:59",
            True,
            "2026-11-23T07:00",
            "2026-11-27T14:00",
            "2026-11-23T07:00",
            id="on Monday",
        ),
        pytest.param(WEEKEND, "2026-11-23T07:00", False, None, "2026-11-27T14:00", "2026-11-27T14:00", id="after it"),
        pytest.param(ALWAYS, "2026-11-20T14:00", True, None, None, None, id="all the week has no edge"),
        pytest.param(
            WEEKEND,
            "2026-03-27T14:00",
            True,
            "2026-03-30T06:00",
            "2026-04-03T13:00",
            "2026-03-30T06:00",
            id="an hour less",
        ),
        pytest.param(
            WEEKEND,
            "2026-10-23T13:00",
            True,
            "2026-10-26T07:00",
            "2026-10-30T14:00",
            "2026-10-26T07:00",
            id="an hour more",
        ),
        pytest.param(
            sundays("02:30", "05:00"),
            "2026-03-29T00:30",
            False,
            None,
            "2026-03-29T01:00",
            "2026-03-29T01:00",
            id="a beginning that is skipped is the change of the clocks",
        ),
        pytest.param(
            sundays("01:00", "02:30"),
            "2026-03-29T00:30",
            True,
            "2026-03-29T01:00",
            "2026-04-04T23:00",
            "2026-03-29T01:00",
            id="an end that is skipped is the change of the clocks",
        ),
        pytest.param(
            sundays("01:00", "02:30"),
            "2026-03-29T00:30:00.500000",
            True,
            "2026-03-29T01:00",
            "2026-04-04T23:00",
            "2026-03-29T01:00",
            id="the change of the clocks is found to the second from within one",
        ),
        pytest.param(
            Weekly(((5 * DAY + 23 * 60, 5 * DAY + 23 * 60 + 20),), ZoneInfo("America/Recife")),
            "2000-10-08T02:30",
            False,
            None,
            "2000-10-15T01:00",
            "2000-10-15T01:00",
            id="clocks that are put on and back within one week",
        ),
        pytest.param(
            sundays("02:10", "02:50"),
            "2026-03-22T12:00",
            False,
            None,
            "2026-04-05T00:10",
            "2026-04-05T00:10",
            id="a window that is skipped comes a week later",
        ),
        pytest.param(
            sundays("02:00", "02:30"),
            "2026-10-25T00:10",
            True,
            "2026-10-25T00:30",
            "2026-10-25T01:00",
            "2026-10-25T00:30",
            id="a window that comes twice, the first time",
        ),
        pytest.param(
            sundays("02:00", "02:30"),
            "2026-10-25T01:10",
            True,
            "2026-10-25T01:30",
            "2026-11-01T01:00",
            "2026-10-25T01:30",
            id="a window that comes twice, the second time",
        ),
        pytest.param(
            sundays("01:00", "03:00"),
            "2026-10-25T00:10",
            True,
            "2026-10-25T02:00",
            "2026-11-01T00:00",
            "2026-10-25T02:00",
            id="a window around the hour that comes twice is one",
        ),
        pytest.param(
            sundays("10:00", "11:00", KOLKATA),
            "2026-11-22T04:29",
            False,
            None,
            "2026-11-22T04:30",
            "2026-11-22T04:30",
            id="a zone half an hour apart",
        ),
        pytest.param(
            sundays("01:45", "03:00", LORD_HOWE),
            "2026-04-04T14:50",
            True,
            "2026-04-04T15:00",
            "2026-04-04T15:15",
            "2026-04-04T15:00",
            id="a zone that puts its clocks back by half an hour",
        ),
    ],
)
def test_a_window_knows_its_edges(
    window: Fixed | Weekly, at: str, covers: bool, ends: str | None, next_start: str | None, next_edge: str | None
) -> None:
    now = utc(at)
    assert window.covers(now) is covers
    assert window.ends(now) == (ends and utc(ends))
    assert window.next_start(now) == (next_start and utc(next_start))
    assert window.next_edge(now) == (next_edge and utc(next_edge))


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        pytest.param(((60, 120), (120, 180)), ((60, 180),), id="that touch"),
        pytest.param(((100, 180), (60, 120)), ((60, 180),), id="that overlap, in the order of the week"),
        pytest.param(((60, 300), (100, 120)), ((60, 300),), id="one in the other"),
        pytest.param(((FRI_15, WEEK), (0, MON_8)), ((FRI_15, MON_8),), id="that touch over Sunday midnight"),
        pytest.param(((FRI_15, 60), (30, 90), (200, 300)), ((200, 300), (FRI_15, 90)), id="that overlap on Monday"),
        pytest.param(((DAY, 5 * DAY), (4 * DAY, 2 * DAY)), ((0, WEEK),), id="that leave nothing of the week"),
        pytest.param(((0, 60), (120, 180)), ((0, 60), (120, 180)), id="apart"),
        pytest.param(((FRI_15, WEEK),), ((FRI_15, WEEK),), id="until the week ends"),
    ],
)
def test_spans_are_one(spans: tuple[tuple[int, int], ...], kept: tuple[tuple[int, int], ...]) -> None:
    assert Weekly(spans, BERLIN).spans == kept


@pytest.mark.parametrize(
    "spans",
    [(), ((60, 60),), ((-1, 60),), ((WEEK, 60),), ((0, WEEK + 1),)],
    ids=["none", "empty", "<0", ">=", "beyond"],
)
def test_spans_that_are_none_are_refused(spans: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="span"):
        Weekly(spans, BERLIN)


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (YEAR_END, "2026-12-19 23:00 to 2027-01-01 23:00 UTC"),
        (WEEKEND, "Fri 15:00-Mon 08:00 Europe/Berlin"),
        (OFFICE, "Mon-Fri 09:00-17:00 Europe/Berlin"),
        (ALWAYS, "Mon 00:00-Sun 24:00 Europe/Berlin"),
        (Weekly(((DAY, DAY + 60), (3 * DAY, 3 * DAY + 60)), UTC, "UTC"), "Tue, Thu 00:00-01:00 UTC"),
        (Weekly(((DAY, 2 * DAY), (3 * DAY + 60, 4 * DAY)), UTC, "UTC"), "Tue 00:00-24:00; Thu 01:00-24:00 UTC"),
        (Weekly(((5 * DAY, WEEK),), UTC, "UTC"), "Sat 00:00-Sun 24:00 UTC"),
        (Weekly(((60, 90), (120, 150), (DAY + 60, DAY + 90)), UTC), "Mon, Tue 01:00-01:30; Mon 02:00-02:30"),
    ],
)
def test_a_window_is_told_as_people_write_it(window: Fixed | Weekly, text: str) -> None:
    assert window.text == text


@pytest.mark.parametrize(
    ("at", "span", "hours", "later"),
    [
        pytest.param("2026-11-20T15:00", 2 * HOUR, None, "2026-11-20T17:00", id="without hours"),
        pytest.param("2026-11-20T10:00", 2 * HOUR, OFFICE, "2026-11-20T12:00", id="within one day"),
        pytest.param("2026-11-20T14:00", 2 * HOUR, OFFICE, "2026-11-20T16:00", id="until the day ends"),
        pytest.param("2026-11-20T15:00", 4 * HOUR, OFFICE, "2026-11-23T11:00", id="over the weekend"),
        pytest.param("2026-11-21T12:00", HOUR, OFFICE, "2026-11-23T09:00", id="from the weekend"),
        pytest.param("2026-11-21T12:00", 0 * HOUR, OFFICE, "2026-11-23T08:00", id="none of it"),
        pytest.param("2026-11-20T12:00", 0 * HOUR, OFFICE, "2026-11-20T12:00", id="none of it, at work"),
        pytest.param("2026-10-23T13:00", 10 * HOUR, OFFICE, "2026-10-26T16:00", id="as the clocks are put back"),
        pytest.param("2026-11-16T08:00", 80 * HOUR, OFFICE, "2026-11-27T16:00", id="two weeks to the last minute"),
        pytest.param("2026-10-19T07:00", 400 * HOUR, OFFICE, "2026-12-25T16:00", id="ten weeks and a change of clocks"),
        pytest.param("2026-11-20T12:00", 100 * HOUR, ALWAYS, "2026-11-24T16:00", id="always at work"),
    ],
)
def test_working_time_passes_while_people_work(at: str, span: timedelta, hours: Weekly | None, later: str) -> None:
    assert working_time_later(utc(at), span, hours) == utc(later)


@pytest.mark.parametrize(
    "hours", [OFFICE, Weekly(((60, 61),), BERLIN), None], ids=["office", "a minute a week", "none"]
)
def test_working_time_never_takes_longer_than_the_longest(hours: Weekly | None) -> None:
    now = utc("2026-11-20T12:00")
    assert working_time_later(now, timedelta.max, hours) == now + LONGEST


@pytest.mark.parametrize(
    ("at", "hours", "working"),
    [
        ("2026-11-20T12:00", OFFICE, "2026-11-20T12:00"),
        ("2026-11-20T16:00", OFFICE, "2026-11-23T08:00"),
        ("2026-11-20T20:00", None, "2026-11-20T20:00"),
        ("2026-11-20T20:00", ALWAYS, "2026-11-20T20:00"),
    ],
)
def test_the_next_working_time_is_now_or_the_next_beginning(at: str, hours: Weekly | None, working: str) -> None:
    assert next_working(utc(at), hours) == utc(working)


def test_a_moment_told_by_the_clock_of_the_same_zone_is_the_same_moment() -> None:
    before, night = utc("2026-10-24T20:00"), sundays("01:00", "02:30")
    for moment in (before + n * HOUR / 4 for n in range(40)):
        local = moment.astimezone(BERLIN)
        assert night.covers(local) is night.covers(moment)
        assert night.next_edge(local) == night.next_edge(moment)
        assert working_time_later(local, 24 * HOUR, None) == moment + 24 * HOUR, "24 hours pass, whatever clocks show"
    start, end = (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1))
    assert Fixed(start, end).covers(start), "the hour between the two 02:30 is in it"
    assert not Fixed(start, end).covers(end)


@pytest.mark.parametrize("window", [YEAR_END, WEEKEND], ids=["fixed", "weekly"])
def test_a_moment_without_a_time_zone_is_refused(window: Fixed | Weekly) -> None:
    with pytest.raises(ValueError, match="has no time zone: give it one"):
        window.covers(datetime(2026, 12, 24))
