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

    earlier: fingerprints of what stood there before, newest first.   gist: of what people wait for in it.
    written_at: when its content was last written.
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
    gist: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    written_at: datetime | None = Field(default=None, sa_column=Column(Moment))


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
    __table_args__ = (Index("due_next", "claimed", "at"), Index("due_subject", "subject", "claimed", "at"))

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
    __table_args__ = (
        Index("release_head", "host", "repository", "head_sha"), Index("release_page", "token"),
        Index("release_open", "host", "repository", "open", "is_release", "full_name", "number"),
        Index("release_number", "number"),
    )  # fmt: skip

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
    watches: str = Field(default="*", sa_column=Column(Text, nullable=False, server_default=text("'*'")))


class RepositoryRow(SQLModel, table=True):
    """A repository some installation of our App reaches."""

    __tablename__ = "repository"

    host: str = Field(primary_key=True)
    repository: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    full_name: str
    installation: int = Field(sa_column=Column(BigInteger, nullable=False))
    state: str = Field(default="active", sa_column_kwargs={"server_default": text("'active'")})
    private: bool | None = None


class InstallationRow(SQLModel, table=True):
    """Our App on one account of the forge. state: active, suspended, or removed (for good: numbers never come back)."""

    __tablename__ = "installation"

    host: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    account: str = ""
    state: str = "active"
    at: datetime = Field(sa_column=Column(Moment, nullable=False))


class SightRow(SQLModel, table=True):
    """Whether a person sees a private repository, as the forge said at that moment."""

    __tablename__ = "sight"

    host: str = Field(primary_key=True)
    repository: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    person: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sees: bool
    at: datetime = Field(sa_column=Column(Moment, nullable=False))


class MarkRow(SQLModel, table=True):
    """How far something that goes over and over came, as text."""

    __tablename__ = "mark"

    name: str = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))


class AnswerRow(SQLModel, table=True):
    """An answer to one person. sent is set before it is sent: at most once."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_owed", "sent", "at"),)

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


class KeptAnswerRow(SQLModel, table=True):
    """An answer of the forge, to be asked for again under its ETag. It may be lost at any time. body: compressed.

    token: which token got it, as a digest; an ETag holds for that one alone.
    """

    __tablename__ = "kept_answer"
    __table_args__ = (
        Index("kept_answer_installation", "host", "installation"), Index("kept_answer_used", "used_at"),
    )  # fmt: skip

    key: str = Field(primary_key=True)
    host: str
    installation: int = Field(sa_column=Column(BigInteger, nullable=False))
    token: str
    etag: str
    modified: str
    link: str = Field(sa_column=Column(Text, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    used_at: datetime = Field(sa_column=Column(Moment, nullable=False))


class ForgeTokenRow(SQLModel, table=True):
    """The one token of an installation, encrypted, for its whole life: a restart keeps the ETags that it got."""

    __tablename__ = "forge_token"

    host: str = Field(primary_key=True)
    installation: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Moment, nullable=False))


class AppRow(SQLModel, table=True):
    """The App that `/setup` made on the GitHub with this API. sealed: its key and secrets, which never lie here in clear."""

    __tablename__ = "app"

    api: str = Field(primary_key=True)
    app_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    slug: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_column=Column(Moment, nullable=False))


class WorkspaceRow(SQLModel, table=True):
    """A chat workspace that installed our app. sealed: its tokens, which never lie here in clear.

    expires_at: of the access token, None where it does not expire.   renewal: counts renewals, so that one that was
    overtaken is not written; renewing: until when somebody is at it.   state: active, or removed.
    """

    __tablename__ = "workspace"

    team: str = Field(primary_key=True)
    name: str
    bot_user: str
    scopes: str = Field(sa_column=Column(Text, nullable=False))
    installed_by: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(Moment))
    renewal: int = 0
    renewing: datetime | None = Field(default=None, sa_column=Column(Moment))
    state: str = "active"
    at: datetime = Field(sa_column=Column(Moment, nullable=False))


class InstallStateRow(SQLModel, table=True):
    """An install of our app in a workspace that a browser has begun. state: a hash; good once, until then."""

    __tablename__ = "install_state"

    state: str = Field(primary_key=True)
    until: datetime = Field(sa_column=Column(Moment, nullable=False))


class JoinRow(SQLModel, table=True):
    """An installation of our App on the forge belongs to one chat workspace; who said so, and when."""

    __tablename__ = "joined"
    __table_args__ = (Index("joined_team", "team"),)

    host: str = Field(primary_key=True)
    installation: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    team: str
    account: str
    who: str
    person: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: datetime = Field(sa_column=Column(Moment, nullable=False))


class JoinAskedRow(SQLModel, table=True):
    """Somebody asked to join their workspace with an account of the forge, or to part them; worked soon, then gone."""

    __tablename__ = "join_asked"

    key: str = Field(primary_key=True)
    who: str
    verb: str
    account: str
    reply_to: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=Column(Moment, nullable=False))
