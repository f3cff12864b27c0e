"""Plain tables of load test figures, in JSON or YAML: scenario → figures. Add a spelling of a figure in `_NAMES`.

A figure is clear only with its unit: in its name (`p95_ms: 145`, `error_pct: 0.12`) or in its value (`p95: 145ms`,
`rps: 847/min`). A bare number that could be two things, and what was left to fill in, is told as unclear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from golive.core.units import canonical, quantity

_TIME = re.compile(
    r"(p\d{2}(?:[._]9)?|avg|average|mean|med|median|min|max)(?:_?(?:response_?time|latency|duration))?(?:_(ns|us|ms|s|sec|seconds|min))?"
)
_TIME_UNITS = {"seconds": "s", "sec": "s"}
_TIME_NAMES = {"average": "avg", "mean": "avg", "med": "p50", "median": "p50", "p99_9": "p99.9"}
_NAMES = {
    "rps": ("rps", "/s"), "requests_per_second": ("rps", "/s"), "req_per_sec": ("rps", "/s"), "tps": ("rps", "/s"),
    "rps_mean": ("rps", "/s"), "per_second": ("rps", "/s"), "rpm": ("rps", "/min"), "per_minute": ("rps", "/min"),
    "requests_per_minute": ("rps", "/min"), "throughput": ("rps", ""), "rate": ("rps", ""),
    "error_pct": ("error_rate", "%"), "error_percent": ("error_rate", "%"), "errors_pct": ("error_rate", "%"),
    "error_rate_pct": ("error_rate", "%"), "error_rate_percent": ("error_rate", "%"), "error_rate": ("error_rate", ""),
    "errors": ("error_rate", ""), "failure_rate": ("error_rate", ""),
    "requests": ("requests", "#"), "request_count": ("requests", "#"), "total_requests": ("requests", "#"),
    "count": ("requests", "#"), "duration": ("duration", ""), "duration_s": ("duration", "s"),
    "duration_ms": ("duration", "ms"),
}  # fmt: skip
_UNITS = {"rps": "1/s", "error_rate": "%", "requests": "", "duration": "s"}
_OUTER = ("scenarios", "results", "operations", "endpoints", "tests")
_NAME_KEYS = ("name", "scenario", "operation", "endpoint", "test")

Row = tuple[str, dict[str, float], dict[str, str]]


def table_values(text: str) -> Iterator[Row]:
    """(scenario, values, why others are unclear) of each row. Raises ValueError for what is no such table."""
    import yaml

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error).splitlines()[0] if str(error) else "it is nested too deeply") from None
    for key in _OUTER:
        if isinstance(document, dict) and isinstance(document.get(key), dict | list):
            document = document[key]
            break
    if isinstance(document, dict) and any(_figure(str(key)) for key in document):
        yield _row(str(_named(document) or ""), document)
    elif isinstance(document, dict):
        yield from (_row(str(name), row) for name, row in document.items() if isinstance(row, dict))
    elif isinstance(document, list):
        rows = (row for row in document if isinstance(row, dict))
        yield from (_row(str(_named(row) or f"row {number}"), row) for number, row in enumerate(rows, 1))
    else:
        raise ValueError("expected a table of scenarios with their figures")


def _named(row: dict[Any, Any]) -> Any:
    return next((row[key] for key in _NAME_KEYS if isinstance(row.get(key), str)), None)


def _figure(key: str) -> tuple[str, str, str] | None:
    """(our name, canonical unit, unit that the key says) of a figure, None for any other key."""
    key = key.strip().lower().replace("-", "_").replace(" ", "_")
    if key in _NAMES:
        name, unit = _NAMES[key]
        return name, _UNITS[name], unit
    time = _TIME.fullmatch(key)
    if time is None:
        return None
    return _TIME_NAMES.get(time[1], time[1]), "s", _TIME_UNITS.get(time[2] or "", time[2] or "")


def _row(name: str, row: dict[Any, Any]) -> Row:
    values: dict[str, float] = {}
    unclear: dict[str, str] = {}
    for key, given in row.items():
        figure = _figure(str(key))
        if figure is None:
            continue
        ours, wanted, unit = figure
        try:
            values[ours] = _value(given, unit, wanted)
        except ValueError as error:
            unclear[ours] = f"{key} is {_shown(given)}: {error}"
    return name, values, {key: why for key, why in unclear.items() if key not in values}


def _value(given: Any, unit: str, wanted: str) -> float:
    if given is None or isinstance(given, bool):
        raise ValueError("no figure")
    if isinstance(given, int | float):
        if unit == "#":
            return float(given)
        if not unit:
            raise ValueError("a number without a unit")
        return canonical(repr(given), unit)[0]
    try:
        value, found = quantity(str(given))
    except ValueError:
        raise ValueError("no figure") from None
    if found == "" and unit not in ("", "#"):
        value, found = canonical(str(given).strip(), unit)
    if found != wanted:
        raise ValueError(f"not in {wanted or 'a count'}" if found else "a number without a unit")
    return value


def _shown(given: Any) -> str:
    return repr(given)[:40]
