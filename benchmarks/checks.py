"""What a run of checks costs: against bare httpx, around a server that hangs, and from the shell. Prints tables, asserts nothing.

    python benchmarks/checks.py            all of it
    python benchmarks/checks.py --count 200

Both sides of a comparison run in turns in one process against one server of its own process, so that what else the
machine does hits both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"status":"ok"}'
POLICY_27 = """\
version: 1
project: Bench
releases: [{name: production, base: main, head: "release/**"}]
checks:
"""
ONE = '  - {{id: c{n}, uses: http, with: {{url: "${{target}}/{n}", status: 200, json: {{status: ok}}}}}}\n'


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every request on a connection; `/hang` is never answered."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            closing = b"connection: close" in head.lower()
            if head.startswith(b"GET /hang"):
                await asyncio.sleep(3600)
            writer.write(ANSWER)
            await writer.drain()
            if closing:
                break
    writer.close()


def _serve(pipe: Connection) -> None:
    async def main() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=512)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """A fast server on loopback, in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


@dataclass
class Silent:
    """Progress that says nothing."""

    def started(self, rule: object) -> None: ...
    def finished(self, judged: object) -> None: ...


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(title: str, rows: list[tuple[str, str, str]]) -> None:
    """What, how much, what it should be."""
    print(f"\n{title}")
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def checks(count: int, base: str, path: str = "", timeout: float = 10.0) -> Any:
    """That many http checks as rules, and how they look at the world."""
    from golive.checks.http import HttpCheck
    from golive.core.policy import CheckRule
    from golive.engine.run import Setting
    from golive.look.http import Http
    from golive.ports import Look

    http = Http(("127.0.0.0/8",))
    look = Look(http=http, forge=None, now=datetime.now(UTC), timeout=timedelta(seconds=timeout))
    rules = tuple(
        CheckRule(
            f"c{n}", "http", HttpCheck.model_validate({"url": f"{base}/{path or n}", "json": {"status": "ok"}}),
            timeout=timedelta(seconds=timeout),
        )
        for n in range(count)
    )  # fmt: skip
    return rules, Setting(lambda rule: look, lambda: datetime.now(UTC), lambda finding: finding, width=32)


def against_httpx(base: str, count: int, rounds: int = 5) -> None:
    """The same requests by checks, and by bare httpx with the same concurrency."""
    import httpx

    from golive.engine.run import run

    rules, setting = checks(count, base)

    def by_checks() -> None:
        run(rules, setting, Silent())

    def by_httpx_kept() -> None:
        with httpx.Client() as client, ThreadPoolExecutor(32) as pool:
            assert all(pool.map(lambda n: client.get(f"{base}/{n}").json()["status"] == "ok", range(count)))

    def by_httpx_new() -> None:
        with httpx.Client(headers={"connection": "close"}) as client, ThreadPoolExecutor(32) as pool:
            assert all(pool.map(lambda n: client.get(f"{base}/{n}").json()["status"] == "ok", range(count)))

    by_checks()
    every = {"checks": by_checks, "httpx, a connection each": by_httpx_new, "httpx, connections kept": by_httpx_kept}
    took = {name: [] for name in every}  # type: dict[str, list[float]]
    for _ in range(rounds):
        for name, work in every.items():
            took[name].append(timed(work))
    middle = {name: statistics.median(one) for name, one in took.items()}
    ours = middle["checks"]
    extra = (ours - middle["httpx, a connection each"]) / count * 1000
    table(
        f"{count} http checks, 32 at a time, median of {rounds}",
        [("", "seconds", "checks take"), *((n, f"{s:.3f}", f"{ours / s:.2f} x of it") for n, s in middle.items())],
    )
    table("Overhead of a check over httpx with a connection each", [("per check", f"{extra:.2f} ms", "under 5 ms")])


def hanging(base: str) -> None:
    """A server that never answers, beside one that does."""
    from golive.engine.run import run

    hung, setting = checks(1, base, "hang", 0.5)
    well, _ = checks(26, base)
    rules = (*(rule for rule in well if rule.id != "c0"), *hung)
    took = timed(lambda: run(rules, setting, Silent()))
    table("A hung server, its check's timeout 500 ms", [("the run took", f"{took * 1000:.0f} ms", "at most 600 ms")])


def verdict(count: int = 1000) -> None:
    """From findings to verdict, score and report."""
    from golive.core.findings import Judged
    from golive.core.model import Finding, Outcome
    from golive.core.policy import Matrix, Policy, ReleaseRule
    from golive.core.report import Run, reported

    rules, _ = checks(count, "http://127.0.0.1:1")
    outcomes = [Outcome.PASSED, Outcome.FAILED, Outcome.WARNING, Outcome.UNKNOWN]
    judged = [Judged(rule, Finding(rule.id, outcomes[n % 4], "said")) for n, rule in enumerate(rules)]
    policy = Policy("Bench", (ReleaseRule("p", "main", checks=rules),), matrix=Matrix({"": 100.0}))
    now = datetime.now(UTC)
    run = Run("0", "Bench", "golive.yml", now, 1.0)
    took = min(timed(lambda: reported(run, judged, policy, now)) for _ in range(5))
    table(f"Verdict over {count:,} findings", [("verdict, score, report", f"{took * 1000:.1f} ms", "under 20 ms")])


def from_the_shell(base: str) -> None:
    """Whole commands, start-up counted."""
    golive = [sys.executable, "-m", "golive"]
    environment = {**os.environ, "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "golive.yml"
        policy.write_text(POLICY_27 + "".join(ONE.format(n=n) for n in range(27)))
        check = [*golive, "check", "--policy", str(policy), "--target", base, "--quiet", "--directory", folder]

        def shell(command: list[str]) -> None:
            subprocess.run(command, check=True, capture_output=True, env=environment)

        rows = [("", "median", "should be")]
        for name, command, goal in (
            ("golive --version", [*golive, "--version"], "under 0.2 s"),
            ("golive check, 27 http checks", check, "under 1 s"),
        ):
            shell(command)
            rows.append((name, f"{statistics.median(timed(lambda c=command: shell(c)) for _ in range(7)):.3f} s", goal))  # type: ignore[misc]
    table("From the shell, start-up counted", rows)


def main() -> None:
    """All tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=1000)
    count = options.parse_args().count
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {threading.active_count()} thread")
    with serving() as base:
        from_the_shell(base)
        against_httpx(base, count)
        hanging(base)
    verdict()


if __name__ == "__main__":
    main()
