"""What a run without a database leaves for the next one: the part of the record that the forge does not keep. Pure.

It rides in golive's own comment, hidden, with an HMAC over it, the release it is about, and a counter. Whoever may edit the
comment cannot make one, but could put an older one back: so counter and digest are repeated in what was published for the
head (`Stamp`), and an older one does not count. A new kind of entry that has to outlive a run is one line of `KINDS`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from golive.core.landing import KINDS as LANDING
from golive.core.ledger import Entry, canonical, moment, stamp
from golive.core.model import Subject

SHORTEST_KEY = 32
"""Characters of the key: HMAC-SHA256 has the strength of a key of 32 random bytes."""
MOST = 40_000
"""Characters of a block: GitHub takes 65,536 for a comment, and the rest is for people."""
UNPACKED = 4_000_000
"""Bytes that a block may unpack to."""
KINDS = frozenset({
    "release", "shown", "retargeted", "opened", "pushed", "word", "void", "ruling", "result", "request", "decision",
    "updated", "merging", "refused", "merged", "closed", "freeze", "override", "nag", "disturbed", "promotion", "trying",
    "tried", "stirred", *LANDING,
})  # fmt: skip
"""Kinds of entries that are carried; the others are made anew from what the forge says."""
LEAST = KINDS - {"result", "disturbed", "freeze", "stirred", "updated"}
"""Those that are carried where all would be too many; what is left out is looked at or asked for once more."""
OF_THIS_RUN = ":this run"
"""Ends the keys of entries that mean nothing to the next run."""
_BLOCK = re.compile(r"<!-- golive-state:1 (\d{1,15}) ([A-Za-z0-9+/=]+) ([0-9a-f]{64}) -->")
_STAMP = re.compile(r"([0-9]{1,12})\.([0-9]{1,15})\.([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9]{1,15}|f)(?:\.([0-9]{1,12}))?")
_BEFORE = "golive-"
_SUPERSEDED = re.compile(r"([0-9]{1,12})\.([0-9]{1,15})\.([0-9a-f]{40})")
MOST_STAMPS = 50
"""Stamps in one address, of the newest pull requests: some 70 characters each, and an address has to fit in a field."""
NOTHING = "0" * 12
"""The digest where nothing is carried."""


@dataclass(frozen=True)
class Carried:
    """Entries in the order of their seq, and how many states there were before this one and with it."""

    counter: int = 0
    entries: tuple[Entry, ...] = ()


def worth(entries: Iterable[Entry], kinds: frozenset[str] = KINDS) -> tuple[Entry, ...]:
    """Of a record, what is carried: of results the first that said what the newest says, of decisions the last, in brief, and
    the last before it landed: that one let it go.

    What a run looked at once more and found as it was is not carried, so that a run that finds nothing new leaves the same.
    """
    listed = [entry for entry in entries if entry.kind in kinds and not entry.key.endswith(OF_THIS_RUN)]
    keep: dict[tuple[str, str], Entry] = {}
    landed = _landed(listed)
    for entry in listed:
        if entry.kind in ("result", "decision"):
            before = keep.get(_of_many(entry, landed))
            if before is None or entry.kind == "decision" or _found(before) != _found(entry):
                keep[_of_many(entry, landed)] = entry
    return tuple(
        _brief(entry) for entry in listed
        if entry.kind not in ("result", "decision") or keep[_of_many(entry, landed)] is entry
    )  # fmt: skip


def _landed(entries: Iterable[Entry]) -> float:
    """The seq of the entry that says it landed."""
    return next((entry.seq for entry in entries if entry.kind == "merged"), math.inf)


def steady(before: Sequence[Entry], now: Sequence[Entry]) -> tuple[Entry, ...]:
    """The same, with the decision as it was carried before where it says no other thing."""
    landed = _landed(now)
    old = {(_said(entry), entry.seq > landed): entry for entry in before if entry.kind == "decision"}
    kept = [
        old.get((_said(entry), entry.seq > landed), entry) if entry.kind == "decision" else entry for entry in now
    ]  # fmt: skip
    return tuple(sorted(kept, key=lambda entry: entry.seq))


def _said(decision: Entry) -> tuple[object, ...]:
    """What makes a decision another one; how long ago somebody was asked does not."""
    body = decision.body
    reasons = tuple((reason["code"], reason["subject"]) for reason in body["decision"]["reasons"])
    return body["verdict"], body["headline"].split(", asked ")[0], reasons


def _found(result: Entry) -> tuple[object, ...]:
    body = result.body
    return tuple(body.get(name) for name in ("head", "digest", "outcome", "summary", "measured"))


def _of_many(entry: Entry, landed: float) -> tuple[str, str]:
    about = str(entry.seq > landed) if entry.kind == "decision" else str(entry.body.get("check", ""))
    return entry.kind, about


def _brief(entry: Entry) -> Entry:
    """A decision with what the next one is held against, and no more: it keeps its whole snapshot."""
    if entry.kind != "decision":
        return entry
    told = entry.body.get("decision", {}).get("reasons", ())
    reasons = [{"code": one["code"], "subject": one["subject"]} for one in told]
    body = {"verdict": entry.body["verdict"], "headline": entry.body["headline"], "decision": {"reasons": reasons}}
    return replace(entry, body=body)


def packed(entries: Sequence[Entry]) -> bytes:
    """The one byte form of entries."""
    rows = [[entry.seq, entry.kind, entry.key, stamp(entry.at), dict(entry.body)] for entry in entries]
    return canonical({"entries": rows})


def digest(entries: Sequence[Entry]) -> str:
    """Twelve hex digits that stand for these entries."""
    return hashlib.sha256(packed(entries)).hexdigest()[:12] if entries else NOTHING


def fitting(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """What is carried of a record, and with the least that is needed where all would be too long for a comment."""
    listed = tuple(entries)
    for kinds in (KINDS, LEAST, LEAST - {"decision", "nag"}):
        kept = worth(listed, kinds)
        if len(_data(kept)) <= MOST:
            return kept
    return ()


def _data(entries: Sequence[Entry]) -> str:
    return base64.b64encode(zlib.compress(packed(entries), 9)).decode()


def block(key: str, subject: Subject, carried: Carried) -> str:
    """The hidden block. Its entries fit."""
    data = _data(carried.entries)
    return f"<!-- golive-state:1 {carried.counter} {data} {_signed(key, subject, carried.counter, data)} -->"


def record_in(text: str) -> str:
    """The last block in a comment, as it stands there; empty where there is none."""
    found = [match[0] for match in _BLOCK.finditer(text)]
    return found[-1] if found else ""


def read(key: str, subject: Subject, text: str) -> tuple[Carried | None, str]:
    """What the last block in a comment carries; or None and why it does not count, empty where there is none."""
    found = _BLOCK.findall(text)
    if not found:
        return None, ""
    counter, data, signature = found[-1]
    if not hmac.compare_digest(signature, _signed(key, subject, int(counter), data)):
        return None, "it was not written with this key, or it was changed"
    try:
        unpack = zlib.decompressobj()
        raw = unpack.decompress(base64.b64decode(data, validate=True), UNPACKED)
        rows = json.loads(raw)["entries"]
        return Carried(int(counter), tuple(_entry(row) for row in rows)), ""
    except (ValueError, KeyError, TypeError, zlib.error, binascii.Error):
        return None, "it cannot be read; another golive may have written it"


def _entry(row: Sequence[Any]) -> Entry:
    seq, kind, key, at, body = row
    if not isinstance(body, Mapping):
        raise TypeError("an entry's body is a mapping")
    return Entry(str(kind), str(key), moment(at), body, int(seq))


def _signed(key: str, subject: Subject, counter: int, data: str) -> str:
    text = f"golive-state:1\n{subject.key}\n{counter}\n{data}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


# ------------------------------------------------------------------ what is repeated in the published result


@dataclass(frozen=True)
class Stamp:
    """Which state of which pull request a published result rests on, and what must be known of its head without any.

    base: a digest of the base branch.   pusher: the numeric id of who pushed the head, `0` where nobody has said, `f` where
    it is the first head that golive saw, which may be older than golive.   since: when the head was first shown for this pull
    request and base, in seconds since 1970; 0: when the result was begun.
    """

    number: int
    counter: int
    digest: str
    base: str
    pusher: str = "0"
    since: int = 0


@dataclass(frozen=True)
class Superseded:
    """In the place of a stamp: another head (`by`) of the pull request was about to be shown after this one."""

    number: int
    counter: int
    by: str


NO_BASE = "0" * 8
"""In the place of a base's digest: nobody has noted yet since when the head is shown for it."""


