"""Answers to one person that are more than words: a list of releases, or the question which release was meant.

They are kept beside plain answers, as text that begins with a character no person's text keeps. Add one as a class here,
a name in `_KINDS`, and a `case` where answers are rendered.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

_MARK = "\x02"


@dataclass(frozen=True)
class Listed:
    """Releases. lines: (name, address, what stands there).   more: what to type for the next ones, or empty."""

    title: str
    lines: tuple[tuple[str, str, str], ...]
    more: str = ""


@dataclass(frozen=True)
class WhichOne:
    """Which release was meant. origin: the delivery that asked.   options: (label, value).   said: the question."""

    said: str
    origin: str
    options: tuple[tuple[str, str], ...]
    more: str = ""


_KINDS: dict[str, type[Listed] | type[WhichOne]] = {"listed": Listed, "which": WhichOne}


def packed(reply: Listed | WhichOne) -> str:
    """As text to keep."""
    name = next(name for name, kind in _KINDS.items() if isinstance(reply, kind))
    return f"{_MARK}{name} {json.dumps(asdict(reply), ensure_ascii=False)}"


def unpacked(text: str) -> Listed | WhichOne | None:
    """What was packed; None for plain words."""
    if not text.startswith(_MARK):
        return None
    name, _, said = text[1:].partition(" ")
    raw: dict[str, Any] = json.loads(said)
    return _KINDS[name](**{key: _tuples(value) for key, value in raw.items()})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
