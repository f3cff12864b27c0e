"""The embedded Work adapter keeps the contract of the port, and what only it has: a database of its own that may fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from contract.work_contract import TOMORROW, HandClock, Run, Runs, WorkContract, wall_clock, working
from golive.core.errors import Misconfigured
from golive.ports import Clock, Work
from golive.store.store import Store
from golive.store.work import BROKEN_RUN_AGAIN, EmbeddedWork, ProcessLock


class EmbeddedBench:
    """An SQLite file. Each opening is a store of its own, as each process has."""

    retry_after: timedelta = BROKEN_RUN_AGAIN

    def __init__(self, file: Path) -> None:
        self.url = f"sqlite:///{file}"
        self.stores: list[Store] = []
        self._errors: list[tuple[str, str]] = []
        self.told = threading.Event()

    def open(self, run: Run, clock: Clock, workers: int = 4) -> EmbeddedWork:
        self.stores.append(Store.open(self.url, clock))
        return EmbeddedWork(self.stores[-1], run, clock, self._broke, workers)

    def _broke(self, subject: str, error: BaseException) -> None:
        self._errors.append((subject, str(error)))
        self.told.set()

    def run_due(self, work: Work) -> None:
        assert isinstance(work, EmbeddedWork)
        work.run_due()

    def errors(self) -> list[tuple[str, str]]:
        return self._errors

    def watch(self) -> list[str]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(self.stores[-1].engine, "before_cursor_execute", note)
        return seen

    def close(self) -> None:
        for store in self.stores:
            store.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[EmbeddedBench]:
    made = EmbeddedBench(tmp_path / "golive.db")
    yield made
    made.close()


class TestEmbeddedWork(WorkContract):
    """Everything the port promises, on SQLite."""


def test_workers_outlive_a_database_that_fails_for_a_moment(bench: EmbeddedBench) -> None:
    runs, go_on = Runs(), threading.Event()
    runs.during["a"] = lambda: go_on.wait(20)
    work = bench.open(runs, wall_clock, workers=2)
    store = bench.stores[-1]
    with working(work):
        work.touch("a")
        runs.until(lambda: runs.count("a") == 1, "the first run")
        with store.transaction() as tx:
            tx.session.execute(text("alter table due rename to away"))
        go_on.set()  # its end cannot be written now
        assert bench.told.wait(20), "the operator is told that the database failed"
        with store.transaction() as tx:
            tx.session.execute(text("alter table away rename to due"))
        work.touch("b")
        runs.until(lambda: runs.count("b") == 1, "a run after the database came back")
    with store.reading() as session:
        owed = session.execute(text("select subject from due where subject = 'a'")).all()
    assert owed == [], "the end of the first run was written once that was possible again"


@pytest.mark.parametrize("touched_for", ["now", "the timer's own moment"])
def test_a_timer_is_replaced_by_the_next_one_and_takes_no_touch_with_it(bench: EmbeddedBench, touched_for: str) -> None:
    runs = Runs(clock := HandClock())
    work = bench.open(runs, clock)
    store = bench.stores[-1]
    moment = clock() + timedelta(minutes=1)

    def set_timer(at: datetime) -> None:
        with store.transaction() as tx:
            tx.set_timer("a", at)

    def overtaken() -> None:
        if touched_for == "now":
            clock.now = moment  # the timer comes due while the run that will replace it goes on
            work.touch("a")
        else:
            work.touch("a", moment)
        set_timer(moment + TOMORROW)
        del runs.during["a"]

    set_timer(clock() + timedelta(seconds=30))
    set_timer(moment)
    runs.during["a"] = overtaken
    work.touch("a")
    work.run_due()
    clock.now = moment
    work.run_due()
    assert runs.count("a") == 2, "the touch was swallowed by the timer that was then replaced"
    clock.now = moment + TOMORROW
    work.run_due()
    work.run_due()
    assert runs.count("a") == 3


def test_a_second_process_on_the_same_file_is_refused_by_the_name_of_the_first(tmp_path: Path) -> None:
    first, second = ProcessLock(tmp_path / "golive.db"), ProcessLock(tmp_path / "golive.db")
    first.acquire()
    with pytest.raises(Misconfigured, match=r"locked by process \d+"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
