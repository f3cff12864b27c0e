"""Durations as people write them: `30s`, `10m`, `2h`, `7d`, `1h30m`, or ISO 8601 such as `PT36H`. A unit is required.

`Duration` is a field type for the options of check kinds too. Months and years have no fixed length and are refused.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from golive.policyfile.mistakes import mistaken, shown

LONGEST = timedelta(days=3650)
"""Long enough for every policy, short enough that adding it to a date cannot leave the calendar."""

_SHORT = r"(?=[0-9])([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?"
_ISO = r"P(?=[0-9T])([0-9]{1,9}D)?(T(?=[0-9])([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}S)?)?"
PATTERN = f"^({_SHORT}|{_ISO})$"
_PART = re.compile(r"([0-9]+)([DHMS])")
_UNITS = {"D": "days", "H": "hours", "M": "minutes", "S": "seconds"}
_MEND = "Write for example 30s, 10m, 2h, 7d or 1h30m"


def parse(text: str) -> timedelta:
    """The duration a text means. Raises ValueError with a sentence for none, for zero and for more than ten years."""
    if re.fullmatch(r"[0-9.]+", text):
        raise ValueError(f"a duration needs a unit, got `{shown(text)}`")
    if not re.match(rf"{PATTERN}\Z", text):
        raise ValueError(f'expected a duration in days, hours, minutes and seconds, got "{shown(text)}"')
    parts = {_UNITS[unit]: int(number) for number, unit in _PART.findall(text.upper())}
    if max(parts.values()) == 0:
        raise ValueError("the duration is zero")
    if parts.get("days", 0) > LONGEST.days or (length := timedelta(**parts)) > LONGEST:
        raise ValueError(f"the duration is longer than {LONGEST.days} days")
    return length


def _field(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise mistaken("expected a duration", _MEND)
    try:
        return parse(str(value))
    except ValueError as error:
        bare = isinstance(value, int) and value > 0
        raise mistaken(str(error), f"Write {value}s for seconds, or {value}m for minutes" if bare else _MEND) from None


_Written = Annotated[str, Field(json_schema_extra={"pattern": PATTERN})]
Duration = Annotated[timedelta, PlainValidator(_field, json_schema_input_type=_Written)]
"""A pydantic field type: text with units in, timedelta out, more than zero."""
