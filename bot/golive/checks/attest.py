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
- `min_people`: how many different people who fill the role must say so. Default 1.
- `measurement`: how the figure that is claimed was measured, in words; shown with the question, never evaluated.
- `measured`: the name of a figure, or a list of them, that the words must give, as in `nps=4.2` or `adoption=55%`. Hold
  them against `pass:`. A figure is as good as the word of who says it.

Example:

    - id: dr-drill
      uses: attest
      with: {role: operations, statement: Disaster recovery was drilled, evidence: url, max_age: 90d}

    - id: customers-are-content
      uses: attest
      with: {role: product, statement: Customers of the pilot are content, measurement: Survey of week 3, measured: nps}
      pass: "nps>4"

Outcomes: `passed` until the word is `max_age` old; `failed` (what was attested is too old by now); `pending` (too few
who fill the role have said so yet, or the link or a figure is missing). The evidence is a dated attestation: weaker than
a probe. Names of MITRE's SAF attestations are understood: `explanation` is the statement, and `frequency` is how often it
must be said anew, as the most days that a day, a week, two weeks, a month, a quarter, half a year and a year have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from golive.checks.measured import PerOptions
from golive.checks.options import Duration, Options
from golive.checks.replies import Texts
from golive.core.model import Finding, Measure, Outcome, Strength
from golive.core.units import amount, quantity
from golive.ports import Attestation, Look

_LINK = re.compile(r"\bhttps?://[^\s<>\"'`/?#]+[^\s<>\"'`]*", re.IGNORECASE)


_FIGURE = re.compile(r"[a-z][a-z0-9_]{0,49}")
_DAYS = {
    "daily": 1, "every3days": 3, "weekly": 7, "every2weeks": 14, "monthly": 31, "quarterly": 92, "semiannually": 184,
    "annually": 366,
}  # fmt: skip
"""Frequencies of MITRE's Security Automation Framework, in days."""


