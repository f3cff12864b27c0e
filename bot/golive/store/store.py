"""The store: short transactions over the tables. No transaction is ever open across a network call or an await."""

from __future__ import annotations

import json
import secrets
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, Row, and_, create_engine, event, func, text
from sqlalchemy import select as columns
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from golive.core import chain, ledger
from golive.core.chain import Link
from golive.core.ledger import GENESIS, Entry
from golive.core.model import Standing, Subject, Verdict
from golive.core.reach import ACTIVE, REMOVED
from golive.ports import ANSWERS, INBOX, Delivery, ReleaseState, SlotState
from golive.store import sql
from golive.store.begin import only_reads, writing
from golive.store.finding import FindActs, FindReads
from golive.store.installations import ReachActs, ReachReads
from golive.store.joined import JoinActs
from golive.store.links import LinkActs
from golive.store.standings import Standings
from golive.store.tables import (
    DueRow,
    FaultRow,
    InboxRow,
    InstallationRow,
    IntentRow,
    LedgerBodyRow,
    LedgerRow,
    PersonRow,
    ReleaseRow,
    RepositoryRow,
)
from golive.store.turnstile import Turnstile

Unavailable = SQLAlchemyError
"""What every method here raises when the database does not do as asked; nothing was written then."""
AT_A_TIME = 1000
"""Rows of a chain that are held in memory while it is walked."""
KEPT = 3
"""Threads that keep a connection to read with, so that most of the pool's five are free for whoever writes."""
BEGINNING = datetime.fromtimestamp(0, UTC)
"""Before any moment that is kept."""
_PLACE = ("host", "repository", "number", "seq")


