"""Criteria: what a measured value must be, in the notations that users of Keptn, k6, Nagios and Argo know. Pure.

    <=200ms   >=99.9%   = ok   95..100   @10:20   p(95)<200   rate<0.01   <=+10%   =~ ^v2\\.   >=95% and <=100%

Read with `parse` when the policy is read; every mistake is a ValueError with a sentence. `judge` knows three answers:
holds, does not, and could not tell. Add a notation as a branch of `_Reader.test` and a class with `judge`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from golive.core.intervals import Intervals, above, below
from golive.core.model import Measure
from golive.core.patterns import checked_pattern, found
from golive.core.units import NUMBER, UNIT, amount, canonical, quantity, shortest

__all__ = ["Criteria", "Intervals", "Judgement", "amount", "parse", "quantity"]

LONGEST = 1000
"""Characters of one criterion."""
DEEPEST = 40
"""Levels of parentheses."""

_DIMENSIONS = {"s": "a duration", "B": "a size", "%": "a percentage", "1/s": "a rate", "": "a plain number"}
_IN_MS = frozenset({"avg", "mean", "min", "max", "med", "median"})
"""Names after which k6 means milliseconds where no unit is written."""
_NAME = re.compile(r"p\(\s*(\d+(?:\.\d+)?)\s*\)|[A-Za-z_][A-Za-z0-9_./-]*(?:\[\w+\])?")
_COMPARE = re.compile(r"<=|>=|==|!=|=~|!~|<|>|=")
_VALUE = re.compile(rf"({NUMBER})(?:\s*({UNIT}))?")
_RANGE = re.compile(rf"({NUMBER})(?:\s*({UNIT}))?\s*\.\.\s*({NUMBER})(?:\s*({UNIT}))?")
_NAGIOS = re.compile(rf"(@?)(~|{NUMBER})?:({NUMBER})?(?:\s*({UNIT}))?")
_NEGATIVE = re.compile(rf"\(\s*(-{NUMBER.removeprefix('[+-]?')})\s*({UNIT})?\s*\)")
_TEXT = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s()&|]+)")
_AND, _OR = re.compile(r"&&|and\b", re.IGNORECASE), re.compile(r"\|\||or\b", re.IGNORECASE)
_OPS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """holds: None = could not tell.   why: one sentence: what is so and what it should be, or what is lacking."""

    holds: bool | None
    why: str


Baseline = Mapping[str, float]


@dataclass(frozen=True)
class Limit:
    """`name op value`. relative: the value is added to the baseline, as a share of it where `share`."""

    name: str
    op: str
    value: float
    unit: str
    text: str
    relative: bool = False
    share: bool = False
    milliseconds: bool = False

    def target(self, measure: Measure, baseline: Baseline) -> float | None:
        """What the measure is compared with, in its own unit."""
        if not self.relative:
            return self._in(measure.unit)
        base = baseline.get(measure.name)
        if base is None:
            return None
        # in decimal steps, as people count: 10 % over 50 is 55 and not 55.00000000000001
        return round(base * (1 + self.value / 100), 12) if self.share else round(base + self.value, 12)

    def _in(self, unit: str) -> float:
        if unit == "%" and self.unit == "" and self.name == "rate":
            return self.value * 100
        return round(self.value / 1000, 15) if unit == "s" and self.unit == "" and self.milliseconds else self.value

    def fits(self, unit: str) -> bool:
        """Whether a measure of this unit can be compared with it."""
        if self.relative and self.share:
            return True
        if self.unit == unit:
            return True
        if self.unit:
            return False
        return (unit == "s" and self.milliseconds) or (unit == "%" and self.name == "rate")

    def judge(self, measures: Measures, baseline: Baseline) -> Judgement:
        measure = measures.of(self.name)
        if measure is None:
            return measures.missing(self.name)
        shown = f"{measure.name} is {amount(measure.value, measure.unit)}"
        if isinstance(measure.value, bool | str):
            return Judgement(None, f"{shown}, which is no number to hold against {self.text}")
        if not self.fits(measure.unit):
            asked, got = _DIMENSIONS[self.unit], _DIMENSIONS.get(measure.unit, measure.unit)
            return Judgement(None, f"{shown}, {got}, and {self.text} asks about {asked}; write the unit")
        target = self.target(measure, baseline)
        if target is None:
            return Judgement(None, f"{measure.name} has no baseline to hold {self.text} against; record one first")
        if math.isnan(measure.value):
            return Judgement(None, f"{measure.name} is not a number (NaN)")
        held = _OPS[self.op](measure.value, target)
        against = f" (baseline {amount(baseline[measure.name], measure.unit)})" if self.relative else ""
        return Judgement(held, shown if held else f"{shown}, not {self.text}{against}")

    def intervals(self, name: str, unit: str, primary: bool) -> Intervals | None:
        if self.relative or not (self.name == name or (not self.name and primary)):
            return None
        if not self.fits(unit):
            return None
        at = self._in(unit)
        return {
            "<": below(at, closed=False), "<=": below(at, closed=True), ">": above(at, closed=False),
            ">=": above(at, closed=True), "=": Intervals.between(at, at),
            "!=": Intervals.between(at, at).complement(),
        }[self.op]  # fmt: skip

    def names(self) -> Iterable[tuple[str, Limit]]:
        yield self.name, self


@dataclass(frozen=True)
class Says:
    """`name op text`: equality or a regular expression, on texts and on numbers as people write them."""

    name: str
    op: str
    wanted: str
    text: str
    relative: bool = False

    def judge(self, measures: Measures, baseline: Baseline) -> Judgement:
        measure = measures.of(self.name)
        if measure is None:
            return measures.missing(self.name)
        value = measure.value
        said = shortest(value) if isinstance(value, float) and math.isfinite(value) else amount(value, "")
        held = found(self.wanted, said) if self.op in ("=~", "!~") else said == self.wanted
        held = held != self.op.startswith("!")
        shown = f"{measure.name} is {said if len(said) <= 80 else said[:79] + '…'}"
        return Judgement(held, shown if held else f"{shown}, not {self.text}")

    def intervals(self, name: str, unit: str, primary: bool) -> Intervals | None:
        return None

    def names(self) -> Iterable[tuple[str, Limit]]:
        yield self.name, Limit(self.name, "=", 0.0, "", self.text, relative=True, share=True)


@dataclass(frozen=True)
class Both:
    """All parts (`every`), or at least one of them."""

    every: bool
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """With parentheses only where they change the meaning."""
        texts = [
            f"({part.text})" if isinstance(part, Both) and part.every != self.every else part.text
            for part in self.parts
        ]
        return (" and " if self.every else " or ").join(texts)

    @property
    def relative(self) -> bool:
        return any(part.relative for part in self.parts)

    def judge(self, measures: Measures, baseline: Baseline) -> Judgement:
        came = [part.judge(measures, baseline) for part in self.parts]
        decides = not self.every
        if settled := [one for one in came if one.holds is decides]:
            return Judgement(decides, "; ".join(one.why for one in settled))
        if unknown := [one for one in came if one.holds is None]:
            return Judgement(None, "; ".join(one.why for one in unknown))
        return Judgement(not decides, "; ".join(one.why for one in came))

    def intervals(self, name: str, unit: str, primary: bool) -> Intervals | None:
        held: Intervals | None = None
        for part in self.parts:
            one = part.intervals(name, unit, primary)
            if one is None:
                return None
            held = one if held is None else held.intersection(one) if self.every else held.union(one)
        return held

    def names(self) -> Iterable[tuple[str, Limit]]:
        for part in self.parts:
            yield from part.names()


Part = Limit | Says | Both


@dataclass(frozen=True)
class Measures:
    """The measured values by name; the first one is what a criterion without a name means."""

    values: Sequence[Measure]

    def of(self, name: str) -> Measure | None:
        if not name:
            return self.values[0] if self.values else None
        return next((one for one in self.values if one.name == name), None)

    def missing(self, name: str) -> Judgement:
        have = ", ".join(one.name for one in self.values[:8]) or "nothing"
        return Judgement(None, f"{name or 'a value'} was not measured; measured were: {have}")


@dataclass(frozen=True)
class Criteria:
    """A whole criterion. text: canonical; `parse(text)` gives an equal one."""

    part: Part

    @property
    def text(self) -> str:
        """As it can be written, without what is redundant."""
        return self.part.text

    @property
    def relative(self) -> bool:
        """Whether a baseline is needed."""
        return self.part.relative

    def judge(self, measures: Sequence[Measure], baseline: Baseline | None = None) -> Judgement:
        """Hold values against it. baseline: measure → recorded value in its canonical unit."""
        return self.part.judge(Measures(measures), baseline or {})

    def problems(self, measures: Mapping[str, str]) -> tuple[str, ...]:
        """What can be said against it before anything is measured; see `ports.Kind.measures`."""
        primary = next(iter(measures), "")
        told = []
        for name, limit in self.part.names():
            known = name or primary
            if known not in measures or known == "*":
                if "*" not in measures:
                    told.append(_no_such(name, measures))
                continue
            if not limit.fits(measures[known]):
                told.append(_other_unit(limit, known, measures[known]))
        return tuple(dict.fromkeys(told))

    def intervals(self, name: str, unit: str) -> Intervals | None:
        """The values of this measure that satisfy it; None where that cannot be said. A bare criterion means any name."""
        return self.part.intervals(name, unit, primary=True)


def _no_such(name: str, measures: Mapping[str, str]) -> str:
    known = [one for one in measures if one != "*"]
    if not known:
        return "this kind measures nothing that a criterion could be about"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"it measures: {', '.join(known)}"
    return f"this kind does not measure `{name}`; {hint}"


def _other_unit(limit: Limit, name: str, unit: str) -> str:
    dimension = _DIMENSIONS.get(unit, unit)
    if limit.unit:
        return f"`{limit.text}` asks about {_DIMENSIONS[limit.unit]}, and {name} is {dimension}"
    example = {"s": "<=200ms", "B": "<=2MB", "%": ">=99.9%", "1/s": ">=50/s"}.get(unit, "a unit")
    return f"`{limit.text}` has no unit, and {name} is {dimension}; write for example `{example}`"


def parse(given: object) -> Criteria:
    """A text, a list of texts (all must hold), or Keptn's list of `{criteria: [...]}` (one of those lists must hold).

    Raises ValueError with a sentence for anything else, and for what asserts nothing.
    """
    return Criteria(_part(given))


def _part(given: object) -> Part:
    if isinstance(given, str):
        return _Reader(given).whole()
    if isinstance(given, bool) or isinstance(given, int | float):
        raise ValueError(f"`{given}` alone is not clear: write `<={given}`, `>={given}` or `={given}`")
    if not isinstance(given, list | tuple):
        raise ValueError("expected a criterion such as `<=200ms`, or a list of them")
    if not given:
        raise ValueError("an empty list asserts nothing; write for example `<=200ms`")
    if any(isinstance(one, dict) for one in given):
        return _joined(False, [_keptn(one) for one in given])
    return _joined(True, [_part(one) for one in given])


def _keptn(given: object) -> Part:
    if not isinstance(given, dict) or set(given) != {"criteria"}:
        raise ValueError("expected `criteria:` with a list in every entry")
    if not isinstance(given["criteria"], list | tuple) or not given["criteria"]:
        raise ValueError("an empty list of criteria asserts nothing; write for example `<=200ms`")
    return _joined(True, [_part(one) for one in given["criteria"]])


def _joined(every: bool, parts: Sequence[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    flat: list[Part] = []
    for part in parts:
        flat += part.parts if isinstance(part, Both) and part.every == every else (part,)
    return Both(every, tuple(flat))


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise ValueError(f"a criterion has at most {LONGEST} characters")
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> Part:
        if not self._text.strip():
            raise ValueError("an empty criterion asserts nothing; write for example `<=200ms`")
        part = self._either()
        self._space()
        if self._at < len(self._text):
            raise self._unclear()
        return part

    def _either(self) -> Part:
        parts = [self._all()]
        while self._next(_OR):
            parts.append(self._all())
        return _joined(False, parts)

    def _all(self) -> Part:
        parts = [self._one()]
        while self._next(_AND):
            parts.append(self._one())
        return _joined(True, parts)

    def _one(self) -> Part:
        self._space()
        if self._text.startswith("(", self._at):
            self._at += 1
            self._depth += 1
            if self._depth > DEEPEST:
                raise ValueError("the criterion is nested too deeply")
            part = self._either()
            self._space()
            if not self._text.startswith(")", self._at):
                raise ValueError(f"a closing parenthesis is missing in `{self._shown()}`")
            self._at += 1
            self._depth -= 1
            return part
        return self._test()

    def _test(self) -> Part:
        if plain := self._span(""):
            return plain
        start = self._at
        name = ""
        if found_name := self._next(_NAME):
            name = f"p{shortest(float(found_name[1]))}" if found_name[1] else found_name[0]
            self._space()
            if name and (plain := self._span(name)):
                return plain
        op = self._next(_COMPARE)
        if op is None:
            self._at = start
            raise self._unclear()
        return self._compared(name, "=" if op[0] == "==" else op[0])

    def _span(self, name: str) -> Part | None:
        """`95..100`, `10:20`, `@10:20`, `~:10`, `10:`."""
        if ends := self._next(_RANGE):
            units = ends[2] or ends[4] or "", ends[4] or ends[2] or ""
            low, high = canonical(ends[1], units[0]), canonical(ends[3], units[1])
            if low[1] != high[1]:
                raise ValueError(f"`{ends[0]}` has two units of different kinds")
            if low[0] > high[0]:
                raise ValueError(f"`{ends[0]}` ends before it begins")
            return self._between(name, low[0], high[0], low[1], (ends[1] + units[0], ends[3] + units[1]))
        if found_range := self._peek(_NAGIOS):
            inverted, low_text, high_text, unit = found_range.groups(default="")
            if not low_text and not high_text:
                return None
            self._at = found_range.end()
            lowest = None if low_text == "~" else (low_text or "0") + unit
            highest = high_text + unit if high_text else None
            if lowest is None and highest is None:
                raise ValueError(f"`{found_range[0]}` asserts nothing: it begins and ends nowhere")
            return self._nagios(name, lowest, highest, bool(inverted))
        return None

    def _between(self, name: str, low: float, high: float, unit: str, texts: tuple[str, str]) -> Part:
        return Both(True, (
            self._limit(name, ">=", low, unit, texts[0]), self._limit(name, "<=", high, unit, texts[1]),
        ))  # fmt: skip

    def _nagios(self, name: str, lowest: str | None, highest: str | None, inverted: bool) -> Part:
        """Nagios' ranges say what is well: inside, both ends counted; with `@`, outside."""
        parts: list[Part] = []
        for text, inside, outside in ((lowest, ">=", "<"), (highest, "<=", ">")):
            if text is not None:
                value, unit = quantity(text)
                parts.append(self._limit(name, outside if inverted else inside, value, unit, text))
        if lowest is not None and highest is not None and quantity(lowest)[0] > quantity(highest)[0]:
            raise ValueError(f"`{lowest}:{highest}` ends before it begins")
        return _joined(not inverted, parts)

    def _compared(self, name: str, op: str) -> Part:
        self._space()
        if op in ("=~", "!~"):
            pattern = self._text[self._at :].strip()
            self._at = len(self._text)
            return Says(name, op, checked_pattern(pattern), f"{_named(name)}{op} {pattern}")
        if negative := self._next(_NEGATIVE):
            value, unit = canonical(negative[1], negative[2] or "")
            return self._limit(name, op, value, unit, f"({negative[1]}{negative[2] or ''})")
        number = self._peek(_VALUE)
        if number and (number.end() == len(self._text) or self._text[number.end()] in " )&|\t"):
            self._at = number.end()
            written_unit = number[2] or ""
            value, unit = canonical(number[1], written_unit)
            written = number[1] + written_unit
            if number[1][0] in "+-":
                return self._limit(name, op, value, unit, written, relative=True, share=unit == "%")
            return self._limit(name, op, value, unit, written)
        if number and op in ("<", "<=", ">", ">="):
            quantity(self._text[number.start() : number.end() + 12].split()[0])
            raise self._unclear()
        return self._said(name, op)

    def _said(self, name: str, op: str) -> Part:
        told = self._peek(_TEXT) if op in ("=", "!=") else None
        if told is None or not told[0].strip("\"'"):
            raise ValueError(
                f"`{self._shown()}` has no number to hold a value against; write for example `{_named(name)}{op}200ms`"
            )
        self._at = told.end()
        wanted = next(group for group in told.groups() if group is not None)
        quoted = wanted if re.fullmatch(r"[A-Za-z_][\w.-]*", wanted) else f'"{wanted}"' if '"' not in wanted else f"'{wanted}'"
        return Says(name, op, wanted, f"{_named(name)}{op} {quoted}")

    def _limit(
        self, name: str, op: str, value: float, unit: str, written: str, relative: bool = False, share: bool = False
    ) -> Limit:
        if not math.isfinite(value):
            raise ValueError(f"`{written}` is too large")
        in_ms = unit == "" and (name.casefold() in _IN_MS or re.fullmatch(r"p\d+(\.\d+)?", name) is not None)
        return Limit(name, op, value, unit, f"{_named(name)}{op}{written}", relative, share, in_ms)

    def _unclear(self) -> ValueError:
        rest = self._text[self._at :].strip()
        if re.fullmatch(NUMBER, rest):
            return ValueError(f"`{rest}` alone is not clear: write `<={rest}`, `>={rest}` or `={rest}`")
        if not re.search(r"\d|[<>=~!]", self._text):
            return ValueError(
                f"`{self._shown()}` has no number to hold a value against; write what must be measured, like `<=200ms`"
            )
        return ValueError(f"`{rest[:40]}` in `{self._shown()}` is no criterion; write for example `<=200ms`, `p95<=200ms`, `95..100`")

    def _shown(self) -> str:
        text = " ".join(self._text.split())
        return text if len(text) <= 60 else text[:59] + "…"

    def _space(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _peek(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self._space()
        return pattern.match(self._text, self._at)

    def _next(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = self._peek(pattern)
        if match:
            self._at = match.end()
        return match


def _named(name: str) -> str:
    percentile = re.fullmatch(r"p(\d+(?:\.\d+)?)", name)
    return f"p({percentile[1]})" if percentile else f"{name} " if name else ""
