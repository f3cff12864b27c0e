"""GitHub deliveries in, golive events out. Add an event by adding one function to the `intake_*` module of its subject.

Readers take the few fields they need and tolerate missing and unknown ones: GitHub's own examples do not all have them.
What our own App did is not echoed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from golive.core.event import Event, RepositoryKnown
from golive.githubapp import intake_accounts, intake_checks, intake_code, intake_pulls
from golive.githubapp.hearing import READERS, Hearing, Payload, installation_of, reads
from golive.githubapp.intake_pulls import words_of
from golive.ports import Delivery

__all__ = ["SUBJECTS", "Hearing", "Intake", "reads", "words_of"]

SUBJECTS = (intake_pulls, intake_checks, intake_code, intake_accounts)
"""Importing them is what registers their readers."""
LEAVES = frozenset({("installation", "deleted"), ("installation", "suspend"), ("repository", "deleted")})
"""Deliveries that name repositories because they are not reached any more."""


class Intake:
    """Reads deliveries of one App on one GitHub."""

    def __init__(self, host: str, app_id: int, slug: str) -> None:
        self._hearing = Hearing(host, app_id, slug)

    def __call__(self, delivery: Delivery) -> Iterator[Event]:
        """Events of one delivery; none for what we do not read."""
        payload = json.loads(delivery.body)
        if not isinstance(payload, dict):
            return
        hearing = replace(self._hearing, delivery=delivery.id, received_at=delivery.received_at)
        if (delivery.kind, payload.get("action")) not in LEAVES:
            yield from _repositories(payload, hearing)
        if reader := READERS.get(delivery.kind):
            yield from reader(payload, hearing)


def _repositories(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    installation = installation_of(payload)
    if not installation:
        return
    added = [*(payload.get("repositories") or ()), *(payload.get("repositories_added") or ())]
    named = [payload.get("repository"), *added]
    for repository in named:
        if isinstance(repository, dict) and "id" in repository and "full_name" in repository:
            private = repository.get("private")
            yield RepositoryKnown(
                hearing.host, repository["id"], repository["full_name"], installation,
                private if isinstance(private, bool) else None,
            )  # fmt: skip
