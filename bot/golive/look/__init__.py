"""How checks look at the outside. One module per way of looking; every socket comes from `guard.Guard.connect`.

Add a way of looking with a module here and a part in `ports.Look`; connect through the guard, never by yourself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golive.look.http import Http

__all__ = ["Http"]


def __getattr__(name: str) -> Any:
    """`Http`, imported when it is asked for: its library is slow to import, and a gate may not need it."""
    if name != "Http":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from golive.look.http import Http

    return Http
