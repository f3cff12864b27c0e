"""The store of one run that keeps no database: what one repository's turns ask for, in dictionaries, gone at the end.

It promises what `ports.Store` does, for one thread that works and others that add results of checks. What only deliveries,
a chat or several repositories need is not there, and asking for it is a fault of ours. No import of a database is paid for.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from golive.core import carried
from golive.core.ledger import Entry, Tally
from golive.core.model import Person, Standing, Subject
from golive.core.reach import Reached
from golive.ports import Delivery, ReleaseState, SlotState

SHOWN = carried.KINDS - {"decision", "result"}
"""Kinds that the digest people see is made of: what a run says anew of itself is not among them."""


class MemoryTransaction:
    """See `ports.Transaction`; a fault in it ends the run, so nothing is taken back."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.now: datetime = store.clock()

    # -- the record

    def append(self, subject: Subject, entries: Iterable[Entry]) -> list[Entry]:
        """Append what is not recorded yet (by key); returns what was, with its seq."""
        return self._store.appended(subject, entries)

    def settle(self, inbox_id: int, state: str, note: str = "") -> None:
        """What started the run is recorded."""
        self._store.inbox.pop(inbox_id, None)

    # -- work

    def touch(self, subject: str, at: datetime | None = None) -> None:
        """Look again: now, or never in this run."""
        if at is None or at <= self.now:
            self._store.due[subject] = None
        else:
            self.set_timer(subject, at)

    def touch_open(
        self, host: str, repository: int, base_ref: str = "", at: datetime | None = None, but: Subject | None = None
    ) -> None:
        """`touch` every open pull request that this run looked at, `but` one."""
        for release in self.open_releases(host, repository, base_ref):
            if release.subject != but:
                self.touch(release.subject.key, at)

    def set_timer(self, subject: str, at: datetime) -> None:
        """When the next run would be of use."""
        self._store.timers[subject] = at

    def drop_timer(self, subject: str) -> None:
        """Time alone does not matter to the subject any more."""
        self._store.timers.pop(subject, None)

    # -- what stands outside

    def put_slot(self, place: str, name: str, slot: SlotState) -> None:
        """Note what we published."""
        self._store.put_slot(place, name, slot)

    def drop_slot(self, place: str, name: str) -> None:
        """What we published is gone outside."""
        self._store.places[place].pop(name, None)

    def doubt_slot(self, place: str, ref: str) -> None:
        """What we published may read otherwise now: the next turn writes it again."""
        for name, slot in self._store.places[place].items():
            if slot.ref == ref:
                self._store.places[place][name] = replace(slot, fingerprint=f"?{slot.fingerprint.removeprefix('?')}")

    def wrote(self, place: str, ref: str, fingerprint: str) -> bool:
        """Whether this is what we published under this outside id."""
        return any(s.ref == ref and s.fingerprint == fingerprint for s in self._store.places[place].values())

    def intend(self, place: str, name: str) -> datetime:
        """Note that we are about to create something."""
        return self._store.intended[place].setdefault(name, self.now)

    def drop_intent(self, place: str, name: str) -> None:
        """It is not created under that name any more."""
        self._store.intended[place].pop(name, None)

    def slot_at(self, ref: str) -> tuple[str, str] | None:
        """Place and name of the slot with this outside id."""
        places = self._store.places.items()
        return next(((place, name) for place, held in places for name, slot in held.items() if slot.ref == ref), None)

    # -- releases, people, answers, faults

    def open_releases(
        self, host: str = "", repository: int = 0, base_ref: str = "", heads: Collection[str] = ()
    ) -> list[ReleaseState]:
        """Open pull requests that this run looked at, into one base branch or with some heads where those are named."""
        there = (r for r in self._store.releases.values() if r.open and (not base_ref or r.base_ref == base_ref))
        return [r for r in there if not heads or r.head_sha in heads]

    def put_release(self, state: ReleaseState) -> ReleaseState | None:
        """Write how a pull request stands. Returns what stood there before."""
        before = self._store.releases.get(state.subject.key)
        self._store.releases[state.subject.key] = state
        return before

    def person(self, who: str) -> Person | None:
        """There is no chat."""
        return None

    def homes_of(self, logins: Iterable[str]) -> list[str]:
        """There is no chat."""
        return []

    def owe_answer(self, key: str, reply_to: str, said: str) -> bool:
        """Answers to comments are comments; there is nobody else to answer."""
        return False

    def reached(self, host: str, installation: int = 0, repository: int = 0) -> list[Reached]:
        """Whether the repository is private is not known: who sees it is asked."""
        return []

    def sight(self, host: str, repository: int, person: int, since: datetime) -> bool | None:
        """What this run was told of who sees the repository."""
        return self._store.sights.get((host, repository, person))

    def saw(self, host: str, repository: int, person: int, sees: bool) -> None:
        """Remember it for this run."""
        self._store.sights[host, repository, person] = sees

    def put_mark(self, name: str, value: str) -> None:
        """Remember a text."""
        self._store.marks[name] = value

    def mark(self, name: str) -> str:
        """A text that was remembered."""
        return self._store.mark(name)

    def fault(self, subject: str, error: str) -> int:
        """Count a failed turn."""
        attempts = self._store.faults.get(subject, (0, ""))[0] + 1
        self._store.faults[subject] = (attempts, error)
        return attempts

    def recovered(self, subject: str) -> None:
        """A turn went well."""
        self._store.faults.pop(subject, None)

    def note_nags(self, people: Iterable[int], at: datetime) -> None:
        """When these were last reminded."""
        self._store.nags |= dict.fromkeys(people, at)


