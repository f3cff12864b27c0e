"""`/github/webhook` and `/slack/*`: signed requests are kept and answered; everything else is refused with a reason."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

import structlog
from fastapi import APIRouter, Request, Response

from golive.ports import Delivery
from golive.web.metrics import Metrics
from golive.wiring.service import Golive

log = structlog.get_logger()

LARGEST = 25 * 1024 * 1024
"""Bytes; GitHub's own limit for a delivery."""


class _Refused(Exception):
    """Nothing is kept; the reason goes back in the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def doors(golive: Golive, metrics: Metrics) -> APIRouter:
    """The doors of one golive."""
    router = APIRouter()

    @router.post("/github/webhook")
    async def github(request: Request) -> Response:
        """GitHub's deliveries: HMAC-SHA256 over the raw body, by the App's webhook secret."""
        try:
            body = await _body(request)
            delivery = _github_delivery(golive, body, request.headers)
        except _Refused as refused:
            return _no(metrics, "github", refused.status, str(refused))
        try:
            new = await golive.inbox.keep(delivery)
        except Exception as error:
            _failed(metrics, "github", error)
            raise
        metrics.requests.labels("github", "kept" if new else "repeated").inc()
        return _answer(202, {"kept": delivery.id, "new": new})

    for path, kind in (("events", "event"), ("commands", "command"), ("interactions", "interaction")):
        router.add_api_route(f"/slack/{path}", _slack(golive, metrics, kind), methods=["POST"], name=f"slack {kind}")
    return router


def _slack(golive: Golive, metrics: Metrics, kind: str):  # type: ignore[no-untyped-def]  # FastAPI reads the inner types
    async def door(request: Request) -> Response:
        """Slack's deliveries, verified by Bolt."""
        if golive.slack is None:
            return _no(metrics, "slack", 404, "Slack is not configured here")
        try:
            body = await _body(request)
        except _Refused as refused:
            return _no(metrics, "slack", refused.status, str(refused))
        try:
            answered = await golive.slack(kind, body, dict(request.headers))
        except Exception as error:
            _failed(metrics, "slack", error)
            raise
        if answered.status >= 400:
            reason = json.loads(answered.body).get("error", "") if answered.body else ""
            return _no(metrics, "slack", answered.status, reason)
        metrics.requests.labels("slack", "repeated" if answered.repeated else "kept").inc()
        return Response(answered.body, answered.status, answered.headers)

    return door


def _github_delivery(golive: Golive, body: bytes, headers: Mapping[str, str]) -> Delivery:
    given = headers.get("x-hub-signature-256", "")
    if not given:
        raise _Refused(401, "the header X-Hub-Signature-256 is missing")
    wanted = "sha256=" + hmac.new(golive.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise _Refused(401, "the signature does not fit")
    event, identity = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
    if not event or not identity:
        raise _Refused(400, "the headers X-GitHub-Event and X-GitHub-Delivery must be there")
    if len(event) > 100 or len(identity) > 100:
        raise _Refused(400, "the headers X-GitHub-Event and X-GitHub-Delivery are too long")
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise _Refused(400, "the body must be JSON; set the webhook's content type to application/json") from None
    if not isinstance(parsed, dict):
        raise _Refused(400, "the body must be a JSON object")
    return Delivery("github", identity, event, body, golive.clock())


async def _body(request: Request) -> bytes:
    """The whole body, refused as soon as it is too large."""
    too_large = _Refused(413, "the body is larger than 25 MB")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:12]) > LARGEST:
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise too_large
        parts.append(part)
    return b"".join(parts)


def _no(metrics: Metrics, door: str, status: int, reason: str) -> Response:
    metrics.requests.labels(door, "repeated" if status == 409 else "refused").inc()
    log.warning("refused", door=door, status=status, reason=reason)
    return _answer(status, {"error": reason})


def _failed(metrics: Metrics, door: str, error: Exception) -> None:
    """It was not kept and is answered 5xx, so the sender sends it again."""
    metrics.requests.labels(door, "failed").inc()
    log.error("not kept", door=door, error=f"{type(error).__name__}: {error}")


def _answer(status: int, body: Mapping[str, object]) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")
