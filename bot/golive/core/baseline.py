"""A recorded baseline: values as they once were, to hold later ones against. Pure; reading and writing files is others'.

The format is JSON: `{"format": "golive-baseline", "version": 1, "recorded_at": …, "golive": …, "values": {name: {"value": …,
"unit": …, "samples": …}}}`. Flat or nested JSON of other tools is read too, its numbers by their dotted names. Grow the
format with a new version that `parse` reads beside the old one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from golive.core.units import canonical

FORMAT, VERSION = "golive-baseline", 1
_TIMES = ("recorded_at", "timestamp", "created_at", "date", "generated_at")
_KEYS = frozenset({"format", "version", "recorded_at", "golive", "values"})
_IN_NAME = re.compile(r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)(?:[T_-]?([0-2]\d)[-:]?([0-5]\d)[-:]?([0-5]\d))?(?!\d)")
_UNIT_IN_NAME = (
    ("_ms", "ms"),
    ("_s", "s"),
    ("_seconds", "s"),
    ("_pct", "%"),
    ("_percent", "%"),
    ("_bytes", "B"),
    ("_us", "us"),
)
_DEEPEST = 8


@dataclass(frozen=True)
class Recorded:
    """One value. unit: canonical, as `Measure.unit`.   samples: how many observations it rests on, None: not said."""

    value: float
    unit: str = ""
    samples: int | None = None


@dataclass(frozen=True)
class Baseline:
    """Values by name. recorded_at: None where the file does not say.   golive: the version that wrote it, or empty."""

    values: Mapping[str, Recorded]
    recorded_at: datetime | None = None
    golive: str = ""

    def numbers(self) -> dict[str, float]:
        """Name → value in canonical units, for criteria that are relative to a baseline."""
        return {name: one.value for name, one in self.values.items()}


@dataclass(frozen=True)
class Change:
    """One value then and now. percent: by how much it rose (negative: fell), None where it was 0 and is not any more."""

    name: str
    before: Recorded
    after: Recorded
    percent: float | None


@dataclass(frozen=True)
class Comparison:
    """What `compare` found. missing: names that are no longer there.   unlike: names whose unit is another now."""

    changes: tuple[Change, ...]
    missing: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    new: tuple[str, ...] = field(default=())


def parse(text: str) -> Baseline:
    """The baseline in a text. Raises ValueError with a sentence that says what is wrong."""
    try:
        document = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("expected a JSON object")
    if document.get("format") == FORMAT:
        return _ours(document)
    found = {name: _plain(name, value) for name, value in _numbers(document, "", 0)}
    if not found:
        raise ValueError("it holds no number")
    return Baseline(found, next((at for key in _TIMES if (at := _moment(document.get(key)))), None))


def dump(baseline: Baseline) -> str:
    """The text of a baseline: sorted, indented, ending in a newline, so that a repository shows what changed."""
    if any(not math.isfinite(one.value) for one in baseline.values.values()):
        raise ValueError("a baseline holds finite numbers")
    values = {
        name: {"value": one.value, "unit": one.unit, **({} if one.samples is None else {"samples": one.samples})}
        for name, one in sorted(baseline.values.items())
    }
    document = {
        "format": FORMAT,
        "version": VERSION,
        "recorded_at": baseline.recorded_at.astimezone(UTC).isoformat() if baseline.recorded_at else None,
        "golive": baseline.golive,
        "values": values,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def compare(before: Baseline, after: Baseline) -> Comparison:
    """Every value of `before` against the one of that name in `after`, sorted by name."""
    changes, missing, unlike = [], [], []
    for name, then in sorted(before.values.items()):
        now = after.values.get(name)
        if now is None:
            missing.append(name)
        elif now.unit != then.unit:
            unlike.append(name)
        else:
            changes.append(Change(name, then, now, _risen(then.value, now.value)))
    new = tuple(sorted(after.values.keys() - before.values.keys()))
    return Comparison(tuple(changes), tuple(missing), tuple(unlike), new)


def moment_in(name: str) -> datetime | None:
    """The date in a file's name, in UTC: `mixed_baseline_20241201_121000.json`, `2024-12-01.json`; the last one counts."""
    for found in reversed(list(_IN_NAME.finditer(name))):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            continue
    return None


def _ours(document: Mapping[str, Any]) -> Baseline:
    if document.get("version") != VERSION:
        raise ValueError(f"it is a baseline of version {document.get('version')!r}, and this golive reads {VERSION}")
    unknown = sorted(document.keys() - _KEYS)
    values = document.get("values")
    if unknown or not isinstance(values, dict) or not values:
        raise ValueError(f"unknown key {unknown[0]!r}" if unknown else "`values` holds no value")
    at = document.get("recorded_at")
    moment = _moment(at)
    if at is not None and moment is None:
        raise ValueError(f"`recorded_at` is no ISO 8601 time with its offset: {at!r}")
    return Baseline(
        {name: _value(name, given) for name, given in values.items()}, moment, str(document.get("golive", ""))
    )


def _value(name: str, given: Any) -> Recorded:
    if not isinstance(given, dict) or not _is_number(given.get("value")):
        raise ValueError(f"values.{name} has no number as its `value`")
    samples, unit = given.get("samples"), given.get("unit", "")
    if not isinstance(unit, str) or not (
        samples is None or (isinstance(samples, int) and not isinstance(samples, bool))
    ):
        raise ValueError(f"values.{name} has a `unit` that is no text or `samples` that are no whole number")
    value, unit = canonical(repr(given["value"]), unit)
    return Recorded(value, unit, samples)


def _numbers(document: Mapping[Any, Any], above: str, depth: int) -> Iterator[tuple[str, float]]:
    for key, value in document.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _numbers(value, f"{name}.", depth + 1)
        elif _is_number(value) and str(key) not in _TIMES:
            yield name, value


def _plain(name: str, value: float) -> Recorded:
    """A number of another tool, its unit by the end of its name."""
    unit = next((unit for end, unit in _UNIT_IN_NAME if name.endswith(end)), "")
    return Recorded(*canonical(repr(value), unit))


def _moment(given: Any) -> datetime | None:
    if not isinstance(given, str):
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _risen(then: float, now: float) -> float | None:
    """In percent of what it was; exact, so that 5.5 over 5 are 10 % and no more."""
    if then == now:
        return 0.0
    one, other = Fraction(repr(float(then))), Fraction(repr(float(now)))
    return float((other - one) / abs(one) * 100) if one else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number")
