"""Before a run's first turn of a release: what an earlier run left, and what stands outside already. After it: what to leave.

Nothing is created twice because everything of ours is found again by its marker and our authorship, whatever was lost. With a
key, the record of earlier runs is read back from golive's own comment (`core.carried`). Without one, or where that does not
count, only what was published for this very head says since when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from golive.core import carried, ledger
from golive.core.carried import MOST_STAMPS, Carried, Stamp
from golive.core.errors import Gone, Later
from golive.core.ledger import Entry
from golive.core.model import Person, Pull, PullState, Revision, Standing, Subject
from golive.engine.gather import THE_REPOSITORY
from golive.engine.kept import Kept
from golive.engine.perform import fingerprint, mark_of
from golive.ports import CheckRunView, Clock, Comment, ForgeRepo, SlotState, Store

log = structlog.get_logger()

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SOME_OTHER = Revision("0" * 40, "0" * 40, "")
"""Stands for whatever was shown before, where nobody knows any more what that was."""
READ_AGAIN = timedelta(seconds=5)
"""A forge that just wrote a comment may still answer with the one before; so long after, a state that does not fit is read anew."""
SHARED = frozenset({"freeze", "unfreeze", "snooze"})
"""Verbs whose words are about the whole repository."""
_MARKER = re.compile(r"<!-- golive:(\S+):(\d+) -->")
_OWNER = re.compile(r"/pull/(\d{1,12})#")
_WRITTEN = re.compile(r"<!-- golive-state:1 (\d{1,15}) ")


class Run(Protocol):
    """Our check run on a head, as the forge shows it."""

    @property
    def ref(self) -> str: ...
    @property
    def counter(self) -> int: ...
    @property
    def at(self) -> datetime | None: ...
    @property
    def view(self) -> CheckRunView: ...


class RunRepo(ForgeRepo, Protocol):
    """What a run asks of a repository besides."""

    def our_run(self, head_sha: str) -> Run | None: ...
    def restamp(self, ref: str, url: str) -> None: ...
    def pusher(self, branch: str, head_sha: str) -> Person | None: ...


class Seeds(Store, Protocol):
    """A store that can begin with the entries of earlier runs."""

    def seed(self, subject: Subject, entries: Sequence[Entry]) -> None: ...
    def forget(self, *places: str) -> None: ...


@dataclass
class _Known:
    """One release in this run. block: of the state that the comment shows or is to show.   written: its counter, once GitHub
    has it.   first: nothing of ours was there before this run.
    """

    pull: Pull
    carried: Carried
    written: int = 0
    first: bool = False
    notes: list[str] = field(default_factory=list)


class Carrier:
    """Carries records from run to run. key: empty where there is none.   bot: the login under which we write.

    stirs: the outside events after which some kind of check looks again.
    """

    def __init__(
        self, store: Seeds, repo: Callable[[Subject], RunRepo], kept: Kept, clock: Clock, key: str, bot: str,
        stirs: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._stirs = stirs
        self._store = store
        self._repo = repo
        self._kept = kept
        self._clock = clock
        self._key = key
        self._bot = bot
        self._known: dict[Subject, _Known] = {}
        self._heard: dict[Subject, Sequence[Entry]] = {}
        """What the run itself was told of a release before it began with it."""
        self._doubted: set[Subject] = set()
        self._found: dict[str, str] = {}
        """Address of the result of a head, as it was found."""

    def begin(self, subject: Subject) -> None:
        """Read what is there, once per release, and begin its record with it. Raises what the forge raises."""
        if subject in self._known:
            return
        # a hiccup may end this at any line, and then it begins anew: known is what was begun to the end
        heard = self._heard.setdefault(subject, self._store.entries(subject))
        repo = self._repo(subject)
        pull = repo.pull(subject.number)
        comments = repo.comments(subject.number) if pull.comments != 0 else ()
        self._kept.prime(subject, pull, comments)
        try:
            run = repo.our_run(pull.revision.head_sha)
        except Gone as gone:  # the head of a pull request is there; without its run another would be begun
            raise Later(str(gone), READ_AGAIN) from gone
        if run is not None:
            self._found.setdefault(pull.revision.head_sha, run.view.details_url)
        ours = [c for c in comments if c.is_bot and c.author.login == self._bot]
        found = list(self._slots(subject, ours))
        sticky = next((c.body for name, c in found if name == "sticky"), "")
        named = carried.stamps(run.view.details_url) if run else {}
        known = _Known(pull, Carried(), first=not sticky and subject.number not in named and len(named) < MOST_STAMPS)
        state = self._state(repo, known, subject, sticky, run)
        self._store.seed(subject, state.entries if state else ())
        if state is not None:
            self._shared(subject, state.entries)
        self._as_shown(known, subject, run, heard)
        asked = [(name.removeprefix("request:"), c) for name, c in found if name.startswith("request:")]
        with self._store.transaction() as tx:
            tx.append(subject, [*(ledger.asked_for(head, comment.created_at) for head, comment in asked), *heard])
            # nobody told the run what changed outside since the last one: whatever somebody would have told is looked at
            now = self._clock()
            tx.append(subject, [ledger.stirred(name, carried.OF_THIS_RUN[1:], now) for name in sorted(self._stirs)])
        self._who_pushed(repo, pull)
        known.written = known.carried.counter if state is not None else 0
        self._run_slot(subject, pull, run)
        self._known[subject] = known

    # -- what was left

    def _state(self, repo: RunRepo, known: _Known, subject: Subject, sticky: str, run: Run | None) -> Carried | None:
        """The state in our comment, where it counts; the counter goes on from the highest that was seen, in any case."""
        if not self._key:
            return None
        head = known.pull.revision.head_sha
        here = run.view.details_url if run else None
        state, why = carried.read(self._key, subject, sticky)
        last = next((e.body["head"] for e in reversed(state.entries) if e.kind == "shown"), head) if state else head
        before = self._run_on(repo, last) if last != head else None
        there = before.view.details_url if before else None
        if state is not None:
            why = carried.put_back(state, subject, head, last, here, there)
            if why and subject not in self._doubted:
                self._doubted.add(subject)
                raise Later(f"what earlier runs left in the comment of #{subject.number} seems to be older", READ_AGAIN)
        named = [carried.stamps(url).get(subject.number) for url in (here, there) if url]
        seen = [stamp.counter for stamp in named if stamp]
        known.carried = Carried(max([*seen, state.counter if state else 0]))
        if why:
            said = f"What earlier runs left in the comment of #{subject.number} does not count: {why}."
            known.notes.append(f"{said} Sign-offs for earlier commits are asked for once more.")
            log.warning("state refused", release=subject.key, why=why)
            return None
        if state is None:
            return None
        known.carried = state
        if before is not None and not isinstance(carried.stamps(there or "").get(subject.number), carried.Superseded):
            # before anything is shown for this head: whoever puts an earlier state back finds the other head's result so
            self._found[last] = carried.superseded(there or "", subject, state.counter, head)
            repo.restamp(before.ref, self._found[last])
        return state

    @staticmethod
    def _run_on(repo: RunRepo, head_sha: str) -> Run | None:
        """Our run on an earlier head; None also where that commit is not there any more."""
        try:
            return repo.our_run(head_sha)
        except Gone:
            return None

    def _shared(self, subject: Subject, entries: Iterable[Entry]) -> None:
        """Words about the whole repository, and what became of them, stand in its own record, too."""
        words = {e.body["key"] for e in entries if e.kind == "word" and e.body["verb"] in SHARED}
        about = [e for e in entries if e.kind in ("word", "ruling") and e.key.partition(":")[2] in words]
        with self._store.transaction() as tx:
            tx.append(replace(subject, number=THE_REPOSITORY), about)

    def _as_shown(self, known: _Known, subject: Subject, run: Run | None, heard: Sequence[Entry]) -> None:
        """Where the record does not say since when the head is shown, its check run does; and who pushed it."""
        revision, standing = known.pull.revision, self._store.standing(subject)
        if standing.shown and (any(s.revision.head_sha == revision.head_sha for s in standing.shown) or run is None):
            return
        told = carried.stamps(run.view.details_url).get(subject.number) if run else None
        stamp = None if isinstance(told, carried.Superseded) else told
        named = any(e.kind == "pushed" and e.body["head"] == revision.head_sha for e in heard)
        entries = []
        if not standing.shown and not known.first and not named and (stamp is None or stamp.pusher == "0"):
            # somebody pushed it, and nobody knows who: it is not taken for the first one that golive saw
            entries.append(ledger.was_shown(SOME_OTHER, LONG_AGO, 0))
        if stamp is not None and stamp.pusher not in ("0", "f"):
            entries.append(
                ledger.was_pushed(revision.head_sha, Person(int(stamp.pusher), "whoever-pushed-it"), self._clock())
            )
        if run and run.at and stamp is not None and stamp.base == carried.base_digest(revision.base_ref):
            since = datetime.fromtimestamp(stamp.since, UTC) if stamp.since else run.at
            entries.append(ledger.was_shown(revision, since, len(standing.shown) + len(entries)))
        with self._store.transaction() as tx:
            tx.append(subject, entries)

    def _who_pushed(self, repo: RunRepo, pull: Pull) -> None:
        """The run that the push started may have been lost, or another took its place in the queue: then GitHub is asked."""
        head, standing = pull.revision.head_sha, self._store.standing(pull.subject)
        first = not any(s.revision.head_sha != head for s in standing.shown[:1])
        if first or pull.from_fork or pull.state is not PullState.OPEN or head in standing.pushers:
            return
        if (person := repo.pusher(pull.head_ref, head)) is not None:
            with self._store.transaction() as tx:
                tx.append(pull.subject, [ledger.was_pushed(head, person, self._clock())])

    # -- what stands outside

    def _slots(self, subject: Subject, ours: Iterable[Comment]) -> Iterable[tuple[str, Comment]]:
        """Our comments by their markers; of two with the same one the older counts, as where it is looked for."""
        seen: set[str] = set()
        for comment in ours:
            markers = _MARKER.findall(comment.body)
            if not markers or int(markers[-1][1]) != subject.number or (name := markers[-1][0]) in seen:
                continue
            seen.add(name)
            slot = SlotState(
                str(comment.id), fingerprint(comment.body), subject.key, 0, False, comment.created_at
            )  # fmt: skip
            with self._store.transaction() as tx:
                tx.put_slot(subject.key, name, slot)
            yield name, comment

    def _run_slot(self, subject: Subject, pull: Pull, run: Run | None) -> None:
        if run is None:
            return
        place = subject.at(pull.revision.head_sha)
        if "check-run" in self._store.slots(place):
            return  # another pull request with this head was looked at before
        told = _OWNER.search(run.view.details_url)
        owner = replace(subject, number=int(told[1])) if told else subject
        done = run.view.status == "completed"
        slot = SlotState(
            run.ref, mark_of(run.view, one_run=True), owner.key, run.counter, done, run.at or self._clock()
        )
        with self._store.transaction() as tx:
            tx.put_slot(place, "check-run", slot)

    # -- what is left

    def block(self, subject: Subject) -> str:
        """The hidden block for the comment as the record stands now; empty without a key."""
        known = self._known.get(subject)
        if not self._key or known is None:
            return ""
        entries = self._fitting(known)
        if carried.packed(entries) != carried.packed(known.carried.entries):
            known.carried = Carried(known.carried.counter + 1, entries)
        return carried.block(self._key, subject, known.carried)

    def _fitting(self, known: _Known) -> tuple[Entry, ...]:
        now = carried.fitting(self._store.entries(known.pull.subject))
        return carried.steady(known.carried.entries, now)

    def wrote(self, bodies: Iterable[str]) -> None:
        """GitHub took these comments: what they carry may be named in what is published."""
        for body in bodies:
            found, markers = _WRITTEN.findall(body), _MARKER.findall(body)
            for subject, known in self._known.items():
                if found and markers and int(markers[-1][1]) == subject.number:
                    known.written = int(found[-1])

    def due(self, subject: Subject) -> bool:
        """Whether the record has grown since the comment was written, so that it is to be written again."""
        known = self._known[subject]
        if not self._key or "sticky" not in self._store.slots(subject.key):
            return False
        now = carried.packed(self._fitting(known))
        return known.written != known.carried.counter or now != carried.packed(known.carried.entries)

    def address(self, subject: Subject, url: str, done: bool) -> str:
        """The address of the published result: of the pull request, with a stamp for each release that shows this head.

        Those that this run did not begin keep the one that was found.   done: whether the result is a completed one.
        """
        head = self._known[subject].pull.revision.head_sha if subject in self._known else ""
        here = {s.number: self._stamp(s, done) for s, k in self._known.items() if k.pull.revision.head_sha == head}
        return carried.stamped(url, {**carried.stamps(self._found.get(head, "")), **here}.values())

    def _stamp(self, subject: Subject, done: bool) -> Stamp:
        known, standing = self._known[subject], self._store.standing(subject)
        revision = known.pull.revision
        pushers = standing.pushers.get(revision.head_sha, ())
        others = any(s.revision.head_sha != revision.head_sha for s in standing.shown[:1])
        pusher = str(pushers[-1].id) if pushers else "0" if others else "f"
        digest = carried.digest(known.carried.entries) if known.written == known.carried.counter else carried.NOTHING
        base, since = self._since(subject, revision, standing, done)
        return Stamp(subject.number, known.written, digest, base, pusher, since)

    def _since(self, subject: Subject, revision: Revision, standing: Standing, done: bool) -> tuple[str, int]:
        """The base's digest and since when the head is shown for it, where the result's own beginning does not say that.

        A result that was begun for something else (another base or pull request) names no base before that is known.
        """
        if not standing.is_release:
            return carried.NO_BASE, 0  # nobody is asked about it; once it is a release, it is shown as one first
        base = carried.base_digest(revision.base_ref)
        slot = self._store.slots(subject.at(revision.head_sha)).get("check-run")
        shown = standing.shown[-1].at if standing.shown and standing.shown[-1].revision == revision else None
        if slot is None:
            return base, 0
        if shown is None:
            return carried.NO_BASE, 0
        followed = slot.completed and not done  # a new result takes its place, and begins later
        since = int(shown.timestamp())
        return base, 0 if since == int(slot.created_at.timestamp()) and not followed else since

    def forget(self, subject: Subject) -> None:
        """Begin anew with it at the next turn: another run went on with it."""
        if (known := self._known.pop(subject, None)) is not None:
            self._found.pop(known.pull.revision.head_sha, None)
            self._store.forget(subject.key, subject.at(known.pull.revision.head_sha))

    def notes(self, subject: Subject) -> tuple[str, ...]:
        """What whoever reads the run's log has to know."""
        return tuple(self._known[subject].notes) if subject in self._known else ()

    def knows(self, subject: Subject) -> bool:
        """Whether it was begun."""
        return subject in self._known
