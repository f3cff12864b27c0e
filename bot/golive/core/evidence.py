"""What the record keeps of a decision, and the way back: stored evidence → the same Snapshot → the same decision. Pure.

A new field of `Snapshot`, or of what it is made of, needs no code here: values are written and read by their type hints.
What the ledger holds already is named instead of kept again: the standing by the length of the ledger it was folded from,
the policy by its SHA. What a decision says for the record is `told`; add to it there.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from golive.core.decide import Decision
from golive.core.errors import Said
from golive.core.findings import Judged
from golive.core.ledger import Entry, canonical, fold, stamp
from golive.core.model import Reason, SignOff
from golive.core.policy import Policy
from golive.core.snapshot import Snapshot

REFERRED = frozenset({"standing", "shared", "policy"})
"""Fields of a snapshot that the ledger holds already."""
UNREAD = frozenset({"open_here", "quota", "budget"})
"""Fields of a snapshot that only answers to people read, and no decision."""


class NotKept(Said):
    """A decision cannot be taken again from the record; the sentence says what is missing."""


# ------------------------------------------------------------------ a decision → its body


def body_of(snapshot: Snapshot, decision: Decision, golive: str) -> dict[str, Any]:
    """The body of a decision's ledger entry, JSON values only. golive: the version that decided.

    ledger/shared: how far the release's and the repository's own ledger had been read.   governed: whether there was a
    whole policy; its text is the ledger's `policy` entry of `snapshot.policy_sha`.
    """
    # what the author wrote below the title is not decided on, and may be as long as they like
    lean = replace(snapshot, pull=replace(snapshot.pull, body="", comments=None))
    kept = {f.name: written(getattr(lean, f.name)) for f in fields(lean) if f.name not in REFERRED | UNREAD}
    return {
        "verdict": decision.verdict.name,
        "headline": decision.headline,
        "at": stamp(snapshot.now),
        "golive": golive,
        "ledger": snapshot.standing.seq,
        "shared": snapshot.shared.seq,
        "governed": snapshot.policy is not None,
        "snapshot": kept,
        "decision": told(decision),
    }


def told(decision: Decision) -> dict[str, Any]:
    """What is compared when a decision is taken again, JSON values only: everything that people or effects go by."""
    return {
        "kind": decision.kind.value,
        "verdict": decision.verdict.name,
        "state": decision.state,
        "headline": decision.headline,
        "reasons": written(decision.reasons),
        "phases": [
            {"name": p.name, "verdict": p.verdict.name, "headline": p.headline, "reasons": written(p.reasons)}
            for p in decision.phases
        ],
        "checks": [_check(judged) for judged in decision.checks],
        "roles": [
            {"role": seat.role.name, **{name: _who(getattr(seat, name)) for name in ("signed", "stale", "rejected")}}
            for seat in decision.roster
        ],
        "acts": [
            {"act": row.act.key, "state": row.state, "said": row.said, "commit": row.sha, "attempt": row.attempt}
            for row in decision.promotion.rows
        ],
        "merge": decision.merge,
        "act": decision.act,
        "ask": decision.ask,
        "nags": written(decision.nags),
        "next_at": written(decision.next_at),
    }


def _who(said: Iterable[SignOff]) -> list[int]:
    """The ids of the people behind some sign-offs."""
    return [one.word.person.id for one in said]


def _check(judged: Judged) -> dict[str, Any]:
    """How one check stood. root: id of the check whose failure blocks or explains it, empty where there is none."""
    found = judged.finding
    return {
        "check": judged.rule.id, "title": judged.rule.title, "severity": judged.rule.severity.value,
        "outcome": found.outcome.value, "summary": found.summary, "root": judged.root.id if judged.root else "",
        "measured": found.measured, "expected": found.expected, "source": found.source,
        "strength": found.strength.value, "taken_at": written(found.taken_at), "due": judged.due,
    }  # fmt: skip


def reasons_in(kept: Mapping[str, Any], phase: str = "") -> tuple[Reason, ...]:
    """The reasons in what `told` wrote, worst first; of one phase, if it is named. Raises KeyError for an unknown phase."""
    listed = kept["reasons"] if not phase else {p["name"]: p for p in kept["phases"]}[phase]["reasons"]
    found: tuple[Reason, ...] = read(tuple[Reason, ...], listed)
    return found


# ------------------------------------------------------------------ a body → the snapshot


def policy_of(body: Mapping[str, Any], entries: Iterable[Entry]) -> Entry | None:
    """The ledger's entry with the policy text that a decision rests on; None where the base had no whole policy.

    Raises NotKept where there was one and its text is gone.
    """
    if not body.get("governed"):
        return None
    sha, read_to = body["snapshot"]["policy_sha"], body["ledger"]
    known = [e for e in entries if e.kind == "policy" and e.seq <= read_to and e.body["sha"] == sha]
    if not known:
        raise NotKept(f"The text of its policy {sha[:12]} is not in the record any more.")
    return known[-1]


def snapshot_of(
    body: Mapping[str, Any], entries: Sequence[Entry], shared: Sequence[Entry], policy: Policy | None
) -> Snapshot:
    """The snapshot that a decision rests on.

    entries/shared: the ledgers of the release and of its repository, with whatever came later.   policy: read from the
    text of `policy_of`.   Raises NotKept where something it rests on was erased, or never kept.
    """
    if "snapshot" not in body or "decision" not in body:
        raise NotKept("Its body was erased, or an older golive kept too little of it.")
    referred = {
        "standing": fold(_up_to(body["ledger"], entries, "this release")),
        "shared": fold(_up_to(body["shared"], shared, "its repository")),
        "policy": policy,
    }
    made: Snapshot = _made(Snapshot, body["snapshot"], referred)
    return made


def _up_to(seq: int, entries: Sequence[Entry], whose: str) -> list[Entry]:
    """The entries up to a place in the ledger, all of them there."""
    found = [entry for entry in entries if entry.seq <= seq]
    gone = sorted(set(range(1, seq + 1)) - {entry.seq for entry in found})
    if gone:
        listed = ", ".join(str(number) for number in gone[:5])
        raise NotKept(f"It rests on entries of {whose} that were erased: {listed}{' and more' if gone[5:] else ''}.")
    return found


# ------------------------------------------------------------------ comparing


def same(kept: Mapping[str, Any], now: Mapping[str, Any], *, whole: bool = True) -> bool:
    """Whether two decisions, as `told` writes them, are the same byte for byte.

    whole: False where another version wrote one of them: then only what both of them tell is compared.
    """
    if not whole:
        kept, now = _common(kept, now), _common(now, kept)
    return canonical(kept) == canonical(now)


def differing(kept: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of what two decisions tell differently, in the order of `told`."""
    return [name for name in now if name in kept and not same({"": kept[name]}, {"": now[name]}, whole=False)]


