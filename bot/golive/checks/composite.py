"""`composite`: so many of several other checks hold.

Asserts nothing of the world by itself: it weighs the findings of other checks of the same policy. Use it where one claim
rests on several checks, or where one of several ways is enough.

Options:

- `of` (required): ids of the checks it weighs.
- `need`: how many of them must hold. Default: all.
- `any`: `true`: one is enough, the same as `need: 1`.

Example:

    - id: answers
      uses: http
      with: {url: "${target}/health"}
    - id: drilled
      uses: attest
      with: {role: operations, statement: Disaster recovery was drilled}
    - id: recovery
      uses: composite
      with: {of: [answers, drilled], need: 2}

Outcomes: `passed`; `warning` (enough hold only if those that warn are counted); `failed` (so many do not hold that the
rest cannot be enough); `unknown` (some could not tell, or were not run, and it depends on them); `pending` (some are not
decided, and it depends on them); `not_applicable` (none of them applies). A check that passed, warned or is waived holds.
One that does not apply or is skipped is left out: it neither holds nor is it needed, and where fewer than `need` are left,
that is unknown. What could not tell never holds. The evidence is as strong as the weakest that is counted.
Measures: `held`, how many hold, and `share`, of those that apply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field, field_validator, model_validator

from golive.checks.options import Options
from golive.checks.replies import capped
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look

_HOLD = (Outcome.PASSED, Outcome.WAIVED)
_LEFT_OUT = frozenset({Outcome.NOT_APPLICABLE, Outcome.SKIPPED})
_UNDECIDED = frozenset({Outcome.UNKNOWN, Outcome.BLOCKED})
_STRONGEST_FIRST = tuple(Strength)


class CompositeCheck(Options):
    """Options and judging of the kind `composite`; the module's text is its reference. Nothing is collected."""

    kind: ClassVar[str] = "composite"
    fresh: ClassVar[timedelta | None] = None
    measures: ClassVar[Mapping[str, str]] = {"held": "", "share": "%"}
    ran_against: ClassVar[str] = "findings of other checks, which is all it reads"

    of: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")], ...], Field(min_length=1)]
    need: Annotated[int, Field(ge=1)] | None = None
    any_: Annotated[bool, Field(alias="any")] = False

    @field_validator("of")
    @classmethod
    def _each_once(cls, of: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({one for one in of if of.count(one) > 1})
        if twice:
            raise ValueError(f"{twice[0]} is named twice, and one check counts once")
        return of

    @model_validator(mode="after")
    def _can_be_met(self) -> CompositeCheck:
        if self.any_ and self.need is not None:
            raise ValueError("`any` and `need` are two ways to say one thing; keep one")
        if self.need is not None and self.need > len(self.of):
            raise ValueError(f"`need` is {self.need}, and `of` names {len(self.of)}: it can never be met")
        return self

    def of_checks(self) -> tuple[str, ...]:
        """The checks whose findings it weighs."""
        return self.of

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """None of them to all of them."""
        return {"held": (0, len(self.of)), "share": (0, 100)}

    def collect(self, look: Look) -> Mapping[str, Finding]:
        """Nothing: whoever runs the checks hands their findings to `judge`."""
        return {}

    def judge(self, facts: Mapping[str, Finding]) -> Finding:
        """Count what holds; what is not decided matters only where it could turn the answer."""
        missing = [name for name in self.of if name not in facts]
        if missing:
            return Finding(
                "", Outcome.UNKNOWN, f"There is no finding of {', '.join(missing)}", expected=self._expected()
            )
        parts = {name: facts[name] for name in self.of if facts[name].outcome not in _LEFT_OUT}
        outcome = self._outcome([part.outcome for part in parts.values()])
        held = [part for part in parts.values() if part.outcome in (*_HOLD, Outcome.WARNING)]
        measured = f"{len(held)} of {len(parts)} hold"
        until = [part.valid_until for part in held if part.valid_until is not None]
        share = (Measure("share", 100 * len(held) / len(parts), "%"),) if parts else ()
        return Finding(
            "", outcome, self._summary(outcome, parts, measured), measured, self._expected(),
            f"checks {', '.join(self.of)}", _weakest(held or list(parts.values())), valid_until=min(until, default=None),
            measures=(Measure("held", len(held)), *share),
            details=capped(_line(name, facts[name]) for name in self.of if facts[name].outcome not in _HOLD),
        )  # fmt: skip

    def _needed(self, applicable: int) -> int:
        """How many must hold. Of those that apply where all are needed."""
        if self.any_:
            return 1
        return applicable if self.need is None else self.need

    def _outcome(self, outcomes: Sequence[Outcome]) -> Outcome:
        if not outcomes:
            return Outcome.NOT_APPLICABLE
        needed = self._needed(len(outcomes))
        held = sum(one in _HOLD for one in outcomes)
        warned = outcomes.count(Outcome.WARNING)
        pending = outcomes.count(Outcome.PENDING)
        unclear = sum(one in _UNDECIDED for one in outcomes) + max(0, needed - len(outcomes))
        if held >= needed:
            return Outcome.PASSED
        if held + warned >= needed:
            return Outcome.WARNING
        if held + warned + pending + unclear < needed:
            return Outcome.FAILED
        return Outcome.PENDING if pending else Outcome.UNKNOWN

    def _summary(self, outcome: Outcome, parts: Mapping[str, Finding], measured: str) -> str:
        if not parts:
            return f"None of {', '.join(self.of)} applies"
        without = [f"{name} {_said(part.outcome)}" for name, part in parts.items() if part.outcome not in _HOLD]
        told = ", ".join(without[:5]) + (f" and {len(without) - 5} more" if len(without) > 5 else "")
        needed = self._needed(len(parts))
        says = "" if outcome is Outcome.PASSED else f", {needed} {'is' if needed == 1 else 'are'} needed"
        return f"{measured}{says}{f': {told}' if told else ''}"

    def _expected(self) -> str:
        if self.any_ or self.need == 1:
            return f"one of {', '.join(self.of)}"
        count = "all" if self.need in (None, len(self.of)) else str(self.need)
        return f"{count} of {', '.join(self.of)}"


def _weakest(findings: Sequence[Finding]) -> Strength:
    strengths = [finding.strength for finding in findings]
    return max(strengths, key=_STRONGEST_FIRST.index, default=Strength.PROBE)


def _line(name: str, finding: Finding) -> Detail:
    return Detail(f"{name} {_said(finding.outcome)}: {finding.summary}", outcome=finding.outcome)


def _said(outcome: Outcome) -> str:
    """An outcome as the rest of a sentence."""
    return {
        Outcome.FAILED: "failed", Outcome.WARNING: "warned", Outcome.UNKNOWN: "could not tell",
        Outcome.BLOCKED: "was not run", Outcome.PENDING: "is not decided", Outcome.SKIPPED: "was skipped",
        Outcome.NOT_APPLICABLE: "does not apply",
    }.get(outcome, outcome.value)  # fmt: skip
