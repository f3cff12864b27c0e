"""Runs a program to its end: no shell, in its own process group, with a deadline after which nothing of it is left.

Both its outputs are read to the end and kept up to a limit, so that a talkative program is never blocked. What golive
itself keeps in its environment (`GOLIVE_…`: keys, tokens) is not handed on. For systems with POSIX process groups.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO

from golive.ports import Ran, Unreachable

MOST_KEPT = 1024 * 1024
"""Bytes of each output that are kept."""
OURS = "GOLIVE_"
"""Variables that begin so are golive's own."""
_GRACE = 0.5
"""Seconds between asking to end and ending by force, and those that the rest of a program's group has after it."""


class Process:
    """Runs programs in `root` with this environment, less golive's own variables."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._environment = {name: value for name, value in environment.items() if not name.startswith(OURS)}

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: timedelta,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        directory: str = "",
    ) -> Ran:
        """See `ports.LookProcess`."""
        began = time.monotonic()
        with self._started(argv, environment or {}, self._root / directory) as process:
            try:
                outputs = _Conversation(process, stdin).until(began + timeout.total_seconds())
            except BaseException:
                _end(process)
                raise
            if outputs is None:
                _end(process)
                raise Unreachable(f"{argv[0]} did not end within {timeout.total_seconds():g} s and was ended")
            _kill(process, signal.SIGKILL)  # what it left running in its group
            return Ran(process.wait(), *outputs, time.monotonic() - began)

    def _started(self, argv: Sequence[str], more: Mapping[str, str], directory: Path) -> subprocess.Popen[bytes]:
        if not argv or not argv[0]:
            raise Unreachable("there is no program to run")
        if not directory.is_dir():
            raise Unreachable(f"{argv[0]} cannot be run in {directory}: there is no such folder")
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(
                list(argv), stdin=pipe, stdout=pipe, stderr=pipe, cwd=directory, start_new_session=True, bufsize=0,
                env={**self._environment, **more},
            )  # fmt: skip
        except FileNotFoundError:
            raise Unreachable(f"{argv[0]}: there is no such program on this machine") from None
        except PermissionError:
            raise Unreachable(f"{argv[0]}: this user may not run it") from None
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise Unreachable(f"{argv[0]} cannot be run: {why}") from None


class _Conversation:
    """Writes a program's input and reads its outputs, all at once, so that neither side waits for the other."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: str) -> None:
        self._process = process
        self._input = memoryview(stdin.encode("utf-8", errors="surrogateescape"))
        self._kept = {"stdout": bytearray(), "stderr": bytearray()}

    def until(self, deadline: float) -> tuple[str, str] | None:
        """Both outputs as text once it has ended, None where it has not by then."""
        with selectors.DefaultSelector() as waiting:
            self._register(waiting)
            ended_at: float | None = None
            while waiting.get_map() and time.monotonic() < deadline:
                for key, _ in waiting.select(timeout=0.05):
                    self._serve(waiting, key)
                if ended_at is None and _ended(self._process):
                    ended_at = time.monotonic()
                # A child that it left behind may hold the outputs open for ever.
                if ended_at is not None and time.monotonic() > ended_at + _GRACE:
                    break
        if not _ended(self._process, deadline):
            return None
        out, err = (bytes(kept).decode("utf-8", errors="replace") for kept in self._kept.values())
        return out, err

    def _register(self, waiting: selectors.BaseSelector) -> None:
        for name in ("stdout", "stderr", "stdin"):
            pipe: IO[bytes] = getattr(self._process, name)
            os.set_blocking(pipe.fileno(), False)
            writes = name == "stdin"
            if writes and not self._input:
                pipe.close()
            else:
                waiting.register(pipe, selectors.EVENT_WRITE if writes else selectors.EVENT_READ, name)

    def _serve(self, waiting: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        try:
            if key.data == "stdin":
                self._input = self._input[os.write(key.fd, self._input[: 64 * 1024]) :]
                done = not self._input
            else:
                piece, kept = os.read(key.fd, 64 * 1024), self._kept[key.data]
                kept += piece[: MOST_KEPT - len(kept)]
                done = not piece
        except BlockingIOError:
            return
        except OSError:  # it closed its side
            done = True
        if done:
            waiting.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]  # the pipes registered above


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, and end it by force."""
    _kill(process, signal.SIGTERM)
    _ended(process, time.monotonic() + _GRACE)
    _kill(process, signal.SIGKILL)


def _kill(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, how)


def _ended(process: subprocess.Popen[bytes], deadline: float = 0.0) -> bool:
    """Whether it has ended, maybe by the deadline. It is not reaped, so that its group's number stays its own."""
    pause = 0.001
    while True:
        if hasattr(os, "waitid"):
            ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        else:
            ended = process.poll() is not None
        if ended or time.monotonic() >= deadline:
            return ended
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
