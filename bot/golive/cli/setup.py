"""`golive setup`: from nothing to an App on GitHub and an app in Slack, from the manifests that golive ships.

Add a surface by adding its manifest under templates/manifests and one command here. A command says what it is about to
write, waits for a yes, and ends with the next steps.
"""

from __future__ import annotations

import json
import queue
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from golive.cli import envfile, manifests
from golive.cli.reception import Reception, open_reception
from golive.core.errors import Misconfigured

# A code can be exchanged for one hour. Source: GitHub's documentation, "Registering a GitHub App from a manifest".
CODE_LIVES = timedelta(hours=1)
NAME_LIMIT = 34


@dataclass(frozen=True)
class Registered:
    """What GitHub gives for a code, once. `html_url`: the App's public page."""

    app_id: int
    slug: str
    html_url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)


@click.group()
def setup() -> None:
    """Create the GitHub App and the Slack app that golive works through."""


@setup.command("github")
@click.option("--public-url", required=True, metavar="URL", help="Where GitHub and people reach this golive; https.")
@click.option("--org", metavar="LOGIN", help="Create the App in this organisation; without it, in your own account.")
@click.option("--name", metavar="NAME", help="The App's name, unique on GitHub.  [default: golive or golive-ORG]")
@click.option("--github-url", default="https://github.com", show_default=True, metavar="URL", help="GitHub itself.")
@click.option("--api-url", metavar="URL", help="GitHub's API; found from --github-url when left out.")
@click.option("--out", default="golive.env", show_default=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--force", is_flag=True, help="Renew the App's lines in an existing file; its former text is kept.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Port of the page on 127.0.0.1; 0: any free one."
)
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def github(
    public_url: str, org: str | None, name: str | None, github_url: str, api_url: str | None, out: Path, force: bool,
    port: int, no_browser: bool, yes: bool,
) -> None:  # fmt: skip
    """Create the GitHub App from its manifest, and write its id, key and secret to a file only you can read.

    A page on this machine sends the manifest to GitHub; you look at it there and create the App; GitHub sends you back
    with a code, which golive exchanges for the key. Nothing is written before you have said yes.
    """
    public_url = manifests.address(public_url, "--public-url")
    github_url = manifests.address(github_url, "--github-url")
    api_url = manifests.address(api_url, "--api-url") if api_url else _api_of(github_url)
    name = _app_name(name, org)
    envfile.check_place(out, force=force)
    with open_reception(port) as reception:
        manifest = manifests.github_app(name=name, public_url=public_url, redirect_url=reception.redirect_url)
        owner = f"/organizations/{quote(org, safe='')}" if org else ""
        reception.offer(f"{github_url}{owner}/settings/apps/new", manifest)
        code = _receive(reception, browser=not no_browser)
    app = exchange(api_url, code)
    _write(app, out, _settings(app, public_url, github_url, api_url), force=force, yes=yes)


@setup.command("slack")
@click.option("--public-url", required=True, metavar="URL", help="Where Slack reaches this golive; https.")
def slack(public_url: str) -> None:
    """Print the Slack app's manifest with your address filled in; the next steps go to standard error.

    `golive setup slack --public-url https://golive.example.org > slack-app.yml` keeps the manifest alone.
    """
    click.echo(manifests.slack_app(public_url=manifests.address(public_url, "--public-url")), nl=False)
    click.echo(
        "\nNext:\n"
        "  1. On Slack's page of your apps: Create New App, From a manifest, and paste the text above.\n"
        "  2. Install it to the workspace. Put the Bot User OAuth Token into GOLIVE_SLACK_BOT_TOKEN, and the Signing\n"
        "     Secret of Basic Information into GOLIVE_SLACK_SIGNING_SECRET.\n"
        "  3. Say who is who: put Client ID and Client Secret of Basic Information into GOLIVE_SLACK_CLIENT_ID and\n"
        "     GOLIVE_SLACK_CLIENT_SECRET, and people link themselves with `/golive link`; or write a YAML file of Slack\n"
        "     people and GitHub logins, named by GOLIVE_SLACK_PEOPLE.\n"
        "  4. Invite the bot to the channel of your policy (/invite @golive), then run `golive doctor`.",
        err=True,
    )


