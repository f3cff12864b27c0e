"""What a monitoring plug-in says: its status by exit code, its first line, its performance data.

https://www.monitoring-plugins.org/doc/guidelines.html: `TEXT | 'label'=value[UOM];[warn];[crit];[min];[max] …`, on the
first line, and after a `|` in the long text also on all that follow. Add a unit as a row of `_UNITS`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from golive.core.model import Outcome
from golive.core.units import canonical

STATUS = {0: Outcome.PASSED, 1: Outcome.WARNING, 2: Outcome.FAILED, 3: Outcome.UNKNOWN}
WORDS = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}
_UNITS = {
    "": "", "c": "", "%": "%", "s": "s", "ms": "ms", "us": "us", "µs": "us", "ns": "ns",
    "b": "B", "kb": "KB", "mb": "MB", "gb": "GB", "tb": "TB", "kib": "KiB", "mib": "MiB", "gib": "GiB", "tib": "TiB",
}  # fmt: skip
"""Unit as plug-ins write it, lower case → as `core.units` reads it."""
_NUMBER = r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
_ITEM = re.compile(
    rf"\s*(?:'((?:[^']|'')*)'|([^\s'=][^\s=]*))=({_NUMBER}|U)([A-Za-zµ%/]*)((?:;[^;\s]*){{0,4}};?)(?=\s|$)"
)
_PLAIN = re.compile(_NUMBER)
_SIGNS = re.compile(r"[^A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Value:
    """One performance value in its canonical unit. warn/crit: the plug-in's own thresholds as it writes them."""

    label: str
    value: float
    unit: str
    warn: str = ""
    crit: str = ""
    factor: float = 1.0

    @property
    def name(self) -> str:
        """The label as a criterion can write it: `/var log` becomes `_/var_log`."""
        name = _SIGNS.sub("_", self.label)[:100]
        return name if re.match(r"[A-Za-z_]", name) else f"_{name}"

    def limit(self, text: str) -> float | str:
        """A threshold in the value's canonical unit; a range (`10:20`) stays a text."""
        match = _PLAIN.fullmatch(text)
        return _number(match[0]) * self.factor if match else text


@dataclass(frozen=True)
class Output:
    """first: the first line, without its performance data.   long: the lines after it.   unread: what is no value."""

    first: str
    long: tuple[str, ...]
    values: tuple[Value, ...]
    unread: tuple[str, ...] = ()


def read_output(text: str) -> Output:
    """What a plug-in wrote to stdout."""
    lines = text.strip().splitlines()
    if not lines:
        return Output("", (), ())
    first, _, data = lines[0].partition("|")
    long: list[str] = []
    for at, line in enumerate(lines[1:], 1):
        said, bar, more = line.partition("|")
        long.append(said.strip())
        if bar:
            data = " ".join([data, more, *lines[at + 1 :]])
            break
    values, unread = _values(data)
    return Output(first.strip(), tuple(line for line in long if line), values, unread)


def _values(data: str) -> tuple[tuple[Value, ...], tuple[str, ...]]:
    found: list[Value] = []
    unread: list[str] = []
    at, end = 0, len(data.rstrip())
    while at < end:
        item = _ITEM.match(data, at)
        value = _value(item) if item else None
        if item is None:
            word = re.compile(r"\s*(\S+)").match(data, at)
            if word is None:
                break
            unread.append(word[1][:80])
            at = word.end()
            continue
        at = item.end()
        if value is not None:
            found.append(value)
        elif item[3] != "U":  # `U` is how a plug-in says that it could not tell this one
            unread.append(item[0].strip()[:80])
    return tuple(found), tuple(unread)


def _value(item: re.Match[str]) -> Value | None:
    unit = _UNITS.get(item[4].lower())
    if unit is None or item[3] == "U":
        return None
    number = _number(item[3])
    if not math.isfinite(number):
        return None
    value, name = canonical(repr(number), unit)
    factor = canonical("1", unit)[0]
    warn, crit = [*item[5].split(";"), "", "", ""][1:3]
    label = item[1].replace("''", "'") if item[1] is not None else item[2]
    return Value(label, value, name, warn, crit, factor)


def _number(text: str) -> float:
    return float(text.replace(",", "."))
