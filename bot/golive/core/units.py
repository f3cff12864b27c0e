"""Units of measured values: read from text, brought to the canonical one, and shown to people. Add a unit as a row.

Canonical: "s" seconds, "B" bytes, "%" percent, "1/s" per second, "" a plain number or count.
"""

from __future__ import annotations

import difflib
import math
import re
from decimal import Decimal

_EXACT: dict[str, tuple[str, str]] = {
    "": ("", "1"), "%": ("%", "1"),
    "ns": ("s", "1e-9"), "us": ("s", "1e-6"), "µs": ("s", "1e-6"), "μs": ("s", "1e-6"), "ms": ("s", "1e-3"),
    "s": ("s", "1"), "sec": ("s", "1"), "m": ("s", "60"), "min": ("s", "60"), "h": ("s", "3600"), "d": ("s", "86400"),
    "B": ("B", "1"), "kB": ("B", "1e3"), "KB": ("B", "1e3"), "MB": ("B", "1e6"), "GB": ("B", "1e9"),
    "TB": ("B", "1e12"), "KiB": ("B", "1024"), "MiB": ("B", "1048576"), "GiB": ("B", "1073741824"),
    "TiB": ("B", "1099511627776"),
    "/s": ("1/s", "1"), "rps": ("1/s", "1"), "req/s": ("1/s", "1"), "requests/s": ("1/s", "1"), "tps": ("1/s", "1"),
}  # fmt: skip
"""Unit as people write it → canonical unit and factor."""
_FOLDED = {name.casefold(): name for name in _EXACT if name}
_PER = {
    "s": Decimal(1), "sec": Decimal(1), "second": Decimal(1), "m": Decimal(60), "min": Decimal(60),
    "minute": Decimal(60), "h": Decimal(3600), "hour": Decimal(3600), "d": Decimal(86400), "day": Decimal(86400),
}  # fmt: skip
"""`/min` and the like: divided by this many seconds."""

NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
UNIT = r"(?:%|(?!(?i:and|or)\b)(?:(?:1|[A-Za-zµμ]+)?/[A-Za-z]+|[A-Za-zµμ]+))"
_QUANTITY = re.compile(rf"({NUMBER})(?:\s*({UNIT}))?")
_STEPS = {
    "s": ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "B": ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}


def scale(unit: str) -> tuple[str, Decimal, Decimal]:
    """(canonical unit, multiply by, divide by). Raises ValueError with the nearest unit for one that is not known."""
    name = unit if unit in _EXACT else _in_another_case(unit)
    if name is not None:
        canonical, factor = _EXACT[name]
        return canonical, Decimal(factor), Decimal(1)
    per = re.fullmatch(r"(?:1|req|requests|tasks|jobs|events|messages)?/(\w+)", unit)
    if per and per[1] in _PER:
        return "1/s", Decimal(1), _PER[per[1]]
    known = {**_FOLDED, "/min": "/min", "/h": "/h"}
    near = difflib.get_close_matches(unit.casefold(), known, n=1, cutoff=0.4)
    hint = f"did you mean `{known[near[0]]}`?" if near else "use for example ms, s, min, h, MB, %, /s or /min"
    raise ValueError(f"`{unit[:40]}` is not a unit golive knows; {hint}")


def _in_another_case(unit: str) -> str | None:
    """The unit that differs in case alone. Case matters for `m` and `M`, and for bytes, which `b` (bits) are not."""
    name = _FOLDED.get(unit.casefold())
    if name is None or unit == "M" or (_EXACT[name][0] == "B" and not unit.endswith("B")):
        return None
    return name


def canonical(number: str, unit: str) -> tuple[float, str]:
    """A number as written, in canonical units. Decimal inside, so that 200 ms and 0.2 s are the same float.

    Raises ValueError for a unit that is not known and for what no float can hold.
    """
    name, times, over = scale(unit)
    try:
        value = float(Decimal(number) * times / over)
    except ArithmeticError:
        value = math.inf
    if math.isinf(value):
        raise ValueError(f"`{number[:20]}{'…' if len(number) > 20 else ''}{unit}` is too large a number")
    return value, name


def quantity(text: str) -> tuple[float, str]:
    """`200ms` → (0.2, "s"). Raises ValueError with a sentence for anything else."""
    found = _QUANTITY.fullmatch(text.strip()) if len(text) <= 100 else None
    if found is None:
        raise ValueError(f"expected a number with its unit, like 200ms, 99.9% or 50/s, got {text[:40]!r}")
    return canonical(found[1], found[2] or "")


def amount(value: float | str | bool, unit: str, digits: int = 4) -> str:
    """A value as people read it: `260 ms`, `3.2 %`, `2.1 MB`, `14.1/s`. digits: how many count."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    value = as_float(value)
    if not math.isfinite(value):
        return str(value)
    if unit == "1/s":
        return f"{shortest(value, digits)}/s"
    if unit not in _STEPS:
        return f"{shortest(value, digits)} {unit}".rstrip()
    size, name = next(((s, n) for s, n in _STEPS[unit] if abs(value) >= s), _STEPS[unit][-1])
    if unit == "s" and value == 0:
        return "0 s"
    return f"{shortest(value / size, digits)} {name}"


def shortest(value: float, digits: int = 4) -> str:
    """A finite number with so many significant digits at most, whole numbers whole."""
    if abs(value) >= 1e15:
        return f"{value:.{digits}g}"
    if value == int(value):
        return str(int(value))
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e" in text and abs(value) >= 1 else text


def exactly(value: float) -> str:
    """The shortest text that reads back as the same number, whole numbers whole."""
    value = as_float(value)
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)


def as_float(value: float) -> float:
    """The number as a float; an integer larger than any float is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def multiplied(value: float, factor: str) -> float:
    """A product counted in decimal steps, as people count: 0.07 times 100 is 7."""
    return float(Decimal(repr(value)) * Decimal(factor))


def changed(base: float, by: float, *, share: bool) -> float:
    """`base` and so much more, or so many percent of it more, in decimal steps: 10 % over 50 are 55."""
    start, step = Decimal(repr(float(base))), Decimal(repr(by))
    return float(start + (abs(start) * step / 100 if share else step))
