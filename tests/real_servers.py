"""Starting real programs for tests: a free port on loopback, one that refuses, and waiting until they answer."""

from __future__ import annotations

import atexit
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def refusing_port() -> int:
    """A port that refuses whoever calls, for as long as this process lives.

    It is taken and nobody listens on it, so that no other test's server is given it and called by whoever was to be refused.
    """
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    atexit.register(taken.close)
    return int(taken.getsockname()[1])


def until_ready(process: subprocess.Popen[bytes], url: str, log: Path, patience: float = 15) -> None:
    """Wait until the URL answers 200. Fails with the program's own log where it ends before or takes too long."""
    deadline = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)  # between two looks; the answer alone ends the wait
    raise AssertionError(f"{process.args} did not answer at {url}:\n{log.read_text()[-2000:]}")
