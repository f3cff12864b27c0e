"""May this chat account say anything at all? Looked up when its word is worked, never only when it was heard.

An account that nobody linked is refused like any other that may not, in the release's record, so that it shows there who
tried. What a role lets a person do is `core.authorise`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from golive.core.errors import Gone, Kept, Misconfigured
from golive.core.model import Person, Word
from golive.ports import ChatPeople, ChatPerson, Clock

UNKNOWN = Person(0, "(not linked)")
"""Whose words these are, as long as nobody knows; numeric ids of the forge begin with 1."""
HOLDS = timedelta(seconds=30)
"""How long an answer holds: several words of one turn ask once."""


class Accounts:
    """Looks accounts up. people: None where there is no chat, and then no account either."""

    def __init__(self, people: ChatPeople | None, clock: Clock, ask_operator: str) -> None:
        self._people = people
        self._clock = clock
        self._unknown = f"I do not know who you are on GitHub, so this counts for nothing. {ask_operator}"
        self._kept: dict[tuple[str, str], tuple[datetime, ChatPerson]] = {}

    def flaw(self, word: Word) -> str | None:
        """Why nothing from this word's account counts; empty where it may, None where the chat cannot say now."""
        if not word.account or self._people is None:
            return ""
        found: str | None
        try:
            found = self._told(word.account).flaw
        except (Misconfigured, Gone) as error:
            found = f"Slack does not say whether your account may act here, so this counts for nothing: {error}"
        except Kept:
            found = self._unknown if word.person.id == UNKNOWN.id else None
        return self._unknown if found == "" and word.person.id == UNKNOWN.id else found

    def _told(self, who: str) -> ChatPerson:
        assert self._people is not None  # noqa: S101  # asked only where there is one
        place = (self._people.here(), who)
        kept = self._kept.get(place)
        if kept is None or self._clock() - kept[0] > HOLDS:
            if len(self._kept) > 4096:
                self._kept.clear()
            self._kept[place] = kept = (self._clock(), self._people.person(who))
        return kept[1]
