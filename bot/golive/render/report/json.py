"""The report as JSON: the source of truth, versioned. `load` reads what `dump` wrote, and nothing that merely looks like it.

A new field of `core.report` appears here by itself. Then write the schema anew, and raise VERSION where an old reader
could be misled:

    python -c 'from golive.render.report.json import published; print(published(), end="")' > docs/schemas/report-1.json
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from golive.core.model import Outcome, Verdict
from golive.core.report import FORMAT, VERSION, Report

ID = f"{FORMAT}-{VERSION}"
_VERDICTS = tuple(Verdict.__members__)
_OUTCOMES = tuple(outcome.value for outcome in Outcome)


def dump(report: Report) -> str:
    """The JSON text, keys in the order of the dataclasses, times as ISO 8601.

    Raises ValueError, with the place, for what JSON has no word for (NaN, infinity) and for a time without a zone.
    """
    return json.dumps(_plain(report, ""), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any, at: str) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name), f"{at}.{one.name}") for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one, f"{at}.{key}") for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, f"{at}.{n}") for n, one in enumerate(value)]
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{at[1:]}: the time {value.isoformat()} has no zone; give it one, for example +00:00")
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(
            f"{at[1:]}: {value} is no number that JSON can hold; a check that has no value says so in words"
        )
    return value.value if isinstance(value, Enum) else value


def load(text: str) -> Report:
    """The report of a JSON text. Raises ValueError with where and what is wrong."""
    told = _told(text)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f'expected an object with "format": "{FORMAT}"')
    version = told.get("version")
    if version != VERSION or isinstance(version, bool):
        raise ValueError(f"it has version {version!r}, and this golive reads version {VERSION}")
    from pydantic import TypeAdapter, ValidationError

    try:
        read = TypeAdapter(Report).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}" if where else str(first["msg"])) from None
    for flaw in (*_differences(told, json.loads(dump(read)), ""), *_contradictions(read)):
        raise ValueError(flaw)
    return read


def _told(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_no_double)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _differences(told: Any, read: Any, at: str) -> Iterator[str]:
    """Where the text says something else than the report that was read from it: a stray, a gap, another type."""
    if isinstance(told, dict) and isinstance(read, dict):
        yield from (f"unknown key: {at}{key}" for key in told if key not in read)
        yield from (f"missing key: {at}{key}" for key in read if key not in told)
        for key in told:
            if key in read:
                yield from _differences(told[key], read[key], f"{at}{key}.")
    elif isinstance(told, list) and isinstance(read, list):
        for n, (one, other) in enumerate(zip(told, read, strict=True)):
            yield from _differences(one, other, f"{at}{n}.")
    elif _sort(told) != _sort(read):
        yield f"{at[:-1]}: expected {_sort(read)}, got {_sort(told)}"


def _sort(value: Any) -> str:
    """What JSON calls it; 1 and 1.0 are the same there."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        dict: "an object",
        list: "a list",
    }
    return names.get(type(value), "null")


def _contradictions(report: Report) -> Iterator[str]:
    """What no run of golive could have written, and other formats would stumble over."""
    for where, verdict in [
        ("verdict", report.verdict),
        *((f"reasons.{n}", r.verdict) for n, r in enumerate(report.reasons)),
    ]:
        if verdict not in _VERDICTS:
            yield f"{where}: {verdict!r} is no verdict; expected one of {', '.join(_VERDICTS)}"
    if set(report.counts) != set(_OUTCOMES):
        yield f"counts: expected every outcome once: {', '.join(_OUTCOMES)}"
    seen: set[str] = set()
    for n, line in enumerate(report.lines):
        if line.check in seen:
            yield f"lines.{n}.check: {line.check!r} is there twice"
        seen.add(line.check)
    counted = {name: sum(line.outcome.value == name for line in report.lines) for name in _OUTCOMES}
    if dict(report.counts) != counted:
        yield "counts: they are not those of the lines"
    if report.score is not None and set(report.score.factors) != set(report.score.weights):
        yield "score: every category needs both a factor and a weight"


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a report, as strict as `load` where a schema can be: every key there, and no other."""
    from pydantic import TypeAdapter

    made = TypeAdapter(Report).json_schema(mode="serialization")
    for one in (made, *made["$defs"].values()):
        if "properties" in one:
            one["required"] = list(one["properties"])
            one["additionalProperties"] = False
    of = made["properties"]
    of["format"], of["version"] = {"const": FORMAT}, {"const": VERSION}
    of["verdict"] = made["$defs"]["Told"]["properties"]["verdict"] = {"enum": list(_VERDICTS)}
    of["counts"] = {
        "type": "object", "properties": {name: {"type": "integer", "minimum": 0} for name in _OUTCOMES},
        "required": list(_OUTCOMES), "additionalProperties": False,
    }  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID, **made, "title": "golive report"}


def published() -> str:
    """The text of docs/schemas/report-1.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
