"""`composite`: other checks, taken together.

Asserts that enough of the checks it names have passed. It looks at nothing itself: it is weighed once those checks are,
and is as old and as well proven as the weakest of them.

Options:

- `of` (required): ids of the checks it is made of.
- `need`: how many of them must have passed. Default: all.
- `warnings`: `count` (default: a warning has passed) or `refuse`.

Example:

    - id: one-region-answers
      uses: composite
      with: {of: [health-eu, health-us, health-ap], need: 2}

Measures: `passed` and `passed_rate` (in percent of those that count).

Outcomes: `passed`; `warning` (enough passed, and one of those with a warning); `failed`; `unknown` (too few have passed,
and what could not be told might have been enough); `pending` (as long as that depends on one that waits). A part that does
not apply, was waived or left out counts for neither side; where nothing counts, it does not apply either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from golive.checks.options import Options
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look

_ASIDE = frozenset({Outcome.WAIVED, Outcome.NOT_APPLICABLE, Outcome.SKIPPED})
_UNTOLD = frozenset({Outcome.UNKNOWN, Outcome.BLOCKED})
_WEAKEST_LAST = list(Strength)


class CompositeCheck(Options):
    """Options and judging of the kind `composite`; the module's text is its reference."""

    kind: ClassVar[str] = "composite"
    measures: ClassVar[Mapping[str, str]] = {"passed": "", "passed_rate": "%"}
    ran_against: ClassVar[str] = "the findings of other checks"

    of: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")], ...], Field(min_length=1, max_length=100)]
    need: Annotated[int, Field(ge=1)] | None = None
    warnings: Literal["count", "refuse"] = "count"

    @model_validator(mode="after")
    def _can_be_met(self) -> CompositeCheck:
        if len(set(self.of)) < len(self.of):
            raise ValueError("a check is named twice in `of`, and would count twice")
        if self.need is not None and self.need > len(self.of):
            raise ValueError(f"{self.need} must pass, and only {len(self.of)} are named; this can never be met")
        return self

    def of_checks(self) -> tuple[str, ...]:
        """See `ports.Kind`."""
        return self.of

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"passed": (0, len(self.of)), "passed_rate": (0, 100)}

    def collect(self, look: Look) -> Mapping[str, Finding]:
        """Nothing: the findings are handed to `judge`."""
        return {}

    def judge(self, facts: Mapping[str, Finding]) -> Finding:
        """Count what passed among the findings, by the checks' ids."""
        counted = {name: one for name, one in facts.items() if one.outcome not in _ASIDE}
        if facts and not counted:
            return Finding("", Outcome.NOT_APPLICABLE, "None of its checks applies", source=", ".join(self.of))
        held = [one for one in counted.values() if self._holds(one)]
        waiting = [name for name, one in counted.items() if one.outcome is Outcome.PENDING]
        untold = [name for name, one in counted.items() if one.outcome in _UNTOLD]
        need = min(self.need or len(counted), len(counted))
        measured = f"{len(held)} of {len(counted)} passed"
        outcome = self._outcome(need - len(held), waiting, untold, held)
        missing = [name for name, one in counted.items() if not self._holds(one)]
        summary = measured if not missing else f"{measured}: not {', '.join(missing[:5])}"
        return Finding(
            "", outcome if counted else Outcome.UNKNOWN, summary, measured, f"{need} of {len(counted)} pass",
            ", ".join(self.of), max((one.strength for one in held), key=_WEAKEST_LAST.index, default=Strength.PROBE),
            measures=(
                Measure("passed", len(held)), Measure("passed_rate", 100 * len(held) / max(1, len(counted)), "%"),
            ),
            samples=len(counted),
            details=tuple(
                Detail(f"{name}: {one.outcome.value}. {one.summary}", outcome=one.outcome)
                for name, one in counted.items()
                if not self._holds(one)
            ),
        )  # fmt: skip

    def _holds(self, one: Finding) -> bool:
        return one.outcome is Outcome.PASSED or (one.outcome is Outcome.WARNING and self.warnings == "count")

    def _outcome(self, short: int, waiting: list[str], untold: list[str], held: list[Finding]) -> Outcome:
        if short <= 0:
            return Outcome.WARNING if any(one.outcome is Outcome.WARNING for one in held) else Outcome.PASSED
        if short <= len(waiting):
            return Outcome.PENDING
        return Outcome.UNKNOWN if short <= len(waiting) + len(untold) else Outcome.FAILED
