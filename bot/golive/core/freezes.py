"""Freezes: spans of time in which nothing goes live, from the policy and from people's words. Pure.

A freeze that somebody said is kept in the repository's own record, because it is about every release of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from golive.core.errors import NotUnderstood
from golive.core.model import Standing, Word
from golive.core.rules import FreezeRule

LONGEST = timedelta(days=92)
"""A freeze by word; what is longer belongs into the policy, where it is reviewed."""
USAGE = "Use it as `/golive freeze until 2026-12-24 <reason>`, or `until 2026-12-24T18:00Z`, or `for 4h`."

_SAID = re.compile(r"(?:until\s+(?P<until>\S+)|for\s+(?P<span>\d+)(?P<unit>[mhd]))\s+(?P<reason>\S.*)", re.DOTALL)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True)
class Frozen:
    """A freeze that is on. key: unique among those of a repository.   rule: None where somebody said it."""

    key: str
    title: str
    until: datetime | None
    rule: FreezeRule | None = None
    word: Word | None = None


def span_of(text: str, at: datetime, usage: str, longest: timedelta) -> tuple[datetime, str]:
    """(`until …` or `for …` as a moment, the words after it), counted from `at`. Raises NotUnderstood with the usage."""
    said = _SAID.fullmatch(text.strip())
    if said is None:
        raise NotUnderstood(f"Until when, and why? {usage}")
    try:
        ends = at + int(said["span"]) * _UNITS[said["unit"]] if said["span"] else _moment(said["until"])
    except (ValueError, OverflowError):
        raise NotUnderstood(f"“{(said['until'] or said['span'])[:40]}” is no moment that I can read. {usage}") from None
    if not at < ends <= at + longest:
        raise NotUnderstood(f"The end must lie ahead, and within {_days(longest)}. {usage}")
    return ends, said["reason"].strip()


def _moment(text: str) -> datetime:
    """A day (its end) or a moment, in UTC where nothing else is said."""
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _days(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"


def read(word: Word) -> tuple[datetime, str]:
    """When the freeze that a word asks for ends, and why. Raises NotUnderstood."""
    return span_of(word.text, word.at, USAGE, LONGEST)


def said(shared: Standing, now: datetime) -> Iterator[Frozen]:
    """The freezes that people said and that nobody lifted, by the words' own times. shared: the repository's record."""
    lifted = [w.at for w in shared.words if w.verb == "unfreeze" and shared.taken(w)]
    for word in shared.words:
        if word.verb != "freeze" or not shared.taken(word) or any(at >= word.at for at in lifted):
            continue
        ends, reason = read(word)
        if word.at <= now < ends:
            yield Frozen(f"word:{word.key}", f"@{word.person.login} froze it: {reason}", ends, word=word)


def frozen(rules: Iterable[FreezeRule], shared: Standing, release: str, now: datetime) -> Iterator[Frozen]:
    """Every freeze that is on for a release of this name."""
    for rule in rules:
        if rule.window.covers(now) and release not in rule.excepted:
            yield Frozen(f"rule:{rule.name}", f"{rule.name} ({rule.window.text})", rule.window.ends(now), rule)
    yield from said(shared, now)


def next_edge(rules: Iterable[FreezeRule], shared: Standing, now: datetime) -> datetime | None:
    """When a freeze begins or ends next, whichever release it is about."""
    moments = [rule.window.next_edge(now) for rule in rules]
    moments += [one.until for one in said(shared, now)]
    return min((m for m in moments if m is not None and m > now), default=None)
