"""What a job of a workflow says to a golive server: it asks GitHub who it is, and sends that along. No secret is stored.

The token is made for one upload and lives for minutes. Add what a job can say as one function on `Server`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from golive.core.errors import Misconfigured

AUDIENCE = "golive"
WAIT_SECONDS = 60.0
"""How long a job waits for what became of what it said."""
FIRST_LOOK, LAST_LOOK = 0.5, 5.0
TRIES = 4
"""Times that an upload is sent, while the server says that it should be sent again."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PERMISSION = (
    "This job cannot prove which workflow's run it is: give it `permissions: {id-token: write}`. A job that runs the pull "
    "request's own code must not have it; hand its files over as an artifact. docs/runner.md shows both jobs."
)


class Server:
    """A golive server, as the job of a workflow reaches it. Raises Misconfigured with what to mend."""

    def __init__(self, address: str, wait: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
            raise Misconfigured(f"The server's address must begin with https://, or its token could be read: {address}")
        self._base = f"{address.rstrip('/')}/api/v1"
        self._wait = wait

    def report(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Send results of checks, and wait for what becomes of them."""
        return self._said("/results", sent)

    def sign(self, command: str, pull: int, sha: str) -> dict[str, Any]:
        """Say something about a sign-off as the person who started the run, and wait for what becomes of it."""
        return self._said("/sign-offs", {"command": command, "pull": pull, "sha": sha})

    def signed(self, pull: int) -> dict[str, Any]:
        """Who has signed, and who is missing."""
        return self._ask("GET", f"/sign-offs?pull={pull}")

    def _said(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        kept = self._ask("POST", path, body)
        until, pause = time.monotonic() + WAIT_SECONDS, FIRST_LOOK
        while True:
            came = self._ask("GET", f"{path}/{kept['id']}")
            if came["state"] != "waiting" or time.monotonic() > until:
                return came
            self._wait(pause)
            pause = min(2 * pause, LAST_LOOK)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        text = json.dumps(body).encode() if body is not None else None
        token = run_token()
        for attempt in range(TRIES):
            status, told = exchange(method, f"{self._base}{path}", token, text)
            if status != 503 or attempt == TRIES - 1:
                break
            self._wait(5.0 * (attempt + 1))
        if status >= 400 and "error" in told:
            raise Misconfigured(f"golive says: {told['error']}")
        if status not in (200, 202):
            raise Misconfigured(f"{self._base} does not answer like golive ({status}). Is the server's address right?")
        return told


def run_token() -> str:
    """A token by which GitHub says whose run this is; it is made for golive alone."""
    from golive.settings import RunToken

    asked = RunToken()
    if not asked.url or asked.token is None:
        raise Misconfigured(_PERMISSION)
    join = "&" if "?" in asked.url else "?"
    status, told = exchange("GET", f"{asked.url}{join}audience={AUDIENCE}", asked.token.get_secret_value())
    token = told.get("value")
    if status != 200 or not isinstance(token, str) or not token:
        raise Misconfigured(f"GitHub gave this job no token ({status}). {_PERMISSION}")
    return token


def exchange(method: str, url: str, token: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    """One request with a bearer token; status, and the object that came back (empty where none did)."""
    from golive.look.http import Http
    from golive.ports import Unreachable

    headers = {"Authorization": f"bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    try:
        answer = Http(allow=(urlsplit(url).hostname or "",)).request(
            method, url, headers=headers, body=body, writes=body is not None, follow_redirects=False,
            timeout=timedelta(seconds=30),
        )  # fmt: skip
    except Unreachable as unreachable:
        raise Misconfigured(f"{unreachable} Is the server's address right, and does this runner reach it?") from None
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = {}
    return answer.status, told if isinstance(told, dict) else {}


def became(came: dict[str, Any]) -> str:
    """What became of it, on one line for a log: what others wrote moves no cursor there, and is no workflow command."""
    from golive.render.escaping import fold

    return fold(f"golive: {came['state']}: {came['said']}", 2000)