def _figure_names(names: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [name for name in names if not _FIGURE.fullmatch(name)]
    if wrong or len(set(names)) < len(names):
        raise ValueError("a figure's name is small letters, digits and `_`, like `nps`, and is named once")
    return names


def _measures_of(check: AttestCheck) -> Mapping[str, str]:
    return {"*": ""} if check.measured else {}


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
    measures: ClassVar[Mapping[str, str]] = PerOptions({"*": ""}, _measures_of)
    also: ClassVar[Mapping[str, str]] = {"explanation": "statement"}

    role: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)]
    statement: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
    evidence: Literal["none", "url"] = "none"
    max_age: Duration = timedelta(days=90)
    min_people: Annotated[int, Field(ge=1, le=20)] = 1
    measurement: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    measured: Annotated[Texts, AfterValidator(_figure_names)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_saf_has_it(cls, given: Any) -> Any:
        """`frequency: quarterly` is the longest a word may be old."""
        if not isinstance(given, dict) or "frequency" not in given:
            return given
        mine = dict(given)
        days = _DAYS.get(str(mine.pop("frequency")))
        if days is None:
            raise ValueError(f"`frequency` is one of {', '.join(_DAYS)}; or write `max_age` with its unit")
        if "max_age" in mine:
            raise ValueError("`frequency` and `max_age` are two names of one thing; keep one")
        return mine | {"max_age": f"{days}d"}

    def collect(self, look: Look) -> Said:
        """The words were gathered with the release; nothing outside is asked."""
        return Said(look.now, tuple(look.attestations))

    def judge(self, facts: Said) -> Finding:
        """Each person's newest word that satisfies everything; else the newest one that shows what is lacking."""
        entitled = sorted((word for word in facts.attestations if word.entitled), key=lambda word: word.at)
        complete = _each_persons_newest(word for word in entitled if not self._lacks(word))
        holding = [word for word in complete if facts.at < word.at + self.max_age]
        if len(holding) >= self.min_people:
            return self._attested(holding[-self.min_people :])
        bare = [word for word in entitled if facts.at < word.at + self.max_age and self._lacks(word)]
        if len(complete) >= self.min_people and not bare:
            return self._too_old(complete[-self.min_people], facts.at)
        if bare and bare[-1].person not in [word.person for word in holding]:
            return self._waiting(f"@{bare[-1].person.login} attested it without {self._lacks(bare[-1])}", holding)
        strangers = sorted({f"@{word.person.login}" for word in facts.attestations if not word.entitled})
        lacking = f"{' and '.join(strangers)} attested it without filling the role" if strangers else ""
        return self._waiting(lacking, holding)

    def _lacks(self, word: Attestation) -> str:
        """What the words must hold and do not, or an empty text."""
        if self._evidence(word) is None:
            return "a link to the evidence"
        missing = [name for name in self.measured or () if _figure(name, word.text) is None]
        return f"the figure {' and '.join(f'`{name}=…`' for name in missing)}" if missing else ""

    def _evidence(self, word: Attestation) -> str | None:
        """Where the word can be followed up, or None where the link it needs is missing."""
        link = _LINK.search(word.text)
        if link is not None:
            return link[0].rstrip(".,;:!)]")
        return None if self.evidence == "url" else word.link

    def _attested(self, words: Sequence[Attestation]) -> Finding:
        """words: one each of as many people as are needed, oldest first."""
        until = words[0].at + self.max_age
        newest, who = words[-1], " and ".join(f"@{word.person.login}" for word in reversed(words))
        figures = [(name, figure) for name in self.measured or () if (figure := _figure(name, newest.text))]
        claimed = "".join(f", {name} {amount(*figure)}" for name, figure in figures)
        finding = self._finding(
            Outcome.PASSED,
            f"{who} attested: {self.statement}{claimed}",
            measured=f"attested on {newest.at:%Y-%m-%d} by {who}{claimed}, holds until {until:%Y-%m-%d}",
            source=self._evidence(newest) or "",
            valid_until=until,
        )
        return replace(finding, measures=tuple(Measure(name, *figure) for name, figure in figures))

    def _too_old(self, word: Attestation, now: datetime) -> Finding:
        measured = f"attested {_ago(now - word.at)} ago by @{word.person.login}, at most {_ago(self.max_age)}"
        return self._finding(
            Outcome.FAILED,
            f"{measured[0].upper()}{measured[1:]}. Whoever fills {self.role} can attest anew: {self._how()}",
            measured=measured,
            source=self._evidence(word) or "",
        )

    def _waiting(self, lacking: str, holding: Sequence[Attestation]) -> Finding:
        told = f" ({self.measurement})" if self.measurement else ""
        waiting = f"Waiting for {self.role} to attest: {self.statement}{told}. {self._how()}"
        if self.min_people > 1:
            so_far = " and ".join(f"@{word.person.login}" for word in holding) or "nobody"
            waiting = f"{waiting}. {self.min_people} people are needed; so far {so_far} did"
        return self._finding(Outcome.PENDING, f"{waiting}. {lacking}" if lacking else waiting, measured=lacking)

    def _how(self) -> str:
        wanted = ["a link to the evidence"] if self.evidence == "url" else []
        wanted += [f"`{name}=…`" for name in self.measured or ()]
        return f"Say `/golive attest` with this check's id{''.join(f' and {one}' for one in wanted)}"

    def _finding(
        self, outcome: Outcome, summary: str, measured: str, source: str = "", valid_until: datetime | None = None
    ) -> Finding:
        people = f"{self.min_people} people of " if self.min_people > 1 else ""
        expected = f"attested by {people}{self.role} within {_ago(self.max_age)}"
        expected += ", with a link to the evidence" if self.evidence == "url" else ""
        expected += f", with {' and '.join(self.measured)}" if self.measured else ""
        expected += f", measured as: {self.measurement}" if self.measurement else ""
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


def _each_persons_newest(words: Iterable[Attestation]) -> list[Attestation]:
    """One word per person, oldest first; words must be given oldest first."""
    newest: dict[object, Attestation] = {}
    for word in words:
        # people out of a file have no number
        who = word.person.id or word.person.login.lower()
        newest.pop(who, None)
        newest[who] = word
    return list(newest.values())


def _figure(name: str, text: str) -> tuple[float, str] | None:
    """The last figure of that name in the words, in its canonical unit; None where there is none that is a number."""
    given = re.findall(rf"(?<![\w.=-]){re.escape(name)}=(\S+)", text, re.IGNORECASE)
    try:
        return quantity(given[-1].rstrip(".,;:!)")) if given else None
    except ValueError:
        return None


def _ago(length: timedelta) -> str:
    """A length of time in its largest whole unit: `94 d`, `3 h`, `5 min`."""
    if length >= timedelta(days=1):
        return f"{length.days} d"
    if length >= timedelta(hours=1):
        return f"{length // timedelta(hours=1)} h"
    return f"{length // timedelta(minutes=1)} min"
