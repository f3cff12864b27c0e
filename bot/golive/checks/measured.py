"""Measures whose units only the options of a check say: a number out of a query is seconds, bytes or a share.

`PerOptions` is what such a kind has as `measures`; `AmountUnit` is the option that says the unit. Add no kind here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from golive.core.criteria import parse
from golive.core.units import canonical, multiplied, scale

RATIO = "ratio"
"""A share as a fraction, 0.999; shown and held in percent."""


class PerOptions(dict[str, str]):
    """Measures as `ports.Kind` has them: these for the kind itself, and what `chosen` gives for one check of it."""

    def __init__(self, every: Mapping[str, str], chosen: Callable[[Any], Mapping[str, str]]) -> None:
        super().__init__(every)
        self._chosen = chosen

    def __get__(self, check: object | None, kind: type[Any]) -> Mapping[str, str]:
        """Python asks this when the attribute is read, of the class or of one check."""
        return self if check is None else self._chosen(check)


def checked_unit(text: str) -> str:
    """The unit itself. Raises ValueError that names the nearest unit for one that is not known."""
    if text != RATIO:
        scale(text)
    return text


AmountUnit = Annotated[
    str,
    AfterValidator(checked_unit),
    WithJsonSchema({"type": "string", "examples": ["s", "ms", "B", "%", RATIO, "/s"]}),
]


def canonical_unit(unit: str) -> str:
    """The unit that the measure is kept in."""
    return "%" if unit == RATIO else scale(unit)[0]


def in_unit(value: float, unit: str) -> float:
    """A finite number in `unit`, in the canonical one."""
    if unit == RATIO:
        return multiplied(value, "100")
    return canonical(repr(value), unit)[0]


def criteria_text(given: Any) -> str:
    """A criterion in its canonical text. Raises ValueError for what is none, and for one that needs a baseline."""
    found = parse(given)
    if found.relative:
        raise ValueError("this criterion needs a baseline, which `pass:` has and this option has not; write the limit")
    return found.text
