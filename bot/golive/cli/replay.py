"""`golive replay`: take recorded decisions again from what they rested on, and compare them byte for byte.

What two decisions are compared by is `core.evidence.told`; add a way of telling the outcome here.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from golive.cli.work import ENV_FILE

if TYPE_CHECKING:
    from golive.cli.deciding import Decided, Record

SAME, DIFFERENT, COULD_NOT = "same", "different", "cannot"
EXIT_CODES = {SAME: 0, DIFFERENT: 1, COULD_NOT: 3}


@dataclass(frozen=True)
class Replayed:
    """One decision, taken again. why: why it could not be.   now: as this golive decides it, empty where it could not."""

    seq: int
    at: str
    golive: str
    before: dict[str, Any]
    now: dict[str, Any]
    outcome: str
    why: str = ""

    @property
    def differs(self) -> list[str]:
        """The names of what is told differently."""
        from golive.core.evidence import differing

        return differing(self.before, self.now) if self.outcome == DIFFERENT else []


@click.command()
@click.argument("release")
@click.option("--seq", type=click.IntRange(1), metavar="N", help="The decision at this place in the ledger.")
@click.option("--all", "everything", is_flag=True, help="Every decision on record; by default only the last.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@ENV_FILE
def replay(release: str, seq: int | None, everything: bool, as_json: bool, env_file: Path | None) -> None:
    """Decide again what was decided about RELEASE, from the record alone, and say whether it comes out the same.

    \b
    golive replay acme/shop#7
    golive replay acme/shop#7 --all
    golive replay acme/shop#7 --seq 12 --json

    Exit codes: 0 the same byte for byte, 1 different, 3 not all of the record is there.
    """
    from golive.cli import deciding

    if seq and everything:
        raise click.UsageError("Use --seq or --all, not both.")
    record = deciding.opened(release, env_file)
    newest = record.newest  # where there is none, that is said
    chosen = list(record.decisions) if everything else [record.at(seq) if seq else newest]
    found = [_replayed(record, one) for one in chosen]
    if as_json:
        click.echo(json.dumps(_as_json(record.name, found), indent=2, ensure_ascii=False))
    else:
        for one in found:
            _tell(record.name, one)
        _sum(found)
    outcomes = {one.outcome for one in found}
    worst = next(outcome for outcome in (DIFFERENT, COULD_NOT, SAME) if outcome in outcomes)
    sys.exit(EXIT_CODES[worst])


def _replayed(record: Record, decided: Decided) -> Replayed:
    from golive import __version__
    from golive.cli.deciding import decided_at
    from golive.core import evidence
    from golive.core.ledger import stamp

    place = (decided.seq, stamp(decided_at(decided)), decided.golive)
    try:
        before = decided.told
        now = evidence.told(record.again(decided))
    except evidence.NotKept as gone:
        return Replayed(*place, before=dict(decided.body.get("decision", {})), now={}, outcome=COULD_NOT, why=str(gone))
    alike = evidence.same(before, now, whole=decided.golive == __version__)
    return Replayed(*place, before=before, now=now, outcome=SAME if alike else DIFFERENT)


def _as_json(name: str, found: list[Replayed]) -> dict[str, Any]:
    from golive import __version__

    return {"release": name, "golive": __version__, "decisions": [_row(one) for one in found]}


def _row(one: Replayed) -> dict[str, Any]:
    from golive.core.evidence import came_and_went, reasons_in, written

    came, went = (
        came_and_went(reasons_in(one.before), reasons_in(one.now)) if one.outcome == DIFFERENT else ([], [])
    )  # fmt: skip
    return {
        "seq": one.seq, "at": one.at, "golive": one.golive, "outcome": one.outcome, "why": one.why,
        "verdict": one.before.get("verdict", ""), "now": one.now.get("verdict", ""), "differs": one.differs,
        "came": written(came), "went": written(went),
    }  # fmt: skip


def _tell(name: str, one: Replayed) -> None:
    from golive.cli.deciding import one_line, paragraph, say, when, word
    from golive.core.evidence import came_and_went, reasons_in
    from golive.core.ledger import moment

    head = f"{name}, decision {one.seq} of {when(moment(one.at))}: "
    if one.outcome == COULD_NOT:
        paragraph(f"{head}cannot be taken again. ", one.why, 2)
        return
    if one.outcome == SAME:
        say(f"{head}{word(one.before['verdict'])}, the same")
        return
    say(f"{head}was {word(one.before['verdict'])}, and is {word(one.now['verdict'])} now. {_versions(one)}")
    say(f"  Differs in: {', '.join(one.differs) or 'what only one of them tells'}")
    came, went = came_and_went(reasons_in(one.before), reasons_in(one.now))
    for reason in went:
        one_line(reason, "-")
    for reason in came:
        one_line(reason, "+")


def _versions(one: Replayed) -> str:
    from golive import __version__

    if one.golive == __version__:
        return f"golive {__version__} decided both: the record, the program or a check kind was changed."
    return f"golive {one.golive} decided it, and this is golive {__version__}."


def _sum(found: list[Replayed]) -> None:
    from golive.cli.deciding import say

    if len(found) > 1:
        count = {outcome: sum(one.outcome == outcome for one in found) for outcome in EXIT_CODES}
        gone = f", {count[COULD_NOT]} cannot be taken again" if count[COULD_NOT] else ""
        say(f"{len(found)} decisions: {count[SAME]} the same, {count[DIFFERENT]} different{gone}.")
