"""The embedded Work adapter: due rows of our own, one process, woken at the next due row, no polling."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlmodel import update

from golive.core.errors import Misconfigured
from golive.store import sql
from golive.store.store import Store
from golive.store.tables import DueRow

BROKEN_RUN_AGAIN = timedelta(seconds=5)
"""How soon a subject is tried again whose run raised; runs that know better touch their subject themselves."""


class EmbeddedWork:
    """See `ports.Work` for the promise. `run` takes a subject through one turn; what it raises is tried again.

    on_error: told of what `run` raised.   workers: subjects worked on at the same time.
    """

    def __init__(
        self,
        store: Store,
        run: Callable[[str], None],
        clock: Callable[[], datetime],
        on_error: Callable[[str, BaseException], None],
        workers: int = 4,
    ) -> None:
        self.store = store
        self.run = run
        self.clock = clock
        self.on_error = on_error
        self.workers = workers
        self._running: set[str] = set()
        self._wake = threading.Condition()
        self._ended: deque[tuple[list[int], bool]] = deque()
        self._touches = 0  # a count and not a flag: one worker that saw a touch must not hide it from the others
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self._reclaimed = False
        store.on_touch = self._notify

    def touch(self, subject: str, at: datetime | None = None) -> None:
        """Look at the subject at `at` (None: now); durable once this returns."""
        with self.store.transaction() as tx:
            tx.touch(subject, at)

    def start(self) -> None:
        """Start the worker threads."""
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._loop, name=f"worker-{n}", daemon=True) for n in range(self.workers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let running turns end, start nothing more."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(timeout=60)
        self._threads = []

    def run_due(self) -> int:
        """Work everything that is due now in the calling thread; returns how many turns that took."""
        turns = 0
        while claim := self._claim():
            self._turn(*claim)
            turns += 1
        return turns

    def _notify(self) -> None:
        with self._wake:
            self._touches += 1
            self._wake.notify_all()

    def _loop(self) -> None:
        while True:
            with self._wake:
                if self._stopping:
                    return
                seen = self._touches
            try:
                wait = self._once()
            except Exception as error:  # the database failed: a worker that ended here would never be missed
                self.on_error("work", error)
                wait = BROKEN_RUN_AGAIN.total_seconds()
            with self._wake:
                if not self._stopping and self._touches == seen:
                    self._wake.wait(wait)

    def _once(self) -> float | None:
        """One turn if one is due (0: look again at once); else how many seconds none will be, None: until a touch."""
        self._settle()
        if claim := self._claim():
            self._turn(*claim)
            self._notify()  # a subject that waited for this very run may go on now
            return 0
        due = self._next_claimable()
        if due is None:
            return None
        return max(0.0, min((due - self.clock()).total_seconds(), threading.TIMEOUT_MAX))

    def _next_claimable(self) -> datetime | None:
        """When the next subject is due that nobody works on; whoever works on one notifies when it is done."""
        with self._wake:
            due: datetime | None = self.store.look(sql.NEXT_MOMENT, {"running": list(self._running)})[0][0]
        return due

    def _claim(self) -> tuple[str, list[int]] | None:
        """Take the subject that has waited longest and is not being worked on, with the rows that its run will serve."""
        with self._wake:
            self._reclaim()
            now = self.clock()
            found = self.store.look(sql.NEXT_SUBJECT, {"now": now, "running": list(self._running)})
            if not found:
                return None
            subject: str = found[0].subject
            self._running.add(subject)
        try:
            with self.store.transaction() as tx:
                ids = list(tx.run(sql.SERVES, {"subject": subject, "now": now}).scalars())
                tx.run(sql.CLAIM, {"ids": ids})
        except BaseException:
            with self._wake:
                self._running.discard(subject)
            raise
        return subject, ids

    def _reclaim(self) -> None:
        """Runs that a dead process had begun are owed again; said once, at the first claim, when the database is ours."""
        if not self._reclaimed:
            with self.store.transaction() as tx:
                tx.session.exec(update(DueRow).values(claimed=False))
            self._reclaimed = True

    def _turn(self, subject: str, ids: list[int]) -> None:
        served = False
        try:
            self.run(subject)
            served = True
        except Exception as error:  # a turn that broke is told, and tried again
            self.on_error(subject, error)
        finally:
            with self._wake:
                self._running.discard(subject)
        self._ended.append((ids, served))
        self._settle()

    def _settle(self) -> None:
        """Write what became of ended runs; what the database does not take now is written before the next claim."""
        while self._ended:
            try:
                ids, served = ended = self._ended.popleft()
            except IndexError:  # another thread was quicker
                return
            try:
                with self.store.transaction() as tx:
                    if served:
                        tx.run(sql.SERVED, {"ids": ids})
                    else:
                        tx.run(sql.UNSERVED, {"ids": ids, "at": tx.now + BROKEN_RUN_AGAIN})
            except BaseException:
                self._ended.append(ended)
                raise


class ServerLock:
    """One `golive serve` per PostgreSQL database: a lock that the server lets go when our connection ends."""

    KEY = 7_061_776_502

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def acquire(self) -> None:
        """Take the lock. Raises Misconfigured where another process holds it."""
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": self.KEY}).scalar_one():
            connection.close()
            where = self._engine.url.render_as_string(hide_password=True)
            raise Misconfigured(
                f"Another golive serves the database {where}. Stop that one, or name another in GOLIVE_DATABASE_URL."
            )
        self._connection = connection

    def release(self) -> None:
        """Let go."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


class ProcessLock:
    """One `golive serve` per SQLite file: an exclusive lock on a file beside it, let go when the process ends."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises Misconfigured naming the process that holds it."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(file, 100).decode(errors="replace").strip() or "another process"
            os.close(file)
            raise Misconfigured(
                f"{self.path} is locked by {holder}: another golive serves this database. Stop that one, or name "
                "another database in GOLIVE_DATABASE_URL."
            ) from None
        os.ftruncate(file, 0)
        os.write(file, f"process {os.getpid()}\n".encode())
        self._file = file

    def release(self) -> None:
        """Let go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
