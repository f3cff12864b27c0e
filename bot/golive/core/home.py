"""What a person's own page in the chat shows: what waits for them, what they signed, what they follow, who they are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from golive.core.listing import Brief

SHOWN = 20
"""Releases in one section."""
RESTS = timedelta(seconds=30)
"""A page is made anew at most so often, however much happens."""


@dataclass(frozen=True)
class Home:
    """One page. login: on the forge, empty where that is not known.

    how: how an account is linked here, a sentence.   can_link: whether the person can do it themselves.
    """

    login: str = ""
    how: str = ""
    can_link: bool = False
    waits: tuple[Brief, ...] = ()
    signed: tuple[Brief, ...] = ()
    follows: tuple[Brief, ...] = ()
    note: str = ""
    """What is to be mended first, or empty."""


def home(login: str, how: str, can_link: bool, naming: Sequence[Brief], follows: Sequence[Brief]) -> Home:
    """The page of somebody who is known. naming: the open releases whose content names them."""
    waits = tuple(one for one in naming if one.awaits(login))
    signed = tuple(one for one in naming if login.casefold() in one.signed)
    return Home(login, how, can_link, waits, signed, tuple(follows))


def next_page(now: datetime) -> datetime:
    """When a page that is to be made anew is: whatever happens until then is told at once."""
    edge = datetime(now.year, now.month, now.day, tzinfo=UTC)
    passed = (now - edge) // RESTS + 1
    return edge + passed * RESTS
