"""Windows of time: once from one moment to another, or every week by the clock of a time zone. Pure.

A time zone comes in as a value and moments are aware; answers are in UTC. On the day the clocks change, the wall clock
decides: a time that comes twice is inside both times, and an edge at a time that is skipped falls on the moment of the
change. A new kind of window is a class with the methods of `Fixed`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property

DAY = 24 * 60
"""Minutes of a day by the wall clock."""
WEEK = 7 * DAY
"""Minutes of a week by the wall clock."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONGEST = timedelta(days=3650)
"""Working time that takes longer than this to pass is answered with this: ten years are as good as never."""
_STEP = timedelta(days=1)
"""How far apart the clocks are looked at. Two changes of one zone in the IANA database are never less than three apart."""


@dataclass(frozen=True)
class Fixed:
    """From `start` until just before `end`; both aware, and kept in UTC. One that ends before it begins covers nothing."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _utc(self.start))
        object.__setattr__(self, "end", _utc(self.end))

    @property
    def text(self) -> str:
        """As people write it, in UTC."""
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"

    def covers(self, at: datetime) -> bool:
        """Whether `at` is in it."""
        return self.start <= _utc(at) < self.end

    def ends(self, at: datetime) -> datetime | None:
        """When it ends; None where it does not cover `at`."""
        return self.end if self.covers(at) else None

    def next_start(self, at: datetime) -> datetime | None:
        """When it begins after `at`; None where it does not."""
        return self.start if _utc(at) < self.start < self.end else None

    def next_edge(self, at: datetime) -> datetime | None:
        """The earliest moment after `at` at which `covers` changes; None where it never does."""
        return self.next_start(at) or self.ends(at)


@dataclass(frozen=True)
class Weekly:
    """Every week. spans: (first, last) minute of the local week from Monday 00:00, half-open; one may run over Sunday.

    Spans that touch or overlap are kept as one, in the order of the week. Raises ValueError for none, and for one that
    is empty or begins or ends outside the week.
    """

    spans: tuple[tuple[int, int], ...]
    zone: tzinfo
    zone_name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "spans", _joined(self.spans))

    @property
    def text(self) -> str:
        """As people write it, the days with the same hours together."""
        days: dict[str, list[int]] = {}
        for first, last in self.spans:
            within, hours = first < last <= (first // DAY + 1) * DAY, f"{_clock(first)}-{_clock(last, ends=True)}"
            text = hours if within else f"{_day(first)} {_clock(first)}-{_day(last - 1)} {_clock(last, ends=True)}"
            days.setdefault(text, []).extend([first // DAY] if within else [])
        parts = (f"{_named(on)} {text}" if on else text for text, on in days.items())
        return f"{'; '.join(parts)} {self.zone_name}".strip()

    def covers(self, at: datetime) -> bool:
        """Whether the wall clock there is in one of the spans at `at`."""
        return self._inside(_into_week(_utc(at), self.zone))

    def ends(self, at: datetime) -> datetime | None:
        """When the window that covers `at` ends; None where none does, or where it never ends."""
        return self.next_edge(at) if self.covers(at) else None

    def next_start(self, at: datetime) -> datetime | None:
        """When a window begins after `at`; None where none ever does."""
        edge = self.next_edge(at)
        return self.next_edge(edge) if edge is not None and not self.covers(edge) else edge

    def next_edge(self, at: datetime) -> datetime | None:
        """The earliest moment after `at` at which `covers` changes; None where it never does."""
        now = _utc(at)
        inside = self.covers(now)
        while self._edges:
            edge = now + self._until_edge(_into_week(now, self.zone))
            change = _clock_change(now, edge, self.zone)
            if change is None:
                return edge
            if self.covers(change) is not inside:
                return change
            now = change
        return None

    @cached_property
    def minutes(self) -> int:
        """How many minutes of a week it covers, in a week whose clocks do not change."""
        return sum((last - first) % WEEK or WEEK for first, last in self.spans)

    @cached_property
    def _starts(self) -> tuple[timedelta, ...]:
        return tuple(timedelta(minutes=first) for first, _ in self.spans)

    @cached_property
    def _edges(self) -> tuple[timedelta, ...]:
        """From Monday 00:00, each less than a week; none where all the week is covered."""
        if self.minutes == WEEK:
            return ()
        return tuple(timedelta(minutes=edge) for edge in sorted({edge % WEEK for span in self.spans for edge in span}))

    def _inside(self, into: timedelta) -> bool:
        at = bisect_right(self._starts, into) - 1
        first, last = self.spans[at]  # before the first of the week it is the last one that may run over Sunday
        past = into - self._starts[at] + timedelta(minutes=WEEK if at < 0 else 0)
        return past < timedelta(minutes=(last - first) % WEEK or WEEK)

    def _until_edge(self, into: timedelta) -> timedelta:
        at = bisect_right(self._edges, into)
        return self._edges[at] - into if at < len(self._edges) else self._edges[0] + timedelta(minutes=WEEK) - into


def next_working(at: datetime, hours: Weekly | None) -> datetime:
    """`at` itself in working time, else the beginning of the next; without hours all time is working time."""
    now = _utc(at)
    if hours is None or hours.covers(now):
        return now
    return hours.next_start(now) or now


def working_time_later(at: datetime, span: timedelta, hours: Weekly | None) -> datetime:
    """When `span` of working time has passed since `at`: at the end of a window rather than the beginning of the next.

    Without hours all time is working time. Never more than LONGEST after `at`. No span gives `next_working`.
    """
    now = next_working(at, hours)
    latest = _utc(at) + LONGEST
    while hours is not None and now < latest:
        now, span = _whole_weeks(now, span, hours)
        ends = hours.ends(now)
        if ends is None or ends - now >= span:
            break
        span -= ends - now
        now = next_working(ends, hours)
    return min(now + min(span, LONGEST), latest)


def _whole_weeks(now: datetime, span: timedelta, hours: Weekly) -> tuple[datetime, timedelta]:
    """A week further, with its working time off the span, where that is more than a week's and the clocks stay."""
    week, worked = timedelta(minutes=WEEK), timedelta(minutes=hours.minutes)
    if span > worked and _clock_change(now, now + week, hours.zone) is None:
        return now + week, span - worked
    return now, span


