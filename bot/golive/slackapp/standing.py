"""What Slack says of our app: its scopes, and whether it is in a channel. Only `golive doctor` asks."""

from __future__ import annotations

from collections.abc import Iterable

from golive.slackapp.chat import SlackChat


class SlackStanding:
    """Asks with the bot's token. Raises what `SlackChat` raises."""

    def __init__(self, token: str, api_url: str) -> None:
        self._chat = SlackChat(token, api_url)
        self._channels: dict[str, bool] | None = None

    def whoami(self) -> tuple[str, str, str, frozenset[str]]:
        """Our user, the team's name and id, and the scopes that the token has.

        Scopes stand in a header of every answer. Source: Slack's "Permission scopes".
        """
        told, headers = self._chat.tested()
        scopes = headers.get("x-oauth-scopes", "")
        granted = frozenset(one.strip() for one in scopes.split(",") if one.strip())
        return str(told.get("user", "?")), str(told.get("team", "?")), str(told.get("team_id", "?")), granted

    def within(self, channel: str) -> bool | None:
        """Whether the bot is in a channel, `#name` or id; None where there is no such channel that it can see."""
        if self._channels is None:
            self._channels = dict(self._chat.channels())
        return self._channels.get(channel)

    @staticmethod
    def lacking(wanted: Iterable[str], granted: frozenset[str]) -> tuple[str, ...]:
        """The scopes that are asked for and not granted."""
        return tuple(sorted(set(wanted) - granted))
