"""`prometheus`: what Prometheus measured: the value of a query, its targets, or that series exist.

One of `query`, `targets` and `exists` says what is asked. The value of a query is a measure, so `pass:` and `warn:` say
what it must be. A query that gives nothing is `unknown` with "0 samples", never passed; so is NaN, which a ratio without
traffic is.

Options:

- `url` (required): where Prometheus is, without `/api/v1`. What speaks its HTTP API does too: Thanos, Mimir,
  VictoriaMetrics.
- `query`: PromQL. Its value now, or with `over` its values over that long.
- `over`: how far back to look, up to now (`24h`); then `aggregate` says what its values come to.
- `step`: time between two values with `over`. Default: a 240th part of it, at least 15 s. At most 11,000 steps.
- `aggregate`: the one number that all values become, of all series and with `over` of all times: `max`, `min`, `avg`,
  `p95` (nearest rank), with `over` and one series also `last`, without `over` also `sum`. Needed where there are several.
- `each`: criteria that every series must hold by itself, `<=200ms`, or a list of them; with `over`, its `aggregate`.
- `unit`: what the number is, `s`, `ms`, `B`, `%`, `/s`, or `ratio` (0.999 is 99.9 %). Default: a plain number.
- `min_samples`: how many values it must rest on at least; fewer are `unknown`. Default 1.
- `samples`: PromQL that gives that number where it is not the number of values: `sum(increase(http_requests_total[5m]))`,
  so that one error among three requests is not an error rate.
- `max_staleness`: how old the oldest sample behind the value may be (`2m`); an older one is `unknown`. Of a computed value
  no age can be told; name the series it rests on in `freshness_of`. Prometheus itself drops series after 5 minutes.
- `freshness_of`: the series whose age counts, where that is not `query` itself.
- `targets`: `true`: every active scrape target is up. With `max_staleness`, also its last scrape is that recent.
- `job`: only the targets of this job.
- `min_targets`: how many targets there must be at least. Default 1.
- `exists`: series that must have a sample now, `[up, 'http_requests_total{job="api"}']`; not older than `max_staleness`.
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures of a query: `value` (in `unit`), `series`, `samples`, `staleness`, and where there are several series one for each,
named by the labels in which they differ: `api/GET`. Of targets: `down`, `up`, `targets`, `staleness`. Of `exists`:
`missing`, `present`, `staleness`.

Example:

    - id: p95-over-a-day
      uses: prometheus
      with:
        url: "${target}"
        query: histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))
        over: 24h
        aggregate: max
        unit: s
        samples: sum(increase(http_request_duration_seconds_count[24h]))
        min_samples: 1000
      pass: "<=200ms"

    - id: targets-up
      uses: prometheus
      with: {url: "${target}", targets: true, job: api, min_targets: 2, max_staleness: 2m}

    - id: metrics-there
      uses: prometheus
      with: {url: "${target}", exists: [up, http_requests_total]}

Outcomes: `passed`; `failed` (`each` does not hold, a target is down, a series is missing or stale); `unknown` (no
answer, an error in Prometheus' own words, no or too few or too old samples, NaN, several values and nothing that says
which counts). Warnings that come with an answer are shown. Values that are no numbers are left out of a range and
counted. The result counts for 15 minutes. Source: the Prometheus HTTP API, stable since version 2.0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.measured import AmountUnit, PerOptions, canonical_unit, criteria_text, in_unit
from golive.checks.options import Duration
from golive.checks.promql import (
    Promql,
    Selector,
    Series,
    finite,
    is_counter,
    is_selector,
    measure_names,
    said_wrong,
    series_of,
    warnings_of,
)
from golive.checks.replies import Asker, capped, counted, joined, side_by_side
from golive.checks.scrapetargets import scrape_age, server_clock, target_flaw
from golive.checks.webapi import Told, asked, listed, shortened, table
from golive.core.criteria import parse
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.core.units import amount
from golive.ports import Look

MOST_STEPS = 11_000
"""Values of one series that Prometheus gives at most."""
_VALUE, _SAMPLES, _STAMPS, _TARGETS = "value", "samples", "stamps", "targets"
_MOST_MEASURED = 200

CriteriaText = Annotated[
    str,
    BeforeValidator(criteria_text),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1}]}),
]


@dataclass(frozen=True)
class Heard:
    """What Prometheus answered, by what was asked; of `exists`, by the series. at: when, by this machine's clock."""

    told: Mapping[str, Told]
    at: datetime


