"""golive as the demo runs it: `golive serve` as a process of its own, watched, and killed without warning when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import golive
from golive.standins.github import GitHub
from golive.standins.slack import Slack
from golive.standins.wire import Answered, Next, Outgoing, Request, Response, exchange_over_socket

LOOPBACK = "127.0.0.1"
STARTS_WITHIN = 60.0
"""Seconds; ten are enough on a slow machine, unless it does much else."""
STOPS_WITHIN = 15.0
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Died(Exception):
    """The process ended by itself; the text says how, with its last words."""


class Service:
    """One `golive serve`. folder: holds its settings file, its database and its log."""

    def __init__(self, folder: Path, env_file: Path, url: str) -> None:
        self.folder = folder
        self.env_file = env_file
        self.url = url
        self.log = folder / "golive.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()

    def start(self) -> None:
        """Start it; `wait_until_up` says when it answers."""
        command = [sys.executable, "-m", "golive", "serve", "--env-file", str(self.env_file)]
        command += ["--listen", self.url.removeprefix("http://")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=_environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops this in order
            )  # fmt: skip

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=5) as answer:  # noqa: S310  # our own loopback
                return bool(json.load(answer)["status"] == "ready")
        except (OSError, ValueError):
            return False

    def wait_until_up(self) -> None:
        """Return once it answers. Raises Died where it ended instead, or did not answer in time."""
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.is_up():
            self.check()
            if time.monotonic() > deadline:
                raise Died(f"golive did not answer within {STARTS_WITHIN:.0f} s. Its last words:\n{self.last_words()}")
            time.sleep(0.05)

    def check(self) -> None:
        """Raise Died if it ended by itself."""
        with self._changing:
            process = self._process
            if process is not None and process.poll() is not None:
                raise Died(f"golive ended with exit code {process.returncode}. Its last words:\n{self.last_words()}")

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        written = self.log.read_text(errors="replace").splitlines() if self.log.is_file() else []
        return "\n".join(f"  {line}" for line in written[-lines:]) or "  (it wrote nothing)"

    def kill_and_start_again(self) -> None:
        """SIGKILL, wait until it is gone, and start it on the same files."""
        with self._changing:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            self.start()

    def stop(self) -> None:
        """Ask it to stop, and insist after a while."""
        with self._changing:
            process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """The environment of this process without golive's own settings, which come from the demo's file alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")}
    here = str(Path(golive.__file__).parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(part for part in (here, kept.get("PYTHONPATH", "")) if part)
    return kept | {"no_proxy": LOOPBACK, "NO_PROXY": LOOPBACK}


class Killer:
    """Kills the service at its n-th write to GitHub or Slack, once, and starts it again on the same files.

    at: which write, from 1; 0: none.   after: the write is done but its answer is lost; else it never arrives.
    A write is a request that changes something; fetching a token or reading by POST, as Slack has it, is none.
    """

    def __init__(self, service: Service, at: int, *, after: bool, told: Callable[[str], None]) -> None:
        self._service = service
        self._at = at
        self._after = after
        self._told = told
        self._counting = threading.Lock()
        self.writes = 0
        self.killed = False

    def watch(self, github: GitHub, slack: Slack) -> None:
        """Count, and kill at, the writes that arrive at these two."""
        github.interceptors.append(self)
        slack.interceptors.append(self)

    def __call__(self, request: Request, go_on: Next) -> Response:
        """As an interceptor of a stand-in."""
        if not _is_write(request):
            return go_on(request)
        with self._counting:
            self.writes += 1
            due = self.writes == self._at
        if not due:
            return go_on(request)
        response = go_on(request) if self._after else Response(503)
        self._service.kill_and_start_again()
        self.killed = True
        when = "after it was done" if self._after else "before it arrived"
        self._told(f"kill -9 at write {self._at} of golive, {when}: {request.method} {request.path}; started again")
        return response


def _is_write(request: Request) -> bool:
    """People's forms carry no token and are not under these paths."""
    if request.method not in WRITES or request.path.endswith("/access_tokens"):
        return False
    return request.path.startswith(("/repos/", "/repositories/", "/api/chat.", "/response/"))


class Patience:
    """Carries deliveries to a service that may be starting again, as the senders' own second tries would.

    GitHub offers to send a failed delivery again, Slack repeats events by itself, and a person types a command again.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, outgoing: Outgoing) -> Answered:
        """Send it until somebody answers, or the service has ended for good."""
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            answer = exchange_over_socket(outgoing)
            if answer.status or time.monotonic() > deadline:
                return answer
            try:
                self._service.wait_until_up()
            except Died:
                return answer
