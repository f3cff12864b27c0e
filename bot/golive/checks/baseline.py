"""`baseline`: a baseline was recorded, and later results are not worse than it.

Asserts that a baseline file is there, holds values and is not too old; or, with `op: compare`, that every value in it is,
in a newer result, at most so much worse. It compares files that are there; it measures nothing itself.

Options:

- `file` (required): the baseline, or a glob of which the newest counts. Read are golive's own baseline files, result files
  of k6, Locust, ab, wrk and vegeta, and any JSON whose numbers have names.
- `op`: `present` (default) or `compare`.
- `results`: with `compare`: the newer file, or a glob of which the newest counts.
- `tolerance`: how much worse a value may be. Default `10%`.
- `tolerances`: the same for single values: name → share.
- `direction`: which way is better, `lower` or `higher`, or a table name → one of them. Default: `higher` for what is called
  throughput, rps, success, availability, uptime or hits, `lower` for everything else.
- `values`: names to compare. Default: all that the baseline holds, but counts of requests and durations of a run.
- `max_age`: the baseline is at most so old (`30d`), by what it says, or by the date in its name
  (`mixed_baseline_20241201_121000.json`).

Example:

    - id: no-regression
      uses: baseline
      with:
        op: compare
        file: "load/baselines/mixed_baseline_*.json"
        results: load/results/mixed.json
        tolerance: 15%
        max_age: 30d

Measures: `change` (how much worse the worst value is, in %), `worse` (how many values are out of tolerance), `values`, `age`,
and `<name>.change` (by how many % it rose, negative where it fell).

Outcomes: `passed`; `failed`; `unknown` (no such file, nothing to read in it, a value that is not in the newer results or
has another unit there, no date to know the age by). The evidence is an imported result. golive's own format is JSON:
`{"format": "golive-baseline", "version": 1, "recorded_at": …, "values": {"p95": {"value": 0.145, "unit": "s"}}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from golive.checks.amounts import Percentage
from golive.checks.loadresults import detected, read
from golive.checks.measured import PerOptions
from golive.checks.options import Duration, FilePattern, Options, offered
from golive.checks.paths import age_text, flaws_text, matched, text_of
from golive.checks.replies import capped, counted
from golive.core.baseline import Baseline, Change, Recorded, compare, moment_in, parse
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.units import amount
from golive.ports import Look, LookFiles

_HIGHER = re.compile(
    r"(?i)(^|[._\-/])(rps|throughput|tps|requests_per_\w+|success\w*|availability|uptime|hits?|hit_rate)($|[._\-/])"
)
_OF_THE_RUN = re.compile(r"(?i)(^|[._\-/])(requests|duration|count|total_requests)$")
_UNITS = {"rps": "1/s", "error_rate": "%", "requests": ""}
_LARGEST = 8 * 1024 * 1024
Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Found:
    """One file. path: empty where there is none.   problem: why it holds nothing to use."""

    path: str = ""
    baseline: Baseline = field(default_factory=lambda: Baseline({}))
    problem: str = ""
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Pair:
    """The baseline, the newer results where they are compared, and when they were read."""

    before: Found
    after: Found | None
    at: datetime


def _measures_of(check: BaselineCheck) -> Mapping[str, str]:
    plain = {"values": "", "age": "s"}
    return {"change": "%", "worse": "", **plain, "*": "%"} if check.op == "compare" else plain


class BaselineCheck(Options):
    """Options, collecting and judging of the kind `baseline`; the module's text is its reference."""

    kind: ClassVar[str] = "baseline"
    measures: ClassVar[Mapping[str, str]] = PerOptions(
        {"change": "%", "worse": "", "values": "", "age": "s", "*": "%"}, _measures_of
    )
    also: ClassVar[Mapping[str, str]] = {"baseline": "file"}
    machine: ClassVar[bool] = True

    file: FilePattern
    op: Literal["present", "compare"] = "present"
    results: FilePattern | None = None
    tolerance: Percentage = 10.0
    tolerances: Annotated[dict[str, Percentage], Field(min_length=1)] | None = None
    direction: Direction | Annotated[dict[str, Direction], Field(min_length=1)] | None = None
    values: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)] | None = None
    max_age: Duration | None = None

    @model_validator(mode="after")
    def _has_two_to_compare(self) -> BaselineCheck:
        compares = (self.results, self.tolerances, self.direction, self.values)
        if self.op == "compare" and self.results is None:
            raise ValueError("`op: compare` needs the newer `results`")
        if self.op == "present" and any(part is not None for part in compares):
            raise ValueError("results, tolerances, direction and values belong to `op: compare`")
        return self

    def collect(self, look: Look) -> Pair:
        """Read the newest of each."""
        files = offered(look.files, "files of this machine")
        after = _newest(files, self.results) if self.results else None
        return Pair(_newest(files, self.file), after, look.now)

    def judge(self, facts: Pair) -> Finding:
        """The baseline by itself, then each value of it."""
        read = [one for one in (facts.before, facts.after) if one is not None]
        flaws = [Detail(one.problem, one.path, outcome=Outcome.UNKNOWN) for one in read if one.problem]
        flaws += self._age(facts)
        compared: list[tuple[Change, float]] = []
        if not flaws or all(flaw.outcome is not Outcome.UNKNOWN for flaw in flaws):
            flaws += self._compared(facts, compared)
        outcomes = {flaw.outcome for flaw in flaws}
        outcome = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        worst_first = sorted(flaws, key=lambda flaw: flaw.outcome is not outcome)
        number = counted(len(compared) if self.op == "compare" else len(facts.before.baseline.values), "value")
        sources = [one.path for one in read if one.path]
        return Finding(
            "",
            outcome,
            flaws_text(worst_first) or f"{number} {'within tolerance' if self.op == 'compare' else 'recorded'}",
            measured=_measured(compared, number),
            expected=self._expected(),
            source=" against ".join(reversed(sources)) or self.file,
            strength=Strength.IMPORTED,
            measures=tuple(self._measures(facts, compared)),
            samples=_samples(compared),
            details=capped(flaws),
        )

    def _age(self, facts: Pair) -> Iterator[Detail]:
        found = facts.before
        if self.max_age is None or found.problem:
            return
        if found.recorded_at is None:
            yield Detail("neither it nor its name says when it was recorded", found.path, outcome=Outcome.UNKNOWN)
        elif facts.at - found.recorded_at > self.max_age:
            age = age_text(facts.at - found.recorded_at)
            yield Detail(f"recorded {age} ago, not within {duration_text(self.max_age)}", found.path)

    def _compared(self, facts: Pair, compared: list[tuple[Change, float]]) -> Iterator[Detail]:
        """Fills `compared` with each change and how much worse it is."""
        if facts.after is None:
            return
        before = self._picked(facts.before.baseline)
        found = compare(before, facts.after.baseline)
        absent = [name for name in self.values or () if name not in before.values]
        for name in absent:
            yield Detail(f"{name} is not in the baseline", facts.before.path, outcome=Outcome.UNKNOWN)
        for name in found.missing:
            yield Detail(f"{name} is not in the results", facts.after.path, outcome=Outcome.UNKNOWN)
        for name in found.unlike:
            yield Detail(f"{name} has another unit than in the baseline", facts.after.path, outcome=Outcome.UNKNOWN)
        if not before.values and not absent:
            yield Detail("there is no value to compare", facts.before.path, outcome=Outcome.UNKNOWN)
        for change in found.changes:
            if change.after.samples == 0:
                yield Detail(f"{change.name}: 0 samples", facts.after.path, outcome=Outcome.UNKNOWN)
                continue
            worse = self._worsening(change)
            compared.append((change, worse))
            tolerance = (self.tolerances or {}).get(change.name, self.tolerance)
            if worse > tolerance:
                by = "" if worse == float("inf") else f", {worse:.3g} % worse"
                text = f"{change.name} went from {_shown(change.before)} to {_shown(change.after)}{by}"
                yield Detail(f"{text}; {tolerance:g}% is tolerated", facts.after.path)

    def _picked(self, baseline: Baseline) -> Baseline:
        wanted = self.values or tuple(name for name in baseline.values if not _OF_THE_RUN.search(name))
        return Baseline({name: baseline.values[name] for name in wanted if name in baseline.values})

    def _worsening(self, change: Change) -> float:
        given = self.direction.get(change.name) if isinstance(self.direction, dict) else self.direction
        higher = (given or ("higher" if _HIGHER.search(change.name) else "lower")) == "higher"
        if change.percent is None:
            rose = change.after.value > change.before.value
            return float("-inf") if rose == higher else float("inf")
        return -change.percent if higher else change.percent

    def _measures(self, facts: Pair, compared: list[tuple[Change, float]]) -> Iterator[Measure]:
        finite = [worse for _, worse in compared if abs(worse) != float("inf")]
        if finite and max(worse for _, worse in compared) != float("inf"):
            yield Measure("change", max(finite), "%")
        if facts.after is not None:
            over = sum(worse > (self.tolerances or {}).get(one.name, self.tolerance) for one, worse in compared)
            yield Measure("worse", over)
        yield Measure("values", len(facts.before.baseline.values))
        if facts.before.recorded_at:
            yield Measure("age", max(timedelta(), facts.at - facts.before.recorded_at).total_seconds(), "s")
        for change, _ in compared[:300]:
            if change.percent is not None:
                yield Measure(f"{change.name}.change", change.percent, "%")

    def _expected(self) -> str:
        parts = [f"at most {self.tolerance:g}% worse" if self.op == "compare" else "recorded"]
        parts += [f"{name} at most {share:g}%" for name, share in (self.tolerances or {}).items()]
        parts += [f"at most {duration_text(self.max_age)} old"] if self.max_age else []
        return ", ".join(parts)


