"""How every check stands: which have spoken, which are due, waived, blocked by another, or explained by one. Pure.

The service takes results from the ledger, a command line from its own run; both go through `stand`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from graphlib import TopologicalSorter

from golive.core.appraise import appraise, without_data, worth
from golive.core.model import CheckResult, Finding, Outcome, Standing, Waiver
from golive.core.policy import CheckRule
from golive.core.runners import HANDED_OVER

SATISFIED = frozenset({Outcome.PASSED, Outcome.WARNING, Outcome.WAIVED, Outcome.NOT_APPLICABLE, Outcome.SKIPPED})
"""Outcomes with which a check lets those that need it run."""
UNSOUND = frozenset({Outcome.FAILED, Outcome.UNKNOWN})
"""Outcomes that can be the cause of others."""


@dataclass(frozen=True)
class Judged:
    """A check as it stands for one revision.

    due: it is to be run now, as this `attempt`.   root: the rule of the check whose failure blocks or explains it.
    waiver: the one that is about it, whether it still counts or has expired.
    """

    rule: CheckRule
    finding: Finding
    digest: str = ""
    due: bool = False
    attempt: int = 1
    root: CheckRule | None = None
    waiver: Waiver | None = None

    def if_fresh(self, now: datetime) -> Judged:
        """Itself, or due and pending where its result is older than anything acted on may be."""
        if (
            self.rule.on_runner
        ):  # nobody here could take it once more; what the policy says itself is kept to in `_reported`
            return self
        fresh = self.rule.fresh or self.rule.options.fresh
        taken = self.finding.taken_at
        if self.due or fresh is None or taken is None or now - taken <= fresh:
            return self
        waiting = replace(self.finding, outcome=Outcome.PENDING, summary="checked once more before the merge")
        return replace(self, finding=waiting, due=True)

    def next_at(self, now: datetime) -> datetime | None:
        """When time alone makes it due, or ends its waiver."""
        moments = [self.finding.valid_until, self.waiver.expires if self.waiver else None]
        if self.rule.every and self.finding.taken_at:
            moments.append(self.finding.taken_at + self.rule.every)
        if self.rule.on_runner and self.rule.fresh and self.finding.taken_at:
            moments.append(self.finding.taken_at + self.rule.fresh)
        return min((m for m in moments if m is not None and m > now), default=None)


Take = Callable[[CheckRule], Judged]
"""A check that nothing keeps from being run → how its own result stands."""


def words_digest(rule: CheckRule, standing: Standing) -> str:
    """Changes when the words that an attested check reads change; empty for other kinds."""
    if not rule.options.reads_attestations:
        return ""
    keys = [
        w.key for w in standing.words if w.verb == "attest" and w.text.split()[:1] == [rule.id] and standing.taken(w)
    ]
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16] if keys else ""


def judge_checks(
    rules: Iterable[CheckRule], standing: Standing, head_sha: str, now: datetime, waivers: Iterable[Waiver] = (),
    runners: Sequence[str] = (),
) -> tuple[Judged, ...]:  # fmt: skip
    """Every check of the release from its ledger, in the policy's order. runners: workflows that may report some."""
    results = {(r.finding.check, r.head_sha): r for r in standing.results}

    def take(rule: CheckRule) -> Judged:
        known = results.get((rule.id, head_sha))
        return _reported(rule, known, standing, now, runners) if rule.on_runner else _judge(rule, known, standing, now)

    return stand(tuple(rules), take, latest_waivers(waivers, now), now)


def stand(rules: Sequence[CheckRule], take: Take, waivers: Mapping[str, Waiver], now: datetime) -> tuple[Judged, ...]:
    """Every check in the order given; those that others build on are settled before them."""
    by_id = {rule.id: rule for rule in rules}
    settled: dict[str, Judged] = {}
    for name in order(rules).static_order():
        rule = by_id[name]
        settled[name] = settle(rule, settled, waivers.get(name), now) or finish(take(rule), waivers.get(name))
    return explained([settled[rule.id] for rule in rules])


def order(rules: Iterable[CheckRule]) -> TopologicalSorter[str]:
    """The graph of what must be settled before what."""
    return TopologicalSorter({rule.id: (*rule.needs, *rule.options.of_checks()) for rule in rules})


def settle(rule: CheckRule, others: Mapping[str, Judged], waiver: Waiver | None, now: datetime) -> Judged | None:
    """How a check stands without being run: waived, blocked, or combined from others. None: it is to be run.

    others: at least those it needs and those it is combined of.
    """
    if waiver is not None and waiver.holds(now):
        says = f"Waived until {waiver.expires:%Y-%m-%d} by {waiver.approver}: {waiver.reason}"
        return Judged(rule, Finding(rule.id, Outcome.WAIVED, says, source=waiver.source), rule.digest(), waiver=waiver)
    if blocked := _blocked(rule, [others[need] for need in rule.needs]):
        return replace(blocked, waiver=waiver)
    if parts := rule.options.of_checks():
        return finish(_combined(rule, {part: others[part] for part in parts}), waiver)
    return None


