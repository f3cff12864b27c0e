"""The report for people: in a terminal with colours, in a log as plain lines. The headline comes first and last."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from golive.core.model import Outcome
from golive.core.report import Line, Report

SIGNS = {
    Outcome.PASSED: ("✓", "passed", "green"), Outcome.FAILED: ("✗", "failed", "red"),
    Outcome.WARNING: ("!", "warning", "yellow"), Outcome.UNKNOWN: ("?", "could not tell", "red"),
    Outcome.BLOCKED: ("⊘", "not run", "magenta"), Outcome.SKIPPED: ("-", "skipped", "bright_black"),
    Outcome.NOT_APPLICABLE: ("-", "does not apply", "bright_black"), Outcome.WAIVED: ("~", "waived", "cyan"),
    Outcome.PENDING: ("…", "waits", "blue"),
}  # fmt: skip
"""Outcome → sign, word, colour."""
_WIDTH = 100
_DETAILS = 5


def plain(report: Report) -> str:
    """The report as lines without colour."""
    return "\n".join(lines(report, colour=False))


def lines(report: Report, colour: bool, width: int = _WIDTH) -> Iterator[str]:
    """The report, line by line."""
    paint = _painted if colour else _bare
    yield paint(report.headline, "bold")
    yield ""
    for category in dict.fromkeys(line.category for line in report.lines):
        yield paint(category or "checks", "bold")
        for line in report.lines:
            if line.category == category:
                yield from _line(line, paint, width)
        yield ""
    yield from _causes(report, paint, width)
    yield from _blockers(report, paint, width)
    yield from _waived(report, paint)
    if report.score is not None and report.score.total is not None:
        factors = ", ".join(f"{name} {value:.1f}" for name, value in report.score.factors.items() if value is not None)
        capped = f", {report.score.capped}" if report.score.capped else ""
        yield f"Score {report.score.total:.2f} of 10 ({factors}{capped})"
    yield tally_text(report)
    yield paint(report.headline, "bold")


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


Paint = Callable[[str, str], str]
"""A text and a style → the text in that style."""


def _bare(text: str, style: str) -> str:
    return text


def _painted(text: str, style: str) -> str:
    import click

    return click.style(text, bold=True) if style == "bold" else click.style(text, fg=style)


def _line(line: Line, paint: Paint, width: int) -> Iterator[str]:
    sign, word, style = SIGNS[line.outcome]
    cause = f" (explained by {line.root})" if line.root and line.outcome is not Outcome.BLOCKED else ""
    head = f"  {paint(sign, style)} {line.name}: {paint(word, style)}{cause}"
    if line.outcome is Outcome.BLOCKED:
        yield f"{head}, because {line.root} did not pass"
    else:
        yield from _wrapped(f"{head}. {line.summary}" if line.summary else head, "    ", width)
    if line.outcome in (Outcome.FAILED, Outcome.UNKNOWN, Outcome.WARNING):
        for detail in line.details[:_DETAILS]:
            place = f"{detail.path}:{detail.line}: " if detail.line else f"{detail.path}: " if detail.path else ""
            yield from _wrapped(f"      {place}{detail.text}", "        ", width)
        if len(line.details) > _DETAILS:
            yield f"      … and {len(line.details) - _DETAILS} more"


def _causes(report: Report, paint: Paint, width: int) -> Iterator[str]:
    for root in report.roots:
        count = len(root.explains)
        yield from _wrapped(f"{paint('One cause', 'bold')} explains {count} more: {root.sentence}", "  ", width)
        yield from _wrapped(f"  {', '.join(root.explains)}", "  ", width)
        yield ""


def _blockers(report: Report, paint: Paint, width: int) -> Iterator[str]:
    if not report.blocked_by:
        return
    by_id = {line.check: line for line in report.lines}
    yield paint("What stops it", "bold")
    for name in report.blocked_by:
        line = by_id.get(name)
        if line is None:
            continue
        yield from _wrapped(f"  {paint('✗', 'red')} {line.name} ({line.severity.value})", "    ", width)
        for label, text in (
            ("Issue", line.summary), ("Expected", line.expected), ("Taken at", line.source), ("Impact", line.impact),
            ("Action", line.action), ("Owner", line.owner),
        ):  # fmt: skip
            if text:
                yield from _wrapped(f"      {label}: {text}", "        ", width)
    yield ""


def _waived(report: Report, paint: Paint) -> Iterator[str]:
    for line in report.lines:
        if line.waiver is None:
            continue
        state = "expired" if line.waiver_expired else "until"
        given = f"{state} {line.waiver.expires:%Y-%m-%d}, by {line.waiver.approver}: {line.waiver.reason}"
        yield from _wrapped(f"  {paint('~', 'cyan')} {line.check}: waiver {given}", "    ", _WIDTH)


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    flat = "".join(character if character.isprintable() or character in "\x1b" else " " for character in text)
    return textwrap.wrap(
        flat, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    ) or [""]
