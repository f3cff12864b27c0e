"""Criteria: what a measured value must be, in the notations that users of Keptn, k6, Nagios and Argo know. Pure.

    <=200ms   >=99.9%   = ok   95..100   @10:20   p(95)<200   rate<0.01   <=+10%   =~ ^v2\\.   >=95% and <=100%

Read with `parse` when the policy is read; every mistake is a ValueError with a sentence. `judge` knows three answers:
holds, does not, and could not tell. A sign after an operator makes it relative to the baseline of the same measure
(`<=+10%` of it, `>=-50ms` from it); a negative number is written `<=(-5)`, and needs no parentheses in a range
(`-5..5`). A regular expression runs to the end of its string. Add a notation as a branch of `_Reader._test`, and
where it judges anew a class beside `Limit`; the property tests hold it against `text` and `intervals`.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from golive.core.intervals import Intervals, above, below
from golive.core.model import Measure
from golive.core.patterns import checked_pattern, found
from golive.core.units import NUMBER, UNIT, amount, as_float, canonical, changed, exactly, multiplied, quantity

__all__ = ["Criteria", "Intervals", "Judgement", "amount", "parse", "quantity"]

LONGEST = 1000
"""Characters of one criterion."""
DEEPEST = 40
"""Levels of parentheses."""
MOST = 500
"""Comparisons of one value of the policy, in all of its strings."""

_DIMENSIONS = {"s": "a duration", "B": "a size", "%": "a percentage", "1/s": "a rate", "": "a plain number"}
_EXAMPLES = {"s": "ms", "B": "MB", "%": "%", "1/s": "/s"}
_IN_MS = frozenset({"avg", "mean", "min", "max", "med", "median"})
"""Names after which k6 means milliseconds where no unit is written."""
_NAME = re.compile(r"p\(\s*(\d+(?:\.\d+)?)\s*\)|[A-Za-z_][A-Za-z0-9_./-]*(?:\[\w+\])?")
_PERCENTILE = re.compile(r"p(\d+(?:\.\d+)?)")
_COMPARE = re.compile(r"<=|>=|==|!=|=~|!~|<|>|=")
_VALUE = re.compile(rf"({NUMBER})(?:\s*({UNIT}))?")
_RANGE = re.compile(rf"({NUMBER})(?:\s*({UNIT}))?\s*\.\.(?!\.)\s*({NUMBER})(?:\s*({UNIT}))?")
_NAGIOS = re.compile(rf"(@?)(?:(~)|({NUMBER})({UNIT})?)?:(?:({NUMBER})(?:\s*({UNIT}))?)?")
_NEGATIVE = re.compile(rf"\(\s*(-{NUMBER.removeprefix('[+-]?')})\s*({UNIT})?\s*\)")
_PLAIN = re.compile(NUMBER)
_TEXT = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s()&|\"']+)")
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
    """`name op value`. relative: the value is added to the baseline, as a share of it where `share`.

    milliseconds: a number without a unit that means them where the measure is a duration, as in k6. `rate` without a
    unit is k6's share of one, so `rate<0.01` is 1 %; a number beyond 1 is no share, and `rate<5` is not guessed at.
    """

    name: str
    op: str
    value: float
    unit: str
    text: str
    relative: bool = False
    share: bool = False
    milliseconds: bool = False

    def target(self, measure: Measure, baseline: Baseline) -> float | None:
        """What the measure is compared with, in its own unit; None without a baseline that is a number."""
        if not self.relative:
            return self._in(measure.unit)
        base = as_float(baseline.get(measure.name, math.nan))
        if not math.isfinite(base):
            return None
        return changed(base, self.value if self.share else self._in(measure.unit), share=self.share)

    def _in(self, unit: str) -> float:
        if self.unit or unit == self.unit:
            return self.value
        return multiplied(self.value, "100" if unit == "%" else "0.001")

    def fits(self, unit: str) -> bool:
        """Whether a measure of this unit can be compared with it."""
        if (self.relative and self.share) or self.unit == unit:
            return True
        is_share = self.name == "rate" and abs(self.value) <= 1
        return not self.unit and ((unit == "s" and self.milliseconds) or (unit == "%" and is_share))

    def misfit(self, name: str, unit: str) -> str:
        """A sentence where a measure of this unit cannot be compared with it, else empty."""
        if self.fits(unit):
            return ""
        dimension = _DIMENSIONS.get(unit, unit)
        if self.unit:
            return f"`{self.text}` asks about {_DIMENSIONS[self.unit]}, and {name} is {dimension}"
        number = multiplied(self.value, "100") if unit == "%" and abs(self.value) <= 1 else self.value
        written = f"{exactly(number)}{_EXAMPLES.get(unit, '')}"
        sign = "+" if self.relative and number >= 0 else ""
        example = f"{_named(self.name)}{self.op}{sign}{written if self.relative else _absolute(written)}"
        return f"`{self.text}` has no unit, and {name} is {dimension}; write a unit: `{example}`"

    def judge(self, measures: Measures, baseline: Baseline) -> Judgement:
        """Hold the measures against it."""
        measure = measures.of(self.name)
        if measure is None:
            return measures.missing(self.name)
        shown = f"{measure.name} is {amount(measure.value, measure.unit)}"
        if isinstance(measure.value, bool | str):
            return Judgement(None, f"{_short(shown)}, which is no number to hold against {self.text}; ask for a number")
        if misfit := self.misfit(measure.name, measure.unit):
            return Judgement(None, misfit)
        target = self.target(measure, baseline)
        if target is None:
            return Judgement(None, f"{measure.name} has no baseline to hold {self.text} against; record one first")
        value = as_float(measure.value)
        if math.isnan(value):
            return Judgement(None, f"{measure.name} is not a number (NaN); look at where it is measured")
        if _OPS[self.op](value, target):
            return Judgement(True, shown)
        against = f" (baseline {amount(baseline[measure.name], measure.unit)})" if self.relative else ""
        return Judgement(False, f"{measure.name} is {_apart(value, target, measure.unit)}, not {self.text}{against}")

    def intervals(self, name: str, unit: str) -> Intervals | None:
        """The values that satisfy it; None where that cannot be said."""
        if self.relative or self.name not in ("", name) or not self.fits(unit):
            return None
        at = self._in(unit)
        return {
            "<": below(at, closed=False), "<=": below(at, closed=True), ">": above(at, closed=False),
            ">=": above(at, closed=True), "=": Intervals.between(at, at),
            "!=": Intervals.between(at, at).complement(),
        }[self.op]  # fmt: skip

    def leaves(self) -> Iterable[Limit | Says]:
        """Its comparisons, one by one."""
        yield self


@dataclass(frozen=True)
class Says:
    """`name op text`: equality on texts, a regular expression also on numbers, as their shortest exact text.

    A number is never equal or unequal to a word: that could not be told. `= "200"` is a number too, where it has no unit.
    """

    name: str
    op: str
    wanted: str
    text: str
    relative: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether it is a regular expression, which runs to the end of its string."""
        return self.op in ("=~", "!~")

    def misfit(self, name: str, unit: str) -> str:
        """A sentence where a word is asked of a number with a unit, which never says it; else empty."""
        if self.is_pattern or not unit:
            return ""
        return f"`{self.text}` asks about a text, and {name} is {_DIMENSIONS.get(unit, unit)}"

    def judge(self, measures: Measures, baseline: Baseline) -> Judgement:
        """Hold the measures against it."""
        measure = measures.of(self.name)
        if measure is None:
            return measures.missing(self.name)
        value = measure.value
        if isinstance(value, float) and math.isnan(value):
            return Judgement(None, f"{measure.name} is not a number (NaN); look at where it is measured")
        if (
            not self.is_pattern
            and not isinstance(value, bool | str)
            and (measure.unit or not _PLAIN.fullmatch(self.wanted))
        ):
            shown = f"{measure.name} is {amount(value, measure.unit)}"
            return Judgement(None, f"{shown}, which is no text to hold `{_short(self.text)}` against; write a number")
        said = amount(value, "") if isinstance(value, bool | str) else exactly(value)
        held = found(self.wanted, said) if self.is_pattern else said == self.wanted
        held = held != self.op.startswith("!")
        shown = _short(f"{measure.name} is {said}")
        return Judgement(held, shown if held else f"{shown}, not {self.text}")

    def intervals(self, name: str, unit: str) -> Intervals | None:
        """The values that satisfy it; None where that cannot be said."""
        return None

    def leaves(self) -> Iterable[Limit | Says]:
        """Its comparisons, one by one."""
        yield self


