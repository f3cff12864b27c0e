"""One Slack workspace by settings, or several that installed the app by themselves: which it is, the settings decide.

With a bot token, everything belongs to its workspace. Without one, but with the app's client id and secret, workspaces
install the app at `/slack/install`, and are joined with accounts of the forge by `/golive connect`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from golive.core.model import Subject
from golive.engine.joins import Joins
from golive.githubapp.accounts import Accounts
from golive.githubapp.client import Clients
from golive.ports import Clock
from golive.settings import Settings
from golive.slackapp.installs import Install, InstallStore
from golive.slackapp.owners import SlackOwners
from golive.slackapp.teams import Token, Tokens, within
from golive.store.store import Store
from golive.store.workspaces import Workspaces
from golive.wiring import manifests, sealing

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
"""Where a workspace installs the app, and where Slack sends the browser back to; the manifest names the latter."""
_TEAM = re.compile(r"(?:^|[:/])(T[A-Z0-9]+)/")


@dataclass(frozen=True)
class Tenancy:
    """token: the one bot token, or what gives the token of the workspace spoken to.   of_team: of any workspace.

    within: speak to the workspace that a work subject belongs to, while it is worked.
    """

    token: str | Token
    of_team: Callable[[str], str]
    joins: Joins
    within: Callable[[str], AbstractContextManager[None]]
    install: Install | None = None


def tenancy(settings: Settings, store: Store, clients: Clients, host: str, clock: Clock) -> Tenancy:
    """Raises Misconfigured where tokens have to be sealed and there is nothing to seal them with."""
    if not settings.slack_many:
        token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
        return Tenancy(token, lambda team: token, Joins(store, host), lambda key: within(""))
    client_id = settings.slack_client_id or ""
    secret = settings.slack_client_secret.get_secret_value() if settings.slack_client_secret else ""
    here, kept, seal = settings.public_url.rstrip("/"), Workspaces(store), sealing.own(settings, make=True)
    tokens = Tokens(kept, seal, client_id, secret, settings.slack_api_url, clock, here + INSTALL)
    joins = Joins(store, host, SlackOwners(tokens.here, settings.slack_api_url), Accounts(clients), here + INSTALL)
    install = Install(
        InstallStore(kept, seal), kept, client_id, secret, manifests.asked_scopes(), settings.slack_api_url, here + REDIRECT,
        clock,
    )  # fmt: skip

    def spoken_to(key: str) -> AbstractContextManager[None]:
        if found := _TEAM.search(key):
            return within(found[1])
        try:
            return within(joins.team(Subject.parse(key)))
        except ValueError:
            return within("")

    return Tenancy(tokens.here, tokens.of, joins, spoken_to, install)
