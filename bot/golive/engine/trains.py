"""Trains, from the store alone: who names whom, how each of them stands, and what is written into every ledger of one.

Nothing of another repository is read from the forge in a turn, and no two releases are held at once: each looks at what
the others wrote down of themselves, and is looked at again whenever that changes. Names are looked up among the
repositories of the same installation only, so that nothing is told of anybody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from golive.core import ledger
from golive.core.cars import Car, CarState, Note, Train, note_in, noted
from golive.core.decide import Decision
from golive.core.model import PullState, Subject
from golive.core.snapshot import Kind, Snapshot
from golive.core.trains import MOST_CARS, MOST_NAMED, coupled
from golive.ports import ReleaseState, SlotState, Store, Transaction

log = structlog.get_logger()


def waiting_place(key: str) -> str:
    """Where it is noted which releases name this one, by their keys; only a hint, what they say themselves counts."""
    return f"train:{key}"


@dataclass(frozen=True)
class _Seen:
    """A pull request as the walk sees it. names: what its description names."""

    key: str
    name: str
    state: CarState
    url: str
    note: Note

    @property
    def repository(self) -> str:
        return self.name.rpartition("#")[0]

    def lets(self, lead: str) -> bool:
        """Whether its policy lets this repository lead it."""
        return lead.casefold() in (one.casefold() for one in self.note.trains)


class _Walk:
    """Reads along `Depends-On:` from one release, with it as it is now and all others as they wrote themselves down."""

    def __init__(self, store: Store, own: _Seen) -> None:
        self._store = store
        self._own = own
        subject = Subject.parse(own.key)
        self._host = subject.host
        known = store.known_repository(subject.host, subject.repository)
        self._installation = known[1] if known else 0
        self._seen: dict[str, _Seen | None] = {own.key: own}

    def key_of(self, name: str) -> str:
        """The key of a named pull request; empty where no repository of this installation is called so."""
        full_name, _, number = name.rpartition("#")
        repository = self._store.repository_named(self._host, self._installation, full_name)
        return Subject(self._host, repository, int(number)).key if repository else ""

    def seen(self, key: str) -> _Seen | None:
        """How it wrote itself down; None where it was never looked at."""
        if key not in self._seen:
            state = self._store.release_of(Subject.parse(key))
            self._seen[key] = _as_seen(state) if state else None
        return self._seen[key]

    def train(self, lead: _Seen) -> Train:
        """The lead with all that it names, and what they name, in the order in which they land."""
        cars: list[Car] = []
        found = _Found(long=len(lead.note.names) > MOST_NAMED)
        self._down(lead, [lead.key], cars, found)
        cars.append(Car(lead.name, lead.key, lead.state, lead.url, lead.note))
        return Train(lead.key, lead.name, tuple(cars), found.cycle, found.long)

    def _down(self, parent: _Seen, path: list[str], cars: list[Car], found: _Found) -> None:
        for name in parent.note.names[:MOST_NAMED]:
            key = self.key_of(name)
            if key in path:
                circle = [self._name(one) for one in path[path.index(key) :]]
                found.cycle = found.cycle or (*circle, circle[0])
                continue
            if (key or name.casefold()) in found.done:
                continue
            found.done.add(key or name.casefold())
            if len(found.done) > MOST_CARS:
                found.long = True
                return
            child = self.seen(key) if key else None
            car = _car(name, key, child, parent)
            if child is not None and car.state is CarState.OPEN:
                self._down(child, [*path, key], cars, found)
            elif child is not None and car.state is CarState.LANDED:
                below: list[Car] = []  # what did not keep it from landing keeps nobody else
                self._down(child, [*path, key], below, found)
                cars.extend(one for one in below if one.state is CarState.LANDED)
            cars.append(car)

    def _name(self, key: str) -> str:
        seen = self.seen(key)
        return seen.name if seen else key

    def leads(self, key: str) -> list[_Seen]:
        """The open releases that name this one, and that its policy lets lead it."""
        mine = self.seen(key)
        if mine is None or not mine.note.trains:
            return []
        named = [self.seen(lead) for lead in sorted(self._store.slots(waiting_place(key))) if lead != key]
        return [
            lead for lead in named
            if lead and lead.state is CarState.OPEN and key in lead.note.members and mine.lets(lead.repository)
        ]  # fmt: skip

    def tops(self, key: str) -> list[_Seen]:
        """The leads that write the go for it: those above which there is none, or, in a circle, its own."""
        direct, tops, done = self.leads(key), [], {key}
        above = list(direct)
        while above:
            lead = above.pop(0)
            if lead.key in done:
                continue
            done.add(lead.key)
            higher = self.leads(lead.key) if lead.note.merges else []
            if higher:
                above.extend(higher)
            else:
                tops.append(lead)
        return tops or direct


@dataclass
class _Found:
    """What a walk has met so far."""

    long: bool = False
    cycle: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.done: set[str] = set()


def _as_seen(state: ReleaseState) -> _Seen:
    note = note_in(state.view)
    if note.landed:
        stands = CarState.LANDED
    elif not state.open:
        stands = CarState.CLOSED
    else:
        stands = CarState.OPEN if state.is_release else CarState.OTHER
    return _Seen(state.subject.key, f"{state.full_name}#{state.subject.number}", stands, state.url, note)


def _car(name: str, key: str, child: _Seen | None, parent: _Seen) -> Car:
    """What the parent may know of a child: of another repository nothing, until that repository's policy lists its own."""
    same = bool(key) and Subject.parse(key).repository == Subject.parse(parent.key).repository
    if child is None:
        return Car(name, key, CarState.UNSEEN if same else CarState.OUTSIDE)
    if not child.lets(parent.repository):
        if not same:
            return Car(name, key, CarState.OUTSIDE)
        if child.state is CarState.OPEN:
            return Car(child.name, key, CarState.UNLISTED, child.url)
    return Car(child.name, key, child.state, child.url, child.note)


