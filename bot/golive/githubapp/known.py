"""What was read once and need not be read again: facts that never change, and others with the time until which they hold."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any


def files_key(repository: int, number: int, head: str, base: str) -> tuple[Any, ...]:
    """Under what all changed files of a pull request are known: of this head, beside this state of its base."""
    return ("files", repository, number, head, base)


class Known:
    """Trees of commits, files at commits, who a login is for a while; bounded, shared by threads."""

    def __init__(self, most: int = 4096) -> None:
        self._held: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def get(self, key: tuple[Any, ...]) -> Any:
        """What is known under this key, or None."""
        with self._lock:
            return self._held.get(key)

    def put(self, key: tuple[Any, ...], value: Any) -> None:
        """Remember it; the oldest goes where there are too many."""
        with self._lock:
            self._held[key] = value
            if len(self._held) > self._most:
                self._held.popitem(last=False)
