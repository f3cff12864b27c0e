"""A world whose golive dies where a test says, as SIGKILL would have it, and is started again from its file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlmodel import Session

from golive.standins.wire import Request, Response
from world import World


class Crash(BaseException):
    """Nothing catches it but the test: what a SIGKILL leaves behind is what was committed before."""


class Boundaries:
    """Counts boundaries as they go by and crashes at the one that was chosen, once."""

    def __init__(self, chosen: int) -> None:
        self.chosen = chosen
        self.passed = 0
        self.names: list[str] = []
        self.armed = True

    def here(self, name: str) -> None:
        if not self.armed or threading.current_thread() is not threading.main_thread():
            return
        self.passed += 1
        self.names.append(name)
        if self.passed == self.chosen:
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


class MortalWorld(World):
    """A world whose bot may die while it works, and is then started again from its file."""

    boundaries: Boundaries

    def settle(self) -> None:
        while True:
            try:
                return super().settle()
            except Crash:
                self.kill()
                self.start()

    def kill(self) -> None:
        """As SIGKILL would: no goodbye, open transactions are gone."""
        assert self.golive is not None
        assert self.client is not None
        self.golive.store.engine.dispose()
        self.golive.inbox.stop()
        self.client.__exit__(None, None, None)
        self.golive = self.client = None


@contextmanager
def mortal(world: MortalWorld, boundaries: Boundaries) -> Iterator[None]:
    """Count the boundaries of this world: before and after whatever is written to GitHub, to Slack, to golive's own file."""

    def before(_session: Session) -> None:
        boundaries.here("before commit")

    def after(_session: Session) -> None:
        boundaries.here("after commit")

    world.github.interceptors.insert(0, boundaries.outgoing)
    world.slack.interceptors.insert(0, boundaries.outgoing)
    event.listen(Session, "before_commit", before)
    event.listen(Session, "after_commit", after)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", before)
        event.remove(Session, "after_commit", after)
