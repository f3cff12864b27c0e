"""`prom_rules`: the alert rules in the repository are valid, cover what they must, and say what to do.

Reads rule files as Prometheus does, and `PrometheusRule` resources. Every rule must have an `expr` whose brackets and quotes
close, a name, durations that are some, and no unknown key; a key written twice is a flaw. That is always asserted.

Options:

- `files` (required): a path or glob, or a list of them.
- `min_files`: how many files there must be at least. Default 1.
- `min_alerts`: how many alerts they must hold at least, together. Default 1.
- `categories`: category → what tells its alerts: a regular expression that occurs in an alert's name or `expr`
  (`latency: "(?i)latency|duration"`), or a label with its value (`latency: {category: latency}`). Each needs an alert.
- `severities`: values of the label `severity`: a list (each occurs, and no other), or value → how many alerts at least.
- `require_labels`: labels that every alert must have, `[severity, team]`.
- `require_annotations`: annotations that every alert must have, `[summary, runbook_url]`; one whose name ends in `_url`
  must be an http or https link.
- `drift_vs_baseline`: thresholds that were taken from measured values and must not drift away from them. `file`: JSON, a
  baseline that `golive baseline record` wrote or any other; of a glob the last by name. `alerts`: alert → the value's
  name there (JMESPath in other files), or `{value: NAME, unit: ms}` where the file counts otherwise than the rule.
  `tolerance`: how far the first number that the alert's `expr` compares with may be from it (`25%`).
- `promtool`: `true` has `promtool check rules` look at each file too. It comes with Prometheus.

Measures: `alerts`, `files`, `recordings` (recording rules), `flaws`, `drift` (the largest), and each category's number of
alerts by its name.

Example:

    - id: alerts-cover-the-service
      uses: prom_rules
      with:
        files: monitoring/alerts/*.yml
        min_files: 2
        categories: {latency: "(?i)latency|duration", errors: "(?i)error"}
        severities: {critical: 2, warning: 1}
        require_annotations: [summary, runbook_url]
        drift_vs_baseline: {file: baselines/api.json, alerts: {HighLatency: api.p95}, tolerance: 25%}

Outcomes: `passed`; `failed` (each flaw is named with its line); `unknown` (no file matches, one cannot be read, a
threshold or its baseline cannot be read, promtool is not there). The evidence is a document: it shows what the files say,
not what Prometheus has loaded; the kind `prometheus` asks it.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from golive.checks.alertrules import Alert, Rules, is_resource, read_rules, threshold
from golive.checks.amounts import Percentage
from golive.checks.jsonpaths import checked_expression, parsed, searched
from golive.checks.measured import AmountUnit, in_unit
from golive.checks.options import FilePattern, Options, offered
from golive.checks.paths import Paths, flaws_text
from golive.checks.replies import capped, counted
from golive.checks.webapi import shortened
from golive.checks.yamltexts import FileText, Gathered, gathered
from golive.core import baseline
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.patterns import checked_pattern, found
from golive.core.units import shortest
from golive.ports import Look, Ran, Unreachable

_LINK = re.compile(r"https?://[^\s/]+\S*")
_SPARE = 0.9
"""Share of the timeout that promtool may use: at its end the engine stops waiting."""

Pattern = Annotated[str, AfterValidator(checked_pattern)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[list[Word], Field(min_length=1)]
LabelValues = Annotated[dict[Word, Word], Field(min_length=1)]


def _counts(given: Any) -> Any:
    return dict.fromkeys(given, 1) if isinstance(given, list) else given


Severities = Annotated[
    dict[Word, Annotated[int, Field(ge=0)]],
    BeforeValidator(_counts),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "array", "minItems": 1}, {"type": "object", "minProperties": 1}]}),
]


class BaselineValue(BaseModel):
    """A value of the baseline file, and its unit there where the rule counts in another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    value: Word
    unit: AmountUnit = ""


def _value(given: Any) -> Any:
    return {"value": given} if isinstance(given, str) else given


