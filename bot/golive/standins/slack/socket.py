"""Socket Mode of the stand-in: a real websocket on loopback, over which deliveries go as envelopes and wait for their ack.

    socket = SocketServer(slack)
    slack.courier.post = socket.post        # from now on nothing goes over HTTP
    slack.app_token                         # what `apps.connections.open` asks for

Source: Slack's "Using Socket Mode": `hello`, the three kinds of envelopes, `disconnect` with its reasons, and an ack by
`envelope_id`. What nobody acknowledges within the time is answered as if nobody had listened.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from golive.standins.slack.outgoing import Sent
from golive.standins.slack.standin import Slack
from golive.standins.wire import Outgoing, Response

ACK_WITHIN = 3.0
"""Seconds; as long as Slack waits for any answer."""
_PATHS = {"event": "events_api", "command": "slash_commands"}


class SocketServer:
    """Listens at once; `stop` ends it. acks: what was acknowledged, `(envelope id, payload)`, oldest first."""

    def __init__(self, slack: Slack, ack_within: float = ACK_WITHIN) -> None:
        self.slack = slack
        self.acks: deque[tuple[str, Any]] = deque(maxlen=1000)
        self.envelopes: deque[dict[str, Any]] = deque(maxlen=1000)
        self.greets = True
        self._within = ack_within
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._acked: dict[str, asyncio.Future[Any]] = {}
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="standin-socket")
        self._thread.start()
        self.url = str(asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10))
        slack.socket_url = self.ticket

    def ticket(self) -> str:
        """A new address, good for one connection."""
        made = secrets.token_hex(8)
        self._tickets.add(made)
        return f"{self.url}/link/?ticket={made}"

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def post(self, outgoing: Outgoing) -> Response:
        """Send one delivery over an open connection; status 0 where there is none, or nobody acknowledged it in time."""
        return asyncio.run_coroutine_threadsafe(self._sent(outgoing), self._loop).result(self._within + 10)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to connect anew, as Slack does every few hours."""
        said = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "standin"}})
        asyncio.run_coroutine_threadsafe(self._tell(said), self._loop).result(10)

    def drop(self) -> None:
        """Cut every connection without a word."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    def stop(self) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _serve(self) -> str:
        app = web.Application()
        app.router.add_get("/link/", self._linked)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"ws://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _linked(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401)
        self._tickets.discard(ticket)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        if self.greets:
            hello = {"type": "hello", "num_connections": len(self._open) + 1,
                     "connection_info": {"app_id": self.slack.app.id}}  # fmt: skip
            await connection.send_str(json.dumps(hello))
        self._open.append(connection)
        try:
            async for message in connection:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))
        finally:
            self._open.remove(connection)
        return connection

    def _acknowledged(self, told: dict[str, Any]) -> None:
        envelope = str(told.get("envelope_id", ""))
        self.acks.append((envelope, told.get("payload")))
        if (waiting := self._acked.get(envelope)) is not None and not waiting.done():
            waiting.set_result(told.get("payload"))

    async def _sent(self, outgoing: Outgoing) -> Response:
        if not self._open:
            return Response(0)
        envelope = _envelope(outgoing)
        waiting = self._acked[envelope["envelope_id"]] = self._loop.create_future()
        self.envelopes.append(envelope)
        try:
            await self._open[-1].send_str(json.dumps(envelope))
            payload = await asyncio.wait_for(waiting, self._within)
        except (TimeoutError, ConnectionError):
            return Response(0)
        finally:
            del self._acked[envelope["envelope_id"]]
        return Response.of(200, payload) if payload else Response(200)

    async def _tell(self, said: str) -> None:
        for connection in list(self._open):
            await connection.send_str(said)

    async def _cut(self) -> None:
        cut = list(self._open)
        for connection in cut:
            if connection._req is not None and connection._req.transport is not None:
                connection._req.transport.abort()
        while any(connection in self._open for connection in cut):
            await asyncio.sleep(0.005)

    async def _end(self) -> None:
        await self._cut()
        if self._runner is not None:
            await self._runner.cleanup()


def _envelope(outgoing: Outgoing) -> dict[str, Any]:
    """A delivery over HTTP as an envelope: the same payload, without a signature."""
    kind = outgoing.kind if isinstance(outgoing, Sent) else ""
    attempt = outgoing.attempt if isinstance(outgoing, Sent) else 0
    made: dict[str, Any] = {"envelope_id": secrets.token_hex(16), "type": _PATHS.get(kind, "interactive")}
    if kind == "event":
        made |= {"payload": json.loads(outgoing.body), "accepts_response_payload": False, "retry_attempt": attempt}
        return made | {"retry_reason": "timeout" if attempt else ""}
    form = dict(parse_qsl(outgoing.body.decode(), keep_blank_values=True))
    made["payload"] = form if kind == "command" else json.loads(form["payload"])
    return made | {"accepts_response_payload": True}
