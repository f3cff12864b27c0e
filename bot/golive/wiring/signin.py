"""Builds the way on which people link themselves, where the settings hold what it needs. Paths of the web room are here."""

from __future__ import annotations

from golive.engine.link import Link
from golive.githubapp.client import Clients
from golive.githubapp.signin import SignIn as GitHubSignIn
from golive.ports import Clock
from golive.settings import Settings
from golive.slackapp.signin import SignIn as SlackSignIn
from golive.slackapp.teams import Token
from golive.store.store import Store

LINK, FROM_SLACK, FROM_GITHUB = "/link", "/signin/slack", "/signin/github"
"""Where a link leads, and where Slack and GitHub send the browser back to; the manifests name the latter two."""


def linking(settings: Settings, store: Store, clients: Clients, clock: Clock, token: str | Token = "") -> Link | None:
    """The way from `/golive link` to a link, or None where the operator's file is the only one."""
    held = settings.linking
    if held is None or not token:
        return None
    github_id, github_secret, slack_id, slack_secret = held
    here = settings.public_url.rstrip("/")
    slack = SlackSignIn(slack_id, slack_secret, token, settings.slack_api_url, here + FROM_SLACK, clock)
    github = GitHubSignIn(clients, github_id, github_secret, settings.github_web, here + FROM_GITHUB)
    return Link(store, slack, github, clock, f"{here}{LINK}/")
