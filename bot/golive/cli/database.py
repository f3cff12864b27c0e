"""The database of an installation, opened beside a running service: never created by asking, never worked on.

`work` and `audit` read and touch through it; what they ask of all releases at once is in `store/overview.py`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from golive import settings as all_settings
from golive.core.errors import Misconfigured
from golive.ports import ANSWERS, INBOX, PEOPLE
from golive.store.overview import due, named
from golive.store.store import Store, engine_for
from golive.store.work import ProcessLock
from golive.wiring.service import utc_now

CHORES = (INBOX, ANSWERS, PEOPLE)
"""Work subjects that are no pull request."""


@contextmanager
def opened(env_file: Path | None) -> Iterator[Store]:
    """The store that the settings name. Raises Misconfigured where there is none yet, or it cannot be used."""
    url = all_settings.read(env_file).database_url
    file = Path(engine_for(url).url.database or "") if url.startswith("sqlite") else None
    if file is not None and not file.is_file():
        raise Misconfigured(
            f"There is no database at {file}. `golive serve` makes it; or name another in GOLIVE_DATABASE_URL."
        )
    store = Store.open(url, utc_now)
    try:
        yield store
    finally:
        store.close()


def subject_of(store: Store, told: str) -> str:
    """The work subject that a person means, by its key or as `acme/shop#7`. Raises Misconfigured for any other."""
    names = named(store)
    known = {*CHORES, *names, *due(store), *(row.subject for row in store.faults())}
    if told in known:
        return told
    for subject, name in names.items():
        if name.casefold() == told.casefold():
            return subject
    raise Misconfigured(f"golive knows no {told!r}. Name it like acme/shop#7, or as `golive work list` prints it.")


def wake_service(store: Store) -> bool:
    """Tell the service of this SQLite file to look at what is due; False where none runs, or it cannot be told.

    Only a process that holds the lock is signalled: a number left behind by a dead one may be anybody's by now.
    """
    if store.path is None:
        return False
    lock = ProcessLock(store.path)
    if not lock.path.is_file():
        return False
    try:
        lock.acquire()
    except Misconfigured:
        words = lock.path.read_text(errors="replace").split()
        if len(words) == 2 and words[1].isdigit():
            os.kill(int(words[1]), signal.SIGUSR1)
            return True
        return False
    lock.release()
    return False
