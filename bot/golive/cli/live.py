"""What GitHub and Slack themselves say of the configured App: the part of `golive doctor` that --live adds.

Add a question as one function that yields `Item`s, and its call in `asked`. Only reads are sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from golive.cli import manifests
from golive.cli.items import Item
from golive.core.errors import GoliveError
from golive.githubapp.client import Api, Clients
from golive.settings import Settings
from golive.slackapp.chat import SlackChat

LEVELS = ("none", "read", "write", "admin")
"""Permissions, weakest first. Source: GitHub's documentation of App permissions."""


def asked(settings: Settings) -> Iterator[Item]:
    """Every answer; a service that does not answer is an item too."""
    try:
        yield from github(settings)
    except GoliveError as error:
        yield Item("wrong", "GitHub", str(error))
    if settings.slack_on:
        try:
            yield from slack(settings)
        except GoliveError as error:
            yield Item("wrong", "Slack", str(error))


def github(settings: Settings) -> Iterator[Item]:
    """Is the key this App's, where is it installed, and may it do what it does there?"""
    assert settings.github_app_id is not None  # noqa: S101  # asked about before
    api = Clients(
        settings.github_app_id, settings.github_key or "", settings.github_api_url, settings.github_write_pause
    ).app()
    app = api.get("/app")
    if app["slug"] != settings.github_app_slug:
        yield Item(
            "wrong", "GOLIVE_GITHUB_APP_SLUG", f"the App's slug is {app['slug']}, the setting says "
            f"{settings.github_app_slug}. Set it to {app['slug']}, or golive does not know its own comments.",
        )  # fmt: skip
    else:
        yield Item("ok", "GitHub App", f"{app['slug']} ({settings.github_api_url}), the key fits")
    yield from _webhook(api, settings)
    wanted = manifests.github_app(name=app["name"], public_url=settings.public_url, redirect_url=settings.public_url)
    yield from _events(app, wanted["default_events"])
    installations = list(api.pages("/app/installations"))
    if not installations:
        yield Item("note", "Installations", f"none yet. Install the App: {app['html_url']}/installations/new")
    for one in installations:
        yield _installed(one, wanted["default_permissions"])


def _webhook(api: Api, settings: Settings) -> Iterator[Item]:
    url = api.get("/app/hook/config").get("url", "")
    wanted = f"{settings.public_url.rstrip('/')}/github/webhook"
    if url == wanted:
        yield Item("ok", "GitHub webhook", url)
    else:
        yield Item("note", "GitHub webhook", f"GitHub sends to {url or 'nowhere'}; this golive expects {wanted}.")


def _events(app: dict[str, Any], wanted: list[str]) -> Iterator[Item]:
    unheard = sorted(set(wanted) - set(app.get("events", ())))
    if unheard:
        yield Item("note", "GitHub events", f"not subscribed: {', '.join(unheard)}. Tick them on the App's page.")
    else:
        yield Item("ok", "GitHub events", "all that golive reads")


def _installed(one: dict[str, Any], wanted: dict[str, str]) -> Item:
    name = f"Installation on {one['account']['login']}"
    if one.get("suspended_at"):
        return Item("note", name, "suspended: golive does nothing there")
    granted = one.get("permissions", {})
    short = [
        f"{what}: {level} (has {granted.get(what, 'none')})" for what, level in wanted.items()
        if LEVELS.index(granted.get(what, "none")) < LEVELS.index(level)
    ]  # fmt: skip
    if short:
        return Item("wrong", name, f"permissions lack {'; '.join(short)}. Grant them on the App's page, then accept.")
    return Item("ok", name, f"all permissions, {one.get('repository_selection', 'selected')} repositories")


def slack(settings: Settings) -> Iterator[Item]:
    """Is the token a bot's, and of which workspace?"""
    assert settings.slack_bot_token is not None  # noqa: S101  # asked about before
    told = SlackChat(settings.slack_bot_token.get_secret_value(), settings.slack_api_url).whoami()
    yield Item("ok", "Slack", f"{told.get('user', '?')} in {told.get('team', '?')} ({told.get('team_id', '?')})")
