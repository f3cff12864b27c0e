"""Several pull requests as one release: what it means for one of them that others wait for it, or it for them. Pure.

A lead names its members by `Depends-On:` lines. It can only add conditions: each car has its own policy, sign-offs and
checks, and merges itself once all are ready, in order, the lead last. All-or-nothing is not promised: where one fails
after another landed, the train stops, and people are told what landed and how to go on or back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from golive.core.cars import UNKNOWN, Car, CarState, Go, Halt, Landed, Note, Place, Train, said_of_halt
from golive.core.model import PullState, Reason, Verdict
from golive.core.snapshot import Snapshot

MOST_NAMED = 20
"""Pull requests that one description may name."""
MOST_CARS = 60
"""Cars of one train, with those that its members name in turn."""
PATIENCE = timedelta(minutes=10)
"""How long a go stands while nothing of it lands."""
SAW_LATE = timedelta(minutes=1)
"""A merge that was under way while its go ended is told of within this time."""
PASSING = frozenset({"check_stale", "check_pending", "mergeable_unknown", "pusher_unknown", "same_commit"})
"""Codes of reasons that pass by themselves, and usually do while the cars before it land; they end no go.

What the forge asks of a landing besides (checks of others, an update, the queue) is no reason against it: it is GO.
"""

_WORDS = re.compile(r"[\s,]+")
_NAME = re.compile(r"(?P<repo>[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+)?#(?P<number>[1-9][0-9]{0,8})")
_ASKED = re.compile(r", asked [^),]*")
_KEY = re.compile(r"depends-on:(?P<names>.*)", re.IGNORECASE | re.DOTALL)


# ------------------------------------------------------------------ what a description names


def named(lines: Iterable[str], repository: str, web: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pull requests that `Depends-On:` lines name, and what names none.

    lines: plain text.   repository: whose pull request it is, for `#12`.   web: where its forge is, as
    `https://github.com`; addresses of any other are nothing golive can look at.   Each is told once, in the order of the
    lines, at most one more than `MOST_NAMED`.
    """
    found: dict[str, str] = {}
    misread: list[str] = []
    for line in lines:
        if not (key := _KEY.fullmatch(line.strip())):
            continue
        words = [word for word in _WORDS.split(key["names"].strip()) if word]
        for word in words or ["nothing"]:
            if name := _name_of(word, repository, web):
                found.setdefault(name.casefold(), name)
            elif word not in misread:
                misread.append(word[:100])
    return tuple(found.values())[: MOST_NAMED + 1], tuple(misread[:MOST_NAMED])


def _name_of(word: str, repository: str, web: str) -> str:
    if match := re.fullmatch(rf"{re.escape(web)}/([^/\s]+/[^/\s]+)/pull/([1-9][0-9]{{0,8}})/?", word, re.IGNORECASE):
        word = f"{match[1]}#{match[2]}"
    name = _NAME.fullmatch(word)
    return f"{name['repo'] or repository}#{name['number']}" if name else ""


# ------------------------------------------------------------------ what it means for one of them


@dataclass(frozen=True)
class Alone:
    """How a release stands apart from any train. passes: it could merge now; awaits_word: once somebody says `promote`."""

    passes: bool
    awaits_word: bool
    reasons: tuple[Reason, ...]
    headline: str


@dataclass(frozen=True)
class Coupling:
    """What trains make of a release: further reasons, what it tells the others, and what is to be written into every ledger.

    next_at: when time alone ends a go.
    """

    reasons: tuple[Reason, ...] = ()
    note: Note = UNKNOWN
    go: Go | None = None
    halt: Halt | None = None
    next_at: datetime | None = None


UNCOUPLED = Coupling()


def coupled(snapshot: Snapshot) -> bool:
    """Whether trains concern this release at all."""
    pull, policy = snapshot.pull, snapshot.policy
    named_or_led = pull.depends_on or pull.depends_misread or (policy and policy.trains)
    return bool(named_or_led or snapshot.standing.goes)


def couple(snapshot: Snapshot, alone: Alone) -> Coupling:
    """What trains make of an open release."""
    if not coupled(snapshot):
        return UNCOUPLED
    own = replace(_own(snapshot), note=_note(snapshot, alone))
    mine = _with(snapshot.train, own)
    flaws = tuple(_flaws(snapshot, mine))
    if flaws:
        own = replace(own, note=replace(own.note, ready=False, fell=True))
        mine = _with(mine, own)
    if snapshot.led_by and own.note.merges:
        made = _as_member(snapshot, own, flaws)
    elif mine is not None:
        made = _as_lead(snapshot, own, mine, alone, flaws)
    else:
        made = Coupling(tuple(_left_behind(snapshot, own, ())) + flaws)
    return replace(made, note=own.note)


