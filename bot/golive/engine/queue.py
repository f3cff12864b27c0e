"""The merge queue's groups: our check on one says GO only while every pull request in it is GO, for its very head.

Nothing is decided here. Each pull request in a group takes its own turn, with all that belongs to it, and writes down how it
stands; this reads what was written, if it is fresh, and publishes it. What is in a group is what GitHub's queue says is in it
and before it, never what a branch or a title is called. A group is worked under `queue:<host>/<repository id>`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import structlog

from golive.core import landing_rules
from golive.core.errors import Gone
from golive.core.event import GroupFormed
from golive.core.landing import Group, QueueEntry
from golive.core.model import Subject
from golive.engine.gather import THE_REPOSITORY
from golive.engine.perform import fingerprint
from golive.ports import CheckRunView, Clock, Forge, ForgeRepo, Published, ReleaseState, SlotState, Store, Transaction

log = structlog.get_logger()

FAMILY = "queue"
"""Before the colon of the work subject of a repository's queues."""
FRESH = timedelta(seconds=30)
"""How old a pull request's standing may be when its group is let go. What turns bad later takes it out of the queue."""
AGAIN = timedelta(minutes=1)
"""How often a group that waits is looked at, besides whenever one of its pull requests turns."""
LONGEST = timedelta(hours=6)
"""GitHub gives up on a group's checks after at most 360 minutes ("Managing a merge queue")."""
UNREAD = "unread"
RANK = {"success": 0, UNREAD: 1, "in_progress": 2, "action_required": 3, "failure": 4}
"""How a pull request in a group stands, best first."""
_REF = re.compile(r"gh-readonly-queue/(?P<base>.+)/pr-(?P<number>\d+)-(?P<sha>[0-9a-f]{40})\Z")


def key_of(host: str, repository: int) -> str:
    """The work subject of a repository's queues."""
    return f"{FAMILY}:{host}/{repository}"


def heard(tx: Transaction, event: GroupFormed, at: datetime) -> None:
    """A group waits for our check: kept in the repository's own ledger, and looked at."""
    everywhere = Subject(event.host, event.repository, THE_REPOSITORY)
    tx.append(everywhere, [landing_rules.group_formed(event.head_sha, event.head_ref, event.base_ref, at)])
    tx.touch(key_of(event.host, event.repository))


def turned(tx: Transaction, subject: Subject, groups: tuple[Group, ...]) -> None:
    """A pull request took a turn while groups wait: they are looked at."""
    if groups:
        tx.touch(key_of(subject.host, subject.repository))


def number_in(ref: str, base_ref: str) -> int:
    """The pull request that a group's branch is named after; 0 where it is named otherwise."""
    named = _REF.match(ref)
    return int(named["number"]) if named and named["base"] == base_ref else 0


