"""The report as one page that needs nothing else: no script, nothing from outside; light, dark, and on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass

from golive.core.model import Outcome
from golive.core.report import Line, Report
from golive.core.units import amount
from golive.render.report.text import SIGNS, tally_text
from golive.render.templates import asset, fill

TONES = {
    Outcome.PASSED: "good", Outcome.FAILED: "bad", Outcome.UNKNOWN: "bad", Outcome.WARNING: "mild",
    Outcome.BLOCKED: "blocked", Outcome.SKIPPED: "quiet", Outcome.NOT_APPLICABLE: "quiet", Outcome.WAIVED: "quiet",
    Outcome.PENDING: "wait",
}  # fmt: skip
VERDICTS = {"GO": "good", "CONDITIONAL_GO": "mild", "WAIT": "wait", "HOLD": "mild", "NO_GO": "bad"}
_AROUND = 2 * math.pi * 42


@dataclass(frozen=True)
class Arc:
    """A piece of the ring. dash: its length and the rest of the way around; turn: where it begins."""

    tone: str
    word: str
    count: int
    dash: str
    turn: float


def dump(report: Report) -> str:
    """The page."""
    by_id = {line.check: line for line in report.lines}
    categories = list(dict.fromkeys(line.category for line in report.lines))
    return fill(
        "documents/report.html.j2",
        report=report,
        tone=VERDICTS[report.verdict],
        tally=tally_text(report),
        arcs=arcs(report),
        stops=[by_id[name] for name in report.blocked_by if name in by_id],
        by_id=by_id,
        groups=[(name or "checks", [line for line in report.lines if line.category == name]) for name in categories],
        signs=SIGNS,
        tones=TONES,
        amount=amount,
        took=_took,
        style=asset("documents/report.css"),
    )


def arcs(report: Report) -> list[Arc]:
    """The ring of outcomes, good ones first, in whole checks."""
    order = ("good", "mild", "wait", "quiet", "blocked", "bad")
    words = {
        "good": "passed", "mild": "warnings", "wait": "waiting", "quiet": "aside", "blocked": "not run", "bad": "failed",
    }  # fmt: skip
    total = max(1, len(report.lines))
    made: list[Arc] = []
    before = 0
    for tone in order:
        count = sum(TONES[line.outcome] == tone for line in report.lines)
        if count:
            length = _AROUND * count / total
            made.append(
                Arc(tone, words[tone], count, f"{length:.2f} {_AROUND - length:.2f}", 360 * before / total - 90)
            )
        before += count
    return made


def _took(line: Line) -> str:
    return amount(line.seconds, "s") if line.seconds else ""
