"""When a person may be disturbed: their own working hours, do-not-disturb, and what they put off themselves. Pure.

What the chat says of a person comes in with the snapshot; a snooze is a word in the repository's own record, so that it
holds for every release of it. Add a reason not to disturb somebody in `quiet_until`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from golive.core.calendar import DAY, Weekly, next_working
from golive.core.errors import NotUnderstood
from golive.core.model import Standing, Word

USUAL = tuple((day * DAY + 9 * 60, day * DAY + 17 * 60) for day in range(5))
"""Monday to Friday from nine to five: when a person is reminded whose policy names no hours."""
SNOOZE = timedelta(hours=4)
"""What the button puts off."""
LONGEST = timedelta(days=7)
"""A longer absence is a delegation, or another person."""
USAGE = "Use it as `/golive snooze 4h`, or `2d`; at most `7d`."

_SPAN = re.compile(r"(?P<count>\d{1,4})\s*(?P<unit>m|min|h|d)", re.IGNORECASE)
_UNITS = {"m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True)
class Presence:
    """What the chat says of a person. offset: of their clock from UTC, in seconds, None where it did not say.

    quiet_from, quiet_until: when they are not to be disturbed next, both or none.   reached: the chat reaches them.
    """

    offset: int | None = None
    quiet_from: datetime | None = None
    quiet_until: datetime | None = None
    reached: bool = True


def hours_of(presence: Presence | None, hours: Weekly | None) -> Weekly | None:
    """The policy's hours by the person's own clock; the usual ones where it names none. Without a clock, the policy's."""
    if presence is None or presence.offset is None or not presence.reached:
        return hours
    zone = timezone(timedelta(seconds=presence.offset))
    return Weekly(hours.spans if hours else USUAL, zone)


def free_at(
    at: datetime, now: datetime, presence: Presence | None, hours: Weekly | None, snoozed: datetime | None
) -> datetime:
    """The first moment, not before `at` and `now`, at which the person may be disturbed."""
    theirs = hours_of(presence, hours)
    moment = next_working(max(at, now, snoozed or at), theirs)
    if (
        presence
        and presence.quiet_from
        and presence.quiet_until
        and presence.quiet_from <= moment < presence.quiet_until
    ):
        moment = next_working(presence.quiet_until, theirs)
    return moment


def span_of(word: Word) -> timedelta:
    """How long a snooze puts reminders off. Raises NotUnderstood with the usage."""
    text = word.text.strip()
    if not text:
        return SNOOZE
    said = _SPAN.fullmatch(text)
    if said is None:
        raise NotUnderstood(f"For how long? {USAGE}")
    span = int(said["count"]) * _UNITS[said["unit"].lower()]
    if not timedelta(0) < span <= LONGEST:
        raise NotUnderstood(f"For how long? {USAGE}")
    return span


def snoozed(shared: Standing) -> Mapping[int, datetime]:
    """Until when each person put their reminders off; their latest word wins. shared: the repository's record."""
    found: dict[int, datetime] = {}
    for word in sorted(
        (w for w in shared.words if w.verb == "snooze" and shared.taken(w)), key=lambda w: (w.at, w.seq)
    ):
        found[word.person.id] = word.at + span_of(word)
    return found


def quiet(presence: Presence, until: datetime, now: datetime) -> Presence:
    """The same, not to be disturbed until then."""
    return replace(presence, quiet_from=now, quiet_until=until)
