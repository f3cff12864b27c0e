"""Snapshot in, decision out. Pure: the same snapshot gives the same decision, whoever asks and whenever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from golive.core import (
    budget,
    conditions,
    delegation,
    freezes,
    nags,
    neverstarted,
    overrides,
    promotion,
    reasons,
    stopping,
    trains,
    waivers,
)
from golive.core.command import signing
from golive.core.conditions import Condition
from golive.core.findings import Judged, judge_checks
from golive.core.freezes import Frozen
from golive.core.freshness import covered
from golive.core.headline import headline
from golive.core.landing_rules import DEQUEUE, MERGE, at_the_door, before_signing, of_refusal
from golive.core.model import (
    Nag,
    Outcome,
    Person,
    Pull,
    PullState,
    Reason,
    Role,
    Standing,
    Verdict,
    Waiver,
    Word,
)
from golive.core.overrides import Override
from golive.core.people import excluded
from golive.core.policy import CheckRule, Policy, ReleaseRule
from golive.core.promotion import NONE, Promotion
from golive.core.signoffs import RoleStanding, exceptions, next_change, roster
from golive.core.snapshot import Kind, Snapshot
from golive.core.trains import UNCOUPLED, Coupling
from golive.core.weigh import reasons_of

ACT_WITHIN = timedelta(seconds=5)
"""How long after its gather a decision may be acted on."""


@dataclass(frozen=True)
class PhaseStanding:
    """What stands between the release and one of its phases. reasons: worst first."""

    name: str
    reasons: tuple[Reason, ...]
    headline: str

    @property
    def verdict(self) -> Verdict:
        """The worst of its reasons."""
        return max((r.verdict for r in self.reasons), default=Verdict.GO)


@dataclass(frozen=True)
class Decision:
    """What golive makes of a snapshot. The verdict is the worst of the reasons, so the two cannot disagree.

    own: the reasons of this pull request alone, without those of another one with the same head.
    merge: it is to be merged now.   act: what else is to be done about landing, see `landing_rules`; act_at: look again.
    ask: sign-offs are to be asked for on this revision.
    override: the break-glass that is on.   phases: how it stands for each phase, the first is the one decided on.
    nags: the reminders to send now, and `nagged` the people in them.
    next_at: the earliest moment at which time alone could change this decision.
    reactions_at: when reactions on the requests are read next; None where none are awaited, or not by time alone.
    """

    kind: Kind
    headline: str
    own: tuple[Reason, ...] = ()
    shared: tuple[Reason, ...] = ()
    checks: tuple[Judged, ...] = ()
    roster: tuple[RoleStanding, ...] = ()
    holds: tuple[Word, ...] = ()
    conditions: tuple[Condition, ...] = ()
    freezes: tuple[Frozen, ...] = ()
    override: Override | None = None
    phases: tuple[PhaseStanding, ...] = ()
    nags: tuple[Nag, ...] = ()
    nagged: tuple[Person, ...] = ()
    merge: bool = False
    promotion: Promotion = NONE
    act: str = ""
    act_at: datetime | None = None
    ask: bool = False
    others_block: bool = False
    conditional_passes: bool = False
    train: Coupling = UNCOUPLED
    next_at: datetime | None = None
    reactions_at: datetime | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All of them, worst first."""
        return _worst_first(self.own + self.shared)

    @property
    def verdict(self) -> Verdict:
        """The worst of the reasons."""
        return max((r.verdict for r in self.reasons), default=Verdict.GO)

    @property
    def own_verdict(self) -> Verdict:
        """The worst of this pull request's own reasons; what another one with the same head sees of it."""
        return max((r.verdict for r in self.own), default=Verdict.GO)

    @property
    def state(self) -> str:
        """What the check run shows of this pull request alone: success, in_progress, action_required or failure."""
        if self.kind is Kind.MISTAKEN:
            return "action_required"
        if self.kind is Kind.OTHER and self.others_block:
            return "failure"
        passes = (Verdict.GO, Verdict.CONDITIONAL_GO) if self.conditional_passes else (Verdict.GO,)
        if self.own_verdict in passes:
            return "success"
        return {Verdict.WAIT: "in_progress", Verdict.NO_GO: "failure"}.get(self.own_verdict, "action_required")


def _worst_first(told: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(told, key=lambda r: (-r.verdict, r.folded)))


