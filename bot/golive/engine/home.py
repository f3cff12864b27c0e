"""A person's own page in the chat: made from the store alone, for those who opened it, and anew when it would be another.

Whatever changes what somebody sees there calls `wake` or `of_person`; their page is then made at the next half minute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

import structlog

from golive.core.errors import Later
from golive.core.event import HomeOpened
from golive.core.home import Home, home, next_page
from golive.core.listing import brief
from golive.core.model import Person, Subject
from golive.engine.joins import Joins
from golive.engine.listing import of
from golive.engine.meant import here
from golive.engine.perform import fingerprint
from golive.engine.sight import places_seen
from golive.ports import Chat, Clock, Found, MessageView, ReleaseState, SlotState, Store, Transaction

log = structlog.get_logger()

FAMILY = "home"
"""Before the colon of these work subjects, which are also the places of the pages; the chat user follows."""
SLOT = "home"
FOLLOW = ("follow", "unfollow")
"""Verbs by which a person chooses what stands there."""


def opened(tx: Transaction, event: HomeOpened) -> None:
    """Somebody opened their page: it is made now, and kept up to date from now on."""
    place = f"{FAMILY}:{event.who}"
    if tx.slot_at(place) is None:
        tx.put_slot(place, SLOT, SlotState(place, "", "", 0, False, tx.now))
    tx.touch(place)


def of_user(tx: Transaction, who: str) -> None:
    """Who this chat user is has changed."""
    tx.touch(f"{FAMILY}:{who}")


def followed(tx: Transaction, subject: Subject, person: Person, verb: str) -> None:
    """Note that a person follows a release, or does not any more; their page shows it at once."""
    for mark, one in ((_of_person(person.id), subject.key), (_of_release(subject.key), person.login.casefold())):
        kept = set(_read(tx.mark(mark)))
        tx.put_mark(mark, json.dumps(sorted(kept | {one} if verb == "follow" else kept - {one})))
    for who in tx.homes_of([person.login]):
        tx.touch(f"{FAMILY}:{who}")


def wake(tx: Transaction, before: ReleaseState | None, now: ReleaseState) -> None:
    """A release stands otherwise: the pages of those it names, named, or who follow it, are made anew soon."""
    if before is not None and _shown(before) == _shown(now):
        return
    logins = {*_logins(before), *_logins(now), *_read(tx.mark(_of_release(now.subject.key)))}
    for who in tx.homes_of(logins) if logins else ():
        tx.touch(f"{FAMILY}:{who}", next_page(tx.now))


class Homes:
    """Works these subjects. render: makes the blocks.   how: of somebody unknown, how an account is linked here.

    can_link: whether people can link themselves.
    """

    def __init__(
        self, store: Store, chat: Chat | None, render: Callable[[Home], MessageView], clock: Clock, page_base: str,
        how: str, can_link: bool, joins: Joins | None = None,
    ) -> None:  # fmt: skip
        self._joins = joins
        self._store = store
        self._chat = chat
        self._render = render
        self._clock = clock
        self._page_base = page_base
        self._how = how
        self._can_link = can_link

    def __call__(self, key: str) -> None:
        """Bring one page in line, if it was ever opened."""
        slot = self._store.slots(key).get(SLOT)
        if slot is None or self._chat is None:
            return
        who = key.partition(":")[2]
        with self._store.transaction() as tx:
            person = tx.person(who)
            origin = tx.origin(who)
            # where the forge has to be asked first what they see, this page is woken once it has said so
            seen, adrift = places_seen(tx, person, here(tx, who, self._joins)) if person else (set(), "")
            note = self._joins.nothing(tx, who) if self._joins else ""
        if adrift:
            return
        view = self._render(replace(self._home(person, origin, seen), note=note))
        mark = fingerprint(view)
        if slot.fingerprint == mark:
            return
        try:
            self._chat.publish(who, view)
        except Later as later:
            with self._store.transaction() as tx:
                tx.touch(key, tx.now + (later.after or 2 * (next_page(tx.now) - tx.now)))
            return
        except Exception as error:  # nobody waits for it; the next change tries again
            log.warning("home not published", who=who, why=str(error))
            return
        with self._store.transaction() as tx:
            tx.put_slot(key, SLOT, SlotState(key, mark, "", 0, False, slot.created_at, "", self._clock()))

    def _home(self, person: Person | None, origin: str, seen: set[tuple[str, int]]) -> Home:
        if person is None:
            return Home(how=self._how, can_link=self._can_link)
        how = (
            "The operator's file says so."
            if origin == "file"
            else "You linked it yourself; `/golive unlink` ends that."
        )
        naming = self._store.with_views(Found(places=seen, names=(person.login.casefold(),)))
        keys = _read(self._store.mark(_of_person(person.id)))
        follows = self._store.briefly(Found(places=seen, subjects=keys)) if keys else []
        briefs = [of(release, self._page_base, view) for release, view in naming]
        return home(person.login, how, False, briefs, [of(release, self._page_base) for release in follows])


def _of_person(person: int) -> str:
    return f"follows:{person}"


def _of_release(key: str) -> str:
    return f"followed:{key}"


def _read(text: str) -> list[str]:
    return [str(one) for one in json.loads(text)] if text else []


def _shown(state: ReleaseState) -> tuple[object, ...]:
    """What of a release stands on a page."""
    return (state.open, state.is_release, state.title, state.headline, state.verdict, _logins(state))


def _logins(state: ReleaseState | None) -> list[str]:
    """Everybody whom a release names, in a fixed order."""
    if state is None or not state.view or not state.is_release:
        return []
    one = brief("", "", "", "", state.verdict, "", json.loads(state.view))
    could: Iterable[str] = (login for logins in one.waits_for.values() for login in logins)
    return sorted({*could, *one.signed})
