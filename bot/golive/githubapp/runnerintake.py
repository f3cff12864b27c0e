"""What runners told, from the inbox to events: results of checks, and a person's word that a workflow brought.

A delivery holds what was verified at the door (`kept`), never the token.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from golive.core.command import parse
from golive.core.event import Asked, Event, ResultsCame
from golive.core.model import Person, Subject, Surface
from golive.core.runners import Claims, Reported, claims_of
from golive.ports import Delivery

SOURCE = "runner"
RESULTS, WORD = "results", "word"
"""Kinds of deliveries."""


def kept_results(claims: Claims, subjects: Iterable[Subject], head: str, results: list[dict[str, Any]]) -> bytes:
    """An upload as the inbox keeps it."""
    return _kept(claims, subjects=[subject.key for subject in subjects], head=head, results=results)


def kept_word(claims: Claims, subject: Subject, text: str, sha: str) -> bytes:
    """A word as the inbox keeps it."""
    return _kept(claims, subjects=[subject.key], text=text, sha=sha)


def _kept(claims: Claims, **said: Any) -> bytes:
    return json.dumps({"claims": claims.told(), **said}, sort_keys=True).encode()


def same(one: bytes, other: bytes) -> bool:
    """Whether two deliveries say the same; which releases were open then may differ."""
    first, second = (json.loads(body) for body in (one, other))
    return all(first.get(part) == second.get(part) for part in ("claims", "head", "results", "text", "sha"))


def word_key(delivery_id: str) -> str:
    """The key of the word in a delivery."""
    return f"workflow:{delivery_id}"


class Intake:
    """Reads what the runners' door kept. web: where people look at a run."""

    def __init__(self, web: str) -> None:
        self._web = web

    def __call__(self, delivery: Delivery) -> Iterator[Event]:
        """The one event of a delivery."""
        told: Mapping[str, Any] = json.loads(delivery.body)
        claims = claims_of(told["claims"])
        subjects = tuple(Subject.parse(key) for key in told["subjects"])
        if delivery.kind == RESULTS:
            reported = Reported(delivery.id, claims, told["head"], tuple(told["results"]))
            yield ResultsCame(subjects, reported)
        elif delivery.kind == WORD:
            yield Asked(
                key=word_key(delivery.id), command=parse(told["text"]), surface=Surface.WORKFLOW,
                at=delivery.received_at, person=Person(claims.actor, claims.login), subject=subjects[0],
                revision_sha=told["sha"], workflows=claims.workflows,
                link=f"{self._web}/{claims.full_name}/actions/runs/{claims.run}",
            )  # fmt: skip
