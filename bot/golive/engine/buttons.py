"""A button of our check run, pressed: a person's word about every release with that head, authorised like any other.

A new button is one row here; the check run shows it under the same identifier.
"""

from __future__ import annotations

from golive.core import ledger
from golive.core.event import Pressed
from golive.core.model import Surface, Word
from golive.ports import Transaction

WORDS = {"sign": ("approve", ""), "hold": ("hold", "from the check run's button")}
"""Identifier → verb and text of the word."""
RERUN = "rerun"


def pressed(tx: Transaction, event: Pressed) -> None:
    """Record the press for each open release whose head is that commit; a button that we do not know says nothing."""
    for release in tx.open_releases(event.host, event.repository, heads=[event.head_sha]):
        subject = release.subject
        if event.button == RERUN:
            tx.append(subject, [ledger.stirred("*", event.key, event.at)])
        elif event.button in WORDS and release.is_release:
            verb, text = WORDS[event.button]
            word = Word(
                key=event.key, person=event.person, surface=Surface.CHECK_RUN, verb=verb, at=event.at, text=text,
                revision_sha=event.head_sha, link=event.link, origin=f"comment:{event.key}",
            )  # fmt: skip
            tx.append(subject, [ledger.said(word)])
        tx.touch(subject.key)
