"""The store's statements, built once at import: SQLAlchemy keeps what it compiled of them, and a turn builds none.

Parameters are named after their columns; in an update, those of the WHERE clause begin with `its_`. Methods that run
seldom build their own where they stand. A statement for a turn: one name here, and its values where it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlmodel import SQLModel

import golive.store.tables  # noqa: F401  # declares them

PLACE = ("host", "repository", "number")
"""What names a subject in the ledger's tables."""

_tables = SQLModel.metadata.tables
inbox, ledger, body, slot, intent = (_tables[n] for n in ("inbox", "ledger", "ledger_body", "slot", "intent"))
due, fault, release, repository = (_tables[n] for n in ("due", "fault", "release", "repository"))
answer, nag = _tables["answer"], _tables["nag"]


def same(table: FromClause, *names: str, its: str = "") -> ColumnElement[bool]:
    """These columns equal the parameters of their names."""
    return and_(*(table.c[name] == bindparam(f"{its}{name}") for name in names))


def keys(table: Table) -> tuple[str, ...]:
    """The columns of a table's primary key."""
    return tuple(column.name for column in table.primary_key)


def _free(is_timer: bool) -> ColumnElement[bool]:
    return and_(same(due, "subject"), due.c.claimed.is_(False), due.c.timer.is_(is_timer))


# -- inbox

KNOWN = select(inbox.c.delivery).where(
    same(inbox, "source"), inbox.c.delivery.in_(bindparam("names", expanding=True))
)  # fmt: skip
AGAIN = (
    update(inbox).where(same(inbox, "source", "delivery", its="its_")).values(repeats=inbox.c.repeats + 1)
)  # fmt: skip
SETTLED = update(inbox).where(same(inbox, "id", its="its_"))
NEW = select(inbox).where(inbox.c.state == "new").order_by(inbox.c.id).limit(bindparam("most"))
ADRIFT = select(inbox.c.id).where(inbox.c.state == "adrift", same(inbox, "note")).limit(1)
FOUND = update(inbox).where(inbox.c.state == "adrift", same(inbox, "note", its="its_")).values(state="new")

# -- ledger

LAST_LINK = (
    select(ledger.c.seq, ledger.c.hash).where(same(ledger, *PLACE)).order_by(ledger.c.seq.desc()).limit(1)
)  # fmt: skip
KEY = select(body.c.key).where(same(body, *PLACE, "key"))
KEYS = select(body.c.key).where(same(body, *PLACE), body.c.key.in_(bindparam("keys", expanding=True)))
_SAME_SEQ = and_(*(ledger.c[name] == body.c[name] for name in (*PLACE, "seq")))
ENTRIES = (
    select(ledger.c.seq, ledger.c.kind, ledger.c.at, body.c.key, body.c.body)
    .join_from(ledger, body, _SAME_SEQ).where(same(ledger, *PLACE)).order_by(ledger.c.seq)
)  # fmt: skip
_earlier = body.alias("earlier")
SINCE = (
    select(
        ledger.c.seq, ledger.c.kind, ledger.c.at, ledger.c.hash, body.c.key,
        case((ledger.c.seq > bindparam("known"), body.c.body), else_="").label("body"),
        select(func.count()).select_from(_earlier).where(same(_earlier, *PLACE), _earlier.c.seq <= bindparam("known"))
        .scalar_subquery().label("bodies"),
    )
    .outerjoin_from(ledger, body, _SAME_SEQ)
    .where(same(ledger, *PLACE), ledger.c.seq >= bindparam("known")).order_by(ledger.c.seq)
)  # fmt: skip
"""The entry `known` without what it says, and all after it; `bodies`: how many up to `known` are still there."""

# -- work