def base_digest(base_ref: str) -> str:
    """Eight hex digits that stand for a base branch."""
    return hashlib.sha256(base_ref.encode()).hexdigest()[:8]


def stamped(url: str, stamps: Iterable[Stamp | Superseded]) -> str:
    """The address with these stamps behind its `#`, in the order of their pull requests."""
    newest = sorted(stamps, key=lambda one: one.number)[-MOST_STAMPS:]
    return f"{url.partition('#')[0]}#{_BEFORE}{'-'.join(map(_text, newest))}"


def _text(one: Stamp | Superseded) -> str:
    if isinstance(one, Superseded):
        return f"{one.number}.{one.counter}.{one.by}"
    return f"{one.number}.{one.counter}.{one.digest}.{one.base}.{one.pusher}{f'.{one.since}' if one.since else ''}"


def stamps(url: str) -> dict[int, Stamp | Superseded]:
    """The stamps in an address by their pull requests; none where it has none."""
    _, hash_sign, told = url.partition(f"#{_BEFORE}")
    found: dict[int, Stamp | Superseded] = {}
    for part in told.split("-") if hash_sign else ():
        if one := _STAMP.fullmatch(part):
            found[int(one[1])] = Stamp(int(one[1]), int(one[2]), one[3], one[4], one[5], int(one[6] or 0))
        elif one := _SUPERSEDED.fullmatch(part):
            found[int(one[1])] = Superseded(int(one[1]), int(one[2]), one[3])
    return found


