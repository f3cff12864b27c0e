"""Reactions on golive's sign-off requests, as words: which are new, and which of them nobody sees any more.

GitHub has a number for each. A list may be older than the last one, so a reaction that was gone and is there again is a word
of its own: it counts, and the record keeps that it was away.
"""

from __future__ import annotations

from collections.abc import Iterable

from golive.core.model import Standing, Surface, Word
from golive.ports import Reaction

APPROVES = {"+1": "approve", "-1": "reject", "eyes": "looking"}


def differences(
    told: Iterable[Reaction], comment: str, head_sha: str, standing: Standing
) -> tuple[list[Word], list[str]]:
    """Words that are not in the record, and keys of those that stand in it and are not there any more.

    told: all reactions on the request of one head.   comment: the request's reference.
    """
    there = {r.id: r for r in told if r.content in APPROVES}
    known = of_comment(comment, standing)
    new = [
        Word(
            key=_key(f"reaction:{comment}:{one.id}", standing), person=one.person, surface=Surface.REACTION,
            verb=APPROVES[one.content], at=one.at, revision_sha=head_sha,
        )
        for one in there.values() if one.id not in known
    ]  # fmt: skip
    return new, sorted(key for number, key in known.items() if number not in there)


def of_comment(comment: str, standing: Standing) -> dict[int, str]:
    """The reactions on one comment that stand in the record: GitHub's number → key of the word."""
    mine = (word.key for word in standing.words if word.key.startswith(f"reaction:{comment}:"))
    return {int(key.split(":")[2]): key for key in mine}


def _key(first: str, standing: Standing) -> str:
    if first not in standing.heard:
        return first
    return f"{first}:{1 + sum(key.startswith(f'{first}:') for key in standing.heard)}"
