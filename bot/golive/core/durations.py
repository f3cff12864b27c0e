"""Durations as people write them: `30s`, `10m`, `2h`, `7d`, `1h30m`, or ISO 8601 such as `PT36H`. A unit is required.

The keys of a policy and the options of check kinds are read by this alone. Months and years have no fixed length and are
refused.
"""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=3650)
"""Long enough for every policy, short enough that adding it to a date cannot leave the calendar."""
EXAMPLES = "Write for example 30s, 10m, 2h, 7d or 1h30m"

_SHORT = r"(?=[0-9])([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?"
_ISO = r"P(?=[0-9T])([0-9]{1,9}D)?(T(?=[0-9])([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}S)?)?"
PATTERN = f"^({_SHORT}|{_ISO})$"
_PART = re.compile(r"([0-9]+)([DHMS])")
_UNITS = {"D": "days", "H": "hours", "M": "minutes", "S": "seconds"}
_SHOWN = 48


class NoDuration(ValueError):
    """What was written is no duration. `str()` is the sentence, `mend` what to write instead."""

    def __init__(self, sentence: str, mend: str = EXAMPLES) -> None:
        super().__init__(sentence)
        self.mend = mend


def parse(text: str) -> timedelta:
    """The duration a text means. Raises NoDuration for none, for zero and for more than ten years."""
    if re.fullmatch(r"[0-9.]+", text):
        raise NoDuration(f"a duration needs a unit, got `{_brief(text)}`")
    if not re.match(rf"{PATTERN}\Z", text):
        raise NoDuration(f'expected a duration in days, hours, minutes and seconds, got "{_brief(text)}"')
    parts = {_UNITS[unit]: int(number) for number, unit in _PART.findall(text.upper())}
    if max(parts.values()) == 0:
        raise NoDuration("the duration is zero")
    if parts.get("days", 0) > LONGEST.days or (length := timedelta(**parts)) > LONGEST:
        raise NoDuration(f"the duration is longer than {LONGEST.days} days")
    return length


def read(value: object) -> timedelta:
    """What stands in a field: a text with units, or a duration already. Raises NoDuration."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NoDuration("expected a duration")
    try:
        return parse(str(value))
    except NoDuration as error:
        if isinstance(value, int) and value > 0:
            raise NoDuration(str(error), f"Write {value}s for seconds, or {value}m for minutes") from None
        raise


def duration_text(length: timedelta) -> str:
    """The short way to write a duration in whole seconds: `90d`, `1h30m`."""
    minutes, seconds = divmod(length.seconds, 60)
    parts = ((length.days, "d"), (minutes // 60, "h"), (minutes % 60, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def _brief(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"
