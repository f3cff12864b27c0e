"""What a process that serves holds for its whole life, kept out of the garbage collector's way.

Python's collector stops every thread while it looks through what is alive. Modules, statements and clients stand until the
end, nearly two hundred thousand objects: to look through them takes 0.2 s of a core, and a door that is asked meanwhile waits
for it. Whoever builds more that stands for ever (a door, a client) builds it before `settle`.
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Clear away what was only needed to build, and have all that is alive now never looked through again.

    For a process that serves until it ends, once, when everything stands: nothing of it is given back later.
    """
    gc.collect()
    gc.freeze()
