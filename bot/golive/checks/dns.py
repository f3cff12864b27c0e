"""`dns`: a name has the records it should have.

Asserts, on the records of one type that one name has: at least that there are any, and what else you name. Aliases are
followed. Without a `server`, the resolvers that the machine golive runs on is set up with are asked.

Options:

- `name` (required): the name to look up.
- `type`: `A` (default), `AAAA`, `CAA`, `CNAME`, `MX`, `NS`, `PTR`, `SOA`, `SRV` or `TXT`.
- `resolvable`: `true` (default): there is at least one; `false`: there is none.
- `contain`: a record or a list; each must be among those found, others may be too.
- `equal`: a record or a list; these and no others, in any order.
- `min_records`: at least so many.
- `max_records`: at most so many.
- `server`: a name server to ask, `host`, or `host:port` where the port is not 53; over TCP.

Example:

    - id: mail-goes-to-us
      uses: dns
      with: {name: example.com, type: MX, equal: ["10 mail1.example.com", "20 mail2.example.com"]}

Outcomes: `passed`; `failed` (each mismatch is named); `unknown` (no answer, or one that says that the server failed).
Records are compared as people write them: names without the last dot and in any case, an address in any spelling; the
text of a TXT record exactly, its parts put together. Measures: `records`, how many there are, and `duration`.
goss's `addrs` is understood as `contain`, and its `resolveable` as `resolvable`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from golive.checks.options import Options, offered
from golive.checks.places import place
from golive.checks.replies import Texts, counted
from golive.core.model import Finding, Measure, Outcome, Strength
from golive.core.units import amount
from golive.ports import Look, Unreachable

_SHOWN = 10


@dataclass(frozen=True)
class Found:
    """What there is. why: what kept it from being known, then `records` says nothing."""

    records: tuple[str, ...] = ()
    seconds: float = 0.0
    why: str = ""


def _server(text: str) -> str:
    return text if text.count(":") > 1 and "[" not in text and _address(text) else place(text, 53).text


class DnsCheck(Options):
    """Options, collecting and judging of the kind `dns`; the module's text is its reference."""

    kind: ClassVar[str] = "dns"
    measures: ClassVar[Mapping[str, str]] = {"records": "", "duration": "s"}
    also: ClassVar[Mapping[str, str]] = {"addrs": "contain", "resolveable": "resolvable"}
    ran_against: ClassVar[str] = "a name server over real sockets"

    name: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^\S+$")]
    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] = "A"
    resolvable: bool = True
    contain: Texts | None = None
    equal: Texts | None = None
    min_records: Annotated[int, Field(ge=1)] | None = None
    max_records: Annotated[int, Field(ge=1)] | None = None
    server: Annotated[str, Field(max_length=260), AfterValidator(_server)] | None = None

    @model_validator(mode="after")
    def _can_hold(self) -> DnsCheck:
        wanted = (self.contain, self.equal, self.min_records, self.max_records)
        if not self.resolvable and any(one is not None for one in wanted):
            raise ValueError("`resolvable: false` expects no record at all; take out what the records should be")
        if self.contain is not None and self.equal is not None:
            raise ValueError("`equal` says all that `contain` says; keep one")
        if self.min_records is not None and self.max_records is not None and self.min_records > self.max_records:
            raise ValueError("`min_records` is more than `max_records`")
        return self

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """Never negative."""
        return {"records": (0, float("inf")), "duration": (0, float("inf"))}

    def collect(self, look: Look) -> Found:
        """Ask once."""
        dns, started = offered(look.dns, "the domain name system"), time.monotonic()
        try:
            records = dns.records(self.name, self.type, server=self.server or "", timeout=look.timeout)
        except Unreachable as error:
            return Found(why=str(error))
        return Found(records, time.monotonic() - started)

    def judge(self, facts: Found) -> Finding:
        """Compare the records with what is expected; every mismatch is named."""
        source = f"{self.type} of {self.name}" + (f" at {self.server}" if self.server else "")
        if facts.why:
            return Finding("", Outcome.UNKNOWN, facts.why, "no answer", self._expected(), source)
        count = len(facts.records)
        measured = f"{_some(facts.records) or 'no record'} in {amount(facts.seconds, 's')}"
        wrong = list(self._wrong(facts.records))
        summary = f"{self.name} has {counted(count, f'{self.type} record')}"
        return Finding(
            "", Outcome.FAILED if wrong else Outcome.PASSED,
            f"{summary}, but {'; '.join(wrong)}" if wrong else f"{summary}: {_some(facts.records) or 'none'}",
            measured, self._expected(), source, Strength.PROBE,
            measures=(Measure("records", count), Measure("duration", facts.seconds, "s")),
        )  # fmt: skip

    def _wrong(self, records: tuple[str, ...]) -> Iterator[str]:
        if not self.resolvable:
            if records:
                yield f"none is expected, and there is {_some(records)}"
            return
        if not records:
            yield "at least one is expected"
            return
        found = {self._same(one) for one in records}
        lacking = [one for one in self.equal or self.contain or () if self._same(one) not in found]
        if lacking:
            yield f"not {_some(lacking)}"
        wanted = {self._same(one) for one in self.equal or ()}
        more = [one for one in records if self.equal is not None and self._same(one) not in wanted]
        if more:
            yield f"also {_some(more)}"
        if self.min_records is not None and len(records) < self.min_records:
            yield f"at least {self.min_records} are expected"
        if self.max_records is not None and len(records) > self.max_records:
            yield f"at most {self.max_records} are expected"

    def _same(self, record: str) -> str:
        """The same text for every spelling of one record."""
        if self.type == "TXT":
            return record
        text = " ".join(part.rstrip(".") for part in record.lower().split())
        return _address(text) or text

    def _expected(self) -> str:
        if not self.resolvable:
            return "no record"
        parts = [f"exactly {_some(self.equal)}"] if self.equal else []
        parts += [f"among others {_some(self.contain)}"] if self.contain else []
        parts += [f"at least {counted(self.min_records, 'record')}"] if self.min_records is not None else []
        parts += [f"at most {counted(self.max_records, 'record')}"] if self.max_records is not None else []
        return ", ".join(parts) or "at least one record"


def _address(text: str) -> str:
    """An address in its one spelling, empty for what is none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _some(records: tuple[str, ...] | list[str]) -> str:
    rest = len(records) - _SHOWN
    return ", ".join(records[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
