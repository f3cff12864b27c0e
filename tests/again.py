"""A history as it stood at one moment, as often as it is wanted: built once, read back after that.

That costs a hundredth of what building costs. golive itself is not kept: it goes on from its file. `Chapters` keeps a story
so at the beginning of each of its chapters.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from golive.standins.sample import Sample
from golive.standins.wire import Served, serve
from world import World, scratch

# a lock that nobody holds is as good as another
copyreg.pickle(type(threading.Lock()), lambda _: (threading.Lock, ()))  # type: ignore[arg-type]
copyreg.pickle(type(threading.RLock()), lambda _: (threading.RLock, ()))  # type: ignore[arg-type]
copyreg.pickle(threading.Condition, lambda _: (threading.Condition, ()))


class Lasting(Protocol):
    """Whatever has a world, and sees again what it saw once that world goes on somewhere else."""

    @property
    def world(self) -> World: ...

    def came_back(self) -> None: ...


L = TypeVar("L", bound=Lasting)


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


class Again(Generic[L]):
    """Takes a history whose world is settled, and stops its golive. shared: what all copies have in common."""

    def __init__(self, history: L, shared: Sequence[object]) -> None:
        history.world.stop()
        self._shared = shared
        self._file = (history.world.folder / "golive.db").read_bytes()
        written = io.BytesIO()
        _Writer(written, shared).dump(history)
        self._written = written.getvalue()

    def __call__(self, folder: Path) -> L:
        """The same history in this folder; its golive goes on as if it had not been stopped."""
        made: L = _Reader(io.BytesIO(self._written), self._shared).load()
        (folder / "golive.db").write_bytes(self._file)
        made.world.move(folder)
        made.came_back()
        return made


class Living(Lasting, Protocol):
    """What goes through a story."""

    def seen(self) -> Sequence[str]:
        """What went by until now, by name."""

    def watched(self) -> AbstractContextManager[None]:
        """While what goes by is seen."""


P = TypeVar("P", bound=Living)


class Chapters(Generic[P]):
    """A story, told once from its beginning, and after that from the beginning of any chapter.

    names: what went by when it was told, in order.
    """

    def __init__(
        self, begin: Callable[[Path, tuple[Sample, Served]], P], chapters: Sequence[Callable[[P], None]]
    ) -> None:
        self._sample, self._chapters = Sample(), chapters
        self._served = serve(self._sample.asgi)
        self._shared = (self._sample, self._served)
        self._kept: list[tuple[Again[P], int, int]] = []
        with scratch() as folder:
            life = begin(Path(folder), self._shared)
            again = Again(life, self._shared)
        for chapter in chapters:
            self._kept.append((again, len(life.seen()), self._sample.status))
            with scratch() as folder:
                life = again(Path(folder))
                with life.watched():
                    chapter(life)
                again = Again(life, self._shared)
        self.names = tuple(life.seen())

    @contextmanager
    def told(self, place: int, before: Callable[[P], None]) -> Iterator[P]:
        """From the chapter in which that place (from 1) of `names` lies, to the end. before: what makes it another story."""
        chapter = max(n for n, (_, seen, _) in enumerate(self._kept) if seen < place)
        again, _, status = self._kept[chapter]
        self._sample.reset()
        self._sample.status = status
        with scratch() as folder:
            life = again(Path(folder))
            before(life)
            try:
                with life.watched():
                    for tells in self._chapters[chapter:]:
                        tells(life)
                    yield life
            finally:
                life.world.close()

    def close(self) -> None:
        """End the sample service."""
        self._served.stop()
