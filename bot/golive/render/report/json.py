"""The report as JSON: the source of truth, versioned. `load` reads what `dump` wrote, and nothing that merely looks like it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from golive.core.report import FORMAT, VERSION, Report

ID = f"{FORMAT}-{VERSION}"


def dump(report: Report) -> str:
    """The JSON text, keys in the order of the dataclasses, times as ISO 8601. Raises ValueError for NaN and infinity."""
    return json.dumps(_plain(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def load(text: str) -> Report:
    """The report of a JSON text. Raises ValueError with where and what is wrong."""
    try:
        told = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f'expected an object with "format": "{FORMAT}"')
    if told.get("version") != VERSION:
        raise ValueError(f"it has version {told.get('version')!r}, and this golive reads version {VERSION}")
    from pydantic import TypeAdapter, ValidationError

    try:
        read = TypeAdapter(Report).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}") from None
    strays = list(_strays(told, json.loads(dump(read))))
    if strays:
        raise ValueError(f"unknown key: {strays[0]}")
    return read


def _strays(told: Any, known: Any, at: str = "") -> list[str]:
    """Keys of the text that the report does not have."""
    if isinstance(told, dict) and isinstance(known, dict):
        unknown = [f"{at}{key}" for key in told if key not in known]
        return unknown + [
            stray for key in told if key in known for stray in _strays(told[key], known[key], f"{at}{key}.")
        ]
    if isinstance(told, list) and isinstance(known, list):
        return [
            s for n, (one, other) in enumerate(zip(told, known, strict=False)) for s in _strays(one, other, f"{at}{n}.")
        ]
    return []


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a report, as published beside the documentation."""
    from pydantic import TypeAdapter

    made = TypeAdapter(Report).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID, **made, "title": "golive report"}
