"""`golive setup`: from nothing to an App on GitHub and an app in Slack, from the manifests that golive ships.

Add a surface by adding its manifest under templates/manifests and one command here. A command says what it is about to
write, waits for a yes, and ends with the next steps.
"""

from __future__ import annotations

import queue
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import click

from golive.cli import envfile
from golive.cli.reception import Reception, open_reception
from golive.core.errors import Misconfigured
from golive.core.forges import PUBLIC_WEB, api_of, new_app_page, places
from golive.wiring import manifests, newapp

AGAIN = "Run `golive setup github` again."


@click.group()
def setup() -> None:
    """Create the GitHub App and the Slack app that golive works through."""


@setup.command("github")
@click.option("--public-url", required=True, metavar="URL", help="Where GitHub and people reach this golive; https.")
@click.option("--org", metavar="LOGIN", help="Create the App in this organisation; without it, in your own account.")
@click.option("--name", metavar="NAME", help="The App's name, unique on GitHub.  [default: golive or golive-ORG]")
@click.option(
    "--github-url",
    envvar="GOLIVE_GITHUB_WEB_URL",
    metavar="URL",
    help="GitHub itself; found from --api-url when left out.  [default: https://github.com]",
)
@click.option(
    "--api-url",
    envvar="GOLIVE_GITHUB_API_URL",
    metavar="URL",
    help="GitHub's API; found from --github-url when left out.",
)
@click.option("--out", default="golive.env", show_default=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--force", is_flag=True, help="Renew the App's lines in an existing file; its former text is kept.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Port of the page on 127.0.0.1; 0: any free one."
)
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def github(
    public_url: str, org: str | None, name: str | None, github_url: str | None, api_url: str | None, out: Path,
    force: bool, port: int, no_browser: bool, yes: bool,
) -> None:  # fmt: skip
    """Create the GitHub App from its manifest, and write its id, key and secret to a file only you can read.

    A page on this machine sends the manifest to GitHub; you look at it there and create the App; GitHub sends you back
    with a code, which golive exchanges for the key. Nothing is written before you have said yes.
    """
    public_url = manifests.address(public_url, "--public-url")
    github_url, api_url = _where(github_url, api_url)
    name = newapp.app_name(name or "", org or "", "--name")
    envfile.check_place(out, force=force)
    with open_reception(port) as reception:
        manifest = manifests.github_app(name=name, public_url=public_url, redirect_url=reception.redirect_url)
        reception.offer(new_app_page(github_url, quote(org or "", safe="")), manifest)
        code = _receive(reception, browser=not no_browser)
    app = newapp.exchange(api_url, code, AGAIN)
    _write(app, out, app.settings(public_url, github_url, api_url), force=force, yes=yes)


@setup.command("slack")
@click.option("--public-url", required=True, metavar="URL", help="Where Slack reaches this golive; https.")
@click.option("--socket", is_flag=True, help="For Socket Mode: golive connects to Slack, and Slack needs no way to it.")
def slack(public_url: str, socket: bool) -> None:
    """Print the Slack app's manifest with your address filled in; the next steps go to standard error.

    `golive setup slack --public-url https://golive.example.org > slack-app.yml` keeps the manifest alone.
    """
    click.echo(manifests.slack_app(public_url=manifests.address(public_url, "--public-url"), socket=socket), nl=False)
    click.echo(
        "\nNext:\n"
        "  1. On Slack's page of your apps: Create New App, From a manifest, and paste the text above.\n"
        "  2. Install it to the workspace. Put the Bot User OAuth Token into GOLIVE_SLACK_BOT_TOKEN, and the Signing\n"
        + (
            "     Secret of Basic Information into GOLIVE_SLACK_SIGNING_SECRET.\n"
            if not socket
            else "     Secret is not needed. Under Basic Information, App-Level Tokens, make one with connections:write, and\n"
            "     put it into GOLIVE_SLACK_APP_TOKEN.\n"
        )
        + "  3. Say who is who: put Client ID and Client Secret of Basic Information into GOLIVE_SLACK_CLIENT_ID and\n"
        "     GOLIVE_SLACK_CLIENT_SECRET, and people link themselves with `/golive link`; or write a YAML file of Slack\n"
        "     people and GitHub logins, named by GOLIVE_SLACK_PEOPLE.\n"
        "  4. Invite the bot to the channel of your policy (/invite @golive), then run `golive doctor`.",
        err=True,
    )


def _where(github_url: str | None, api_url: str | None) -> tuple[str, str]:
    """GitHub's pages and its API; either follows from the other, and both from neither."""
    github_url = manifests.address(github_url, "--github-url") if github_url else None
    api_url = manifests.address(api_url, "--api-url") if api_url else api_of(github_url or PUBLIC_WEB)
    return github_url or places(api_url).web, api_url


def _receive(reception: Reception, *, browser: bool) -> str:
    click.echo(f"Open {reception.url} in a browser on this machine, and create the App there. (Ctrl-C stops.)")
    if browser:
        webbrowser.open(reception.url)
    try:
        return reception.codes.get(timeout=newapp.CODE_LIVES.total_seconds())
    except queue.Empty:
        raise Misconfigured("Nobody came back from GitHub within an hour. Run `golive setup github` again.") from None


def _write(app: newapp.Registered, out: Path, values: Mapping[str, str], *, force: bool, yes: bool) -> None:
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
