"""Windows of time against a walk minute by minute through weeks in which the clocks change, in several time zones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from golive.core.calendar import DAY, WEEK, Weekly, next_working, working_time_later
from golive.policyfile.calendars import weekly

MINUTE = timedelta(minutes=1)
WEEKS = 3
PLACES = (
    ("Europe/Berlin", datetime(2026, 3, 23, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 19, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 2, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 3, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 9, 28, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 19, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 9, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 3, 23, tzinfo=UTC)),
)
"""A zone and the beginning of three weeks: clocks an hour and half an hour on and back, a day left out, none of it."""


@cache
def clock(zone: str, start: datetime) -> tuple[int, ...]:
    """What the wall clock shows at every minute of the walk, as minutes of the week."""
    where, found = ZoneInfo(zone), list[int]()
    for n in range(WEEKS * WEEK):
        local = (start + n * MINUTE).astimezone(where)
        found.append(local.weekday() * DAY + local.hour * 60 + local.minute)
    return tuple(found)


@dataclass(frozen=True)
class Walk:
    """The truth: every minute of three weeks, and whether a window covers it by the meaning of its spans alone."""

    window: Weekly
    start: datetime
    covered: tuple[bool, ...] = field(repr=False)

    def at(self, minute: int) -> datetime:
        return self.start + minute * MINUTE

    def found(self, after: int, wanted: tuple[bool, bool]) -> datetime | None:
        """The first minute later than `after` at which it is the second and was the first; None where there is none."""
        pairs = zip(self.covered[after:], self.covered[after + 1 :], strict=False)
        return next((self.at(after + n) for n, pair in enumerate(pairs, start=1) if pair == wanted), None)

    def worked(self, begin: datetime, end: datetime) -> int:
        first, last = ((moment - self.start) // MINUTE for moment in (begin, end))
        return sum(self.covered[first:last])


edges = st.integers(0, WEEK - 1)
hours = st.sampled_from(
    (0, DAY - 60, 6 * DAY, 6 * DAY + 90, 6 * DAY + 105, 6 * DAY + 120, 6 * DAY + 150, 6 * DAY + 180)
)
spans = st.lists(
    st.tuples(edges | hours, edges | hours).filter(lambda span: span[0] != span[1]), min_size=1, max_size=4
)


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    zone, start = draw(st.sampled_from(PLACES))
    drawn = tuple(draw(spans))
    week = [any((m - first) % WEEK < (last - first) % WEEK for first, last in drawn) for m in range(WEEK)]
    covered = tuple(week[minute] for minute in clock(zone, start))
    return Walk(Weekly(drawn, ZoneInfo(zone), zone), start, covered)


moments = st.integers(0, 10 * DAY)


@given(walks(), moments)
def test_a_window_covers_and_changes_as_a_walk_minute_by_minute_says(walk: Walk, minute: int) -> None:
    window, at = walk.window, walk.at(minute)
    inside = walk.covered[minute]
    leaves, comes = walk.found(minute, (True, False)), walk.found(minute, (False, True))
    assert window.covers(at) is inside
    assert window.next_edge(at) == (leaves if inside else comes)
    assert window.ends(at) == (leaves if inside else None)
    assert window.next_start(at) == comes
    if minute and walk.covered[minute - 1] is not inside:
        assert window.next_edge(at - timedelta(microseconds=1)) == at
        assert window.covers(at - timedelta(microseconds=1)) is not inside


@given(walks(), moments, st.integers(1, 2 * DAY))
def test_working_time_is_what_a_walk_minute_by_minute_counts(walk: Walk, minute: int, span: int) -> None:
    at, window = walk.at(minute), walk.window
    later = working_time_later(at, span * MINUTE, window)
    begins = next_working(at, window)
    assert begins == at or (not walk.covered[minute] and begins == walk.found(minute, (False, True)))
    if later < walk.at(WEEKS * WEEK):
        assert walk.worked(at, later) == span
        assert window.covers(later - MINUTE), "it ends with working time, not in the pause after it"
    else:
        assert walk.worked(at, walk.at(WEEKS * WEEK)) <= span


@given(walks(), moments, st.integers(0, 60 * DAY), st.integers(1, 60 * DAY))
def test_working_time_adds_up_and_never_runs_backwards(walk: Walk, minute: int, one: int, two: int) -> None:
    at, roomy = walk.at(minute), walk.window.minutes > DAY
    first = working_time_later(at, one * MINUTE, walk.window)
    both = working_time_later(at, (one + two) * MINUTE, walk.window)
    assert at <= next_working(at, walk.window) <= both
    assert at + one * MINUTE <= first <= both or not roomy
    if roomy:  # else it is cut off at the longest
        assert working_time_later(first, two * MINUTE, walk.window) == both
    assert working_time_later(at, one * MINUTE, None) == at + one * MINUTE


@given(spans)
@example([(0, WEEK)])
def test_a_window_is_read_again_from_its_text(drawn: list[tuple[int, int]]) -> None:
    window = Weekly(tuple(drawn), ZoneInfo("UTC"), "UTC")
    assert weekly(window.text.removesuffix(" UTC"), "UTC") == window
