"""While a door waits for whoever writes, no writer walks through a table: what is asked all the time is found by an index.

Add a statement of `golive.store.sql` as one row. A row that fails needs an index in a new migration, and in `tables`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Executable, func, select

from golive.engine.owed import AT_ONCE, owe
from golive.ports import Found
from golive.store import sql
from golive.store.finding import _BRIEF, _fits
from golive.store.store import Store
from golive.wiring.service import utc_now
from world import fresh_database

HERE = Found(places={("github.test", 1)})
STATEMENTS: dict[str, Executable] = {
    "whether a look is owed already": sql.WAITING_NOW,
    "whether one is owed at that moment": sql.WAITING_AT,
    "what a turn will serve": sql.SERVES,
    "a subject's timers": sql.DROP_TIMERS,
    "deliveries that nobody worked": sql.NEW,
    "answers that are owed": sql.OWED,
    "releases of one commit": sql.OPEN_WITH,
    "how many releases somebody sees": select(func.count()).select_from(sql.release).where(*_fits(HERE)),
    "the releases that somebody sees": _BRIEF.where(*_fits(HERE)),
    "a release by its name": _BRIEF.where(*_fits(Found(full_name="acme/shop", number=7))),
}
VALUES = {
    "subject": "x", "at": utc_now(), "now": utc_now(), "most": 1, "host": "github.test", "repository": 1, "heads": ["a"],
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    fresh_database(tmp_path)
    return Store.open(f"sqlite:///{tmp_path / 'golive.db'}", utc_now)


@pytest.mark.parametrize("what", STATEMENTS)
def test_what_is_asked_all_the_time_is_found_by_an_index(store: Store, what: str) -> None:
    statement = STATEMENTS[what]
    said: list[str] = []
    with store.engine.connect() as connection:
        connection.connection.driver_connection.set_trace_callback(said.append)  # type: ignore[union-attr]
        connection.execute(statement, {name: VALUES[name] for name in statement.compile().params if name in VALUES})
        connection.connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said[-1]}")]
    store.close()
    assert plan
    assert not [step for step in plan if step.startswith("SCAN")], f"it walks: {plan}"
    assert "due_next" not in " ".join(plan), f"it walks through everything that is due: {plan}"


def test_looks_at_everything_are_owed_a_few_at_a_time(store: Store) -> None:
    commits: list[None] = []
    store.on_touch = lambda: commits.append(None)
    owe(store, ((f"github.test/1/{number}", None) for number in range(2 * AT_ONCE + 1)))
    assert len(commits) == 3, f"doors wait for each commit: {AT_ONCE} looks are enough for one"
    assert store.counts()["due"] == 2 * AT_ONCE + 1
    store.close()
