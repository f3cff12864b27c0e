"""Amounts in options: spans of time down to milliseconds, and shares in percent. Add a type once a kind needs it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from golive.checks.options import duration
from golive.core.durations import duration_text

_FINE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?(ms|s)")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%")


def span(given: Any) -> timedelta:
    """`200ms`, `1.5s`, or any duration. Raises ValueError; a bare number has no unit."""
    match = _FINE.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        return duration(given)
    found = timedelta(milliseconds=float(match[1]) * (1000 if match[2] == "s" else 1))
    if found <= timedelta():
        raise ValueError("expected a span of time longer than nothing")
    return found


def span_text(length: timedelta) -> str:
    """The short way to write it: `200ms`, `1.5s`, `2m`."""
    if not length.microseconds:
        return duration_text(length)
    seconds = length.total_seconds()
    return f"{seconds * 1000:g}ms" if seconds < 1 else f"{seconds:.6f}".rstrip("0") + "s"


def percentage(given: Any) -> float:
    """`0.5%` as 0.5. Raises ValueError: a bare 0.01 could be one percent or a hundredth of one."""
    match = _SHARE.fullmatch(given) if isinstance(given, str) else None
    if match is None or float(match[1]) > 100:
        raise ValueError(f"expected a share between 0% and 100% with its sign, like `1%` or `0.5%`, got {given!r}")
    return float(match[1])


def shown_seconds(seconds: float) -> str:
    """A measured time in a few signs: `0.8 ms`, `34 ms`, `2.31 s`."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


Span = Annotated[
    timedelta,
    BeforeValidator(span),
    PlainSerializer(span_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["200ms", "1.5s", "2m"], "pattern": r"^(P.+|[0-9.]+ ?[mdhs]+.*)$"}),
]
"""A span of time down to milliseconds."""
Percentage = Annotated[
    float,
    BeforeValidator(percentage),
    PlainSerializer(lambda share: f"{share:g}%", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["1%", "0.5%"], "pattern": r"^[0-9.]+ ?%$"}),
]
"""A share in percent, 0 to 100."""
