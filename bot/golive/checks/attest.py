"""`attest`: a person who fills a role says that something holds.

Asserts what no machine can see: that a drill was held, a contract signed, a text reviewed. Someone who fills the role
says `/golive attest`, the check's id, and where asked a link to the evidence. Who may do so is read when golive
decides, so the word of someone who has left the role stops counting.

Options:

- `role` (required): the role's id, as under `signoffs:`.
- `statement` (required): what the person attests, as a sentence without its full stop.
- `evidence`: `none` (default) or `url`: the words must contain an http or https link. golive shows it and does not open
  it.
- `max_age`: how old the word may be, with its unit (`90d`, `12h`). Default `90d`.

Example:

    - id: dr-drill
      uses: attest
      with: {role: operations, statement: Disaster recovery was drilled, evidence: url, max_age: 90d}

Outcomes: `passed` until the word is `max_age` old; `failed` (what was attested is too old by now); `pending` (nobody
who fills the role has said so yet, or the link is missing). The evidence is a dated attestation: weaker than a probe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from golive.checks.options import Duration, Options
from golive.core.model import Finding, Outcome, Strength
from golive.ports import Attestation, Look

_LINK = re.compile(r"\bhttps?://[^\s<>\"'`/?#]+[^\s<>\"'`]*", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What was attested for this check, and the moment at which it is weighed."""

    at: datetime
    attestations: Sequence[Attestation]


class AttestCheck(Options):
    """Options, collecting and judging of the kind `attest`; the module's text is its reference."""

    kind: ClassVar[str] = "attest"
    fresh: ClassVar[timedelta | None] = None
    reads_attestations: ClassVar[bool] = True

    role: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)]
    statement: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
    evidence: Literal["none", "url"] = "none"
    max_age: Duration = timedelta(days=90)

    def collect(self, look: Look) -> Said:
        """The words were gathered with the release; nothing outside is asked."""
        return Said(look.now, tuple(look.attestations))

    def judge(self, facts: Said) -> Finding:
        """The newest word that satisfies everything; else the newest one that shows what is lacking."""
        entitled = sorted((word for word in facts.attestations if word.entitled), key=lambda word: word.at)
        complete = [word for word in entitled if self._evidence(word) is not None]
        if complete and facts.at < complete[-1].at + self.max_age:
            return self._attested(complete[-1])
        fresh_but_bare = [word for word in entitled if facts.at < word.at + self.max_age]
        if complete and not fresh_but_bare:
            return self._too_old(complete[-1], facts.at)
        if fresh_but_bare:
            lacking = f"@{fresh_but_bare[-1].person.login} attested it without a link to the evidence"
            return self._waiting(lacking)
        strangers = sorted({f"@{word.person.login}" for word in facts.attestations if not word.entitled})
        return self._waiting(f"{' and '.join(strangers)} attested it without filling the role" if strangers else "")

    def _evidence(self, word: Attestation) -> str | None:
        """Where the word can be followed up, or None where the link it needs is missing."""
        link = _LINK.search(word.text)
        if link is not None:
            return link[0].rstrip(".,;:!)]")
        return None if self.evidence == "url" else word.link

    def _attested(self, word: Attestation) -> Finding:
        until = word.at + self.max_age
        return self._finding(
            Outcome.PASSED,
            f"@{word.person.login} attested: {self.statement}",
            measured=f"attested on {word.at:%Y-%m-%d} by @{word.person.login}, holds until {until:%Y-%m-%d}",
            source=self._evidence(word) or "",
            valid_until=until,
        )

    def _too_old(self, word: Attestation, now: datetime) -> Finding:
        measured = f"attested {_ago(now - word.at)} ago by @{word.person.login}, at most {_ago(self.max_age)}"
        return self._finding(
            Outcome.FAILED,
            f"{measured[0].upper()}{measured[1:]}. Whoever fills {self.role} can attest anew: {self._how()}",
            measured=measured,
            source=self._evidence(word) or "",
        )

    def _waiting(self, lacking: str) -> Finding:
        waiting = f"Waiting for {self.role} to attest: {self.statement}. {self._how()}"
        return self._finding(Outcome.PENDING, f"{waiting}. {lacking}" if lacking else waiting, measured=lacking)

    def _how(self) -> str:
        link = " and a link to the evidence" if self.evidence == "url" else ""
        return f"Say `/golive attest` with this check's id{link}"

    def _finding(
        self, outcome: Outcome, summary: str, measured: str, source: str = "", valid_until: datetime | None = None
    ) -> Finding:
        expected = f"attested by {self.role} within {_ago(self.max_age)}"
        expected += ", with a link to the evidence" if self.evidence == "url" else ""
        return Finding(
            "",
            outcome,
            summary,
            measured=measured,
            expected=expected,
            source=source,
            strength=Strength.ATTESTED,
            valid_until=valid_until,
        )


def _ago(length: timedelta) -> str:
    """A length of time in its largest whole unit: `94 d`, `3 h`, `5 min`."""
    if length >= timedelta(days=1):
        return f"{length.days} d"
    if length >= timedelta(hours=1):
        return f"{length // timedelta(hours=1)} h"
    return f"{length // timedelta(minutes=1)} min"
