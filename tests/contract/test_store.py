"""What the engine relies on in the store, on every database it runs on. Add a promise as one test of `store`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, delete, select

from golive.core.errors import Misconfigured
from golive.core.ledger import GENESIS, Entry
from golive.core.model import Person, Subject, Verdict
from golive.ports import ANSWERS, INBOX, Delivery, ReleaseState, SlotState
from golive.store.migrate import migrate
from golive.store.store import Store, Unavailable, engine_for
from golive.store.tables import DueRow, InboxRow, LedgerRow

NOW = datetime(2026, 3, 4, 12, 0, 0, 123_456, tzinfo=UTC)
SHOP = Subject("github.test", 5_000_000_000, 7)
"""Its repository id does not fit into 32 bits, as GitHub's will not some day."""


class HandClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(database_url: str, clock: HandClock) -> Iterator[Store]:
    made = Store.open(database_url, clock)
    yield made
    made.close()


def an_entry(key: str, at: datetime = NOW, **body: Any) -> Entry:
    return Entry("word", key, at, body or {"text": f"“{key}” — said"})


def append(store: Store, *keys: str, subject: Subject = SHOP) -> list[Entry]:
    with store.transaction() as tx:
        return tx.append(subject, [an_entry(key) for key in keys])


def a_delivery(id: str, source: str = "github", kind: str = "push") -> Delivery:
    return Delivery(source, id, kind, b'{"bytes": "\xc3\xa9\x00"}', NOW, NOW - timedelta(microseconds=1))


def a_slot(ref: str = "C1:1.2", **changes: Any) -> SlotState:
    return replace(SlotState(ref, "abc", SHOP.key, 2, True, NOW), **changes)


def sql(store: Store, statement: str, **values: Any) -> None:
    """What somebody does who has the database in hand and not the store."""
    with store.transaction() as tx:
        tx.session.execute(text(statement), values)


def due(store: Store) -> set[str]:
    with store.reading() as session:
        return set(session.execute(text("select subject from due")).scalars())


def together(count: int, what: Callable[[int], None]) -> None:
    """Run it in so many threads at once; a fault in any of them is raised here."""
    faults: list[BaseException] = []
    start = threading.Barrier(count)

    def one(number: int) -> None:
        try:
            start.wait()
            what(number)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


# -- the database itself


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("pragma", "wanted"), [("journal_mode", "wal"), ("synchronous", 2), ("busy_timeout", 30_000), ("foreign_keys", 1)]
)
def test_every_connection_to_sqlite_is_durable_and_patient(store: Store, pragma: str, wanted: object) -> None:
    with store.reading() as one, store.reading() as other, store.transaction() as writing:
        for session in (one, other, writing.session):
            assert session.execute(text(f"pragma {pragma}")).scalar_one() == wanted


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reader_sees_what_was_committed_while_a_writer_is_at_work(store: Store) -> None:
    append(store, "one")
    with store.transaction() as tx:
        tx.append(SHOP, [an_entry("two")])
        assert [entry.key for entry in store.entries(SHOP)] == ["one"]
    assert [entry.key for entry in store.entries(SHOP)] == ["one", "two"]


def test_the_migrations_make_exactly_the_tables_that_the_code_declares(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, SQLModel.metadata)
    assert found == [], f"write a migration in store/migrations/versions that does this: {found}"


def test_migrating_again_changes_nothing_and_keeps_everything(database_url: str, store: Store) -> None:
    append(store, "one")
    before = sorted(inspect(store.engine).get_table_names())
    for _ in range(2):
        engine = engine_for(database_url)
        migrate(engine)
        engine.dispose()
    assert sorted(inspect(store.engine).get_table_names()) == before
    assert [entry.key for entry in store.entries(SHOP)] == ["one"]


@pytest.mark.slow
def test_two_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    start = "import sys; from golive.store.store import Store, datetime; Store.open(sys.argv[1], datetime.now).close()"
    both = [subprocess.Popen([sys.executable, "-c", start, database_url], stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=120)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    store = Store.open(database_url, HandClock())
    with store.reading() as session:
        assert len(session.execute(text("select * from alembic_version")).all()) == 1
    store.close()


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/golive.db", "postgresql+psycopg://golive:hush@127.0.0.1:9/golive"]
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="GOLIVE_DATABASE_URL") as said:
        Store.open(url, HandClock())
    assert "hush" not in str(said.value)


