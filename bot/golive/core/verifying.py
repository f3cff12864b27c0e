"""Whether a bundle of evidence agrees with itself: its form, its chain, and whether what it says has a place there. Pure.

The signature is somebody else's question: this one is asked of the statement alone, and finds what even the owner of the
key could not have exported by mistake. Add a question as one generator in `_QUESTIONS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from golive.core.bundle import PREDICATE, STATEMENT
from golive.core.chain import Link, faults
from golive.core.ledger import GENESIS, canonical, moment, stamp
from golive.core.model import Subject

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LISTS = ("sign_offs", "findings", "waivers", "holds", "conditions", "overrides", "people")
_KINDS = {"findings": "result"}
"""List of the predicate → the kind of row that its items come from; every other item is a person's word."""
_ROW = "[seq, kind, at, body_hash, prev, hash]"


def read(payload: bytes) -> dict[str, Any]:
    """The statement in a payload. Raises ValueError, with a clause for people, for anything but what golive writes."""
    try:
        told = json.loads(payload)
        ours = isinstance(told, dict) and canonical(told) == payload
    except (ValueError, RecursionError):
        raise ValueError("its payload is no JSON") from None
    if not ours:
        raise ValueError("its payload is not in the one form that golive writes: it was changed")
    found: dict[str, Any] = told
    return found


def wrong(told: dict[str, Any]) -> list[str]:
    """What does not hold in a statement, a clause for each; empty when all of it does."""
    try:
        return [clause for question in _QUESTIONS for clause in question(told)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return [f"it has not the form of {PREDICATE}: {type(error).__name__}: {error}"]


def subject_of(told: dict[str, Any]) -> str:
    """What it is evidence of, for people: `acme/shop#7`."""
    release = told["predicate"]["release"]
    return f"{release['repository']}#{release['number']}"


def links_in(told: dict[str, Any]) -> list[Link]:
    """The rows of the chain inside. Raises ValueError for one that is not written as golive writes it."""
    return [_link(row) for row in told["predicate"]["chain"]["rows"]]


def _form(told: dict[str, Any]) -> Iterator[str]:
    for key, wanted in (("_type", STATEMENT), ("predicateType", PREDICATE)):
        if told[key] != wanted:
            yield f"its {key} is {told[key]!r}, and should be {wanted!r}"
    for name in _LISTS:
        if not isinstance(told["predicate"][name], list):
            yield f"its {name} are no list"


def _subjects(told: dict[str, Any]) -> Iterator[str]:
    """The commits that it is about are those that the release inside says."""
    release = told["predicate"]["release"]
    name = f"{release['repository']}#{release['number']}"
    wanted = {f"{name}:head": release["head_sha"]}
    if release["merge_sha"]:
        wanted[f"{name}:merge"] = release["merge_sha"]
    found = {one["name"]: one["digest"]["gitCommit"] for one in told["subject"]}
    if found != wanted or len(told["subject"]) != len(wanted):
        yield f"its subject is {found}, and the release inside is {wanted}"
    yield from (f"{sha!r} is no commit" for sha in found.values() if not _COMMIT.fullmatch(sha))
    decision = told["predicate"]["decision"]
    if decision is not None and decision["head_sha"] != release["head_sha"]:
        yield f"it was decided on {decision['head_sha'][:12]}, and the release inside is {release['head_sha'][:12]}"


def _chain(told: dict[str, Any]) -> Iterator[str]:
    chain, release = told["predicate"]["chain"], told["predicate"]["release"]
    subject = Subject(release["host"], release["repository_id"], release["number"])
    if chain["subject"] != subject.key:
        yield f"its chain is of {chain['subject']}, and the release inside is {subject.key}"
    links = links_in(told)
    if chain["length"] != len(links):
        yield f"its chain has {len(links)} entries, and should have {chain['length']}"
    yield from (fault.sentence for fault in faults(subject, links, chain["head"] or GENESIS))


def _link(row: list[Any]) -> Link:
    """Raises ValueError for a row that is written otherwise than golive writes it, even where that means the same."""
    seq, kind, at, *hashes = row
    plain = type(seq) is int and isinstance(kind, str) and isinstance(at, str) and len(hashes) == 3
    if not plain or not all(isinstance(one, str) and _HASH.fullmatch(one) for one in hashes) or stamp(moment(at)) != at:
        raise ValueError(f"a row of its chain is not {_ROW}: {json.dumps(row)[:120]}")
    return Link(seq, kind, moment(at), *hashes)


def _places(told: dict[str, Any]) -> Iterator[str]:
    """Whatever it tells was recorded: at the entry it names, of that kind, at that time."""
    predicate = told["predicate"]
    rows = {row[0]: (row[1], row[2]) for row in predicate["chain"]["rows"]}
    items = [(name, one) for name in _LISTS if name != "people" for one in predicate[name]]
    if predicate["decision"] is not None:
        items.append(("decision", predicate["decision"]))
    for name, item in items:
        kind = _KINDS.get(name, "decision" if name == "decision" else "word")
        if rows.get(item["seq"]) != (kind, item["at"]):
            yield f"its {name} name entry {item['seq']} as a {kind} of {item['at']}, and the chain has no such entry"
    policy = predicate["policy"]
    if policy is not None and rows.get(policy["seq"], ("",))[0] != "policy":
        yield f"its policy names entry {policy['seq']}, and the chain has no policy there"
    merged = [at for kind, at in rows.values() if kind == "merged"]
    if predicate["release"]["merged_at"] not in (merged or [""]):
        yield f"it says that it landed at {predicate['release']['merged_at'] or 'no time'}, and the chain says otherwise"


_QUESTIONS: tuple[Callable[[dict[str, Any]], Iterator[str]], ...] = (_form, _subjects, _chain, _places)
