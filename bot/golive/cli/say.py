"""`golive say`: say something about a release from a terminal, as yourself, through a running service's API.

It knows no verb by itself: what `core.command` reads and the service takes can be said. A question is a GET, and answered
from what the service last saw.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import click

from golive.core.errors import Misconfigured, NotUnderstood

REFUSED, WAITS = 1, 4
WAIT_SECONDS = 30
"""How long it waits for what becomes of a word."""
FIRST_LOOK, LAST_LOOK = 0.2, 3.0
"""Seconds between two looks at it; each look is twice as long as the one before."""
_RELEASE = re.compile(r"([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)#([0-9]+)")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@click.command()
@click.argument("release")
@click.argument("words", nargs=-1, required=True)
@click.option("--server", envvar="GOLIVE_SERVER", metavar="URL", help="The service; or set GOLIVE_SERVER.")
@click.option("--sha", default="", help="The commit you mean; by default the head that golive shows now.")
@click.option("--json", "as_json", is_flag=True, help="Print what the service answered.")
def say(release: str, words: tuple[str, ...], server: str | None, sha: str, as_json: bool) -> None:
    """Say WORDS about RELEASE: what `/golive` takes in a comment. Your GITHUB_TOKEN says who you are.

    Ends with 0 when it was taken, 1 when it was refused, 4 when golive has not come to it yet, 3 when it could not be said.

    \b
    golive say acme/shop#7 approve qa ran the smoke tests
    golive say acme/shop#7 hold waiting for the DBA
    golive say acme/shop#7 status
    """
    from golive.core.command import VERBS, help_text, parse

    if not (found := _RELEASE.fullmatch(release)):
        raise NotUnderstood(f"Name the release like acme/shop#7, not “{release[:80]}”.")
    command = parse(" ".join(words), in_chat=False)
    if command.verb == "help":
        click.echo(help_text(command.text))
        return
    if command.verb == "list":
        raise NotUnderstood("`list` is asked on the pull request or in Slack; here a release is named: use `status`.")
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    base = f"{_address(server, token)}/api/v1/releases/{found[1]}/{found[2]}"
    told = _ask("GET", base, token)
    if VERBS[command.verb].asks:
        click.echo(json.dumps(told, indent=1) if as_json else _standing(told))
        return
    body = {"command": " ".join(words), "sha": sha or told["head_sha"]}
    kept = _ask("POST", f"{base}/words", token, body)
    came = _wait(f"{base}/words/{kept['word']}", token)
    click.echo(json.dumps({**came, "sha": body["sha"]}) if as_json else _became(came, body["sha"]))
    sys.exit({"taken": 0, "waiting": WAITS}.get(came["state"], REFUSED))


def _address(server: str | None, token: str) -> str:
    """The service's address without a slash at its end. A token goes over TLS, or stays on this machine."""
    if not server or not token:
        raise Misconfigured("Set GOLIVE_SERVER to the service's address, and GITHUB_TOKEN to your own token.")
    parts = urlsplit(server)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise Misconfigured(f"GOLIVE_SERVER must begin with https://, or your token would be read on its way: {server}")
    return server.rstrip("/")


def _standing(told: dict[str, Any]) -> str:
    lines = [_shown(told["headline"])]
    for row in told["release"].get("reasons", ()):
        lines.append(f"  {_shown(row['sentence'])}" + (f" → {_shown(row['clears'])}" if row.get("clears") else ""))
    return "\n".join(lines)


def _became(came: dict[str, Any], sha: str) -> str:
    """What became of a word, for people; which commit it was about is part of it."""
    said = f"{came['state']}: {came['said']}" if came["state"] == "waiting" else came["said"]
    return "\n".join([_shown(said), f"Commit {sha[:12]}. {_shown(came.get('headline', ''))}".rstrip()])


def _shown(text: object) -> str:
    """One line for a terminal: what others wrote moves no cursor there."""
    from golive.render.escaping import fold

    return fold(str(text), 1000)


def _wait(url: str, token: str) -> dict[str, Any]:
    until, pause = time.monotonic() + WAIT_SECONDS, FIRST_LOOK
    while True:
        came = _ask("GET", url, token)
        if came["state"] != "waiting" or time.monotonic() > until:
            return came
        time.sleep(pause)
        pause = min(2 * pause, LAST_LOOK)


def _ask(method: str, url: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    from golive.look.http import Http
    from golive.ports import Unreachable

    sent = json.dumps(body).encode() if body is not None else None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    server = urlsplit(url).hostname or ""
    elsewhere = Misconfigured(f"{url} does not answer like golive. Is GOLIVE_SERVER right?")
    try:
        answer = Http(allow=(server,)).request(
            method, url, headers=headers, body=sent, writes=body is not None, follow_redirects=False
        )
        told = json.loads(answer.body)
    except Unreachable as unreachable:
        raise Misconfigured(f"{unreachable} Is GOLIVE_SERVER right?") from None
    except ValueError:
        raise elsewhere from None
    if not isinstance(told, dict):
        raise elsewhere
    if answer.status >= 400 and "error" in told:
        raise Misconfigured(str(told["error"]))
    if answer.status not in (200, 202):
        raise elsewhere
    return told
