"""`load`: a load test that somebody ran was good enough.

Asserts figures in the files that load testing tools write: response times at most so long, throughput at least so high,
errors at most so many. golive runs no load itself. A value that is missing, or was left to fill in (`TBD`), is unknown
and never good enough.

Options:

- `results` (required): the result file, or a list, or globs. Where several hold the same scenario the newest file counts.
- `format`: `k6`, `locust`, `ab`, `wrk`, `vegeta`, `table`, or `auto` (default): by what is in the file.
- `p50`: the median response time is at most so long (`200ms`, `5s`).
- `p90`: the same for the 90th percentile.
- `p95`: the same for the 95th percentile.
- `p99`: the same for the 99th percentile.
- `avg`: the same for the mean.
- `max`: the same for the longest.
- `rps`: at least so many (`50/s`, `100/min`).
- `error_rate`: at most so many (`1%`).
- `scenario`: the scenario that these are about. Without it: the whole run, or each scenario where a file has no totals.
- `scenarios`: several at once: name → the figures above. Every one of them must be in the results.
- `warn_band`: how far over a limit is only a warning (`30%`); further is failed. All met is graded EXCELLENT, within the
  band ACCEPTABLE, beyond it NEEDS ATTENTION. Without it every miss is failed.
- `completed`: `true` asks that the results are there with at least one request, also where no figure is asked for.
- `max_age`: the results are at most so old (`14d`), by their last commit or else by the file's time.
- `requests`: how many requests the test sends in all; with `at_least` (how long that takes at least, `60s`) golive refuses
  a throughput that such a test can never show: 50 requests over 60 s are at most 50/min.
- `at_least`: see `requests`.

Example:

    - id: load-test
      uses: load
      with:
        results: "load/results/*_stats.csv"
        warn_band: 30%
        scenarios:
          health: {p95: 200ms, rps: 50/s, error_rate: 0.1%}
          content: {p95: 5s, rps: 5/s, error_rate: 5%}

Measures: `p95`, `rps`, `error_rate`, `p50`, `p75`, `p90`, `p99`, `avg`, `max`, `requests`, `duration` (of the worst scenario
where there are several), `overrun` (how far the worst figure is over its limit), and `<scenario>.p95` and so on.

Outcomes: `passed`; `warning` (within `warn_band`); `failed`; `unknown` (no file, a file that cannot be read, a scenario or
figure that is not there, 0 requests). The evidence is an imported result. Formats are read as k6, Locust, ApacheBench, wrk
and vegeta document them; a plain table is JSON or YAML like `{health: {p95_ms: 145, rps: 58.3, error_pct: 0.12}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from golive.checks.amounts import Percentage, Span, span_text
from golive.checks.loadresults import Scenario, read
from golive.checks.options import Duration, Options, offered
from golive.checks.paths import Paths, age_text, changed_at, flaws_text, matched, text_of
from golive.checks.replies import capped, counted
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.units import amount, quantity
from golive.ports import Look

_UNITS = {
    "p95": "s", "rps": "1/s", "error_rate": "%", "p50": "s", "p75": "s", "p90": "s", "p99": "s", "avg": "s", "max": "s",
    "requests": "", "duration": "s",
}  # fmt: skip
_LIMITED = ("p50", "p90", "p95", "p99", "avg", "max", "rps", "error_rate")
_LOWER_IS_WORSE = frozenset({"rps", "requests"})
_MOST_MEASURED = 300
_LARGEST = 8 * 1024 * 1024


def _rate(given: Any) -> float:
    """`50/s` or `100/min` as per second. Raises ValueError; a bare number could be either."""
    if isinstance(given, str):
        value, unit = quantity(given)
        if unit == "1/s" and value > 0:
            return value
    raise ValueError(f"expected a rate with its unit, like `50/s` or `100/min`, got {given!r}")


Rate = Annotated[
    float,
    BeforeValidator(_rate),
    PlainSerializer(lambda rate: f"{rate:.12g}/s", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["50/s", "100/min"]}),
]


class Limits(BaseModel):
    """What the figures of one scenario must be."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    p50: Span | None = None
    p90: Span | None = None
    p95: Span | None = None
    p99: Span | None = None
    avg: Span | None = None
    max: Span | None = None
    rps: Rate | None = None
    error_rate: Percentage | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Limits:
        if not limits_of(self):
            raise ValueError(f"this scenario asserts nothing; give it one of {', '.join(_LIMITED)}")
        return self