def _newest(files: LookFiles, pattern: str) -> Found:
    """The newest file that matches, by what it says, by its name, or by the file's time."""
    best: Found | None = None
    best_at: tuple[bool, datetime | None, str] | None = None
    for path in matched(files, (pattern,)):
        found = _read(path, text_of(files, path, _LARGEST))
        facts = files.facts(path)
        at = found.recorded_at or (facts.modified_at if facts else None)
        key = (at is not None, at, path)
        if best_at is None or key > best_at:
            best, best_at = found, key
    return best or Found(problem=f"no file matches {pattern}")


def _read(path: str, text: str) -> Found:
    how = detected(text)
    try:
        baseline = parse(text) if how == "table" else Baseline(dict(_figures(text, how)))
    except ValueError as error:
        return Found(path, problem=str(error), recorded_at=moment_in(path.rpartition("/")[2]))
    return Found(path, baseline, recorded_at=baseline.recorded_at or moment_in(path.rpartition("/")[2]))


def _figures(text: str, how: str) -> Iterator[tuple[str, Recorded]]:
    for scenario in read(text, how):
        samples = scenario.values.get("requests")
        for figure, value in scenario.values.items():
            name = f"{scenario.name}.{figure}" if scenario.name else figure
            yield name, Recorded(value, _UNITS.get(figure, "s"), None if samples is None else int(samples))


def _shown(value: Recorded) -> str:
    return amount(value.value, value.unit)


def _measured(compared: list[tuple[Change, float]], number: str) -> str:
    if not compared:
        return number
    change, worse = max(compared, key=lambda one: one[1])
    if abs(worse) == float("inf"):
        return f"{change.name} went from {_shown(change.before)} to {_shown(change.after)}"
    return f"{change.name} {abs(worse):.3g} % {'worse' if worse > 0 else 'better'}" if worse else f"{number} unchanged"


def _samples(compared: list[tuple[Change, float]]) -> int | None:
    counts = [change.after.samples for change, _ in compared if change.after.samples is not None]
    return min(counts) if counts else None
