"""`apps.connections.open`: an address for a websocket, for the app-level token alone.

Source: the method's page: an `xapp-` token with `connections:write`, `{"ok": true, "url": "wss://…"}`, and the errors
`not_allowed_token_type` and `invalid_auth`. The websocket itself is `socket.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from golive.standins.slack.api import Arguments
from golive.standins.slack.signin import SigningIn
from golive.standins.slack.world import Json, Refused
from golive.standins.wire import Request, Response, route


class Connecting(SigningIn):
    """Slack that can be reached by a websocket, where one was made (`socket.SocketServer`)."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.app_token = f"xapp-1-{secrets.token_hex(16)}"
        self.app_token_scopes = {"connections:write"}
        self.socket_url: Callable[[], str] | None = None

    @route("POST", "/api/apps.connections.open", "apps.connections.open")
    def connections_open(self, request: Request) -> Response:
        """An address, good for one connection."""

        def answer(_: object, __: Arguments) -> Json:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token and not token.startswith("xapp-"):
                raise Refused("not_allowed_token_type")
            if token != self.app_token:
                raise Refused("invalid_auth" if token else "not_authed")
            if "connections:write" not in self.app_token_scopes:
                raise Refused("missing_scope")
            if self.socket_url is None:
                raise Refused("internal_error")
            return {"url": self.socket_url()}

        return self.call("apps.connections.open", (), answer, request, token=False)
