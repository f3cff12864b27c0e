"""Waivers said by people: read from their words, and counted once enough different people stand behind one. Pure.

Those of the policy file come with the policy; both kinds end by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from golive.core.errors import NotUnderstood
from golive.core.model import Severity, Standing, Waiver, Word
from golive.core.policy import CheckRule

LONGEST = timedelta(days=366)
"""A waiver that never ends is a check that nobody keeps; a year is asked for anew."""

_SAID = re.compile(r"(?P<check>\S+)\s+until\s+(?P<date>\d{4}-\d{2}-\d{2})\s+(?P<reason>\S.*)", re.DOTALL)


def end_of(day: date) -> datetime:
    """The moment a waiver until this day ends: when the day is over, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def read(word: Word) -> Waiver:
    """The waiver a word asks for, from its own time on. Raises NotUnderstood with what is wrong and how to write it."""
    usage = "Use it as `/golive waive <check> until <YYYY-MM-DD> <reason>`."
    said = _SAID.fullmatch(word.text.strip())
    if said is None:
        raise NotUnderstood(f"A waiver names a check, a last day and a reason. {usage}")
    try:
        expires = end_of(date.fromisoformat(said["date"]))
    except (ValueError, OverflowError):
        raise NotUnderstood(f"“{said['date']}” is no day of the calendar. {usage}") from None
    if not word.at < expires <= word.at + LONGEST:
        raise NotUnderstood(f"The last day must lie ahead, and within {LONGEST.days} days. {usage}")
    return Waiver(said["check"], said["reason"].strip(), f"@{word.person.login}", expires, source=word.link)


def people_needed(rule: CheckRule) -> int:
    """How many different people must say it: two for a critical check, so that nobody waives one alone."""
    return 2 if rule.severity is Severity.CRITICAL else 1


def said(standing: Standing, rules: Iterable[CheckRule], absent: frozenset[str]) -> Iterator[Waiver]:
    """The waivers that stand by people's words. absent: words that cannot be found just now; they do not count."""
    words = [w for w in standing.words if w.verb == "waive" and standing.taken(w) and w.key not in absent]
    for rule in rules:
        given = {w.person.id: (w, read(w)) for w in words if w.text.split()[:1] == [rule.id]}
        if not given or len(given) < people_needed(rule):
            continue
        first, *others = (waiver for _, waiver in sorted(given.values(), key=lambda one: (one[0].at, one[0].seq)))
        everybody = ", ".join([*(other.approver for other in others)] or [first.approver])
        ends = min([first.expires, *(other.expires for other in others)])
        yield Waiver(
            rule.id, first.reason, everybody, ends, requested_by=first.approver if others else "", source=first.source
        )
