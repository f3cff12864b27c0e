"""Who owns which paths, as a `CODEOWNERS` file says it. Pure; the syntax is GitHub's ("About code owners").

Most of a `.gitignore`'s patterns, the last match wins, and a line without owners takes ownership away on purpose. Not so:
`!`, `[ ]` and a leading `\\#` make a line invalid, and `docs/*` reaches the files in that folder and none below it.
A line that GitHub would skip is skipped here too, and is a `Problem` for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from golive.core.model import ChangedFile

SOURCE = "codeowners"
"""How a role's `from:` asks for the owners of what the release changes."""
PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks for the file, in this order; the first one there is the only one."""
LARGEST = 3 * 1024 * 1024
"""Bytes from which on GitHub does not load the file."""
PATHS = 5
"""Paths named for one set of owners."""

_PERSON = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})")
_TEAM = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})/[A-Za-z0-9_.-]{1,100}")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PART = re.compile(r"(?:\\.|[^\s\\])+|\\")
"""What stands between spaces; a space after a backslash belongs to it."""
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line, counted from 1, in a sentence."""

    line: int
    text: str


@dataclass(frozen=True)
class Owners:
    """One line: a pattern and who owns what it matches. owners: `@login`, `@org/team`, or an e-mail address."""

    pattern: str
    owners: tuple[str, ...]
    line: int

    def matches(self, path: str) -> bool:
        """Whether a path of the repository falls under it. Takes time in proportion to pattern times path."""
        literal = _WILD.split(self.pattern, maxsplit=1)[0]
        if literal.startswith("/") and not path.startswith(literal.strip("/")):
            return False
        return _reaches(_steps(self.pattern), path.split("/"))


@dataclass(frozen=True)
class CodeOwners:
    """A whole file. rules: in its order."""

    rules: tuple[Owners, ...] = ()
    problems: tuple[Problem, ...] = ()

    def of(self, path: str) -> tuple[str, ...] | None:
        """The owners of a path; () where they were taken away on purpose, None where no line says anything."""
        return next((rule.owners for rule in reversed(self.rules) if rule.matches(path)), None)


@dataclass(frozen=True)
class OwnedPaths:
    """Changed paths with the same owners. owners: None where nobody was ever named.   paths: the first, and `more`."""

    owners: tuple[str, ...] | None
    paths: tuple[str, ...]
    more: int = 0


# ------------------------------------------------------------------ reading


def parse(text: str) -> CodeOwners:
    """The file's rules and what is wrong with it. Nothing is read from a file that GitHub would not load."""
    if len(text.encode()) >= LARGEST:
        return CodeOwners(problems=(Problem(1, "GitHub does not load a CODEOWNERS file of 3 MB or more: shorten it."),))
    rules: list[Owners] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = list(_parts(line))
        if not parts:
            continue
        pattern, owners = parts[0], tuple(parts[1:])
        if why := _invalid(pattern, owners):
            problems.append(Problem(number, f"{why} GitHub skips the line, and so does golive."))
            continue
        problems += [
            Problem(number, f"golive does not know whose `{mail}` is: name the account as @login instead.")
            for mail in owners
            if _MAIL.fullmatch(mail)
        ]
        rules.append(Owners(pattern.replace("\\ ", " "), owners, number))
    return CodeOwners(tuple(rules), tuple(problems))


def _parts(line: str) -> Iterator[str]:
    """The words of a line up to a comment."""
    for part in _PART.findall(line.removeprefix("\ufeff")):
        if part.startswith("#"):
            return
        yield part


def _invalid(pattern: str, owners: Iterable[str]) -> str:
    if pattern.startswith("!"):
        return f"`{pattern}`: nothing can be taken out with `!`."
    if pattern.startswith("\\#"):
        return f"`{pattern}`: a pattern cannot begin with #."
    if "[" in pattern or "]" in pattern:
        return f"`{pattern}`: there are no ranges of characters."
    if "***" in pattern or pattern == "/":
        return f"`{pattern}` matches nothing."
    for owner in owners:
        if not (_PERSON.fullmatch(owner) or _TEAM.fullmatch(owner) or _MAIL.fullmatch(owner)):
            return f"`{owner}` is no owner; write @login or @org/team."
    return ""


# ------------------------------------------------------------------ matching


def _steps(pattern: str) -> list[str]:
    """The pattern folder by folder; what is not tied to the root begins with `**`, what is all of a folder ends with it."""
    steps = pattern.split("/")
    if steps[0] == "":
        steps = steps[1:]
    elif len(steps) == 1 or (len(steps) == 2 and steps[1] == ""):
        steps = ["**", *steps] if steps[0] != "**" else steps
    if len(steps) > 1 and steps[-1] == "":
        steps[-1] = "**"
    return steps


def _reaches(steps: list[str], path: list[str]) -> bool:
    """Whether the steps lead to the path; a step without a star in its whole also takes what is below that folder."""
    reached = {0}
    for step in steps[:-1]:
        if step == "**":
            reached = set(range(min(reached, default=len(path) + 1), len(path) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(path) and _fits(step, path[at])}
    last = steps[-1]
    if last == "**":
        return any(at < len(path) for at in reached)
    ends = {at + 1 for at in reached if at < len(path) and _fits(last, path[at])}
    return len(path) in ends if last == "*" else bool(ends)


def _fits(step: str, name: str) -> bool:
    """Whether one folder or file name fits, `*` for any characters and `?` for one; no worse than step times name."""
    here = at = 0
    star, since = -1, 0
    while at < len(name):
        if here < len(step) and step[here] == "*":
            star, since, here = here, at, here + 1
        elif here < len(step) and step[here] in ("?", name[at]):
            here, at = here + 1, at + 1
        elif star >= 0:  # the last star takes one more
            since += 1
            here, at = star + 1, since
        else:
            return False
    return not step[here:].strip("*")


# ------------------------------------------------------------------ what is changed


def owned(file: CodeOwners, changed: Iterable[ChangedFile]) -> tuple[OwnedPaths, ...]:
    """The changed paths by their owners, a renamed file under both of its names; in the order of their first path."""
    found: dict[tuple[str, ...] | None, list[str]] = {}
    names = sorted({name for one in changed for name in (one.path, one.previous) if name})
    for name in names:
        owners = file.of(name)
        key = tuple(sorted(set(owners))) if owners is not None else None
        found.setdefault(key, []).append(name)
    return tuple(
        OwnedPaths(owners, tuple(paths[:PATHS]), max(0, len(paths) - PATHS)) for owners, paths in found.items()
    )


def sources(owners: Iterable[str]) -> tuple[str, ...]:
    """Owners as a role's `from:` names people; e-mail addresses are left out."""
    known = (owner for owner in owners if owner.startswith("@"))
    return tuple(owner[1:] if "/" in owner else owner for owner in known)