def limits_of(given: Any) -> dict[str, float]:
    """Figure → limit, in canonical units, of the options that are given."""
    asked = {name: getattr(given, name) for name in _LIMITED if getattr(given, name) is not None}
    return {name: limit if isinstance(limit, float) else limit.total_seconds() for name, limit in asked.items()}


@dataclass(frozen=True)
class Results:
    """The result files: (path, text, when they were made), the newest first. at: when they were read."""

    files: tuple[tuple[str, str, datetime | None], ...]
    at: datetime


class LoadCheck(Options):
    """Options, collecting and judging of the kind `load`; the module's text is its reference."""

    kind: ClassVar[str] = "load"
    measures: ClassVar[Mapping[str, str]] = {**_UNITS, "overrun": "%", "*": ""}
    also: ClassVar[Mapping[str, str]] = {"file": "results", "files": "results", "path": "results"}
    machine: ClassVar[bool] = True

    results: Paths
    format: Literal["auto", "k6", "locust", "ab", "wrk", "vegeta", "table"] = "auto"
    p50: Span | None = None
    p90: Span | None = None
    p95: Span | None = None
    p99: Span | None = None
    avg: Span | None = None
    max: Span | None = None
    rps: Rate | None = None
    error_rate: Percentage | None = None
    scenario: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    scenarios: Annotated[dict[Annotated[str, Field(min_length=1)], Limits], Field(min_length=1)] | None = None
    warn_band: Percentage | None = None
    completed: bool = False
    max_age: Duration | None = None
    requests: Annotated[int, Field(ge=1)] | None = None
    at_least: Span | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> LoadCheck:
        if self.scenario and self.scenarios:
            raise ValueError("`scenario` and `scenarios` are two ways to say it; keep one")
        if self.scenarios and limits_of(self):
            raise ValueError(f"with `scenarios`, write {', '.join(limits_of(self))} below each of them")
        if (self.requests is None) != (self.at_least is None):
            raise ValueError("`requests` and `at_least` are given together, or not at all")
        if self.warn_band is not None and not (limits_of(self) or self.scenarios):
            raise ValueError("`warn_band` needs a figure to be held against")
        highest = self.bounds().get("rps", (0.0, float("inf")))[1]
        for name, limits in self._asked().items():
            if limits.get("rps", 0.0) > highest:
                where = f" of {name}" if name else ""
                raise ValueError(
                    f"rps{where} can never be met: {self.requests} requests over at least "
                    f"{span_text(self.at_least) if self.at_least else ''} are at most {amount(highest, '1/s')} "
                    f"({highest * 60:g}/min)"
                )
        return self

    def asserts(self) -> bool:
        """See `ports.Kind`."""
        return bool(self.completed or self.max_age or any(self._asked().values()))

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`: so many requests in so long a time are no higher rate."""
        if self.requests is None or self.at_least is None:
            return {}
        return {"rps": (0.0, self.requests / self.at_least.total_seconds())}

    def _asked(self) -> dict[str, dict[str, float]]:
        """Scenario → figure → limit; the empty name stands for the whole run."""
        if self.scenarios:
            return {name: limits_of(limits) for name, limits in self.scenarios.items()}
        return {self.scenario or "": limits_of(self)}

    def collect(self, look: Look) -> Results:
        """Read the files."""
        files = offered(look.files, "files of this machine")
        found = []
        for path in matched(files, self.results):
            facts = files.facts(path)
            made = changed_at(files, path) if self.max_age else facts.modified_at if facts else None
            found.append((path, text_of(files, path, _LARGEST), made))
        return Results(
            tuple(sorted(found, key=lambda one: (one[2] is not None, one[2], one[0]), reverse=True)), look.now
        )

    def judge(self, facts: Results) -> Finding:
        """Hold every figure that was asked for against its limit."""
        scenarios, flaws = self._scenarios(facts)
        chosen, missing = self._chosen(scenarios)
        over: dict[str, float] = {}
        for name, limits in self._asked().items():
            for scenario in chosen.get(name, ()):
                flaws += self._held(scenario, limits, over)
        flaws += [Detail(text, outcome=Outcome.UNKNOWN) for text in missing]
        flaws += list(self._completed(chosen)) + list(self._old(facts))
        outcome = _worst(flaws)
        picked = [scenario for several in chosen.values() for scenario in several]
        return Finding(
            "",
            outcome,
            self._summary(outcome, flaws, picked),
            measured=_measured(picked),
            expected=self._expected(),
            source=", ".join(path for path, _, _ in facts.files) or ", ".join(self.results),
            strength=Strength.IMPORTED,
            measures=tuple(_measures(picked, scenarios, over)),
            samples=_samples(picked),
            details=capped(flaws),
        )

    def _scenarios(self, facts: Results) -> tuple[dict[str, Scenario], list[Detail]]:
        """All that the files hold, the newest first; and what cannot be read."""
        found: dict[str, Scenario] = {}
        flaws: list[Detail] = []
        for path, text, _ in facts.files:
            try:
                for scenario in read(text, self.format):
                    found.setdefault(scenario.name, scenario)
            except ValueError as error:
                flaws.append(Detail(str(error), path, outcome=Outcome.UNKNOWN))
        if not facts.files:
            flaws.append(Detail(f"no file matches {', '.join(self.results)}", outcome=Outcome.UNKNOWN))
        return found, flaws

    def _chosen(self, scenarios: dict[str, Scenario]) -> tuple[dict[str, list[Scenario]], list[str]]:
        """The scenarios that are asked about, and what is said of those that are not there."""
        chosen: dict[str, list[Scenario]] = {}
        missing: list[str] = []
        for name in self._asked():
            if name in scenarios:
                chosen[name] = [scenarios[name]]
            elif not name:
                chosen[name] = list(scenarios.values())
            elif scenarios:
                known = ", ".join(sorted(filter(None, scenarios))[:10]) or "none by name"
                missing.append(f"there are no results of the scenario {name}; there are {known}")
        return chosen, missing

    def _held(self, scenario: Scenario, limits: Mapping[str, float], over: dict[str, float]) -> Iterator[Detail]:
        of = f"{scenario.name}: " if scenario.name else ""
        for figure, limit in limits.items():
            value = scenario.values.get(figure)
            if value is None:
                why = scenario.unclear.get(figure, f"there is no {figure} in the results")
                yield Detail(f"{of}{why}", outcome=Outcome.UNKNOWN)
                continue
            unit = _UNITS[figure]
            share = _overrun(figure, value, limit)
            over[figure] = max(share, over.get(figure, share))
            if share > 0:
                within = self.warn_band is not None and share <= self.warn_band
                bound = "at least" if figure in _LOWER_IS_WORSE else "at most"
                missed = "short" if figure in _LOWER_IS_WORSE else "over"
                by = f" ({share:.3g} % {missed})" if share != float("inf") else ""
                text = f"{of}{figure} is {amount(value, unit)}, not {bound} {amount(limit, unit)}{by}"
                yield Detail(text, outcome=Outcome.WARNING if within else Outcome.FAILED)

    def _completed(self, chosen: Mapping[str, list[Scenario]]) -> Iterator[Detail]:
        for scenario in (one for several in chosen.values() for one in several):
            if scenario.values.get("requests") == 0:
                yield Detail(f"{scenario.name or 'the run'}: 0 requests, so 0 samples", outcome=Outcome.UNKNOWN)
            elif self.completed and not scenario.values:
                yield Detail(f"{scenario.name or 'the run'}: no figure at all", outcome=Outcome.UNKNOWN)

    def _old(self, facts: Results) -> Iterator[Detail]:
        if self.max_age is None or not facts.files:
            return
        path, _, made = facts.files[0]
        if made is None:
            yield Detail("nobody knows when it was made", path, outcome=Outcome.UNKNOWN)
        elif facts.at - made > self.max_age:
            yield Detail(f"made {age_text(facts.at - made)} ago, not within {duration_text(self.max_age)}", path)

    def _summary(self, outcome: Outcome, flaws: list[Detail], picked: list[Scenario]) -> str:
        grades = {Outcome.PASSED: "EXCELLENT: ", Outcome.WARNING: "ACCEPTABLE: ", Outcome.FAILED: "NEEDS ATTENTION: "}
        grade = grades.get(outcome, "") if self.warn_band is not None else ""
        worst_first = sorted(flaws, key=lambda flaw: (flaw.outcome is not outcome, flaw.outcome))
        good = f"{counted(len(picked), 'scenario')} as expected" if self.asserts() else _measured(picked)
        return grade + (flaws_text(worst_first) or good)

    def _expected(self) -> str:
        parts = []
        for name, limits in self._asked().items():
            figures = [
                f"{figure} {'≥' if figure in _LOWER_IS_WORSE else '≤'} {amount(limit, _UNITS[figure])}"
                for figure, limit in limits.items()
            ]
            parts += [f"{name}: {', '.join(figures)}" if name else ", ".join(figures)] if figures else []
        parts += ["completed"] if self.completed else []
        parts += [f"at most {duration_text(self.max_age)} old"] if self.max_age else []
        return "; ".join(parts)


def _overrun(figure: str, value: float, limit: float) -> float:
    """How far over its limit, in %; exact, so that 6.5 s over 5 s are 30 % and no more."""
    one, other = Fraction(repr(value)), Fraction(repr(limit))
    beyond = other - one if figure in _LOWER_IS_WORSE else one - other
    if beyond <= 0:
        return 0.0
    return float(beyond / other * 100) if other else float("inf")


def _worst(flaws: list[Detail]) -> Outcome:
    for outcome in (Outcome.FAILED, Outcome.UNKNOWN, Outcome.WARNING):
        if any(flaw.outcome is outcome for flaw in flaws):
            return outcome
    return Outcome.PASSED


def _samples(picked: list[Scenario]) -> int | None:
    counts = [scenario.values["requests"] for scenario in picked if "requests" in scenario.values]
    return int(min(counts)) if counts else None if picked else 0


def _worst_value(figure: str, picked: list[Scenario]) -> float | None:
    values = [scenario.values[figure] for scenario in picked if figure in scenario.values]
    return (min if figure in _LOWER_IS_WORSE else max)(values) if values else None


def _measured(picked: list[Scenario]) -> str:
    shown = (
        f"{figure} {amount(value, _UNITS[figure])}"
        for figure in ("p95", "rps", "error_rate")
        if (value := _worst_value(figure, picked)) is not None
    )
    return ", ".join(shown) or "no figures"


def _measures(
    picked: list[Scenario], scenarios: Mapping[str, Scenario], over: Mapping[str, float]
) -> Iterator[Measure]:
    for figure, unit in _UNITS.items():
        value = _worst_value(figure, picked)
        if value is not None:
            yield Measure(figure, value, unit)
    finite = [share for share in over.values() if share != float("inf")]
    if finite and len(finite) == len(over):
        yield Measure("overrun", max(finite), "%")
    named = (
        Measure(f"{_plain(name)}.{figure}", value, _UNITS[figure])
        for name, scenario in scenarios.items()
        for figure, value in scenario.values.items()
        if name and figure in _UNITS
    )
    yield from (measure for _, measure in zip(range(_MOST_MEASURED), named, strict=False))


def _plain(name: str) -> str:
    """A scenario's name as a criterion can write it."""
    plain = re.sub(r"[^A-Za-z0-9_./-]+", "_", name).strip("_")
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
