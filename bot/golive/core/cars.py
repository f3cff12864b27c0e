"""What the record keeps of trains (several pull requests as one release): that one may go, and that one stopped. Pure values.

A *car* is one pull request of a train; the *lead* is the one whose description names the others, and comes last. What
trains mean for a decision is in `trains`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Place:
    """One car's place in an order. key: of its subject; name: `acme/api#12`; head: the commit that the go is for."""

    key: str
    name: str
    head: str


@dataclass(frozen=True)
class Landed:
    """A car that landed. commit: what it landed as; method: how (`merge`, `squash`, `rebase`), empty where nobody knows."""

    name: str
    commit: str = ""
    url: str = ""
    method: str = ""

    @property
    def revert(self) -> str:
        """The exact command that takes it back, or the words for it where there is none."""
        if not self.commit:
            return "nothing to revert is known"
        if self.method == "squash":
            return f"git revert {self.commit}"
        if self.method == "rebase":
            return f"git revert of each of its commits, up to {self.commit}"
        return f"git revert -m 1 {self.commit}"


@dataclass(frozen=True)
class Go:
    """*Train go*: these heads may land, in this order, the lead last. lead: the key of its subject; id: unique."""

    id: str
    lead: str
    name: str
    order: tuple[Place, ...]
    at: datetime
    seq: int = 0

    def head_of(self, key: str) -> str:
        """The commit of a car that it is for; empty where it is not about that car."""
        return next((place.head for place in self.order if place.key == key), "")


@dataclass(frozen=True)
class Halt:
    """A go that does not hold any more. go: its id; why: a clause.   stopped: people must look before it goes on.

    landed/left: of its cars, what landed and the names of those that did not.
    """

    go: str
    lead: str
    why: str
    stopped: bool
    landed: tuple[Landed, ...] = ()
    left: tuple[str, ...] = ()
    at: datetime | None = None
    seq: int = 0


def go_of(body: Mapping[str, Any], at: datetime, seq: int) -> Go:
    """The go in the body of a ledger entry."""
    order = tuple(Place(key, name, head) for key, name, head in body["order"])
    return Go(body["id"], body["lead"], body["name"], order, at, seq)


def halt_of(body: Mapping[str, Any], at: datetime, seq: int) -> Halt:
    """The halt in the body of a ledger entry."""
    landed = tuple(Landed(*one) for one in body["landed"])
    return Halt(body["go"], body["lead"], body["why"], body["stopped"], landed, tuple(body["left"]), at, seq)


def go_body(go: Go) -> dict[str, Any]:
    """The body of a ledger entry, JSON values only."""
    return {
        "id": go.id, "lead": go.lead, "name": go.name, "order": [[p.key, p.name, p.head] for p in go.order],
    }  # fmt: skip


def halt_body(halt: Halt) -> dict[str, Any]:
    """The body of a ledger entry, JSON values only."""
    return {
        "go": halt.go, "lead": halt.lead, "why": halt.why, "stopped": halt.stopped,
        "landed": [[one.name, one.commit, one.url, one.method] for one in halt.landed], "left": list(halt.left),
    }  # fmt: skip


def said_of_go(go: Go) -> str:
    """One line for people: who may land, in which order."""
    order = ", ".join(f"{at}. {place.name} at {place.head[:7]}" for at, place in enumerate(go.order, 1))
    return f"Train go from {go.name}: {order}."


def said_of_halt(halt: Halt) -> str:
    """What people must know when a go ended: what landed, what did not, and how to go on or back."""
    if not halt.stopped:
        return f"The train waits again: {halt.why}. Nothing of it has landed."
    landed = "; ".join(
        f"{one.name} as {one.commit[:7]}, to take it back: `{one.revert}`, or the Revert button on {one.url}"
        for one in halt.landed
    )
    left = ", ".join(halt.left) or "nothing"
    return (
        f"TRAIN STOPPED: {halt.why}. Landed: {landed or 'nothing'}. Not landed: {left}. "
        "Nothing more of it lands until somebody says `/golive promote` on one of those that did not."
    )


# ------------------------------------------------------------------ cars and trains, as one of them sees them now


class CarState(StrEnum):
    """Where a named pull request stands. `outside`: not to be seen from here, or it does not let itself be led from here."""

    OUTSIDE = "outside"
    UNSEEN = "unseen"
    OTHER = "other"
    UNLISTED = "unlisted"
    CLOSED = "closed"
    LANDED = "landed"
    OPEN = "open"


@dataclass(frozen=True)
class Note:
    """What a release tells other cars of itself, kept with how it stands.

    names/members: what its description names, and the keys of those that could be found.   trains: repositories that its
    policy lets lead it.   merges: golive merges it.   ready: nothing but the train is awaited.   fell: something is in the
    way that does not pass by itself.   heads: its head, and the heads before it that only lacked what the base brought.
    refused: why its merge was refused last.   resumed: ids of the goes that somebody let go on after they had stopped.
    """

    names: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    trains: tuple[str, ...] = ()
    merges: bool = False
    ready: bool = False
    fell: bool = True
    heads: tuple[str, ...] = ()
    headline: str = ""
    refused: str = ""
    refused_at: datetime | None = None
    landed: bool = False
    commit: str = ""
    method: str = ""
    landed_at: datetime | None = None
    resumed: tuple[str, ...] = ()


UNKNOWN = Note()
"""Of a release that has told nothing of itself."""


@dataclass(frozen=True)
class Car:
    """One pull request of a train as it stands now. key: empty where it is not known here.   note: empty unless it is seen."""

    name: str
    key: str
    state: CarState
    url: str = ""
    note: Note = UNKNOWN

    @property
    def repository(self) -> str:
        """`acme/api`."""
        return self.name.rpartition("#")[0]


@dataclass(frozen=True)
class Train:
    """A lead and all it waits for, in the order in which they land, the lead last.

    cycle: names of pull requests that wait for each other, the first one again at the end; else empty.
    too_long: more is named than golive looks at.
    """

    lead: str
    name: str
    cars: tuple[Car, ...] = ()
    cycle: tuple[str, ...] = ()
    too_long: bool = False

    def car(self, key: str) -> Car | None:
        """The car of that key."""
        return next((car for car in self.cars if car.key == key), None)


KEPT_AS = "coupling"
"""The key of the note in what is kept of a release for its page."""


def noted(view: str, note: Note) -> str:
    """What is kept of a release, with its note. Both are JSON; a release without anything to tell is left as it is."""
    if note == Note(fell=note.fell, heads=note.heads, headline=note.headline, merges=note.merges, ready=note.ready):
        return view
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(note).items()}
    return json.dumps({**json.loads(view or "{}"), KEPT_AS: told}, sort_keys=True, ensure_ascii=False)


def note_in(view: str) -> Note:
    """The note in what is kept of a release; an empty one where there is none."""
    if KEPT_AS not in view:
        return Note()
    told = json.loads(view).get(KEPT_AS) or {}
    values: dict[str, Any] = {}
    for one in fields(Note):
        if (value := told.get(one.name)) is not None:
            is_time = one.name.endswith("_at")
            values[one.name] = (
                datetime.fromisoformat(value) if is_time else tuple(value) if isinstance(value, list) else value
            )
    return Note(**values)
