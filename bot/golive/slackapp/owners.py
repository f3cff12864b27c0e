"""Whether somebody owns or administers a Slack workspace, as `users.info` says it now."""

from __future__ import annotations

from golive.core.errors import Gone
from golive.core.joining import ChatStanding
from golive.slackapp.chat import asked
from golive.slackapp.people import ELSEWHERE, NOBODY, flaw_of
from golive.slackapp.teams import Token, client, within


class SlackOwners:
    """`engine.joins.ChatStandings`. Raises what `SlackChat` raises."""

    def __init__(self, token: Token, api_url: str) -> None:
        self._client = client(token, api_url)

    def standing(self, team: str, user: str) -> ChatStanding:
        """What the workspace in which they asked says of them. An account that lives elsewhere owns nothing here."""
        with within(team):
            try:
                told = asked("users.info", self._client.users_info, user=user)["user"]
            except Gone:
                return ChatStanding(team, flaw=NOBODY)
        lives = str(told.get("team_id") or team)
        flaw = flaw_of(told) or (ELSEWHERE if lives != team else "")
        owns = any(told.get(mark) is True for mark in ("is_admin", "is_owner", "is_primary_owner"))
        return ChatStanding(lives, owns and not flaw, flaw)
