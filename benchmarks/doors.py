"""Durable acknowledgements per second at GitHub's door: deliveries that wait share a commit, against one commit each.

    .venv/bin/python benchmarks/doors.py [--seconds 3] [--folder PATH]

The door runs in a process of its own, behind a real socket; so many clients send signed bodies of 21.6 KB one after the
other. Every row of the table ends with how many of the acknowledged deliveries are in the file, read from outside.
`no store` answers without keeping anything: what the rest of the door costs. Add a way of keeping as one row of `KEEPERS`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SECRET = "hook-secret"
BODY = json.dumps({"zen": "Design for failure.", "padding": "x" * 21_550}).encode()
CLIENTS = (1, 8, 32, 64)


# ------------------------------------------------------------------ the serving process


class OneCommitEach:
    """Keeps each delivery in a transaction of its own, in one thread, as SQLite has one writer."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1)

    async def keep(self, delivery: Any) -> bool:
        """Kept on disk when it returns."""
        loop = asyncio.get_running_loop()
        return bool((await loop.run_in_executor(self._thread, self._store.keep_all, [delivery]))[0])

    def stop(self) -> None:
        """Write what waits."""
        self._thread.shutdown()


class NoStore:
    """Keeps nothing."""

    async def keep(self, _delivery: Any) -> bool:
        """Not kept."""
        return True

    def stop(self) -> None:
        """Nothing waits."""


KEEPERS: dict[str, Callable[[Any], Any] | None] = {
    "shared commits": None,
    "one commit each": OneCommitEach,
    "no store": lambda _store: NoStore(),
}


def serve(keeper: str, database: str) -> None:
    """Serve the doors until standard input ends; the first line of standard output is the port."""
    from golive.settings import Settings
    from golive.standins.wire import serve as listen
    from golive.web.app import create_app
    from golive.wiring.service import build

    settings = Settings(
        _env_file=None,
        github_app_id=1,
        github_private_key="never used",
        github_webhook_secret=SECRET,
        github_api_url="http://127.0.0.1:9",
        database_url=f"sqlite:///{database}",
    )
    golive = build(settings)
    if made := KEEPERS[keeper]:
        golive.inbox = made(golive.store)
    served = listen(create_app(golive, runs=False))
    print(served.url.rpartition(":")[2], flush=True)
    sys.stdin.read()
    served.stop()
    golive.stop()


# ------------------------------------------------------------------ the measuring process


def request(name: str) -> bytes:
    """One signed delivery as bytes on the wire."""
    digest = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    head = (
        "POST /github/webhook HTTP/1.1\r\nhost: golive\r\ncontent-type: application/json\r\nx-github-event: ping\r\n"
        f"x-github-delivery: {name}\r\nx-hub-signature-256: sha256={digest}\r\ncontent-length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


def client(number: int, port: int, until: float, took: list[float]) -> None:
    """Send one delivery after the other; `took` gets the seconds from sending to the whole answer of each."""
    blank = request("NAME")
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent = 0
        while time.perf_counter() < until:
            sent += 1
            began = time.perf_counter()
            wire.sendall(blank.replace(b"NAME", b"%d-%d" % (number, sent), 1))
            answer = b""
            while not answer.endswith(b"}"):
                if not (part := wire.recv(65536)):
                    raise ConnectionError(f"the door hung up after {answer!r}")
                answer += part
            if b" 202 " not in answer[:20]:
                raise ConnectionError(f"the door said {answer!r}")
            took.append(time.perf_counter() - began)


def measure(keeper: str, clients: int, seconds: float, folder: str | None) -> tuple[float, float, float, str]:
    """(acknowledgements per second, median and 99th percentile in milliseconds, how many of them are on disk)."""
    with tempfile.TemporaryDirectory(prefix="golive-bench-", dir=folder) as scratch:
        database = str(Path(scratch) / "golive.db")
        command = [sys.executable, __file__, "--serve", keeper, "--database", database]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin
            assert server.stdout
            port = int(server.stdout.readline())
            took: list[float] = []
            client(-1, port, time.perf_counter() + 0.3, [])  # the first requests pay for what is loaded late
            began = time.perf_counter()
            threads = [threading.Thread(target=client, args=(n, port, began + seconds, took)) for n in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            spent = time.perf_counter() - began
            with sqlite3.connect(database) as other:
                (kept,) = other.execute("select count(*) from inbox where delivery not like '-1-%'").fetchone()
            other.close()
            server.stdin.close()
        took.sort()
        return (
            len(took) / spent, statistics.median(took) * 1000, took[int(len(took) * 0.99)] * 1000, f"{kept}/{len(took)}"
        )  # fmt: skip


def main() -> None:
    """Measure every way of keeping with every number of clients, and print one row each."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--seconds", type=float, default=3.0, help="how long each row is measured (default 3)")
    options.add_argument("--folder", help="where the database lies; its disk is what is measured (default: TMPDIR)")
    options.add_argument("--serve", choices=KEEPERS, help=argparse.SUPPRESS)
    options.add_argument("--database", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(given.serve, given.database)
        return
    print(
        f"Signed deliveries of {len(BODY) / 1000:.1f} KB, SQLite with WAL and synchronous=FULL, {given.seconds:g} s a row"
    )
    print(f"{'kept with':<17}{'clients':>8}{'acks/s':>9}{'median ms':>11}{'p99 ms':>9}   on disk/acked")
    for keeper in KEEPERS:
        for clients in CLIENTS:
            rate, median, slow, kept = measure(keeper, clients, given.seconds, given.folder)
            print(f"{keeper:<17}{clients:>8}{rate:>9.0f}{median:>11.1f}{slow:>9.1f}   {kept}", flush=True)


if __name__ == "__main__":
    main()
