"""What Slack says of people: whether an account may act here, its clock, when it is not to be disturbed, who is in a group.

Sources: the pages of `users.info`, `dnd.info`, `usergroups.list` and `usergroups.users.list` in Slack's documentation.
E-mail addresses are not looked at. A reason why an account may not act is a row of `_FLAWS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from golive.core.errors import Gone
from golive.ports import ChatPerson
from golive.slackapp import teams
from golive.slackapp.chat import asked

_FLAWS = {
    "deleted": "Your Slack account is deactivated, so it decides nothing.",
    "is_bot": "This Slack account is a bot's, and only people decide.",
    "is_ultra_restricted": "You are a guest in this Slack workspace, and only its members decide.",
    "is_restricted": "You are a guest in this Slack workspace, and only its members decide.",
    "is_stranger": "You belong to another Slack workspace, and only this one's members decide.",
}
ELSEWHERE = _FLAWS["is_stranger"]
NOBODY = "Slack does not know your account, so it decides nothing."


def flaw_of(told: Mapping[str, Any]) -> str:
    """Why an account, as `users.info` tells it, decides nothing; empty where it may."""
    return next((words for mark, words in _FLAWS.items() if told.get(mark)), "")


class SlackPeople:
    """`ports.ChatPeople`, of the workspace that is spoken to. Raises Later and Misconfigured, as `SlackChat` does."""

    def __init__(self, token: str | teams.Token, api_url: str) -> None:
        self._client = teams.client(token, api_url)
        self._homes: dict[str, str] = {}

    def person(self, who: str) -> ChatPerson:
        """One account, as Slack tells it now. who: `team/user`, the team where it was heard."""
        team, _, user = who.partition("/")
        if team != self.home():
            return ChatPerson(flaw=ELSEWHERE)
        try:
            told = asked("users.info", self._client.users_info, user=user)["user"]
        except Gone:
            return ChatPerson(flaw=NOBODY)
        flaw = flaw_of(told)
        if not flaw and str(told.get("team_id") or team) != team:
            flaw = ELSEWHERE
        offset = told.get("tz_offset")
        return ChatPerson(flaw, int(offset) if isinstance(offset, int | float) else None)

    def quiet(self, who: str) -> tuple[datetime, datetime] | None:
        """From when until when the person is not to be disturbed next; None where they have set nothing."""
        told = asked("dnd.info", self._client.dnd_info, user=who.partition("/")[2])
        starts, ends = told.get("next_dnd_start_ts") or 0, told.get("next_dnd_end_ts") or 0
        if not told.get("dnd_enabled") or ends <= starts:
            return None
        return datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC)

    def group(self, handle: str) -> tuple[str, ...] | None:
        """The accounts of a user group, as `team/user`; None where the workspace has no such group."""
        groups = asked("usergroups.list", self._client.usergroups_list, include_disabled=False)["usergroups"]
        found = next((one["id"] for one in groups if str(one.get("handle", "")).casefold() == handle.casefold()), None)
        if found is None:
            return None
        users = asked("usergroups.users.list", self._client.usergroups_users_list, usergroup=found)["users"]
        return tuple(f"{self.home()}/{user}" for user in users)

    def home(self) -> str:
        """The workspace of the token that is spoken with; asked once for each."""
        here = teams.here()
        if here not in self._homes:
            self._homes[here] = str(asked("auth.test", self._client.auth_test)["team_id"])
        return self._homes[here]

    def here(self) -> str:
        """The workspace that is spoken to, empty where there is only one; asks nobody."""
        return teams.here()