def _measures_of(check: PrometheusCheck) -> Mapping[str, str]:
    if check.targets:
        return {"down": "", "up": "", "targets": "", "staleness": "s"}
    if check.exists:
        return {"missing": "", "present": "", "staleness": "s"}
    return {"value": canonical_unit(check.unit), "series": "", "samples": "", "staleness": "s", "*": ""}


class PrometheusCheck(Asks):
    """Options, collecting and judging of the kind `prometheus`; the module's text is its reference."""

    kind: ClassVar[str] = "prometheus"
    measures: ClassVar[Mapping[str, str]] = PerOptions(
        {
            "value": "", "series": "", "samples": "", "staleness": "s", "down": "", "up": "", "targets": "",
            "missing": "", "present": "", "*": "",
        },
        _measures_of,
    )  # fmt: skip
    ran_against: ClassVar[str] = "Prometheus 2.42"

    url: WebUrl
    query: Promql | None = None
    over: Duration | None = None
    step: Duration | None = None
    aggregate: Literal["max", "min", "avg", "p95", "last", "sum"] | None = None
    each: CriteriaText | None = None
    unit: AmountUnit = ""
    min_samples: Annotated[int, Field(ge=1)] = 1
    samples: Promql | None = None
    max_staleness: Duration | None = None
    freshness_of: Selector | None = None
    targets: Literal[True] | None = None
    job: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    min_targets: Annotated[int, Field(ge=1)] = 1
    exists: Annotated[list[Selector], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _one_question(self) -> PrometheusCheck:
        if sum(part is not None for part in (self.query, self.targets, self.exists)) != 1:
            raise ValueError("expected exactly one of `query`, `targets` and `exists`")
        if urlsplit(self.url).query or urlsplit(self.url).fragment:
            raise ValueError("`url` is where Prometheus is, without a query; that goes into `query`")
        self._only_with(
            "query", ("over", "step", "aggregate", "each", "samples", "freshness_of", "unit", "min_samples")
        )
        self._only_with("targets", ("job", "min_targets"))
        if self.exists and len(set(self.exists)) < len(self.exists):
            raise ValueError("a series is named twice in `exists`")
        return self

    def _only_with(self, question: str, options: Sequence[str]) -> None:
        for name in options:
            if getattr(self, question) is None and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"`{name}` goes with `{question}`")

    @model_validator(mode="after")
    def _what_a_query_says(self) -> PrometheusCheck:
        if self.query is None:
            return self
        if self.over is None and (self.step is not None or self.aggregate == "last"):
            raise ValueError("`step` and `aggregate: last` go with `over`")
        if self.over is not None:
            if self.aggregate is None:
                raise ValueError("`over` gives many values; say in `aggregate` which of them counts: max, avg, p95, …")
            if self.aggregate == "sum":
                raise ValueError("a sum over time means nothing; use `aggregate: avg`, or increase() in the query")
            if self._steps() > MOST_STEPS:
                raise ValueError(f"`over` and `step` make {self._steps()} values, at most {MOST_STEPS} are given")
        if canonical_unit(self.unit) == "1/s" and is_counter(self.query):
            raise ValueError("a counter only grows and is no rate; write rate(…[5m]) around it")
        if self.max_staleness is not None and self.freshness_of is None and not is_selector(self.query):
            raise ValueError("of a computed value no age can be told; name the series it rests on in `freshness_of`")
        if self.freshness_of is not None and self.max_staleness is None:
            raise ValueError("`freshness_of` goes with `max_staleness`")
        if self.each is not None:
            for problem in parse(self.each).problems({"value": canonical_unit(self.unit)}):
                raise ValueError(f"`each`: {problem}")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    def asserts(self) -> bool:
        """See `ports.Kind`."""
        return self.query is None or self.each is not None

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"missing": (0, len(self.exists)), "present": (0, len(self.exists))} if self.exists else {}

    def _span(self) -> timedelta:
        if self.step is not None:
            return self.step
        return max(
            timedelta(seconds=15), timedelta(seconds=math.ceil((self.over or timedelta()).total_seconds() / 240))
        )

    def _steps(self) -> int:
        return math.floor((self.over or timedelta()) / self._span()) + 1

    # -------------------------------------------------------------- collect

    def collect(self, look: Look) -> Heard:
        """Ask everything side by side."""
        asker, secret = Asker(look), self.credentials(look, self.url)
        urls = self._urls(look.now)
        told = side_by_side(lambda url: asked(asker, url, secret, said_wrong), list(urls.values()))
        return Heard(dict(zip(urls, told, strict=True)), look.now)

    def _urls(self, now: datetime) -> dict[str, str]:
        if self.targets:
            return {_TARGETS: joined(self.url, "/api/v1/targets?state=active")}
        if self.exists:
            return {series: self._instant(f"timestamp({series})") for series in self.exists}
        query = self.query or ""
        urls = {_VALUE: self._range(query, now, self.over) if self.over else self._instant(query)}
        if self.samples:
            urls[_SAMPLES] = self._instant(self.samples)
        if self.max_staleness:
            urls[_STAMPS] = self._instant(f"timestamp({self.freshness_of or query.strip()})")
        return urls

    def _instant(self, query: str) -> str:
        return joined(self.url, "/api/v1/query?" + urlencode({"query": query}))

    def _range(self, query: str, now: datetime, over: timedelta) -> str:
        end = now.timestamp()
        named = {"query": query, "start": f"{end - over.total_seconds():.3f}", "end": f"{end:.3f}"}
        return joined(self.url, "/api/v1/query_range?" + urlencode({**named, "step": self._span().total_seconds()}))

    # -------------------------------------------------------------- judge

    def judge(self, facts: Heard) -> Finding:
        """Hold the answer against what the options say."""
        problem = next((told.problem for told in facts.told.values() if told.problem), "")
        try:
            if problem:
                return self._finding(facts, Outcome.UNKNOWN, problem)
            if self.targets:
                return self._judge_targets(facts)
            return self._judge_existence(facts) if self.exists else self._judge_value(facts)
        except ValueError as error:
            return self._finding(facts, Outcome.UNKNOWN, _upper(str(error)))

    def _judge_value(self, facts: Heard) -> Finding:
        series = series_of(facts.told[_VALUE], self.over is not None)
        values = sum(len(finite(one)) for one in series)
        samples = self._samples(facts) if self.samples else values
        ages = _ages(facts.told[_STAMPS]) if self.max_staleness else ()
        lost = sum(len(one.points) for one in series) - values
        measures = self._measured(series, samples, ages)
        unknown = self._too_little(series, samples, values, ages) or ("" if self.each else self._unclear(series))
        details = [Detail(f"{counted(lost, 'value')} left out: no number", outcome=Outcome.WARNING)] if lost else []
        if unknown:
            return self._finding(facts, Outcome.UNKNOWN, unknown, measures, samples, details)
        summary = f"{self._value_text(measures)} from {len(series)} series"
        summary += f", {samples} samples" if self.over or self.samples else ""
        outcome = Outcome.PASSED
        if self.each:
            outcome, said, lines = self._each(series)
            details, summary = [*lines, *details], said or summary
        return self._finding(facts, outcome, summary, measures, samples, details)

    def _too_little(self, series: Sequence[Series], samples: int, values: int, ages: Sequence[float]) -> str:
        """Why the values tell nothing, or an empty text."""
        if not series:
            return f"0 samples: {self._what()} gives nothing"
        if not values:
            bad = next(value for one in series for _, value in one.points if not math.isfinite(value))
            return f"0 samples: {self._what()} gives {_no_number(bad)}, which is no number"
        if not self.over and (odd := [one for one in series if not finite(one)]):
            return f"{odd[0].text} is {_no_number(odd[0].points[0][1])}, which is no number"
        if samples < self.min_samples:
            return f"Too little data: {counted(samples, 'sample')}, at least {self.min_samples} are needed"
        if self.max_staleness and not ages:
            return f"0 samples: {self.freshness_of} has none now, so that the age of the value cannot be told"
        if self.max_staleness and max(ages) > self.max_staleness.total_seconds():
            return (
                f"The last sample is {amount(max(ages), 's')} old, at most {duration_text(self.max_staleness)} is taken"
            )
        return ""

    def _unclear(self, series: Sequence[Series]) -> str:
        if len(series) < 2 or self.aggregate not in (None, "last"):
            return ""
        named = ", ".join(one.text for one in series[:3]) + (", …" if len(series) > 3 else "")
        return f"{len(series)} series, and nothing says which counts ({named}); write `aggregate: max` or `each:`"

    def _samples(self, facts: Heard) -> int:
        """What the query for the number of samples gives, all its series together."""
        found = [value for one in series_of(facts.told[_SAMPLES]) for value in finite(one)]
        return math.floor(sum(found))

    def _measured(self, series: Sequence[Series], samples: int, ages: Sequence[float]) -> tuple[Measure, ...]:
        unit = canonical_unit(self.unit)
        pooled = [value for one in series for value in finite(one)]
        measures = []
        if pooled and not self._unclear(series):
            measures.append(Measure("value", self._one(pooled), unit))
        elif pooled:  # a bare criterion must not fall upon the next measure
            measures.append(Measure("value", f"{len(series)} series"))
        measures += [Measure("series", len(series)), Measure("samples", samples)]
        measures += [Measure("staleness", max(ages), "s")] if ages else []
        if 1 < len(series) <= _MOST_MEASURED:
            named = zip(measure_names(series), series, strict=True)
            measures += [Measure(name, self._one(finite(one)), unit) for name, one in named if finite(one)]
        return tuple(measures)

    def _one(self, values: Sequence[float]) -> float:
        """The one number that values become, in the canonical unit."""
        ascending = sorted(values)
        match self.aggregate:
            case "min":
                found = ascending[0]
            case "avg":
                found = math.fsum(values) / len(values)
            case "sum":
                found = math.fsum(values)
            case "p95":
                found = ascending[max(math.ceil(0.95 * len(values)), 1) - 1]
            case "last":
                found = values[-1]
            case _:
                found = ascending[-1]
        return in_unit(found, self.unit)

    def _each(self, series: Sequence[Series]) -> tuple[Outcome, str, list[Detail]]:
        """Hold every series against the criteria by itself."""
        criteria, lines = parse(self.each), []
        for one in series:
            values = finite(one)
            if not values:
                lines.append(Detail(f"{one.text}: no number", outcome=Outcome.UNKNOWN))
                continue
            judged = criteria.judge([Measure("value", self._one(values), canonical_unit(self.unit))])
            if not judged.holds:
                failed = Outcome.UNKNOWN if judged.holds is None else Outcome.FAILED
                lines.append(Detail(f"{one.text}: {judged.why}", outcome=failed))
        if not lines:
            return Outcome.PASSED, "", []
        worst = Outcome.FAILED if any(line.outcome is Outcome.FAILED for line in lines) else Outcome.UNKNOWN
        named = "; ".join(line.text for line in lines[:3]) + ("; …" if len(lines) > 3 else "")
        return worst, f"{len(lines)} of {len(series)} series do not hold {criteria.text}: {named}", lines

    def _judge_targets(self, facts: Heard) -> Finding:
        told = facts.told[_TARGETS]
        active = [table(one) for one in listed(table(table(told.document).get("data")).get("activeTargets"))]
        active = [one for one in active if self.job is None or table(one.get("labels")).get("job") == self.job]
        whose = f" of the job {self.job}" if self.job else ""
        if not active:
            return self._finding(facts, Outcome.UNKNOWN, f"0 samples: there is no active target{whose}")
        now = server_clock(told, facts.at)
        lines = [line for one in active if (line := target_flaw(one, now, self.max_staleness))]
        down = sum(one.get("health") == "down" for one in active)
        up = sum(one.get("health") == "up" for one in active)
        measures = [Measure("down", down), Measure("up", up), Measure("targets", len(active))]
        ages = [age for one in active if (age := scrape_age(one, now)) is not None]
        measures += [Measure("staleness", max(ages), "s")] if ages else []
        if len(active) < self.min_targets:
            lines.insert(0, Detail(f"{counted(len(active), 'target')}{whose}, at least {self.min_targets} are needed"))
        summary = f"{up} of {counted(len(active), 'target')}{whose} up"
        if lines:
            summary += ": " + "; ".join(line.text for line in lines[:3]) + ("; …" if len(lines) > 3 else "")
        return self._finding(facts, _worst(lines), summary, tuple(measures), len(active), lines)

    def _judge_existence(self, facts: Heard) -> Finding:
        lines, ages, present = [], [], 0
        for series in self.exists or ():
            found = _ages(facts.told[series])
            present += bool(found)
            ages += found[-1:]
            if not found:
                lines.append(Detail(f"{series} has no sample"))
            elif self.max_staleness and found[-1] > self.max_staleness.total_seconds():
                old = f"its last sample is {amount(found[-1], 's')} old, at most {duration_text(self.max_staleness)}"
                lines.append(Detail(f"{series}: {old} is taken"))
        number = len(self.exists or ())
        summary = f"{present} of {number} series are there" + ("" if not lines else ": ")
        summary += "; ".join(line.text for line in lines)
        measures = [Measure("missing", number - present), Measure("present", present)]
        measures += [Measure("staleness", max(ages), "s")] if ages else []
        return self._finding(facts, _worst(lines), summary, tuple(measures), present, lines)

    # -------------------------------------------------------------- words

    def _finding(
        self,
        facts: Heard,
        outcome: Outcome,
        summary: str,
        measures: tuple[Measure, ...] = (),
        samples: int = 0,
        details: Sequence[Detail] = (),
    ) -> Finding:
        warned = warnings_of(facts.told.values())
        if warned:
            summary += f". Prometheus warns: {'; '.join(warned)}"
        lines = [*details, *(Detail(f"Prometheus warns: {one}", outcome=Outcome.WARNING) for one in warned)]
        return Finding(
            "",
            outcome,
            summary,
            self._value_text(measures) if measures else "no value",
            self._expected(),
            f"{self._what()} at {next((told.url for told in facts.told.values() if told.url), self.url)}",
            measures=measures,
            samples=samples,
            details=capped(lines),
        )

    def _value_text(self, measures: Sequence[Measure]) -> str:
        if self.targets:
            return f"{measures[1].value} of {measures[2].value} up"
        if self.exists:
            return f"{measures[1].value} of {len(self.exists)} there"
        if not measures or measures[0].name != "value":
            return "no value"
        how = f"{self.aggregate} " if self.aggregate else ""
        how = "" if isinstance(measures[0].value, str) else how
        return how + amount(measures[0].value, measures[0].unit)

    def _what(self) -> str:
        if self.targets:
            return f"targets of {self.job}" if self.job else "targets"
        if self.exists:
            return shortened(", ".join(self.exists))
        return shortened(self.query or "") + (f" over {duration_text(self.over)}" if self.over else "")

    def _expected(self) -> str:
        if self.targets:
            parts = ["every target up"]
            parts += [f"at least {self.min_targets}"] if self.min_targets > 1 else []
        elif self.exists:
            parts = ["a sample of " + shortened(", ".join(self.exists))]
        else:
            parts = [f"each {self.each}"] if self.each else []
            parts += [f"at least {counted(self.min_samples, 'sample')}"] if self.min_samples > 1 else []
        parts += [f"not older than {duration_text(self.max_staleness)}"] if self.max_staleness else []
        return ", ".join(parts)


def _ages(told: Told) -> list[float]:
    """How old the last sample of each series is, in seconds by Prometheus' own clock, ascending."""
    return sorted(max(0.0, at - stamp) for one in series_of(told) for at, stamp in one.points)


def _no_number(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _worst(lines: Sequence[Detail]) -> Outcome:
    outcomes = {line.outcome for line in lines}
    return next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
