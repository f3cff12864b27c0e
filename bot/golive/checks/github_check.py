"""`github_check`: a check of another app has passed on this revision.

Asserts that the named check run exists on the release's head commit, was posted by the named app, is completed, and
concluded as wanted. The app is part of the question because anybody with write access can post a check run of any name:
a run of that name by another app is mentioned and never counts.

Options:

- `name` (required): the check run's name, exactly as GitHub shows it.
- `app` (required): the slug (`github-actions`) or the numeric id (`15368`) of the app that posts it. An id is stronger:
  a slug can be given up and taken by someone else.
- `conclusion`: what counts as passed, one or a list of `success` (default), `neutral`, `skipped`. The latter two count
  only where they are named.

Example:

    - id: unit-tests
      uses: github_check
      with: {name: unit tests, app: github-actions}

Outcomes: `passed`; `failed` (concluded otherwise); `pending` (not started, or running: it is looked for again as soon
as GitHub says that it changed, and after 5 minutes in any case). A completed one counts for 15 minutes, then it is read
again, since it may have been re-run. The evidence is an imported result: golive did not see the tests run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from golive.checks.options import Options
from golive.core.model import Finding, Outcome, Strength
from golive.ports import Look, OtherCheck, Unreachable

LOOK_AGAIN = timedelta(minutes=5)
"""How long a pending finding stands: a lost event costs this much time and nothing else."""
_CONCLUSIONS = ("success", "neutral", "skipped")
_SLUG = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _conclusions(given: Any) -> tuple[str, ...]:
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list | tuple) or not items:
        raise ValueError("name at least one conclusion; without one the check asserts nothing")
    wrong = next((item for item in items if item not in _CONCLUSIONS), None)
    if wrong is not None:
        raise ValueError(f"expected {', '.join(_CONCLUSIONS[:-1])} or {_CONCLUSIONS[-1]}, got {wrong!r}")
    return tuple(sorted(set(items)))


Conclusions = Annotated[
    tuple[str, ...],
    BeforeValidator(_conclusions),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(_CONCLUSIONS)},
                {"type": "array", "minItems": 1, "items": {"enum": list(_CONCLUSIONS)}},
            ]
        }
    ),
]


def _app(given: Any) -> int | str:
    """A slug in lower case, or a numeric id. Raises ValueError for anything else."""
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    if isinstance(given, str) and given.isascii() and given.isdigit() and int(given) > 0:
        return int(given)
    if isinstance(given, str) and re.fullmatch(_SLUG, given):
        return given.lower()
    raise ValueError(f"expected an app's slug like `github-actions` or its numeric id, got {given!r}")


App = Annotated[
    int | str,
    BeforeValidator(_app),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": f"^{_SLUG}$"}]}),
]


@dataclass(frozen=True)
class Runs:
    """Every app's latest run of that name on the revision, and when that was read."""

    at: datetime
    runs: Sequence[OtherCheck]


class GithubCheck(Options):
    """Options, collecting and judging of the kind `github_check`; the module's text is its reference."""

    kind: ClassVar[str] = "github_check"
    fresh: ClassVar[timedelta | None] = timedelta(minutes=15)
    stirred_by: ClassVar[frozenset[str]] = frozenset({"check_run"})
    reads_attestations: ClassVar[bool] = False

    name: Annotated[str, Field(min_length=1, max_length=255)]
    app: App
    conclusion: Conclusions = ("success",)

    def collect(self, look: Look) -> Runs:
        """Read the runs. Raises Unreachable where there is no forge to ask."""
        if look.forge is None:
            raise Unreachable(f"The check {self.name!r} is on GitHub, and GitHub cannot be asked here")
        return Runs(look.now, look.forge.check_runs(self.name))

    def judge(self, facts: Runs) -> Finding:
        """The newest run of the app that was named; nobody else's."""
        named = [run for run in facts.runs if run.name == self.name]
        counting = [run for run in named if self.app in (run.app_id, run.app.lower())]
        others = sorted({run.app for run in named if run not in counting})
        if not counting:
            return self._waiting(facts, f"Waiting for {self._whose()} to start {self.name}", others)
        # A run that has not ended is newer than any that has: an app re-runs a check by starting it again.
        run = max(counting, key=lambda run: (run.status != "completed", run.completed_at or _LONG_AGO))
        if run.status != "completed":
            return self._waiting(facts, f"Waiting for {self._whose()} to finish {self.name}", others, run)
        passed = run.conclusion in self.conclusion
        summary = f"{self.name} by {run.app} concluded {run.conclusion or 'nothing'}"
        summary += "" if passed else f", not {self._wanted()}"
        return Finding(
            "",
            Outcome.PASSED if passed else Outcome.FAILED,
            summary + _aside(others),
            measured=run.conclusion,
            expected=self._wanted(),
            source=run.url,
            strength=Strength.IMPORTED,
        )

    def _waiting(self, facts: Runs, summary: str, others: list[str], run: OtherCheck | None = None) -> Finding:
        return Finding(
            "",
            Outcome.PENDING,
            summary + _aside(others),
            measured=run.status if run else "",
            expected=self._wanted(),
            source=run.url if run else "",
            strength=Strength.IMPORTED,
            valid_until=facts.at + LOOK_AGAIN,
        )

    def _whose(self) -> str:
        return self.app if isinstance(self.app, str) else f"the app {self.app}"

    def _wanted(self) -> str:
        return " or ".join(self.conclusion)


def _aside(others: list[str]) -> str:
    return f". A run of that name by {' and '.join(others)} does not count" if others else ""