class Drift(BaseModel):
    """Which thresholds are held against which baseline."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    file: FilePattern
    alerts: Annotated[dict[Word, Annotated[BaselineValue, BeforeValidator(_value)]], Field(min_length=1)]
    tolerance: Percentage


@dataclass(frozen=True)
class Facts:
    """The files, the baseline file, and what promtool said of each file, or why it could not be asked."""

    gathered: Gathered
    baseline: FileText | None = None
    promtool: Mapping[str, Ran] | None = None
    no_promtool: str = ""


class PromRulesCheck(Options):
    """Options, collecting and judging of the kind `prom_rules`; the module's text is its reference."""

    kind: ClassVar[str] = "prom_rules"
    measures: ClassVar[Mapping[str, str]] = {
        "alerts": "", "files": "", "recordings": "", "flaws": "", "drift": "%", "*": "",
    }  # fmt: skip
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "files on disk and promtool 2.42"

    files: Paths
    min_files: Annotated[int, Field(ge=1)] = 1
    min_alerts: Annotated[int, Field(ge=1)] = 1
    categories: Annotated[dict[Word, Pattern | LabelValues] | None, Field(min_length=1)] = None
    severities: Severities | None = None
    require_labels: Words | None = None
    require_annotations: Words | None = None
    drift_vs_baseline: Drift | None = None
    promtool: Literal[True] | None = None

    @model_validator(mode="after")
    def _names(self) -> PromRulesCheck:
        taken = {name for name in self.categories or () if name in type(self).measures}
        if taken:
            raise ValueError(f"a category cannot be called `{min(taken)}`, which is a measure of its own")
        return self

    # -------------------------------------------------------------- collect

    def collect(self, look: Look) -> Facts:
        """Read the files, and have promtool read them."""
        facts = Facts(gathered(look, self.files))
        if self.drift_vs_baseline:
            several = gathered(look, [self.drift_vs_baseline.file]).files
            facts = replace(facts, baseline=several[-1] if several else None)
        if self.promtool:
            facts = self._promtool(facts, look)
        return facts

    def _promtool(self, facts: Facts, look: Look) -> Facts:
        process = offered(look.process, "programs of this machine")
        ran: dict[str, Ran] = {}
        until = time.monotonic() + look.timeout.total_seconds() * _SPARE
        for file in facts.gathered.files:
            if file.problem or is_resource(file):
                continue
            left = timedelta(seconds=max(until - time.monotonic(), 0.01))
            try:
                ran[file.path] = process.run(["promtool", "check", "rules", file.path], timeout=left)
            except Unreachable as error:
                hint = "; it comes with Prometheus" if "no such program" in str(error) else ""
                return replace(facts, promtool=ran, no_promtool=f"{error}{hint}")
        return replace(facts, promtool=ran)

    # -------------------------------------------------------------- judge

    def judge(self, facts: Facts) -> Finding:
        """Every flaw, and what is missing."""
        rules = read_rules(facts.gathered.files)
        flaws = [*self._missing(facts, rules), *rules.flaws, *self._of_promtool(facts)]
        flaws += [flaw for alert in rules.alerts for flaw in self._of_alert(alert)]
        drifts = list(self._drifts(facts, rules))
        flaws += [flaw for flaw, _ in drifts if flaw is not None]
        said = f"{counted(len(rules.alerts), 'alert')} in {counted(len(facts.gathered.files), 'file')}"
        measures = [
            Measure("alerts", len(rules.alerts)),
            Measure("files", len(facts.gathered.files)),
            Measure("recordings", rules.recordings),
            Measure("flaws", sum(flaw.outcome is Outcome.FAILED for flaw in flaws)),
            *(Measure(name, count) for name, count in self._by_category(rules).items()),
        ]
        if away := [by for _, by in drifts if by is not None]:
            measures.append(Measure("drift", max(away), "%"))
        return Finding(
            "",
            _worst(flaws),
            f"{said}: {flaws_text(flaws)}" if flaws else said,
            said,
            self._expected(),
            ", ".join(self.files),
            Strength.DOCUMENT,
            measures=tuple(measures) if facts.gathered.files else (),
            samples=len(rules.alerts),
            details=capped(flaws),
        )

    def _missing(self, facts: Facts, rules: Rules) -> Iterator[Detail]:
        for pattern in facts.gathered.without:
            yield Detail(f"no file matches {pattern}", outcome=Outcome.UNKNOWN)
        if not facts.gathered.files:
            return
        if len(facts.gathered.files) < self.min_files:
            yield Detail(f"{counted(len(facts.gathered.files), 'file')}, at least {self.min_files} are expected")
        if len(rules.alerts) < self.min_alerts:
            yield Detail(f"{counted(len(rules.alerts), 'alert')}, at least {self.min_alerts} are expected")
        for name, count in self._by_category(rules).items():
            if not count:
                yield Detail(f"no alert for {name}")
        for severity, least in (self.severities or {}).items():
            number = sum(alert.severity == severity for alert in rules.alerts)
            if number < least:
                yield Detail(f"{counted(number, 'alert')} of severity {severity}, at least {least} expected")

    def _by_category(self, rules: Rules) -> dict[str, int]:
        return {
            name: sum(_belongs(alert, tells) for alert in rules.alerts)
            for name, tells in (self.categories or {}).items()
        }

    def _of_alert(self, alert: Alert) -> Iterator[Detail]:
        name = alert.name or "an alert"
        for label in self.require_labels or ():
            if not alert.labels.get(label, "").strip():
                yield Detail(f"{name} has no label {label}", alert.path, alert.line)
        if self.severities is not None and alert.severity not in self.severities:
            wanted = " or ".join(self.severities)
            have = f"the severity {alert.severity}, not {wanted}" if alert.severity else f"no severity ({wanted})"
            yield Detail(f"{name} has {have}", alert.path, alert.line)
        for annotation in self.require_annotations or ():
            value = alert.annotations.get(annotation, "").strip()
            if not value:
                yield Detail(f"{name} has no annotation {annotation}", alert.path, alert.line)
            elif annotation.endswith("_url") and not _LINK.fullmatch(value):
                yield Detail(f"{name}: {annotation} is no link: {shortened(value, 80)}", alert.path, alert.line)

    def _of_promtool(self, facts: Facts) -> Iterator[Detail]:
        if facts.no_promtool:
            yield Detail(facts.no_promtool, outcome=Outcome.UNKNOWN)
        for path, ran in (facts.promtool or {}).items():
            if ran.exit_code != 0:
                said = shortened(ran.stderr or ran.stdout, 300).replace(f"{path}: ", "")
                yield Detail(f"promtool: {said or f'exit code {ran.exit_code}'}", path)

    def _drifts(self, facts: Facts, rules: Rules) -> Iterator[tuple[Detail | None, float | None]]:
        """For each threshold a flaw or None, and by how many percent it is away from its baseline."""
        held = self.drift_vs_baseline
        if held is None:
            return
        if facts.baseline is None or facts.baseline.problem:
            said = facts.baseline.problem if facts.baseline else f"no file matches {held.file}"
            yield Detail(said, outcome=Outcome.UNKNOWN), None
            return
        for name, wanted in held.alerts.items():
            alerts = [alert for alert in rules.alerts if alert.name == name]
            if not alerts:
                yield Detail(f"there is no alert {name}, whose threshold is held against {held.file}"), None
            try:
                base = _base(facts.baseline, wanted)
            except ValueError as error:
                yield Detail(str(error), facts.baseline.path, outcome=Outcome.UNKNOWN), None
                continue
            for alert in alerts:
                yield self._drift(alert, base, held.tolerance)

    def _drift(self, alert: Alert, base: float, tolerance: float) -> tuple[Detail | None, float | None]:
        limit = threshold(alert.expr)
        if limit is None:
            said = f"{alert.name}: its expr compares with no number that can be read"
            return Detail(said, alert.path, alert.line, Outcome.UNKNOWN), None
        by = abs(limit - base) / abs(base) * 100 if base else math.inf if limit else 0.0
        if by <= tolerance + 1e-9:
            return None, by
        away = f"{shortest(by)} % away from" if base else "away from"
        said = f"{alert.name}: threshold {shortest(limit)} is {away} the baseline {shortest(base)}, at most {tolerance:g} %"
        return Detail(said, alert.path, alert.line), by if base else None

    def _expected(self) -> str:
        parts = [f"valid rules, at least {counted(self.min_alerts, 'alert')} in {counted(self.min_files, 'file')}"]
        parts += [f"alerts for {', '.join(self.categories)}"] if self.categories else []
        parts += [f"severities {', '.join(self.severities)}"] if self.severities else []
        parts += [f"labels {', '.join(self.require_labels)}"] if self.require_labels else []
        parts += [f"annotations {', '.join(self.require_annotations)}"] if self.require_annotations else []
        if self.drift_vs_baseline:
            parts.append(f"thresholds within {self.drift_vs_baseline.tolerance:g} % of {self.drift_vs_baseline.file}")
        return ", ".join(parts)


def _belongs(alert: Alert, tells: str | Mapping[str, str]) -> bool:
    if isinstance(tells, str):
        return found(tells, alert.name) or found(tells, alert.expr)
    return all(alert.labels.get(label) == value for label, value in tells.items())


def _base(file: FileText, wanted: BaselineValue) -> float:
    """The recorded value. Raises ValueError where the file has none under that name."""
    try:
        document = parsed(file.text)
    except ValueError:
        raise ValueError("the baseline is no JSON") from None
    if isinstance(document, dict) and document.get("format") == baseline.FORMAT:
        recorded = baseline.parse(file.text).values.get(wanted.value)
        value: Any = recorded.value if recorded else None
    else:
        value = searched(checked_expression(wanted.value), document)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"the baseline has no number under {wanted.value}")
    return in_unit(float(value), wanted.unit)


def _worst(flaws: list[Detail]) -> Outcome:
    outcomes = {flaw.outcome for flaw in flaws}
    return next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