def _apart(value: float, target: float, unit: str) -> str:
    """A value that missed, with digits enough that it does not read like its limit."""
    pairs = ((amount(value, unit, digits), amount(target, unit, digits)) for digits in (4, 6, 9, 17))
    return next((shown for shown, limit in pairs if shown != limit), amount(value, unit))


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


@dataclass(frozen=True)
class Both:
    """All parts (`every`), or at least one of them."""

    every: bool
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """With parentheses only where they change the meaning."""
        texts = [
            f"({part.text})" if self.every and isinstance(part, Both) and not part.every else part.text
            for part in self.parts
        ]
        return (" and " if self.every else " or ").join(texts)

    @property
    def relative(self) -> bool:
        """Whether any part needs a baseline."""
        return any(part.relative for part in self.parts)

    def judge(self, measures: Measures, baseline: Baseline) -> Judgement:
        """Hold the measures against it."""
        came = [part.judge(measures, baseline) for part in self.parts]
        decides = not self.every
        if settled := [one for one in came if one.holds is decides]:
            return Judgement(decides, "; ".join(one.why for one in settled))
        if unknown := [one for one in came if one.holds is None]:
            return Judgement(None, "; ".join(one.why for one in unknown))
        return Judgement(not decides, "; ".join(one.why for one in came))

    def intervals(self, name: str, unit: str) -> Intervals | None:
        """The values that satisfy it; None where that cannot be said."""
        held: Intervals | None = None
        for part in self.parts:
            one = part.intervals(name, unit)
            if one is None:
                return None
            held = one if held is None else held.intersection(one) if self.every else held.union(one)
        return held

    def leaves(self) -> Iterable[Limit | Says]:
        """Its comparisons, one by one."""
        for part in self.parts:
            yield from part.leaves()


