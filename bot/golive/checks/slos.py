"""Service level objectives in YAML: which indicators lack an objective or a window. Add a dialect as a generator.

Read are OpenSLO v1 (`kind: SLO`, `spec.objectives`, `spec.timeWindow`), and plain tables or lists of indicators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_LISTS = ("slos", "slis", "indicators", "objectives", "sli", "slo")
_OBJECTIVE = ("objective", "target", "goal", "targetPercent", "target_percent", "slo")
_WINDOW = ("window", "time_window", "timeWindow", "period", "rolling", "over")
_NUMBER = re.compile(r"[<>=≤≥~\s]*\d+(?:\.\d+)?\s*(?:%|[a-zA-Zµ]+(?:/[a-z]+)?|/[a-z]+)?")
_SPAN = re.compile(r"(?:rolling\s+)?(?:P[0-9DTHMW]+|\d+\s*(?:[a-zA-Z]+))(?:\s+(?:rolling|calendar))?", re.IGNORECASE)
_CALENDAR = frozenset({"month", "monthly", "quarter", "quarterly", "week", "weekly", "year", "yearly", "day", "daily"})


def unclear_objectives(text: str) -> Iterator[str]:
    """What is lacking, one sentence for each indicator that is not clear; also where there is none at all."""
    import yaml

    try:
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, RecursionError) as error:
        yield f"it is not YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}"
        return
    indicators = [entry for document in documents for entry in _indicators(document)]
    if not indicators:
        yield "it names no indicator: expected OpenSLO's `kind: SLO`, or a list or table `slos`"
    for name, objective, window in indicators:
        lacking = [] if _is_number(objective) else ["an objective that is a number"]
        lacking += [] if _is_window(window) else ["a window like 30d"]
        if lacking:
            yield f"the indicator {name} has not {' nor '.join(lacking)}"


def _indicators(document: Any) -> Iterator[tuple[str, Any, Any]]:
    """(name, objective, window) of each indicator of one document."""
    if not isinstance(document, dict):
        return
    if document.get("kind") == "SLO":
        yield from _openslo(document)
        return
    outer = _table(document, "spec") or document
    default = _first(outer, _WINDOW)
    for key in _LISTS:
        for name, entry in _named(outer.get(key)):
            inner: dict[str, Any] = next(
                (entry[one] for one in ("objective", "slo") if isinstance(entry.get(one), dict)), {}
            )
            objective = _first({**entry, **inner}, _OBJECTIVE)
            yield name, objective, _first({**inner, **entry}, _WINDOW) or default


def _openslo(document: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    metadata, spec = _table(document, "metadata"), _table(document, "spec")
    window = spec.get("timeWindow")
    first = window[0] if isinstance(window, list) and window else window
    span = first.get("duration") if isinstance(first, dict) else first
    objectives = spec.get("objectives")
    for entry in objectives if isinstance(objectives, list) and objectives else [{}]:
        target = _first(entry, _OBJECTIVE) if isinstance(entry, dict) else entry
        yield str(metadata.get("name", "without a name")), target, span


def _named(entries: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(entries, dict):
        for name, entry in entries.items():
            yield str(name), entry if isinstance(entry, dict) else {"objective": entry}
    elif isinstance(entries, list):
        for number, entry in enumerate(entries, 1):
            fields = entry if isinstance(entry, dict) else {}
            yield str(_first(fields, ("name", "id", "title", "sli", "indicator")) or f"number {number}"), fields


def _first(fields: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """The first of these that is given and no table itself."""
    given = (fields[key] for key in keys if fields.get(key) not in (None, ""))
    return next((value for value in given if not isinstance(value, dict)), None)


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value.strip()) is not None)


def _is_window(value: Any) -> bool:
    text = str(value).strip() if value is not None else ""
    return _SPAN.fullmatch(text) is not None or text.lower() in _CALENDAR
