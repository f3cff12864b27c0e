"""`alertmanager`: Alertmanager is ready, tells the right people, and nothing that matters is alerting.

Asks its API v2. That it answers and is ready is always asserted: its cluster is `ready`, or it runs without one.

Options:

- `url` (required): where Alertmanager is, without `/api/v2`. The API v1 was removed in version 0.27 and is not asked.
- `min_version`: the oldest version that is good enough, `0.27`.
- `receivers`: names of receivers that its configuration must have.
- `routes`: severity → the receiver, or list of receivers, that an alert with this label `severity` must reach, by walking
  the route tree of its configuration; other receivers may be told as well. A receiver that sends nothing to anybody does not
  count.
- `route_labels`: labels that such an alert has besides, `{team: shop}`.
- `inhibit_rules`: how many inhibition rules there must be at least.
- `max_active`: how many alerts may be in `state` at most, or severity → how many.
- `state`: which alerts `max_active` counts: `active` (default), `suppressed` (silenced or inhibited), `unprocessed`, or a
  list of them. A firing alert is `active` in Alertmanager; Prometheus alone says `firing`.
- `matching`: only alerts with these labels are counted, `{service: shop}`.
- `max_silences`: how many silences may be active at most.
- `silence_ends_within`: how far away the end of every active silence may be (`7d`), so that none is forgotten.
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `active`, `suppressed`, `unprocessed` (alerts, of those `matching`), `silences` (active ones), `receivers`,
`inhibit_rules`, and `active.SEVERITY` for each severity there is or the options name.

Example:

    - id: nobody-is-paged
      uses: alertmanager
      with:
        url: "${target}"
        min_version: "0.25"
        routes: {critical: [pagerduty], warning: slack}
        inhibit_rules: 1
        max_active: {critical: 0}
        silence_ends_within: 7d

Outcomes: `passed`; `failed` (each thing that is not so is named; alerts with their names); `unknown` (no answer, or a part
of its configuration that cannot be followed). The result counts for 15 minutes. Source: Alertmanager's OpenAPI document of
its API v2. What its configuration says besides routes is not shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from golive.checks.alertroutes import Routes, read_routes, told_of
from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.options import Duration
from golive.checks.paths import age_text, flaws_text
from golive.checks.replies import Asker, capped, counted, joined, side_by_side
from golive.checks.webapi import Told, asked, listed, shortened, table
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Look

STATES = ("unprocessed", "active", "suppressed")
_STATUS, _ALERTS, _SILENCES = "status", "alerts", "silences"


def alertmanager_url(url: str) -> str:
    """The URL itself. Raises ValueError for one that names an API."""
    if re.search(r"/api/v1\b", url):
        raise ValueError(
            "Alertmanager's API v1 was removed in 0.27; golive asks v2: write where Alertmanager is, without /api"
        )
    if re.search(r"/api\b", url) or urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError("write where Alertmanager is, without /api/v2 and without a query")
    return url


def _states(given: Any) -> Any:
    items = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given
    if not isinstance(items, tuple) or not items:
        raise ValueError(f"name at least one state: {', '.join(STATES)}")
    for item in items:
        if item == "firing":
            raise ValueError("Alertmanager knows no state `firing`; an alert is unprocessed, active or suppressed")
        if item not in STATES:
            raise ValueError(f"expected {', '.join(STATES[:-1])} or {STATES[-1]}, got {item!r}")
    return tuple(sorted(set(items)))


def _version(text: str) -> str:
    if not re.fullmatch(r"\d{1,5}(\.\d{1,5}){0,2}", text):
        raise ValueError(f"expected a version like 0.27 or 0.27.1, got {text!r}")
    return text


def _several(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


AlertmanagerUrl = Annotated[WebUrl, AfterValidator(alertmanager_url)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Labels = Annotated[dict[Word, str], Field(min_length=1)]
Names = Annotated[
    list[Word],
    BeforeValidator(_several),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]}),
]
Number = Annotated[int, Field(ge=0)]
States = Annotated[
    tuple[str, ...],
    BeforeValidator(_states),
    WithJsonSchema(
        {"anyOf": [{"enum": list(STATES)}, {"type": "array", "minItems": 1, "items": {"enum": list(STATES)}}]}
    ),
]


@dataclass(frozen=True)
class Heard:
    """What Alertmanager answered, by what was asked, and when that was."""

    told: Mapping[str, Told]
    at: datetime


class AlertmanagerCheck(Asks):
    """Options, collecting and judging of the kind `alertmanager`; the module's text is its reference."""

    kind: ClassVar[str] = "alertmanager"
    measures: ClassVar[Mapping[str, str]] = {
        "active": "", "suppressed": "", "unprocessed": "", "silences": "", "receivers": "", "inhibit_rules": "", "*": "",
    }  # fmt: skip
    ran_against: ClassVar[str] = "Alertmanager 0.25"

    url: AlertmanagerUrl
    min_version: Annotated[str, AfterValidator(_version)] | None = None
    receivers: Names | None = None
    routes: Annotated[dict[Word, Names] | None, Field(min_length=1)] = None
    route_labels: Labels | None = None
    inhibit_rules: Annotated[int, Field(ge=1)] | None = None
    max_active: Number | Annotated[dict[Word, Number], Field(min_length=1)] | None = None
    state: States = ("active",)
    matching: Labels | None = None
    max_silences: Number | None = None
    silence_ends_within: Duration | None = None

    @model_validator(mode="after")
    def _belong(self) -> AlertmanagerCheck:
        if self.route_labels and not self.routes:
            raise ValueError("`route_labels` go with `routes`")
        if self.state != ("active",) and self.max_active is None:
            raise ValueError("`state` goes with `max_active`")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    def collect(self, look: Look) -> Heard:
        """Ask for its status, its alerts and its silences."""
        asker, secret = Asker(look), self.credentials(look, self.url)
        names = (_STATUS, _ALERTS, _SILENCES)
        told = side_by_side(lambda name: asked(asker, joined(self.url, f"/api/v2/{name}"), secret, words), names)
        return Heard(dict(zip(names, map(explained, told), strict=True)), look.now)

    def judge(self, facts: Heard) -> Finding:
        """Name everything that is not as it should be."""
        status = table(facts.told[_STATUS].document)
        problem = next((told.problem for told in facts.told.values() if told.problem), "")
        source = facts.told[_STATUS].url or joined(self.url, "/api/v2/status")
        if problem:
            return Finding("", Outcome.UNKNOWN, problem, "no answer", self._expected(), source)
        flaws = list(self._of_status(status))
        measures: list[Measure] = []
        try:
            routes = read_routes(str(table(status.get("config")).get("original", "")))
            measures += [Measure("receivers", len(routes.receivers)), Measure("inhibit_rules", routes.inhibit_rules)]
            flaws += self._of_routes(routes)
        except ValueError as error:
            flaws.append(Detail(str(error), outcome=Outcome.UNKNOWN))
        alerts = [table(one) for one in listed(facts.told[_ALERTS].document)]
        alerts = [one for one in alerts if self._counts(one)]
        silences = [one for one in map(table, listed(facts.told[_SILENCES].document)) if _state(one) == "active"]
        flaws += [*self._of_alerts(alerts), *self._of_silences(silences, facts.at)]
        version = table(status.get("versionInfo")).get("version", "of no version")
        measured = f"{version}, {counted(sum(_state(one) == 'active' for one in alerts), 'active alert')}"
        summary = f"Alertmanager {measured}" + (f": {flaws_text(flaws)}" if flaws else "")
        return Finding(
            "",
            _worst(flaws),
            summary,
            measured,
            self._expected(),
            source,
            measures=(*_counted(alerts, self._severities()), Measure("silences", len(silences)), *measures),
            details=capped(flaws),
        )

    def _of_status(self, status: Mapping[str, Any]) -> Iterator[Detail]:
        cluster = table(status.get("cluster")).get("status")
        if cluster not in ("ready", "disabled"):
            yield Detail(f"its cluster is {cluster or 'of no status'}, not ready")
        if self.min_version is None:
            return
        version = str(table(status.get("versionInfo")).get("version", ""))
        have = re.match(r"\d+(\.\d+)*", version)
        if have is None:
            yield Detail(f"its version {shortened(version, 40)!r} cannot be compared", outcome=Outcome.UNKNOWN)
        elif _numbers(have[0]) < _numbers(self.min_version):
            yield Detail(f"version {have[0]}, at least {self.min_version} is expected")

    def _of_routes(self, routes: Routes) -> Iterator[Detail]:
        for name in self.receivers or ():
            if name not in routes.receivers:
                yield Detail(f"there is no receiver {name}; there are {', '.join(routes.receivers) or 'none'}")
        if self.inhibit_rules is not None and routes.inhibit_rules < self.inhibit_rules:
            have = counted(routes.inhibit_rules, "inhibition rule")
            yield Detail(f"{have}, at least {self.inhibit_rules} expected")
        for severity, wanted in (self.routes or {}).items():
            told = told_of(routes, {**(self.route_labels or {}), "severity": severity})
            for name in wanted:
                if name not in told:
                    yield Detail(f"severity {severity} reaches {' and '.join(told) or 'nobody'}, not {name}")
                elif name in routes.silent:
                    yield Detail(f"severity {severity} reaches {name}, which sends nothing to anybody")

    def _counts(self, alert: Mapping[str, Any]) -> bool:
        labels = table(alert.get("labels"))
        return all(labels.get(name) == value for name, value in (self.matching or {}).items())

    def _of_alerts(self, alerts: list[Mapping[str, Any]]) -> Iterator[Detail]:
        if self.max_active is None:
            return
        held = [one for one in alerts if _state(one) in self.state]
        limits = self.max_active if isinstance(self.max_active, dict) else {"": self.max_active}
        for severity, most in limits.items():
            those = [one for one in held if not severity or table(one.get("labels")).get("severity") == severity]
            if len(those) > most:
                names = Counter(str(table(one.get("labels")).get("alertname", "an alert")) for one in those)
                shown = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in names.most_common(5))
                of = f" of severity {severity}" if severity else ""
                state = " or ".join(self.state)
                yield Detail(f"{len(those)} {state}{of}, at most {most} expected: {shortened(shown, 200)}")

    def _of_silences(self, silences: list[Mapping[str, Any]], now: datetime) -> Iterator[Detail]:
        if self.max_silences is not None and len(silences) > self.max_silences:
            yield Detail(f"{counted(len(silences), 'active silence')}, at most {self.max_silences} expected")
        for one in silences if self.silence_ends_within else ():
            try:
                left = datetime.fromisoformat(str(one.get("endsAt", ""))) - now
            except (ValueError, TypeError):
                yield Detail(f"the silence {one.get('id')} says no end that can be read", outcome=Outcome.UNKNOWN)
                continue
            if self.silence_ends_within and left > self.silence_ends_within:
                whose = shortened(f"{one.get('createdBy', '')}: {one.get('comment', '')}", 120)
                most = duration_text(self.silence_ends_within)
                yield Detail(f"the silence of {whose} ends in {age_text(left)}, at most {most} expected")

    def _severities(self) -> set[str]:
        """Those that the options name, so that none of them is missing where there is no such alert."""
        return {*(self.routes or {}), *(self.max_active if isinstance(self.max_active, dict) else ())}

    def _expected(self) -> str:
        parts = ["ready"]
        parts += [f"at least version {self.min_version}"] if self.min_version else []
        parts += [f"receivers {', '.join(self.receivers)}"] if self.receivers else []
        parts += [f"{severity} to {' and '.join(names)}" for severity, names in (self.routes or {}).items()]
        parts += [f"at least {counted(self.inhibit_rules, 'inhibition rule')}"] if self.inhibit_rules else []
        if isinstance(self.max_active, dict):
            parts += [f"at most {most} of severity {severity}" for severity, most in self.max_active.items()]
        elif self.max_active is not None:
            parts.append(f"at most {self.max_active} {' or '.join(self.state)}")
        parts += [f"at most {counted(self.max_silences, 'silence')}"] if self.max_silences is not None else []
        parts += [f"silences end within {duration_text(self.silence_ends_within)}"] if self.silence_ends_within else []
        return ", ".join(parts)