def ended(snapshot: Snapshot) -> Coupling:
    """What trains make of a pull request that is not open any more; a lead that was closed leaves no go behind it."""
    note = Note()
    if snapshot.pull.state is PullState.MERGED:
        standing, policy = snapshot.standing, snapshot.policy
        ours = snapshot.pull.revision.head_sha in standing.merging and policy is not None and policy.merge is not None
        note = Note(
            landed=True, commit=snapshot.pull.merge_commit, landed_at=standing.merged_at,
            method=policy.merge.method if ours and policy and policy.merge else "",
        )  # fmt: skip
    own = replace(_own(snapshot), note=note)
    made = Coupling(note=note)
    go = snapshot.standing.goes.get(own.key)
    if own.state is CarState.CLOSED and go and go.id not in snapshot.standing.halts and snapshot.train:
        train = _with(snapshot.train, own) or snapshot.train
        made = replace(made, halt=_halt(go, train, f"{own.name} was closed", hard=False))
    return made


def _own(snapshot: Snapshot) -> Car:
    pull = snapshot.pull
    state = {PullState.OPEN: CarState.OPEN, PullState.MERGED: CarState.LANDED, PullState.CLOSED: CarState.CLOSED}
    name = f"{pull.repository}#{pull.subject.number}"
    return Car(name, pull.subject.key, state[pull.state], pull.url)


def _with(train: Train | None, own: Car) -> Train | None:
    """The train, with this release as it stands now and not as it was written down last."""
    if train is None:
        return None
    return replace(train, cars=tuple(own if car.key == own.key else car for car in train.cars))


def _note(snapshot: Snapshot, alone: Alone) -> Note:
    policy, standing, head = snapshot.policy, snapshot.standing, snapshot.pull.revision.head_sha
    merges = policy is not None and policy.merge is not None
    in_the_way = [r for r in alone.reasons if r.verdict is not Verdict.GO and r.code not in PASSING]
    refused = standing.refusals.get(head)
    headline = _ASKED.sub("", alone.headline)
    if alone.passes and not merges:
        headline = "it is ready, and people merge it there"
    return Note(
        merges=merges,
        ready=alone.passes and not alone.awaits_word and merges,
        fell=not alone.passes and bool(in_the_way),
        heads=_heads(snapshot, head),
        headline=headline,
        refused=refused.said if refused else "",
        refused_at=refused.at if refused else None,
        resumed=tuple(sorted(halt.go for halt in standing.halts.values() if _promoted_since(snapshot, halt.seq))),
    )


def _heads(snapshot: Snapshot, head: str) -> tuple[str, ...]:
    """The head, and those of which it is only a clean update: what was said of them was said of the same change."""
    updates = snapshot.standing.updates
    before = {one for (one, later), why in updates.items() if later == head and why == ""}
    between = {later for (one, later), why in updates.items() if one in before and why == ""}
    return (head, *sorted((before | between) - {head}))


def _promoted_since(snapshot: Snapshot, seq: int) -> bool:
    standing = snapshot.standing
    return any(
        w.verb == "promote" and w.seq > seq and standing.taken(w) and w.key not in snapshot.absent
        for w in standing.words
    )


# ------------------------------------------------------------------ what is wrong with a train, whoever is ready


def _flaws(snapshot: Snapshot, train: Train | None) -> Iterator[Reason]:
    """What must be mended by people before this train can go."""
    for text in snapshot.pull.depends_misread:
        sentence = f"`Depends-On: {text}` in the description names no pull request of this forge."
        yield Reason(
            "train_misread", Verdict.HOLD, sentence, "Write it as `Depends-On: acme/api#12`, or take it out.", text
        )
    if train is None:
        return
    if train.cycle:
        circle = f"{train.cycle[0]} waits for {', which waits for '.join(train.cycle[1:])}"
        yield Reason(
            "train_cycle", Verdict.NO_GO, f"{circle}.", "Take one of these `Depends-On:` lines out.", train.cycle[0]
        )
    if train.too_long:
        sentence = (
            f"Its description names more than {MOST_NAMED} pull requests, or they name more than {MOST_CARS} together."
        )
        yield Reason("train_too_long", Verdict.HOLD, sentence, "Name fewer.")
    here = snapshot.pull.repository
    for car in train.cars[:-1]:
        yield from _flaw(car, here)


