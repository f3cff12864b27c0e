"""How checks look at the outside. One module per way of looking; every socket comes from `guard.Guard.connect`.

Add a way of looking with a module here and a part in `ports.Look`; connect through the guard, never by yourself.
"""

from __future__ import annotations

from golive.look.http import Http

__all__ = ["Http"]