def words(document: Any) -> str:
    """Alertmanager's own words: API v2 answers errors with a text, its frame with `{code, message}`."""
    return document if isinstance(document, str) else str(table(document).get("message", ""))


def explained(told: Told) -> Told:
    """The same; a 410 says what it means."""
    if told.status != 410:
        return told
    why = f"{told.problem}; Alertmanager answers so for its API v1, which was removed in 0.27: ask where API v2 is"
    return Told(told.url, None, why, told.status, told.headers)


def _state(one: Mapping[str, Any]) -> str:
    return str(table(one.get("status")).get("state", ""))


def _counted(alerts: list[Mapping[str, Any]], severities: set[str]) -> Iterator[Measure]:
    states = Counter(map(_state, alerts))
    for state in ("active", "suppressed", "unprocessed"):
        yield Measure(state, states[state])
    of = Counter(str(table(one.get("labels")).get("severity", "")) for one in alerts if _state(one) == "active")
    for severity in sorted({*of, *severities}):
        if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", severity):
            yield Measure(f"active.{severity}", of[severity])


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(part) for part in version.split(".")]
    return tuple(found + [0] * (3 - len(found)))


def _worst(flaws: list[Detail]) -> Outcome:
    outcomes = {flaw.outcome for flaw in flaws}
    return next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
