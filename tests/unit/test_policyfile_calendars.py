"""Windows of time are read as people write them, and what cannot be read is answered with its mend."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pydantic_core import PydanticCustomError

from golive.core.calendar import DAY, WEEK
from golive.policyfile.calendars import fixed, hours, weekly, zone


def clock(day: str, time: str) -> int:
    """The minute of the week."""
    return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day) * DAY + int(time[:2]) * 60 + int(time[3:])


WEEKEND = ((clock("Fri", "15:00"), clock("Mon", "08:00")),)
OFFICE = tuple((clock(day, "09:00"), clock(day, "17:00")) for day in ("Mon", "Tue", "Wed", "Thu", "Fri"))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        pytest.param("Fri 15:00-Mon 08:00", WEEKEND, id="over Sunday"),
        pytest.param("friday 15:00 - MON 8:00", WEEKEND, id="written otherwise"),
        pytest.param("Fri 15:00\N{EN DASH}Mon 08:00", WEEKEND, id="with the dash of a word processor"),
        pytest.param("Fri 15:00-Sun 24:00; Mon 00:00-08:00", WEEKEND, id="in two parts that meet at midnight"),
        pytest.param("Mon-Fri 09:00-17:00", OFFICE, id="every working day"),
        pytest.param("Mon, Tue-Thurs, Fri 9:00-17:00", OFFICE, id="days and ranges of days"),
        pytest.param("Mon-Fri 09:00-12:00; Mon-Fri 12:00-17:00", OFFICE, id="mornings and afternoons that touch"),
        pytest.param("Sat, Sun 00:00-24:00", ((clock("Sat", "00:00"), WEEK),), id="whole days that touch"),
        pytest.param("Sun-Mon 00:00-24:00", ((clock("Sun", "00:00"), DAY),), id="whole days over Sunday"),
        pytest.param("Sun 24:00-Mon 06:00", ((0, 6 * 60),), id="from the end of a day"),
        pytest.param("Fri 22:00-Sat 00:00", ((clock("Fri", "22:00"), clock("Sat", "00:00")),), id="until midnight"),
        pytest.param("Mon-Sun 00:00-24:00", ((0, WEEK),), id="every day"),
        pytest.param("Mon 00:00-Sun 24:00", ((0, WEEK),), id="all the week"),
        pytest.param("Wed 00:00-Tue 24:00", ((0, WEEK),), id="all the week from Wednesday"),
    ],
)
def test_a_window_of_the_week_is_read(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    window = weekly(text, "Europe/Berlin")
    assert window.spans == spans
    assert (window.zone, window.zone_name) == (zone("Europe/Berlin"), "Europe/Berlin")


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "GMT", "America/Argentina/Ushuaia"])
def test_working_hours_end_with_their_time_zone(name: str) -> None:
    assert hours(f"Mon-Fri 09:00-17:00 {name}") == weekly("Mon-Fri 09:00-17:00", name)


@pytest.mark.parametrize(
    ("text", "what", "mend"),
    [
        ("Fry 15:00-Mon 08:00", '"Fry" is no day of the week', 'Did you mean "Fri"?'),
        ("Monkey 15:00-16:00", '"Monkey" is no day of the week', 'Did you mean "Mon"?'),
        ("Xyz-Fri 15:00-16:00", '"Xyz" is no day of the week', "The days are Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
        ("Mo 15:00-16:00", '"Mo" is no day of the week', "Mon"),
        ("Mon-Tue-Wed 15:00-16:00", '"Tue-Wed" is no day of the week', "Tue"),
        ("Mon 17:00-09:00", "ends before it begins", "name both days: Fri 22:00-Sat 06:00"),
        ("Mon 09:00-09:00", "begins and ends at the same time", "Fri 15:00-Mon 08:00"),
        ("Mon 09:00-Mon 09:00", "begins and ends at the same time", "Fri 15:00-Mon 08:00"),
        ("Mon 00:00-Mon 00:00", "begins and ends at the same time", "Fri 15:00-Mon 08:00"),
        ("Mon 24:00-Mon 24:00", "begins and ends at the same time", "Fri 15:00-Mon 08:00"),
        ("Mon 09:00-24:30", '"24:30" is no time of day', "The last one is 24:00"),
        ("Mon 09:00-25:00", "is no window of a week", "Mon-Fri 09:00-17:00"),
        ("Mon 9-17", "is no window of a week", "Mon-Fri 09:00-17:00"),
        ("Mon 09:00-17:00;", '"" is no window of a week', "Mon-Fri 09:00-17:00"),
        ("", '"" is no window of a week', "Mon-Fri 09:00-17:00"),
    ],
)
def test_a_window_that_cannot_be_read_says_why_and_how_to_mend_it(text: str, what: str, mend: str) -> None:
    with pytest.raises(PydanticCustomError) as mistake:
        weekly(text, "Europe/Berlin")
    said = mistake.value.context or {}
    assert what in said["what"]
    assert mend in said["mend"]


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("Europe/Berln", 'Did you mean "Europe/Berlin"?'),
        ("europe/berlin", 'Did you mean "Europe/Berlin"?'),
        ("utc", "Did you mean"),
        ("localtime", 'Write for example "Europe/Berlin"'),
        ("../../etc/passwd", 'Write for example "Europe/Berlin"'),
        ("x" * 10_000, 'Write for example "Europe/Berlin"'),
        ("", 'Write for example "Europe/Berlin"'),
    ],
)
def test_a_time_zone_that_is_none_is_answered_with_the_nearest(name: str, mend: str) -> None:
    with pytest.raises(PydanticCustomError, match="is no time zone") as mistake:
        zone(name)
    assert mend in (mistake.value.context or {})["mend"]


@pytest.mark.parametrize("text", ["Mon-Fri 09:00-17:00", "Mon-Fri 09:00 - 17:00", "Mon", ""])
def test_working_hours_without_a_time_zone_are_a_mistake(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="names no time zone"):
        hours(text)


EAST = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("start", "end", "begins", "ends"),
    [
        pytest.param("2026-12-20T00:00", "2027-01-02T00:00", "2026-12-19T23:00", "2027-01-01T23:00", id="texts"),
        pytest.param("2026-12-20", "2027-01-02", "2026-12-19T23:00", "2027-01-01T23:00", id="texts of days"),
        pytest.param(date(2026, 12, 20), date(2027, 1, 2), "2026-12-19T23:00", "2027-01-01T23:00", id="days"),
        pytest.param(
            datetime(2026, 12, 20, 8), datetime(2027, 1, 2, 8), "2026-12-20T07:00", "2027-01-02T07:00", id="datetimes"
        ),
        pytest.param(
            "2026-12-20T00:00+01:00",
            datetime(2027, 1, 2, tzinfo=EAST),
            "2026-12-19T23:00",
            "2027-01-01T23:00",
            id="the offset of the zone",
        ),
        pytest.param("2026-06-01", "2026-12-01", "2026-05-31T22:00", "2026-11-30T23:00", id="from summer to winter"),
        pytest.param(
            "2026-03-29T02:30", "2026-10-25T02:30", "2026-03-29T01:00", "2026-10-25T01:30", id="skipped and twice"
        ),
        pytest.param(
            "2025-10-26T02:30", "2026-03-29T02:15", "2025-10-26T00:30", "2026-03-29T01:00", id="twice and skipped"
        ),
        pytest.param(
            "2026-10-25T02:30", "2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:30", id="between the two"
        ),
        pytest.param(
            "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-10-25T00:30", "2026-10-25T01:30", id="told apart"
        ),
    ],
)
def test_a_window_of_the_year_is_by_the_clock_of_its_zone(
    start: str | date, end: str | date, begins: str, ends: str
) -> None:
    window = fixed(start, end, "Europe/Berlin")
    assert window.start == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert window.end == datetime.fromisoformat(ends).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "what", "mend"),
    [
        ("2027-01-02", "2026-12-20", "it ends at 2026-12-20, before it begins", "Let `to` lie after `from`"),
        ("2026-12-20", "2026-12-20T00:00", "it begins and ends at 2026-12-20T00:00", "Let `to` lie after `from`"),
        ("2026-03-29T02:10", "2026-03-29T02:50", "it begins and ends at", "Let `to` lie after `from`"),
        ("2026-12-20T00:00+05:00", "2027-01-02", "has another offset than Europe/Berlin", "Leave the offset out"),
        ("2026-12-20T00:00Z", "2027-01-02", "has another offset than Europe/Berlin", "Leave the offset out"),
        ("2026-12-20", datetime(2027, 6, 2, tzinfo=EAST), "has another offset", "Leave the offset out"),
        ("Christmas", "2027-01-02", '"Christmas" is no moment', "Write for example 2026-12-20T00:00"),
        ("2026-02-30", "2027-01-02", '"2026-02-30" is no moment', "Write for example 2026-12-20T00:00"),
        ("0001-01-01", "2027-01-02", "there is no such moment in UTC", "Write another year"),
    ],
)
def test_a_window_of_the_year_that_cannot_be_says_why_and_how_to_mend_it(
    start: str | date, end: str | date, what: str, mend: str
) -> None:
    with pytest.raises(PydanticCustomError) as mistake:
        fixed(start, end, "Europe/Berlin")
    said = mistake.value.context or {}
    assert what in said["what"]
    assert mend in said["mend"]
