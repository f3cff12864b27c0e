"""A page on loopback that sends a person to GitHub with a manifest, and takes the code that they come back with.

It serves two paths and nothing else. The answer counts once, and only with the state that this page gave out.
"""

from __future__ import annotations

import hmac
import html
import json
import queue
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from golive.core.errors import Misconfigured

_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>golive: {title}</title></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""

_FORM = """<p>golive sends the App's description to GitHub, where you look at it and create the App.</p>
<form method="post" action="{action}"><input type="hidden" name="manifest" value="{manifest}">
<button type="submit">Go on to GitHub</button></form>
<script nonce="{nonce}">document.forms[0].submit()</script>"""


class Reception(ThreadingHTTPServer):
    """The listener. `state`: the unguessable word that must come back with the code; `url`: its page."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Visit)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.state = secrets.token_urlsafe(32)
        self.register_url = ""
        self.manifest: dict[str, Any] = {}
        self.codes: queue.Queue[str] = queue.Queue()
        self._taking = threading.Lock()
        self._taken = False

    @property
    def redirect_url(self) -> str:
        """Where GitHub is to send the person back."""
        return self.url + "callback"

    def offer(self, register_url: str, manifest: dict[str, Any]) -> None:
        """What the page sends, and where to: GitHub's page for new Apps."""
        self.register_url, self.manifest = register_url, manifest

    def take(self, state: str, code: str) -> bool:
        """Take the code if the state is ours and this is the first time; False otherwise."""
        ours = hmac.compare_digest(state.encode(), self.state.encode())
        with self._taking:
            if not ours or self._taken or not _CODE.fullmatch(code):
                return False
            self._taken = True
        self.codes.put(code)
        return True


class _Visit(BaseHTTPRequestHandler):
    """One request of the person's browser."""

    server: Reception
    timeout = 10
    server_version = "golive"
    sys_version = ""

    def do_GET(self) -> None:
        """`/` is the page, `/callback` takes the code; anything else, and any other host name, is refused."""
        asked = urlsplit(self.path)
        if self.headers.get("Host") != urlsplit(self.server.url).netloc:  # a name that was rebound to loopback
            self._say(400, "Not here", "<p>Open the address that golive printed.</p>")
        elif asked.path == "/":
            self._form()
        elif asked.path == "/callback":
            self._callback(parse_qs(asked.query))
        else:
            self._say(404, "Nothing here", "<p>Open the address that golive printed.</p>")

    def _form(self) -> None:
        nonce = secrets.token_urlsafe(16)
        action = f"{self.server.register_url}?state={quote(self.server.state)}"
        body = _FORM.format(
            action=html.escape(action), manifest=html.escape(json.dumps(self.server.manifest)), nonce=nonce
        )
        self._say(200, "Create the GitHub App", body, script=f"'nonce-{nonce}'")

    def _callback(self, query: dict[str, list[str]]) -> None:
        if self.server.take(query.get("state", [""])[0], query.get("code", [""])[0]):
            self._say(200, "The App is created", "<p>Go back to the terminal: golive goes on there.</p>")
        else:
            self._say(
                400,
                "This answer was not expected",
                "<p>It does not belong to the page that golive opened, or came a second time. Nothing was written. "
                "Go back to the terminal, and open the address that golive printed.</p>",
            )

    def _say(self, status: int, title: str, body: str, script: str = "'none'") -> None:
        content = _PAGE.format(title=title, body=body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {script}; frame-ancestors 'none'")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the request line of the callback holds the code."""


@contextmanager
def open_reception(port: int) -> Iterator[Reception]:
    """A listening page, closed at the end. port: 0 takes a free one. Raises Misconfigured where it is taken."""
    try:
        reception = Reception(port)
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise Misconfigured(f"Port {port} of 127.0.0.1 cannot be used: {why}. Choose another --port.") from None
    thread = threading.Thread(target=reception.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield reception
    finally:
        reception.shutdown()
        reception.server_close()
        thread.join(timeout=5)