Part = Limit | Says | Both


@dataclass(frozen=True)
class Measures:
    """The measured values by name; the first one is what a criterion without a name means."""

    values: Sequence[Measure]

    def of(self, name: str) -> Measure | None:
        """The measure of that name, the first one for no name; None where it was not measured."""
        if not name:
            return self.values[0] if self.values else None
        return next((one for one in self.values if one.name == name), None)

    def missing(self, name: str) -> Judgement:
        """What is said where it was not measured."""
        have = ", ".join(one.name for one in self.values[:8]) or "nothing"
        return Judgement(None, f"{name or 'a value'} was not measured; name what was: {have}")


@dataclass(frozen=True)
class Criteria:
    """A whole criterion. text: canonical; `parse(text)` gives an equal one."""

    part: Part

    @property
    def text(self) -> str:
        """As it can be written, without what is redundant: one line, or a list as JSON where a line cannot say it."""
        line = self.part.text
        if _on_one_line(self.part) and len(line) <= LONGEST:
            return line
        return json.dumps(_listed(self.part), ensure_ascii=False)

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
        for leaf in self.part.leaves():
            known = leaf.name or primary
            if known in measures and known != "*":
                told.append(leaf.misfit(known, measures[known]))
            elif "*" not in measures:
                told.append(_no_such(leaf.name, measures))
        return tuple(dict.fromkeys(one for one in told if one))

    def intervals(self, name: str, unit: str) -> Intervals | None:
        """The values of this measure that satisfy it; None where that cannot be said.

        A criterion without a name is about the measure asked for. One with and without names is about two measures.
        """
        return self.part.intervals(name, unit) if len({leaf.name for leaf in self.part.leaves()}) == 1 else None


def _on_one_line(part: Part) -> bool:
    """Whether one string can say it: nothing may follow a regular expression, a closing parenthesis neither."""
    if not isinstance(part, Both):
        return True
    *before, last = part.parts
    if any(_has_pattern(one) for one in before):
        return False
    in_parentheses = part.every and isinstance(last, Both)
    return not (in_parentheses and _has_pattern(last)) and _on_one_line(last)


