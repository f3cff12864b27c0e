"""Releases as people name them: by repository and number, by number alone, by their page; and whom one concerns.

`FindActs` is what a write transaction has of it, `FindReads` what the store has. Rows are read without what was kept of
their page, which is long; ten thousand are looked through in some milliseconds, by the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Executable, Row, Select, String, and_, cast, func, or_, select

from golive.core.model import Subject, Verdict
from golive.ports import Delivery, Found, ReleaseState
from golive.store import sql

HOME = "home:"
"""Begins the place of a person's App Home; their chat user follows."""
AT_ONCE = 400
"""Values in one statement; SQLite takes at least 999."""

_r = sql.release.c
_BRIEF = select(
    _r.subject, _r.host, _r.repository, _r.number, _r.full_name, _r.title, _r.url, _r.head_sha, _r.base_ref,
    _r.open, _r.is_release, _r.verdict, _r.state, _r.headline, _r.token,
)  # fmt: skip
"""Columns before `view` only: those after it would have the long one read, too."""
_TOLD = func.lower(_r.full_name + "#" + cast(_r.number, String) + " " + _r.title + " " + _r.headline)
_person, _mark = (sql.inbox.metadata.tables[name] for name in ("person", "mark"))


class Finds:
    """The questions; whoever has `rows` can answer them."""

    def rows(self, statement: Executable) -> Iterable[Row[Any]]:
        """Run one statement that reads."""
        raise NotImplementedError

    def open_places(self) -> list[tuple[str, int]]:
        """The repositories (host, id) that have an open release."""
        here = select(_r.host, _r.repository).where(_r.open.is_(True), _r.is_release.is_(True)).distinct()
        return [(row.host, row.repository) for row in self.rows(here)]

    def open_looks(self) -> list[tuple[Subject, bool, datetime | None]]:
        """Every open pull request we know, whether it is a release, and when it was looked at last."""
        told = select(_r.host, _r.repository, _r.number, _r.is_release, _r.looked_at).where(_r.open.is_(True))
        return [
            (Subject(row.host, row.repository, row.number), row.is_release, row.looked_at)
            for row in self.rows(told.order_by(_r.subject))
        ]

    def briefly(self, found: Found) -> list[ReleaseState]:
        """The releases that fit, by repository, the newest number first; without their page's content."""
        query = _BRIEF.where(*_fits(found)).order_by(_r.full_name, _r.number.desc())
        query = query.offset(found.skip).limit(found.most) if found.most else query
        return [_brief(row) for row in self.rows(query)]

    def how_many(self, found: Found) -> int:
        """How many releases fit."""
        return next(
            int(row[0]) for row in self.rows(select(func.count()).select_from(sql.release).where(*_fits(found)))
        )

    def with_views(self, found: Found) -> list[tuple[ReleaseState, str]]:
        """The releases that fit, with what was kept of their pages."""
        query: Select[Any] = _BRIEF.add_columns(_r.view).where(*_fits(found))
        return [(_brief(row), row.view) for row in self.rows(query.order_by(_r.full_name, _r.number.desc()))]

    def homes_of(self, logins: Iterable[str]) -> list[str]:
        """The chat users of these people who have opened their App Home."""
        names = sorted({login.casefold() for login in logins})
        joined = and_(sql.slot.c.place == HOME + _person.c.who, sql.slot.c.name == "home")
        query = select(_person.c.who).join_from(_person, sql.slot, joined).distinct()
        found: list[str] = []
        for start in range(0, len(names), AT_ONCE):
            part = names[start : start + AT_ONCE]
            found += [row.who for row in self.rows(query.where(func.lower(_person.c.login).in_(part)))]
        return found

    def kept_delivery(self, source: str, name: str) -> Delivery | None:
        """A delivery by its own id."""
        here = select(sql.inbox).where(sql.inbox.c.source == source, sql.inbox.c.delivery == name)
        row = next(iter(self.rows(here)), None)
        if row is None:
            return None
        return Delivery(row.source, row.delivery, row.kind, row.body, row.received_at, row.said_at)


class FindActs(Finds):
    """Finding, as part of a write transaction."""

    run: Callable[..., CursorResult[Any]]

    def rows(self, statement: Executable) -> Iterable[Row[Any]]:
        """Within the transaction."""
        return self.run(statement).all()

    def adrift(self, note: str) -> list[Delivery]:
        """Deliveries that wait until something is known about `note`, oldest first."""
        here = select(sql.inbox).where(sql.inbox.c.state == "adrift", sql.inbox.c.note == note).order_by(sql.inbox.c.id)
        return [
            Delivery(row.source, row.delivery, row.kind, row.body, row.received_at, row.said_at)
            for row in self.rows(here)
        ]

    def mark(self, name: str) -> str:
        """What was noted under a name; empty where nothing was."""
        return next((str(row.value) for row in self.rows(select(_mark.c.value).where(_mark.c.name == name))), "")


class FindReads(Finds):
    """Finding, as part of the store."""

    look: Callable[..., Sequence[Row[Any]]]

    def rows(self, statement: Executable) -> Iterable[Row[Any]]:
        """A single statement, beside whoever writes."""
        return self.look(statement)


def _fits(found: Found) -> list[ColumnElement[bool]]:
    fits: list[ColumnElement[bool]] = [_r.is_release.is_(True), _r.open.is_(found.is_open)]
    if found.full_name:
        fits.append(func.lower(_r.full_name) == found.full_name.casefold())
    if found.repository:
        name = found.repository.casefold()
        fits.append(
            or_(func.lower(_r.full_name) == name, func.lower(_r.full_name).endswith(f"/{name}", autoescape=True))
        )
    if found.number:
        fits.append(_r.number == found.number)
    if found.token:
        fits.append(_r.token == found.token)
    if found.verdicts:
        fits.append(_r.verdict.in_([int(verdict) for verdict in found.verdicts]))
    if found.places is not None:
        fits.append(_within(found.places))
    if found.subjects is not None:
        fits.append(_r.subject.in_(sorted(found.subjects)))
    fits += [_TOLD.contains(word, autoescape=True) for word in found.words]
    fits += [func.lower(_r.view).contains(f'"{name}"', autoescape=True) for name in found.names]
    return fits


def _within(places: Collection[tuple[str, int]]) -> ColumnElement[bool]:
    """In one of these repositories. Numbers are few enough to stand in the statement: one for each repository."""
    hosts = {host for host, _ in places}
    here = [
        and_(_r.host == host, _r.repository.in_(sorted(number for of, number in places if of == host)))
        for host in sorted(hosts)
    ]
    return or_(*here) if here else _r.number < 0


def _brief(row: Any) -> ReleaseState:
    return ReleaseState(
        subject=Subject(row.host, row.repository, row.number), full_name=row.full_name, title=row.title, url=row.url,
        head_sha=row.head_sha, base_ref=row.base_ref, open=row.open, is_release=row.is_release,
        verdict=Verdict(row.verdict), state=row.state, headline=row.headline, token=row.token,
    )  # fmt: skip
