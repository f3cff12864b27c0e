"""`github_alerts`: no more security alerts of GitHub are open than may be.

Counts the open alerts of code scanning, Dependabot and secret scanning by severity. Where one of those is not switched on
for the repository, or code scanning has never run, there is no count of zero: it cannot be told then.

Options:

- `repository` (required): `acme/shop`.
- `api`: where the REST API is. Default `https://api.github.com`; on a server of your own `https://HOST/api/v3`.
- `of`: a list of `code-scanning`, `dependabot`, `secret-scanning`. Default: all three.
- `max`: how many open alerts there may be, together, or severity → how many. The severities are `critical`, `high`,
  `medium` and `low`; alerts of code scanning that are no security alerts have `error`, `warning` or `note`. A leaked secret
  is `critical`. Severities that are not named are not limited.
- `ref`: the branch whose code scanning counts, `main`. Default: the repository's default branch.
- `secret`: name of a secret that the operator lends to this repository for the API's host. It needs read access to code
  scanning, Dependabot and secret scanning alerts.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `alerts`, and one for each severity, `critical`, `high`, `medium`, `low`, `error`, `warning`, `note`.

Example:

    - id: no-known-holes
      uses: github_alerts
      with: {repository: acme/shop, max: {critical: 0, high: 0}, secret: github-security}

Outcomes: `passed`; `failed` (each alert that is one too many is named); `unknown` (no answer, not switched on, a refused
token, or more than 2000 alerts to count). Without `max` it only measures; then the policy needs a `pass:`. The result counts
for 15 minutes. Source: GitHub's REST API, pages Code scanning, Dependabot alerts and Secret scanning. What a leaked secret is
is never read into a result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from golive.checks.githubapi import AsksGithub, Entries, GithubAsker
from golive.checks.replies import capped, counted, side_by_side
from golive.checks.webapi import shortened, table
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Look

Severity = Literal["critical", "high", "medium", "low", "error", "warning", "note"]
Source = Literal["code-scanning", "dependabot", "secret-scanning"]
SEVERITIES: tuple[str, ...] = ("critical", "high", "medium", "low", "error", "warning", "note")
Number = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Alert:
    """One open alert. line: 0 where it is about no line."""

    severity: str
    text: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True)
class Heard:
    """The open alerts as GitHub lists them, by what found them."""

    entries: Mapping[str, Entries]


class GithubAlertsCheck(AsksGithub):
    """Options, collecting and judging of the kind `github_alerts`; the module's text is its reference."""

    kind: ClassVar[str] = "github_alerts"
    measures: ClassVar[Mapping[str, str]] = {"alerts": "", **dict.fromkeys(SEVERITIES, "")}
    ran_against: ClassVar[str] = ""

    of: Annotated[list[Source], Field(min_length=1, max_length=3)] | None = None
    max: Number | Annotated[dict[Severity, Number], Field(min_length=1)] | None = None
    ref: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def asserts(self) -> bool:
        """See `ports.Kind`."""
        return self.max is not None

    def collect(self, look: Look) -> Heard:
        """Read every list to its end."""
        github = GithubAsker(self, look)

        def read(source: str) -> Entries:
            query = {"state": "open"}
            if source == "code-scanning" and self.ref:
                query |= {"ref": self.ref if self.ref.startswith("refs/") else f"refs/heads/{self.ref}"}
            if source == "secret-scanning":
                query |= {"hide_secret": "true"}
            return _without_secrets(github.entries(f"/{source}/alerts", **query))

        names = list(dict.fromkeys(self.of or _READ))
        return Heard(dict(zip(names, side_by_side(read, names), strict=True)))

    def judge(self, facts: Heard) -> Finding:
        """Count them by severity."""
        alerts = [_READ[source](one) for source, entries in facts.entries.items() for one in entries.items]
        counts = Counter(one.severity for one in alerts)
        problems = [f"{source}: {entries.problem}" for source, entries in facts.entries.items() if entries.problem]
        problems += [
            f"{source}: there are more alerts than are read" for source, one in facts.entries.items() if one.cut
        ]
        over = list(self._over(counts, len(alerts)))
        outcome = Outcome.FAILED if over else Outcome.UNKNOWN if problems else Outcome.PASSED
        by_severity = ", ".join(f"{counts[name]} {name}" for name in SEVERITIES if counts[name])
        measured = counted(len(alerts), "open alert") + (f" ({by_severity})" if by_severity else "")
        lines = [Detail(text, outcome=Outcome.UNKNOWN) for text in problems]
        lines += [
            Detail(one.text, one.path, one.line, self._weight(one, counts, len(alerts))) for one in _worst(alerts)
        ]
        return Finding(
            "",
            outcome,
            "; ".join([f"{measured}: {', '.join(over)}" if over else measured, *problems]),
            measured,
            self._expected(),
            f"{', '.join(facts.entries)} alerts of {self.place('')}",
            measures=() if problems else _measures(counts, len(alerts)),
            details=capped(lines),
        )

    def _limits(self) -> Mapping[str, int]:
        return {str(name): most for name, most in self.max.items()} if isinstance(self.max, dict) else {}

    def _over(self, counts: Counter[str], number: int) -> Iterator[str]:
        if isinstance(self.max, int) and number > self.max:
            yield f"at most {self.max} expected"
        for severity, most in self._limits().items():
            if counts[severity] > most:
                yield f"{counts[severity]} {severity}, at most {most} expected"

    def _weight(self, alert: Alert, counts: Counter[str], number: int) -> Outcome:
        """Failed where it belongs to those of which there are too many; else only worth mentioning."""
        most = self.max if isinstance(self.max, int) else self._limits().get(alert.severity)
        have = number if isinstance(self.max, int) else counts[alert.severity]
        return Outcome.FAILED if most is not None and have > most else Outcome.WARNING

    def _expected(self) -> str:
        if isinstance(self.max, int):
            return f"at most {counted(self.max, 'open alert')}"
        return ", ".join(f"at most {most} {severity}" for severity, most in self._limits().items())


