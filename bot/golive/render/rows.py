"""The rows that the surfaces show: plain text of what a decision is about, and nothing that must be looked up again.

Texts here are raw; each surface escapes them its own way. A new field needs a default: older stored views lack it.
"""

from __future__ import annotations

from dataclasses import dataclass

from golive.render.vocabulary import CONDITION_OPEN, Label


@dataclass(frozen=True)
class ReasonRow:
    """Why it is not simply GO, and who or what clears it. blocks: it is worse than GO."""

    label: Label
    code: str
    sentence: str
    clears: str = ""
    blocks: bool = True


@dataclass(frozen=True)
class SignedRow:
    """One standing word on a role. at: as text, in UTC."""

    login: str
    how: str
    at: str
    link: str = ""
    words: str = ""


@dataclass(frozen=True)
class StaleRow:
    """An approval that does not count any more. why: a clause.   signed: the commit it was for, empty where it is this one.

    link: what changed since that commit.   paths: the first that differ, with `more` others; note: where none is named.
    """

    login: str
    why: str = "it was for other code"
    signed: str = ""
    link: str = ""
    paths: tuple[str, ...] = ()
    more: int = 0
    note: str = ""


@dataclass(frozen=True)
class RoleRow:
    """One role. count: seats; could: logins who could still fill one; stale: those whose approval does not count.

    asks: somebody may sign it now.   skipped: why it is not asked.   waits_for: groups before its own.   after: the same,
    signed or not.   due: the later phase before which it signs, empty where that is the next one.
    """

    name: str
    label: Label
    count: int
    group: str = ""
    signed: tuple[SignedRow, ...] = ()
    rejected: tuple[SignedRow, ...] = ()
    could: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    stale: tuple[StaleRow, ...] = ()
    looking: tuple[str, ...] = ()
    abstained: tuple[str, ...] = ()
    skipped: str = ""
    waits_for: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    due: str = ""
    explicit: bool = False
    asks: bool = False
    uncovered: tuple[str, ...] = ()
    """Paths of which no owner has signed, one clause for each set of owners."""

    @property
    def have(self) -> str:
        """`1 of 2`; empty where no seat is to be filled."""
        return f"{len(self.signed)} of {self.count}" if self.count and not self.skipped else ""

    @property
    def complete(self) -> bool:
        """Whether people were asked, and all seats are filled."""
        return 0 < self.count <= len(self.signed) and not self.skipped and not self.uncovered

    @property
    def notes(self) -> tuple[str, ...]:
        """What else there is to say of it, each a clause."""
        told = [self.skipped]
        told.append(f"after {' and '.join(self.waits_for)}" if self.waits_for else "")
        told.append(f"before {self.due}" if self.due else "")
        told += [f"no owner of {paths} yet" for paths in self.uncovered[:3]]
        told.append(f"looking: {', '.join(self.looking[:5])}" if self.looking else "")
        told.append(f"abstained: {', '.join(self.abstained[:5])}" if self.abstained else "")
        return tuple(part for part in told if part)


@dataclass(frozen=True)
class ConditionRow:
    """One condition. by: who set it; due: a phase; check: the id of the one that closes it; closed: what closed it."""

    id: str
    text: str
    by: str
    label: Label = CONDITION_OPEN
    link: str = ""
    owner: str = ""
    due: str = ""
    check: str = ""
    closed: str = ""

    @property
    def terms(self) -> str:
        """`ana, before full, or check keys passes`; whoever set it owns it where nobody else does."""
        told = [self.owner or self.by]
        told.append(f"before {self.due}" if self.due else "")
        told.append(f"or check {self.check} passes" if self.check else "")
        return ", ".join(part for part in told if part)

    @property
    def standing(self) -> str:
        """`open`, `closed by @ana: done` or `closed: check keys passed`."""
        if not self.closed:
            return self.label.word
        return f"{self.label.word}{'' if self.closed.startswith('by ') else ':'} {self.closed}"


@dataclass(frozen=True)
class PhaseRow:
    """How it stands for one phase."""

    name: str
    label: Label
    headline: str


@dataclass(frozen=True)
class TrainRow:
    """One pull request that lands together with this one, in their order. text: why it is not ready, or what it landed as."""

    name: str
    label: Label
    url: str = ""
    text: str = ""


@dataclass(frozen=True)
class ActRow:
    """One act of going live. said: a clause that already holds the label's meaning, or empty.   link: where it is seen."""

    title: str
    label: Label
    said: str = ""
    link: str = ""

    @property
    def standing(self) -> str:
        """`done`, `waiting for its success since 12:30 UTC`, `failed: out of disk`."""
        if self.label.tone == "good" and self.said:
            return f"{self.label.word}, {self.said}"
        return self.said or self.label.word


@dataclass(frozen=True)
class BannerRow:
    """What everybody must see first: an override or a freeze. until: as text, may be empty; by: logins, for an override."""

    label: Label
    text: str
    until: str = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckRow:
    """One check. rank: 0 is the worst outcome, as in `vocabulary.OUTCOMES`; root: the check whose failure blocks it."""

    id: str
    title: str
    label: Label
    rank: int
    severity: str
    category: str = ""
    measured: str = ""
    expected: str = ""
    summary: str = ""
    source: str = ""
    strength: str = ""
    taken_at: str = ""
    owner: str = ""
    impact: str = ""
    action: str = ""
    needs: tuple[str, ...] = ()
    root: str = ""


@dataclass(frozen=True)
class MistakeRow:
    """One mistake of a policy file. in_head: of the file that this pull request brings, not of the one in force."""

    path: str
    line: int
    column: int
    text: str
    in_head: bool = False
