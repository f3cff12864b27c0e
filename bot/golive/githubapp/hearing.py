"""What every reader of GitHub's deliveries shares: who we are there, the registry, and the few fields that all of them take.

A reader is one function marked with `reads("event")`, in the `intake_*` module of its subject. It takes the few fields it
needs and tolerates missing and unknown ones: GitHub's own examples do not all have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from golive.core.event import Event
from golive.core.model import Person, Subject

Payload = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Hearing:
    """What every reader knows: the forge's name, who we are there, and which delivery it reads."""

    host: str
    app_id: int
    slug: str
    delivery: str = ""
    received_at: datetime = EPOCH

    @property
    def bot(self) -> str:
        """The login under which our App writes."""
        return f"{self.slug}[bot]"

    def subject(self, payload: Payload, number: int) -> Subject:
        """The pull request of this number in the payload's repository."""
        return Subject(self.host, payload["repository"]["id"], number)

    def ours(self, app: Payload | None) -> bool:
        """Whether this is our own App."""
        return (app or {}).get("id") == self.app_id

    def echo(self, payload: Payload) -> bool:
        """Whether it tells of something that we did ourselves."""
        return bool((payload.get("sender") or {}).get("login") == self.bot)


Reader = Callable[[Payload, Hearing], Iterator[Event]]

READERS: dict[str, Reader] = {}
"""Event's name → its reader."""


def reads(event: str) -> Callable[[Reader], Reader]:
    """Mark the one reader of a GitHub event; a second one is a mistake of ours."""

    def mark(reader: Reader) -> Reader:
        if event in READERS:
            raise ValueError(f"two readers for {event}")
        READERS[event] = reader
        return reader

    return mark


def human(user: Payload | None) -> Person | None:
    """The account as a person; None for bots, organisations, and accounts that are no more."""
    if not user or user.get("type") != "User":
        return None
    return Person(user["id"], user["login"])


def installation_of(payload: Payload) -> int:
    """The installation through which it came; 0 where it does not say."""
    return int((payload.get("installation") or {}).get("id") or 0)


def repository_of(payload: Payload) -> int:
    """The repository it is about; 0 where it is about none."""
    return int((payload.get("repository") or {}).get("id") or 0)
