"""What the options of every kind share: strict types, no unknown keys, a canonical text, and durations.

A kind derives from `Options`. Add a type here once two kinds need it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from golive.core.policy import names

_SHORT = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?")
_ISO = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?")


class Options(BaseModel):
    """The `with:` of a check. Frozen, so that a policy can be shared between threads."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def canonical(self) -> str:
        """Equal text means equal meaning: defaults are filled in, spellings of one value are one value."""
        return names(self.model_dump(mode="json"))

    def __hash__(self) -> int:
        return hash(self.canonical())


def duration(given: Any) -> timedelta:
    """`90d`, `12h`, `1h30m`, `45s` or ISO 8601 `P90D`, `PT12H`. Raises ValueError; a bare number has no unit."""
    if isinstance(given, timedelta):
        found = given
    else:
        match = (_SHORT.fullmatch(given) or _ISO.fullmatch(given)) if isinstance(given, str) else None
        if match is None or not any(match.groups()):
            raise ValueError(f"expected a duration with its unit, like `90d`, `12h` or `1h30m`, got {given!r}")
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        found = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found <= timedelta():
        raise ValueError("expected a duration longer than nothing")
    return found


def duration_text(length: timedelta) -> str:
    """The short way to write a duration in whole seconds: `90d`, `1h30m`."""
    minutes, seconds = divmod(length.seconds, 60)
    parts = ((length.days, "d"), (minutes // 60, "h"), (minutes % 60, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(duration_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["90d", "12h", "1h30m"], "pattern": r"^(P.+|(\d+[dhms])+)$"}),
]
