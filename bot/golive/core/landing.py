"""What the forge says about landing a pull request, and what the record keeps of landings. Values only; pure.

`Landing` is read for every release that golive merges, `Approach` only when nothing else is missing. `LandingRecord` is the
part of a `Standing` that entries of `KINDS` add up to. The rules are in `landing_rules`. Grow it by a field with a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

METHODS = ("merge", "squash", "rebase")
"""How a pull request can land, as GitHub's REST API calls it ("Merge a pull request")."""


@dataclass(frozen=True)
class Trial:
    """The forge's own trial: the commit that merging this head into the base of that moment makes. parents: base, head."""

    commit: str
    tree: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class RequiredCheck:
    """A check of somebody else without which the branch takes nothing. app_id: who must give it, 0 = anybody.

    state: `met`, `pending`, `failing`, or `expected` where nobody has given it.   app: who gave it, empty for nobody.
    """

    name: str
    state: str
    app_id: int = 0
    app: str = ""


@dataclass(frozen=True)
class Approach:
    """What is read last, just before landing. behind: the base has commits that the head has not.

    author_may: whether its author may write to the repository; true where the author is an App.
    queued: its place in the merge queue, 0 = it is not in it.
    """

    checks: tuple[RequiredCheck, ...] = ()
    behind: bool = False
    test: Trial | None = None
    author_may: bool = True
    queued: int = 0


@dataclass(frozen=True)
class Landing:
    """What the repository and the branch ask of a landing.

    methods: those that both allow.   required: (name, app id; 0 = any) of every required check, ours too.
    up_to_date: the head must have all of the base.   queue: it lands through the merge queue alone.
    reviews: how many approving reviews the branch asks for.   workflows: it changes workflow files, which our App may not.
    approach: None until nothing else is missing.
    """

    methods: tuple[str, ...] = METHODS
    required: tuple[tuple[str, int], ...] = ()
    up_to_date: bool = False
    queue: bool = False
    linear: bool = False
    reviews: int = 0
    workflows: bool = False
    approach: Approach | None = None


@dataclass(frozen=True)
class QueueEntry:
    """One place in the merge queue. group: the commit that the checks run on, empty until it is made."""

    number: int
    head_sha: str
    position: int
    group: str = ""


@dataclass(frozen=True)
class Landed:
    """What came of comparing what landed with what was decided on. verdict: `as_signed`, `wrong`, `untold` or `unsigned`."""

    commit: str
    verdict: str
    why: str = ""
    revert: str = ""

    @property
    def alarming(self) -> bool:
        """Whether people must look."""
        return self.verdict != "as_signed"


@dataclass(frozen=True)
class Try:
    """Something that was asked of the forge for one head. said: its words where it would not; open: no answer is known."""

    at: datetime
    said: str = ""
    open: bool = True
    times: int = 1


@dataclass(frozen=True)
class Group:
    """A group of the merge queue that waits for our check. ref: its branch, which names the last pull request in it."""

    head_sha: str
    ref: str
    base_ref: str
    at: datetime


@dataclass(frozen=True)
class LandingRecord:
    """What the ledger says about landings; by head SHA where it is a mapping.

    groups: of the merge queue, in a repository's own ledger, newest last.
    """

    tested: Mapping[str, Trial] = field(default_factory=dict)
    updates: Mapping[str, Try] = field(default_factory=dict)
    queue: Mapping[str, Try] = field(default_factory=dict)
    landed: Landed | None = None
    groups: tuple[Group, ...] = ()

    def after(self, kind: str, body: Mapping[str, Any], at: datetime) -> tuple[LandingRecord, str]:
        """The record with one more entry, and the line people are told of it, empty for none. Kinds are those of `KINDS`."""
        return _READERS[kind](self, body, at)


def _tested(record: LandingRecord, body: Mapping[str, Any], _at: datetime) -> tuple[LandingRecord, str]:
    test = Trial(body["commit"], body["tree"], tuple(body["parents"]))
    return replace(record, tested={**record.tested, body["head"]: test}), ""


def _updating(record: LandingRecord, body: Mapping[str, Any], at: datetime) -> tuple[LandingRecord, str]:
    return replace(record, updates={**record.updates, body["head"]: _again(record.updates.get(body["head"]), at)}), ""


def _updated(record: LandingRecord, body: Mapping[str, Any], at: datetime) -> tuple[LandingRecord, str]:
    done = _answered(record.updates.get(body["head"]), body["said"], at)
    base, head = body["base"], body["head"][:7]
    line = f"{base} could not be brought into {head}: {body['said']}" if body["said"] else f"{base} is brought in."
    return replace(record, updates={**record.updates, body["head"]: done}), line


def _queueing(record: LandingRecord, body: Mapping[str, Any], at: datetime) -> tuple[LandingRecord, str]:
    return replace(record, queue={**record.queue, body["head"]: _again(record.queue.get(body["head"]), at)}), ""


def _queued(record: LandingRecord, body: Mapping[str, Any], at: datetime) -> tuple[LandingRecord, str]:
    done = _answered(record.queue.get(body["head"]), "", at)
    return replace(record, queue={**record.queue, body["head"]: done}), f"{body['head'][:7]} is in the merge queue."


def _unqueued(record: LandingRecord, body: Mapping[str, Any], _at: datetime) -> tuple[LandingRecord, str]:
    left = {head: one for head, one in record.queue.items() if head != body["head"]}
    return replace(record, queue=left), f"Taken out of the merge queue: {body['why']}"


def _landed(record: LandingRecord, body: Mapping[str, Any], _at: datetime) -> tuple[LandingRecord, str]:
    found = Landed(body["commit"], body["verdict"], body["why"], body["revert"])
    line = f"ALARM: {found.why} {found.revert}" if found.alarming else ""
    return replace(record, landed=found), line


def _group(record: LandingRecord, body: Mapping[str, Any], at: datetime) -> tuple[LandingRecord, str]:
    formed = Group(body["head"], body["ref"], body["base"], at)
    return replace(record, groups=(*record.groups[-19:], formed)), ""


def _ungrouped(record: LandingRecord, body: Mapping[str, Any], _at: datetime) -> tuple[LandingRecord, str]:
    return replace(record, groups=tuple(g for g in record.groups if g.head_sha != body["head"])), ""


def _again(before: Try | None, at: datetime) -> Try:
    return Try(at, times=before.times + 1 if before else 1)


def _answered(before: Try | None, said: str, at: datetime) -> Try:
    return Try(at, said, open=False, times=before.times if before else 1)


_READERS = {
    "tested": _tested, "updating": _updating, "update_said": _updated, "queueing": _queueing, "queued": _queued,
    "unqueued": _unqueued, "landed": _landed, "group": _group, "ungrouped": _ungrouped,
}  # fmt: skip
KINDS = frozenset(_READERS)
"""Kinds of ledger entries that are read here."""
