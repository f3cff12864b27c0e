"""Units of measured values: read from text, brought to the canonical one, and shown to people. Add a unit as a row.

Canonical: "s" seconds, "B" bytes, "%" percent, "1/s" per second, "" a plain number or count.
"""

from __future__ import annotations

import difflib
import re
from decimal import Decimal

_EXACT: dict[str, tuple[str, str]] = {
    "": ("", "1"), "%": ("%", "1"),
    "ns": ("s", "1e-9"), "us": ("s", "1e-6"), "µs": ("s", "1e-6"), "μs": ("s", "1e-6"), "ms": ("s", "1e-3"),
    "s": ("s", "1"), "sec": ("s", "1"), "m": ("s", "60"), "min": ("s", "60"), "h": ("s", "3600"), "d": ("s", "86400"),
    "B": ("B", "1"), "kB": ("B", "1e3"), "KB": ("B", "1e3"), "MB": ("B", "1e6"), "GB": ("B", "1e9"),
    "TB": ("B", "1e12"), "KiB": ("B", "1024"), "MiB": ("B", "1048576"), "GiB": ("B", "1073741824"),
    "TiB": ("B", "1099511627776"),
    "/s": ("1/s", "1"), "1/s": ("1/s", "1"), "rps": ("1/s", "1"), "req/s": ("1/s", "1"), "requests/s": ("1/s", "1"),
    "tps": ("1/s", "1"),
}  # fmt: skip
"""Unit as people write it → canonical unit and factor. Case matters: `m` is a minute and `MB` a megabyte."""
_PER = {"min": Decimal(60), "m": Decimal(60), "h": Decimal(3600), "hour": Decimal(3600), "d": Decimal(86400)}
"""`/min` and the like: divided by this many seconds."""

NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
UNIT = r"(?:%|(?:1|(?!(?:and|or)\b)[A-Za-zµμ]+)?/(?:s|min|m|hour|h|d)\b|(?!(?:and|or)\b)[A-Za-zµμ]+)"
_QUANTITY = re.compile(rf"({NUMBER})(?:\s*({UNIT}))?")
_STEPS = {
    "s": ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "B": ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}


def scale(unit: str) -> tuple[str, Decimal, Decimal]:
    """(canonical unit, multiply by, divide by). Raises ValueError with the nearest unit for one that is not known."""
    if unit in _EXACT:
        canonical, factor = _EXACT[unit]
        return canonical, Decimal(factor), Decimal(1)
    per = re.fullmatch(r"(?:1|req|requests|tasks|jobs|events|messages)?/(\w+)", unit)
    if per and per[1] in _PER:
        return "1/s", Decimal(1), _PER[per[1]]
    if per and per[1] == "s":
        return "1/s", Decimal(1), Decimal(1)
    known = [*(name for name in _EXACT if name), "/min", "/h"]
    near = difflib.get_close_matches(unit, known, n=1, cutoff=0.3)
    hint = f"did you mean `{near[0]}`?" if near else "use for example ms, s, min, h, MB, %, /s or /min"
    raise ValueError(f"`{unit}` is not a unit golive knows; {hint}")


def canonical(number: str, unit: str) -> tuple[float, str]:
    """A number as written, in canonical units. Decimal inside, so that 200 ms and 0.2 s are the same float."""
    name, times, over = scale(unit)
    return float(Decimal(number) * times / over), name


def quantity(text: str) -> tuple[float, str]:
    """`200ms` → (0.2, "s"). Raises ValueError with a sentence for anything else."""
    found = _QUANTITY.fullmatch(text.strip()) if len(text) <= 100 else None
    if found is None:
        raise ValueError(f"expected a number with its unit, like 200ms, 99.9% or 50/s, got {text[:40]!r}")
    return canonical(found[1], found[2] or "")


def amount(value: float | str | bool, unit: str) -> str:
    """A value as people read it: `260 ms`, `3.2 %`, `2.1 MB`, `14.1/s`."""
    if isinstance(value, bool) or isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else value
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if unit == "1/s":
        return f"{shortest(value)}/s"
    if unit not in _STEPS:
        return f"{shortest(value)} {unit}".rstrip()
    size, name = next(((s, n) for s, n in _STEPS[unit] if abs(value) >= s), _STEPS[unit][-1])
    if unit == "s" and value == 0:
        return "0 s"
    return f"{shortest(value / size)} {name}"


def shortest(value: float) -> str:
    """Four significant digits at most, whole numbers whole."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.4g}"
    return f"{value:.0f}" if "e" in text and abs(value) >= 1 else text
