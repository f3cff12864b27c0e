"""The store: short transactions over the tables. No transaction is ever open across a network call or an await."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, and_, create_engine, event, func, insert, text
from sqlalchemy import select as columns
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, delete, select, update

from golive.core import chain, ledger
from golive.core.chain import Link
from golive.core.ledger import GENESIS, Entry
from golive.core.model import Subject, Verdict
from golive.ports import ANSWERS, INBOX, Delivery, ReleaseState, SlotState
from golive.store.links import LinkActs
from golive.store.tables import (
    AnswerRow,
    DueRow,
    FaultRow,
    InboxRow,
    IntentRow,
    LedgerBodyRow,
    LedgerRow,
    NagRow,
    PersonRow,
    ReleaseRow,
    RepositoryRow,
    SlotRow,
)

Unavailable = SQLAlchemyError
"""What every method here raises when the database does not do as asked; nothing was written then."""
AT_A_TIME = 1000
"""Rows of a chain that are held in memory while it is walked."""
_PLACE = ("host", "repository", "number", "seq")


def engine_for(url: str) -> Engine:
    """An engine with the pragmas that make SQLite durable and safe among threads; PostgreSQL as it is."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # a reader that becomes a writer half-way would be refused; writers say so at once
        writes = connection.get_execution_options().get("golive_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


VERSIONS = 20
"""Earlier texts of a slot that are known again: what somebody did to one of them may arrive late."""
DOUBTED = "?"
"""Before the fingerprint of what somebody else may have changed since: it is no fingerprint of anything any more."""


class Transaction(LinkActs):
    """One write transaction: everything in it happens, or nothing does."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.touched = False

    # -- inbox

    def keep_all(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep deliveries; False for each that was kept before (a forge's one is then looked at again, not recorded twice)."""
        seen = self._known(deliveries)
        outcomes: list[bool] = []
        for delivery in deliveries:
            place = (delivery.source, delivery.id)
            outcomes.append(place not in seen)
            seen.add(place)
        connection = self.session.connection()
        if fresh := [_inbox_row(delivery) for delivery, new in zip(deliveries, outcomes, strict=True) if new]:
            connection.execute(insert(InboxRow), fresh)
        looked_at_again = False
        for delivery in (delivery for delivery, new in zip(deliveries, outcomes, strict=True) if not new):
            here = (col(InboxRow.source) == delivery.source, col(InboxRow.delivery) == delivery.id)
            again: dict[str, Any] = {"repeats": InboxRow.repeats + 1}
            if delivery.source == "github":
                again["state"], looked_at_again = "new", True
            connection.execute(update(InboxRow).where(*here).values(**again))
        if fresh or looked_at_again:
            self.touch(INBOX)
        return outcomes

    def _known(self, deliveries: Sequence[Delivery]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for source in {delivery.source for delivery in deliveries}:
            names = [delivery.id for delivery in deliveries if delivery.source == source]
            query = select(InboxRow.delivery).where(InboxRow.source == source, col(InboxRow.delivery).in_(names))
            found |= {(source, name) for name in self.session.exec(query)}
        return found

    def settle(self, inbox_id: int, state: str, note: str = "") -> None:
        """Say what became of a kept delivery."""
        row = self.session.get_one(InboxRow, inbox_id)
        row.state, row.note = state, note

    # -- ledger

    def append(self, subject: Subject, entries: Iterable[Entry]) -> list[Entry]:
        """Append what is not recorded yet (by key); returns what was, with its seq."""
        self._lock(subject)
        here = _at(LedgerRow, subject)
        last = self.session.exec(select(LedgerRow).where(*here).order_by(col(LedgerRow.seq).desc()).limit(1)).first()
        seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
        appended: list[Entry] = []
        for entry in entries:
            same_key = (*_at(LedgerBodyRow, subject), LedgerBodyRow.key == entry.key)
            if self.session.exec(select(LedgerBodyRow.seq).where(*same_key)).first() is not None:
                continue
            seq += 1
            salt = secrets.token_hex(16)
            hashed = ledger.body_hash(salt, entry.body)
            linked = ledger.row_hash(prev, subject, seq, entry.kind, entry.at, hashed)
            place: dict[str, Any] = {
                "host": subject.host,
                "repository": subject.repository,
                "number": subject.number,
                "seq": seq,
            }
            row = LedgerRow(**place, kind=entry.kind, at=entry.at, body_hash=hashed, prev=prev, hash=linked)
            body = LedgerBodyRow(**place, key=entry.key, salt=salt, body=ledger.canonical(entry.body).decode())
            self.session.add(row)
            self.session.add(body)
            self.session.flush()
            prev = linked
            appended.append(Entry(entry.kind, entry.key, entry.at, entry.body, seq))
        return appended

    def _lock(self, subject: Subject) -> None:
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.connection().execute(
                text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": subject.key}
            )

    # -- work

    def touch(self, subject: str, at: datetime | None = None) -> None:
        """Look at the subject at `at` (None: now). A touch that a waiting one already serves adds nothing."""
        at = at or self.now
        serves = (DueRow.at == at) if at > self.now else (col(DueRow.at) <= self.now)
        # a timer serves nobody else: it may be replaced before its time
        free = (col(DueRow.claimed).is_(False), col(DueRow.timer).is_(False))
        waiting = select(DueRow.id).where(DueRow.subject == subject, *free, serves)
        self.touched = True
        if self.session.exec(waiting).first() is None:
            self.session.add(DueRow(subject=subject, at=at))
            self.session.flush()

    def set_timer(self, subject: str, at: datetime) -> None:
        """Look at the subject at `at`, in place of the timer it had: each decision knows best when time changes it."""
        mine = (col(DueRow.subject) == subject, col(DueRow.timer).is_(True), col(DueRow.claimed).is_(False))
        self.session.exec(delete(DueRow).where(*mine))
        self.session.add(DueRow(subject=subject, at=at, timer=True))
        self.touched = True

    # -- what stands outside

    def put_slot(self, place: str, name: str, slot: SlotState) -> None:
        """Note what we published, and that nothing of it is owed any more. A reaction on it that came too early is heard now."""
        before = self.session.get(SlotRow, (place, name))
        earlier = [before.fingerprint.removeprefix(DOUBTED), *before.earlier.split()] if before else []
        kept = " ".join([mark for mark in dict.fromkeys(earlier) if mark and mark != slot.fingerprint][:VERSIONS])
        self.session.merge(SlotRow(place=place, name=name, earlier=kept, **slot.fields()))
        self.session.exec(delete(IntentRow).where(col(IntentRow.place) == place, col(IntentRow.name) == name))
        adrift = (col(InboxRow.state) == "adrift", col(InboxRow.note) == slot.ref)
        if self.session.exec(select(InboxRow.id).where(*adrift)).first() is not None:
            self.session.exec(update(InboxRow).where(*adrift).values(state="new"))
            self.touch(INBOX)

    def drop_slot(self, place: str, name: str) -> None:
        """What we published is gone outside."""
        self.session.exec(delete(SlotRow).where(col(SlotRow.place) == place, col(SlotRow.name) == name))

    def doubt_slot(self, place: str, ref: str) -> None:
        """What we published under this outside id may read otherwise now: the next turn writes it again."""
        mine = (col(SlotRow.place) == place, col(SlotRow.ref) == ref)
        kept = select(SlotRow).where(*mine)
        for row in self.session.exec(kept):
            row.fingerprint = f"{DOUBTED}{row.fingerprint.removeprefix(DOUBTED)}"

    def wrote(self, place: str, ref: str, fingerprint: str) -> bool:
        """Whether we published this under this outside id, now or not long ago, however it reads now."""
        mine = (col(SlotRow.place) == place, col(SlotRow.ref) == ref)
        rows = self.session.exec(select(SlotRow).where(*mine)).all()
        return any(fingerprint in (row.fingerprint.removeprefix(DOUBTED), *row.earlier.split()) for row in rows)

    def intend(self, place: str, name: str) -> datetime:
        """Note that we are about to create something; returns since when we have been about to."""
        row = self.session.get(IntentRow, (place, name))
        if row is None:
            row = IntentRow(place=place, name=name, at=self.now)
            self.session.add(row)
        return row.at

    def slot_at(self, ref: str) -> tuple[str, str] | None:
        """Place and name of the slot with this outside id."""
        row = self.session.exec(select(SlotRow).where(SlotRow.ref == ref)).first()
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
        row = self.session.get(RepositoryRow, (host, repository))
        if row and (row.full_name, row.installation) == (full_name, installation):
            return False
        row = RepositoryRow(host=host, repository=repository, full_name=full_name, installation=installation)
        self.session.merge(row)
        return True

    def open_releases(self, host: str = "", repository: int = 0, base_ref: str = "") -> list[ReleaseState]:
        """Open pull requests we know, of everywhere, one repository, or one base branch."""
        query = select(ReleaseRow).where(col(ReleaseRow.open).is_(True))
        if repository:
            query = query.where(ReleaseRow.host == host, ReleaseRow.repository == repository)
        if base_ref:
            query = query.where(ReleaseRow.base_ref == base_ref)
        return [_state(row) for row in self.session.exec(query.order_by(ReleaseRow.subject))]

    def put_release(self, state: ReleaseState) -> ReleaseState | None:
        """Write how a pull request stands; its page gets an unguessable token once. Returns what stood there before."""
        subject = state.subject
        row = self.session.get(ReleaseRow, subject.key)
        before = _state(row) if row else None
        written = ReleaseRow(
            subject=subject.key, host=subject.host, repository=subject.repository, number=subject.number,
            full_name=state.full_name, title=state.title, url=state.url, head_sha=state.head_sha,
            base_ref=state.base_ref, open=state.open, is_release=state.is_release, verdict=int(state.verdict),
            state=state.state, headline=state.headline, view=state.view, looked_at=state.looked_at,
            token=row.token if row else secrets.token_urlsafe(24),
        )  # fmt: skip
        self.session.merge(written)
        return before

    def owe_answer(self, key: str, reply_to: str, said: str) -> bool:
        """Note an answer to send, once per key."""
        if self.session.get(AnswerRow, key) is not None:
            return False
        self.session.add(AnswerRow(key=key, reply_to=reply_to, text=said, at=self.now))
        self.touch(ANSWERS)
        return True

    def take_answers(self, since: datetime) -> list[tuple[str, str]]:
        """Answers to send now (reply_to, text), marked as sent; older ones than `since` reach nobody any more."""
        rows = self.session.exec(
            select(AnswerRow).where(col(AnswerRow.sent).is_(False)).order_by(col(AnswerRow.at))
        ).all()
        owed = [(row.reply_to, row.text) for row in rows if row.at >= since]
        for row in rows:
            row.sent, row.text = True, ""  # it may hold what is for one person alone
        return owed

    def fault(self, subject: str, error: str) -> int:
        """Count one more failed turn; returns how many in a row."""
        row = self.session.get(FaultRow, subject)
        attempts = (row.attempts if row else 0) + 1
        self.session.merge(FaultRow(subject=subject, attempts=attempts, error=error, at=self.now))
        return attempts

    def note_nags(self, people: Iterable[int], at: datetime) -> None:
        """These people were reminded just now."""
        for person in people:
            self.session.merge(NagRow(person=person, at=at))

    def recovered(self, subject: str) -> None:
        """A turn went through."""
        self.session.exec(delete(FaultRow).where(col(FaultRow.subject) == subject))


def _state(row: ReleaseRow) -> ReleaseState:
    return ReleaseState(
        subject=Subject(row.host, row.repository, row.number), full_name=row.full_name, title=row.title, url=row.url,
        head_sha=row.head_sha, base_ref=row.base_ref, open=row.open, is_release=row.is_release,
        verdict=Verdict(row.verdict), state=row.state, headline=row.headline, view=row.view, token=row.token,
        looked_at=row.looked_at,
    )  # fmt: skip


def _inbox_row(delivery: Delivery) -> dict[str, Any]:
    return {
        "source": delivery.source, "delivery": delivery.id, "kind": delivery.kind, "body": delivery.body,
        "received_at": delivery.received_at, "said_at": delivery.said_at,
        "state": "new", "repeats": 0, "note": "",
    }  # fmt: skip


def _at(table: type[LedgerRow] | type[LedgerBodyRow], subject: Subject) -> tuple[Any, ...]:
    return (table.host == subject.host, table.repository == subject.repository, table.number == subject.number)


class Store:
    """The database of one golive. `on_touch` is called after every commit that touched a work subject."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock
        self.on_touch: Callable[[], None] = lambda: None
        self._writing = engine.execution_options(golive_writes=True)

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
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A write transaction, committed at the end of the block."""
        with Session(self._writing, expire_on_commit=False) as session:
            tx = Transaction(session, self.clock())
            yield tx
            session.commit()
        if tx.touched:
            self.on_touch()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only view."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def keep_all(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep many deliveries in one commit; False for each that was kept before."""
        with self.transaction() as tx:
            return tx.keep_all(deliveries)

    def new_deliveries(self, limit: int = 200) -> list[tuple[int, Delivery, int]]:
        """Kept deliveries that nobody worked yet, oldest first: (inbox id, delivery, times it came again)."""
        with self.reading() as session:
            rows = session.exec(
                select(InboxRow).where(InboxRow.state == "new").order_by(col(InboxRow.id)).limit(limit)
            ).all()
        return [
            (r.id or 0, Delivery(r.source, r.delivery, r.kind, r.body, r.received_at, r.said_at), r.repeats)
            for r in rows
        ]

    def delivery(self, source: str, name: str) -> tuple[Delivery, str] | None:
        """A kept delivery by its own id, and its state (see `InboxRow`)."""
        with self.reading() as session:
            row = session.exec(select(InboxRow).where(InboxRow.source == source, InboxRow.delivery == name)).first()
        if row is None:
            return None
        return Delivery(row.source, row.delivery, row.kind, row.body, row.received_at, row.said_at), row.state

    def entries(self, subject: Subject) -> list[Entry]:
        """A release's ledger, in seq order. A body that was erased is empty."""
        with self.reading() as session:
            rows = session.exec(select(LedgerRow).where(*_at(LedgerRow, subject)).order_by(col(LedgerRow.seq))).all()
            bodies = {b.seq: b for b in session.exec(select(LedgerBodyRow).where(*_at(LedgerBodyRow, subject)))}
        return [
            Entry(r.kind, bodies[r.seq].key, r.at, json.loads(bodies[r.seq].body), r.seq)
            for r in rows
            if r.seq in bodies
        ]

    def chain_head(self, subject: Subject) -> str:
        """The newest link's hash."""
        with self.reading() as session:
            query = select(LedgerRow.hash).where(*_at(LedgerRow, subject)).order_by(col(LedgerRow.seq).desc()).limit(1)
            return session.exec(query).first() or GENESIS

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
        with self.reading() as session:
            rows = session.exec(select(SlotRow).where(SlotRow.place == place)).all()
        return {r.name: SlotState(r.ref, r.fingerprint, r.owner, r.counter, r.completed, r.created_at) for r in rows}

    def intents(self, place: str) -> dict[str, datetime]:
        """What we were about to create at a place, and since when."""
        with self.reading() as session:
            return {r.name: r.at for r in session.exec(select(IntentRow).where(IntentRow.place == place))}

    def known_repository(self, host: str, repository: int) -> tuple[str, int] | None:
        """Full name and installation of a repository."""
        with self.reading() as session:
            row = session.get(RepositoryRow, (host, repository))
        return (row.full_name, row.installation) if row else None

    def known_installations(self) -> list[int]:
        """Every installation we have heard of."""
        with self.reading() as session:
            return sorted(set(session.exec(select(RepositoryRow.installation))))

    def pulls_at(self, host: str, repository: int, head_sha: str) -> list[ReleaseState]:
        """Open pull requests we know with this head commit."""
        here = (
            ReleaseRow.host == host, ReleaseRow.repository == repository, ReleaseRow.head_sha == head_sha,
            col(ReleaseRow.open).is_(True),
        )  # fmt: skip
        with self.reading() as session:
            return [_state(r) for r in session.exec(select(ReleaseRow).where(*here).order_by(col(ReleaseRow.number)))]

    def release_of(self, subject: Subject) -> ReleaseState | None:
        """How a pull request stood when it was last looked at."""
        with self.reading() as session:
            row = session.get(ReleaseRow, subject.key)
        return _state(row) if row else None

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
        with self.reading() as session:
            row = session.get(FaultRow, subject)
        return (row.attempts, row.error) if row else (0, "")

    def nagged(self, people: Iterable[int]) -> dict[int, datetime]:
        """When each of these was last reminded of anything."""
        with self.reading() as session:
            rows = session.exec(select(NagRow).where(col(NagRow.person).in_(list(people)))).all()
        return {row.person: row.at for row in rows}

    def release_named(self, full_name: str, number: int) -> ReleaseState | None:
        """A pull request as people name it, whatever the case."""
        query = select(ReleaseRow).where(
            func.lower(ReleaseRow.full_name) == full_name.casefold(), ReleaseRow.number == number
        )
        with self.reading() as session:
            row = session.exec(query).first()
            return _state(row) if row else None

    def open_in(self, host: str, repository: int) -> list[ReleaseState]:
        """The open pull requests of one repository, by number."""
        here = (ReleaseRow.host == host, ReleaseRow.repository == repository, col(ReleaseRow.open).is_(True))
        with self.reading() as session:
            return [
                _state(row) for row in session.exec(select(ReleaseRow).where(*here).order_by(col(ReleaseRow.number)))
            ]

    def chat_users(self, people: Iterable[int]) -> tuple[str, ...]:
        """The chat users of these people, as `team/user`, where they are known."""
        wanted = list(people)
        if not wanted:
            return ()
        with self.reading() as session:
            return tuple(session.exec(select(PersonRow.who).where(col(PersonRow.person).in_(wanted))).all())

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
