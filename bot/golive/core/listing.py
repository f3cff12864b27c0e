"""Which releases somebody wants listed, and which of them concern whom. Pure; read from what was kept of each release.

A filter is one word of `/golive list`. Add one as a row of `_FLAGS` or `_NAMED`, and say it in the verb's usage.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from golive.core.errors import NotUnderstood
from golive.core.model import Verdict

PAGE = 10
"""Releases on one page of a list."""
BLOCKED = (Verdict.NO_GO, Verdict.HOLD)
_FLAGS = ("mine", "waiting", "blocked")
_NAMED = ("repo", "role", "page")


@dataclass(frozen=True)
class Wanted:
    """What `/golive list` was asked for. words: each stands in the name, the title or the headline."""

    mine: bool = False
    waiting: bool = False
    blocked: bool = False
    repository: str = ""
    role: str = ""
    words: tuple[str, ...] = ()
    page: int = 1

    @property
    def reads_roles(self) -> bool:
        """Whether it needs more of a release than its name, title, headline and verdict."""
        return self.mine or bool(self.role)

    def again(self, page: int) -> str:
        """The same question for another page, as people type it."""
        parts = ["list", *(flag for flag in _FLAGS if getattr(self, flag))]
        parts += [f"repo:{self.repository}"] if self.repository else []
        parts += [f"role:{self.role}"] if self.role else []
        return " ".join([*parts, *self.words, f"page:{page}"])


@dataclass(frozen=True)
class Brief:
    """One open release in a list. waits_for: role → logins who could sign it now; signed: logins whose word stands.

    owners: logins who own an open condition.   page: the path of its page.
    """

    name: str
    title: str
    url: str
    headline: str
    verdict: Verdict
    page: str = ""
    waits_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    signed: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    author: str = ""
    is_open: bool = True

    def awaits(self, login: str) -> tuple[str, ...]:
        """The roles that this person could sign for now."""
        return tuple(role for role, could in self.waits_for.items() if login.casefold() in could)

    def concerns(self, login: str) -> bool:
        """Whether it waits for this person, or they signed it, wrote it, or own a condition."""
        who = login.casefold()
        return bool(self.awaits(login)) or who in self.signed or who in self.owners or who == self.author


def wanted(text: str) -> Wanted:
    """Read the filters. Raises NotUnderstood where one is nearly right, or its value is missing."""
    told: dict[str, Any] = {}
    words: list[str] = []
    for word in text.split():
        name, colon, value = word.partition(":")
        name = name.casefold()
        if colon and name in _NAMED:
            told |= {"repository" if name == "repo" else name: _value(name, value)}
        elif not colon and name in _FLAGS:
            told[name] = True
        elif colon and value and (near := difflib.get_close_matches(name, _NAMED, n=1, cutoff=0.7)):
            raise NotUnderstood(f"There is no filter `{name[:40]}:`. Did you mean `{near[0]}:`?")
        else:
            words.append(word.casefold())
    return Wanted(words=tuple(words), **told)


def _value(name: str, value: str) -> str | int:
    if not value:
        raise NotUnderstood(f"A value is missing after `{name}:`. For example: `/golive list {_EXAMPLES[name]}`.")
    if name != "page":
        return value.casefold()
    if not (value.isascii() and value.isdigit() and int(value[:6]) > 0):
        raise NotUnderstood("`page:` takes a number from 1 on. For example: `/golive list page:2`.")
    return int(value[:6])


_EXAMPLES = {"repo": "repo:acme/shop", "role": "role:qa", "page": "page:2"}


def brief(
    name: str,
    title: str,
    url: str,
    headline: str,
    verdict: Verdict,
    page: str,
    view: Mapping[str, Any] | None,
    is_open: bool = True,
) -> Brief:
    """One release. view: what was kept of its page, as JSON values; None where that is not needed or not there."""
    roles = _rows(view, "roles")
    waits = {
        str(role.get("name", "")): tuple(_logins(role.get("could", ()))) for role in roles if role.get("asks")
    }  # fmt: skip
    signed = {login for role in roles for part in ("signed", "rejected") for login in _signers(role.get(part, ()))}
    open_conditions = [row for row in _rows(view, "conditions") if not row.get("closed")]
    owners = {_login(row.get("owner") or row.get("by", "")) for row in open_conditions} - {""}
    author = _login((view or {}).get("author", ""))
    return Brief(
        name, title, url, headline, verdict, page, waits, frozenset(signed), frozenset(owners), author, is_open
    )


def _rows(view: Mapping[str, Any] | None, part: str) -> list[Mapping[str, Any]]:
    found = (view or {}).get(part) or ()
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _logins(names: Iterable[object]) -> list[str]:
    return [_login(name) for name in names]


def _login(name: object) -> str:
    return str(name or "").removeprefix("@").casefold()


def _signers(rows: Iterable[object]) -> list[str]:
    return [_login(row.get("login", "")) for row in rows if isinstance(row, dict)]


def peopled(line: Brief, asked: Wanted, login: str) -> bool:
    """Whether its roles and people are as wanted by this person."""
    if asked.role and asked.role not in (role.casefold() for role in line.waits_for):
        return False
    return line.concerns(login) if asked.mine else True


def pages(count: int) -> int:
    """How many pages so many releases fill; one at least."""
    return max(1, -(-count // PAGE))
