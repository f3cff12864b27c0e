"""`golive why`: the reasons of a release's newest decision as a tree, with what clears each and what each check rests on.

It tells what is on record and decides nothing. A column of a check's evidence is one entry of `EVIDENCE`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from golive.cli.work import ENV_FILE
from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from golive.cli.deciding import Decided, Record
    from golive.core.model import Reason

EVIDENCE = ("measured", "expected", "source", "strength", "taken_at")
"""What is told of a check behind a reason, besides the reason."""


@dataclass(frozen=True)
class Told:
    """A reason, the evidence behind it where a check gave it, and the reasons it is the cause of."""

    reason: Reason
    evidence: Mapping[str, Any]
    folded: tuple[Told, ...] = ()


@click.command()
@click.argument("release")
@click.option("--phase", default="", metavar="NAME", help="What stands before this phase; by default the first.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@ENV_FILE
def why(release: str, phase: str, as_json: bool, env_file: Path | None) -> None:
    """Say why RELEASE stands as it does: every reason, who or what clears it, and the evidence behind it.

    The newest decision on record is told, with the time at which it was made; nothing is looked at again.

    \b
    golive why acme/shop#7
    golive why acme/shop#7 --phase full
    golive why acme/shop#7 --json
    """
    from golive.cli import deciding

    record = deciding.opened(release, env_file)
    decided = record.newest
    verdict, headline, tree = _standing(decided, phase)
    if as_json:
        told = {
            "release": record.name, "seq": decided.seq, "decided_at": decided.body["at"], "golive": decided.golive,
            "looked_at": record.looked_at.isoformat() if record.looked_at else None, "phase": phase,
            "verdict": verdict, "headline": headline, "reasons": [_as_json(one) for one in tree],
        }  # fmt: skip
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    _head(record, decided, phase, verdict, headline)
    if decided.told["kind"] != "ended":
        _tree(tree)


def _standing(decided: Decided, phase: str) -> tuple[str, str, list[Told]]:
    """Verdict, headline and reasons for a phase. Raises Misconfigured for one that the decision does not know."""
    from golive.core.evidence import reasons_in

    kept = decided.told
    phases = {one["name"]: one for one in kept["phases"]}
    if phase and phase not in phases:
        known = ", ".join(phases) or "none, so leave --phase out"
        raise Misconfigured(f"There is no phase {phase!r}. The phases of its policy are: {known}.")
    said = phases[phase] if phase else kept
    return said["verdict"], said["headline"], tree_of(reasons_in(kept, phase), kept["checks"])


def tree_of(reasons: Sequence[Reason], checks: Sequence[Mapping[str, Any]]) -> list[Told]:
    """Every reason once: folded ones under the reason of the check that is their cause, where that has one."""
    by_check = {one["check"]: one for one in checks}
    roots = {reason.subject for reason in reasons if _of_check(reason) and not reason.folded}
    under: dict[str, list[Told]] = {}
    for reason in reasons:
        root = by_check.get(reason.subject, {}).get("root", "")
        if reason.folded and root in roots:
            under.setdefault(root, []).append(Told(reason, _evidence(reason, by_check)))
    placed = {one.reason for several in under.values() for one in several}
    return [
        Told(reason, _evidence(reason, by_check), tuple(under.get(reason.subject, ())) if _of_check(reason) else ())
        for reason in reasons
        if reason not in placed
    ]


def _of_check(reason: Reason) -> bool:
    return reason.code.startswith("check_")


def _evidence(reason: Reason, checks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if not _of_check(reason):
        return {}
    check = checks.get(reason.subject, {})
    return {name: check[name] for name in EVIDENCE if check.get(name)} if check.get("taken_at") else {}


def _as_json(one: Told) -> dict[str, Any]:
    from golive.core.evidence import written

    return {
        **written(one.reason), "evidence": dict(one.evidence), "folded": [_as_json(other) for other in one.folded],
    }  # fmt: skip


# ------------------------------------------------------------------ for people


def _head(record: Record, decided: Decided, phase: str, verdict: str, headline: str) -> None:
    from golive.cli.deciding import decided_at, paragraph, say, when, word

    paragraph(f"{word(verdict)}  ", f"{record.name} {record.title}{f', for {phase}' if phase else ''}", 2)
    paragraph("", headline, 2)
    at = decided_at(decided)
    say(f"Decided at {when(at)}, {_ago(datetime.now(UTC) - at)}, by golive {decided.golive}: entry {decided.seq}.")
    if record.looked_at and record.looked_at > at:
        say(f"Last looked at {when(record.looked_at)}, with the same verdict and headline.")


def _ago(span: Any) -> str:
    seconds = max(round(span.total_seconds()), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def _tree(tree: Sequence[Told]) -> None:
    from golive.cli.deciding import say, word

    if not tree:
        say("Nothing stands in its way.")
    before = None
    for one in tree:
        if one.reason.verdict != before:
            before = one.reason.verdict
            say()
            say(word(before))
        _reason(one, 2)


def _reason(one: Told, indent: int) -> None:
    from golive.cli.deciding import paragraph
    from golive.render.escaping import fold

    pad, reason = " " * indent, one.reason
    about = f" {fold(reason.subject)}" if reason.subject else ""
    paragraph(f"{pad}[{reason.code}{about}] ", reason.sentence, indent + 2)
    if reason.clears:
        paragraph(f"{pad}  cleared by: ", reason.clears, indent + 4)
    if one.evidence:
        paragraph(f"{pad}  evidence: ", _evidence_line(one.evidence), indent + 4)
    for other in one.folded:
        _reason(other, indent + 4)


def _evidence_line(evidence: Mapping[str, Any]) -> str:
    from golive.cli.deciding import when
    from golive.core.ledger import moment

    said = [f"measured {evidence['measured']}" if "measured" in evidence else ""]
    said.append(f"expected {evidence['expected']}" if "expected" in evidence else "")
    said.append(f"from {evidence['source']}" if "source" in evidence else "")
    said.append(f"{evidence['strength']}, taken at {when(moment(evidence['taken_at']))}")
    return "; ".join(part for part in said if part)
