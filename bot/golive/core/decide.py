"""Snapshot in, decision out. Pure: the same snapshot gives the same decision, whoever asks and whenever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from golive.core import waivers
from golive.core.authorise import who
from golive.core.findings import Judged, judge_checks
from golive.core.model import (
    Pull,
    PullState,
    Reason,
    Refusal,
    Role,
    Sibling,
    Standing,
    Verdict,
    Waiver,
    Word,
)
from golive.core.policy import CheckRule, Policy, ReleaseRule
from golive.core.signoffs import RoleStanding, could_fill, roster
from golive.core.weigh import reasons_of

ACT_WITHIN = timedelta(seconds=5)
"""How long after its gather a decision may be acted on."""


class Kind(StrEnum):
    """What golive is to this pull request."""

    UNGOVERNED = "ungoverned"
    OTHER = "not a release"
    MISTAKEN = "policy mistakes"
    RELEASE = "release"
    ENDED = "ended"


@dataclass(frozen=True)
class Mistake:
    """One mistake of a policy file, as its loader found it; line and column count from 1."""

    path: str
    line: int
    column: int
    text: str


@dataclass(frozen=True)
class Timing:
    """How long golive waits for what; all settings of the operator.

    rest: how long a head rests before sign-offs are asked for.   reactions: how often reactions are read while some are
    awaited.   recheck: how soon something that was not there, or could not tell, is looked at again.
    in_progress: how often a run in progress is looked at, so that it is renewed before the forge calls it stale.
    """

    rest: timedelta = timedelta(seconds=60)
    reactions: timedelta = timedelta(seconds=30)
    recheck: timedelta = timedelta(seconds=60)
    in_progress: timedelta = timedelta(days=1)


@dataclass(frozen=True)
class Snapshot:
    """Everything one decision rests on, read in one turn. `now` is when reading began.

    policy: None where the base has none, or where it has mistakes.   absent: see `signoffs.latest`.
    words of `standing` are already ruled on.   stuck: why the turns before this one failed, or empty.
    """

    now: datetime
    pull: Pull
    standing: Standing
    policy: Policy | None = None
    policy_sha: str = ""
    mistakes: tuple[Mistake, ...] = ()
    head_mistakes: tuple[Mistake, ...] = ()
    roles: tuple[Role, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    absent: frozenset[str] = frozenset()
    timing: Timing = field(default_factory=Timing)
    stuck: str = ""

    @property
    def rule(self) -> ReleaseRule | None:
        """The release rule in force: the one it matches now, else the one under which it became a release."""
        if self.policy is None:
            return None
        matched = self.policy.matches(self.pull)
        if matched is None and self.standing.is_release:
            matched = self.policy.release(self.standing.release_name) or next(iter(self.policy.releases), None)
        return matched


@dataclass(frozen=True)
class Decision:
    """What golive makes of a snapshot. The verdict is the worst of the reasons, so the two cannot disagree.

    own: the reasons of this pull request alone, without those of another one with the same head.
    merge: it is to be merged now.   ask: sign-offs are to be asked for on this revision.
    next_at: the earliest moment at which time alone could change this decision.
    """

    kind: Kind
    headline: str
    own: tuple[Reason, ...] = ()
    shared: tuple[Reason, ...] = ()
    checks: tuple[Judged, ...] = ()
    roster: tuple[RoleStanding, ...] = ()
    holds: tuple[Word, ...] = ()
    merge: bool = False
    ask: bool = False
    others_block: bool = False
    conditional_passes: bool = False
    next_at: datetime | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All of them, worst first."""
        return tuple(sorted(self.own + self.shared, key=lambda r: (-r.verdict, r.folded)))

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


