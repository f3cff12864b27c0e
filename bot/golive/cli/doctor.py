"""`golive doctor`: what is configured, what is missing, and how to mend it; with --live, what the outside says too.

Add a question as one function that yields `Item`s, and its row in `QUESTIONS`. A question asks nothing of the network;
those that do live in `doctor_live`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from golive.cli.items import Item
from golive.cli.work import ENV_FILE
from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from golive.settings import Settings

COLOURS = {"ok": "green", "off": "yellow", "note": "yellow", "weak": "red", "missing": "red", "wrong": "red"}
"""Mark → its colour. `missing` and `wrong` keep the service from running; with `weak` it runs, and something fails."""
FOUND, CANNOT_RUN = 1, 3


@click.command()
@ENV_FILE
@click.option("--live", is_flag=True, help="Ask GitHub and Slack too, with the configured key and token.")
@click.option("--gate", is_flag=True, help="Look over a run of `golive gate`, which needs no server, instead.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object: what was found, each with its code and mend.")
def doctor(env_file: Path | None, live: bool, gate: bool, as_json: bool) -> None:
    """Say what is configured, what is missing, and how to mend it. GitHub alone is enough; Slack is optional.

    With --live, GitHub and Slack are asked whether webhooks arrive, permissions, events and scopes are granted, the bot is
    in its channels, policies are valid, and golive's check is required and pinned.

    Exits 0 when all is well, 1 when the service can run and something found with --live has to be mended, 3 when it cannot
    run. Nothing is changed anywhere.

    \b
    golive doctor --env-file golive.env --live
    """
    from golive import settings as all_settings
    from golive.wiring.stored_app import filled

    settings = all_settings.read(env_file)
    with suppress(Misconfigured):  # then its key is missing, and said to be
        settings = filled(settings)
    told = _Told(as_json)
    if gate:
        from golive.cli.doctor_gate import of_gate

        told.all(of_gate(all_settings.with_runner(settings, all_settings.runner())))
        sys.exit(told.end())
    told.all(item for question in QUESTIONS for item in question(settings))
    if live and not told.stopped:
        from golive.cli.doctor_live import asked

        told.all(asked(settings))
    elif live:
        told.say("GitHub and Slack were not asked: mend the above first.")
    sys.exit(told.end())


class _Told:
    """Tells items as they come, or all at once as JSON."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._items: list[Item] = []

    @property
    def stopped(self) -> bool:
        return any(item.stops for item in self._items)

    def all(self, items: Iterator[Item]) -> None:
        for item in items:
            self._items.append(item)
            self.say(f"{click.style(f'{item.mark:8}', fg=COLOURS[item.mark])}{item.what}: {item.words}")
            if item.mend:
                self.say(f"{'':8}  → {item.mend}")

    def say(self, text: str) -> None:
        if not self._as_json:
            click.echo(text)

    def end(self) -> int:
        """The last words, and the exit code."""
        ails = sum(item.ails for item in self._items)
        code = CANNOT_RUN if self.stopped else FOUND if ails else 0
        if self._as_json:
            click.echo(json.dumps({"exit": code, "found": [asdict(item) for item in self._items]}, indent=2))
        elif self.stopped:
            click.echo("golive cannot run like this.")
        elif ails:
            click.echo(f"golive can run, and {ails} of the above {'has' if ails == 1 else 'have'} to be mended.")
        else:
            click.echo("golive can run.")
        return code


def github_app(settings: Settings) -> Iterator[Item]:
    """The App's id and webhook secret."""
    make = (
        "`golive setup github` makes the App and writes it; without any, `golive serve` offers /setup in the browser."
    )
    if settings.github_app_id is None:
        yield Item("missing", "GOLIVE_GITHUB_APP_ID", f"the numeric id of the GitHub App. {make}")
    else:
        words = f"{settings.github_app_id}, comments come from {settings.github_app_slug}[bot]"
        yield Item("ok", "GOLIVE_GITHUB_APP_ID", words)
    if not settings.github_webhook_secret:
        yield Item("missing", "GOLIVE_GITHUB_WEBHOOK_SECRET", f"what GitHub signs its deliveries with. {make}")
    else:
        yield Item("ok", "GOLIVE_GITHUB_WEBHOOK_SECRET", "set")


def private_key(settings: Settings) -> Iterator[Item]:
    """The App's key: there, and a key."""
    name = "GOLIVE_GITHUB_PRIVATE_KEY"
    if settings.github_private_key is None and settings.github_private_key_file is not None:
        name += "_FILE"
    try:
        key = settings.github_key
    except Misconfigured as unreadable:
        yield Item("wrong", name, str(unreadable))
        return
    if not key:
        yield Item(
            "missing", name, "the App's private key, PEM. Make one on the App's page, or by `golive setup github`."
        )
        return
    yield _as_key(name, key)


def _as_key(name: str, key: str) -> Item:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        parsed = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return Item(
            "wrong", name, "this is no unencrypted PEM private key. Use the whole file that GitHub gave, or put "
            "its path into GOLIVE_GITHUB_PRIVATE_KEY_FILE.",
        )  # fmt: skip
    if not isinstance(parsed, RSAPrivateKey):
        return Item("wrong", name, "GitHub Apps sign with RSA keys; this is another kind. Make one on the App's page.")
    return Item("ok", name, f"an RSA key of {parsed.key_size} bits")


