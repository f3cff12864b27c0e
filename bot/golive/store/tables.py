"""The tables. A change here needs a migration in `migrations/versions`; a contract test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time as whole microseconds since 1970: the same order and precision on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Aware time → microseconds. A naive time is a mistake of ours and raises."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Microseconds → aware time."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class InboxRow(SQLModel, table=True):
    """One delivery, kept before it is answered. state: new, done, ignored, failed, or adrift (its message is not known yet)."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("source", "delivery"), Index("inbox_state", "state", "id"))

    id: int | None = Field(default=None, primary_key=True)
    source: str
    delivery: str
    kind: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    received_at: datetime = Field(sa_column=Column(Moment, nullable=False))
    said_at: datetime | None = Field(default=None, sa_column=Column(Moment))
    state: str = "new"
    repeats: int = 0
    note: str = ""


class LedgerRow(SQLModel, table=True):
    """One link of a release's chain; never changed, never deleted."""

    __tablename__ = "ledger"

    host: str = Field(primary_key=True)
    repository: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    at: datetime = Field(sa_column=Column(Moment, nullable=False))
    body_hash: str
    prev: str
    hash: str


class LedgerBodyRow(SQLModel, table=True):
    """What a link says, and the salt of its hash; may be erased, the chain stays verifiable."""

    __tablename__ = "ledger_body"
    __table_args__ = (UniqueConstraint("host", "repository", "number", "key"),)

    host: str = Field(primary_key=True)
    repository: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str
    salt: str
    body: str = Field(sa_column=Column(Text, nullable=False))


class SlotRow(SQLModel, table=True):
    """What we published where. place: a release or a commit; ref: the outside's id of it; owner: which release wrote it last.

    earlier: fingerprints of what stood there before, newest first.
    """

    __tablename__ = "slot"
    __table_args__ = (Index("slot_ref", "ref"),)

    place: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    ref: str
    fingerprint: str
    earlier: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    owner: str = ""
    counter: int = 0
    completed: bool = False
    created_at: datetime = Field(sa_column=Column(Moment, nullable=False))


class IntentRow(SQLModel, table=True):
    """Something we are about to create. While it stands, the outside is searched before creating again."""

    __tablename__ = "intent"

    place: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(Moment, nullable=False))


class DueRow(SQLModel, table=True):
    """A subject is to be looked at, at this moment or later.

    claimed: a run that serves it is under way.   timer: it is the subject's own next look, of which there is one.
    """

    __tablename__ = "due"
    __table_args__ = (Index("due_next", "claimed", "at"), Index("due_subject", "subject"))

    id: int | None = Field(default=None, primary_key=True)
    subject: str
    at: datetime = Field(sa_column=Column(Moment, nullable=False))
    claimed: bool = False
    timer: bool = False


class FaultRow(SQLModel, table=True):
    """Turns of a subject that failed in a row, and the last reason."""

    __tablename__ = "fault"

    subject: str = Field(primary_key=True)
    attempts: int
    error: str
    at: datetime = Field(sa_column=Column(Moment, nullable=False))


class ReleaseRow(SQLModel, table=True):
    """How a pull request stood when it was last looked at: what others with its head, the page and commands need of it."""

    __tablename__ = "release"
    __table_args__ = (Index("release_head", "host", "repository", "head_sha"), Index("release_page", "token"))

    subject: str = Field(primary_key=True)
    host: str
    repository: int = Field(sa_column=Column(BigInteger, nullable=False))
    number: int
    full_name: str = ""
    title: str = ""
    url: str = ""
    head_sha: str = ""
    base_ref: str = ""
    open: bool = True
    is_release: bool = False
    verdict: int = 2
    state: str = "in_progress"
    headline: str = ""
    token: str
    view: str = Field(default="", sa_column=Column(Text, nullable=False))
    looked_at: datetime | None = Field(default=None, sa_column=Column(Moment))


class RepositoryRow(SQLModel, table=True):
    """A repository some installation of our App reaches."""

    __tablename__ = "repository"

    host: str = Field(primary_key=True)
    repository: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    full_name: str
    installation: int = Field(sa_column=Column(BigInteger, nullable=False))


class AnswerRow(SQLModel, table=True):
    """An answer to one person. sent is set before it is sent: at most once."""

    __tablename__ = "answer"

    key: str = Field(primary_key=True)
    reply_to: str = Field(sa_column=Column(Text, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=Column(Moment, nullable=False))
    sent: bool = False


class PersonRow(SQLModel, table=True):
    """A chat user and the forge's person they are; `who` is `team/user`. origin: `file` (the operator's) or `link`."""

    __tablename__ = "person"

    who: str = Field(primary_key=True)
    person: int = Field(sa_column=Column(BigInteger, nullable=False))
    login: str
    origin: str = Field(default="file", sa_column_kwargs={"server_default": "file"})


class LinkingRow(SQLModel, table=True):
    """A chat user who is linking themselves, until the moment of `until`. code, browser and state are hashes.

    person: 0 until the forge said who they are there.
    """

    __tablename__ = "linking"
    __table_args__ = (Index("linking_state", "state"),)

    code: str = Field(primary_key=True)
    who: str
    until: datetime = Field(sa_column=Column(Moment, nullable=False))
    step: str
    browser: str
    state: str
    nonce: str
    verifier: str
    slack_name: str
    person: int = Field(sa_column=Column(BigInteger, nullable=False))
    login: str


class NagRow(SQLModel, table=True):
    """When a person was last reminded of anything, so that nobody is reminded twice in one interval."""

    __tablename__ = "nag"

    person: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(Moment, nullable=False))
