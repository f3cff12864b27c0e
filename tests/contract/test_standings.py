"""A ledger's sum is kept between turns, and is always the fold of what the ledger holds now, whoever wrote it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from golive.core import ledger
from golive.core.ledger import Entry, Tally
from golive.core.model import Person, Revision, Ruling, Subject, Surface, Word
from golive.store.standings import Standings
from golive.store.store import Store

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SHOP = Subject("github.test", 42, 7)
ELSEWHERE = """
import sys
from datetime import UTC, datetime
from golive.core import ledger
from golive.core.model import Subject
from golive.store.store import Store
store = Store.open(sys.argv[1], lambda: datetime.now(UTC))
with store.transaction() as tx:
    tx.append(Subject("github.test", 42, 7), [ledger.asked_for("ff" * 20, tx.now)])
store.close()
"""


def a_word(number: int) -> Word:
    at = NOW + timedelta(seconds=number)
    return Word(f"comment:{number}:0", Person(number % 3, "zoe"), Surface.COMMENT, "approve", at)


def some_entries(count: int) -> list[Entry]:
    """Words, their rulings and voids, pushes and what was shown: what a fold keeps in maps and lists."""
    made: list[Entry] = [ledger.became_release("production", "main", NOW)]
    for n in range(count):
        word = a_word(n)
        made += [ledger.was_pushed(f"{n:040x}", Person(n, "ana"), NOW), ledger.said(word)]
        made += [ledger.was_shown(Revision(f"{n:040x}", f"{n:040x}", "main"), NOW, n)]
        made += [ledger.ruled(Ruling(word.key, n % 2 == 0, "no"), NOW), ledger.stirred("*", str(n), NOW)]
        made += [ledger.asked_for(f"{n:040x}", NOW), ledger.merge_refused(f"{n:040x}", "not now", NOW)]
        made += [ledger.was_updated("a", f"{n:040x}", "", NOW), ledger.intends_merge(f"{n:040x}", NOW)]
        if n % 3 == 2:
            made.append(ledger.voided(f"comment:{n}:", NOW))
    return made


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    made = Store.open(database_url, lambda: NOW)
    yield made
    made.close()


def append(store: Store, *entries: Entry) -> None:
    with store.transaction() as tx:
        tx.append(SHOP, entries)


def holds(store: Store) -> bool:
    return store.standing(SHOP) == ledger.fold(store.entries(SHOP))


@given(cuts=st.lists(st.integers(0, 60), max_size=8))
def test_a_sum_taken_on_the_way_is_that_of_the_entries_so_far_and_stays_so(cuts: list[int]) -> None:
    entries = [Entry(e.kind, e.key, e.at, e.body, n) for n, e in enumerate(some_entries(6), 1)]
    tally, taken, done = Tally(), [], 0
    for cut in [*sorted(cuts), len(entries)]:
        tally.take(entries[done:cut])
        done = max(done, min(cut, len(entries)))
        taken.append((done, tally.standing()))
    for upto, standing in taken:
        assert standing == ledger.fold(entries[:upto]), "what was summed up before changes when more is taken"


def test_what_is_appended_between_two_looks_is_in_the_second(store: Store) -> None:
    for entry in some_entries(4):
        append(store, entry)
        assert holds(store)
    assert store.standing(SHOP) is store.standing(SHOP), "nothing was appended, and it was summed again"


def test_what_another_process_appends_is_seen_at_the_next_look(store: Store, database_url: str) -> None:
    append(store, *some_entries(2))
    assert holds(store)
    subprocess.run([sys.executable, "-c", ELSEWHERE, database_url], check=True, timeout=60)
    assert "ff" * 20 in store.standing(SHOP).requests
    assert holds(store)


@pytest.mark.parametrize("seq", [1, 3, 19], ids=["the first", "one amid them", "the last"])
def test_what_was_erased_is_in_no_sum_any_more(store: Store, seq: int) -> None:
    append(store, *some_entries(2))
    assert len(store.entries(SHOP)) == 19
    assert holds(store)
    with store.transaction() as tx:
        tx.session.execute(text("delete from ledger_body where seq = :seq"), {"seq": seq})
    assert holds(store)
    append(store, ledger.asked_for("ee" * 20, NOW))
    assert holds(store)


def test_a_ledger_that_was_put_back_from_a_copy_is_summed_anew(store: Store) -> None:
    append(store, *some_entries(2))
    assert holds(store)
    with store.transaction() as tx:
        for table in ("ledger", "ledger_body"):
            tx.session.execute(text(f"delete from {table} where seq > 5"))  # two names of ours
    append(store, *(ledger.asked_for(f"{n:040x}", NOW) for n in range(100, 130)))
    assert holds(store)


def test_threads_that_look_and_append_see_only_whole_sums(store: Store) -> None:
    faults: list[BaseException] = []

    def one(thread: int) -> None:
        try:
            for n in range(12):
                append(store, ledger.asked_for(f"{thread:02}{n:038}", NOW))
                seen = store.standing(SHOP)
                assert len(seen.requests) == seen.seq, "a look between two entries saw half of them"
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(store.standing(SHOP).requests) == 48
    assert holds(store)


def test_only_so_many_sums_are_kept(store: Store) -> None:
    sums = Standings(store.look, most=2)
    append(store, *some_entries(1))
    first = sums.of(SHOP)
    assert sums.of(SHOP) is first
    for number in (8, 9):
        sums.of(Subject("github.test", 42, number))
    assert sums.of(SHOP) == first
    assert sums.of(SHOP) is not first, "it was kept, though two others were asked for since"