def decide(snapshot: Snapshot) -> Decision:
    """What stands between this pull request and its going live."""
    if snapshot.pull.state is not PullState.OPEN:
        return _alarmed(_ended(snapshot), snapshot.standing)
    if snapshot.mistakes:
        return _mistaken(snapshot)
    if snapshot.policy is None and not snapshot.standing.is_release:
        return Decision(Kind.UNGOVERNED, "")
    if (rule := snapshot.rule) is None or renounced(snapshot):
        return _no_rule(snapshot)
    return _release(snapshot, rule)


def renounced(snapshot: Snapshot) -> bool:
    """Whether somebody who may has said that this is no release."""
    standing = snapshot.standing
    return any(w.verb == "not-a-release" and standing.taken(w) and w.key not in snapshot.absent for w in standing.words)


def _no_rule(snapshot: Snapshot) -> Decision:
    policy = snapshot.policy
    if policy is None:  # once a release, always one: a policy that went away does not open the gate
        gone = Reason("policy_missing", Verdict.HOLD, "The base branch no longer has a policy file.", "Put it back.")
        return Decision(Kind.RELEASE, "On hold: the base branch no longer has a policy file", own=(gone,))
    if not policy.governs(snapshot.pull.revision.base_ref):
        return Decision(Kind.UNGOVERNED, "")
    mistakes = tuple(reasons.of_head_policy(snapshot))
    text = "Not a release" if not mistakes else "Not a release, but it would break the policy file"
    return Decision(Kind.OTHER, text, own=mistakes, others_block=policy.others_block)


def _alarmed(decision: Decision, standing: Standing) -> Decision:
    """It landed as something else than what was signed: said first, until somebody has looked."""
    landed = standing.landing.landed
    if landed is None or not landed.alarming:
        return decision
    alarm = Reason(f"landed_{landed.verdict}", Verdict.NO_GO, landed.why, landed.revert, landed.commit)
    return replace(decision, headline=f"ALARM: {landed.why}", own=(*decision.own, alarm))


def _ended(snapshot: Snapshot) -> Decision:
    """It is closed; what comes after its landing may go on."""
    stopped = _stops(snapshot)
    step = promotion.after_landing(snapshot, stopped)
    said = f"{_end(snapshot.pull)} · {step.line}" if step.rows else _end(snapshot.pull)
    moments = [step.next_at]
    if step.rows and not step.done:
        moments.append(stopping.look_at(snapshot, stopped))
        said = f"{said} · STOPPED: {stopped[0].sentence}" if stopped and stopped[0] in step.reasons else said
    return Decision(
        Kind.ENDED, said, own=step.reasons, promotion=step, train=trains.ended(snapshot),
        next_at=min((at for at in moments if at is not None), default=None),
    )  # fmt: skip


def _stops(snapshot: Snapshot) -> tuple[Reason, ...]:
    """What keeps a release that landed from going any further."""
    if (policy := snapshot.policy) is None or not promotion.goes_on(snapshot):
        return ()
    rules = snapshot.rule.checks if snapshot.rule else ()
    override = overrides.standing(
        snapshot.standing, policy.overrides, _entitled(snapshot), snapshot.pull.revision, snapshot.absent, snapshot.now
    )
    head = snapshot.pull.revision.head_sha
    checks = judge_checks(
        rules, _found(snapshot), head, snapshot.now, _waivers(snapshot, snapshot.rule) if snapshot.rule else (),
        policy.runners,
    )  # fmt: skip
    return stopping.stops(snapshot, roster(snapshot, roles_now(snapshot)), checks, override)


def _end(pull: Pull) -> str:
    if pull.state is PullState.MERGED:
        return f"Merged by {pull.merged_by}" if pull.merged_by else "Merged"
    return "Closed without landing"


def _mistaken(snapshot: Snapshot) -> Decision:
    told = tuple(
        Reason("policy_mistake", Verdict.HOLD, m.text, f"Mend {m.path} on {snapshot.pull.revision.base_ref}.", m.path)
        for m in snapshot.mistakes
    )
    count = len(told)
    return Decision(Kind.MISTAKEN, f"The policy file has {count} mistake{'s' if count != 1 else ''}", own=told)


@dataclass(frozen=True)
class _Parts:
    """What reasons are made of, read once for all phases."""

    checks: tuple[Judged, ...]
    seats: tuple[RoleStanding, ...]
    conditions: tuple[Condition, ...]
    of_checks: tuple[Reason, ...]
    rest: tuple[Reason, ...]