def decide(snapshot: Snapshot) -> Decision:
    """What stands between this pull request and its going live."""
    if snapshot.pull.state is not PullState.OPEN:
        return Decision(Kind.ENDED, _end(snapshot.pull))
    if snapshot.mistakes:
        return _mistaken(snapshot)
    if snapshot.policy is None and not snapshot.standing.is_release:
        return Decision(Kind.UNGOVERNED, "")
    if (rule := snapshot.rule) is None:
        return _no_rule(snapshot)
    return _release(snapshot, rule)


def _no_rule(snapshot: Snapshot) -> Decision:
    policy = snapshot.policy
    if policy is None:  # once a release, always one: a policy that went away does not open the gate
        gone = Reason("policy_missing", Verdict.HOLD, "The base branch no longer has a policy file.", "Put it back.")
        return Decision(Kind.RELEASE, "On hold: the base branch no longer has a policy file", own=(gone,))
    if not policy.governs(snapshot.pull.revision.base_ref):
        return Decision(Kind.UNGOVERNED, "")
    mistakes = tuple(_of_head_policy(snapshot))
    text = "Not a release" if not mistakes else "Not a release, but it would break the policy file"
    return Decision(Kind.OTHER, text, own=mistakes, others_block=policy.others_block)


def _end(pull: Pull) -> str:
    if pull.state is PullState.MERGED:
        return f"Merged by {pull.merged_by}" if pull.merged_by else "Merged"
    return "Closed without landing"


def _mistaken(snapshot: Snapshot) -> Decision:
    reasons = tuple(
        Reason("policy_mistake", Verdict.HOLD, m.text, f"Mend {m.path} on {snapshot.pull.revision.base_ref}.", m.path)
        for m in snapshot.mistakes
    )
    count = len(reasons)
    return Decision(Kind.MISTAKEN, f"The policy file has {count} mistake{'s' if count != 1 else ''}", own=reasons)


def _release(snapshot: Snapshot, rule: ReleaseRule) -> Decision:
    policy, now = snapshot.policy, snapshot.now
    assert policy is not None  # noqa: S101  # a rule comes from a policy
    head = snapshot.pull.revision.head_sha
    checks = judge_checks(rule.checks, snapshot.standing, head, now, _waivers(snapshot, rule))
    seats = roster(snapshot.pull, snapshot.standing, snapshot.roles, snapshot.absent)
    holds = tuple(standing_holds(snapshot.standing, snapshot.absent))
    own = (
        *reasons_of(checks, policy.block_on, policy.matrix),
        *(r for seat in seats for r in _of_role(seat, snapshot)),
        *(_of_hold(word) for word in holds),
        *_of_pull(snapshot, rule),
    )
    decision = Decision(
        Kind.RELEASE, "", own=own, shared=tuple(_of_siblings(snapshot)), checks=checks, roster=seats, holds=holds,
        conditional_passes=policy.merge is not None and policy.merge.when == "conditional",
    )  # fmt: skip
    if policy.merge and decision.state == "success" and not decision.shared:
        checks, own = _only_fresh(decision, now)
        ready = own == decision.own
        refused = snapshot.standing.refusals.get(snapshot.pull.revision.head_sha)
        if ready and refused and not refused.try_again(now, snapshot.timing.recheck, snapshot.standing):
            own, ready = (*own, _of_refusal(refused)), False
        decision = replace(decision, checks=checks, own=own, merge=ready)
    ask, ask_at = _asking(snapshot, decision)
    decision = replace(decision, ask=ask, headline=headline(decision, snapshot))
    return replace(decision, next_at=_next(snapshot, decision, ask_at))


def _waivers(snapshot: Snapshot, rule: ReleaseRule) -> tuple[Waiver, ...]:
    """Those of the policy, and those that people gave by their words."""
    given = snapshot.policy.waivers if snapshot.policy else ()
    return (*given, *waivers.said(snapshot.standing, rule.checks, snapshot.absent))


def _of_refusal(refused: Refusal) -> Reason:
    """The forge would not merge. golive's own verdict stays GO, so that the check run does not flap."""
    return Reason("merge_refused", Verdict.GO, f"The merge was refused: {refused.said}", "It is tried again by itself.")


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


