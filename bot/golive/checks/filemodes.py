"""Sizes and permission bits in options: `10kB`, `"0640"`. Add a type once a kind needs it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from golive.core.units import quantity

_MODE = re.compile(r"(?:0o?)?([0-7]{3,4})")


def _mode(given: Any) -> int:
    """`"0640"` or `"0o640"` as its bits. A bare 0640 is refused: YAML reads it as the number 416."""
    match = _MODE.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f'expected permission bits as a text in quotes, like "0640", got {given!r}')
    return int(match[1], 8)


def _size(given: Any) -> int:
    """`10kB` or a number of bytes."""
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    if isinstance(given, str):
        value, unit = quantity(given)
        if unit == "B" and value >= 0:
            return int(value)
    raise ValueError(f"expected a size like `10kB` or `2MiB`, got {given!r}")


def mode_text(mode: int) -> str:
    """As `ls` and `chmod` users write it: `0640`."""
    return f"{mode:04o}"


Mode = Annotated[
    int,
    BeforeValidator(_mode),
    PlainSerializer(mode_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^(0o?)?[0-7]{3,4}$", "examples": ["0640"]}),
]
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "examples": ["10kB", "2MiB"]}]}),
]
