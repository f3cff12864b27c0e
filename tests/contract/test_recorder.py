"""Kept deliveries are recorded oldest first, and very many of them in several turns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from golive.core.event import Event
from golive.engine.record import AT_A_TIME, Recorder
from golive.ports import Delivery
from golive.store.store import Store
from golive.store.work import EmbeddedWork

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'golive.db'}", lambda: NOW)
    yield made
    made.close()


def test_very_many_are_recorded_in_several_turns_so_that_whoever_ends_golive_waits_for_one(store: Store) -> None:
    seen: list[str] = []
    turns: list[int] = []

    def reads(delivery: Delivery) -> Iterator[Event]:
        seen.append(delivery.id)
        return iter(())

    names = [f"d{n}" for n in range(2 * AT_A_TIME + 50)]
    store.keep_all([Delivery("github", name, "ping", b"{}", NOW) for name in names])
    recorder = Recorder(store, {"github": reads}, "")

    def turn(subject: str) -> None:
        recorder.run()
        turns.append(len(seen))

    def broke(subject: str, error: BaseException) -> None:
        raise AssertionError(subject) from error

    EmbeddedWork(store, turn, lambda: NOW, broke).run_due()
    assert seen == names, "each once, in their order"
    assert turns[:2] == [AT_A_TIME, 2 * AT_A_TIME]
