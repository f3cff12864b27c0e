"""Break-glass: enough different people say together, for some minutes, that a release goes although it is not ready. Pure.

It lifts what people and checks say. It never lifts a veto, nor what would make the merge itself unsafe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from golive.core.errors import NotUnderstood
from golive.core.freshness import covered
from golive.core.model import Reason, Revision, Standing, Verdict, Word
from golive.core.rules import OverrideRule

USAGE = "Use it as `/golive override 30m <reason>`."
KEPT = frozenset(
    {
        "vetoed", "policy_missing", "policy_mistake", "head_policy_mistake", "wrong_base", "stuck", "draft", "conflict",
        "mergeable_unknown", "pusher_unknown", "same_commit", "too_large",
    }
)  # fmt: skip
"""Reasons that no override lifts: a veto, and what says that golive does not know what it would merge."""

_SAID = re.compile(r"(?P<span>\d{1,4})\s*(?P<unit>m|min|minutes|h)\b\s*(?P<reason>\S.*)", re.DOTALL)


@dataclass(frozen=True)
class Override:
    """An override that is on. words: one for each person.   until: when the first of them runs out."""

    words: tuple[Word, ...]
    reason: str
    until: datetime

    @property
    def key(self) -> str:
        """The same for the same words."""
        return "+".join(sorted(word.key for word in self.words))

    @property
    def people(self) -> str:
        """`@ana and @bo`."""
        return " and ".join(f"@{word.person.login}" for word in self.words)


def read(word: Word, rule: OverrideRule) -> tuple[datetime, str]:
    """Until when a word counts, and its reason. Raises NotUnderstood."""
    said = _SAID.fullmatch(word.text.strip())
    if said is None:
        raise NotUnderstood(f"For how long, and why? {USAGE}")
    span = timedelta(minutes=int(said["span"]) * (60 if said["unit"] == "h" else 1))
    if not timedelta(0) < span <= rule.longest:
        longest = f"{rule.longest.total_seconds() / 60:g} minutes"
        raise NotUnderstood(f"An override lasts at most {longest} here. {USAGE}")
    return word.at + span, said["reason"].strip()


def standing(
    standing: Standing, rule: OverrideRule | None, people: Iterable[int], revision: Revision, absent: frozenset[str],
    now: datetime,
) -> Override | None:  # fmt: skip
    """The override that is on for this very revision. people: ids of those who may, now."""
    if rule is None:
        return None
    entitled, words = frozenset(people), dict[int, tuple[Word, datetime, str]]()
    for word in standing.words:
        if word.verb != "override" or not standing.taken(word) or word.person.id not in entitled or word.key in absent:
            continue
        try:
            until, reason = read(word, rule)
        except NotUnderstood:  # the policy allows less than when it was said
            continue
        if word.at <= now < until and covered(standing, word) == revision:
            words[word.person.id] = (word, until, reason)
    if len(words) < rule.people:
        return None
    given = sorted(words.values(), key=lambda one: (one[0].at, one[0].seq))
    return Override(tuple(word for word, _, _ in given), given[0][2], min(until for _, until, _ in given))


def lifted(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons under an override: still listed, and no longer in the way."""
    return tuple(
        reason
        if reason.code in KEPT or reason.verdict is Verdict.GO
        else replace(reason, verdict=Verdict.GO, sentence=f"Overridden: {reason.sentence}")
        for reason in reasons
    )