def finish(judged: Judged, waiver: Waiver | None) -> Judged:
    """A check's own result, under its `no_data` and for what its evidence is worth; a waiver that has run out is said so."""
    finding = worth(judged.rule, without_data(judged.rule, judged.finding))
    if waiver is not None and finding.outcome not in (Outcome.PASSED, Outcome.PENDING):
        finding = replace(finding, summary=f"{finding.summary} Its waiver expired on {waiver.expires:%Y-%m-%d}.")
    return (
        judged
        if finding is judged.finding and waiver is judged.waiver
        else replace(judged, finding=finding, waiver=waiver)
    )


def latest_waivers(waivers: Iterable[Waiver], now: datetime) -> dict[str, Waiver]:
    """Check → the waiver that counts, or else the one that expired last."""
    found: dict[str, Waiver] = {}
    for waiver in waivers:
        if waiver.check not in found or waiver.expires > found[waiver.check].expires:
            found[waiver.check] = waiver
    return found


def explained(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """Each check that did not pass together with one that explains it is folded under that one's root cause."""
    by_id = {one.rule.id: one for one in judged}

    def root(one: Judged, seen: frozenset[str]) -> CheckRule | None:
        if one.root is not None:
            return one.root
        for name in one.rule.explained_by:
            cause = by_id.get(name)
            if cause is None or name in seen or cause.finding.outcome not in (*UNSOUND, Outcome.BLOCKED):
                continue
            return root(cause, seen | {name}) or cause.rule
        return None

    def folded(one: Judged) -> CheckRule | None:
        if one.root is not None:  # blocked: what blocks it may itself be explained
            return root(by_id[one.root.id], frozenset({one.root.id})) or one.root
        if one.finding.outcome in (*UNSOUND, Outcome.WARNING):
            return root(one, frozenset({one.rule.id}))
        return None

    return tuple(one if (cause := folded(one)) is one.root else replace(one, root=cause) for one in judged)


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


def _combined(rule: CheckRule, parts: Mapping[str, Judged]) -> Judged:
    finding = rule.options.judge({name: part.finding for name, part in parts.items()})
    taken = [part.finding.taken_at for part in parts.values() if part.finding.taken_at]
    finding = replace(finding, check=rule.id, taken_at=min(taken, default=None))
    return Judged(rule, appraise(rule, finding, {}), rule.digest())


def _stirs(rule: CheckRule) -> Iterator[str]:
    """The outside events after which it looks again: of its kind, and of its kind about the very name that it asks about."""
    for kind in rule.options.stirred_by:
        yield kind
        if name := getattr(rule.options, "name", ""):
            yield f"{kind}:{name}"


def _judge(rule: CheckRule, known: CheckResult | None, standing: Standing, now: datetime) -> Judged:
    digest = rule.digest(words_digest(rule, standing))
    attempt = known.attempt + 1 if known else 1
    if known is None or known.digest != digest:
        waiting = Finding(rule.id, Outcome.PENDING, "is being checked")
        return Judged(rule, waiting, digest, due=True, attempt=attempt)
    finding = known.finding
    asked_again = [standing.stirred.get(kind, 0) for kind in (*_stirs(rule), f"check:{rule.id}", "*")]
    if max(asked_again) > known.seq or (finding.valid_until and finding.valid_until <= now):
        waiting = replace(finding, outcome=Outcome.PENDING, summary="is being checked again", valid_until=None)
        return Judged(rule, waiting, digest, due=True, attempt=attempt)
    due = bool(rule.every and finding.taken_at and finding.taken_at + rule.every <= now)
    return Judged(rule, finding, digest, due=due, attempt=attempt)


def _reported(
    rule: CheckRule, known: CheckResult | None, standing: Standing, now: datetime, runners: Sequence[str]
) -> Judged:
    """What a workflow's runner reported; it is never due here, because the service does not run it."""
    digest = rule.digest()
    if known is None or known.digest != digest:
        why = "" if known is None else "its definition changed since it was reported, so it "
        return Judged(rule, Finding(rule.id, Outcome.PENDING, f"{why}{_awaits(runners)}"), digest)
    finding = known.finding
    asked_again = max(standing.stirred.get(kind, 0) for kind in (f"check:{rule.id}", "*"))
    spans = [span for span in (rule.fresh, rule.every) if span is not None]
    ends = [finding.taken_at + span for span in spans if finding.taken_at]
    ends += [finding.valid_until] if finding.valid_until else []
    if asked_again > known.seq or (ends and min(ends) <= now):
        old = "it was asked for again" if asked_again > known.seq else "what was reported is too old"
        waiting = replace(finding, outcome=Outcome.PENDING, summary=f"{old}; it {_awaits(runners)}", valid_until=None)
        return Judged(rule, waiting, digest)
    return Judged(rule, finding, digest, attempt=known.attempt)


def _awaits(runners: Sequence[str]) -> str:
    if HANDED_OVER in runners:
        return (
            "is to be handed to the gate by the workflow that runs it: `golive check --for-gate` writes the file that the gate "
            "takes as `results` (docs/action.md)"
        )
    if not runners:
        return "is to be reported by a workflow, and the policy lists none: add one to `runners` (docs/runner.md)"
    named = f"{runners[0]}{f' or {len(runners) - 1} more' if len(runners) > 1 else ''}"
    return f"is to be reported by {named}, which has not done so yet"