def test_a_transaction_that_raises_leaves_nothing_behind(store: Store) -> None:
    woken: list[None] = []
    store.on_touch = lambda: woken.append(None)

    def break_off() -> None:
        with store.transaction() as tx:
            tx.append(SHOP, [an_entry("one")])
            tx.touch("somebody")
            tx.put_slot("here", "sticky", a_slot())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert (store.entries(SHOP), due(store), store.slots("here"), woken) == ([], set(), {}, [])


def test_a_commit_that_touched_wakes_and_one_that_did_not_does_not(store: Store) -> None:
    woken: list[set[str]] = []
    store.on_touch = lambda: woken.append(due(store))
    append(store, "one")
    assert woken == []
    with store.transaction() as tx:
        tx.touch("somebody")
    assert woken == [{"somebody"}], "whoever is woken must find the row already committed"


# -- times


@pytest.mark.parametrize(
    "at",
    [
        NOW,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
)
def test_a_moment_comes_back_to_the_microsecond_in_utc(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        tx.put_slot("here", "sticky", a_slot(created_at=at))
    back = store.slots("here")["sticky"].created_at
    assert back == at
    assert back.utcoffset() == timedelta(0)


@settings(max_examples=30)
@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1, max_size=8, unique=True))
def test_moments_sort_as_times_do(moments: list[datetime]) -> None:
    store = Store.open("sqlite://", HandClock())
    with store.transaction() as tx:
        for number, at in enumerate(moments):
            tx.put_slot("here", str(number), a_slot(created_at=at))
        sorted_by_it = tx.session.execute(text("select name from slot order by created_at")).scalars().all()
    store.close()
    assert [moments[int(name)] for name in sorted_by_it] == sorted(moments)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Unavailable, match="offset-naive"), store.transaction() as tx:
        tx.put_slot("here", "sticky", a_slot(created_at=datetime(2026, 3, 4)))
    assert store.slots("here") == {}


# -- the ledger


def test_entries_come_back_as_they_were_appended_in_order(store: Store) -> None:
    told = Entry("word", "one", NOW, {"ü": [1, 2.5, None, True, "\x00"], "a": {"b": "c"}})
    with store.transaction() as tx:
        first = tx.append(SHOP, [told, an_entry("two")])
    append(store, "three")
    assert [entry.seq for entry in store.entries(SHOP)] == [1, 2, 3]
    assert store.entries(SHOP)[:2] == first
    assert store.entries(SHOP)[0] == replace(told, seq=1)
    assert store.entries(replace(SHOP, number=8)) == []


def test_an_entry_of_a_known_key_is_not_appended_again(store: Store) -> None:
    append(store, "one", "two")
    head = store.chain_head(SHOP)
    assert append(store, "two", "one", "one") == []
    assert store.chain_head(SHOP) == head
    assert [entry.key for entry in append(store, "two", "three")] == ["three"]
    with store.transaction() as tx:
        assert [e.key for e in tx.append(SHOP, [an_entry("four"), an_entry("four", text="again")])] == ["four"]
    assert [entry.key for entry in append(store, "one", subject=replace(SHOP, repository=8))] == ["one"]


def test_the_chain_holds_and_its_head_moves_with_every_entry(store: Store) -> None:
    heads = [store.chain_head(SHOP)]
    assert heads == [GENESIS]
    for key in ("one", "two", "three"):
        append(store, key)
        heads.append(store.chain_head(SHOP))
    assert len(set(heads)) == 4
    assert store.broken_links(SHOP) == []


CHANGES = {
    "kind": ("ledger", "kind = 'ruling'"),
    "at": ("ledger", "at = at + 1"),
    "body_hash": ("ledger", "body_hash = prev"),
    "prev": ("ledger", "prev = body_hash"),
    "hash": ("ledger", "hash = body_hash"),
    "seq": ("ledger", "seq = 9"),
    "number": ("ledger", "number = 8"),
    "repository": ("ledger", "repository = 8"),
    "host": ("ledger", "host = 'elsewhere.test'"),
    "salt": ("ledger_body", "salt = 'sea'"),
    "body": ("ledger_body", 'body = \'{"text":"approve"}\''),
    "body into something unreadable": ("ledger_body", "body = 'approve'"),
    "body only in its spacing": ("ledger_body", "body = replace(body, ':', ': ')"),
}


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("seq", [1, 2])
def test_a_changed_entry_is_found(store: Store, changed: str, seq: int) -> None:
    append(store, "one", "two", "three")
    table, change = CHANGES[changed]
    sql(store, f"update {table} set {change} where number = 7 and seq = :seq", seq=seq)
    found = store.broken_links(SHOP)
    assert found, f"nobody noticed that {changed} was changed"
    near = {f"entry {n}" for n in (seq, seq + 1)}
    assert any(name in sentence for name in near for sentence in found), f"look near entry {seq}: {found}"


