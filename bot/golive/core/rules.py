"""What a team agreed about people: roles and who fills them, when a role is asked at all, freezes, overrides, reminders.

Made only by `policyfile`. Times of day and of the year come as windows of `calendar`, with their time zone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from golive.core.calendar import Weekly
from golive.core.criteria import Criteria
from golive.core.globs import matches_glob
from golive.core.model import ChangedFile, Measure, Pull

MIGRATIONS = ("**/migrations/**", "migrations/**", "**/migrate/**", "**/db/changelog/**", "**/*.sql", "*.sql")
"""Where the usual tools (Django, Rails, Alembic, Flyway, Liquibase, Prisma) keep changes of a database."""


class Window(Protocol):
    """A span of time that comes once or every week; see `calendar`."""

    @property
    def text(self) -> str:
        """As people write it."""
        ...

    def covers(self, at: datetime) -> bool:
        """Whether it is in it."""
        ...

    def ends(self, at: datetime) -> datetime | None:
        """When the one that covers `at` ends."""
        ...

    def next_edge(self, at: datetime) -> datetime | None:
        """When `covers` changes next."""
        ...


@dataclass(frozen=True)
class Predicate:
    """`if:` of a role. Every key that is given must hold; of several values of one key, any.

    paths: globs over changed paths, a renamed file's old one too.   authors: `@login`.   lines/files: criteria on how
    much is changed.   frozen: whether a freeze is on.   migration: whether a database migration is among the changes.
    """

    paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    lines: Criteria | None = None
    files: Criteria | None = None
    frozen: bool | None = None
    migration: bool | None = None

    @property
    def reads_files(self) -> bool:
        """Whether it needs the list of changed files."""
        return bool(self.paths or self.lines or self.files) or self.migration is not None

    def holds(self, pull: Pull, changed: Iterable[ChangedFile], frozen: bool) -> bool:
        """Whether the role is asked for this pull request."""
        changed = tuple(changed)
        names = {name for file in changed for name in (file.path, file.previous) if name}
        author = f"@{pull.author.login}".casefold() if pull.author else ""
        parts = (
            not self.paths or _any_fits(self.paths, names),
            not self.labels or any(label in pull.labels for label in self.labels),
            not self.authors or author in {name.casefold() for name in self.authors},
            self.lines is None or _meets(self.lines, sum(f.additions + f.deletions for f in changed)),
            self.files is None or _meets(self.files, len(changed)),
            self.frozen is None or self.frozen is frozen,
            self.migration is None or self.migration is _any_fits(MIGRATIONS, names),
        )
        return all(parts)

    @property
    def text(self) -> str:
        """As one clause for people."""
        said = [f"changes {' or '.join(self.paths)}" if self.paths else ""]
        said.append(f"has the label {' or '.join(self.labels)}" if self.labels else "")
        said.append(f"is by {' or '.join(self.authors)}" if self.authors else "")
        said.append(f"changes {self.lines.text} lines" if self.lines else "")
        said.append(f"changes {self.files.text} files" if self.files else "")
        said.append(f"comes {'in' if self.frozen else 'outside of'} a freeze" if self.frozen is not None else "")
        said.append(f"brings {'a' if self.migration else 'no'} migration" if self.migration is not None else "")
        return " and ".join(part for part in said if part)


def _any_fits(globs: Iterable[str], names: Iterable[str]) -> bool:
    return any(matches_glob(glob, name) for name in names for glob in globs)


def _meets(criteria: Criteria, count: int) -> bool:
    return criteria.judge([Measure("value", float(count))]).holds is True


@dataclass(frozen=True)
class RoleRule:
    """One role that must sign.

    sources: `@login`, `org/team`, `org:name` for its members, `permission:write` for who has at least that here.
    count: so many different people; 0 only for a veto role, which may say no and need not say yes.
    after: groups that must be complete before this role's word counts.   veto: no override lifts its rejection.
    explicit: a word that names no role does not reach it.   checks: ids; one that gets worse for `settle` asks again.
    due: the phase before which it must have signed; empty: the first.   valid_for: a sign-off ends so long after it.
    asked_if: only asked where this holds; on_skip: what it comes to elsewhere, `pass` or `hold`.
    each: of the code owners, every set that owns a changed path must have somebody who signed.
    """

    name: str
    sources: tuple[str, ...]
    count: int = 1
    group: str = ""
    after: tuple[str, ...] = ()
    veto: bool = False
    explicit: bool = False
    checks: tuple[str, ...] = ()
    settle: timedelta = timedelta(minutes=10)
    due: str = ""
    valid_for: timedelta | None = None
    asked_if: Predicate | None = None
    on_skip: str = "hold"
    each: bool = False

    def digest(self) -> str:
        """Changes whenever the role's own rule changes; 16 hex digits."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        asked_if = self.asked_if.text if self.asked_if else ""
        known = (f.name for f in fields(self) if f.name != "each" or self.each)  # rules from before it stay the same
        parts = [asked_if if name == "asked_if" else getattr(self, name) for name in known]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Escalation:
    """After so much time without an answer, these people are asked too, and it is said in this channel of the chat."""

    after: timedelta
    sources: tuple[str, ...]
    channel: str = ""


@dataclass(frozen=True)
class Remind:
    """Who is awaited is reminded: first `after` so much working time, then `every` so much time; always in the hours given."""

    after: timedelta = timedelta(hours=4)
    every: timedelta = timedelta(hours=24)
    hours: Weekly | None = None
    escalate: Escalation | None = None


@dataclass(frozen=True)
class Rules:
    """What holds for all sign-offs of a policy.

    exclude: of `author` and `last_pusher`, who never sign.   on_push: keep_if_clean_update, keep_if_same_tree or reopen.
    distinct_people: one person fills one seat.   delegation: whether people may hand their seat to somebody for a while.
    """

    exclude: frozenset[str] = frozenset({"author", "last_pusher"})
    on_push: str = "keep_if_clean_update"
    valid_for: timedelta | None = None
    distinct_people: bool = True
    delegation: bool = False
    remind: Remind | None = None


@dataclass(frozen=True)
class FreezeRule:
    """A span of time in which nothing goes live.

    excepted: names of releases it is not about.   exception: people who may let one release through, `count` of them.
    """

    name: str
    window: Window
    excepted: tuple[str, ...] = ()
    exception: RoleRule | None = None


@dataclass(frozen=True)
class OverrideRule:
    """Break-glass: so many different people of these together, for at most so long."""

    sources: tuple[str, ...]
    people: int = 2
    longest: timedelta = timedelta(hours=1)


def evidence_digest(outcomes: Mapping[str, str]) -> str:
    """Over (check id, outcome) of the checks a role lists, never over values or times; 16 hex digits."""
    text = "\n".join(f"{check}={outcome}" for check, outcome in sorted(outcomes.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
