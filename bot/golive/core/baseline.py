"""Recorded values to compare with later: the file's format, reading it, and saying what changed. Pure.

A file is JSON: {"format": "golive-baseline", "version": 1, "recorded_at": …, "golive": …, "project": …, "target": …,
"values": {name: {"value": number, "unit": canonical unit, "samples": count or null}}}. What `golive baseline record`
keeps is named `<check>.<measure>`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FORMAT, VERSION = "golive-baseline", 1


@dataclass(frozen=True)
class Recorded:
    """One value, in its canonical unit. samples: how many observations it rests on, None where nobody counted."""

    value: float
    unit: str = ""
    samples: int | None = None


@dataclass(frozen=True)
class Baseline:
    """Everything that was recorded at once. recorded_at: None where the file does not say."""

    values: Mapping[str, Recorded]
    recorded_at: datetime | None = None
    golive: str = ""
    project: str = ""
    target: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def of_check(self, check: str) -> dict[str, float]:
        """Measure → value, of what was recorded for this check."""
        begin = f"{check}."
        return {name.removeprefix(begin): one.value for name, one in self.values.items() if name.startswith(begin)}


@dataclass(frozen=True)
class Change:
    """One value then and now. percent: the change in percent of then, None where then was zero or one is missing."""

    name: str
    then: Recorded | None
    now: Recorded | None

    @property
    def percent(self) -> float | None:
        """Positive when it grew."""
        if self.then is None or self.now is None or self.then.value == 0:
            return None
        return (self.now.value - self.then.value) / abs(self.then.value) * 100


def parse(text: str) -> Baseline:
    """A baseline file. Raises ValueError with what is wrong and where."""
    try:
        told = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f'expected an object with "format": "{FORMAT}"; `golive baseline record` writes one')
    if told.get("version") != VERSION:
        raise ValueError(f"it has version {told.get('version')!r}, and this golive reads version {VERSION}")
    values = told.get("values")
    if not isinstance(values, dict):
        raise ValueError("`values` is missing, or no object")
    at = told.get("recorded_at")
    try:
        recorded_at = datetime.fromisoformat(at) if at else None
    except (TypeError, ValueError):
        raise ValueError(f"`recorded_at` is no time: {at!r}") from None
    return Baseline(
        {str(name): _recorded(str(name), one) for name, one in values.items()}, recorded_at,
        str(told.get("golive", "")), str(told.get("project", "")), str(told.get("target", "")),
    )  # fmt: skip


def _recorded(name: str, told: Any) -> Recorded:
    if not isinstance(told, dict) or isinstance(told.get("value"), bool) or not isinstance(told.get("value"), int | float):
        raise ValueError(f"`values.{name}` has no number under `value`")
    samples = told.get("samples")
    if samples is not None and (isinstance(samples, bool) or not isinstance(samples, int)):
        raise ValueError(f"`values.{name}.samples` is no count")
    return Recorded(float(told["value"]), str(told.get("unit", "")), samples)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def dump(baseline: Baseline) -> str:
    """The file's text; `parse` gives the same baseline. Values that are no numbers are left out."""
    values = {
        name: {"value": one.value, "unit": one.unit, "samples": one.samples}
        for name, one in sorted(baseline.values.items())
        if math.isfinite(one.value)
    }
    told = {
        "format": FORMAT, "version": VERSION,
        "recorded_at": baseline.recorded_at.isoformat() if baseline.recorded_at else "",
        "golive": baseline.golive, "project": baseline.project, "target": baseline.target, "values": values,
    }  # fmt: skip
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def compare(then: Baseline, now: Baseline) -> tuple[Change, ...]:
    """Every value that either of them has, by name."""
    names = sorted({*then.values, *now.values})
    return tuple(Change(name, then.values.get(name), now.values.get(name)) for name in names)