def _flaw(car: Car, here: str) -> Iterator[Reason]:
    line = f"`trains: [{here}]` in the policy file on its base branch in {car.repository}"
    if car.state is CarState.CLOSED:
        clears = f"Open it again, or take `Depends-On: {car.name}` out."
        yield Reason(
            "train_broken", Verdict.NO_GO, f"{car.name} was closed without landing, or is not there.", clears, car.name
        )
    elif car.state is CarState.OUTSIDE:
        sentence = f"{car.name} is not reachable by golive here, or does not let {here} lead it."
        yield Reason("train_outside", Verdict.HOLD, sentence, f"golive installed there, and {line}.", car.name)
    elif car.state is CarState.UNLISTED:
        yield Reason(
            "train_outside", Verdict.HOLD, f"{car.name} does not let {here} lead it.", f"Add {line}.", car.name
        )
    elif car.state is CarState.OTHER:
        clears = f"Make it one, by its branch or a label, or take `Depends-On: {car.name}` out."
        yield Reason("train_outside", Verdict.HOLD, f"{car.name} is not a release.", clears, car.name)


# ------------------------------------------------------------------ the lead


def _as_lead(snapshot: Snapshot, own: Car, train: Train, alone: Alone, flaws: tuple[Reason, ...]) -> Coupling:
    go = snapshot.standing.goes.get(own.key)
    if go is not None:
        halt = snapshot.standing.halts.get(go.id)
        if halt is None:
            why, hard = fault(go, train, snapshot.now)
            if not why:
                return _under_way(go, train, flaws)
            halt = _halt(go, train, why, hard)
            return Coupling((*flaws, *_halted(halt)), halt=halt)
        if not halt.stopped and (late := _landed(go, train, halt.at)):
            halt = replace(halt, stopped=True, landed=late, left=_left(go, train))
            return Coupling((*flaws, *_halted(halt)), halt=halt)
        if halt.stopped and not any(go.id in car.note.resumed for car in train.cars):
            return Coupling((*flaws, *_halted(halt)))
    return _waiting(snapshot, own, train, alone, flaws)


def _waiting(snapshot: Snapshot, own: Car, train: Train, alone: Alone, flaws: tuple[Reason, ...]) -> Coupling:
    """No go stands: what is awaited before one can."""
    before = [car for car in train.cars[:-1] if car.state is not CarState.LANDED]
    waits = [_awaited(car) for car in before if car.state is CarState.UNSEEN]
    waits += [_awaited(car) for car in before if car.state is CarState.OPEN and not car.note.ready]
    if flaws or waits or not before:
        return Coupling((*flaws, *waits))
    names = " and ".join(car.name for car in before)
    if not alone.passes:
        told = Reason("train_waits", Verdict.WAIT, f"{names} would merge before this one, and only with it.", "", names)
        return Coupling((told,))
    if alone.awaits_word:
        sentence = f"nothing is missing, {names} too, and the train waits for `/golive promote`"
        return Coupling((Reason("promote_awaited", Verdict.WAIT, sentence, "People of its roles, or a maintainer."),))
    order = tuple(Place(car.key, car.name, car.note.heads[0]) for car in (*before, own))
    go = Go(f"{own.key}@{snapshot.standing.seq}", own.key, own.name, order, snapshot.now)
    return Coupling((Reason("train_starts", Verdict.WAIT, f"All are ready: {names} first, then this one.", ""),), go=go)


def _awaited(car: Car) -> Reason:
    if car.state is CarState.UNSEEN:
        return Reason("train_waits", Verdict.WAIT, f"{car.name} has not been looked at yet.", "", car.name)
    return Reason("train_waits", Verdict.WAIT, f"{car.name} is not ready: {car.note.headline}", car.url, car.name)


def _under_way(go: Go, train: Train, flaws: tuple[Reason, ...]) -> Coupling:
    before = [car for car in _cars(go, train) if car.state is not CarState.LANDED and car.key != train.lead]
    if not before:
        return Coupling(flaws)
    names = ", then ".join(car.name for car in before)
    told = Reason(
        "train_under_way", Verdict.WAIT, f"The train is under way: {names}, then this one.", "", before[0].name
    )
    return Coupling((*flaws, told), next_at=_moved(go, train) + PATIENCE)


# ------------------------------------------------------------------ a member


def _as_member(snapshot: Snapshot, own: Car, flaws: tuple[Reason, ...]) -> Coupling:
    """It waits for the go of a train that names it, and for those before it; any one such go will do."""
    trains = [_with(train, own) or train for train in snapshot.led_by]
    turns: list[Reason] = []
    ends: list[datetime] = []
    for train in trains:
        go = snapshot.standing.goes.get(train.lead)
        if go is None or go.id in snapshot.standing.halts or not go.head_of(own.key):
            continue
        why, _ = fault(go, train, snapshot.now)
        if why:
            turns.append(
                Reason(
                    "train_go_awaited", Verdict.WAIT, f"The train of {train.name} does not go: {why}.", "", train.name
                )
            )
            continue
        ends.append(_moved(go, train) + PATIENCE)
        before = _before(go, train, own.key)
        if not before and not flaws:
            return Coupling(next_at=min(ends))
        names = ", then ".join(car.name for car in before)
        if before:
            turns.append(
                Reason(
                    "train_turn", Verdict.WAIT, f"In the train of {train.name}, {names} merges first.", "", train.name
                )
            )
    told = (*flaws, *_left_behind(snapshot, own, trains), *turns)
    if not told:
        told = tuple(_not_gone(train) for train in trains)
    return Coupling(told, next_at=min(ends, default=None))