def _has_pattern(part: Part) -> bool:
    return any(isinstance(leaf, Says) and leaf.is_pattern for leaf in part.leaves())


def _listed(part: Part) -> list[str] | list[dict[str, list[str]]]:
    """The same as a list of strings, or of `{criteria: [...]}`; each of them was one string once."""
    if not isinstance(part, Both):
        return [part.text]
    if part.every:
        return [one.text for one in part.parts]
    inner = (one.parts if isinstance(one, Both) else (one,) for one in part.parts)
    return [{"criteria": [one.text for one in parts]} for parts in inner]


def _no_such(name: str, measures: Mapping[str, str]) -> str:
    known = [one for one in measures if one != "*"]
    if not known:
        return "this kind measures nothing that a criterion could be about"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"it measures: {', '.join(known)}"
    return f"this kind does not measure `{name}`; {hint}"


def parse(given: object) -> Criteria:
    """A text, a list of texts (all must hold), or Keptn's list of `{criteria: [...]}` (one of those lists must hold).

    Such a list may also come as JSON in a text. Raises ValueError with a sentence for anything else, and for what
    asserts nothing.
    """
    if isinstance(given, str) and given.lstrip().startswith("["):
        given = _from_json(given)
    part = _part(given)
    if sum(1 for _ in part.leaves()) > MOST:
        raise ValueError(f"this compares more than {MOST} times; write fewer criteria")
    return Criteria(part)


def _from_json(text: str) -> object:
    if len(text) > 10 * MOST * LONGEST:
        raise ValueError("the list of criteria is too long; write fewer of them")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError('expected a criterion such as `<=200ms`, or a list like `["<=200ms", ">10ms"]`') from None


def _part(given: object) -> Part:
    if isinstance(given, str):
        return _Reader(given).whole()
    if isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(as_float(given)):
        raise _alone(exactly(given))
    if not isinstance(given, list | tuple):
        raise ValueError("expected a criterion such as `<=200ms`, or a list of them")
    if not given:
        raise ValueError("an empty list asserts nothing; write for example `<=200ms`")
    if any(isinstance(one, dict) for one in given):
        return _joined(False, [_keptn(one) for one in given])
    return _every(given)


def _alone(written: str) -> ValueError:
    at = _absolute(written)
    return ValueError(f"`{written}` alone is not clear: write `<={at}`, `>={at}` or `={at}`")


def _absolute(written: str) -> str:
    """As it stands after an operator: a minus there would make it relative to the baseline."""
    return f"({written})" if written.startswith("-") else written


def _keptn(given: object) -> Part:
    if not isinstance(given, dict) or set(given) != {"criteria"} or not isinstance(given["criteria"], list | tuple):
        raise ValueError("expected only `criteria:` with a list of texts in every entry")
    if not given["criteria"]:
        raise ValueError("an empty list of criteria asserts nothing; write for example `<=200ms`")
    return _every(given["criteria"])