def slack(settings: Settings) -> Iterator[Item]:
    """Both of Slack's secrets, or none of them."""
    held: dict[str, object] = (  # with several workspaces each brings its own token
        {"GOLIVE_SLACK_CLIENT_ID": settings.slack_client_id} if settings.slack_many
        else {"GOLIVE_SLACK_BOT_TOKEN": settings.slack_bot_token}
    )  # fmt: skip
    if settings.slack_app_token and not settings.slack_signing_secret:  # heard by Socket Mode alone
        held["GOLIVE_SLACK_APP_TOKEN"] = settings.slack_app_token
    else:
        held["GOLIVE_SLACK_SIGNING_SECRET"] = settings.slack_signing_secret
    if not settings.slack_on:
        yield Item("off", "Slack", "not configured; GitHub alone is enough. `golive setup slack` turns it on.")
        return
    for name, value in held.items():
        if value:
            yield Item("ok", name, "set")
        else:
            yield Item("missing", name, "half of Slack is configured. Set this one too, or neither of the two.")
    yield from slack_people(settings)


def slack_people(settings: Settings) -> Iterator[Item]:
    """The file that says who is who."""
    if settings.linking:
        yield Item("ok", "linking", "people link themselves with `/golive link`")
    elif settings.slack_client_id or settings.slack_client_secret:
        yield Item("missing", "linking", "it needs the client id and the client secret of GitHub's App and of Slack's.")
    if settings.slack_people is None and settings.linking:
        return
    if settings.slack_people is None:
        yield Item(
            "note", "GOLIVE_SLACK_PEOPLE", "not set: nobody's word counts in Slack. Name a YAML file of Slack team and "
            "user ids with their GitHub logins, or set up linking.",
        )  # fmt: skip
        return
    from golive.wiring.service import People, utc_now

    nobody: Any = None  # reading the file asks neither the store nor GitHub
    try:
        people = People(settings.slack_people, nobody, nobody, utc_now).read()
    except Misconfigured as wrong:
        yield Item("wrong", "GOLIVE_SLACK_PEOPLE", str(wrong))
        return
    yield Item("ok" if people else "note", "GOLIVE_SLACK_PEOPLE", f"{len(people)} people in {settings.slack_people}")


def database(settings: Settings) -> Iterator[Item]:
    """Whether the database can be used, and has the tables of this version."""
    name = "GOLIVE_DATABASE_URL"
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        yield Item("wrong", name, "this is no database URL. For example sqlite:///golive.db or postgresql+psycopg://…")
        return
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        folder = Path(url.database or "").resolve().parent
        if folder.is_dir() and os.access(folder, os.W_OK):
            yield Item("ok", name, f"{url.database} is made when the service starts")
        else:
            yield Item("wrong", name, f"{folder} is not a folder that golive can write to. Make it, or name another.")
        return
    yield _reached(name, settings.database_url, url.render_as_string(hide_password=True))


def _reached(name: str, url: str, shown: str) -> Item:
    from golive.store.store import Store, Unavailable, engine_for
    from golive.wiring.service import utc_now

    try:
        store = Store(engine_for(url), utc_now)
    except ImportError as error:
        return Item("wrong", name, f"{shown} needs the package {error.name}. Install golive with the extra `postgres`.")
    try:
        with store.engine.connect():
            pass
    except Unavailable as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        return Item("wrong", name, f"{shown} does not answer: {reason}. Start it, or name another.")
    try:
        counts = store.counts()
    except Unavailable:
        return Item("ok", name, f"{shown} answers; its tables are brought up to date when the service starts")
    finally:
        store.close()
    return Item("ok", name, f"{shown} answers: {counts['open_releases']} open releases, {counts['failing']} failing")


def addresses(settings: Settings) -> Iterator[Item]:
    """How golive is reached, and where it listens."""
    from urllib.parse import urlsplit

    from golive.cli.serve import address as listening
    from golive.wiring.manifests import LOOPBACK
    from golive.wiring.manifests import address as public

    try:
        host = urlsplit(public(settings.public_url, "it")).hostname
    except Misconfigured as wrong:
        yield Item("wrong", "GOLIVE_PUBLIC_URL", str(wrong))
    else:
        if host in LOOPBACK:
            words = f"{settings.public_url} is this machine alone: GitHub cannot reach it. Set the address that it can."
            yield Item("note", "GOLIVE_PUBLIC_URL", words)
        else:
            words = f"{settings.public_url}, webhooks go to {settings.public_url.rstrip('/')}/github/webhook"
            yield Item("ok", "GOLIVE_PUBLIC_URL", words)
    try:
        listening(settings.listen)
    except Misconfigured as wrong:
        yield Item("wrong", "GOLIVE_LISTEN", str(wrong))
    else:
        yield Item("ok", "GOLIVE_LISTEN", settings.listen)


QUESTIONS: tuple[Callable[[Settings], Iterator[Item]], ...] = (github_app, private_key, slack, database, addresses)
"""What is looked at, in the order in which it is told."""