def _not_gone(train: Train) -> Reason:
    sentence = f"It goes with the train of {train.name}, which waits until all of it is ready."
    return Reason("train_go_awaited", Verdict.WAIT, sentence, train.cars[-1].url if train.cars else "", train.name)


def _left_behind(snapshot: Snapshot, own: Car, trains: Sequence[Train]) -> Iterator[Reason]:
    """It was in a train that stopped, and nobody has let it go on."""
    standing = snapshot.standing
    seen = {train.lead: train for train in trains}
    for go in standing.goes.values():
        halt = standing.halts.get(go.id)
        cars = seen[go.lead].cars if go.lead in seen else (own,)
        if halt and halt.stopped and go.lead != own.key and not any(go.id in car.note.resumed for car in (own, *cars)):
            yield from _halted(halt)


# ------------------------------------------------------------------ a go, and how it ends


def fault(go: Go, train: Train, now: datetime) -> tuple[str, bool]:
    """Why a go does not hold any more, a clause, empty where it does; and whether people must look before the next one."""
    for place in go.order:
        car = train.car(place.key)
        if car is None:
            return f"{place.name} is no part of it any more", False
        if car.state is CarState.LANDED:
            continue
        if car.state is not CarState.OPEN:
            return f"{place.name} was closed, or does not let itself be led any more", False
        if place.head not in car.note.heads:
            return f"{place.name} was pushed to", False
        if car.note.refused and car.note.refused_at and car.note.refused_at >= go.at:
            return f"{place.name} could not be merged: {car.note.refused}", True
        if car.note.fell:
            return f"{place.name} is not ready any more: {car.note.headline}", False
    if joined := next((c for c in train.cars if c.state is not CarState.LANDED and not go.head_of(c.key)), None):
        return f"{joined.name} joined it", False
    waiting = [car for car in _cars(go, train) if car.state is not CarState.LANDED and car.key != train.lead]
    if waiting and now - _moved(go, train) >= PATIENCE:
        return f"{waiting[0].name} was next, and nothing moved for {PATIENCE.seconds // 60} minutes", True
    return "", False


def _cars(go: Go, train: Train) -> list[Car]:
    return [car for place in go.order if (car := train.car(place.key))]


def _before(go: Go, train: Train, key: str) -> list[Car]:
    """The cars before this one that have not landed."""
    keys = [place.key for place in go.order]
    ahead = keys[: keys.index(key)]
    return [car for car in _cars(go, train) if car.key in ahead and car.state is not CarState.LANDED]


def _moved(go: Go, train: Train) -> datetime:
    """When anything of a go last moved."""
    return max(
        [go.at, *(c.note.landed_at for c in _cars(go, train) if c.note.landed_at and c.state is CarState.LANDED)]
    )


def _landed(go: Go, train: Train, before: datetime | None = None) -> tuple[Landed, ...]:
    """What of a go landed; with a moment, only what did until shortly after it."""
    found = [car for car in _cars(go, train) if car.state is CarState.LANDED]
    if before is not None:
        found = [car for car in found if car.note.landed_at and car.note.landed_at <= before + SAW_LATE]
    return tuple(Landed(car.name, car.note.commit, car.url, car.note.method) for car in found)


def _left(go: Go, train: Train) -> tuple[str, ...]:
    landed = {one.name for one in _landed(go, train)}
    return tuple(place.name for place in go.order if place.name not in landed)


def _halt(go: Go, train: Train, why: str, hard: bool) -> Halt:
    landed = _landed(go, train)
    why = why.replace("@", "")  # what others wrote is in it, and nobody is to be notified by that
    return Halt(go.id, go.lead, why, bool(landed) or hard, landed, _left(go, train))


def _halted(halt: Halt) -> Iterator[Reason]:
    if not halt.stopped:
        yield Reason("train_waits", Verdict.WAIT, said_of_halt(halt), "")
        return
    clears = "Somebody looks, mends it, and says `/golive promote`; or reverts what landed."
    yield Reason("train_stopped", Verdict.HOLD, said_of_halt(halt), clears, halt.lead)
