"""Who may see which repository: a private one is counted or named only before those who see it on the forge.

A command that names no place waits in the inbox until the forge has said what its person sees; then it is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta

import structlog

from golive.core.errors import Gone, Silent
from golive.core.event import Asked, Chosen, Event
from golive.core.model import Person
from golive.ports import Clock, Delivery, Forge, ReleaseState, Store, Transaction

log = structlog.get_logger()

FAMILY = "sight"
"""Before the colon of these work subjects; what follows are the person's id and login, and ids of repositories that have
nothing open."""
HOLDS = timedelta(minutes=5)
"""How long an answer of the forge is believed."""
LONGEST = timedelta(minutes=1)
"""Between two tries while the forge gives no answer."""
KEPT = "GitHub does not answer, so I cannot see which releases are yours. What you said is kept, and worked as soon as it does."


def seen_by(tx: Transaction, person: Person, releases: Sequence[ReleaseState]) -> tuple[list[ReleaseState], str]:
    """Those of the releases whose repository the person sees; or what is to be found out first (a work subject, touched)."""
    ended = {(r.subject.host, r.subject.repository) for r in releases if not r.open}
    seen, waits = places_seen(tx, person, {(r.subject.host, r.subject.repository) for r in releases}, ended)
    return [r for r in releases if (r.subject.host, r.subject.repository) in seen], waits


def places_seen(
    tx: Transaction, person: Person, places: Collection[tuple[str, int]], ended: Collection[tuple[str, int]] = ()
) -> tuple[set[tuple[str, int]], str]:
    """Those of the repositories that the person sees; or what is to be found out first (a work subject, touched).

    ended: repositories that may have no open release, so that nobody would ask about them otherwise.
    """
    sights = {place: _sees(tx, person, *place) for place in sorted(places)}
    if None in sights.values():
        unasked = (str(number) for host, number in sorted(ended) if sights[host, number] is None)
        waits = ":".join([FAMILY, str(person.id), person.login, *unasked])
        tx.touch(waits)
        return set(), waits
    return {place for place, sees in sights.items() if sees}, ""


def _sees(tx: Transaction, person: Person, host: str, repository: int) -> bool | None:
    known = next(iter(tx.reached(host, repository=repository)), None)
    if known is not None and known.private is False:
        return True
    return tx.sight(host, repository, person.id, tx.now - HOLDS)


class Sight:
    """Works these subjects: asks the forge for everything that is open and private, then lets the words be recorded."""

    def __init__(
        self, store: Store, forge: Forge, clock: Clock, intakes: Mapping[str, Callable[[Delivery], Iterable[Event]]]
    ) -> None:
        self._intakes = intakes
        self._tries: dict[str, int] = {}
        self._store = store
        self._forge = forge
        self._clock = clock

    def __call__(self, key: str) -> None:
        """Ask, and write down what was said. A repository that cannot be asked about is not seen."""
        _, number, login, *ended = key.split(":")
        person = Person(int(number), login)
        with self._store.transaction() as tx:
            asked = {*tx.open_places(), *((self._forge.host, int(repository)) for repository in ended)}
            places = {place for place in asked if _sees(tx, person, *place) is None}
        told: dict[tuple[str, int], bool] = {}
        silent: Silent | None = None
        for place in sorted(places):
            try:
                told[place] = self._asked(place[1], person)
            except Silent as error:
                silent = error
                break
        with self._store.transaction() as tx:
            for (host, repository), sees in told.items():
                tx.saw(host, repository, person.id, sees)
            if silent is not None:
                self._again(tx, key, silent)
                return
            self._tries.pop(key, None)
            tx.hear_again(key)
            for who in tx.homes_of([login]):
                tx.touch(f"home:{who}")

    def _again(self, tx: Transaction, key: str, silent: Silent) -> None:
        """The forge does not answer: whoever waits is told so, once, and what they said waits on."""
        self._tries[key] = tries = self._tries.get(key, 0) + 1
        log.warning("not known what somebody sees", who=key, tries=tries, why=str(silent))
        for delivery in tx.adrift(key):
            for event in self._intakes[delivery.source](delivery):
                if isinstance(event, Asked | Chosen):
                    tx.owe_answer(f"silent:{event.key}", event.reply_to, KEPT)
        tx.touch(key, tx.now + (silent.after or min(timedelta(seconds=2.0 ** min(tries, 10)), LONGEST)))

    def _asked(self, repository: int, person: Person) -> bool:
        """Raises Silent where the forge gives no answer."""
        try:
            return self._forge.repo(repository).permission(person) != "none"
        except Gone:
            return False
        except Silent:
            raise
        except Exception as error:  # a fault shows nothing to anybody; the person asks again
            log.warning("not known who sees it", repository=repository, person=person.id, why=str(error))
            return False
