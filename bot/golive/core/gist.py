"""What people wait for in what golive publishes. Two texts with the same gist differ in what can wait for a burst to end. Pure.

A verdict, who is missing, what stands against it and every fact are never delayed; how many checks have come in so far is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from golive.core.decide import Decision
from golive.core.model import Surface, Word
from golive.core.snapshot import Snapshot

COUNTED = frozenset({"check_pending", "check_stale"})
"""Reasons that come and go by themselves while checks run."""
MOVED_BY_ITSELF = timedelta(hours=1)
"""How long a text rests in which only the chain's head or the time since an event would be another; no turn comes for it."""
_AGO = re.compile(r", asked [^)\n]*")
_TAKEN = re.compile(r"; taken [0-9-]{10} [0-9:]{5} UTC")
NO_NEWS = ("shown:",)
"""Facts that the check run of a new head says by itself."""
SIGNING_RESTS = timedelta(seconds=60)
"""How long a sign-off may be told by the check run and the chat alone, while others sign, too."""
SECOND = timedelta(seconds=1)
SIGNING = frozenset({"approve", "looking"})
"""Words that bring nothing but another row of the roster, where nothing else comes of them."""
SEEN_THERE = frozenset({Surface.COMMENT, Surface.REVIEW, Surface.REACTION})
"""Where a word is said so that whoever looks at the pull request sees it; what is said in a chat is told there at once."""


def but_when_taken(text: str) -> str:
    """A text of results without when they were taken: what was looked at again and is as it was says nothing new."""
    return _TAKEN.sub("", text)


def gist(snapshot: Snapshot, decision: Decision) -> str:
    """A digest of what people wait for."""
    reasons = sorted(
        (r.code, r.subject, r.verdict.name, "" if r.code.startswith(("check_", "role_")) else r.sentence)
        for r in decision.reasons
        if r.code not in COUNTED
    )
    seats = [
        (seat.rule.name, seat.missing, seat.skipped, [signed.word.person.id for signed in seat.signed])
        for seat in decision.roster
    ]
    facts = [fact.key for fact in snapshot.standing.facts if not fact.key.startswith(NO_NEWS)]
    told = (
        decision.kind.value, decision.verdict.name, decision.state, decision.ask, reasons, seats, facts[-1:],
        snapshot.pull.title, snapshot.pull.draft, snapshot.stuck, snapshot.budget,
    )  # fmt: skip
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def calm(snapshot: Snapshot, decision: Decision) -> str:
    """A digest of what people wait for, without who signed so far: where it stays, signing goes on and nothing else."""
    reasons = sorted(
        (r.code, r.subject, r.verdict.name, r.sentence)
        for r in decision.reasons
        if r.code not in COUNTED and not r.code.startswith("role_")
    )
    facts = [fact.key for fact in snapshot.standing.facts if not fact.key.startswith((*NO_NEWS, "ruling:"))]
    stale = [(seat.rule.name, seat.skipped, len(seat.stale)) for seat in decision.roster]
    told = (
        decision.kind.value, decision.verdict.name, decision.state, decision.ask, reasons, stale, facts[-1:],
        snapshot.pull.title, snapshot.pull.draft, snapshot.stuck, snapshot.budget,
    )  # fmt: skip
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def signing_until(
    before: str, now_is: str, words: Iterable[Word], written_at: datetime | None, now: datetime
) -> datetime | None:
    """Until when a text may rest in which only more people have signed; None: write it now.

    before/now_is: what `calm` gave when it was written, and gives now.   words: all that were said.
    """
    if written_at is None or not before or before != now_is:
        return None
    since = [word for word in words if word.at + SECOND > written_at]  # forges tell times in whole seconds
    if not since or any(w.verb not in SIGNING or w.undone or w.surface not in SEEN_THERE for w in since):
        return None
    until = min(word.at for word in since) + SIGNING_RESTS
    return until if until > now else None


def with_text(gist_of: str, text: str, chain: str) -> str:
    """The gist with a digest of the text, without what moves by itself in it: the chain's head, and how long ago it was."""
    still = _AGO.sub("", text.replace(chain, "")) if chain else _AGO.sub("", text)
    return f"{gist_of}.{hashlib.sha256(still.encode()).hexdigest()[:16]}"


def rests_until(
    before: str, now_is: str, written_at: datetime | None, shown_at: datetime | None, burst: timedelta, now: datetime
) -> datetime | None:
    """Until when a text may wait to be written again; None: write it now.

    before/now_is: the gists of what stands outside and of what should, both as `with_text` makes them.   shown_at: when the
    head was first shown, where its checks have only begun since. What moved only by itself rests for longer.
    """
    if written_at is None or not before or before.partition(".")[0] != now_is.partition(".")[0]:
        return None
    span = MOVED_BY_ITSELF if before == now_is and "." in before else burst
    until = max(at for at in (written_at, shown_at) if at is not None) + span
    return until if until > now else None
