"""Who writes next, where the database takes one writer at a time and knows no queue.

SQLite lets writers try again and again, and whoever is lucky goes first: a door could wait for seconds while turns write.
Here writers of this process wait in a row, and doors before all others. Nobody else writes: the process holds the file.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """One at a time, in the order of coming; those who come `first` before all others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._first: deque[threading.Event] = deque()
        self._rest: deque[threading.Event] = deque()

    @contextmanager
    def through(self, first: bool = False) -> Iterator[None]:
        """Wait for one's turn, and give it on at the end."""
        self._enter(first)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, first: bool) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Event()
            (self._first if first else self._rest).append(turn)
        turn.wait()

    def _leave(self) -> None:
        """Hand it to the next, so that nobody who comes later is quicker."""
        with self._lock:
            waiting = self._first or self._rest
            if waiting:
                waiting.popleft().set()
            else:
                self._taken = False
