"""The decisions on record of one release, and each one taken again from what it rested on. Nothing outside is asked.

`why`, `replay` and `simulate` read through it. A question about recorded decisions is one more command on top of this.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from golive.core import evidence
from golive.core.decide import Decision, decide
from golive.core.errors import Misconfigured
from golive.core.ledger import Entry, moment
from golive.core.model import Reason, Subject, Verdict
from golive.core.policy import Policy
from golive.core.snapshot import Snapshot
from golive.render.escaping import fold

if TYPE_CHECKING:
    from golive.policyfile import PolicyMistakes
    from golive.store.store import Store

THE_REPOSITORY = 0
"""The number of the subject that keeps what is about a whole repository; see `engine.gather`."""
COLOURS = {
    Verdict.GO: "green", Verdict.CONDITIONAL_GO: "yellow", Verdict.WAIT: "blue", Verdict.HOLD: "magenta",
    Verdict.NO_GO: "red",
}  # fmt: skip
_WIDTH = 110
_MOST = 2000


@dataclass(frozen=True)
class Decided:
    """One decision on record. body: empty where it was erased."""

    seq: int
    at: datetime
    body: dict[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """What was decided, as `evidence.told` writes it. Raises NotKept where it is not there."""
        if "decision" not in self.body:
            raise evidence.NotKept("Its body was erased, or an older golive kept too little of it.")
        return dict(self.body["decision"])

    @property
    def golive(self) -> str:
        """The version that decided."""
        return str(self.body.get("golive", "unknown"))


@dataclass(frozen=True)
class Record:
    """What the store holds of one release. looked_at: when golive last looked, decided otherwise or not."""

    name: str
    title: str
    entries: tuple[Entry, ...]
    shared: tuple[Entry, ...]
    decisions: tuple[Decided, ...]
    looked_at: datetime | None = None

    @property
    def newest(self) -> Decided:
        """The last decision. Raises Misconfigured where there is none."""
        if not self.decisions:
            raise Misconfigured(f"{self.name} has no decision on record: golive has not taken it for a release.")
        return self.decisions[-1]

    def at(self, seq: int) -> Decided:
        """The decision with this place in the ledger. Raises Misconfigured naming those there are."""
        found = next((one for one in self.decisions if one.seq == seq), None)
        if found is None:
            known = ", ".join(str(one.seq) for one in self.decisions) or "none"
            raise Misconfigured(f"Entry {seq} of {self.name} is no decision. Its decisions are: {known}.")
        return found

    def snapshot(self, decided: Decided) -> Snapshot:
        """What a decision rested on. Raises NotKept where the record does not hold all of it."""
        decided.told  # noqa: B018  # an erased body is said first
        text = evidence.policy_of(decided.body, self.entries)
        policy = _policy(text) if text else None
        return evidence.snapshot_of(decided.body, self.entries, self.shared, policy)

    def again(self, decided: Decided) -> Decision:
        """The decision, taken again from the record by this golive. Raises NotKept."""
        return decide(self.snapshot(decided))


def opened(release: str, env_file: Path | None) -> Record:
    """The record of a release that a person names. Raises Misconfigured for one that golive does not know."""
    from golive.cli import database
    from golive.store import overview

    with database.opened(env_file) as store:
        key = database.subject_of(store, release)
        if key in database.CHORES:
            raise Misconfigured(f"{release} is a chore of golive and no release. Name one like acme/shop#7.")
        return record(store, Subject.parse(key), overview.named(store).get(key, release))


def record(store: Store, subject: Subject, name: str) -> Record:
    """Everything the store holds of one release."""
    entries, shared = store.entries(subject), store.entries(replace(subject, number=THE_REPOSITORY))
    bodies = {entry.seq: dict(entry.body) for entry in entries}
    decisions = tuple(Decided(seq, at, bodies.get(seq, {})) for seq, at in _decided(store, subject))
    stands = store.release_of(subject)
    return Record(
        name, stands.title if stands else "", tuple(entries), tuple(shared), decisions,
        stands.looked_at if stands else None,
    )  # fmt: skip


def _decided(store: Store, subject: Subject) -> Iterator[tuple[int, datetime]]:
    """Place and time of every decision, those whose body was erased too."""
    from sqlmodel import select

    from golive.store.tables import LedgerRow as Row

    here = (Row.host == subject.host, Row.repository == subject.repository, Row.number == subject.number)
    with store.reading() as session:
        yield from session.exec(select(Row.seq, Row.at).where(*here, Row.kind == "decision").order_by("seq")).all()


def _policy(text: Entry) -> Policy:
    from golive.policyfile import PolicyMistakes

    try:
        return policy_in(text.body["text"], text.body["path"])
    except PolicyMistakes as mistaken:
        raise evidence.NotKept(f"Its policy is no whole policy for this golive: {_first(mistaken)}") from None


def _first(mistaken: PolicyMistakes) -> str:
    more = len(mistaken.mistakes) - 1
    return f"{mistaken.mistakes[0]}{f' (and {more} more)' if more else ''}"


def policy_in(text: str | bytes, path: str) -> Policy:
    """The policy in a text, read by the installed kinds. Raises PolicyMistakes.

    Which secrets are lent to whom plays no part: nothing is looked at.
    """
    from golive.checks.registry import installed
    from golive.policyfile import load

    return load(text, installed(), path)


# ------------------------------------------------------------------ telling


def when(at: datetime) -> str:
    """A moment for people."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def decided_at(decided: Decided) -> datetime:
    """When it was decided; the row's own time where the body is gone."""
    return moment(decided.body["at"]) if "at" in decided.body else decided.at


def word(verdict: Verdict | str) -> str:
    """The verdict's name for people, in its colour."""
    known = Verdict[verdict] if isinstance(verdict, str) else verdict
    return click.style(known.name.replace("_", " "), fg=COLOURS[known], bold=True)


def say(text: str = "") -> None:
    """A line; its colours only reach a terminal whose owner did not ask for none."""
    click.echo(text, color=False if os.environ.get("NO_COLOR") else None)


def paragraph(lead: str, text: str, indent: int) -> None:
    """A text by strangers, made harmless, wrapped behind its lead in a terminal and on one line elsewhere."""
    shown, pad = fold(text, _MOST), " " * indent
    if not sys.stdout.isatty():
        say(f"{lead}{shown}")
        return
    width = max(shutil.get_terminal_size((_WIDTH, 24)).columns, 40)
    lines = textwrap.wrap(
        " " * len(click.unstyle(lead)) + shown, width, subsequent_indent=pad, break_long_words=False,
        break_on_hyphens=False, drop_whitespace=True,
    )  # fmt: skip
    first, *rest = lines or [""]
    say(lead + first.lstrip())
    for line in rest:
        say(line)


def one_line(reason: Reason, sign: str) -> None:
    """A reason with what clears it."""
    clears = f" → {reason.clears}" if reason.clears else ""
    paragraph(f"  {sign} {word(reason.verdict)} [{reason.code}] ", f"{reason.sentence}{clears}", 6)
