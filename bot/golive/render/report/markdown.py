"""The report as Markdown for a job summary: headline, counts, causes, what stops it, warnings, waivers, then everything.

GitHub takes 1 MiB of summary a step; what does not fit is left out from the end, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from golive.core.model import Outcome
from golive.core.report import Line, Report
from golive.render.escaping import md
from golive.render.report.text import tally_text

MOST = 1_000_000
"""Bytes of UTF-8; a little under GitHub's 1 MiB."""
SIGNS = {
    Outcome.PASSED: "✅", Outcome.FAILED: "❌", Outcome.WARNING: "⚠️", Outcome.UNKNOWN: "❓", Outcome.BLOCKED: "🚧",
    Outcome.SKIPPED: "⏭️", Outcome.NOT_APPLICABLE: "⏭️", Outcome.WAIVED: "🩹", Outcome.PENDING: "⏳",
}  # fmt: skip
_OPENS = "<details><summary>Every check</summary>"
VERDICTS = {"GO": "🟢", "CONDITIONAL_GO": "🟡", "WAIT": "🔵", "HOLD": "🟠", "NO_GO": "🔴"}


def dump(report: Report) -> str:
    """The summary."""
    kept: list[str] = []
    size = 0
    for piece in _pieces(report):
        size += len(piece.encode()) + 1
        if size > MOST:
            closing = "\n\n</details>" if _OPENS in kept else ""
            return "\n".join(
                [*kept, f"{closing}\n\n… and more, which does not fit here. The JSON report has all of it.\n"]
            )
        kept.append(piece)
    return "\n".join(kept) + "\n"


def _pieces(report: Report) -> Iterator[str]:
    yield f"## {VERDICTS.get(report.verdict, '')} {md(report.headline, 500)}"
    yield ""
    yield f"**{tally_text(report)}** · {md(report.run.project)} · {md(report.run.target or report.run.policy)}"
    yield ""
    for root in report.roots:
        others = ", ".join(md(name) for name in root.explains)
        yield f"> **One cause explains {len(root.explains)} more.** {md(root.sentence, 500)}<br>{others}"
        yield ""
    by_id = {line.check: line for line in report.lines}
    if stops := [by_id[name] for name in report.blocked_by if name in by_id]:
        yield "### What stops it"
        yield ""
        yield "| | Check | Severity | Issue | What to do |"
        yield "| --- | --- | --- | --- | --- |"
        for line in stops:
            do = md(line.action or (f"Ask {line.owner}" if line.owner else "Mend it and run again"))
            yield f"| {SIGNS[line.outcome]} | {md(line.name)} | {line.severity.value} | {md(line.summary)} | {do} |"
        yield ""
    yield from _section("Warnings", [line for line in report.lines if line.outcome is Outcome.WARNING])
    yield from _section("Waiting", [line for line in report.lines if line.outcome is Outcome.PENDING])
    yield from _waivers(report)
    yield from _score(report)
    yield from _everything(report)


def _section(title: str, lines: list[Line]) -> Iterator[str]:
    if lines:
        yield f"### {title}"
        yield ""
        for line in lines:
            yield f"- {SIGNS[line.outcome]} **{md(line.name)}**: {md(line.summary)}"
        yield ""


def _waivers(report: Report) -> Iterator[str]:
    waived = [line for line in report.lines if line.waiver is not None]
    if waived:
        yield "### Waivers"
        yield ""
    for line in waived:
        waiver = line.waiver
        if waiver is not None:
            state = "**expired**" if line.waiver_expired else "until"
            yield f"- {md(line.name)}: {state} {waiver.expires:%Y-%m-%d}, by {md(waiver.approver)}: {md(waiver.reason)}"
    if waived:
        yield ""


def _score(report: Report) -> Iterator[str]:
    if report.score is None or report.score.total is None:
        return
    capped = f" ({md(report.score.capped)})" if report.score.capped else ""
    yield f"### Score {report.score.total:.2f} of 10{capped}"
    yield ""
    yield "| Category | Weight | Factor |"
    yield "| --- | ---: | ---: |"
    for name, factor in report.score.factors.items():
        yield f"| {md(name)} | {report.score.weights[name]:g} | {'–' if factor is None else f'{factor:.1f}'} |"
    yield ""


def _everything(report: Report) -> Iterator[str]:
    yield _OPENS
    yield ""
    yield "| | Check | Measured | Expected | Taken at | Evidence |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for line in report.lines:
        measured = line.measured or line.summary
        cells = [md(line.name), md(measured), md(line.expected), md(line.source), md(line.strength)]
        yield f"| {SIGNS[line.outcome]} | {' | '.join(cells)} |"
    yield ""
    yield "</details>"
    yield ""
    at = f"{report.run.started_at:%Y-%m-%d %H:%M} UTC"
    commit = f" · commit {md(report.run.commit[:12])}" if report.run.commit else ""
    yield f"<sub>golive {md(report.run.golive)} · {at} · {report.run.seconds:.1f} s{commit} · {md(report.run.policy)}</sub>"
