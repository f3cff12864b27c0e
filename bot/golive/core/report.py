"""The report of one run: the source of truth that every format is made from. Pure values; `reported` builds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from golive.core.findings import Judged
from golive.core.model import Detail, Measure, Outcome, Reason, Severity, Verdict, Waiver
from golive.core.policy import CheckRule, Policy
from golive.core.score import Score, score
from golive.core.weigh import reasons_of, worst

FORMAT, VERSION = "golive-report", 1
"""What a report calls itself. VERSION grows when a reader of the old one could be misled by the new one."""


@dataclass(frozen=True)
class Line:
    """One check of the report. root: id of the check that blocks or explains it, or empty.

    waiver_expired: there was one, and it does not count any more.   For the rest see `model.Finding` and `CheckRule`.
    """

    check: str
    name: str
    uses: str
    severity: Severity
    outcome: Outcome
    summary: str
    category: str = ""
    owner: str = ""
    impact: str = ""
    action: str = ""
    needs: tuple[str, ...] = ()
    measured: str = ""
    expected: str = ""
    source: str = ""
    strength: str = ""
    taken_at: datetime | None = None
    seconds: float = 0.0
    attempts: int = 1
    samples: int | None = None
    measures: tuple[Measure, ...] = ()
    details: tuple[Detail, ...] = ()
    root: str = ""
    waiver: Waiver | None = None
    waiver_expired: bool = False
    golive: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Root:
    """One cause, and the checks it blocks or explains."""

    check: str
    sentence: str
    explains: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """One reason of the verdict, as in `model.Reason`, worst first."""

    code: str
    verdict: str
    sentence: str
    clears: str = ""
    check: str = ""


@dataclass(frozen=True)
class Run:
    """What one run was about. partial: some checks of the policy were left out, so it decides nothing about a release.

    policy: the file, or `default profile`.   where: `cli`, `runner` or `service`.   version: of golive.
    """

    golive: str
    project: str
    policy: str
    started_at: datetime
    seconds: float
    target: str = ""
    environment: str = ""
    commit: str = ""
    where: str = "cli"
    partial: bool = False
    planned: int = 0


@dataclass(frozen=True)
class Report:
    """A whole run. counts: outcome → how many; every outcome is there, so a reader never guesses at a missing one."""

    run: Run
    verdict: str
    headline: str
    counts: Mapping[str, int]
    lines: tuple[Line, ...]
    reasons: tuple[Told, ...] = ()
    roots: tuple[Root, ...] = ()
    score: Score | None = None
    format: str = FORMAT
    version: int = VERSION
    blocked_by: tuple[str, ...] = field(default=())
    """Ids of the checks that stop the release, each cause once, the worst first."""

    @property
    def tally(self) -> Tally:
        """The counts as documents group them."""
        return tally(self.counts)


@dataclass(frozen=True)
class Tally:
    """What people count: failed includes what could not tell, skipped what was blocked or does not apply."""

    total: int
    passed: int
    failed: int
    warnings: int
    skipped: int
    waived: int
    pending: int


def tally(counts: Mapping[str, int]) -> Tally:
    """Group the counts of a report."""

    def of(*outcomes: Outcome) -> int:
        return sum(counts.get(outcome.value, 0) for outcome in outcomes)

    return Tally(
        total=sum(counts.values()),
        passed=of(Outcome.PASSED),
        failed=of(Outcome.FAILED, Outcome.UNKNOWN),
        warnings=of(Outcome.WARNING),
        skipped=of(Outcome.SKIPPED, Outcome.BLOCKED, Outcome.NOT_APPLICABLE),
        waived=of(Outcome.WAIVED),
        pending=of(Outcome.PENDING),
    )


def reported(run: Run, checks: Sequence[Judged], policy: Policy, now: datetime) -> Report:
    """The report of these checks under this policy. now: when it was made, for waivers."""
    reasons = sorted(
        reasons_of(checks, policy.block_on, policy.matrix),
        key=lambda r: (-r.verdict, r.folded),
    )
    counted = Counter(one.finding.outcome.value for one in checks)
    counts = {outcome.value: counted.get(outcome.value, 0) for outcome in Outcome}
    roots = _roots(checks)
    stops = tuple(
        r.subject for r in reasons if r.verdict is Verdict.NO_GO and r.code.startswith("check_") and not r.folded
    )
    verdict = worst(reasons)
    return Report(
        run=run,
        verdict=verdict.name,
        headline=headline(verdict, reasons, tally(counts), roots, run.partial),
        counts=counts,
        lines=tuple(_line(one, now) for one in checks),
        reasons=tuple(Told(r.code, r.verdict.name, r.sentence, r.clears, r.subject) for r in reasons),
        roots=roots,
        score=score(checks, policy.matrix) if policy.matrix else None,
        blocked_by=stops,
    )


def _roots(checks: Sequence[Judged]) -> tuple[Root, ...]:
    folded: dict[str, list[str]] = {}
    causes: dict[str, CheckRule] = {}
    for one in checks:
        if one.root is not None:
            folded.setdefault(one.root.id, []).append(one.rule.id)
            causes[one.root.id] = one.root
    by_id = {one.rule.id: one for one in checks}
    found = [
        Root(name, f"{causes[name].title}: {by_id[name].finding.summary if name in by_id else 'not run'}", tuple(names))
        for name, names in folded.items()
    ]
    return tuple(sorted(found, key=lambda root: -len(root.explains)))


def headline(verdict: Verdict, reasons: Sequence[Reason], counted: Tally, roots: Sequence[Root], partial: bool) -> str:
    """One line that says how it stands, with the worst cause and how much it explains."""
    passed = f"{counted.passed} of {counted.total} passed"
    name = verdict.name.replace("_", " ")
    told = [r for r in reasons if r.verdict is verdict and not r.folded] if verdict is not Verdict.GO else []
    text = f"{name}: {passed}"
    if told:
        explains = next((len(root.explains) for root in roots if root.check == told[0].subject), 0)
        also = f" (explains {explains} more)" if explains else ""
        rest = f", and {len(told) - 1} more" if len(told) > 1 else ""
        text += f". {told[0].sentence.rstrip('.')}{also}{rest}"
    return f"{text}. A partial run, which decides nothing about a release" if partial else text


def _line(one: Judged, now: datetime) -> Line:
    rule, finding = one.rule, one.finding
    return Line(
        check=rule.id, name=rule.title, uses=rule.uses, severity=rule.severity, outcome=finding.outcome,
        summary=finding.summary, category=rule.category, owner=rule.owner, impact=rule.impact, action=rule.action,
        needs=rule.needs, measured=finding.measured, expected=finding.expected, source=finding.source,
        strength=finding.strength.value, taken_at=finding.taken_at, seconds=finding.seconds,
        attempts=finding.attempts, samples=finding.samples, measures=finding.measures, details=finding.details,
        root=one.root.id if one.root else "", waiver=one.waiver,
        waiver_expired=one.waiver is not None and not one.waiver.holds(now), golive=finding.golive,
        commit=finding.commit,
    )  # fmt: skip