def _of_role(seat: RoleStanding, snapshot: Snapshot) -> Iterator[Reason]:
    role = seat.role
    for sign_off in seat.rejected:
        login = sign_off.word.person.login
        yield Reason(
            "rejected", Verdict.NO_GO, f"@{login} rejected it for {role.name}.", f"@{login} withdraws.", role.name
        )
    if not seat.missing:
        return
    could = could_fill(role, snapshot.pull, snapshot.standing)
    if len(could) < role.count:
        sentence = f"{role.name} needs {role.count}, and only {len(could)} may sign: {who(role)}."
        yield Reason("role_unfillable", Verdict.WAIT, sentence, "Widen `from:` of the role in the policy.", role.name)
        return
    again = f" ({', '.join('@' + s.word.person.login for s in seat.stale)} signed other code)" if seat.stale else ""
    have = f"{len(seat.signed)} of {role.count}"
    yield Reason(
        "role_missing", Verdict.WAIT, f"{role.name}: {have} signed{again}.", who(replace(role, people=could)), role.name
    )


def standing_holds(standing: Standing, absent: frozenset[str]) -> Iterator[Word]:
    """The holds that nobody lifted, by the words' own times."""
    resumes = [w for w in standing.words if w.verb == "resume" and standing.taken(w) and w.key not in absent]
    for word in standing.words:
        if word.verb != "hold" or not standing.taken(word):
            continue
        later = [r for r in resumes if (r.at, r.seq) > (word.at, word.seq)]
        if not any(r.person.id == word.person.id or standing.rulings[r.key].over_all for r in later):
            yield word


def _of_hold(word: Word) -> Reason:
    clears = f"@{word.person.login} or a maintainer says `/golive resume`."
    return Reason("held", Verdict.HOLD, f"@{word.person.login} holds it: {word.text}", clears)


def _of_pull(snapshot: Snapshot, rule: ReleaseRule) -> Iterator[Reason]:
    pull, policy = snapshot.pull, snapshot.policy
    if snapshot.stuck:
        yield Reason("stuck", Verdict.HOLD, f"golive is stuck: {snapshot.stuck}", "The operator: `golive work retry`.")
    belongs = snapshot.standing.release_base or rule.base
    if pull.revision.base_ref != belongs:
        sentence = f"This release belongs on {belongs}, and is aimed at {pull.revision.base_ref}."
        yield Reason(
            "wrong_base", Verdict.HOLD, sentence, f"Aim it at {belongs} again, or close it and open a new one."
        )
    yield from _of_head_policy(snapshot)
    if policy and policy.roles and _pusher_unknown(snapshot):
        sentence = f"GitHub has not said yet who pushed {pull.revision.head_sha[:7]}, and they may not sign for it."
        clears = "It comes by itself; if it was lost, redeliver it from the App's settings, or push again."
        yield Reason("pusher_unknown", Verdict.WAIT, sentence, clears)
    if pull.draft:
        yield Reason("draft", Verdict.WAIT, "The pull request is a draft.", "Its author marks it ready.")
    if policy and policy.merge and pull.mergeable is False:
        yield Reason("conflict", Verdict.WAIT, f"It conflicts with {pull.revision.base_ref}.", "Its author mends it.")
    if policy and policy.merge and pull.mergeable is None:
        yield Reason("mergeable_unknown", Verdict.WAIT, "The forge is still computing whether it merges.", "")


def _pusher_unknown(snapshot: Snapshot) -> bool:
    """Of every head but the first that golive saw (which may be older than golive), who pushed it must have been heard."""
    head, standing = snapshot.pull.revision.head_sha, snapshot.standing
    return head not in standing.pushers and any(s.revision.head_sha != head for s in standing.shown[:1])