@pytest.mark.parametrize("seq", [1, 2])
def test_an_entry_that_was_taken_out_is_found(store: Store, seq: int) -> None:
    append(store, "one", "two", "three")
    sql(store, "delete from ledger where seq = :seq", seq=seq)
    sql(store, "delete from ledger_body where seq = :seq", seq=seq)
    assert store.broken_links(SHOP)


def test_an_entry_that_was_changed_with_its_hash_made_to_fit_breaks_the_next_link(store: Store) -> None:
    from golive.core import ledger

    append(store, "one", "two", "three")
    with store.transaction() as tx:
        row = tx.session.get_one(LedgerRow, (SHOP.host, SHOP.repository, SHOP.number, 2))
        row.kind = "ruling"
        row.hash = ledger.row_hash(row.prev, SHOP, 2, row.kind, row.at, row.body_hash)
    assert store.broken_links(SHOP) == ["entry 3 does not follow entry 2"]


def test_an_erased_body_leaves_the_chain_verifiable_and_the_rest_readable(store: Store) -> None:
    append(store, "one", "two", "three")
    head = store.chain_head(SHOP)
    sql(store, "delete from ledger_body where seq = 2")
    assert store.broken_links(SHOP) == []
    assert [entry.key for entry in store.entries(SHOP)] == ["one", "three"]
    append(store, "four")
    assert store.chain_head(SHOP) != head
    assert store.broken_links(SHOP) == []


def test_no_two_entries_of_a_subject_have_the_same_place(store: Store) -> None:
    append(store, "one")
    place: dict[str, Any] = {"host": SHOP.host, "repository": SHOP.repository, "number": SHOP.number, "seq": 1}
    with pytest.raises(IntegrityError), store.transaction() as tx:
        tx.session.add(LedgerRow(**place, kind="word", at=NOW, body_hash="b", prev=GENESIS, hash="h"))
    assert [entry.key for entry in store.entries(SHOP)] == ["one"]


def test_threads_that_append_to_one_subject_keep_one_chain(store: Store) -> None:
    def write(thread: int) -> None:
        for number in range(6):
            append(store, f"{thread}:{number}", f"shared:{number}")

    together(6, write)
    entries = store.entries(SHOP)
    assert sorted(e.key for e in entries) == sorted([f"{t}:{n}" for t in range(6) for n in range(6)] + [
        f"shared:{n}" for n in range(6)
    ])  # fmt: skip
    assert [e.seq for e in entries] == list(range(1, 43))
    assert store.broken_links(SHOP) == []


def test_threads_that_append_to_many_subjects_keep_every_chain(store: Store) -> None:
    subjects = [replace(SHOP, number=n) for n in range(1, 6)]

    def write(thread: int) -> None:
        for number in range(10):
            append(store, f"{thread}:{number}", subject=subjects[(thread + number) % 5])

    together(6, write)
    assert sum(len(store.entries(subject)) for subject in subjects) == 60
    assert [store.broken_links(subject) for subject in subjects] == [[]] * 5


# -- the inbox


def test_a_delivery_is_kept_byte_for_byte(store: Store) -> None:
    told = a_delivery("d1")
    assert store.keep_all([told]) == [True]
    assert [(kept, repeats) for _, kept, repeats in store.new_deliveries()] == [(told, 0)]
    assert due(store) == {INBOX}


def test_a_delivery_that_comes_again_is_kept_once_in_the_same_batch_or_later(store: Store) -> None:
    one, two, slack = a_delivery("d1"), a_delivery("d2"), a_delivery("d1", source="slack")
    assert store.keep_all([one, two, one, slack]) == [True, True, False, True]
    assert store.keep_all([two, replace(one, body=b"changed")]) == [False, False]
    kept = {(d.source, d.id): (d.body, repeats) for _, d, repeats in store.new_deliveries()}
    assert kept == {("github", "d1"): (one.body, 2), ("github", "d2"): (two.body, 1), ("slack", "d1"): (slack.body, 0)}


@pytest.mark.parametrize(("source", "state"), [("github", "new"), ("slack", "done")])
def test_a_worked_delivery_that_comes_again_is_worked_again_only_where_that_repairs(
    store: Store, source: str, state: str
) -> None:
    store.keep_all([a_delivery("d1", source)])
    [(inbox_id, _, _)] = store.new_deliveries()
    with store.transaction() as tx:
        tx.settle(inbox_id, "done", "as it should be")
    sql(store, "delete from due")
    assert store.new_deliveries() == []
    store.keep_all([a_delivery("d1", source)])
    with store.reading() as session:
        [row] = session.exec(select(InboxRow)).all()
    assert (row.state, row.repeats) == (state, 1)
    assert due(store) == ({INBOX} if state == "new" else set())


