"""Conditions: what must still be done before the release may go into a phase. Pure.

Said with an approval (`approve qa with: …`) or on their own (`condition …`); closed by word or by their check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from golive.core.errors import NotUnderstood
from golive.core.model import Outcome, Standing, Word

USAGE = (
    "Use it as `/golive condition <what> [owner @login] [due <phase>] [check <id>]`, or `condition close C1 [words]`."
)

_WITH = re.compile(r"(?:^|\s)with(?:\s+conditions?)?:\s*(?P<list>\S.*)\Z", re.DOTALL | re.IGNORECASE)
_TAIL = re.compile(
    r"(?:^|[\s(,]+)(?:owner\s+@(?P<owner>[A-Za-z0-9_-]+)|due\s+(?P<due>[a-z0-9][a-z0-9-]*)|check\s+(?P<check>[a-z0-9][a-z0-9-]*))\s*\)?\s*\Z"
)
_CLOSES = re.compile(r"(?P<how>close|done|drop)\s+C(?P<number>\d+)\b\s*(?P<words>.*)", re.DOTALL | re.IGNORECASE)
CLOSED_BY = frozenset({Outcome.PASSED, Outcome.WAIVED})
"""Outcomes of its check that close a condition."""


@dataclass(frozen=True)
class Asked:
    """One condition as written. owner: a login; due: a phase; check: the id of the check that closes it; each may be empty."""

    text: str
    owner: str = ""
    due: str = ""
    check: str = ""


@dataclass(frozen=True)
class Condition:
    """One condition of a release. id: `C1`, the same for ever.   owner: login and numeric id, where it has one.

    closed: what closed it, a clause for people; empty while it is open.
    """

    id: str
    asked: Asked
    word: Word
    owner: int = 0
    closed: str = ""


@dataclass(frozen=True)
class Closing:
    """`condition close C1 …`: its number, and the words about it."""

    number: int
    words: str = ""


def one(text: str) -> Asked:
    """A condition as people write it; owner, due and check stand at its end, in any order. Raises NotUnderstood."""
    rest, parts = text.strip(), dict[str, str]()
    while found := _TAIL.search(rest):
        name = str(found.lastgroup)
        if name in parts:
            raise NotUnderstood(f"`{name}` is said twice. {USAGE}")
        parts[name] = found[name]
        rest = rest[: found.start()].rstrip(" ,(")
    if not rest:
        raise NotUnderstood(f"What must be done is missing. {USAGE}")
    return Asked(rest, **parts)


def with_approval(text: str) -> tuple[str, tuple[Asked, ...]]:
    """The words of an approval without its conditions, and the conditions: `fine with: a; b due full`. Raises NotUnderstood."""
    found = _WITH.search(text)
    if not found:
        return text, ()
    listed = tuple(one(part) for part in found["list"].split(";") if part.strip())
    return text[: found.start()].strip(), listed


def closing(text: str) -> Closing | None:
    """The closing that a `condition` word asks for; None where it sets a condition."""
    found = _CLOSES.fullmatch(text.strip())
    return Closing(int(found["number"]), found["words"].strip()) if found else None


def asked_by(word: Word) -> tuple[Asked, ...]:
    """The conditions in one word."""
    if word.verb == "approve":
        return with_approval(word.text)[1]
    if word.verb == "condition" and closing(word.text) is None:
        return (one(word.text),)
    return ()


def standing(
    standing: Standing, outcomes: Mapping[str, Outcome], absent: frozenset[str] = frozenset()
) -> Iterator[Condition]:
    """Every condition that was ever taken and still stands, open or closed, numbered in the order of the record.

    A condition falls with the approval it came with: when its person says something else for the same role, or takes the
    approval back. outcomes: of the checks as they stand; a condition with a check is closed while that check passes.
    """
    stands = {word.key for word in standing.words if not _replaced(word, standing)}
    closings = _closings(standing, absent)
    ever = sorted((*standing.words, *standing.unsaid), key=lambda w: w.seq)
    number = 0
    for word in ever:
        if not standing.taken(word) or not (asked := asked_by(word)):
            continue
        named = standing.rulings[word.key].named
        for each in asked:
            number += 1
            if word.key not in stands:
                continue
            closed = closings.get(number, "")
            if not closed and each.check and outcomes.get(each.check) in CLOSED_BY:
                closed = f"check {each.check} {outcomes[each.check].value}"
            yield Condition(f"C{number}", each, word, named.get(each.owner.casefold(), 0), closed)


def _replaced(word: Word, standing: Standing) -> bool:
    """Whether its person said something else since, for a role that this approval was for."""
    if word.verb != "approve" or not standing.taken(word):
        return False
    roles = set(standing.rulings[word.key].roles or ())
    return any(
        later.person.id == word.person.id
        and later.verb in ("approve", "reject", "withdraw")
        and (later.at, later.seq) > (word.at, word.seq)
        and standing.taken(later)
        and (not roles or not roles.isdisjoint(standing.rulings[later.key].roles or roles))
        for later in standing.words
    )


def _closings(standing: Standing, absent: frozenset[str]) -> dict[int, str]:
    """Number → by whom, of the closings that were taken; the first one counts."""
    found: dict[int, str] = {}
    for word in standing.words:
        heard = word.verb == "condition" and standing.taken(word) and word.key not in absent
        if heard and (asked := closing(word.text)):
            found.setdefault(asked.number, f"by @{word.person.login}{f': {asked.words}' if asked.words else ''}")
    return found
