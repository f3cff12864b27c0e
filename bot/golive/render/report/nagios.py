"""The report as a Nagios plugin tells it: one line with performance data, then long text; and its exit code.

Source: the Monitoring Plugins Development Guidelines: `TEXT | label=value[unit];warn;crit;min;max`, codes 0 to 3.
"""

from __future__ import annotations

import math
import re

from golive.core.model import Outcome
from golive.core.report import Report
from golive.core.units import as_float

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
_CODES = {"GO": OK, "CONDITIONAL_GO": WARNING, "WAIT": WARNING, "HOLD": WARNING, "NO_GO": CRITICAL}
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_UNITS = {"s": "s", "B": "B", "%": "%"}
_SHOWN = frozenset({Outcome.FAILED, Outcome.UNKNOWN, Outcome.WARNING, Outcome.PENDING})


def exit_code(report: Report) -> int:
    """0 GO, 1 conditional, waiting or held, 2 NO_GO. A run that could not be made has no report, and exits UNKNOWN."""
    return _CODES[report.verdict]


def dump(report: Report) -> str:
    """The plugin's output."""
    counted = report.tally
    data = [f"checks={counted.total};;;0", f"passed={counted.passed};;;0", f"failed={counted.failed};;;0",
            f"warnings={counted.warnings};;;0", f"skipped={counted.skipped};;;0", f"waived={counted.waived};;;0",
            f"time={report.run.seconds:.3f}s;;;0"]  # fmt: skip
    data += [f"{label}={value:.15g}{unit}" for label, (value, unit) in _measured(report).items()]
    head = f"GOLIVE {_WORDS[exit_code(report)]} - {_said(report.headline)}"
    long = [
        f"{line.outcome.value}: {_said(line.name)}: {_said(line.summary)}"
        for line in report.lines
        if line.outcome in _SHOWN
    ]
    return "\n".join([f"{head} | {' '.join(data)}", *long])


def _measured(report: Report) -> dict[str, tuple[float, str]]:
    """Label → value and unit; of two measures that would share a label, the first."""
    found: dict[str, tuple[float, str]] = {}
    for line in report.lines:
        for one in line.measures:
            if not isinstance(one.value, bool | str) and math.isfinite(value := as_float(one.value)):
                label = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{line.check}.{one.name}")
                found.setdefault(label, (value, _UNITS.get(one.unit, "")))
    return found


def _said(text: str) -> str:
    """One line without the sign that begins performance data."""
    return " ".join("".join(c if c.isprintable() and c != "|" else " " for c in text).split())