def test_new_deliveries_come_oldest_first_and_a_few_at_a_time(store: Store) -> None:
    store.keep_all([a_delivery(f"d{n}") for n in range(5)])
    assert [delivery.id for _, delivery, _ in store.new_deliveries(limit=3)] == ["d0", "d1", "d2"]


def test_a_reaction_that_came_before_its_message_was_noted_is_heard_when_it_is(store: Store) -> None:
    store.keep_all([a_delivery(name, "slack", "reaction_added") for name in ("mine", "other")])
    with store.transaction() as tx:
        for (inbox_id, _, _), ref in zip(store.new_deliveries(), ("C1:1.2", "C1:9.9"), strict=True):
            tx.settle(inbox_id, "adrift", ref)
    sql(store, "delete from due")
    with store.transaction() as tx:
        tx.put_slot(SHOP.key, "chat-root", a_slot("C1:0.1"))
    assert (store.new_deliveries(), due(store)) == ([], set())
    with store.transaction() as tx:
        tx.put_slot(SHOP.key, "chat-request:beef", a_slot("C1:1.2"))
    assert [delivery.id for _, delivery, _ in store.new_deliveries()] == ["mine"]
    assert due(store) == {INBOX}


# -- slots, answers, people, releases


def test_a_slot_is_noted_replaced_found_by_its_ref_and_dropped(store: Store, clock: HandClock) -> None:
    with store.transaction() as tx:
        assert tx.intend("here", "sticky") == NOW
        assert tx.intend("here", "sticky") == NOW
    clock.now += timedelta(hours=1)
    with store.transaction() as tx:
        assert tx.intend("here", "sticky") == NOW, "since when it is about to be created, not since the last try"
        assert (tx.any_intent("stick"), tx.any_intent("ticky")) == (True, False)
    assert store.intents("here") == {"sticky": NOW}
    for slot in (a_slot(), a_slot(fingerprint="def", counter=3)):
        with store.transaction() as tx:
            tx.put_slot("here", "sticky", slot)
            assert tx.slot_at(slot.ref) == ("here", "sticky")
        assert store.slots("here") == {"sticky": slot}
    assert store.intents("here") == {}
    with store.transaction() as tx:
        tx.drop_slot("here", "sticky")
    assert store.slots("here") == {}


def test_an_answer_is_sent_at_most_once_and_never_too_late(store: Store, clock: HandClock) -> None:
    with store.transaction() as tx:
        assert [tx.owe_answer("k1", "to mina", text) for text in ("hello", "hello again")] == [True, False]
    clock.now += timedelta(hours=1)
    with store.transaction() as tx:
        assert not tx.owe_answer("k1", "to mina", "and again")
        assert tx.owe_answer("k2", "to bo", "fresh")
    assert due(store) == {ANSWERS}
    with store.transaction() as tx:
        assert tx.take_answers(clock() - timedelta(minutes=25)) == [("to bo", "fresh")]
    with store.transaction() as tx:
        assert tx.take_answers(NOW - timedelta(days=1)) == [], "what was taken, or came too late, is gone for good"
        assert not tx.owe_answer("k2", "to bo", "fresh")


def test_putting_people_replaces_all_of_them(store: Store) -> None:
    mina, zoe, ana = Person(5_000_000_001, "mina"), Person(2, "zoe"), Person(3, "ana")
    with store.transaction() as tx:
        tx.put_people({"T1/U1": mina, "T1/U2": zoe})
    with store.transaction() as tx:
        assert tx.person("T1/U1") == mina
        tx.put_people({"T1/U1": replace(mina, login="minna"), "T1/U3": ana})
    with store.transaction() as tx:
        found = {who: tx.person(who) for who in ("T1/U1", "T1/U2", "T1/U3", "T2/U1")}
    assert found == {"T1/U1": Person(5_000_000_001, "minna"), "T1/U2": None, "T1/U3": ana, "T2/U1": None}


