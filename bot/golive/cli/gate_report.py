"""What a run of `golive gate` tells: one pull request as JSON values, the step's outputs, its remarks and its summary.

A field of the JSON is added here and in the table of `docs/action.md`; one that changes its meaning is another
`SCHEMA_VERSION`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from golive import __version__
from golive.cli.workflow_commands import annotation
from golive.core.decide import Decision
from golive.core.model import PullState, Verdict
from golive.core.score import score
from golive.core.snapshot import Kind, Snapshot
from golive.render import github
from golive.render.checkrun import remarks
from golive.render.escaping import fold
from golive.render.view import look
from golive.wiring.serverless import Looked

SCHEMA_VERSION = 1
OUTPUTS = ("verdict", "reason_code", "decision", "score", "blockers", "waiting_on", "report_path", "check_run_url")
"""Names of the step's outputs."""
EXIT_CODES = {Verdict.NO_GO: 1, Verdict.HOLD: 5, Verdict.WAIT: 4}
FAILS = {
    "never": frozenset[Verdict](),
    "no_go": frozenset({Verdict.NO_GO}),
    "hold": frozenset({Verdict.NO_GO, Verdict.HOLD}),
    "wait": frozenset({Verdict.NO_GO, Verdict.HOLD, Verdict.WAIT}),
}
"""`--fail-on` → the verdicts that fail the step."""
COULD_NOT_TELL = 3
MOST_NAMES = 10


def verdict_of(one: Looked) -> Verdict:
    """Its verdict; what is no release where only releases may land is a NO_GO, and what could not be looked at a HOLD."""
    if one.decision is None:
        return Verdict.HOLD
    if one.decision.kind is Kind.OTHER and one.decision.state == "failure":
        return Verdict.NO_GO
    return one.decision.verdict


def worst(looked: Sequence[Looked]) -> Looked | None:
    """The one that the step's outputs are about: the worst, of several the first."""
    return max(looked, key=lambda one: (one.decision is None, verdict_of(one)), default=None)


def exit_code(looked: Sequence[Looked], fail_on: str) -> int:
    """As `golive check` ends: 1 NO_GO, 5 HOLD, 4 WAIT where that is to fail; 3 where one could not be looked at."""
    if any(one.decision is None for one in looked):
        return COULD_NOT_TELL
    failing = [verdict for one in looked if (verdict := verdict_of(one)) in FAILS[fail_on]]
    return EXIT_CODES[max(failing)] if failing else 0


def told(one: Looked, repository: str) -> dict[str, Any]:
    """One pull request as JSON values."""
    common = {"schema_version": SCHEMA_VERSION, "golive": __version__, "repository": repository, "pull": one.number}
    if one.decision is None or one.snapshot is None:
        return {**common, "verdict": "UNKNOWN", "reason_code": "not_looked_at", "headline": one.failed, "notes": []}
    snapshot, decision = one.snapshot, one.decision
    return {
        **common,
        "head_sha": snapshot.pull.revision.head_sha,
        "kind": decision.kind.value,
        "verdict": verdict_of(one).name,
        "reason_code": _code(snapshot, decision),
        "headline": decision.headline,
        "merged": snapshot.pull.state is PullState.MERGED,
        "score": _score(snapshot, decision),
        "blockers": _blockers(decision),
        "waiting_on": _waiting_on(decision),
        "check_run_url": one.check_run_url,
        "next_look": one.next_at.isoformat() if one.next_at else None,
        "notes": list(one.notes),
    }


def _code(snapshot: Snapshot, decision: Decision) -> str:
    if decision.reasons:
        return decision.reasons[0].code
    if decision.kind is Kind.ENDED:
        return snapshot.pull.state.value
    return {Kind.RELEASE: "ready", Kind.OTHER: "not_a_release", Kind.UNGOVERNED: "not_governed"}.get(decision.kind, "")


def _score(snapshot: Snapshot, decision: Decision) -> float | None:
    matrix = snapshot.policy.matrix if snapshot.policy else None
    total = score(decision.checks, matrix).total if matrix else None
    return round(total, 2) if total is not None else None


