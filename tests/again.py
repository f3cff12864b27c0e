"""A history as it stood at one moment, as often as it is wanted: built once, read back after that.

That costs a hundredth of what building costs. golive itself is not kept: it goes on from its file.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
from collections.abc import Sequence
from pathlib import Path

from histories import History

# a lock that nobody holds is as good as another
copyreg.pickle(type(threading.Lock()), lambda _: (threading.Lock, ()))  # type: ignore[arg-type]
copyreg.pickle(type(threading.RLock()), lambda _: (threading.RLock, ()))  # type: ignore[arg-type]
copyreg.pickle(threading.Condition, lambda _: (threading.Condition, ()))


class _Writer(pickle.Pickler):
    """Names what is shared instead of writing it."""

    def __init__(self, file: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.shared = {id(one): place for place, one in enumerate(shared)}

    def persistent_id(self, one: object) -> int | None:
        return self.shared.get(id(one))


class _Reader(pickle.Unpickler):
    """Puts what is shared where it was named."""

    def __init__(self, file: io.BytesIO, shared: Sequence[object]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, place: int) -> object:
        return self.shared[place]


class Again:
    """Takes a history whose world is settled, and stops its golive. shared: what all copies have in common."""

    def __init__(self, history: History, shared: Sequence[object]) -> None:
        history.world.stop()
        self._shared = shared
        self._file = (history.world.folder / "golive.db").read_bytes()
        written = io.BytesIO()
        _Writer(written, shared).dump(history)
        self._written = written.getvalue()

    def __call__(self, folder: Path) -> History:
        """The same history in this folder; its golive goes on as if it had not been stopped."""
        made: History = _Reader(io.BytesIO(self._written), self._shared).load()
        (folder / "golive.db").write_bytes(self._file)
        made.world.move(folder)
        made.truth.watch_sample()
        return made