def _every(given: Sequence[object]) -> Part:
    for one in given:
        if isinstance(one, dict | list | tuple):
            raise ValueError("expected texts such as `<=200ms` in the list, not lists in it")
    return _joined(True, [_part(one) for one in given])


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
        if len(part.text) > LONGEST:
            raise ValueError(f"written out, a criterion has at most {LONGEST} characters; make it a list of several")
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
            name = _canonical_name(found_name[1] or "", found_name[0])
            if name.casefold() in ("and", "or", "not"):
                self._at = start
                raise self._unclear()
            if plain := self._span(name):
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
            if found_range[0] in (":", "@:"):
                return None
            self._at = found_range.end()
            return self._nagios(name, found_range)
        return None

    def _between(self, name: str, low: float, high: float, unit: str, texts: tuple[str, str]) -> Part:
        return Both(True, (
            self._limit(name, ">=", low, unit, texts[0]), self._limit(name, "<=", high, unit, texts[1]),
        ))  # fmt: skip

    def _nagios(self, name: str, span: re.Match[str]) -> Part:
        """Nagios' ranges say what is well: inside, both ends counted; with `@`, outside. A unit at one end is for both."""
        inverted, open_below, low, low_unit, high, high_unit = span.groups(default="")
        low_unit, high_unit = low_unit or high_unit, high_unit or low_unit
        if open_below and not high:
            raise ValueError(f"`{span[0]}` asserts nothing: it begins and ends nowhere")
        ends = []
        if not open_below:
            ends.append((canonical(low or "0", low_unit), (low or "0") + low_unit, "<" if inverted else ">="))
        if high:
            ends.append((canonical(high, high_unit), high + high_unit, ">" if inverted else "<="))
        if len({unit for (_, unit), _, _ in ends}) > 1:
            raise ValueError(f"`{span[0]}` has two units of different kinds")
        if ends[0][0] > ends[-1][0]:
            raise ValueError(f"`{span[0]}` ends before it begins")
        parts = [self._limit(name, op, value, unit, written) for (value, unit), written, op in ends]
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
        if number and (
            number.end() == len(self._text) or (self._text[number.end()].isspace() or self._text[number.end()] in ")&|")
        ):
            self._at = number.end()
            written_unit = number[2] or ""
            value, unit = canonical(number[1], written_unit)
            written = number[1] + written_unit
            if number[1][0] in "+-":
                return self._limit(name, op, value, unit, written, relative=True, share=unit == "%")
            return self._limit(name, op, value, unit, written)
        if number and op in ("<", "<=", ">", ">="):
            word = self._text[number.start() :].split()[0]
            raise ValueError(f"expected a number with its unit, like 200ms, 99.9% or 50/s, got `{word[:40]}`")
        return self._said(name, op)

    def _said(self, name: str, op: str) -> Part:
        told = self._peek(_TEXT) if op in ("=", "!=") else None
        if told is None:
            raise ValueError(
                f"`{self._shown()}` has no number to hold a value against; write for example `{_named(name)}{op}200ms`"
            )
        self._at = told.end()
        wanted = next(group for group in told.groups() if group is not None)
        quote = "" if re.fullmatch(r"[A-Za-z_][\w.-]*", wanted) else "'" if '"' in wanted else '"'
        return Says(name, op, wanted, f"{_named(name)}{op} {quote}{wanted}{quote}")

    def _limit(
        self, name: str, op: str, value: float, unit: str, written: str, relative: bool = False, share: bool = False
    ) -> Limit:
        if not relative and written[0] in "+-":  # the end of a range: a sign after an operator would be relative
            written = _absolute(written.removeprefix("+"))
        in_ms = unit == "" and (name.casefold() in _IN_MS or _PERCENTILE.fullmatch(name) is not None)
        return Limit(name, op, value, unit, f"{_named(name)}{op}{written}", relative, share, in_ms)

    def _unclear(self) -> ValueError:
        rest = " ".join(self._text[self._at :].split())[:60]
        if not rest:
            return ValueError(f"`{self._shown()}` ends where a comparison is expected; write for example `<=200ms`")
        if re.fullmatch(rf"{NUMBER}(?:\s*{UNIT})?", rest):
            return _alone(rest)
        if not re.search(r"\d|[<>=~!]", self._text):
            return ValueError(
                f"`{self._shown()}` has no number to hold a value against; write what must be measured, like `<=200ms`"
            )
        return ValueError(
            f"`{rest}` in `{self._shown()}` is no criterion; write for example `<=200ms`, `p95<=200ms` or `95..100`"
        )

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
    percentile = _PERCENTILE.fullmatch(name)
    return f"p({percentile[1]})" if percentile else f"{name} " if name else ""


def _canonical_name(digits: str, written: str) -> str:
    """`p(95)`, `p95` and `p95.0` are the same measure."""
    plain = _PERCENTILE.fullmatch(written)
    digits = digits or (plain[1] if plain else "")
    if not digits:
        return written
    whole, _, rest = digits.partition(".")
    rest = rest.rstrip("0")
    return f"p{whole}.{rest}" if rest else f"p{whole}"