def _measures(counts: Counter[str], number: int) -> tuple[Measure, ...]:
    return (Measure("alerts", number), *(Measure(name, counts[name]) for name in SEVERITIES))


def _without_secrets(entries: Entries) -> Entries:
    """The same without what leaked; older servers send it whatever is asked."""
    items = tuple({name: value for name, value in one.items() if name != "secret"} for one in entries.items)
    return Entries(items, entries.problem, entries.status, entries.cut)


def _worst(alerts: list[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda one: SEVERITIES.index(one.severity))


def _of_code(alert: Mapping[str, Any]) -> Alert:
    rule, instance = table(alert.get("rule")), table(alert.get("most_recent_instance"))
    place = table(instance.get("location"))
    line = place.get("start_line")
    said = rule.get("description") or rule.get("name") or rule.get("id") or "an alert"
    return Alert(
        _known(rule.get("security_severity_level") or rule.get("severity")),
        _text(alert, f"{said} ({table(alert.get('tool')).get('name', 'code scanning')})"),
        str(place.get("path") or ""),
        line if isinstance(line, int) else 0,
    )


def _of_dependency(alert: Mapping[str, Any]) -> Alert:
    advisory, dependency = table(alert.get("security_advisory")), table(alert.get("dependency"))
    weak = table(alert.get("security_vulnerability"))
    package = table(dependency.get("package")).get("name", "a package")
    said = f"{package}: {advisory.get('summary', '')} ({advisory.get('ghsa_id', '')})"
    severity = _known(weak.get("severity") or advisory.get("severity"))
    return Alert(severity, _text(alert, said), str(dependency.get("manifest_path") or ""))


def _of_secret(alert: Mapping[str, Any]) -> Alert:
    kind = alert.get("secret_type_display_name") or alert.get("secret_type") or "a secret"
    return Alert("critical", _text(alert, f"leaked secret: {kind}"))


_READ = {"code-scanning": _of_code, "dependabot": _of_dependency, "secret-scanning": _of_secret}


def _text(alert: Mapping[str, Any], said: str) -> str:
    return f"#{alert.get('number')} {shortened(said, 200)}"


def _known(severity: Any) -> str:
    """The severity by its name here. What GitHub calls `none` is worth a note; one that is new to us is taken seriously."""
    if severity in SEVERITIES:
        return str(severity)
    return "note" if severity in ("none", None) else "critical"
