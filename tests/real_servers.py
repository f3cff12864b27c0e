"""Starting real programs for tests: a free port on loopback, and waiting until they answer."""

from __future__ import annotations

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
