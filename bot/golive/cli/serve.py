"""`golive serve`: the service. Settings are read and refused first, the database is taken, then the doors open.

What the service does is joined in `wiring` and `web`; here is only its life: start, signals, stop.
"""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from golive.settings import Settings
    from golive.wiring.service import Golive

LAST_REQUESTS = 10
"""Seconds that open requests get to end after a stop was asked for."""
BACKLOG = 2048


@click.command()
@click.option(
    "--env-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PATH",
    help="Settings, one NAME=value a line.  [default: golive.env, where there is one]",
)  # fmt: skip
@click.option("--listen", metavar="HOST:PORT", help="Where to listen; instead of GOLIVE_LISTEN.")
def serve(env_file: Path | None, listen: str | None) -> None:
    """Run the service until it is told to stop (Ctrl-C or SIGTERM); then it ends what it is doing and leaves.

    It needs GOLIVE_GITHUB_APP_ID, GOLIVE_GITHUB_PRIVATE_KEY (or …_FILE) and GOLIVE_GITHUB_WEBHOOK_SECRET. With none of
    the three, it prints a code and serves /setup alone, where the App is made in the browser, and then goes on. Slack is
    off until its token and signing secret are set. What is missing is named before anything starts. The log goes to
    standard error, a JSON object a line, without secrets.

    \b
    golive serve --env-file golive.env --listen 0.0.0.0:8080
    """
    from golive import settings as all_settings
    from golive.cli import logs
    from golive.wiring.stored_app import filled, none_set

    settings = all_settings.read(env_file)
    if listen:
        settings = settings.model_copy(update={"listen": listen})
    _complete_but_for_the_app(settings)
    settings = filled(settings)
    with _listener(settings.listen) as listener:
        if none_set(settings):
            from golive.cli.first_start import set_up

            logs.configure(settings.log_level, settings.secrets_held())
            if not set_up(settings, listener):
                return  # told to stop
            settings = filled(settings)
        logs.configure(settings.log_level, [*settings.secrets_held(), settings.github_key or ""])
        _run(settings, listener)


def _complete_but_for_the_app(settings: Settings) -> None:
    """Refuse what cannot run. No App at all is another matter: it is kept in the database, or made in the browser."""
    from golive.wiring.stored_app import none_set

    missing = [one for one in settings.missing() if not (none_set(settings) and one.startswith("GOLIVE_GITHUB_"))]
    if missing:
        raise Misconfigured(
            "golive serve does not start, because these settings are missing:\n  " + "\n  ".join(missing)
            + "\nSet them in the environment or in golive.env; `golive setup` makes them, `golive doctor` checks them."
        )  # fmt: skip


def address(text: str) -> tuple[str, int]:
    """`HOST:PORT` → the two; an IPv6 address stands in brackets. Raises Misconfigured for anything else."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536 and host):
        raise Misconfigured(f"GOLIVE_LISTEN (or --listen) is {text!r}; expected HOST:PORT, for example 127.0.0.1:8080.")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _listener(text: str) -> socket.socket:
    """A listening socket, taken before anything else starts, so that a taken port is told in words."""
    host, port = address(text)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listener = socket.socket(family)
    except OSError as error:
        raise Misconfigured(
            f"golive cannot listen on {text}: {error}. Set GOLIVE_LISTEN to an address it has."
        ) from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"golive cannot listen on {text}: {error.strerror or error}. Stop what listens there, or set GOLIVE_LISTEN."
        ) from None
    return listener


def _run(settings: Settings, listener: socket.socket) -> None:
    """Start, serve, stop. A second golive on the same database is refused here, in words, before it serves anything."""
    import structlog
    import uvicorn

    from golive.web.app import create_app
    from golive.wiring import heap
    from golive.wiring.service import build

    log = structlog.get_logger()
    golive = build(settings)
    with _until_told(golive):
        golive.start()
        log.info("serving", listen=settings.listen, public_url=settings.public_url, slack=golive.slack is not None)
        app = create_app(golive, runs=False)
        heap.settle()
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False,
            timeout_graceful_shutdown=LAST_REQUESTS,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listener])
    log.info("stopped")


@contextlib.contextmanager
def _until_told(golive: Golive) -> Iterator[None]:
    """Leave the block in order on SIGTERM and SIGINT, and look at the work table again on SIGUSR1.

    uvicorn raises the signal that stopped it once more when it is done; it must not end the process before `stop`.
    """

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    def look_again(_signal: int, _frame: FrameType | None) -> None:
        golive.store.on_touch()

    before = [(one, signal.signal(one, leave)) for one in (signal.SIGTERM, signal.SIGINT)]
    before.append((signal.SIGUSR1, signal.signal(signal.SIGUSR1, look_again)))
    try:
        yield
    except SystemExit as left:
        if left.code:  # uvicorn could not start, and has logged why
            raise
    finally:
        golive.stop()
        for one, former in before:
            signal.signal(one, former)