WAITING_NOW = select(due.c.id).where(_free(False), due.c.at <= bindparam("at")).limit(1)
WAITING_AT = select(due.c.id).where(_free(False), due.c.at == bindparam("at")).limit(1)
DROP_TIMERS = delete(due).where(_free(True))
_rows = _tables["release"].alias("open_one")
_serving = due.alias("serving")
TOUCH_OPEN = insert(due).from_select(
    ["subject", "at", "claimed", "timer"],
    select(_rows.c.subject, bindparam("its_at", type_=due.c.at.type), false(), false()).where(
        _rows.c.open.is_(True), same(_rows, "host", "repository", its="its_"), _rows.c.subject != bindparam("but"),
        or_(literal("") == bindparam("base"), _rows.c.base_ref == bindparam("base")),
        ~select(_serving.c.id).where(
            _serving.c.subject == _rows.c.subject, _serving.c.claimed.is_(False), _serving.c.timer.is_(False),
            _serving.c.at.between(bindparam("since"), bindparam("until")),
        ).exists(),
    ),
)  # fmt: skip
"""A look at every open pull request of a repository but one, and of one base where `base` is not empty."""
NEXT_SUBJECT = (
    select(due.c.subject)
    .where(due.c.claimed.is_(False), due.c.at <= bindparam("now"), due.c.subject.not_in(bindparam("running", expanding=True)))
    .order_by(due.c.at, due.c.id).limit(1)
)  # fmt: skip
NEXT_MOMENT = select(func.min(due.c.at)).where(
    due.c.claimed.is_(False), due.c.subject.not_in(bindparam("running", expanding=True))
)  # fmt: skip
SERVES = select(due.c.id).where(same(due, "subject"), due.c.claimed.is_(False), due.c.at <= bindparam("now"))
_ids = due.c.id.in_(bindparam("ids", expanding=True))
CLAIM = update(due).where(_ids).values(claimed=True)
SERVED = delete(due).where(_ids)
UNSERVED = update(due).where(_ids).values(claimed=False)

# -- what stands outside

SLOTS_AT = select(slot).where(same(slot, "place"))
SLOT = select(slot).where(same(slot, "place", "name"))
SLOTS_OF = select(slot).where(same(slot, "place", "ref"))
SLOT_WITH = select(slot.c.place, slot.c.name).where(same(slot, "ref")).limit(1)
MARK_SLOT = update(slot).where(same(slot, "place", "name", its="its_"))
DROP_SLOT = delete(slot).where(same(slot, "place", "name"))
INTENTS_AT = select(intent.c.name, intent.c.at).where(same(intent, "place"))
INTENT = select(intent.c.at).where(same(intent, "place", "name"))
DROP_INTENT = delete(intent).where(same(intent, "place", "name"))

# -- releases, repositories, faults, people

RELEASE = select(release).where(same(release, "subject"))
_OPEN = release.c.open.is_(True)
_PAGELESS = [column for column in release.c if column.name != "view"]
_SHORT = select(*_PAGELESS, literal("").label("view"))
"""Without what was kept of their pages: writers read very many at once, and doors wait for writers."""
OPEN = _SHORT.where(_OPEN).order_by(release.c.subject)
OPEN_IN = _SHORT.where(_OPEN, same(release, "host", "repository")).order_by(release.c.subject)
OPEN_WITH = (
    _SHORT.where(_OPEN, same(release, "host", "repository"), release.c.head_sha.in_(bindparam("heads", expanding=True)))
    .order_by(release.c.subject)
)  # fmt: skip
OPEN_BY_NUMBER = _SHORT.where(_OPEN, same(release, "host", "repository")).order_by(release.c.number)
OPEN_AT = (
    select(release).where(_OPEN, same(release, "host", "repository", "head_sha")).order_by(release.c.number)
)  # fmt: skip
REPOSITORY = select(repository).where(same(repository, "host", "repository"))
FAULT = select(fault.c.attempts, fault.c.error).where(same(fault, "subject"))
RECOVERED = delete(fault).where(same(fault, "subject"))
NAGGED = select(nag).where(nag.c.person.in_(bindparam("people", expanding=True)))
ANSWER = select(answer.c.key).where(same(answer, "key"))
OWED = select(answer).where(answer.c.sent.is_(False)).order_by(answer.c.at)
SENT = update(answer).where(same(answer, "key", its="its_")).values(sent=True, text="")

INSERT = {table.name: insert(table) for table in _tables.values()}
_UPDATE = {table.name: update(table).where(same(table, *keys(table), its="its_")) for table in _tables.values()}


def put(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Write a row, whether it is there or not. values: of every column."""
    by = keys(table)
    changed = {name: value for name, value in values.items() if name not in by}
    found = connection.execute(_UPDATE[table.name], {f"its_{name}": values[name] for name in by} | changed)
    if not found.rowcount:
        connection.execute(INSERT[table.name], dict(values))