def engine_for(url: str) -> Engine:
    """An engine with the pragmas that make SQLite durable and safe among threads; PostgreSQL as it is."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, in `begin`
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


VERSIONS = 20
"""Earlier texts of a slot that are known again: what somebody did to one of them may arrive late."""
DOUBTED = "?"
"""Before the fingerprint of what somebody else may have changed since: it is no fingerprint of anything any more."""


class Transaction(LinkActs, ReachActs, FindActs, JoinActs):
    """One write transaction: everything in it happens, or nothing does."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.touched = False
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The same transaction as a session, for what is done seldom: it costs ten times what `run` does."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    def flush(self) -> None:
        """Send what the session still holds."""
        if self._session is not None:
            self._session.flush()

    def run(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a statement of `sql`."""
        self.flush()
        return self.connection.execute(statement, values)

    # -- inbox

    def keep_all(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep deliveries; False for each that was kept before (a forge's one is then looked at again, not recorded twice)."""
        seen = self._known(deliveries)
        outcomes: list[bool] = []
        for delivery in deliveries:
            place = (delivery.source, delivery.id)
            outcomes.append(place not in seen)
            seen.add(place)
        if fresh := [_inbox_row(delivery) for delivery, new in zip(deliveries, outcomes, strict=True) if new]:
            self.run(sql.INSERT["inbox"], fresh)
        looked_at_again = False
        for delivery in (delivery for delivery, new in zip(deliveries, outcomes, strict=True) if not new):
            again: dict[str, Any] = {"its_source": delivery.source, "its_delivery": delivery.id}
            if delivery.source == "github":
                again["state"], looked_at_again = "new", True
            self.run(sql.AGAIN, again)
        if fresh or looked_at_again:
            self.touch(INBOX)
        return outcomes

    def _known(self, deliveries: Sequence[Delivery]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for source in {delivery.source for delivery in deliveries}:
            names = [delivery.id for delivery in deliveries if delivery.source == source]
            found |= {(source, name) for name in self.run(sql.KNOWN, {"source": source, "names": names}).scalars()}
        return found

    def settle(self, inbox_id: int, state: str, note: str = "") -> None:
        """Say what became of a kept delivery."""
        self.run(sql.SETTLED, {"its_id": inbox_id, "state": state, "note": note})

    # -- ledger

    def append(self, subject: Subject, entries: Iterable[Entry]) -> list[Entry]:
        """Append what is not recorded yet (by key); returns what was, with its seq."""
        given = list(entries)
        if not given:
            return []
        self._lock(subject)
        place = _place(subject)
        known = self._recorded(place, [entry.key for entry in given])
        last = self.run(sql.LAST_LINK, place).first()
        seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
        appended: list[Entry] = []
        links: list[dict[str, Any]] = []
        bodies: list[dict[str, Any]] = []
        for entry in given:
            if entry.key in known:
                continue
            known.add(entry.key)
            seq += 1
            salt, said = secrets.token_hex(16), ledger.canonical(entry.body)
            hashed = ledger.said_hash(salt, said)
            linked = ledger.row_hash(prev, subject, seq, entry.kind, entry.at, hashed)
            links.append(
                {
                    **place,
                    "seq": seq,
                    "kind": entry.kind,
                    "at": entry.at,
                    "body_hash": hashed,
                    "prev": prev,
                    "hash": linked,
                }
            )
            bodies.append({**place, "seq": seq, "key": entry.key, "salt": salt, "body": said.decode()})
            prev = linked
            appended.append(Entry(entry.kind, entry.key, entry.at, entry.body, seq))
        if appended:
            self.run(sql.INSERT["ledger"], links)
            self.run(sql.INSERT["ledger_body"], bodies)
        return appended

    def _recorded(self, place: Mapping[str, Any], keys: Sequence[str]) -> set[str]:
        """Which of these keys the ledger of a subject has already."""
        if len(keys) == 1:
            return set(self.run(sql.KEY, {**place, "key": keys[0]}).scalars())
        found: set[str] = set()
        for start in range(0, len(keys), AT_A_TIME):
            found.update(self.run(sql.KEYS, {**place, "keys": keys[start : start + AT_A_TIME]}).scalars())
        return found

    def _lock(self, subject: Subject) -> None:
        if self.connection.dialect.name == "postgresql":
            self.run(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": subject.key})

    # -- work

    def touch(self, subject: str, at: datetime | None = None) -> None:
        """Look at the subject at `at` (None: now). A touch that a waiting one already serves adds nothing."""
        at = at or self.now
        self.touched = True
        # a timer serves nobody else: it may be replaced before its time
        serves, since = (sql.WAITING_AT, at) if at > self.now else (sql.WAITING_NOW, self.now)
        if self.run(serves, {"subject": subject, "at": since}).first() is None:
            self._owe(subject, at, timer=False)

    def touch_open(
        self, host: str, repository: int, base_ref: str = "", at: datetime | None = None, but: Subject | None = None
    ) -> None:
        """`touch` every open pull request of a repository, or of one base branch of it, `but` one.

        In one statement: there may be ten thousand, and a door waits for whoever writes.
        """
        at = at or self.now
        self.touched = True
        values = {
            "its_host": host, "its_repository": repository, "base": base_ref, "but": but.key if but else "", "its_at": at,
            "since": at if at > self.now else BEGINNING, "until": max(at, self.now),
        }  # fmt: skip
        self.run(sql.TOUCH_OPEN, values)

    def _owe(self, subject: str, at: datetime, timer: bool) -> None:
        self.run(sql.INSERT["due"], {"subject": subject, "at": at, "claimed": False, "timer": timer})

    def set_timer(self, subject: str, at: datetime) -> None:
        """Look at the subject at `at`, in place of the timer it had: each decision knows best when time changes it."""
        self.run(sql.DROP_TIMERS, {"subject": subject})
        self._owe(subject, at, timer=True)
        self.touched = True

    def drop_timer(self, subject: str) -> None:
        """Time alone does not matter to the subject any more."""
        self.run(sql.DROP_TIMERS, {"subject": subject})

    # -- what stands outside

    def put_slot(self, place: str, name: str, slot: SlotState) -> None:
        """Note what we published, and that nothing of it is owed any more. A reaction on it that came too early is heard now."""
        here = {"place": place, "name": name}
        before = self.run(sql.SLOT, here).first()
        earlier = [before.fingerprint.removeprefix(DOUBTED), *before.earlier.split()] if before else []
        kept = " ".join([mark for mark in dict.fromkeys(earlier) if mark and mark != slot.fingerprint][:VERSIONS])
        sql.put(self.connection, sql.slot, {**here, "earlier": kept, **slot.fields()})
        self.run(sql.DROP_INTENT, here)
        if self.run(sql.ADRIFT, {"note": slot.ref}).first() is not None:
            self.run(sql.FOUND, {"its_note": slot.ref})
            self.touch(INBOX)

    def drop_slot(self, place: str, name: str) -> None:
        """What we published is gone outside."""
        self.run(sql.DROP_SLOT, {"place": place, "name": name})

    def doubt_slot(self, place: str, ref: str) -> None:
        """What we published under this outside id may read otherwise now: the next turn writes it again."""
        for row in self.run(sql.SLOTS_OF, {"place": place, "ref": ref}).all():
            doubted = f"{DOUBTED}{row.fingerprint.removeprefix(DOUBTED)}"
            self.run(sql.MARK_SLOT, {"its_place": place, "its_name": row.name, "fingerprint": doubted})

    def wrote(self, place: str, ref: str, fingerprint: str) -> bool:
        """Whether we published this under this outside id, now or not long ago, however it reads now."""
        rows = self.run(sql.SLOTS_OF, {"place": place, "ref": ref}).all()
        return any(fingerprint in (row.fingerprint.removeprefix(DOUBTED), *row.earlier.split()) for row in rows)

    def intend(self, place: str, name: str) -> datetime:
        """Note that we are about to create something; returns since when we have been about to."""
        here = {"place": place, "name": name}
        since: datetime | None = self.run(sql.INTENT, here).scalar()
        if since is None:
            since = self.now
            self.run(sql.INSERT["intent"], {**here, "at": since})
        return since

    def drop_intent(self, place: str, name: str) -> None:
        """What we were about to create is not there, and is not created under that name any more."""
        self.run(sql.DROP_INTENT, {"place": place, "name": name})

    def slot_at(self, ref: str) -> tuple[str, str] | None:
        """Place and name of the slot with this outside id."""
        row = self.run(sql.SLOT_WITH, {"ref": ref}).first()
        return (row.place, row.name) if row else None

    def any_intent(self, name_prefix: str) -> bool:
        """Whether something of that name is being created somewhere."""
        found = select(IntentRow.name).where(col(IntentRow.name).startswith(name_prefix))
        return self.session.exec(found).first() is not None

    # -- repositories, releases, answers, faults; people are in `links`

    def repositories_of(self, host: str, installation: int) -> list[int]:
        """The repositories that one installation reaches."""
        here = (RepositoryRow.host == host, RepositoryRow.installation == installation)
        return list(self.session.exec(select(RepositoryRow.repository).where(*here)))

    def know_repository(self, host: str, repository: int, full_name: str, installation: int) -> bool:
        """Remember through which installation a repository is reached; True where that is news."""
        row = self.run(sql.REPOSITORY, {"host": host, "repository": repository}).first()
        if row and (row.full_name, row.installation) == (full_name, installation):
            return False
        told = {"host": host, "repository": repository, "full_name": full_name, "installation": installation}
        sql.put(self.connection, sql.repository, told)
        return True

    def open_releases(
        self, host: str = "", repository: int = 0, base_ref: str = "", heads: Collection[str] = ()
    ) -> list[ReleaseState]:
        """Open pull requests we know, of everywhere, one repository, or one base branch or some head commits of it.

        Without what was kept of their pages.
        """
        if heads:
            with_head = {"host": host, "repository": repository, "heads": sorted(heads)}
            return [_state(row) for row in self.run(sql.OPEN_WITH, with_head).all()]
        here = {"host": host, "repository": repository} if repository else {}
        rows = self.run(sql.OPEN_IN if repository else sql.OPEN, here).all()
        return [_state(row) for row in rows if not base_ref or row.base_ref == base_ref]

    def put_release(self, state: ReleaseState) -> ReleaseState | None:
        """Write how a pull request stands; its page gets an unguessable token once. Returns what stood there before."""
        subject = state.subject
        row = self.run(sql.RELEASE, {"subject": subject.key}).first()
        written = {
            "subject": subject.key, **_place(subject), "full_name": state.full_name, "title": state.title,
            "url": state.url, "head_sha": state.head_sha, "base_ref": state.base_ref, "open": state.open,
            "is_release": state.is_release, "verdict": int(state.verdict), "state": state.state,
            "headline": state.headline, "view": state.view, "looked_at": state.looked_at, "watches": state.watches,
            "token": row.token if row else secrets.token_urlsafe(24),
        }  # fmt: skip
        sql.put(self.connection, sql.release, written)
        return _state(row) if row else None

    def owe_answer(self, key: str, reply_to: str, said: str) -> bool:
        """Note an answer to send, once per key."""
        if self.run(sql.ANSWER, {"key": key}).first() is not None:
            return False
        owed = {"key": key, "reply_to": reply_to, "text": said, "at": self.now, "sent": False}
        self.run(sql.INSERT["answer"], owed)
        self.touch(ANSWERS)
        return True

    def take_answers(self, since: datetime) -> list[tuple[str, str]]:
        """Answers to send now (reply_to, text), marked as sent; older ones than `since` reach nobody any more."""
        rows = self.run(sql.OWED).all()
        for row in rows:
            self.run(sql.SENT, {"its_key": row.key})  # its text goes, too: it may hold what is for one person alone
        return [(row.reply_to, row.text) for row in rows if row.at >= since]

    def fault(self, subject: str, error: str) -> int:
        """Count one more failed turn; returns how many in a row."""
        row = self.run(sql.FAULT, {"subject": subject}).first()
        attempts = (int(row.attempts) if row else 0) + 1
        told = {"subject": subject, "attempts": attempts, "error": error, "at": self.now}
        sql.put(self.connection, sql.fault, told)
        return attempts

    def note_nags(self, people: Iterable[int], at: datetime) -> None:
        """These people were reminded just now."""
        for person in people:
            sql.put(self.connection, sql.nag, {"person": person, "at": at})

    def recovered(self, subject: str) -> None:
        """A turn went through."""
        self.run(sql.RECOVERED, {"subject": subject})


def _state(row: Any) -> ReleaseState:
    return ReleaseState(
        subject=Subject(row.host, row.repository, row.number), full_name=row.full_name, title=row.title, url=row.url,
        head_sha=row.head_sha, base_ref=row.base_ref, open=row.open, is_release=row.is_release,
        verdict=Verdict(row.verdict), state=row.state, headline=row.headline, view=row.view, token=row.token,
        looked_at=row.looked_at, watches=row.watches,
    )  # fmt: skip


def _inbox_row(delivery: Delivery) -> dict[str, Any]:
    return {
        "source": delivery.source, "delivery": delivery.id, "kind": delivery.kind, "body": delivery.body,
        "received_at": delivery.received_at, "said_at": delivery.said_at,
        "state": "new", "repeats": 0, "note": "",
    }  # fmt: skip


def _place(subject: Subject) -> dict[str, Any]:
    return {"host": subject.host, "repository": subject.repository, "number": subject.number}


def _at(table: type[LedgerRow] | type[LedgerBodyRow], subject: Subject) -> tuple[Any, ...]:
    return (table.host == subject.host, table.repository == subject.repository, table.number == subject.number)


class Store(ReachReads, FindReads):
    """The database of one golive. `on_touch` is called after every commit that touched a work subject."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock
        self.on_touch: Callable[[], None] = lambda: None
        self.heard = 0
        """Deliveries that this process was given, each time one came."""
        self._keeps = engine.dialect.name == "sqlite"
        self._local = threading.local()
        self._kept: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._turnstile = Turnstile() if engine.dialect.name == "sqlite" else None
        self._standings = Standings(self.look)

    @classmethod
    def open(cls, url: str, clock: Callable[[], datetime]) -> Store:
        """Open, creating and migrating what is needed. Raises Misconfigured where the database cannot be used."""
        from golive.store.migrate import migrate  # alembic is slow to import and needed once

        engine = engine_for(url)
        migrate(engine)
        return cls(engine, clock)

    @property
    def path(self) -> Path | None:
        """The SQLite file, where it is one."""
        database = self.engine.url.database
        return Path(database) if self.engine.dialect.name == "sqlite" and database else None

    def close(self) -> None:
        """Close every connection."""
        for connection in list(self._kept):
            connection.close()
        self.engine.dispose()

    @contextmanager
    def transaction(self, first: bool = False) -> Iterator[Transaction]:
        """A write transaction, committed at the end of the block. first: before all others that wait to write."""
        with self._turnstile.through(first) if self._turnstile else nullcontext(), writing(self.engine) as connection:
            tx = Transaction(connection, self.clock())
            yield tx
            tx.flush()
        if tx.touched:
            self.on_touch()

    def look(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """What one statement reads; a single one needs no transaction to see one state."""
        connection = self._glance()
        try:
            rows = connection.execute(statement, values).all()
        except BaseException:
            connection.close()
            raise
        if connection not in self._kept:
            connection.close()
        return rows

    def _glance(self) -> Connection:
        """A connection to read with. SQLite's is kept for a few threads: to borrow one costs more than to read a row."""
        kept: Connection | None = getattr(self._local, "glancing", None)
        if kept is not None and not kept.closed:
            return kept
        made = self.engine.connect()
        if self._keeps and len(self._kept) < KEPT:
            self._kept.add(made)
            self._local.glancing = made
        return made

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only view."""
        with Session(self.engine, expire_on_commit=False) as session:
            only_reads(session.connection())
            yield session

    def keep_all(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep many deliveries in one commit; False for each that was kept before."""
        self.heard += len(deliveries)
        with self.transaction(first=True) as tx:
            return tx.keep_all(deliveries)

    def new_deliveries(self, limit: int = 200) -> list[tuple[int, Delivery, int]]:
        """Kept deliveries that nobody worked yet, oldest first: (inbox id, delivery, times it came again)."""
        return [
            (r.id, Delivery(r.source, r.delivery, r.kind, r.body, r.received_at, r.said_at), r.repeats)
            for r in self.look(sql.NEW, {"most": limit})
        ]

    def delivery(self, source: str, name: str) -> tuple[Delivery, str] | None:
        """A kept delivery by its own id, and its state (see `InboxRow`)."""
        with self.reading() as session:
            row = session.exec(select(InboxRow).where(InboxRow.source == source, InboxRow.delivery == name)).first()
        if row is None:
            return None
        return Delivery(row.source, row.delivery, row.kind, row.body, row.received_at, row.said_at), row.state

    def entries(self, subject: Subject) -> list[Entry]:
        """A release's ledger, in seq order. A body that was erased is left out. For what it adds up to: `standing`."""
        return [Entry(r.kind, r.key, r.at, json.loads(r.body), r.seq) for r in self.look(sql.ENTRIES, _place(subject))]

    def standing(self, subject: Subject) -> Standing:
        """What a release's ledger adds up to: the fold of `entries`, of which only the new ones are read."""
        return self._standings.of(subject)

    def chain_head(self, subject: Subject) -> str:
        """The newest link's hash."""
        last = self.look(sql.LAST_LINK, _place(subject))
        return last[0].hash if last else GENESIS

    def links(self, subject: Subject) -> Iterator[Link]:
        """A release's chain with what its rows say, in seq order, a few rows in memory at a time; read to its end."""
        same = and_(*(getattr(LedgerRow, part) == getattr(LedgerBodyRow, part) for part in _PLACE))
        chained: list[Any] = [getattr(LedgerRow, name) for name in Link._fields[:6]]
        query = (
            columns(*chained, *[LedgerBodyRow.salt, LedgerBodyRow.body])
            .outerjoin_from(LedgerRow, LedgerBodyRow, same)
            .where(*_at(LedgerRow, subject))
            .order_by(col(LedgerRow.seq))
            .execution_options(yield_per=AT_A_TIME)
        )
        with self.reading() as session:
            yield from (Link(*row) for row in session.connection().execute(query))

    def broken_links(self, subject: Subject) -> list[str]:
        """What is wrong with a release's chain, a sentence per fault; empty when it holds."""
        wrong = [fault.sentence for fault in chain.faults(subject, self.links(subject))]
        recorded = select(LedgerRow.seq).where(*_at(LedgerRow, subject))
        here = (*_at(LedgerBodyRow, subject), col(LedgerBodyRow.seq).not_in(recorded))
        with self.reading() as session:
            bare = session.exec(select(LedgerBodyRow.seq).where(*here).order_by(col(LedgerBodyRow.seq))).all()
        return wrong + [f"entry {seq} was taken out, and what it says is still there" for seq in bare]

    def slots(self, place: str) -> dict[str, SlotState]:
        """Everything we published at a place, by name."""
        rows = self.look(sql.SLOTS_AT, {"place": place})
        return {
            r.name: SlotState(
                r.ref, r.fingerprint, r.owner, r.counter, r.completed, r.created_at, r.gist, r.written_at
            )
            for r in rows
        }  # fmt: skip

    def intents(self, place: str) -> dict[str, datetime]:
        """What we were about to create at a place, and since when."""
        return {r.name: r.at for r in self.look(sql.INTENTS_AT, {"place": place})}

    def known_repository(self, host: str, repository: int) -> tuple[str, int] | None:
        """Full name and installation of a repository."""
        found = self.look(sql.REPOSITORY, {"host": host, "repository": repository})
        return (found[0].full_name, found[0].installation) if found and found[0].state != REMOVED else None

    def repository_named(self, host: str, installation: int, full_name: str) -> int | None:
        """The id of a repository that one installation reaches, by its name, whatever the case."""
        called = (RepositoryRow.host == host, RepositoryRow.installation == installation)
        named = func.lower(RepositoryRow.full_name) == full_name.lower()
        query = select(RepositoryRow.repository).where(*called, named).order_by(col(RepositoryRow.repository).desc())
        with self.reading() as session:
            return session.exec(query).first()

    def known_installations(self) -> list[int]:
        """Every installation we have heard of that may be asked."""
        with self.reading() as session:
            asleep = select(InstallationRow.number).where(InstallationRow.state != ACTIVE)
            known = select(RepositoryRow.installation).where(col(RepositoryRow.installation).not_in(asleep))
            return sorted(set(session.exec(known)))

    def pulls_at(self, host: str, repository: int, head_sha: str) -> list[ReleaseState]:
        """Open pull requests we know with this head commit."""
        return [
            _state(r) for r in self.look(sql.OPEN_AT, {"host": host, "repository": repository, "head_sha": head_sha})
        ]

    def release_of(self, subject: Subject) -> ReleaseState | None:
        """How a pull request stood when it was last looked at."""
        found = self.look(sql.RELEASE, {"subject": subject.key})
        return _state(found[0]) if found else None

    def release_by_token(self, token: str) -> ReleaseState | None:
        """The release behind a page's unguessable link."""
        with self.reading() as session:
            row = session.exec(select(ReleaseRow).where(ReleaseRow.token == token)).first()
        return _state(row) if row else None

    def faults(self) -> list[FaultRow]:
        """Subjects whose last turn failed, most failures first."""
        with self.reading() as session:
            return list(session.exec(select(FaultRow).order_by(col(FaultRow.attempts).desc())))

    def fault_of(self, subject: str) -> tuple[int, str]:
        """Failed turns in a row and the last reason; (0, "") when all is well."""
        found = self.look(sql.FAULT, {"subject": subject})
        return (found[0].attempts, found[0].error) if found else (0, "")

    def nagged(self, people: Iterable[int]) -> dict[int, datetime]:
        """When each of these was last reminded of anything."""
        return {row.person: row.at for row in self.look(sql.NAGGED, {"people": list(people)})}

    def release_named(self, full_name: str, number: int) -> ReleaseState | None:
        """A pull request as people name it, whatever the case."""
        query = select(ReleaseRow).where(
            func.lower(ReleaseRow.full_name) == full_name.casefold(), ReleaseRow.number == number
        )
        with self.reading() as session:
            row = session.exec(query).first()
            return _state(row) if row else None

    def open_in(self, host: str, repository: int) -> list[ReleaseState]:
        """The open pull requests of one repository, by number. Without what was kept of their pages."""
        return [_state(row) for row in self.look(sql.OPEN_BY_NUMBER, {"host": host, "repository": repository})]

    def chat_users(self, people: Iterable[int]) -> tuple[str, ...]:
        """The chat users of these people, as `team/user`, where they are known."""
        wanted = list(people)
        if not wanted:
            return ()
        with self.reading() as session:
            return tuple(session.exec(select(PersonRow.who).where(col(PersonRow.person).in_(wanted))).all())

    def chat_accounts(self, people: Iterable[int]) -> dict[int, str]:
        """Person → their chat user, where one is known; of several the first by name."""
        wanted = list(people)
        if not wanted:
            return {}
        with self.reading() as session:
            found = session.exec(
                select(PersonRow).where(col(PersonRow.person).in_(wanted)).order_by(col(PersonRow.who).desc())
            )
            return {row.person: row.who for row in found}

    def counts(self) -> dict[str, int]:
        """Figures for the metrics page: no names in it."""
        with self.reading() as session:
            states = dict(session.exec(select(InboxRow.state, func.count()).group_by(InboxRow.state)).all())
            due = session.exec(select(func.count()).select_from(DueRow)).one()
            failing = session.exec(select(func.count()).select_from(FaultRow)).one()
            rows = session.exec(
                select(func.count()).select_from(ReleaseRow).where(
                    col(ReleaseRow.open).is_(True), col(ReleaseRow.is_release).is_(True)
                )
            ).one()  # fmt: skip
        return {f"inbox_{k}": v for k, v in states.items()} | {"due": due, "failing": failing, "open_releases": rows}