class QueueWatch:
    """Works the queues of one repository. Raises what the forge raises; the work is then done again."""

    def __init__(self, store: Store, forge: Forge, clock: Clock, page_base: str) -> None:
        self._store = store
        self._forge = forge
        self._clock = clock
        self._page_base = page_base

    def __call__(self, key: str) -> None:
        """Publish how every waiting group stands."""
        host, _, repository = key.partition(":")[2].rpartition("/")
        everywhere = Subject(host, int(repository), THE_REPOSITORY)
        groups = self._store.standing(everywhere).landing.groups
        if not groups:
            return
        try:
            repo = self._forge.repo(everywhere.repository)
            queues = {base: repo.queue(base) for base in {group.base_ref for group in groups}}
        except Gone as gone:
            log.warning("queue out of reach", repository=everywhere.repository, why=str(gone))
            return
        waits = False
        for group in groups:
            waits = self._one(everywhere, repo, group, queues[group.base_ref]) or waits
        if waits:
            with self._store.transaction() as tx:
                tx.touch(key, self._clock() + AGAIN)

    def _one(self, everywhere: Subject, repo: ForgeRepo, group: Group, queue: tuple[QueueEntry, ...]) -> bool:
        """Look at one group; returns whether it is to be looked at again."""
        place = next((i for i, entry in enumerate(queue) if entry.group == group.head_sha), None)
        too_old = self._clock() - group.at > LONGEST
        if place is None and (too_old or self._clock() - group.at > AGAIN):
            with self._store.transaction() as tx:  # GitHub no longer asks about it
                tx.append(everywhere, [landing_rules.group_over(group.head_sha, self._clock())])
            return False
        members = queue[: place + 1] if place is not None else ()
        stand = [(entry, *self._stands(everywhere, entry)) for entry in members]
        unread = not stand or any(state == UNREAD for _, state, _ in stand)
        shown = "check-run" in self._store.slots(everywhere.at(group.head_sha))
        if unread and shown and all(state in (UNREAD, "success") for _, state, _ in stand):
            return True  # what is shown stays until somebody has looked again
        self._publish(everywhere, repo, group, self._view(group, stand))
        return True

    # -- how it stands

    def _view(self, group: Group, stand: list[tuple[QueueEntry, str, str]]) -> CheckRunView:
        if not stand or stand[-1][0].number != number_in(group.ref, group.base_ref):
            return self._shown("in_progress", "GitHub has not said yet what is in this group", [], group)
        state = max((state for _, state, _ in stand), key=RANK.__getitem__)
        state = "in_progress" if state == UNREAD else state
        lines = [f"- #{entry.number} at `{entry.head_sha[:7]}`: {said}" for entry, _, said in stand]
        bad = [f"#{entry.number}" for entry, one, _ in stand if one != "success"]
        title = f"Every pull request in it may land ({len(stand)})" if not bad else f"Not yet: {', '.join(bad)}"
        return self._shown(state, title, lines, group)

    def _stands(self, everywhere: Subject, entry: QueueEntry) -> tuple[str, str]:
        """State and sentence of one pull request in a group, from its own turn; one that is too old asks for another."""
        subject = Subject(everywhere.host, everywhere.repository, entry.number)
        written = self._store.release_of(subject)
        fresh = written is not None and written.looked_at is not None and self._clock() - written.looked_at <= FRESH
        if written is None or not fresh or written.head_sha != entry.head_sha:
            with self._store.transaction() as tx:
                tx.touch(subject.key)
            return UNREAD, "it is being looked at"
        return _own(written)

    def _shown(self, state: str, title: str, lines: list[str], group: Group) -> CheckRunView:
        done = state != "in_progress"
        summary = "\n".join([
            f"A group of the merge queue of `{group.base_ref}`. golive lets it go while every pull request in it is GO for "
            "the very commit that is in it.", "", *lines,
        ])  # fmt: skip
        return CheckRunView(
            title=title, summary=summary, text="", status="completed" if done else "in_progress",
            conclusion=state if done else None, details_url=self._page_base,
        )  # fmt: skip

    # -- the check run of the group's commit

    def _publish(self, everywhere: Subject, repo: ForgeRepo, group: Group, view: CheckRunView) -> None:
        """One current check run of ours on the commit; a completed one never goes back, a new one takes its place."""
        place, prefix = everywhere.at(group.head_sha), f"golive:{everywhere.repository}:{group.head_sha}:"
        mark, done = fingerprint(view), view.status == "completed"
        slot = self._store.slots(place).get("check-run")
        if slot is not None and slot.fingerprint == mark:
            return
        if slot is not None and not (slot.completed and not done):
            repo.edit_check_run(slot.ref, view)
            self._note(place, SlotState(slot.ref, mark, everywhere.key, slot.counter, done, slot.created_at))
            return
        counter = slot.counter + 1 if slot else 1
        name = f"check-run:{counter}"
        found: Published | None = None
        if name in self._store.intents(place):
            known = repo.find_check_runs(group.head_sha, prefix)
            found = next((one for external, _, one, _ in known if external == f"{prefix}{counter}"), None)
        else:
            with self._store.transaction() as tx:
                tx.intend(place, name)
        made = found or repo.create_check_run(group.head_sha, f"{prefix}{counter}", view)
        # one that was found after a fault may show something older: the next look writes it
        kept = mark if found is None else ""
        at = made.at or self._clock()
        self._note(place, SlotState(made.ref, kept, everywhere.key, counter, done and not found, at))

    def _note(self, place: str, slot: SlotState) -> None:
        with self._store.transaction() as tx:
            tx.put_slot(place, "check-run", slot)
        log.info("effect", slot="check-run", place=place, ref=slot.ref)


def _own(written: ReleaseState) -> tuple[str, str]:
    """What a pull request's own turn made of it; one of no state is none that golive let go."""
    if not written.open:
        return "in_progress", "it is not open any more"
    if not written.state:
        return "action_required", f"{written.base_ref} is not governed by a policy any more"
    kind = "" if written.is_release else "not a release; "
    return written.state, f"{kind}{written.headline}"