def _release(snapshot: Snapshot, rule: ReleaseRule) -> Decision:
    policy, now = snapshot.policy, snapshot.now
    assert policy is not None  # noqa: S101  # a rule comes from a policy
    parts = _parts(snapshot, policy, rule)
    override = overrides.standing(
        snapshot.standing, policy.overrides, _entitled(snapshot), snapshot.pull.revision, snapshot.absent, now
    )
    own = _of_phase(snapshot, policy, parts, policy.phase)
    if override is not None:
        own = (*overrides.lifted(own), _of_override(override))
    awaits_word = policy.goes_when == "ask" and not promoted(snapshot)
    decision = Decision(
        Kind.RELEASE, "", own=own, shared=tuple(reasons.of_siblings(snapshot)), checks=parts.checks, roster=parts.seats,
        holds=tuple(reasons.standing_holds(snapshot.standing, snapshot.absent)), conditions=parts.conditions,
        freezes=snapshot.freezes, override=override,
        conditional_passes=bool(policy.goes_when) and (policy.goes_when == "conditional" or promoted(snapshot)),
    )  # fmt: skip
    decision = _coupled(decision, snapshot, policy, awaits_word)
    if policy.goes_when and decision.state == "success" and not decision.shared:
        decision = _ready(decision, snapshot, policy, awaits_word)
    elif snapshot.standing.landing.queue.get(snapshot.pull.revision.head_sha):
        decision = replace(decision, act=DEQUEUE)
    if not decision.promotion.rows:
        decision = _with_acts(decision, promotion.before_landing(snapshot, ready=False))
    ask, ask_at = _asking(snapshot, decision)
    reminding = nags.reminding(snapshot, parts.seats, policy.phase)
    seats = tuple(seat for seat in parts.seats if policy.is_due(seat.rule.due, policy.phase))
    decision = replace(
        decision, ask=ask, headline=headline(decision.reasons, seats, snapshot), nags=reminding.due,
        nagged=reminding.people,
    )  # fmt: skip
    if decision.verdict is Verdict.NO_GO:
        decision = replace(decision, promotion=promotion.rejecting(decision.promotion, snapshot, decision.headline))
    decision = replace(decision, phases=_phases(snapshot, policy, parts, decision))
    next_at = _next(snapshot, policy, decision, ask_at, reminding.next_at)
    return replace(decision, next_at=next_at, reactions_at=_reactions_at(snapshot, decision))


def _coupled(decision: Decision, snapshot: Snapshot, policy: Policy, awaits_word: bool) -> Decision:
    """With what trains make of it, where any concerns it. No override lifts that: whoever leads takes the line out instead."""
    if not trains.coupled(snapshot):
        return decision
    seats = tuple(seat for seat in decision.roster if policy.is_due(seat.rule.due, policy.phase))
    alone = trains.Alone(
        decision.state == "success" and not decision.shared, awaits_word, decision.reasons,
        headline(decision.reasons, seats, snapshot),
    )  # fmt: skip
    coupling = trains.couple(snapshot, alone)
    return replace(decision, own=(*decision.own, *coupling.reasons), train=coupling)


def _parts(snapshot: Snapshot, policy: Policy, rule: ReleaseRule) -> _Parts:
    head = snapshot.pull.revision.head_sha
    given = _waivers(snapshot, rule)
    checks = judge_checks(rule.checks, _found(snapshot), head, snapshot.now, given, policy.runners)
    seats = roster(snapshot, roles_now(snapshot))
    outcomes = {judged.rule.id: judged.finding.outcome for judged in checks}
    stand = tuple(conditions.standing(snapshot.standing, outcomes, snapshot.absent))
    let_through = exceptions(snapshot)
    of_checks = tuple(reasons_of(checks, policy.block_on, policy.matrix))
    rest = (
        *(reasons.of_hold(word) for word in reasons.standing_holds(snapshot.standing, snapshot.absent)),
        *(reasons.of_freeze(one, let_through.get(one.key)) for one in snapshot.freezes),
        *reasons.of_pull(snapshot, rule),
        *promotion.unnamed(snapshot),
        *neverstarted.reasons(snapshot.unstarted, snapshot.pull, snapshot.standing.pushers),
        *reasons.of_chat(snapshot),
        *(before_signing(snapshot.landing, policy.merge, snapshot.pull) if policy.merge else ()),
    )
    return _Parts(checks, seats, stand, of_checks, rest)


