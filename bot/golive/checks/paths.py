"""Files that a policy names: patterns, what is left out, their texts and ages, and how flaws in them are told.

Everything is read through the look that `collect` is handed. Add what a second kind of check on files needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from golive.checks.options import FilePattern
from golive.core.globs import matches_glob
from golive.core.model import Detail
from golive.ports import LookFiles, Unreachable

MOST_FILES = 2_000
"""Files that one check reads."""
_SEVERAL = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
    ]
}


def one_or_more(given: Any) -> Any:
    """A single value as a list of one; what is no list stays as it is, for pydantic to refuse."""
    if isinstance(given, str):
        return (given,)
    return tuple(given) if isinstance(given, list) else given


Paths = Annotated[tuple[FilePattern, ...], BeforeValidator(one_or_more), Field(min_length=1), WithJsonSchema(_SEVERAL)]
"""One path or glob, or a list of them."""


def matched(files: LookFiles, patterns: Iterable[str], exclude: Sequence[str] = ()) -> tuple[str, ...]:
    """Paths that match a pattern and are not left out, sorted. Raises Unreachable for too many."""
    found = sorted({path for pattern in patterns for path in files.glob(pattern) if not left_out(path, exclude)})
    if len(found) > MOST_FILES:
        raise Unreachable(f"{len(found)} files match, more than the {MOST_FILES} that one check reads; name fewer")
    return tuple(found)


def left_out(path: str, exclude: Sequence[str]) -> bool:
    """Whether a pattern fits the path; one without `/` fits a file's name in any folder, `**/` also no folder at all."""
    name = path.rpartition("/")[2]
    return any(
        matches_glob(pattern, path if "/" in pattern else name)
        or (pattern.startswith("**/") and matches_glob(pattern[3:], path))
        for pattern in exclude
    )


def text_of(files: LookFiles, path: str, limit: int = 16 * 1024 * 1024) -> str:
    """The text of a file, UTF-8 with or without its mark; what is no UTF-8 is replaced."""
    return files.read(path, limit).decode("utf-8-sig", errors="replace")


def changed_at(files: LookFiles, path: str) -> datetime | None:
    """When it was last changed: its last commit, or else the file's own time; None where there is nothing."""
    commit = files.changed_at(path)
    if commit is not None:
        return commit
    facts = files.facts(path)
    return facts.modified_at if facts else None


def age_text(age: timedelta) -> str:
    """An age in its largest whole unit: `94 d`, `3 h`, `5 min`, `12 s`."""
    if age >= timedelta(days=2):
        return f"{age.days} d"
    for unit, name in ((timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if age >= unit * 2:
            return f"{age // unit} {name}"
    return f"{age.total_seconds():.0f} s"


def listed(texts: Sequence[str], most: int = 3) -> str:
    """The first few, and how many more there are: `a, b, c and 4 more`."""
    rest = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {rest} more" if rest > 0 else "")


def flaws_text(flaws: Sequence[Detail], most: int = 2) -> str:
    """The first flaws with their places, as one piece of a sentence."""
    return "; ".join(map(_placed, flaws[:most])) + (f"; and {len(flaws) - most} more" if len(flaws) > most else "")


def _placed(flaw: Detail) -> str:
    place = f"{flaw.path}:{flaw.line}" if flaw.line else flaw.path
    return f"{place}: {flaw.text}" if place else flaw.text
