"""The report in Prometheus' text format, for a textfile collector. Source: the exposition format, version 0.0.4."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from golive.core.model import Verdict
from golive.core.report import Line, Report
from golive.core.units import as_float

Sample = tuple[Mapping[str, str], float]


def dump(report: Report) -> str:
    """Every family with its help and type."""
    at = report.run.started_at.timestamp() + report.run.seconds
    families: list[tuple[str, str, list[Sample]]] = [
        ("golive_verdict", "1 for the verdict of the run, 0 for the others.",
         [({"verdict": v.name}, float(v.name == report.verdict)) for v in Verdict]),
        ("golive_checks", "Checks by outcome.", [({"outcome": name}, float(n)) for name, n in report.counts.items()]),
        ("golive_check_status", "1 for the outcome of each check.",
         [({**_labels(line), "outcome": line.outcome.value}, 1.0) for line in report.lines]),
        ("golive_check_seconds", "How long each check took.", [(_labels(line), line.seconds) for line in report.lines]),
        ("golive_check_measure", "What each check measured, in its canonical unit.", list(_measures(report.lines))),
        ("golive_run_seconds", "How long the run took.", [({}, report.run.seconds)]),
        ("golive_report_timestamp_seconds", "When the run ended.", [({}, at)]),
        ("golive_partial", "1 where checks were left out.", [({}, float(report.run.partial))]),
    ]  # fmt: skip
    if report.score is not None and report.score.total is not None:
        families.append(("golive_score", "The readiness score, 0 to 10.", [({}, report.score.total)]))
        factors = [({"category": name}, value) for name, value in report.score.factors.items() if value is not None]
        families.append(("golive_score_factor", "Each category's factor, 0 to 10.", list(factors)))
    return "".join(_family(name, text, samples) for name, text, samples in families if samples)


def _labels(line: Line) -> dict[str, str]:
    return {"check": line.check, "category": line.category, "severity": line.severity.value}


def _measures(lines: Iterable[Line]) -> Iterable[Sample]:
    for line in lines:
        named = set()
        for one in line.measures:
            if not isinstance(one.value, str) and one.name not in named:
                named.add(one.name)
                yield {"check": line.check, "name": one.name, "unit": one.unit}, as_float(one.value)


def _family(name: str, text: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        told = ",".join(f'{key}="{_escaped(one)}"' for key, one in labels.items())
        lines.append(f"{name}{{{told}}} {_number(value)}" if told else f"{name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
