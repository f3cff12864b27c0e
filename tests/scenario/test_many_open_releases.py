"""What golive does about one release costs the same however many others are open: doors wait for whoever works and writes.

Counted is what SQLite itself counts: the steps of its virtual machine, every row that is read or written among them. The same
history takes the same steps everywhere, so no clock has a say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from golive.ports import INBOX
from world import World, scratch

MANY = 1500
STEPS = 100
"""Steps of SQLite's machine between two counts."""
FEW = 30
"""Counts (of `STEPS`) by which two histories may differ, and still nothing was read of each of the others."""


@pytest.fixture
def w() -> Iterator[World]:
    with scratch() as folder:
        made = World(Path(folder))
        yield made
        made.close()


def open_others(w: World, number: int, count: int) -> None:
    """So many more open releases of the same repository and base, each with a head of its own."""
    assert w.golive is not None
    state = w.golive.store.release_named("acme/shop", number)
    assert state is not None
    with w.golive.store.transaction() as tx:
        for more in range(1000, 1000 + count):
            tx.put_release(
                replace(
                    state,
                    subject=replace(state.subject, number=more),
                    head_sha=f"{more:040x}",
                    headline=f"Wait {more}.",
                )
            )


def counted(w: World, act: Any) -> int:
    """Counts of `STEPS` that the database took for it."""
    assert w.golive is not None
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    def begin(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(count, STEPS)

    def end(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(None, STEPS)

    pool = w.golive.store.engine.pool
    kept = [one.connection.driver_connection for one in w.golive.store._kept]
    event.listen(pool, "checkout", begin)
    event.listen(pool, "checkin", end)
    for connection in kept:
        begin(connection)
    try:
        act()
    finally:
        event.remove(pool, "checkout", begin)
        event.remove(pool, "checkin", end)
        for connection in kept:
            end(connection)
    return taken


def a_turn(w: World, number: int) -> int:
    """What one turn that finds nothing new costs."""
    assert w.golive is not None
    state = w.golive.store.release_named("acme/shop", number)
    assert state is not None
    w.later(seconds=2)
    w.golive.work.touch(state.subject.key)
    return counted(w, w.golive.work.run_due)


def test_a_turn_costs_the_database_no_more_because_others_are_open(w: World) -> None:
    number = w.asked()
    alone = min(a_turn(w, number) for _ in range(2))
    open_others(w, number, MANY)
    among_many = min(a_turn(w, number) for _ in range(2))
    assert alone > 0, "nothing was counted: the test looks at the wrong connections"
    assert among_many - alone < FEW, (
        f"a turn takes {alone} counts alone and {among_many} with {MANY} others open: something in it reads each of them. "
        "Read that only where somebody asked for it, as `Gather.listed` does."
    )


def test_whoever_asks_for_the_list_in_a_comment_gets_every_open_release_and_later_turns_do_not_read_them(
    w: World,
) -> None:
    number = w.asked()
    open_others(w, number, 3)
    w.says("mina", number, "/golive list")
    (answer,) = (body for body in w.our_comments(number) if "Wait 1000." in body)
    assert all(f"Wait {more}." in answer for more in (1001, 1002)), "some open releases are missing from the list"
    assert "0/2 — waiting on qa" in answer, "the release that was asked on is open, too"
    before = min(a_turn(w, number) for _ in range(2))
    open_others(w, number, MANY)
    assert min(a_turn(w, number) for _ in range(2)) - before < FEW, (
        "the list was answered, and is still read in each turn"
    )


def test_a_push_to_the_base_of_many_is_recorded_in_few_steps_and_owes_each_of_them_a_look(w: World) -> None:
    assert w.golive is not None
    number = w.asked()
    open_others(w, number, MANY)
    w.github.commit("acme/shop", "main", {"README.md": "More.\n"}, by="bo", message="On the base")
    w.github.courier.pump()
    statements: list[str] = []
    event.listen(w.golive.store.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    w.golive.work.run(INBOX)
    with w.golive.store.engine.connect() as connection:
        owed = connection.exec_driver_sql(
            "SELECT count(DISTINCT subject) FROM due WHERE NOT claimed AND NOT timer"
        ).scalar()
    assert owed is not None
    assert owed >= MANY, f"{MANY} releases go into this base, and {owed} are looked at after a push to it"
    assert len(statements) < 100, f"{len(statements)} statements for one push: it writes for each release by itself"
