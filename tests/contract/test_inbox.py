"""The only way in: a delivery is on disk before its door answers, and many that wait share one commit.

A second connection reads what is really committed, holds the database's write lock to make deliveries wait, and takes
the table away to make the store fail.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from golive.engine.inbox import Inbox
from golive.ports import Delivery
from golive.store.store import Store, Unavailable

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
PATIENCE = 20
"""Seconds after which an answer is called missing."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "golive.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{file}", lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def inbox(store: Store) -> Iterator[Inbox]:
    made = Inbox(store)
    yield made
    made.stop()


@pytest.fixture
def other(file: Path, store: Store) -> Iterator[sqlite3.Connection]:
    """Somebody else's connection to the same file."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    yield connection
    connection.close()


def a_delivery(name: object, source: str = "slack") -> Delivery:
    return Delivery(source, f"d{name}", "push", b'{"a": 1}', NOW)


def kept(other: sqlite3.Connection) -> list[str]:
    return [name for (name,) in other.execute("select delivery from inbox order by id")]


def commits(store: Store) -> list[None]:
    """A list that grows by every commit from now on."""
    seen: list[None] = []
    event.listen(store.engine, "commit", lambda _: seen.append(None))
    return seen


async def waiting(inbox: Inbox, names: range) -> list[asyncio.Task[bool]]:
    """Deliveries that have been handed over and are not answered yet."""
    tasks = [asyncio.create_task(inbox.keep(a_delivery(name))) for name in names]
    await asyncio.sleep(0)  # each runs up to where it awaits its answer
    return tasks


def test_a_delivery_is_on_disk_when_keep_returns(inbox: Inbox, other: sqlite3.Connection) -> None:
    async def one(name: int) -> None:
        assert await inbox.keep(a_delivery(name)) is True
        assert f"d{name}" in kept(other), "it was answered before it was committed"

    async def many() -> None:
        await asyncio.gather(*(one(name) for name in range(60)))

    asyncio.run(many())
    assert len(kept(other)) == 60


def test_deliveries_that_wait_share_a_commit(inbox: Inbox, store: Store, other: sqlite3.Connection) -> None:
    seen = commits(store)

    async def many() -> list[bool]:
        other.execute("begin immediate")  # nobody can write: they pile up
        tasks = await waiting(inbox, range(200))
        other.execute("rollback")
        return await asyncio.gather(*tasks)

    assert asyncio.run(many()) == [True] * 200
    assert len(kept(other)) == 200
    assert 1 <= len(seen) <= 2, f"200 deliveries took {len(seen)} commits; the first may be alone, the rest share one"


def test_a_delivery_alone_waits_for_no_other(inbox: Inbox, store: Store) -> None:
    seen = commits(store)

    async def one_by_one() -> list[bool]:
        return [await asyncio.wait_for(inbox.keep(a_delivery(name)), PATIENCE) for name in range(5)]

    assert asyncio.run(one_by_one()) == [True] * 5
    assert len(seen) == 5


def test_repeats_are_told_from_first_times_within_a_batch_and_across(inbox: Inbox, other: sqlite3.Connection) -> None:
    async def twice() -> list[bool]:
        same = a_delivery(1)
        first = await asyncio.gather(inbox.keep(same), inbox.keep(same), inbox.keep(a_delivery(1, "github")))
        return [*first, await inbox.keep(same)]

    assert asyncio.run(twice()) == [True, False, True, False]
    assert len(kept(other)) == 2


def test_a_store_that_fails_answers_everyone_with_the_fault_keeps_nothing_and_works_afterwards(
    inbox: Inbox, other: sqlite3.Connection
) -> None:
    async def story() -> list[Any]:
        other.execute("alter table inbox rename to away")
        faults = await asyncio.gather(*(inbox.keep(a_delivery(n)) for n in range(20)), return_exceptions=True)
        other.execute("alter table away rename to inbox")
        assert kept(other) == []
        assert await asyncio.wait_for(inbox.keep(a_delivery(1)), PATIENCE) is True
        return faults

    faults = asyncio.run(story())
    assert len(faults) == 20
    assert all(isinstance(fault, Unavailable) for fault in faults), faults
    assert kept(other) == ["d1"]


def test_a_door_that_hung_up_takes_no_other_delivery_with_it(inbox: Inbox, other: sqlite3.Connection) -> None:
    async def story() -> list[bool]:
        other.execute("begin immediate")
        tasks = await waiting(inbox, range(10))
        tasks[3].cancel()
        other.execute("rollback")
        return await asyncio.gather(*(task for number, task in enumerate(tasks) if number != 3))

    assert asyncio.run(story()) == [True] * 9
    assert len(kept(other)) == 10, "what was handed over is kept, whether or not its door still listens"


def test_an_event_loop_that_ended_stops_nobody_elses_deliveries(inbox: Inbox, other: sqlite3.Connection) -> None:
    async def leave() -> None:
        other.execute("begin immediate")
        await waiting(inbox, range(3))

    asyncio.run(leave())  # cancels them and closes the loop while the writer still holds their answers
    other.execute("rollback")

    async def come() -> bool:
        return await asyncio.wait_for(inbox.keep(a_delivery("later")), PATIENCE)

    assert asyncio.run(come()) is True
    assert kept(other) == ["d0", "d1", "d2", "dlater"]


def test_stop_writes_what_waits_and_keep_starts_again(inbox: Inbox, other: sqlite3.Connection) -> None:
    async def story() -> list[bool]:
        other.execute("begin immediate")
        tasks = await waiting(inbox, range(50))
        stopping = threading.Thread(target=inbox.stop)
        stopping.start()
        other.execute("rollback")
        await asyncio.to_thread(stopping.join, PATIENCE)
        assert not stopping.is_alive()
        assert len(kept(other)) == 50, "stop() came back before everything was written"
        answers = await asyncio.gather(*tasks)
        return [*answers, await asyncio.wait_for(inbox.keep(a_delivery("later")), PATIENCE)]

    assert asyncio.run(story()) == [True] * 51


def test_stop_before_anything_came_and_stop_twice_do_nothing(inbox: Inbox) -> None:
    inbox.stop()
    inbox.stop()