def _of_head_policy(snapshot: Snapshot) -> Iterator[Reason]:
    """The policy that this pull request would bring must be whole, or the next release would have none."""
    for mistake in snapshot.head_mistakes:
        yield Reason("head_policy_mistake", Verdict.HOLD, mistake.text, "Mend it in this pull request.", mistake.path)


def _of_siblings(snapshot: Snapshot) -> Iterator[Reason]:
    """The check run belongs to the commit, so the worst pull request with that head decides for all of them."""
    for sibling in snapshot.siblings:
        if sibling.state != "success":
            sentence = f"#{sibling.number} has the same head commit: {sibling.headline}"
            yield Reason(
                "same_commit", max(sibling.verdict, Verdict.WAIT), sentence, f"Settle or close #{sibling.number}."
            )


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


def _next(snapshot: Snapshot, decision: Decision, ask_at: datetime | None) -> datetime | None:
    """The earliest moment at which time alone changes something; later than `now`."""
    now, timing = snapshot.now, snapshot.timing
    moments = [ask_at, *(judged.next_at(now) for judged in decision.checks)]
    if decision.ask and any(seat.missing for seat in decision.roster):
        moments.append(now + timing.reactions)
    if snapshot.absent or snapshot.pull.mergeable is None:
        moments.append(now + timing.recheck / 4)
    if decision.state == "in_progress":
        moments.append(now + timing.in_progress)
    refused = snapshot.standing.refusals.get(snapshot.pull.revision.head_sha)
    if decision.state == "success" and refused:
        moments.append(refused.again_at(timing.recheck))
    return min((m for m in moments if m is not None and m > now), default=None)


def headline(decision: Decision, snapshot: Snapshot) -> str:
    """The standing headline, first line everywhere: "2/4 — waiting on security (@ana, asked 3 h ago)"."""
    total = sum(seat.role.count for seat in decision.roster)
    signed = sum(len(seat.signed) for seat in decision.roster)
    count = f"{signed}/{total} — " if total else ""
    worst = decision.reasons[0] if decision.reasons else None
    if worst is None or worst.verdict is Verdict.GO:
        refused = next((r for r in decision.reasons if r.code == "merge_refused"), None)
        return f"{count}{refused.sentence if refused else 'nothing is missing'}"
    if worst.verdict is Verdict.WAIT and worst.code in ("role_missing", "check_pending", "check_stale"):
        waits = [_awaited(seat, snapshot) for seat in decision.roster if seat.missing]
        pending = [r.subject for r in decision.reasons if r.code in ("check_pending", "check_stale")]
        if pending:
            waits.append(f"check{'s' if len(pending) > 1 else ''} {', '.join(pending)}")
        return f"{count}waiting on {' and '.join(waits)}"
    name = worst.verdict.name.replace("_", " ")
    more = sum(1 for r in decision.reasons if r.verdict is worst.verdict and not r.folded) - 1
    return f"{count}{name}: {worst.sentence}{f' (and {more} more)' if more else ''}"


def _awaited(seat: RoleStanding, snapshot: Snapshot) -> str:
    could = could_fill(seat.role, snapshot.pull, snapshot.standing)
    whom = f"@{could[0].login}" if len(could) == 1 else f"any {seat.missing} of {len(could)}"
    asked = snapshot.standing.requests.get(snapshot.pull.revision.head_sha)
    return f"{seat.role.name} ({whom}{f', asked {ago(snapshot.now - asked)}' if asked else ''})"


def ago(span: timedelta) -> str:
    """A coarse age for people; coarse so that a text does not change with every look."""
    hours = int(span.total_seconds() // 3600)
    if hours < 1:
        return "just now"
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} d ago"


def attesters(rules: tuple[CheckRule, ...]) -> Mapping[str, str]:
    """Id of each attested check → the role that may attest it."""
    return {r.id: str(getattr(r.options, "role", "")) for r in rules if r.options.reads_attestations}