def exchange(api_url: str, code: str) -> Registered:
    """Exchange the code for the App's id, key and secret; a code works once.

    Raises Misconfigured where GitHub refuses or cannot be reached. Source: `POST /app-manifests/{code}/conversions`.
    """
    request = urllib.request.Request(  # noqa: S310  # `manifests.address` let only https and loopback through
        f"{api_url}/app-manifests/{quote(code, safe='')}/conversions",
        method="POST",
        headers={
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "golive-setup",
        },
    )
    again = "Run `golive setup github` again; an App that was created meanwhile can be deleted on GitHub."
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            body = json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise Misconfigured(
            f"GitHub did not exchange the code (status {error.code}). It works once, for one hour. {again}"
        ) from None
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{api_url} gave no usable answer: {type(error).__name__}. {again}") from None
    return _registered(body, again)


def _registered(body: Any, again: str) -> Registered:
    wanted = {"id": int, "slug": str, "html_url": str, "pem": str, "webhook_secret": str, "client_id": str,
              "client_secret": str}  # fmt: skip
    absent = [key for key, kind in wanted.items() if not isinstance(body, dict) or not isinstance(body.get(key), kind)]
    if absent:  # names only: the body holds the key
        raise Misconfigured(f"GitHub's answer lacks {', '.join(absent)}. {again}")
    return Registered(
        body["id"], body["slug"], body["html_url"], body["pem"], body["webhook_secret"], body["client_id"],
        body["client_secret"],
    )  # fmt: skip


def _app_name(name: str | None, org: str | None) -> str:
    chosen = name or (f"golive-{org}" if org else "golive")
    if len(chosen) > NAME_LIMIT:
        raise Misconfigured(
            f"{chosen!r} has {len(chosen)} characters; GitHub takes {NAME_LIMIT}. Choose one with --name."
        )
    return chosen


def _api_of(github_url: str) -> str:
    """GitHub's own API stands on its own host; GitHub Enterprise Server's under `/api/v3` of the server."""
    return "https://api.github.com" if github_url == "https://github.com" else f"{github_url}/api/v3"


def _receive(reception: Reception, *, browser: bool) -> str:
    click.echo(f"Open {reception.url} in a browser on this machine, and create the App there. (Ctrl-C stops.)")
    if browser:
        webbrowser.open(reception.url)
    try:
        return reception.codes.get(timeout=CODE_LIVES.total_seconds())
    except queue.Empty:
        raise Misconfigured("Nobody came back from GitHub within an hour. Run `golive setup github` again.") from None


def _settings(app: Registered, public_url: str, github_url: str, api_url: str) -> dict[str, str]:
    values = {
        "GOLIVE_GITHUB_APP_ID": str(app.app_id),
        "GOLIVE_GITHUB_APP_SLUG": app.slug,
        "GOLIVE_GITHUB_PRIVATE_KEY": app.private_key,
        "GOLIVE_GITHUB_WEBHOOK_SECRET": app.webhook_secret,
        "GOLIVE_GITHUB_CLIENT_ID": app.client_id,
        "GOLIVE_GITHUB_CLIENT_SECRET": app.client_secret,
        "GOLIVE_PUBLIC_URL": public_url,
    }
    if api_url != "https://api.github.com":
        values["GOLIVE_GITHUB_API_URL"] = api_url
    if github_url != "https://github.com":
        values["GOLIVE_GITHUB_WEB_URL"] = github_url
    return values


def _write(app: Registered, out: Path, values: Mapping[str, str], *, force: bool, yes: bool) -> None:
    click.echo(f"\nThe App {app.slug} exists. golive will write {out}, readable by you alone:")
    for name, value in values.items():
        click.echo(f"  {name}={envfile.masked(name, value)}")
    undo = f"The App stays on GitHub ({app.html_url}): delete it there, or give it a new key and secret by hand."
    if not yes and not _agreed():
        raise Misconfigured(f"Nothing was written, and the key is forgotten. {undo}")
    try:
        kept = envfile.write(out, values, force=force)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{out} could not be written: {error}. {undo}") from None
    except Misconfigured as error:
        raise Misconfigured(f"{error} {undo}") from None
    if kept:
        click.echo(f"The former text is kept in {kept}.")
    click.echo(
        f"\nWrote {out}. Next:\n"
        f"  1. Install the App on your repositories: {app.html_url}/installations/new\n"
        "  2. In each repository, protect the release's base branch and require the check `golive` of this App.\n"
        "  3. Commit a policy to .github/golive.yml; `golive validate` checks it first.\n"
        "  4. `golive doctor` says what is still missing; `golive serve` starts."
    )


def _agreed() -> bool:
    try:
        return click.confirm("Write it?")
    except click.Abort:  # the end of the input, or Ctrl-C: not a yes
        click.echo("")
        return False