class _Intents(dict[str, datetime]):
    """Another run may have meant to create anything, a moment ago or right now: it is searched for first, always."""

    def __contains__(self, name: object) -> bool:
        return True


class MemoryStore:
    """See `ports.Store`. carries: whether anything of the record outlives the run, so that it has a digest to show."""

    def __init__(self, clock: Callable[[], datetime], carries: bool = False) -> None:
        self.clock = clock
        self.heard = 0
        self.inbox: dict[int, Delivery] = {}
        self.due: dict[str, None] = {}
        self.timers: dict[str, datetime] = {}
        self.places: dict[str, dict[str, SlotState]] = defaultdict(dict)
        self.intended: dict[str, dict[str, datetime]] = defaultdict(dict)
        self.releases: dict[str, ReleaseState] = {}
        self.marks: dict[str, str] = {}
        self.faults: dict[str, tuple[int, str]] = {}
        self.nags: dict[int, datetime] = {}
        self.sights: dict[tuple[str, int, int], bool] = {}
        self._carries = carries
        self._repositories: dict[tuple[str, int], tuple[str, int]] = {}
        self._records: dict[str, list[Entry]] = defaultdict(list)
        self._keys: dict[str, set[str]] = defaultdict(set)
        self._tallies: dict[str, tuple[Tally, int]] = {}
        self._lock = threading.RLock()

    # -- writing

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        """One writer at a time."""
        with self._lock:
            yield MemoryTransaction(self)

    def appended(self, subject: Subject, entries: Iterable[Entry]) -> list[Entry]:
        """Append what is not recorded yet (by key)."""
        record, keys, new = self._records[subject.key], self._keys[subject.key], []
        for entry in entries:
            if entry.key not in keys:
                keys.add(entry.key)
                new.append(replace(entry, seq=record[-1].seq + 1 if record else 1))
                record.append(new[-1])
        return new

    def seed(self, subject: Subject, entries: Sequence[Entry]) -> None:
        """Begin a record with entries of earlier runs, which keep their seq."""
        with self._lock:
            self._records[subject.key] = list(entries)
            self._keys[subject.key] = {entry.key for entry in entries}
            self._tallies.pop(subject.key, None)

    def put_slot(self, place: str, name: str, slot: SlotState) -> None:
        """Note what we published, and that nothing of it is owed any more."""
        self.places[place][name] = slot
        self.intended[place].pop(name, None)

    def forget_gists(self, *places: str) -> None:
        """Have whatever changed in these places written at the next turn, and not when it has rested."""
        for place in places:
            self.places[place] = {name: replace(slot, gist="") for name, slot in self.places[place].items()}

    def forget(self, *places: str) -> None:
        """What stands at these places is read anew."""
        for place in places:
            self.places.pop(place, None)

    def know_repository(self, host: str, repository: int, full_name: str, installation: int) -> None:
        """The repository that this run is about."""
        self._repositories[host, repository] = (full_name, installation)

    # -- reading

    def entries(self, subject: Subject) -> list[Entry]:
        """A record, in seq order."""
        return list(self._records[subject.key])

    def standing(self, subject: Subject) -> Standing:
        """What a record adds up to; of it only new entries are folded."""
        with self._lock:
            record = self._records[subject.key]
            tally, taken = self._tallies.get(subject.key, (Tally(), 0))
            tally.take(record[taken:])
            self._tallies[subject.key] = (tally, len(record))
            return tally.standing()

    def chain_head(self, subject: Subject) -> str:
        """A digest of what is carried; empty where nothing is, as of what is no release."""
        if self.standing(subject).since_release is None:
            return ""
        return carried.digest(carried.worth(self.entries(subject), SHOWN)) if self._carries else ""

    def new_deliveries(self, limit: int = 200) -> list[tuple[int, Delivery, int]]:
        """What started the run, until it is recorded."""
        return [(number, delivery, 0) for number, delivery in self.inbox.items()][:limit]

    def slots(self, place: str) -> dict[str, SlotState]:
        """Everything we published at a place, by name."""
        return dict(self.places[place])

    def intents(self, place: str) -> dict[str, datetime]:
        """What we were about to create at a place, and since when; see `_Intents`."""
        return _Intents(self.intended[place])

    def pulls_at(self, host: str, repository: int, head_sha: str) -> list[ReleaseState]:
        """Open pull requests that this run looked at with this head."""
        return [r for r in self.releases.values() if r.open and r.head_sha == head_sha]

    def open_in(self, host: str, repository: int) -> list[ReleaseState]:
        """The open pull requests that this run looked at."""
        return sorted((r for r in self.releases.values() if r.open), key=lambda r: r.subject.number)

    def release_of(self, subject: Subject) -> ReleaseState | None:
        """How a pull request stood when this run looked at it last."""
        return self.releases.get(subject.key)

    def known_repository(self, host: str, repository: int) -> tuple[str, int] | None:
        """Full name and installation."""
        return self._repositories.get((host, repository))

    def repository_named(self, host: str, installation: int, full_name: str) -> int | None:
        """The id of the repository, where it is called so."""
        here = ((key[1], name) for key, (name, _) in self._repositories.items() if key[0] == host)
        return next((number for number, name in here if name.casefold() == full_name.casefold()), None)

    def at_rest(self, host: str, repository: int) -> str:
        """Whoever starts a run wants to know."""
        return ""

    def mark(self, name: str) -> str:
        """A text that was remembered."""
        return self.marks.get(name, "")

    def fault_of(self, subject: str) -> tuple[int, str]:
        """Failed turns in a row and the last reason."""
        return self.faults.get(subject, (0, ""))

    def nagged(self, people: Iterable[int]) -> dict[int, datetime]:
        """When each of these was last reminded, as far as this run knows."""
        wanted = set(people)
        return {person: at for person, at in self.nags.items() if person in wanted}

    def chat_users(self, people: Iterable[int]) -> tuple[str, ...]:
        """There is no chat."""
        return ()

    def chat_accounts(self, people: Iterable[int]) -> dict[int, str]:
        """There is no chat."""
        return {}

    def kept(self, source: str, names: Collection[str]) -> set[str]:
        """No delivery is kept."""
        return set()
