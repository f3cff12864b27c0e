"""Slack's requests: verified by Slack's own library, kept by one Bolt middleware, and nothing else happens here.

Bolt sees signed requests alone: its parsers raise, and it answers URL and TLS probes before any middleware of ours.
A Bolt listener would run in memory after the acknowledgement and be lost with the process; so there are none.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier

from golive.ports import Clock, Delivery
from golive.slackapp.forms import Forms

Keep = Callable[[Delivery], Awaitable[bool]]


@dataclass(frozen=True)
class Answered:
    """What the door sends back. repeated: it was kept before."""

    status: int
    body: str
    headers: dict[str, str]
    repeated: bool = False


class _Seconds(SlackClock):
    """golive's clock as Slack's library asks for it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock().timestamp()


class Door:
    """Behind `/slack/events`, `/slack/commands` and `/slack/interactions`; `kind` says which."""

    def __init__(self, signing_secret: str, bot_token: str, keep: Keep, clock: Clock) -> None:
        self._keep = keep
        self._clock = clock
        self._signed = bool(signing_secret)
        signing_secret = signing_secret or secrets.token_hex(32)

        async def authorize(enterprise_id: str | None, team_id: str | None, **_: Any) -> AuthorizeResult:
            # Bolt would ask Slack who we are; a door needs no network
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token)

        self._bolt = AsyncApp(  # without a name Bolt reads the source of the whole call stack to find one
            name="golive", signing_secret=signing_secret, authorize=authorize, request_verification_enabled=False,
            ignoring_self_events_enabled=False,
        )  # fmt: skip
        self._verifier = SignatureVerifier(signing_secret, _Seconds(clock))
        self.forms: Forms | None = None
        self._bolt.middleware(self._kept)

    async def __call__(self, kind: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Answer one request: 200 kept (or kept before), 409 the same signed request again, 4xx refused with a reason.

        Raises what `keep` raises; then nothing is kept.
        """
        if not self._signed:  # an empty secret is one that everybody knows
            return _refused(404, "Slack is heard by Socket Mode alone here")
        if reason := unreadable(kind, body, headers):
            return _refused(400, reason)
        timestamp, signature = headers["x-slack-request-timestamp"], headers["x-slack-signature"]
        if not (signature.isascii() and self._verifier.is_valid(body, timestamp, signature)):
            return _refused(401, "the signature does not fit, or the request is older than five minutes")
        return await self.let_in(kind, body, {**headers, "x-golive-id": f"{timestamp}:{signature}"})

    async def let_in(self, kind: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Keep what is known to come from Slack, and answer it. Raises what `keep` raises; then nothing is kept.

        headers: `x-slack-request-timestamp`, when it was said, and `x-golive-id`, the same for the same request again.
        """
        try:
            request = AsyncBoltRequest(body=body.decode(), headers={**headers, "x-golive-kind": kind})
        except Exception:  # Bolt looks into the body at once, and trusts its shape
            return _refused(400, "the body is not as Slack sends it")
        response = await self._bolt.async_dispatch(request)
        if failed := request.context.get("golive_failed"):
            raise failed
        if response.status >= 500:  # Bolt tripped over it before it came to `_kept`, and has logged why
            return _refused(400, "the body is not as Slack sends it")
        sent = {name: values[0] for name, values in response.headers.items()}
        return Answered(response.status, response.body, sent, request.context.get("golive_repeated", False))

    async def _kept(self, req: AsyncBoltRequest) -> BoltResponse:
        kind = req.headers["x-golive-kind"][0]
        timestamp, identity = req.headers["x-slack-request-timestamp"][0], req.headers["x-golive-id"][0]
        is_event = kind == "event"
        event = req.body.get("event")
        delivery = Delivery(
            source="slack", id=(is_event and _name(req.body.get("event_id"))) or identity,
            kind=(is_event and isinstance(event, dict) and _name(event.get("type"))) or kind,
            body=req.raw_body.encode(), received_at=self._clock(),
            said_at=datetime.fromtimestamp(int(timestamp), UTC),
        )  # fmt: skip
        forms = self.forms if kind == "interaction" else None
        try:
            wrong = await forms.refused(req.body, delivery.said_at or delivery.received_at) if forms else None
            new = wrong is None and await self._keep(delivery)
        except Exception as failed:  # Bolt would swallow it and answer by itself
            req.context["golive_failed"] = failed
            return BoltResponse(status=503, body="")
        if wrong is not None:
            return BoltResponse(status=200, body=json.dumps(wrong), headers={"content-type": "application/json"})
        if new and forms:
            await forms.open(req.body, delivery.id)
        req.context["golive_repeated"] = not new
        if new or is_event:
            return BoltResponse(status=200, body="")
        return BoltResponse(status=409, body=json.dumps({"error": "this very request was already received"}))


def _name(value: object) -> str:
    """A short plain text as it is, "" for anything else: it becomes part of a key."""
    return value if isinstance(value, str) and len(value) <= 100 and value.isascii() and value.isprintable() else ""


def unreadable(kind: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Why Bolt could not even read it; checked before Bolt, whose parsers raise."""
    timestamp = headers.get("x-slack-request-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "the header X-Slack-Request-Timestamp must be a whole number of seconds"
    if not headers.get("x-slack-signature"):
        return "the header X-Slack-Signature is missing"
    try:
        text = body.decode()
        if kind == "event":
            parsed = json.loads(text)
        elif kind == "interaction":
            parsed = json.loads(parse_qs(text)["payload"][0])
        else:
            parsed = parse_qs(text, keep_blank_values=True)
            if not {"team_id", "user_id", "channel_id"} <= parsed.keys():
                return "the form must have team_id, user_id and channel_id"
    except (ValueError, KeyError, RecursionError):
        return "the body must be JSON" if kind == "event" else "the body must be a form as Slack sends it"
    if not isinstance(parsed, dict):
        return "the body must be a JSON object"
    return ""


def _refused(status: int, reason: str) -> Answered:
    return Answered(status, json.dumps({"error": reason}), {"content-type": "application/json"})
