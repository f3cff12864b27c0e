"""`port`: TCP ports take connections, and others do not.

Asserts, by connecting to each and closing again: every port under `reachable` takes the connection, and none under
`closed` does. Nothing is sent.

Options:

- `reachable`: `host:port`, or a list of them, that must take a connection.
- `closed`: `host:port`, or a list of them, that must not: the connection is refused, or nothing ever answers it.

Example:

    - id: ports
      uses: port
      with:
        reachable: ["db.example.com:5432", "cache.example.com:6379"]
        closed: ["db.example.com:22"]

Outcomes: `passed`; `failed` (each port that is not as it should be is named); `unknown` (a name does not resolve, there
is no way to the network, or golive may not go there: that says nothing about the port). Seen from where golive runs: a
firewall between looks like a closed port. One that never answers costs its share of the check's time, so name few under
`closed`. Measures: `open`, how many take a connection, and `duration`, the slowest connection.
goss's `listening` is understood as `reachable`; name the host here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from golive.checks.options import Options, offered
from golive.checks.paths import one_or_more
from golive.checks.places import Place, place
from golive.checks.replies import counted
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.units import amount
from golive.ports import Look, LookConnect, Unreachable

_MOST = 50
_LONGEST = timedelta(seconds=5)
"""A port that has not answered by then is held for one that does not answer."""
_REFUSED = re.compile(r"\bconnection refused\b")
_SILENT = re.compile(r"\b(connection timed out|no complete answer within)\b")


def _places(texts: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(place(text).text for text in texts)
    if not found:
        raise ValueError("an empty list asserts nothing; name at least 1 port")
    twice = sorted({one for one in found if found.count(one) > 1})
    if twice:
        raise ValueError(f"{twice[0]} is named twice")
    return found


Places = Annotated[
    tuple[str, ...],
    BeforeValidator(one_or_more),
    AfterValidator(_places),
    Field(max_length=_MOST),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]}),
]


@dataclass(frozen=True)
class Tried:
    """One port. seconds: how long the connection took, None where there was none.

    shut: whether it is sure that the port takes none.   why: what happened then, in words.
    """

    place: str
    seconds: float | None
    shut: bool = False
    why: str = ""


class PortCheck(Options):
    """Options, collecting and judging of the kind `port`; the module's text is its reference."""

    kind: ClassVar[str] = "port"
    measures: ClassVar[Mapping[str, str]] = {"open": "", "duration": "s"}
    also: ClassVar[Mapping[str, str]] = {"listening": "reachable"}
    ran_against: ClassVar[str] = "open, closed and silent ports over real sockets"

    reachable: Places | None = None
    closed: Places | None = None

    @model_validator(mode="after")
    def _says_something(self) -> PortCheck:
        if self.reachable is None and self.closed is None:
            raise ValueError("name ports under `reachable`, under `closed`, or both")
        both = set(self.reachable or ()) & set(self.closed or ())
        if both:
            raise ValueError(f"{min(both)} cannot be both reachable and closed")
        return self

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """None of them to all of them."""
        return {"open": (0, len(self._all())), "duration": (0, float("inf"))}

    def collect(self, look: Look) -> tuple[Tried, ...]:
        """Connect to each, one after the other, each within its share of the time that is left."""
        connect, ends = offered(look.connect, "ports"), time.monotonic() + look.timeout.total_seconds()
        tried = []
        for number, text in enumerate(self._all()):
            share = (ends - time.monotonic()) / (len(self._all()) - number)
            tried.append(_try(connect, place(text), min(timedelta(seconds=max(share, 0.01)), _LONGEST)))
        return tuple(tried)

    def judge(self, facts: tuple[Tried, ...]) -> Finding:
        """Name every port that is not as it should be; where none is, those of which nothing is known."""
        took = [one.seconds for one in facts if one.seconds is not None]
        wrong, unclear = list(self._wrong(facts)), list(self._unclear(facts))
        measured = f"{len(took)} of {counted(len(facts), 'port')} open"
        outcome = Outcome.FAILED if wrong else Outcome.UNKNOWN if unclear else Outcome.PASSED
        told = "; ".join(detail.text for detail in (wrong or unclear)[:3])
        more = len(wrong or unclear) - 3
        summary = f"{told}{f'; and {more} more' if more > 0 else ''}" if told else f"{measured}, as expected"
        slowest = (Measure("duration", max(took), "s"),) if took else ()
        return Finding(
            "", outcome, summary, measured + (f", the slowest in {amount(max(took), 's')}" if took else ""),
            self._expected(), f"connections to {', '.join(self._all())}", Strength.PROBE,
            measures=(Measure("open", len(took)), *slowest), samples=len(facts), details=(*wrong, *unclear),
        )  # fmt: skip

    def _all(self) -> tuple[str, ...]:
        return (*(self.reachable or ()), *(self.closed or ()))

    def _wrong(self, facts: tuple[Tried, ...]) -> Iterator[Detail]:
        for one in facts:
            if one.place in (self.reachable or ()) and one.shut:
                yield Detail(f"{one.place} takes no connection: {one.why}")
            elif one.place in (self.closed or ()) and one.seconds is not None:
                yield Detail(f"{one.place} takes connections and must not")

    def _unclear(self, facts: tuple[Tried, ...]) -> Iterator[Detail]:
        return (Detail(one.why, outcome=Outcome.UNKNOWN) for one in facts if one.seconds is None and not one.shut)

    def _expected(self) -> str:
        parts = [f"reachable: {', '.join(self.reachable)}"] if self.reachable else []
        return "; ".join(parts + ([f"closed: {', '.join(self.closed)}"] if self.closed else []))


def _try(connect: LookConnect, where: Place, timeout: timedelta) -> Tried:
    try:
        return Tried(where.text, connect.tcp(where.host, where.port, timeout=timeout))
    except Unreachable as error:
        said = str(error)
        return Tried(where.text, None, _is_shut(said), _told(said, timeout) if _is_shut(said) else said)


def _is_shut(said: str) -> bool:
    """Whether every address of the host refused, or stayed silent; a name that stayed silent says nothing of the port."""
    ways = said.split("; ")
    return "while resolving" not in said and all(_REFUSED.search(way) or _SILENT.search(way) for way in ways)


def _told(said: str, timeout: timedelta) -> str:
    if _REFUSED.search(said):
        return "the connection is refused"
    return f"nothing answers within {amount(timeout.total_seconds(), 's')}"
