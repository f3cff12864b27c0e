"""One at a time for work that only computes: side by side it would be done no sooner, and doors would wait for all of it.

Threads of Python compute one after the other whatever we do, and each time a door comes back from the disk or the network it
stands in a row with all that compute. Wrap what reads and sorts very much without asking anybody outside; never what waits
for an answer, for nobody else of its kind would go on meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


def alone(work: Callable[[str], None]) -> Callable[[str], None]:
    """The same work, for one subject at a time. What it raises is raised, and the next one goes on."""
    turn = threading.Lock()

    def one(subject: str) -> None:
        with turn:
            work(subject)

    return one
