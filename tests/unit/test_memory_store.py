"""The store of a run without a database promises what it has of `ports.Store`, in the same words."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

import pytest

from golive import ports
from golive.core import ledger
from golive.core.model import Revision, Subject
from golive.ports import SlotState
from golive.store.memory import MemoryStore, MemoryTransaction

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HERE = Subject("github.com", 42, 7)
OWN = {"appended", "seed", "forget", "put_slot", "forget_gists", "know_repository"}
"""Of the store alone: how it is begun, and what its transaction calls."""


@pytest.mark.parametrize(("made", "port"), [(MemoryStore, ports.Store), (MemoryTransaction, ports.Transaction)])
def test_every_method_takes_what_its_port_says(made: type, port: type) -> None:
    promised = {
        name: member for kind in port.__mro__ for name, member in vars(kind).items() if inspect.isfunction(member)
    }
    for name, member in vars(made).items():
        if name.startswith("_") or not inspect.isfunction(member) or (made is MemoryStore and name in OWN):
            continue
        assert name in promised, f"{made.__name__}.{name} is not in {port.__name__}: is it called so there?"
        ours, theirs = (list(inspect.signature(one).parameters) for one in (member, promised[name]))
        assert ours == theirs, f"{made.__name__}.{name} takes {ours}, and {port.__name__} says {theirs}"


def test_an_entry_is_appended_once_and_later_entries_follow_those_of_earlier_runs() -> None:
    store = MemoryStore(lambda: NOW)
    shown = ledger.Entry(**{**vars(ledger.was_shown(Revision("a" * 40, "t" * 40, "main"), NOW, 0)), "seq": 41})
    store.seed(HERE, [shown])
    with store.transaction() as tx:
        assert not tx.append(HERE, [shown]), "the key is known"
        assert [e.seq for e in tx.append(HERE, [ledger.asked_for("a" * 40, NOW)])] == [42]
    assert store.standing(HERE).requests == {"a" * 40: NOW}
    assert store.standing(HERE).shown[0].revision.head_sha == "a" * 40


def test_a_touch_for_later_makes_nothing_due_now() -> None:
    store = MemoryStore(lambda: NOW)
    with store.transaction() as tx:
        tx.touch("a")
        tx.touch("b", NOW + timedelta(hours=1))
    assert list(store.due) == ["a"]
    assert store.timers == {"b": NOW + timedelta(hours=1)}


def test_what_was_published_ends_its_intent_and_everything_is_always_searched_for_first() -> None:
    store = MemoryStore(lambda: NOW)
    with store.transaction() as tx:
        tx.intend("here", "sticky")
        assert "sticky" in store.intents("here")
        tx.put_slot("here", "sticky", SlotState("1", "f", "o", 0, False, NOW))
    assert list(store.intents("here")) == []
    assert "issue:override:1" in store.intents("here"), "another run may have meant to, or may mean to right now"