def superseded(url: str, subject: Subject, counter: int, by: str) -> str:
    """The address of a head's result once another head (`by`) of a pull request is about to be shown for the first time."""
    return stamped(url, {**stamps(url), subject.number: Superseded(subject.number, counter, by)}.values())


def put_back(
    carried: Carried, subject: Subject, head_sha: str, shown_last: str, here: str | None, there: str | None
) -> str:
    """Why a state is not the newest one, a clause; empty where nothing says so.

    head_sha: of the pull request now.   shown_last: the newest head in the state.   here/there: the address in the
    published result of that first and that second head; None where it has none.
    """
    for url in (here, there if shown_last != head_sha else None):
        if url is None:
            continue
        told = stamps(url)
        mine = told.get(subject.number)
        if mine is None and url is here and shown_last != head_sha and len(told) < MOST_STAMPS:
            continue  # this head was shown for another pull request, and never for this one
        if mine is None:
            return "the published result names no state of this pull request"
        if isinstance(mine, Superseded):
            if mine.by == head_sha and url is not here:
                continue  # a run that was about to show this very head was interrupted
            return f"another commit was shown after {shown_last[:7]}"
        if mine.counter > carried.counter:
            return f"the published result is of state {mine.counter}, and this is state {carried.counter}"
        if mine.counter == carried.counter and mine.digest not in (NOTHING, digest(carried.entries)):
            return f"the published result is of another state {mine.counter}"
    return ""
