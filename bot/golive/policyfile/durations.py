"""`Duration`, the field type of the policy's keys: what `core.durations` reads, with its mistakes told as located ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from golive.core.durations import PATTERN, NoDuration, read
from golive.policyfile.mistakes import mistaken


def _field(value: Any) -> timedelta:
    try:
        return read(value)
    except NoDuration as error:
        raise mistaken(str(error), error.mend) from None


_Written = Annotated[str, Field(json_schema_extra={"pattern": PATTERN})]
Duration = Annotated[timedelta, PlainValidator(_field, json_schema_input_type=_Written)]
"""A pydantic field type: text with units in, timedelta out, more than zero."""
