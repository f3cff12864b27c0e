"""The stand-in itself: one workspace with one app installed, the switches of a test, and what can be read afterwards.

    slack = Slack(events_url="http://127.0.0.1:8000/slack/events")
    mina = slack.add_user("mina")
    slack.add_channel("#releases", members=[mina])
    served = serve(slack.asgi); slack.web = served.url
    WebClient(slack.bot_token, base_url=f"{served.url}/api/")

Methods of the Web API live in chat, conversations, people and views; people's acts in acting; pages in pages.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from golive.standins.slack.installing import Installing
from golive.standins.slack.outgoing import Sender
from golive.standins.slack.world import App, Channel, Clock, Ephemeral, Message, Team, User, UserGroup, View, World
from golive.standins.wire import Courier, Exchange

SCOPES = (
    "app_mentions:read channels:history channels:join channels:read chat:write commands dnd:read groups:history groups:read "
    "im:history "
    "im:read im:write links:read links:write reactions:read reactions:write team:read usergroups:read users:read "
    "users:read.email"
)
SUBSCRIPTIONS = "app_home_opened app_mention app_uninstalled link_shared reaction_added reaction_removed tokens_revoked"
KEPT_REQUESTS = 20_000


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class Slack(Installing):
    """A Slack to build and test against.

    clock: the time of messages, triggers and response_urls. signed_at: the time in signatures; the wall clock when
    not given, because receivers compare it with theirs. web: where the stand-in itself is reached, without a trailing
    slash. The three URLs are where the app listens; what has no URL is not sent.
    """

    def __init__(
        self,
        clock: Clock = _wall_clock,
        *,
        team_id: str = "T0ACME",
        team_domain: str = "acme",
        app_id: str = "A0GOLIVE",
        app_name: str = "golive",
        bot_user_id: str = "U0GOLIVE",
        bot_token: str = "",
        signing_secret: str = "",
        events_url: str = "",
        commands_url: str = "",
        interactions_url: str = "",
        scopes: Iterable[str] = tuple(SCOPES.split()),
        subscriptions: Iterable[str] = tuple(SUBSCRIPTIONS.split()),
        signed_at: Clock = _wall_clock,
        web: str = "http://127.0.0.1",
    ) -> None:
        world = World(clock)
        app = App(
            id=app_id,
            name=app_name,
            team_id=team_id,
            bot_user_id=bot_user_id,
            bot_id=f"B{bot_user_id[1:]}",
            bot_token=bot_token or f"xoxb-{secrets.token_hex(16)}",
            signing_secret=signing_secret or secrets.token_hex(16),
            verification_token=secrets.token_hex(12),
            scopes=frozenset(scopes),
            subscriptions=frozenset(subscriptions),
            events_url=events_url,
            commands_url=commands_url,
            interactions_url=interactions_url,
        )
        self.courier = Courier()
        super().__init__(world, app, Sender(world, app, self.courier, signed_at), web)
        self.courier.told.append(self.answered)
        self.requests: deque[Exchange] = deque(maxlen=KEPT_REQUESTS)
        self.observers.append(self.requests.append)
        self.suggestions = deque(maxlen=1000)
        self.unfurl_domains = set()
        world.teams[team_id] = Team(team_id, team_domain, team_domain.title())
        bot = User(bot_user_id, app_name, app_name, "UTC", team_id, "", is_bot=True, bot_id=app.bot_id)
        world.users[bot_user_id] = bot

    @property
    def bot_token(self) -> str:
        """The token the app uses."""
        return self.app.bot_token

    @property
    def signing_secret(self) -> str:
        """The secret with which every delivery is signed."""
        return self.app.signing_secret

    def listen(self, *, events: str = "", commands: str = "", interactions: str = "") -> None:
        """Say where the app listens, once that is known; an empty one stays as it was."""
        self.app.events_url = events or self.app.events_url
        self.app.commands_url = commands or self.app.commands_url
        self.app.interactions_url = interactions or self.app.interactions_url

    def sign(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """Slack's two signature headers for a body; `timestamp` in seconds since 1970, now when not given."""
        return self.sender.sign(body, timestamp)

    def retry_failed(self) -> int:
        """Queue the events that were not answered with a 2xx again; returns how many."""
        with self.lock:
            return self.sender.retry_failed()

    def add_team(self, team_id: str, domain: str) -> str:
        """Another workspace, for people who come in through a shared channel."""
        self.world.teams[team_id] = Team(team_id, domain, domain.title())
        return team_id

    def add_user(
        self,
        name: str,
        *,
        real_name: str | None = None,
        tz: str = "Europe/Berlin",
        email: str | None = None,
        is_restricted: bool = False,
        is_bot: bool = False,
        team_id: str | None = None,
        is_admin: bool = False,
        is_owner: bool = False,
    ) -> str:
        """A person (or another bot); returns the id. A `team_id` other than the app's is another workspace."""
        with self.lock:
            home = team_id or self.app.team_id
            if home not in self.world.teams:
                self.add_team(home, home.lower())
            made = self.world.mint("U")
            address = f"{name}@{self.world.teams[home].domain}.example" if email is None else email
            user = User(made, name, real_name or name.title(), tz, home, address, is_restricted, is_bot)
            user.bot_id = self.world.mint("B") if is_bot else ""
            user.is_admin, user.is_owner = is_admin, is_owner
            self.world.users[made] = user
            return made

    def add_channel(
        self, name: str, members: Iterable[str] = (), bot_member: bool = True, *, private: bool = False
    ) -> str:
        """A channel with these people (ids or names) in it; returns the id."""
        with self.lock:
            people = [self.world.user(member).id for member in members]
            people += [self.app.bot_user_id] if bot_member else []
            created = int(self.world.now().timestamp())
            kind = "group" if private else "channel"
            made = Channel(self.world.mint("C"), name.removeprefix("#"), kind, people, created)
            self.world.channels[made.id] = made
            return made.id

    def archive(self, channel: str) -> None:
        """Archive a channel: nobody can post there."""
        self.world.channel(channel).archived = True

    def add_usergroup(self, handle: str, members: Iterable[str], *, name: str = "") -> str:
        """A user group; returns the id."""
        with self.lock:
            people = [self.world.user(member).id for member in members]
            made = UserGroup(self.world.mint("S"), handle.removeprefix("@"), name or handle, people)
            self.world.usergroups[made.id] = made
            return made.id

    def messages(self, channel: str) -> list[Message]:
        """What stands in a channel, oldest first; replies are in their threads."""
        with self.lock:
            return list(self.world.channel(channel).standing)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A thread: the root, then its replies, oldest first."""
        with self.lock:
            root = self.world.message(self.world.channel(channel), ts)
            return [root, *root.replies]

    @property
    def ephemerals(self) -> list[Ephemeral]:
        """Everything only one person sees, and what they were answered; deleted ones are left out."""
        with self.lock:
            return [said for said in self.world.ephemerals if not said.deleted]

    def ephemerals_for(self, user: str) -> list[Ephemeral]:
        """What only this person sees, oldest first."""
        who = self.world.user(user).id
        return [said for said in self.ephemerals if said.user == who]

    @property
    def views(self) -> dict[str, View]:
        """Every view ever shown, by id; `open` says whether it still is."""
        return dict(self.world.views)

    def modal(self, user: str) -> View | None:
        """The modal a person has before them."""
        with self.lock:
            return next(reversed(list(self.world.open_views(self.world.user(user).id))), None)

    def home(self, user: str) -> View | None:
        """A person's home tab, once published."""
        return self.world.views.get(self.world.homes.get(self.world.user(user).id, ""))

    def calls(self, method: str) -> list[Mapping[str, Any]]:
        """The arguments of every accepted call of one Web API method, oldest first."""
        with self.lock:
            return [given for name, given in self.called if name == method]
