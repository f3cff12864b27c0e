"""Which checks have spoken for this revision, which are due, and which are blocked by another: ledger → judged checks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from golive.core.model import CheckResult, Finding, Outcome, Standing
from golive.core.policy import CheckRule

SATISFIED = frozenset({Outcome.PASSED, Outcome.WARNING, Outcome.WAIVED, Outcome.NOT_APPLICABLE, Outcome.SKIPPED})
"""Outcomes with which a check lets those that need it run."""


@dataclass(frozen=True)
class Judged:
    """A check as it stands for one revision.

    due: it is to be run now, as this `attempt`.   root: the rule of the check whose failure blocks it.
    """

    rule: CheckRule
    finding: Finding
    digest: str
    due: bool = False
    attempt: int = 1
    root: CheckRule | None = None

    def if_fresh(self, now: datetime) -> Judged:
        """Itself, or due and pending where its result is older than anything acted on may be."""
        fresh = self.rule.fresh or self.rule.options.fresh
        taken = self.finding.taken_at
        if self.due or fresh is None or taken is None or now - taken <= fresh:
            return self
        waiting = replace(self.finding, outcome=Outcome.PENDING, summary="checked once more before the merge")
        return replace(self, finding=waiting, due=True)

    def next_at(self, now: datetime) -> datetime | None:
        """When time alone makes it due."""
        moments = [self.finding.valid_until]
        if self.rule.every and self.finding.taken_at:
            moments.append(self.finding.taken_at + self.rule.every)
        return min((m for m in moments if m is not None and m > now), default=None)


def words_digest(rule: CheckRule, standing: Standing) -> str:
    """Changes when the words that an attested check reads change; empty for other kinds."""
    if not rule.options.reads_attestations:
        return ""
    keys = [
        w.key for w in standing.words if w.verb == "attest" and w.text.split()[:1] == [rule.id] and standing.taken(w)
    ]
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16] if keys else ""


def judge_checks(rules: Iterable[CheckRule], standing: Standing, head_sha: str, now: datetime) -> tuple[Judged, ...]:
    """Every check of the release, in the policy's order; needed ones are judged before those that need them."""
    rules = tuple(rules)
    results = {(r.finding.check, r.head_sha): r for r in standing.results}
    by_id = {rule.id: rule for rule in rules}
    judged: dict[str, Judged] = {}

    def visit(rule: CheckRule) -> Judged:
        if rule.id not in judged:
            needed = [visit(by_id[need]) for need in rule.needs]
            known = results.get((rule.id, head_sha))
            judged[rule.id] = _blocked(rule, needed) or _judge(rule, known, standing, now)
        return judged[rule.id]

    return tuple(visit(rule) for rule in rules)


def _blocked(rule: CheckRule, needed: list[Judged]) -> Judged | None:
    """A check whose need is not satisfied is not run; the root cause is named, not the last link."""
    unmet = [need for need in needed if need.finding.outcome not in SATISFIED]
    for need in sorted(unmet, key=lambda n: n.finding.outcome is Outcome.PENDING):  # what failed says more than a wait
        if need.finding.outcome is Outcome.PENDING:
            waits = Finding(rule.id, Outcome.PENDING, f"waits for {need.rule.id}")
            return Judged(rule, waits, rule.digest())
        root = need.root or need.rule
        blocked = Finding(rule.id, Outcome.BLOCKED, f"not run, because {root.id} did not pass")
        return Judged(rule, blocked, rule.digest(), root=root)
    return None


def _judge(rule: CheckRule, known: CheckResult | None, standing: Standing, now: datetime) -> Judged:
    digest = rule.digest(words_digest(rule, standing))
    attempt = known.attempt + 1 if known else 1
    if known is None or known.digest != digest:
        waiting = Finding(rule.id, Outcome.PENDING, "is being checked")
        return Judged(rule, waiting, digest, due=True, attempt=attempt)
    finding = known.finding
    asked_again = [standing.stirred.get(kind, 0) for kind in (*rule.options.stirred_by, "*")]
    if max(asked_again) > known.seq or (finding.valid_until and finding.valid_until <= now):
        waiting = replace(finding, outcome=Outcome.PENDING, summary="is being checked again", valid_until=None)
        return Judged(rule, waiting, digest, due=True, attempt=attempt)
    due = bool(rule.every and finding.taken_at and finding.taken_at + rule.every <= now)
    return Judged(rule, finding, digest, due=due, attempt=attempt)
