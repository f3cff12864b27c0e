"""Windows of time as people write them: `Fri 15:00-Mon 08:00`, `Mon-Fri 09:00-17:00 Europe/Berlin`, two days of a year.

Time zones are those of the IANA database, from the system or from the package `tzdata`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from golive.core.calendar import DAY, DAYS, WEEK, Fixed, Weekly
from golive.policyfile.mistakes import mistaken, nearest, shown

EXAMPLE = 'Write for example "Fri 15:00-Mon 08:00", or "Mon-Fri 09:00-17:00"'
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = r"(?P<{0}>(?:[01]?\d|2[0-4]):[0-5]\d)"
_OVER = re.compile(rf"(?P<day>[A-Za-z]+)\s+{_CLOCK.format('first')}\s*-\s*(?P<to>[A-Za-z]+)\s+{_CLOCK.format('last')}")
_DAILY = re.compile(
    rf"(?P<days>[A-Za-z]+(?:\s*[-,]\s*[A-Za-z]+)*)\s+{_CLOCK.format('first')}\s*-\s*{_CLOCK.format('last')}"
)


@cache
def _zones() -> frozenset[str]:
    """Every name there is; reading them takes some 20 ms."""
    return frozenset(available_timezones()) - {"localtime"}  # it is whatever the machine is set to


def zone(name: str) -> ZoneInfo:
    """A time zone by its name. Raises a mistake with the nearest name for one that is none."""
    known = _zones()
    if name in known:
        return ZoneInfo(name)
    if not known:
        raise mistaken("the machine that reads this knows no time zones", "Install `tzdata` on it")
    names = {one.casefold(): one for one in known}
    near = nearest(name, names)
    mend = f'Did you mean "{names[near]}"?' if near else 'Write for example "Europe/Berlin"'
    raise mistaken(f'"{shown(name)}" is no time zone', mend)


def weekly(text: str, zone_name: str) -> Weekly:
    """A window that comes every week; parts are separated by `;`. Raises a mistake."""
    where, spans = zone(zone_name), list[tuple[int, int]]()
    for part in text.replace("\N{EN DASH}", "-").split(";"):
        spans.extend(_spans(part.strip()))
    return Weekly(tuple(spans), where, zone_name)


def hours(text: str) -> Weekly:
    """Working hours with their time zone last. Raises a mistake."""
    times, _, name = text.strip().rpartition(" ")
    if not times or ":" in name:
        raise mistaken(f'"{shown(text)}" names no time zone', 'Write for example "Mon-Fri 09:00-17:00 Europe/Berlin"')
    return weekly(times, name)


def fixed(start: str | date, end: str | date, zone_name: str) -> Fixed:
    """A window from one moment to another, by the clock of a time zone; a day alone is its beginning. Raises a mistake.

    start, end: ISO 8601 texts, or what YAML made of them. Of a time that comes twice as the clocks change, a window
    begins with the first and ends with the second; a time that is skipped is the moment of the change.
    """
    where = zone(zone_name)
    first, last = _moment(start, where, fold=0), _moment(end, where, fold=1)
    if last == first:
        raise mistaken(f"it begins and ends at {shown(str(end))}", "Let `to` lie after `from`")
    if last < first:
        raise mistaken(f"it ends at {shown(str(end))}, before it begins", "Let `to` lie after `from`")
    return Fixed(first, last)


def _spans(part: str) -> list[tuple[int, int]]:
    if over := _OVER.fullmatch(part):
        return [_over(part, over)]
    daily = _DAILY.fullmatch(part)
    if daily is None:
        raise mistaken(f'"{shown(part)}" is no window of a week', EXAMPLE)
    first, last = _minutes(daily["first"]), _minutes(daily["last"])
    if last == first:
        raise mistaken(f'"{shown(part)}" begins and ends at the same time', EXAMPLE)
    if last < first:
        raise mistaken(f'"{shown(part)}" ends before it begins', "For a night, name both days: Fri 22:00-Sat 06:00")
    return [(day * DAY + first, day * DAY + last) for day in _days(daily["days"])]


def _over(part: str, over: re.Match[str]) -> tuple[int, int]:
    """From a time of one day to a time of another, over Sunday where the second comes first in the week."""
    first = _day(over["day"]) * DAY + _minutes(over["first"])
    last = _day(over["to"]) * DAY + _minutes(over["last"])
    if (last - first) % WEEK:
        return first % WEEK, last % WEEK
    if over["last"] == "24:00" != over["first"]:  # from the beginning of a day to the end of the one before
        return 0, WEEK
    raise mistaken(f'"{shown(part)}" begins and ends at the same time', EXAMPLE)


def _days(text: str) -> list[int]:
    """`Mon-Fri`, `Sat, Sun`, `Mon`; a range may run over Sunday."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin, end = _day(first), _day(last if dash else first)
        found.extend((begin + n) % 7 for n in range((end - begin) % 7 + 1))
    return sorted(set(found))


def _day(name: str) -> int:
    """Mon is 0. Three letters are enough, and more are welcome: Mon, Tues, Thursday."""
    told = name.strip().casefold()
    for at, full in enumerate(_FULL):
        if len(told) >= 3 and full.startswith(told):
            return at
    near = nearest(told, _FULL)
    mend = f'Did you mean "{DAYS[_FULL.index(near)]}"?' if near else f"The days are {', '.join(DAYS)}"
    raise mistaken(f'"{shown(name.strip())}" is no day of the week', mend)


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    total = int(hour) * 60 + int(minute)
    if total > DAY:
        raise mistaken(f'"{shown(clock)}" is no time of day', "The last one is 24:00")
    return total


def _moment(value: str | date, where: ZoneInfo, fold: int) -> datetime:
    """In UTC. fold: which of the two is meant where a time comes twice, 0 or 1."""
    try:
        told = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise mistaken(f'"{shown(str(value))}" is no moment', "Write for example 2026-12-20T00:00") from None
    at = told if isinstance(told, datetime) else datetime(told.year, told.month, told.day)
    try:
        if at.tzinfo is None:
            return _by_the_clock(at, where, fold)
        if at.utcoffset() != at.astimezone(where).utcoffset():
            raise mistaken(f"{shown(str(value))} has another offset than {where.key}", "Leave the offset out")
        return at.astimezone(UTC)
    except OverflowError:
        raise mistaken("there is no such moment in UTC", "Write another year") from None


def _by_the_clock(wall: datetime, where: ZoneInfo, fold: int) -> datetime:
    """When a wall clock shows a time; for one that is skipped, when the clocks change."""
    moment = wall.replace(tzinfo=where, fold=fold).astimezone(UTC)
    if moment.astimezone(where).replace(tzinfo=None, fold=0) == wall.replace(fold=0):
        return moment
    before, after = (wall.replace(tzinfo=where, fold=fold).astimezone(UTC) for fold in (1, 0))
    seconds = range(int((after - before).total_seconds()) + 1)
    offset = after.astimezone(where).utcoffset()
    changed = bisect_left(
        seconds, True, key=lambda n: (before + timedelta(seconds=n)).astimezone(where).utcoffset() == offset
    )
    return (before + timedelta(seconds=changed)).replace(microsecond=0)
