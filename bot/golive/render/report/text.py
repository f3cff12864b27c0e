"""The report for people: in a terminal with colours, in a log as plain lines. The headline comes first and last.

What checks found was written by others: every text is folded to one line without control characters before it is painted,
so that no service under test can speak to somebody's terminal. Add a block as one generator called from `lines`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from golive.core.model import Outcome
from golive.core.report import Line, Report
from golive.render.escaping import fold

SIGNS = {
    Outcome.PASSED: ("✓", "passed", "green"), Outcome.FAILED: ("✗", "failed", "red"),
    Outcome.WARNING: ("!", "warning", "yellow"), Outcome.UNKNOWN: ("?", "could not tell", "red"),
    Outcome.BLOCKED: ("⊘", "not run", "magenta"), Outcome.SKIPPED: ("-", "skipped", "bright_black"),
    Outcome.NOT_APPLICABLE: ("-", "does not apply", "bright_black"), Outcome.WAIVED: ("~", "waived", "cyan"),
    Outcome.PENDING: ("…", "waits", "blue"),
}  # fmt: skip
"""Outcome → sign, word, colour."""
_WIDTH = 100
_NARROWEST = 20
_MOST = 2000
"""Characters of one text; what is longer is cut, and the JSON report has all of it."""
_DETAILS = 5

Paint = Callable[[str, str], str]
"""A text and a style → the text in that style."""


def plain(report: Report) -> str:
    """The report as lines without colour."""
    return "\n".join(lines(report, colour=False))


def lines(report: Report, colour: bool, width: int = _WIDTH) -> Iterator[str]:
    """The report, line by line. width: of the terminal, in characters; a word longer than that is not broken."""
    paint = _painted if colour else _bare
    width = max(width, _NARROWEST)
    yield paint(fold(report.headline, _MOST), "bold")
    yield ""
    for category in dict.fromkeys(line.category for line in report.lines):
        yield paint(fold(category) or "checks", "bold")
        for line in report.lines:
            if line.category == category:
                yield from _line(line, paint, width)
        yield ""
    yield from _causes(report, paint, width)
    yield from _blockers(report, paint, width)
    yield from _waived(report, paint, width)
    if report.score is not None and report.score.total is not None:
        factors = ", ".join(f"{name} {value:.1f}" for name, value in report.score.factors.items() if value is not None)
        capped = f"; {report.score.capped}" if report.score.capped else ""
        yield from _row("", f"Score {report.score.total:.2f} of 10 ({factors}{capped})", "  ", width)
    yield tally_text(report)
    yield paint(fold(report.headline, _MOST), "bold")


def tally_text(report: Report) -> str:
    """`27 checks: 13 passed, 8 failed, 2 warnings, 4 skipped`."""
    counted = report.tally
    parts = [
        (counted.passed, "passed"), (counted.failed, "failed"),
        (counted.warnings, "warning" if counted.warnings == 1 else "warnings"), (counted.skipped, "skipped"),
        (counted.waived, "waived"), (counted.pending, "waiting"),
    ]  # fmt: skip
    told = ", ".join(f"{number} {word}" for number, word in parts if number or word in ("passed", "failed"))
    checks = "check" if counted.total == 1 else "checks"
    left_out = f" (of {report.run.planned} in the policy)" if report.run.planned > counted.total else ""
    return f"{counted.total} {checks}{left_out}: {told}"


def _bare(text: str, style: str) -> str:
    return text


def _painted(text: str, style: str) -> str:
    import click

    return click.style(text, bold=True) if style == "bold" else click.style(text, fg=style)


def _row(lead: str, text: str, indent: str, width: int, painted: str = "") -> Iterator[str]:
    """A text behind its lead, wrapped. painted: the lead as it is shown; it is measured without its colours."""
    wrapped = textwrap.wrap(
        fold(text, _MOST), width, initial_indent=lead, subsequent_indent=indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    first, *rest = wrapped or [lead.rstrip()]
    yield (painted or lead) + first[len(lead) :] if wrapped else first
    yield from rest


def _line(line: Line, paint: Paint, width: int) -> Iterator[str]:
    sign, word, style = SIGNS[line.outcome]
    text = f"{line.name}: {word}"
    if line.outcome is Outcome.BLOCKED:
        text += f", because {line.root} did not pass"
    else:
        text += f" (explained by {line.root})" if line.root else ""
        text += f". {line.summary}" if line.summary else ""
    yield from _row(f"  {sign} ", text, "    ", width, f"  {paint(sign, style)} ")
    if line.outcome in (Outcome.FAILED, Outcome.UNKNOWN, Outcome.WARNING):
        for detail in line.details[:_DETAILS]:
            place = f"{detail.path}:{detail.line}: " if detail.line else f"{detail.path}: " if detail.path else ""
            yield from _row("      ", f"{place}{detail.text}", "        ", width)
        if len(line.details) > _DETAILS:
            yield f"      … and {len(line.details) - _DETAILS} more"


def _causes(report: Report, paint: Paint, width: int) -> Iterator[str]:
    for root in report.roots:
        lead = f"One cause explains {len(root.explains)} more: "
        yield from _row(lead, root.sentence, "  ", width, paint(lead, "bold"))
        yield from _row("  ", ", ".join(root.explains), "  ", width)
        yield ""


def _blockers(report: Report, paint: Paint, width: int) -> Iterator[str]:
    by_id = {line.check: line for line in report.lines}
    stops = [by_id[name] for name in report.blocked_by if name in by_id]
    if not stops:
        return
    yield paint("What stops it", "bold")
    for line in stops:
        sign, _, style = SIGNS[line.outcome]
        head = f"{line.name} ({line.severity.value})"
        yield from _row(f"  {sign} ", head, "    ", width, f"  {paint(sign, style)} ")
        for label, text in (
            ("Issue", line.summary), ("Expected", line.expected), ("Taken at", line.source), ("Impact", line.impact),
            ("Action", line.action), ("Owner", line.owner),
        ):  # fmt: skip
            if text:
                yield from _row("      ", f"{label}: {text}", "        ", width)
    yield ""


def _waived(report: Report, paint: Paint, width: int) -> Iterator[str]:
    waived = [(line, line.waiver) for line in report.lines if line.waiver is not None]
    if not waived:
        return
    yield paint("Waivers", "bold")
    for line, waiver in waived:
        state = "expired on" if line.waiver_expired else "until"
        given = f"{line.check}: {state} {waiver.expires:%Y-%m-%d}, by {waiver.approver}: {waiver.reason}"
        yield from _row("  ~ ", given, "    ", width, f"  {paint('~', 'cyan')} ")
    yield ""
