"""Whom a reminder would tell of a release that they cannot see: a policy may name anybody, and a private name is not for all."""

from __future__ import annotations

from dataclasses import replace

from golive.core.decide import Decision
from golive.core.errors import Gone
from golive.core.snapshot import Snapshot
from golive.engine.sight import HOLDS
from golive.ports import ForgeRepo, Store


def blinded(store: Store, repo: ForgeRepo, snapshot: Snapshot, decision: Decision) -> Snapshot:
    """The snapshot with those who are about to be reminded and may not know of it; as it was where there is nobody.

    The forge is asked just before, of a private repository alone, and believed for a few minutes.
    """
    people = [person for person in decision.nagged if person.id not in snapshot.blind]
    if not people:
        return snapshot
    host, repository = snapshot.pull.subject.host, snapshot.pull.subject.repository
    with store.transaction() as tx:
        known = next(iter(tx.reached(host, repository=repository)), None)
        if known is not None and known.private is False:
            return snapshot
        sees = {person: tx.sight(host, repository, person.id, tx.now - HOLDS) for person in people}
    asked = {}
    for person in (person for person, told in sees.items() if told is None):
        try:
            asked[person] = repo.permission(person) != "none"
        except Gone:
            asked[person] = False
    if asked:
        with store.transaction() as tx:
            for person, told in asked.items():
                tx.saw(host, repository, person.id, told)
    blind = {person.id for person, told in (sees | asked).items() if not told}
    return replace(snapshot, blind=snapshot.blind | blind) if blind else snapshot
