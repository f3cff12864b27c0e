"""Kept deliveries become ledger entries and touches: one transaction each, no network, safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import structlog

from golive.core import joining, ledger
from golive.core.command import LINK_IN_SLACK, Command
from golive.core.errors import Later
from golive.core.event import (
    Asked,
    BaseMoved,
    Chosen,
    Disturbed,
    EnvironmentWaits,
    Event,
    GroupFormed,
    GuardsTurned,
    HeadStirred,
    HomeOpened,
    InstallationTurned,
    LinksShared,
    PeopleChanged,
    Pressed,
    ReachTurned,
    RepositoryKnown,
    ResultsCame,
    Touched,
    Voided,
    WorkspaceLeft,
)
from golive.core.model import Person, Subject, Word
from golive.core.watching import listens
from golive.engine import harden, home, promote, queue, reach, results, unfurl
from golive.engine.accounts import UNKNOWN
from golive.engine.buttons import pressed
from golive.engine.joins import Joins
from golive.engine.link import not_set_up
from golive.engine.meant import chosen, meant
from golive.engine.perform import fingerprint
from golive.engine.reached import environment_waits, known, turned
from golive.ports import INBOX, Delivery, Store, Transaction

log = structlog.get_logger()

TRIES = 3
"""After so many a delivery that cannot be recorded is set aside."""

Intake = Callable[[Delivery], Iterable[Event]]
"""What an adapter makes of one delivery. Pure; unknown deliveries give no events."""
AboutLink = Callable[[Transaction, str, str], str]
"""What to answer to `link` or `unlink` (the second) of a chat user (the third)."""


AT_A_TIME = 200
"""Deliveries in one turn: some seconds of it, even where each takes 20 ms."""


class Recorder:
    """Works the inbox off. `intakes`: by source of the delivery."""

    def __init__(
        self, store: Store, intakes: Mapping[str, Intake], ask_operator: str, about_link: AboutLink = not_set_up,
        joins: Joins | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._intakes = intakes
        self._ask_operator = ask_operator
        self._about_link = about_link
        self._joins = joins
        self._tries: dict[int, int] = {}

    def run(self) -> None:
        """Record kept deliveries that were not recorded yet, oldest first; very many in several turns, so that golive can end.

        One that cannot be recorded stops no other: it is tried again, and after `TRIES` set aside as failed. Raises Later
        where some are left to try again.
        """
        left: set[int] = set()
        worked = 0
        while deliveries := [d for d in self._store.new_deliveries() if d[0] not in left]:
            for inbox_id, delivery, repeats in deliveries:
                try:
                    self._one(inbox_id, delivery, repeats)
                except Exception as error:
                    left.add(inbox_id)
                    self._failed(inbox_id, delivery, error)
            worked += len(deliveries)
            if worked >= AT_A_TIME and not left:
                with self._store.transaction() as tx:
                    tx.touch(INBOX)
                return
        if again := left & self._tries.keys():
            raise Later(f"{len(again)} deliveries could not be recorded yet")

    def _failed(self, inbox_id: int, delivery: Delivery, error: Exception) -> None:
        """Count a try; a database that is down fails here, too, and then nothing is set aside."""
        self._tries[inbox_id] = self._tries.get(inbox_id, 0) + 1
        log.error("delivery not recorded", delivery=delivery.id, tries=self._tries[inbox_id], exc_info=error)
        if self._tries[inbox_id] >= TRIES:
            with self._store.transaction() as tx:
                tx.settle(inbox_id, "failed", f"{type(error).__name__}: {error}"[:500])
            del self._tries[inbox_id]

    def _one(self, inbox_id: int, delivery: Delivery, repeats: int) -> None:
        try:
            events = list(self._intakes[delivery.source](delivery))
        except Exception as error:  # one delivery that cannot be read must not stop the others
            log.exception("delivery unreadable", source=delivery.source, kind=delivery.kind, delivery=delivery.id)
            with self._store.transaction() as tx:
                tx.settle(inbox_id, "failed", f"{type(error).__name__}: {error}"[:500])
            return
        with self._store.transaction() as tx:
            adrift = ""
            for event in events:
                adrift = self._record(tx, event, delivery) or adrift
            tx.settle(inbox_id, "adrift" if adrift else "done" if events else "ignored", adrift)
        log.info(
            "delivery", source=delivery.source, kind=delivery.kind, delivery=delivery.id, events=len(events),
            repeats=repeats, adrift=bool(adrift),
        )  # fmt: skip

    def _record(self, tx: Transaction, event: Event, delivery: Delivery) -> str:
        """Record one event; returns the place it is about where that place is not known yet."""
        match event:
            case RepositoryKnown():
                known(tx, event)
            case InstallationTurned():
                turned(tx, event)
            case ReachTurned(host, installation):
                tx.touch(reach.subject(host, installation))
            case GuardsTurned():
                harden.turned(tx, event)
            case Pressed():
                pressed(tx, event)
            case EnvironmentWaits():
                promote.heard(tx, event)
                environment_waits(tx, event, delivery.received_at)
            case GroupFormed():
                queue.heard(tx, event, delivery.received_at)
            case BaseMoved(host, repository, ref):
                tx.touch_open(host, repository, ref)
            case HeadStirred(host, repository, head_sha, stirs, name):
                if "deployment" in stirs:
                    promote.stirred(tx, host, repository, head_sha)
                for release in tx.open_releases(host, repository, heads=[head_sha]):
                    if listens(release.watches, name):
                        self._touched(tx, Touched(release.subject, stirs), delivery)
            case PeopleChanged(host, installation):
                for within in tx.repositories_of(host, installation):
                    tx.touch_open(host, within)
            case Voided(subject, prefix, at):
                tx.append(subject, [ledger.voided(prefix, at)])
                tx.touch(subject.key)
            case Disturbed(subject, ref, by, deleted):
                if by:
                    tx.append(subject, [ledger.was_disturbed(by, delivery.id, delivery.received_at, deleted)])
                tx.doubt_slot(subject.key, ref)
                tx.touch(subject.key)
            case Touched():
                self._touched(tx, event, delivery)
            case Asked():
                return self._asked(tx, event)
            case Chosen():
                asked, adrift = chosen(tx, event, self._intakes)
                return self._asked(tx, asked) if asked else adrift
            case HomeOpened():
                home.opened(tx, event)
            case LinksShared():
                unfurl.heard(tx, event)
            case WorkspaceLeft():
                if self._joins:
                    self._joins.left(tx, event)
            case ResultsCame():
                results.heard(tx, event, delivery.received_at)
        return ""

    def _touched(self, tx: Transaction, event: Touched, delivery: Delivery) -> None:
        entries = [ledger.stirred(kind, delivery.id, delivery.received_at) for kind in sorted(event.stirs)]
        if event.head_sha:
            entries.append(ledger.was_pushed(event.head_sha, event.pushed_by, delivery.received_at))
        if event.opened_by:
            entries.append(ledger.was_opened(event.opened_by, delivery.received_at))
        if event.named:
            entries.append(ledger.was_named(event.named, delivery.id))
        if event.retargeted_at:
            entries.append(ledger.was_retargeted(delivery.id, event.retargeted_at))
        tx.append(event.subject, entries)
        tx.touch(event.subject.key)

    def _asked(self, tx: Transaction, event: Asked) -> str:
        if event.place:
            if not (found := tx.slot_at(event.place)):
                # our own message may be posted and not noted yet: then the word waits for the note
                return event.place if tx.any_intent("chat-request:") else ""
            place, name = found
            if not name.startswith("chat-request:"):
                if not event.undone and name == "chat-root":
                    said = "Reactions count on the sign-off request in this thread, not on this message: it changes."
                    tx.owe_answer(event.key, event.reply_to, said)
                return ""
            event = replace(event, subject=Subject.parse(place), revision_sha=name.removeprefix("chat-request:"))
        if event.command.verb in ("link", "unlink"):
            if event.who:
                tx.owe_answer(event.key, event.reply_to, self._about_link(tx, event.command.verb, event.who))
                home.of_user(tx, event.who)
                return ""
            event = replace(event, command=Command("misread", LINK_IN_SLACK))
        if event.command.verb in joining.VERBS:
            if event.who and self._joins:
                self._joins.heard(tx, event)
                return ""
            event = replace(event, command=Command("misread", joining.IN_SLACK))
        if event.rests_on and not _stands(tx, event):
            return ""
        if event.subject is not None and self._elsewhere(tx, event, event.subject):
            return ""
        person = event.person or tx.person(event.who)
        if person is None:
            said = f"I do not know who you are on GitHub, so this counts for nothing. {self._ask_operator}"
            if event.subject is not None and event.who and not event.undone:  # refused in the release's own record
                tx.append(event.subject, [ledger.said(_word(event, UNKNOWN))])
                tx.touch(event.subject.key)
            elif not event.undone:
                tx.owe_answer(event.key, event.reply_to, said)
            return ""
        subject = event.subject
        if subject is None:
            subject, adrift = meant(tx, event, person, self._joins)
            if adrift:
                return adrift
            if subject is not None and self._elsewhere(tx, event, subject):
                return ""
        if subject is not None:
            if event.command.verb in home.FOLLOW:
                home.followed(tx, subject, person, event.command.verb)
            tx.append(subject, [ledger.said(_word(event, person))])
            tx.touch(subject.key)
        return ""

    def _elsewhere(self, tx: Transaction, event: Asked, subject: Subject) -> bool:
        """Whether the release belongs to another workspace than the one it was said in; then the person is told so."""
        said = self._joins.refused(tx, event.who, subject) if self._joins else ""
        if said and not event.undone:
            tx.owe_answer(event.key, event.reply_to, said)
        return bool(said)


def _stands(tx: Transaction, event: Asked) -> bool:
    """Whether the comment of ours that a word was put into said what we had written, and nothing of somebody else's."""
    ref, text = event.rests_on or ("", "")
    return event.subject is not None and tx.wrote(event.subject.key, ref, fingerprint(text))


def _word(event: Asked, person: Person) -> Word:
    return Word(
        key=event.key, person=person, surface=event.surface, verb=event.command.verb, at=event.at,
        text=event.command.text, revision_sha=event.revision_sha, link=event.link, origin=event.reply_to,
        slot=event.slot, undone=event.undone, account=event.who, workflows=event.workflows,
    )  # fmt: skip