def _blockers(decision: Decision) -> list[dict[str, str]]:
    """The reasons that stand against it: neither passed, nor only awaited."""
    return [
        {"code": r.code, "verdict": r.verdict.name, "sentence": r.sentence, "clears": r.clears, "subject": r.subject}
        for r in decision.reasons if r.verdict in (Verdict.NO_GO, Verdict.HOLD)
    ]  # fmt: skip


def _waiting_on(decision: Decision) -> list[dict[str, Any]]:
    """The roles whose seats are not filled, and of whom; and what else is awaited."""
    roles = [
        {
            "role": seat.role.name, "missing": seat.missing, "from": list(seat.role.sources),
            "people": [person.login for person in seat.role.people][:MOST_NAMES],
        }
        for seat in decision.roster if seat.missing
    ]  # fmt: skip
    others = [r for r in decision.reasons if r.verdict is Verdict.WAIT and not r.code.startswith("role_")]
    return [*roles, *({"code": r.code, "subject": r.subject, "sentence": r.sentence} for r in others)]


def outputs(looked: Sequence[Looked], repository: str, report_path: str) -> Mapping[str, str]:
    """The step's outputs, all of them always there; of several pull requests, of the worst."""
    one = worst(looked)
    said: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "verdict": "", "reason_code": "nothing_asked"}
    if one is not None:
        said = told(one, repository)
    whole = {**said, "pulls": [told(each, repository) for each in looked]} if len(looked) > 1 else said
    number = said.get("score")
    return {
        "verdict": said["verdict"],
        "reason_code": said["reason_code"],
        "decision": json.dumps(whole, ensure_ascii=False),
        "score": "" if number is None else f"{number:g}",
        "blockers": json.dumps(said.get("blockers", []), ensure_ascii=False),
        "waiting_on": json.dumps(said.get("waiting_on", []), ensure_ascii=False),
        "report_path": report_path,
        "check_run_url": said.get("check_run_url", ""),
    }


def remarked(looked: Sequence[Looked]) -> Iterator[str]:
    """Commands that remark what is wrong, on the lines of files where it is there."""
    for one in looked:
        name = f"golive #{one.number}"
        yield from (annotation("warning", note, title=name) for note in one.notes)
        if one.decision is None or one.snapshot is None:
            yield annotation("failure", one.failed, title=name)
            continue
        for path, first, last, level, text in remarks(look(one.snapshot, one.decision), one.decision):
            yield annotation(level, text, path=path, line=first, end_line=last, title=name)
        grave = {Verdict.NO_GO: "failure", Verdict.HOLD: "warning"}.get(verdict_of(one))
        if grave:
            yield annotation(grave, one.decision.headline, title=f"{name} {verdict_of(one).name}")


def summary(looked: Sequence[Looked], repository: str) -> str:
    """The job's summary, Markdown: what the check run says, of each pull request."""
    parts = []
    for one in looked:
        if one.decision is None or one.snapshot is None:
            parts.append(f"### golive: #{one.number}\n\ngolive could not look at it. The log of this step says why.")
            continue
        view = github.check_run(one.snapshot, one.decision, None, page_url="", chain="", version=__version__)
        notes = "".join(f"\n> {github.reminder(note)}\n" for note in one.notes)
        parts.append(f"### [#{one.number}]({one.snapshot.pull.url})\n{notes}\n{view.summary}")
    return "\n\n".join(parts) or "golive: this event is about no open pull request."


def lines(looked: Sequence[Looked]) -> Iterator[str]:
    """For the log: a line for each pull request, and one for each reason that is not GO."""
    for one in looked:
        if one.decision is None:
            yield f"#{one.number} UNKNOWN: {fold(one.failed, 1000)}"
            continue
        yield f"#{one.number} {verdict_of(one).name.replace('_', ' ')}: {fold(one.decision.headline, 1000)}"
        for note in one.notes:
            yield f"  {fold(note, 1000)}"
        for reason in one.decision.reasons:
            if reason.verdict is not Verdict.GO:
                clears = f" → {reason.clears}" if reason.clears else ""
                yield f"  {reason.verdict.name} [{reason.code}] {fold(reason.sentence + clears, 1000)}"
