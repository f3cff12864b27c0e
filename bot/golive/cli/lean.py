"""What a command that lives for a second leaves out of its start. Its imports are most of what it does.

Add what is left out with the share of the start that it takes; `benchmarks/gate_run.py` measures it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def start() -> Iterator[None]:
    """Around a command's imports.

    Modules are there to stay, so nobody looks for garbage among them (a twentieth of the start). And structlog takes rich in,
    wherever there is one, for a console that a log of JSON lines has not (a tenth): it finds none meanwhile.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        if "structlog" not in sys.modules:
            _without("rich", "structlog")
        yield
    finally:
        if collected:
            gc.enable()


def _without(left_out: str, module: str) -> None:
    """Import a module as if another one, which it can do without, were not installed."""
    if left_out in sys.modules:
        return
    sys.modules[left_out] = None  # type: ignore[assignment]  # what Python keeps there for "there is none"
    try:
        __import__(module)
    finally:
        del sys.modules[left_out]
