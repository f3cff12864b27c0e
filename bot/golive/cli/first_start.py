"""`golive serve` without an App: a code in the terminal, `/setup` in the browser, and then on with what came of it.

The listening socket stays open all the while, so that whoever asks in between waits and is not refused.
"""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from golive.settings import Settings

LAST_REQUESTS = 10
"""Seconds that open requests get to end."""


def set_up(settings: Settings, listener: socket.socket) -> bool:
    """Serve `/setup` until an App is kept; False where golive was told to stop before. Raises Misconfigured before serving."""
    import uvicorn

    from golive.store.store import Store
    from golive.store.work import ProcessLock, ServerLock
    from golive.web.setup import SETUP, Desk, create_setup_app
    from golive.wiring import sealing
    from golive.wiring.service import utc_now
    from golive.wiring.stored_app import keep

    store = Store.open(settings.database_url, utc_now)
    lock = ProcessLock(store.path) if store.path else ServerLock(store.engine)
    lock.acquire()
    try:
        sealing.own(settings, make=True)  # before anything exists on GitHub that could not be kept
        desk = Desk(utc_now)
        running: list[uvicorn.Server] = []
        made: list[bool] = []

        def done() -> None:
            made.append(True)
            running[0].should_exit = True

        app = create_setup_app(settings, desk, lambda one: keep(settings, store, one, utc_now), done)
        running.append(
            uvicorn.Server(
                uvicorn.Config(
                    app,
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    timeout_graceful_shutdown=LAST_REQUESTS,
                )
            )
        )
        with _until_told():
            click.echo(
                f"golive has no GitHub App yet. Open {settings.public_url.rstrip('/')}{SETUP} and give this code:\n"
                f"  {desk.code}\nIt works once, until {desk.until:%H:%M} UTC. Ctrl-C stops."
            )
            running[0].run(sockets=[listener.dup()])  # it closes what it is given
    finally:
        lock.release()
        store.close()
    return bool(made)


@contextlib.contextmanager
def _until_told() -> Iterator[None]:
    """Leave the block in order on SIGTERM and SIGINT: uvicorn raises the signal that stopped it once more when it is done."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = [(one, signal.signal(one, leave)) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield
    except SystemExit as left:
        if left.code:
            raise
    finally:
        for one, former in before:
            signal.signal(one, former)
