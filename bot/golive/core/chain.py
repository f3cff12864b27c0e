"""Whether the record of one release is whole: its rows go in, one after the other, and every fault comes out. Pure.

The same walk serves the database and an exported file. `faults` keeps one row at a time, so a long record costs no memory.
A further promise about a single row is one more `yield` in `_of_row`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from golive.core.ledger import GENESIS, row_hash
from golive.core.model import Subject

NEVER_AT = "it never had the head {head}: what was recorded up to there is missing, or was written anew"
"""What to say where `noted` finds nothing."""


class Link(NamedTuple):
    """One row of a release's chain. salt/body: of what it says, as kept beside it; None where that was erased, or left out."""

    seq: int
    kind: str
    at: datetime
    body_hash: str
    prev: str
    hash: str
    salt: str | None = None
    body: str | None = None


class Fault(NamedTuple):
    """Something that does not hold. seq: the row at which it shows; the row before it may be the one that was touched."""

    seq: int
    sentence: str


def faults(subject: Subject, links: Iterable[Link], head: str = "") -> Iterator[Fault]:
    """Every fault in the rows of one release, which come in the order of their `seq`, from 1.

    head: the hash in which the chain must end, where that is known. Without it, rows that were cut off the end cannot be
    missed: a shorter chain holds, too. See `noted`.
    """
    place, prev = 0, GENESIS
    for place, link in enumerate(links, start=1):
        if link.seq != place or link.prev != prev:
            yield Fault(link.seq, f"entry {link.seq} does not follow entry {place - 1}")
        yield from _of_row(subject, link)
        prev = link.hash
    if head and prev != head:
        yield Fault(
            place, f"it ends in {prev[:12]} at entry {place}, and should end in {head[:12]}: entries are missing"
        )


def noted(links: Iterable[Link], head: str) -> int | None:
    """The `seq` at which a chain had this head, in full or its first digits, as somebody noted it; None where it never had.

    A chain grows after its head was noted. In one that holds, everything up to that entry is as it was then.
    """
    return next((link.seq for link in links if link.hash.startswith(head.casefold())), None)


def _of_row(subject: Subject, link: Link) -> Iterator[Fault]:
    if link.hash != row_hash(link.prev, subject, link.seq, link.kind, link.at, link.body_hash):
        yield Fault(link.seq, f"entry {link.seq} was changed")
    if link.body is not None and not says(link.salt or "", link.body, link.body_hash):
        yield Fault(link.seq, f"the body of entry {link.seq} was changed")


def says(salt: str, body: str, hashed: str) -> bool:
    """Whether this very text, with this salt, is what was hashed; it is not read, since equal hashes mean equal bytes.

    A salt has no brace and a body begins with one, so that no character can move from the one to the other unseen.
    """
    whole = body.startswith("{") and "{" not in salt
    return whole and hashlib.sha256(f"{salt}{body}".encode("utf-8", "surrogatepass")).hexdigest() == hashed
