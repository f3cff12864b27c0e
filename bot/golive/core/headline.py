"""The standing headline, first line everywhere: "2/4 — waiting on security (@ana, asked 3 h ago)". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from golive.core.model import Reason, Verdict
from golive.core.runners import HANDED_OVER
from golive.core.signoffs import RoleStanding, could_fill
from golive.core.snapshot import Snapshot

WAITS = ("role_missing", "owner_missing", "role_waits", "check_pending", "check_stale", "condition_due")
"""Codes of reasons that the headline tells as one list of who and what is awaited."""
QUIET = (
    "merge_refused", "promote_awaited", "deploy_waits", "environment_waits", "promoted", "overridden", "actor_may_not",
    "checks_never_started", "required_checks", "behind", "update_refused",
    "update_lost", "queued", "left_queue", "test_merge_awaited", "workflows_need_a_person",
)  # fmt: skip
"""Codes of reasons that are told although nothing is missing."""


def headline(reasons: Sequence[Reason], seats: Sequence[RoleStanding], snapshot: Snapshot) -> str:
    """One line of what is so and who is awaited. reasons: worst first; seats: those due for the phase asked about."""
    asked = [seat for seat in seats if not seat.skipped]
    total = sum(seat.role.count for seat in asked)
    signed = sum(len(seat.signed) for seat in asked)
    count = f"{signed}/{total} — " if total else ""
    worst = reasons[0] if reasons else None
    if worst is None or worst.verdict is Verdict.GO:
        told = next((r for r in reasons if r.code in QUIET), None)
        return f"{count}{told.sentence if told else 'nothing is missing'}"
    if worst.verdict is Verdict.WAIT and worst.code in WAITS:
        waits = [_awaited(seat, snapshot) for seat in asked if seat.missing and not seat.waits_for]
        reported = {rule.id for rule in (snapshot.rule.checks if snapshot.rule else ()) if rule.on_runner}
        waits += _listed("check", [r for r in reasons if r.subject not in reported], "check_pending", "check_stale")
        waits += _unreported([r for r in reasons if r.subject in reported and r.code == "check_pending"], snapshot)
        waits += _listed("condition", reasons, "condition_due")
        if waits:
            return f"{count}waiting on {' and '.join(waits)}"
    name = worst.verdict.name.replace("_", " ")
    more = sum(1 for r in reasons if r.verdict is worst.verdict and not r.folded) - 1
    return f"{count}{name}: {worst.sentence}{f' (and {more} more)' if more else ''}"


def _listed(what: str, reasons: Sequence[Reason], *codes: str) -> list[str]:
    subjects = [reason.subject for reason in reasons if reason.code in codes]
    return [f"{what}{'s' if len(subjects) > 1 else ''} {', '.join(subjects)}"] if subjects else []


def _unreported(reasons: Sequence[Reason], snapshot: Snapshot) -> list[str]:
    """What a workflow is to report, and which one; where none may, that one is to be added."""
    if not reasons:
        return []
    runners = snapshot.policy.runners if snapshot.policy else ()
    path = runners[0].partition("@")[0].rpartition("/")[2] if runners else ""
    whose = f"reported by {path}" if path else "reported by a workflow: add one to `runners`"
    whose = "handed to the gate by a workflow" if HANDED_OVER in runners else whose
    return [f"check{'s' if len(reasons) > 1 else ''} {', '.join(r.subject for r in reasons)} ({whose})"]


def _awaited(seat: RoleStanding, snapshot: Snapshot) -> str:
    gone = {p.id for p in seat.abstained}
    could = [p for p in could_fill(seat.role, snapshot) if p.id not in gone]
    whom = f"@{could[0].login}" if len(could) == 1 else f"any {seat.missing} of {len(could)}"
    if not could:
        whom = f"{' and '.join(f'@{p.login}' for p in seat.abstained)} abstained, nobody else may"
    if seat.looking:
        whom = f"{whom}, @{seat.looking[0].login} is looking"
    asked = snapshot.standing.requests.get(snapshot.pull.revision.head_sha)
    return f"{seat.role.name} ({whom}{f', asked {ago(snapshot.now - asked)}' if asked else ''})"


def ago(span: timedelta) -> str:
    """A coarse age for people; coarse so that a text does not change with every look."""
    hours = int(span.total_seconds() // 3600)
    if hours < 1:
        return "just now"
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} d ago"
