"""What `golive check --github` adds in a workflow: the step's outputs, the job's summary, and a remark for each blocker.

An output is added here, in `actions/check/action.yml`, and the tables are made anew (`tests/action_pages.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from golive.cli import writing
from golive.cli.workflow_commands import annotation, set_outputs, summarise
from golive.core.errors import Misconfigured
from golive.core.findings import Judged
from golive.core.report import Report
from golive.core.reporting import is_sha, sent
from golive.render.escaping import fold
from golive.render.report.markdown import dump
from golive.settings import Runner

OUTPUTS = (
    "verdict",
    "headline",
    "score",
    "blockers",
    "counts",
    "results_path",
    "junit_path",
    "sarif_path",
    "gate_path",
)
"""Names of the step's outputs."""
KEPT = {"results_path": ".json", "junit_path": ".xml", "sarif_path": ".sarif"}
"""Output → how the name of the file ends that it names."""
MOST = 10
"""Remarks of one step that GitHub shows. Source: GitHub's documentation, "Workflow commands", and its limits of annotations."""


def outputs(report: Report, saved: Sequence[Path], gate: Path | None = None) -> Mapping[str, str]:
    """The step's outputs, all of them always there; a file that was not saved is an empty text. gate: see `for_gate`."""
    total = report.score.total if report.score is not None else None
    paths = {
        name: next((str(path.resolve()) for path in saved if path.name.endswith(end)), "") for name, end in KEPT.items()
    }
    return {
        "verdict": report.verdict,
        "headline": fold(report.headline, 1000),
        "score": "" if total is None else f"{round(total, 2):g}",
        "blockers": json.dumps(list(report.blocked_by)),
        "counts": json.dumps(dict(report.counts)),
        **paths,
        "gate_path": str(gate.resolve()) if gate else "",
    }


def remarks(report: Report) -> Iterator[str]:
    """A command for each check that stops the release, as many as GitHub shows."""
    by_id = {line.check: line for line in report.lines}
    for check in report.blocked_by[:MOST]:
        line = by_id[check]
        told = f"{line.summary}. {line.action}" if line.action else line.summary
        yield annotation("failure", told, title=f"golive: {line.name}")


def tell(report: Report, saved: Sequence[Path], gate: Path | None, runner: Runner) -> Iterator[str]:
    """Set the outputs and add the summary; the lines to print come back."""
    set_outputs(runner.output, outputs(report, saved, gate))
    summarise(runner.step_summary, dump(report))
    yield from remarks(report)


def for_gate(file: Path, judged: Sequence[Judged], pull: int, head: str, runner: Runner) -> None:
    """Write what a runner found for `golive gate --results`. pull/head: of what; as the event says, where they are empty.

    Raises Misconfigured where nobody says of what, or the file cannot be written.
    """
    of_event = _pull_of(runner)
    pull, head = pull or of_event.get("number", 0), head or of_event.get("head", {}).get("sha", "")
    if not pull or not is_sha(str(head)):
        raise Misconfigured(
            "Of which pull request and head are these results? The event says neither: --pull and --head."
        )
    told = sent((one for one in judged if one.rule.on_runner), pull, head)
    if not told["results"]:
        raise Misconfigured("Nothing was found here that a runner reports: which checks say `where: runner`?")
    writing.keep(file, json.dumps(told, indent=2) + "\n")


def _pull_of(runner: Runner) -> dict[str, Any]:
    """The pull request of the event that started the run; empty where it is of none."""
    try:
        told = json.loads(runner.event_path.read_text(encoding="utf-8")) if runner.event_path else {}
    except (OSError, ValueError):
        return {}
    found = told.get("pull_request") if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}