def _utc(at: datetime) -> datetime:
    """In UTC, where differences are time that passes; two moments of one zone are compared by the wall clock."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: give it one")
    return at.astimezone(UTC)


def _into_week(now: datetime, zone: tzinfo) -> timedelta:
    """What the wall clock shows, from Monday 00:00."""
    local = now.astimezone(zone)
    return timedelta(local.weekday(), local.second, local.microsecond, hours=local.hour, minutes=local.minute)


def _clock_change(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """The first moment after `after` and not after `until`, to the second, at which the clocks change; both in UTC."""
    before, offset = after, after.astimezone(zone).utcoffset()
    while before < until:
        then = min(before + _STEP, until)
        if then.astimezone(zone).utcoffset() != offset:
            break
        before = then
    else:
        return None
    before = before.replace(microsecond=0)  # it changes later, for before is not the second of a change
    seconds = range(int((then - before).total_seconds()) + 1)
    changed = bisect_right(
        seconds, False, key=lambda n: (before + timedelta(seconds=n)).astimezone(zone).utcoffset() != offset
    )
    return before + timedelta(seconds=changed)


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans that touch or overlap as one, over Sunday midnight too; each begins within the week, in its order."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(map(_unwrapped, spans)):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    if not joined:
        raise ValueError("a weekly window needs a span")
    while len(joined) > 1 and joined[0][0] <= joined[-1][1] - WEEK:
        _, last = joined.pop(0)
        joined[-1] = joined[-1][0], max(joined[-1][1], last + WEEK)
    if joined[-1][1] - joined[-1][0] >= WEEK:
        return ((0, WEEK),)
    return tuple((first, last if last <= WEEK else last - WEEK) for first, last in joined)


def _unwrapped(span: tuple[int, int]) -> tuple[int, int]:
    """A span that runs over Sunday midnight ends in the week after."""
    first, last = span
    if not 0 <= first < WEEK or not 0 <= last <= WEEK or first == last:
        raise ValueError(f"{span} is no span of the {WEEK} minutes of a week")
    return first, last if last > first else last + WEEK


def _day(minute: int) -> str:
    return DAYS[minute // DAY % 7]


def _clock(minute: int, *, ends: bool = False) -> str:
    """`15:00`; the end of a day is its 24:00."""
    rest = minute % DAY
    return "24:00" if ends and rest == 0 else f"{rest // 60:02}:{rest % 60:02}"


def _named(days: list[int]) -> str:
    """`Mon-Fri`, `Sat, Sun`, `Mon-Wed, Fri`."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    told = (f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) > 2 else ", ".join(DAYS[day] for day in run) for run in runs)
    return ", ".join(told)
