"""The report as JUnit XML: a suite for each category, a case for each check.

`failed` is a failure, `unknown` an error, what was not run is skipped with its reason, and a warning passes with a word on
standard output. Source: the schema that Jenkins' xUnit plugin publishes for JUnit.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from golive.core.model import Outcome
from golive.core.report import Line, Report

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any form."""
_SKIPPED = frozenset({
    Outcome.SKIPPED, Outcome.BLOCKED, Outcome.NOT_APPLICABLE, Outcome.WAIVED, Outcome.PENDING,
})  # fmt: skip


def dump(report: Report) -> str:
    """The whole document."""
    categories = dict.fromkeys(line.category for line in report.lines)
    suites = [_suite(report, name, [line for line in report.lines if line.category == name]) for name in categories]
    counts = _counts(report.lines)
    head = f"<testsuites name={_attribute('golive')} {counts} time={_attribute(f'{report.run.seconds:.3f}')}>"
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]) + "\n"


def _counts(lines: tuple[Line, ...] | list[Line]) -> str:
    def of(*outcomes: Outcome) -> int:
        return sum(line.outcome in outcomes for line in lines)

    counted = {
        "tests": len(lines), "failures": of(Outcome.FAILED), "errors": of(Outcome.UNKNOWN), "skipped": of(*_SKIPPED),
    }  # fmt: skip
    return " ".join(f'{name}="{number}"' for name, number in counted.items())


def _suite(report: Report, category: str, lines: list[Line]) -> str:
    run = report.run
    properties = {
        "golive.version": run.golive, "golive.verdict": report.verdict, "golive.headline": report.headline,
        "golive.target": run.target, "golive.commit": run.commit,
    }  # fmt: skip
    told = "".join(
        f"<property name={_attribute(name)} value={_attribute(text)}/>" for name, text in properties.items() if text
    )
    time = f"{sum(line.seconds for line in lines):.3f}"
    name = _attribute(category or "checks")
    stamp = _attribute(f"{run.started_at:%Y-%m-%dT%H:%M:%S}")
    head = f"  <testsuite name={name} {_counts(lines)} time={_attribute(time)} timestamp={stamp}>"
    cases = [_case(report, line) for line in lines]
    return "\n".join([head, f"    <properties>{told}</properties>", *cases, "  </testsuite>"])


def _case(report: Report, line: Line) -> str:
    of = ".".join(part for part in (report.run.project, line.category) if part)
    head = f"    <testcase name={_attribute(line.name)} classname={_attribute(of)} time={_attribute(f'{line.seconds:.3f}')}>"
    properties = {
        "golive.check": line.check,
        "golive.outcome": line.outcome.value,
        "golive.severity": line.severity.value,
    }
    told = "".join(f"<property name={_attribute(n)} value={_attribute(t)}/>" for n, t in properties.items())
    return f"{head}<properties>{told}</properties>{_outcome(line)}</testcase>"


def _outcome(line: Line) -> str:
    summary = _attribute(line.summary or line.outcome.value)
    if line.outcome is Outcome.FAILED:
        return f'<failure message={summary} type="failed">{_text(_body(line))}</failure>'
    if line.outcome is Outcome.UNKNOWN:
        return f'<error message={summary} type="unknown">{_text(_body(line))}</error>'
    if line.outcome in _SKIPPED:
        return f"<skipped message={_attribute(f'{line.outcome.value}: {line.summary}')}/>"
    return f"<system-out>{_text(_body(line))}</system-out>"


def _body(line: Line) -> str:
    parts = {
        "Found": line.summary, "Measured": line.measured, "Expected": line.expected, "Taken at": line.source,
        "Evidence": line.strength, "Impact": line.impact, "Action": line.action,
        "Explained by": line.root if line.outcome is not Outcome.BLOCKED else "",
    }  # fmt: skip
    details = [
        f"{d.path}:{d.line}: {d.text}" if d.line else f"{d.path}: {d.text}" if d.path else d.text for d in line.details
    ]
    return "\n".join([*(f"{name}: {text}" for name, text in parts.items() if text), *details])


def _legal(text: str) -> str:
    return _ILLEGAL.sub("�", text)


def _text(text: str) -> str:
    return escape(_legal(text))


def _attribute(text: str) -> str:
    return quoteattr(_legal(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
