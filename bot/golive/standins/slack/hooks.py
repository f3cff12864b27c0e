"""Incoming webhooks: an address per channel that takes a message from whoever knows it, and answers `ok`.

Source: Slack's "Sending messages using incoming webhooks": `ok` as plain text, and the errors `no_service` (404),
`invalid_payload` (400), `no_text` (400) and 429 with `Retry-After`.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from golive.standins.slack.connecting import Connecting
from golive.standins.slack.world import Json
from golive.standins.wire import Request, Response, route


class Hooks(Connecting):
    """Slack with webhooks."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.hooked: dict[str, list[Json]] = {}
        """Path of each webhook → what was said by it, oldest first."""

    def add_webhook(self) -> str:
        """A new webhook; returns its address."""
        path = f"/services/{self.app.team_id}/B{secrets.token_hex(4).upper()}/{secrets.token_hex(12)}"
        self.hooked[path] = []
        return f"{self.web}{path}"

    @route("POST", "/services/{team}/{bot}/{key}", "incoming webhook")
    def hook(self, request: Request, **_: str) -> Response:
        """Say it."""
        if waiting := self._limits.get("incoming webhook"):
            return Response(429, b"rate_limited", {"retry-after": str(waiting.pop(0))})
        if request.path not in self.hooked:
            return Response(404, b"no_service", {"content-type": "text/html"})
        try:
            said = json.loads(request.body)
        except ValueError:
            return Response(400, b"invalid_payload", {"content-type": "text/html"})
        if not isinstance(said, dict) or not (said.get("text") or said.get("blocks")):
            return Response(400, b"no_text", {"content-type": "text/html"})
        self.hooked[request.path].append(said)
        return Response(200, b"ok", {"content-type": "text/html"})