class Trains:
    """Reads trains before a decision, and writes down what it made of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def look(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the trains that concern it."""
        if not coupled(snapshot):
            return snapshot
        own = self._own(snapshot)
        walk = _Walk(self._store, own)
        train = walk.train(own) if own.note.names else None
        led = snapshot.policy is not None and snapshot.policy.merge is not None
        led_by = tuple(walk.train(lead) for lead in walk.tops(own.key)) if led else ()
        return replace(snapshot, train=train, led_by=led_by)

    def _own(self, snapshot: Snapshot) -> _Seen:
        pull = snapshot.pull
        state = {PullState.OPEN: CarState.OPEN, PullState.MERGED: CarState.LANDED, PullState.CLOSED: CarState.CLOSED}
        note = Note(
            names=pull.depends_on, trains=snapshot.policy.trains if snapshot.policy else (),
            merges=snapshot.policy is not None and snapshot.policy.merge is not None,
        )  # fmt: skip
        return _Seen(
            pull.subject.key, f"{pull.repository}#{pull.subject.number}", state[pull.state], pull.url, note
        )  # fmt: skip

    def noted(self, view: str, snapshot: Snapshot, decision: Decision) -> str:
        """What is kept of a release, with what it tells the other cars of its trains."""
        pull, policy = snapshot.pull, snapshot.policy
        note = decision.train.note
        names = pull.depends_on
        walk = _Walk(self._store, self._own(snapshot)) if names else None
        members = tuple(key for name in names[:MOST_NAMED] if walk and (key := walk.key_of(name)))
        note = replace(note, names=names, members=members)
        if decision.kind is not Kind.ENDED:
            head = pull.revision.head_sha
            note = replace(note, headline=note.headline or decision.headline, heads=note.heads or (head,))
        return noted(view, replace(note, trains=policy.trains if policy else ()))

    def record(self, snapshot: Snapshot, decision: Decision) -> bool:
        """Write a go, or its end, into the ledger of every car, and have each look again; whether there was any.

        One transaction: either all of them know, or none. Each of them checks again, from its own side, before it acts.
        """
        made, subject = decision.train, snapshot.pull.subject
        if made.go is not None:
            keys, entry = [place.key for place in made.go.order], ledger.train_go(made.go)
        elif made.halt is not None:
            go = snapshot.standing.goes[made.halt.lead]
            keys, entry = [place.key for place in go.order], ledger.train_halted(made.halt, snapshot.now)
        else:
            return False
        with self._store.transaction() as tx:
            for key in sorted(keys):  # always in one order, so that two trains never wait for each other
                tx.append(Subject.parse(key), [entry])
                tx.touch(key)
        log.info("train", release=subject.key, entry=entry.kind, cars=keys, why=made.halt.why if made.halt else "")
        return True

    def passed_on(self, tx: Transaction, before: ReleaseState | None, now: ReleaseState, snapshot: Snapshot) -> None:
        """In the transaction that wrote it down: whoever is in a train with it, or was, looks again where it changed."""
        old = note_in(before.view) if before else Note()
        new = note_in(now.view)
        key = now.subject.key
        touched: set[str] = set()
        if old.members != new.members:
            touched |= set(old.members) ^ set(new.members)
            for member in new.members:
                if member not in old.members:
                    slot = SlotState(key, "", key, 0, False, tx.now)
                    tx.put_slot(waiting_place(member), key, slot)
            for member in old.members:
                if member not in new.members:
                    tx.drop_slot(waiting_place(member), key)
        touched |= self._unseen(snapshot)
        if (old, _shape(before)) != (new, _shape(now)):
            touched |= set(_family(snapshot)) | set(old.members) | set(new.members)
            touched |= set(self._store.slots(waiting_place(key)))
        for other in sorted(touched - {key}):
            tx.touch(other)

    def _unseen(self, snapshot: Snapshot) -> set[str]:
        """Of what it names: those never looked at, and closed ones that do not let themselves be led, which no event wakes."""
        found = set()
        for car in snapshot.train.cars[:-1] if snapshot.train else ():
            if car.key and car.state in (CarState.UNSEEN, CarState.OUTSIDE):
                state = self._store.release_of(Subject.parse(car.key))
                if state is None or not state.open:
                    found.add(car.key)
        return found

    def lost(self, tx: Transaction, before: ReleaseState) -> None:
        """It cannot be reached any more: whoever named it, or was named by it, looks again."""
        key = before.subject.key
        for other in {*note_in(before.view).members, *self._store.slots(waiting_place(key))} - {key}:
            tx.touch(other)


def _shape(state: ReleaseState | None) -> tuple[Any, ...]:
    return (state.open, state.is_release, state.head_sha) if state else ()


def _family(snapshot: Snapshot) -> Iterable[str]:
    trains: Sequence[Train] = (*([snapshot.train] if snapshot.train else []), *snapshot.led_by)
    return (car.key for train in trains for car in train.cars if car.key)
