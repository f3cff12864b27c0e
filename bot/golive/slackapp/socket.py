"""Socket Mode: Slack's requests over a websocket that we open, so that Slack needs no way to reach this server.

What comes in goes through the same `Door` as over HTTP, and is acknowledged only once it is kept. Slack counts what was
not acknowledged as not heard, and sends it again. Source: Slack's "Using Socket Mode".
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from golive.core.errors import Misconfigured
from golive.ports import Clock
from golive.slackapp.chat import TIMEOUT
from golive.slackapp.door import Answered, Door, unreadable
from golive.slackapp.teams import retry_after

log = structlog.get_logger()

HEARTBEAT = 10.0
"""Seconds between pings; a connection that does not answer one in half of that is given up."""
LONGEST_WAIT = 60.0
HELD = 10.0
"""Seconds after which a connection that ends is followed by another one at once."""
SLACK_WAITS = timedelta(seconds=3)
"""How long Slack waits for an answer to a command before it tells the person that there was none."""
KINDS = {"events_api": "event", "slash_commands": "command", "interactive": "interaction"}
"""Types of envelopes → kinds of the door; others are acknowledged and dropped."""


class Socket:
    """One connection to Slack at a time, kept open in a thread of its own. token: the app-level one (`xapp-…`).

    note: told whenever it is connected or not, in words that begin so.
    """

    def __init__(
        self, token: str, api_url: str, door: Door, clock: Clock, note: Callable[[str], None] = lambda said: None
    ) -> None:
        self._note = note
        self._token = token
        self._client = WebClient(base_url=api_url, timeout=TIMEOUT, retry_handlers=[])
        self._door = door
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None
        self.connected = threading.Event()
        """Set while Slack has greeted us on the present connection."""

    def start(self) -> None:
        """Connect, and stay connected until `stop`."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(ready,), name="slack-socket", daemon=True)
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Hang up. What was not acknowledged is Slack's to send again."""
        if self._thread is None or self._loop is None or self._running is None:
            return
        self._loop.call_soon_threadsafe(self._running.cancel)
        self._thread.join(timeout=30)
        self._thread = None

    def _work(self, ready: threading.Event) -> None:
        async def run() -> None:
            self._loop, self._running = asyncio.get_running_loop(), asyncio.current_task()
            ready.set()
            await self._stay()

        try:
            asyncio.run(run())
        except asyncio.CancelledError:
            pass
        finally:
            self.connected.clear()
            ready.set()

    async def _stay(self) -> None:
        """Connect again whenever a connection ends: at once where Slack asked for it, else after a growing pause."""
        failures = 0
        async with aiohttp.ClientSession() as session:
            while True:
                wait, begun = 0.0, time.monotonic()
                try:
                    async with session.ws_connect(await self._address(), heartbeat=HEARTBEAT) as connection:
                        greeted = await self._listen(connection)
                        failures = 0 if greeted and time.monotonic() - begun > HELD else failures + 1
                except SlackApiError as error:
                    failures += 1
                    wait = (retry_after(error) or timedelta()).total_seconds()
                    log.error("slack socket refused", why=_code(error), mend="Check GOLIVE_SLACK_APP_TOKEN.")
                except (aiohttp.ClientError, OSError, HTTPException, ValueError, TimeoutError) as error:
                    failures += 1
                    log.warning("slack socket not connected", error=f"{type(error).__name__}: {error}"[:200])
                finally:
                    self.connected.clear()
                if failures:
                    await self._noted("not connected")
                await asyncio.sleep(max(wait, _pause(failures)))

    async def _noted(self, how: str) -> None:
        """For whoever asks how it stands; where that cannot be noted, it does not matter."""
        try:
            await asyncio.to_thread(self._note, f"{how} since {self._clock():%Y-%m-%d %H:%M} UTC")
        except Exception as error:
            log.warning("slack socket not noted", error=f"{type(error).__name__}: {error}"[:200])

    async def _address(self) -> str:
        """A fresh address; each is good for one connection."""
        told = await asyncio.to_thread(self._client.apps_connections_open, app_token=self._token)
        return str(told["url"])

    async def _listen(self, connection: aiohttp.ClientWebSocketResponse) -> bool:
        """Hear one connection to its end; whether Slack greeted us on it."""
        greeted = False
        under_way: set[asyncio.Task[None]] = set()
        try:
            async for message in connection:
                told = _object(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
                if told.get("type") == "hello":
                    greeted = True
                    self.connected.set()
                    log.info("slack socket connected")
                    await self._noted("connected")
                elif told.get("type") == "disconnect":
                    log.info("slack socket is renewed", why=str(told.get("reason", ""))[:80])
                    break
                elif isinstance(told.get("envelope_id"), str):
                    task = asyncio.create_task(self._heard(connection, told))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
        finally:
            if under_way:  # what was heard is kept, and acknowledged while it can be
                await asyncio.wait(under_way, timeout=TIMEOUT)
        return greeted

    async def _heard(self, connection: aiohttp.ClientWebSocketResponse, envelope: Mapping[str, Any]) -> None:
        """Keep one envelope, then acknowledge it; what is not kept is not acknowledged."""
        try:
            answered = await self._kept(envelope)
        except Exception as error:
            log.error("not kept", door="slack", error=f"{type(error).__name__}: {error}")
            return
        if answered.status >= 400:
            log.warning("refused", door="slack", status=answered.status, reason=answered.body[:200])
        said: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if envelope.get("accepts_response_payload") and answered.status == 200 and (payload := _object(answered.body)):
            said["payload"] = payload
        try:
            await connection.send_str(json.dumps(said))
        except (aiohttp.ClientError, ConnectionError) as error:  # Slack sends it again, and it is known then
            log.info("not acknowledged", envelope=str(envelope["envelope_id"])[:80], error=str(error)[:200])

    async def _kept(self, envelope: Mapping[str, Any]) -> Answered:
        kind, payload, now = KINDS.get(str(envelope.get("type")), ""), envelope.get("payload"), self._clock()
        if not kind or not isinstance(payload, dict):
            return Answered(400, json.dumps({"error": "no such envelope is known here"}), {})
        body = _body(kind, payload)
        headers = {
            "x-slack-request-timestamp": str(int(_said_at(kind, payload, now).timestamp())),
            "x-slack-signature": "socket",
            "x-golive-id": f"socket:{_short(payload.get('trigger_id')) or _short(envelope.get('envelope_id'))}",
            "content-type": "application/json" if kind == "event" else "application/x-www-form-urlencoded",
        }
        if reason := unreadable(kind, body, headers):
            return Answered(400, json.dumps({"error": reason}), {})
        return await self._door.let_in(kind, body, headers)


def refused_token(token: str, api_url: str) -> str:
    """Why Slack gives no address for this app-level token, in words; empty where it gives one. Raises Misconfigured where
    Slack cannot be asked. Source: Slack's page of `apps.connections.open`."""
    client = WebClient(base_url=api_url, timeout=TIMEOUT, retry_handlers=[])
    try:
        client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        return _REFUSED.get(_code(error), f"Slack refuses it ({_code(error)})")
    except (OSError, HTTPException, ValueError) as error:
        raise Misconfigured(f"Slack does not answer ({type(error).__name__}).") from None
    return ""


_REFUSED = {
    "missing_scope": "it lacks the scope connections:write",
    "not_allowed_token_type": "it is no app-level token: those begin with xapp-",
    "invalid_auth": "Slack does not know it: it was revoked, or is of another app",
    "token_revoked": "it was revoked",
    "token_expired": "it has expired",
}


def _body(kind: str, payload: Mapping[str, Any]) -> bytes:
    """The payload as the same request over HTTP has it."""
    if kind == "event":
        return json.dumps(payload).encode()
    if kind == "interaction":
        return urlencode({"payload": json.dumps(payload)}).encode()
    return urlencode({name: str(value) for name, value in payload.items() if value is not None}).encode()


def _said_at(kind: str, payload: Mapping[str, Any], now: datetime) -> datetime:
    """When it was said. An envelope has no time of its own: a command is as old as Slack waits for an answer, so that it
    never counts for a revision that was shown while it was under way; a press has its own time, and names its revision."""
    if kind == "command":
        return now - SLACK_WAITS
    actions = payload.get("actions")
    told = (
        actions[0].get("action_ts") if isinstance(actions, list) and actions and isinstance(actions[0], dict) else None
    )
    try:
        return min(now, datetime.fromtimestamp(float(told), now.tzinfo)) if isinstance(told, str) else now
    except (ValueError, OverflowError, OSError):
        return now


def _short(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= 200 and value.isascii() and value.isprintable() else ""


def _object(text: object) -> dict[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _pause(failures: int) -> float:
    """Seconds before the next attempt: none after a connection that held, then 1, 2, 4 … 60, each ± a half at random."""
    return min(2.0 ** min(failures - 1, 10), LONGEST_WAIT) * (0.5 + random.random()) if failures else 0.0  # noqa: S311


def _code(error: SlackApiError) -> str:
    return str(error.response.get("error", "")) if hasattr(error.response, "get") else str(error)