def outcomes(snapshot: Snapshot) -> dict[str, Outcome]:
    """How every check stands."""
    rule = snapshot.rule
    if rule is None:
        return {}
    head = snapshot.pull.revision.head_sha
    checks = judge_checks(rule.checks, _found(snapshot), head, snapshot.now, _waivers(snapshot, rule))
    return {judged.rule.id: judged.finding.outcome for judged in checks}


def _found(snapshot: Snapshot) -> Standing:
    """The standing without statements about checks whose comment cannot be found just now."""
    standing = snapshot.standing
    if not snapshot.absent:
        return standing
    there = tuple(w for w in standing.words if w.verb != "attest" or w.key not in snapshot.absent)
    return replace(standing, words=there)


def roles_now(snapshot: Snapshot) -> tuple[Role, ...]:
    """The roles with those who act for somebody."""
    if not snapshot.rules.delegation:
        return snapshot.roles
    return delegation.with_delegates(snapshot.roles, snapshot.standing, snapshot.now, snapshot.absent)


def _of_phase(snapshot: Snapshot, policy: Policy, parts: _Parts, phase: str) -> tuple[Reason, ...]:
    """Every reason of this pull request, for one phase."""
    return (
        *parts.of_checks,
        *(r for seat in parts.seats for r in reasons.of_role(seat, snapshot, policy.is_due(seat.rule.due, phase))),
        *(r for one in parts.conditions for r in reasons.of_condition(one, policy.is_due(one.asked.due, phase))),
        *parts.rest,
    )


def _phases(snapshot: Snapshot, policy: Policy, parts: _Parts, decision: Decision) -> tuple[PhaseStanding, ...]:
    """How it stands for each phase; the first is what was decided."""
    if not policy.phases:
        return ()
    stand = [PhaseStanding(policy.phase, decision.reasons, decision.headline)]
    for phase in policy.phases[1:]:
        told = _worst_first((*_of_phase(snapshot, policy, parts, phase), *decision.shared))
        seats = [seat for seat in parts.seats if policy.is_due(seat.rule.due, phase)]
        stand.append(PhaseStanding(phase, told, headline(told, seats, snapshot)))
    return tuple(stand)


def _entitled(snapshot: Snapshot) -> tuple[int, ...]:
    """Who may override this revision now."""
    role = snapshot.special.get("override")
    pull, standing = snapshot.pull, snapshot.standing
    return tuple(p.id for p in role.people if not excluded(pull, standing, p, snapshot.rules)) if role else ()


def _of_override(override: Override) -> Reason:
    until = f"{override.until:%H:%M} UTC"
    sentence = f"OVERRIDDEN until {until} by {override.people}: {override.reason}"
    return Reason("overridden", Verdict.GO, sentence, "It ends by itself.")


def promoted(snapshot: Snapshot) -> bool:
    """Whether somebody who may has let this very revision go."""
    standing, revision = snapshot.standing, snapshot.pull.revision
    for word in standing.words:
        if word.verb != "promote" or not standing.taken(word) or word.key in snapshot.absent:
            continue
        covers = covered(standing, word, signing(word.text, frozenset()).sha)
        if covers == revision and not any(at >= word.at for at in standing.retargets):
            return True
    return False


def _ready(decision: Decision, snapshot: Snapshot, policy: Policy, awaits_word: bool) -> Decision:
    """Nothing is missing: what is left before the merge."""
    if awaits_word:
        sentence = "nothing is missing, and it waits for `/golive promote`"
        waits = Reason("promote_awaited", Verdict.GO, sentence, "People of its roles, or a maintainer.")
        return replace(decision, own=(*decision.own, waits))
    checks, own = _only_fresh(decision, snapshot.now) if decision.override is None else (decision.checks, decision.own)
    ready = own == decision.own
    step = promotion.before_landing(snapshot, ready)
    if step.rows:
        decision = _with_acts(replace(decision, checks=checks, own=own), step)
        own = decision.own
    if (step.rows and not step.merges) or policy.merge is None:
        return replace(decision, checks=checks, own=own)
    refused = snapshot.standing.refusals.get(snapshot.pull.revision.head_sha)
    if ready and refused and not refused.try_again(snapshot.now, snapshot.timing.recheck, snapshot.standing):
        own, ready = (*own, of_refusal(refused)), False
    decision = replace(decision, checks=checks, own=own, merge=ready)
    return _at_the_door(decision, snapshot) if ready else decision