def test_a_release_keeps_its_unguessable_token_and_is_found_by_it(store: Store) -> None:
    state = ReleaseState(SHOP, "acme/shop", "Release 1.4", head_sha="beef", base_ref="main", is_release=True)
    with store.transaction() as tx:
        assert tx.put_release(state) is None
    written = store.release_of(SHOP)
    assert written is not None
    assert len(written.token) >= 32
    assert written == replace(state, token=written.token)
    later = replace(state, verdict=Verdict.NO_GO, looked_at=NOW, token="mine")
    with store.transaction() as tx:
        assert tx.put_release(later) == written
    assert store.release_by_token(written.token) == replace(later, token=written.token)
    assert store.release_by_token("") is None
    assert store.release_by_token("mine") is None


def test_open_releases_are_told_by_repository_base_and_head(store: Store) -> None:
    def put(number: int, **changes: Any) -> None:
        at = replace(SHOP, number=number, **{k: changes.pop(k) for k in ("repository",) if k in changes})
        with store.transaction() as tx:
            tx.put_release(ReleaseState(at, **{"base_ref": "main", "head_sha": "beef", **changes}))

    put(1)
    put(2, base_ref="next")
    put(3, open=False)
    put(4, head_sha="cafe")
    put(5, repository=8)
    with store.transaction() as tx:
        assert {r.subject.number for r in tx.open_releases()} == {1, 2, 4, 5}
        assert {r.subject.number for r in tx.open_releases(SHOP.host, SHOP.repository)} == {1, 2, 4}
        assert {r.subject.number for r in tx.open_releases(SHOP.host, SHOP.repository, "main")} == {1, 4}
    assert [r.subject.number for r in store.pulls_at(SHOP.host, SHOP.repository, "beef")] == [1, 2]


@pytest.mark.parametrize(
    "asked",
    [{}, {"base_ref": "main"}, {"at": NOW + timedelta(hours=1)}, {"at": NOW - timedelta(hours=1)}, {"but": SHOP}],
    ids=["now", "of one base", "later", "a moment that has passed", "all but one"],
)
def test_touching_what_is_open_owes_exactly_what_touching_each_of_them_does(
    store: Store, asked: dict[str, Any]
) -> None:
    def rows() -> list[tuple[Any, ...]]:
        with store.reading() as session:
            return sorted((r.subject, r.at, r.claimed, r.timer) for r in session.exec(select(DueRow)))

    with store.transaction() as tx:
        for number in range(1, 10):
            at = replace(SHOP, number=number, repository=8 if number == 9 else SHOP.repository)
            tx.put_release(ReleaseState(at, open=number != 3, base_ref="next" if number == 2 else "main"))
        for number, hours, claimed, timer in (
            (4, -1, False, False),
            (5, -1, True, False),
            (6, -1, False, True),
            (8, 1, False, False),
        ):
            subject = replace(SHOP, number=number).key
            tx.session.add(DueRow(subject=subject, at=NOW + timedelta(hours=hours), claimed=claimed, timer=timer))
    before = rows()
    with store.transaction() as tx:
        for release in tx.open_releases(SHOP.host, SHOP.repository, asked.get("base_ref", "")):
            if release.subject != asked.get("but"):
                tx.touch(release.subject.key, asked.get("at"))
    wanted = rows()
    with store.transaction() as tx:  # and back to what was before
        tx.session.exec(delete(DueRow))
        tx.session.add_all(DueRow(subject=s, at=at, claimed=claimed, timer=timer) for s, at, claimed, timer in before)
    assert rows() == before != wanted
    with store.transaction() as tx:
        tx.touch_open(SHOP.host, SHOP.repository, **asked)
    assert rows() == wanted


def test_faults_are_counted_in_a_row_and_forgotten_on_recovery(store: Store) -> None:
    with store.transaction() as tx:
        assert [tx.fault(SHOP.key, f"try {n}") for n in (1, 2)] == [1, 2]
    with store.transaction() as tx:
        assert tx.fault(SHOP.key, "try 3") == 3
    assert store.fault_of(SHOP.key) == (3, "try 3")
    assert store.counts()["failing"] == 1
    with store.transaction() as tx:
        tx.recovered(SHOP.key)
    assert store.fault_of(SHOP.key) == (0, "")


def test_a_repository_is_known_by_the_newest_that_was_said_of_it(store: Store) -> None:
    with store.transaction() as tx:
        tx.know_repository(SHOP.host, SHOP.repository, "acme/shop", 6_000_000_000)
        tx.know_repository(SHOP.host, SHOP.repository, "acme/store", 6_000_000_001)
    assert store.known_repository(SHOP.host, SHOP.repository) == ("acme/store", 6_000_000_001)
    assert store.known_repository(SHOP.host, 1) is None
    assert store.known_installations() == [6_000_000_001]