def _common(one: Any, other: Any) -> Any:
    """The part of a JSON value whose keys the other has too."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {key: _common(value, other[key]) for key, value in one.items() if key in other}
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return [_common(a, b) for a, b in zip(one, other, strict=True)]
    return one


def came_and_went(before: Sequence[Reason], after: Sequence[Reason]) -> tuple[list[Reason], list[Reason]]:
    """The reasons that are only in the second, and those that are only in the first; each in its own order."""
    return [r for r in after if r not in before], [r for r in before if r not in after]


# ------------------------------------------------------------------ values by their type hints


def written(value: Any) -> Any:
    """A core value as JSON values. Times in ISO 8601 with microseconds, spans in seconds, sets sorted, enums by value.

    An ordered enum (a verdict) is written by name: its numbers are only an order. Raises TypeError for what is no value.
    """
    match value:
        case IntEnum():
            return value.name
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return stamp(value)
        case timedelta():
            return value.total_seconds()
        case frozenset():
            return sorted((written(one) for one in value), key=str)
        case list() | tuple():
            return [written(one) for one in value]
        case Mapping():
            return {str(key): written(one) for key, one in value.items()}
        case _ if is_dataclass(value):
            return {f.name: written(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in the record: keep it out of Snapshot, or write it here")


def read(hint: Any, value: Any) -> Any:
    """The value of this type that `written` wrote. What an older golive did not write has its default.

    Raises NotKept where a field without default is missing, or a name is unknown to this golive.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        own = [one for one in inner if one is not types.NoneType]
        return read(own[0], value) if len(own) == 1 else value  # of plain values only
    if origin is tuple:
        hints = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(read(one, each) for one, each in zip(hints, value, strict=True))
    if origin is frozenset:
        return frozenset(read(inner[0], each) for each in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {read(inner[0], key): read(inner[1], each) for key, each in value.items()}
    return _read_plain(hint, value)


def _read_plain(hint: Any, value: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return _made(hint, value, {})
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint[value] if issubclass(hint, IntEnum) else hint(value)
        except (KeyError, ValueError):
            raise NotKept(f"It names {value!r} as {hint.__name__}, which this golive does not know.") from None
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is timedelta:
        return timedelta(seconds=value)
    return hint(value) if hint in (int, float) else value  # keys of JSON are texts, and a whole float looks like an int


def _made(kind: type[Any], kept: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """A dataclass from what was kept of it. given: fields that are there already, whatever was kept."""
    hints, values = get_type_hints(kind), dict(given)
    for field in fields(kind):
        if field.name in kept and field.name not in given:
            values[field.name] = read(hints[field.name], kept[field.name])
        elif field.name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise NotKept(f"{kind.__name__}.{field.name} was not kept when it was decided.")
    return kind(**values)
