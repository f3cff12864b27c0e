"""A world whose golive dies where a test says, as SIGKILL would have it, and is started again from its file.

It is also the world that is played often: its doors are called without a server between, and its file is as durable as
this process and no more (`durable=True` makes it as it is in production); what a killed golive leaves is the same.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event

from golive.settings import Settings
from golive.standins.wire import Request, Response
from golive.web.doors import doors
from golive.web.metrics import Metrics
from golive.wiring.service import Golive
from oncedialect import listeners, once
from world import World

Message = MutableMapping[str, Any]


class Crash(BaseException):
    """Nothing catches it but the test: what a SIGKILL leaves behind is what was committed before."""


class Boundaries:
    """Counts boundaries as they go by and crashes at the one that was chosen, once."""

    def __init__(self, chosen: int) -> None:
        self.chosen = chosen
        self.passed = 0
        self.crashes = 0
        self.names: list[str] = []
        self.armed = True

    def here(self, name: str) -> None:
        if not self.armed or threading.current_thread() is not threading.main_thread():
            return
        self.passed += 1
        self.names.append(name)
        if self.passed == self.chosen:
            self.crashes += 1
            raise Crash(name)

    def outgoing(self, request: Request, call: Callable[[Request], Response]) -> Response:
        writes = request.method != "GET" and not request.path.endswith(
            ("access_tokens", ".list", ".history", ".replies")
        )
        if writes:
            self.here(f"before {request.method} {request.path}")
        response = call(request)
        if writes:
            self.here(f"after {request.method} {request.path}")
        return response


@dataclass(frozen=True)
class Answered:
    """What a door answered."""

    status_code: int
    content: bytes
    headers: dict[str, str]


class Doors:
    """An application called as a server would call it, in the calling thread."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()

    def __exit__(self, *_: object) -> None:
        self._loop.close()

    def post(self, path: str, content: bytes, headers: dict[str, str]) -> Answered:
        """Send one request and wait for the answer, and for whatever the door does after it."""
        return self._loop.run_until_complete(self._post(path, content, headers))

    async def _post(self, path: str, content: bytes, headers: dict[str, str]) -> Answered:
        told: list[Message] = []
        given = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        given += [(b"host", b"golive.test"), (b"content-length", str(len(content)).encode())]
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": given, "client": ("127.0.0.1", 50000), "server": ("golive.test", 80),
        }  # fmt: skip
        coming: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Message:
            return coming.pop() if coming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            told.append(message)

        await self._app(scope, receive, send)
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        body = b"".join(message.get("body", b"") for message in told[1:])
        return Answered(told[0]["status"], body, {k.decode(): v.decode() for k, v in told[0]["headers"]})


class MortalWorld(World):
    """A world whose bot may die while it works, and is then started again from its file. turns: how many it took."""

    def __init__(self, *arguments: Any, durable: bool = False, **options: Any) -> None:
        self.durable = durable
        self.turns = 0
        self._settings: Settings | None = None
        super().__init__(*arguments, **options)
        self.began.append(self._count)

    def opened(self, golive: Golive) -> Any:
        return super().opened(golive) if self.sockets else Doors(self._doors(golive))

    @staticmethod
    def _doors(golive: Golive) -> FastAPI:
        """The application without its pages: to make all of it takes as long as a turn, and it is made very often."""
        app = FastAPI(openapi_url=None)
        app.include_router(doors(golive, Metrics(golive.store)))
        return app

    def settings(self) -> Settings:
        if self._settings is None:
            self._settings = super().settings()
        here = {"database_url": once(self.folder / "golive.db")} | (
            {"slack_people": self.folder / "people.yml"} if self.use_slack else {}
        )
        return self._settings.model_copy(update=here)

    def start(self, *, wakes: bool = True) -> None:
        super().start(wakes=wakes)
        assert self.golive is not None
        engine = self.golive.store.engine
        if not self.durable:
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
            self.golive.store.close()  # the connections of its start are durable

    def _count(self, _subject: str) -> None:
        self.turns += 1

    def settle(self) -> None:
        while True:
            try:
                return super().settle()
            except Crash:
                self.kill()
                self.start()

    def restart(self) -> None:
        """Stop and start; one that dies while it starts is started once more."""
        try:
            super().restart()
        except Crash:
            self.kill()
            self.start()

    def kill(self) -> None:
        """As SIGKILL would: no goodbye, open transactions are gone."""
        assert self.golive is not None
        self.golive.store.close()
        self.golive.inbox.stop()
        if self.client is not None:  # it may die before its doors are open
            self.client.__exit__(None, None, None)
        self.golive = self.client = None


@contextmanager
def mortal(world: MortalWorld, boundaries: Boundaries) -> Iterator[None]:
    """Count the boundaries of this world: before and after whatever is written to GitHub, to Slack, to golive's own file."""
    world.github.interceptors.insert(0, boundaries.outgoing)
    world.slack.interceptors.insert(0, boundaries.outgoing)
    listeners.append(boundaries.here)
    try:
        yield
    finally:
        listeners.remove(boundaries.here)


class Mortal:
    """A mortal world that a story goes through (`again.Chapters`), the number of its release, and the boundaries it passes."""

    def __init__(self, world: MortalWorld) -> None:
        self.world, self.number, self.boundaries = world, 0, Boundaries(0)
        world.github.interceptors.insert(0, self.boundaries.outgoing)
        world.slack.interceptors.insert(0, self.boundaries.outgoing)

    def came_back(self) -> None:
        """Its world goes on somewhere else: nothing has to be seen again."""

    def seen(self) -> Sequence[str]:
        """The boundaries."""
        return self.boundaries.names

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While commits are seen, too."""
        listeners.append(self.boundaries.here)
        try:
            yield
        finally:
            listeners.remove(self.boundaries.here)
