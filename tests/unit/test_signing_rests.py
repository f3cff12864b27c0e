"""What of a burst of sign-offs may wait in the comment, and what never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from golive.core.gist import SIGNING_RESTS, signing_until
from golive.core.model import Person, Surface, Word

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WRITTEN = NOW - timedelta(seconds=100)


def word(ago: int, verb: str = "approve", surface: Surface = Surface.COMMENT) -> Word:
    return Word(
        key=f"{verb}:{ago}", person=Person(7, "mina"), surface=surface, verb=verb, at=NOW - timedelta(seconds=ago)
    )


def test_sign_offs_on_the_pull_request_rest_until_a_minute_after_the_first() -> None:
    first = word(40)
    assert signing_until("a", "a", [word(500), first, word(5)], WRITTEN, NOW) == first.at + SIGNING_RESTS


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("b", [word(5)]), ("", [word(5)]), ("a", []), ("a", [word(500)]), ("a", [word(61)]),
        ("a", [word(5), word(4, "hold")]), ("a", [word(5, surface=Surface.SLACK_COMMAND)]),
    ],
    ids=["else moved", "not known", "nobody signed", "told already", "a minute ago", "a hold, too", "said in Slack"],
)  # fmt: skip
def test_anything_else_is_written_at_once(before: str, words: list[Word]) -> None:
    assert signing_until(before, "a", words, WRITTEN, NOW) is None
