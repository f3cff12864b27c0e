"""The report as one page that needs nothing else: no script, nothing from outside; light, dark, and on paper.

What is drawn is counted here; the template holds the shapes, the style sheet beside it the colours. The page's own policy
allows that one style sheet, by its digest, and nothing more.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
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
_WORDS = {
    "good": "passed", "mild": "warnings", "wait": "waiting", "quiet": "aside", "blocked": "not run", "bad": "failed",
}  # fmt: skip
"""Tone → what people call those checks, in the order in which they are drawn."""
_AROUND = 2 * math.pi * 42


@dataclass(frozen=True)
class Part:
    """Checks of one tone among others. start, size: where it begins and how much it takes, as parts of the whole."""

    tone: str
    word: str
    count: int
    start: float
    size: float

    @property
    def dash(self) -> str:
        """Its length on the ring, and the rest of the way around."""
        return f"{_AROUND * self.size:.2f} {_AROUND * (1 - self.size):.2f}"

    @property
    def turn(self) -> str:
        """Degrees at which it begins on the ring, which begins at the top."""
        return f"{360 * self.start - 90:.2f}"


@dataclass(frozen=True)
class Group:
    """The checks of one category."""

    name: str
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(line.outcome is Outcome.PASSED for line in self.lines)


def dump(report: Report) -> str:
    """The page."""
    by_id = {line.check: line for line in report.lines}
    folded = {root.check: root.explains for root in report.roots}
    stops = [by_id[name] for name in report.blocked_by if name in by_id]
    style = asset("documents/report.css")
    return fill(
        "documents/report.html.j2",
        report=report,
        tone=VERDICTS[report.verdict],
        tally=tally_text(report),
        ring_parts=parts(report.lines),
        stops=stops,
        folded=folded,
        causes=[root for root in report.roots if root.check not in {line.check for line in stops}],
        by_id=by_id,
        groups=groups(report.lines),
        signs=SIGNS,
        tones=TONES,
        amount=amount,
        style=style,
        style_digest=digest(style),
    ) + "\n"  # fmt: skip


def digest(style: str) -> str:
    """What a Content-Security-Policy calls a style sheet by: `sha256-…` of its bytes between the tags."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def parts(lines: Sequence[Line]) -> tuple[Part, ...]:
    """The tones among these checks, good ones first, in whole checks."""
    made: list[Part] = []
    total, before = max(1, len(lines)), 0
    for tone, word in _WORDS.items():
        count = sum(TONES[line.outcome] == tone for line in lines)
        if count:
            one = word.removesuffix("s") if count == 1 else word
            made.append(Part(tone, one, count, before / total, count / total))
        before += count
    return tuple(made)


def groups(lines: Sequence[Line]) -> list[Group]:
    """The checks by category, in the report's order."""
    made = []
    for name in dict.fromkeys(line.category for line in lines):
        of = tuple(line for line in lines if line.category == name)
        made.append(Group(name or "checks", of, parts(of)))
    return made