def _at_the_door(decision: Decision, snapshot: Snapshot) -> Decision:
    """Nothing is missing that golive decides on: what the forge asks for besides."""
    vouched = any(seat.signed for seat in decision.roster) or promoted(snapshot)
    door = at_the_door(
        snapshot.landing, snapshot.standing, snapshot.pull, snapshot.now, vouched=vouched,
        recheck=snapshot.timing.recheck,
    )  # fmt: skip
    other = "" if door.act == MERGE else door.act
    return replace(
        decision, own=(*decision.own, *door.reasons), merge=door.act == MERGE, act=other, act_at=door.again_at
    )


def _with_acts(decision: Decision, step: Promotion) -> Decision:
    """The same, with how each act stands and what that says."""
    return replace(decision, own=(*decision.own, *step.reasons), promotion=step)


def _waivers(snapshot: Snapshot, rule: ReleaseRule) -> tuple[Waiver, ...]:
    """Those of the policy, and those that people gave by their words."""
    given = snapshot.policy.waivers if snapshot.policy else ()
    return (*given, *waivers.said(snapshot.standing, rule.checks, snapshot.absent))


def _only_fresh(decision: Decision, now: datetime) -> tuple[tuple[Judged, ...], tuple[Reason, ...]]:
    """Just before acting: a result older than it may be is taken once more, and is awaited."""
    checks = tuple(judged.if_fresh(now) for judged in decision.checks)
    stale = [j for j, before in zip(checks, decision.checks, strict=True) if j is not before]
    waits = tuple(
        Reason(
            "check_stale", Verdict.WAIT, f"{j.rule.title} is being checked once more before the merge.", "", j.rule.id
        )
        for j in stale
    )
    return checks, decision.own + waits


def _asking(snapshot: Snapshot, decision: Decision) -> tuple[bool, datetime | None]:
    """Whether to ask for sign-offs now, and if not yet, when: after the head has rested, or when a person says anything."""
    head = snapshot.pull.revision.head_sha
    if head in snapshot.standing.requests:
        return True, None
    if not decision.roster or snapshot.pull.draft:
        return False, None
    shown = [s for s in snapshot.standing.shown if s.revision == snapshot.pull.revision]
    if not shown:
        return False, None
    since = shown[-1].at
    if since + snapshot.timing.rest <= snapshot.now or any(w.at > since for w in snapshot.standing.words):
        return True, None
    return False, since + snapshot.timing.rest


def _next(
    snapshot: Snapshot, policy: Policy, decision: Decision, ask_at: datetime | None, remind_at: datetime | None
) -> datetime | None:
    """The earliest moment at which time alone changes something; later than `now`."""
    now, timing = snapshot.now, snapshot.timing
    moments = [
        ask_at,
        remind_at,
        decision.promotion.next_at,
        decision.act_at,
        *(judged.next_at(now) for judged in decision.checks),
    ]
    moments.extend(next_change(decision.roster, snapshot))
    moments.append(freezes.next_edge(policy.freezes, snapshot.shared, now))
    moments.append(decision.override.until if decision.override else None)
    moments.append(decision.train.next_at)
    shown = neverstarted.shown_at(snapshot.standing, snapshot.pull)
    moments.append(neverstarted.look_at(snapshot.landing, shown, neverstarted.people_merge(policy)))
    if snapshot.rules.delegation:
        moments.append(delegation.next_end(snapshot.standing, frozenset(r.name for r in snapshot.roles), now))
    if snapshot.absent or snapshot.pull.mergeable is None:
        moments.append(now + timing.recheck / 4)
    if decision.state == "in_progress":
        moments.append(now + timing.in_progress)
    refused = snapshot.standing.refusals.get(snapshot.pull.revision.head_sha)
    if decision.state == "success" and refused:
        moments.append(refused.again_at(timing.recheck))
    return min((m for m in moments if m is not None and m > now), default=None)


def _reactions_at(snapshot: Snapshot, decision: Decision) -> datetime | None:
    """When reactions are read next: often while people are active, and at once with whatever else happens."""
    if not decision.ask or not any(seat.missing for seat in decision.roster):
        return None
    active = budget.active_at(snapshot.standing)
    return budget.reactions_again(active, snapshot.now, snapshot.quota, snapshot.timing.reactions)


def attesters(rules: tuple[CheckRule, ...]) -> Mapping[str, str]:
    """Id of each attested check → the role that may attest it."""
    return {r.id: str(getattr(r.options, "role", "")) for r in rules if r.options.reads_attestations}
