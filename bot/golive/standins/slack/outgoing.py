"""What Slack sends: events as signed JSON, commands and interactions as signed forms, and the events sent again.

Every delivery goes through the courier of `golive.standins.wire`. Add an event in the file where it happens; add a
way of sending here. Signing follows Slack's "verifying requests from Slack", version v0.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from golive.standins.slack.world import App, Json, World
from golive.standins.wire import Courier, Outgoing, Response

RETRIES = 3
"""How often Slack repeats an event that was not answered with a 2xx. Source: Slack's Events API documentation."""
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True)
class Sent(Outgoing):
    """A delivery and what it was about, so that its answer can be put where the person sees it.

    kind: `event`, `command`, `view_submission`, `block_suggestion` or another interaction's type.
    attempt: 0 for the first sending, 1-3 when repeated.
    """

    kind: str = ""
    by: str = ""
    channel: str = ""
    response_id: str = ""
    view_id: str = ""
    attempt: int = 0


class Sender:
    """Signs and queues. `signed_at` gives the request timestamp: receivers refuse one more than 5 minutes off."""

    def __init__(self, world: World, app: App, courier: Courier, signed_at: Callable[[], datetime]) -> None:
        self.world = world
        self.app = app
        self.courier = courier
        self.signed_at = signed_at
        self.failed: deque[tuple[Sent, str]] = deque()
        """Events that were not answered with a 2xx and may be repeated, with Slack's word for why."""

    def sign(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """The two headers that prove a body came from Slack; `timestamp` in seconds since 1970."""
        at = int(self.signed_at().timestamp()) if timestamp is None else timestamp
        digest = hmac.new(self.app.signing_secret.encode(), b"v0:%d:" % at + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}

    def _headers(self, body: bytes, content_type: str) -> dict[str, str]:
        return {"Content-Type": content_type, "User-Agent": USER_AGENT, **self.sign(body)}

    def event(self, event: Json, channel: str = "", team: str = "") -> None:
        """Send one event, if the app subscribed to it and has a URL for events. team: where it happened; the app's own."""
        if not self.app.events_url or not self.subscribed(event):
            return
        at = self.world.ts()
        body: Json = {
            "token": self.app.verification_token,
            "team_id": team or self.app.team_id,
            "api_app_id": self.app.id,
            "event": event | {"event_ts": event.get("event_ts", at)},
            "type": "event_callback",
            "event_id": self.world.mint("Ev"),
            "event_time": int(self.world.now().timestamp()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self.app.team_id,
                    "user_id": self.app.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"1-{event['type']}-{self.app.team_id}-{channel}",
        }
        self._put(Sent(self.app.events_url, {}, json.dumps(body).encode(), "event"), _JSON)

    def subscribed(self, event: Json) -> bool:
        """Whether the app asked for this event; messages are asked for by kind of channel (`message.channels`)."""
        if event["type"] != "message":
            return event["type"] in self.app.subscriptions
        suffix = {"channel": "channels", "group": "groups", "im": "im"}[event["channel_type"]]
        return f"message.{suffix}" in self.app.subscriptions

    def verify_events_url(self) -> None:
        """Ask the receiver to echo a challenge, as Slack does when a URL is entered."""
        body = {
            "token": self.app.verification_token,
            "challenge": self.world.mint("challenge"),
            "type": "url_verification",
        }
        self._put(Sent(self.app.events_url, {}, json.dumps(body).encode(), "url_verification"), _JSON)

    def command(self, fields: dict[str, str], sent: Sent) -> None:
        """Send a slash command."""
        self._put(replace(sent, body=urlencode(fields).encode()), _FORM)

    def interaction(self, payload: Json, sent: Sent) -> None:
        """Send a press, a submission or another interaction: a form with the one field `payload`."""
        self._put(replace(sent, body=urlencode({"payload": json.dumps(payload)}).encode()), _FORM)

    def _put(self, sent: Sent, content_type: str) -> None:
        if sent.url:
            self.courier.put(replace(sent, headers=self._headers(sent.body, content_type)))

    def note(self, sent: Sent, answer: Response) -> None:
        """Remember an event that failed, unless the receiver said not to repeat it or it was repeated enough."""
        told = {name.lower(): value for name, value in answer.headers.items()}
        if 200 <= answer.status < 300 or told.get("x-slack-no-retry") == "1" or sent.attempt >= RETRIES:
            return
        self.failed.append((sent, "http_error" if answer.status else "connection_failed"))

    def retry_failed(self) -> int:
        """Queue every failed event again, signed anew; returns how many. Slack waits 0, 1 and 5 minutes between."""
        repeated = 0
        while self.failed:
            sent, reason = self.failed.popleft()
            headers = self._headers(sent.body, _JSON)
            headers |= {"X-Slack-Retry-Num": str(sent.attempt + 1), "X-Slack-Retry-Reason": reason}
            self.courier.put(replace(sent, headers=headers, attempt=sent.attempt + 1))
            repeated += 1
        return repeated
