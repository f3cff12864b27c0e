"""What `decide` makes of a snapshot: reasons, verdict, headline, when to ask and when to look again. Add a rule by adding a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from builders import (
    HEAD,
    NOW,
    OLDER,
    Attested,
    Probe,
    a_check,
    a_person,
    a_policy,
    a_pull,
    a_result,
    a_snapshot,
    a_standing,
    a_word,
)
from golive.core.budget import Level
from golive.core.decide import Decision, attesters, decide
from golive.core.headline import ago
from golive.core.model import (
    Outcome,
    PullState,
    Reason,
    Refusal,
    Revision,
    Role,
    Ruling,
    Severity,
    Shown,
    Sibling,
    Standing,
    Verdict,
)
from golive.core.policy import MergeRule
from golive.core.rules import RoleRule
from golive.core.snapshot import Kind, Mistake, Snapshot, Timing

GO, CONDITIONAL, WAIT, HOLD, NO_GO = Verdict
MERGES = a_policy(merge=MergeRule())
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MISTAKE = Mistake(".github/golive.yml", 3, 5, "there is no check `helth`")
REFUSED = Refusal("Required status check is expected.", NOW - MINUTE, seq=9)


@dataclass(frozen=True)
class Fleeting(Probe):
    """Options of a kind whose results are acted on for a quarter of an hour."""

    fresh: ClassVar[timedelta | None] = timedelta(minutes=15)


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def one_check(outcome: Outcome, severity: Severity = Severity.HIGH, **changes: Any) -> Snapshot:
    """A release that lacks nothing but what its one check came to."""
    policy = a_policy(checks=[a_check(severity=severity)], **changes)
    return a_snapshot(policy=policy, outcomes={"health": outcome})


def said(*words: Any, **changes: Any) -> Snapshot:
    """A release in which these words were said besides @ana's approval."""
    return a_snapshot(standing=a_standing(words=(a_word(text="qa"), *words), **changes))


def sibling(state: str, verdict: Verdict) -> Sibling:
    return Sibling(9, True, verdict, "0/1 — waiting on qa", state)


# ------------------------------------------------------------------ what is so → the reason's verdict


@pytest.mark.parametrize(
    ("outcome", "severity", "verdict", "listed"),
    [
        (Outcome.PASSED, Severity.CRITICAL, GO, []),
        (Outcome.WAIVED, Severity.CRITICAL, GO, []),
        (Outcome.NOT_APPLICABLE, Severity.CRITICAL, GO, []),
        (Outcome.SKIPPED, Severity.CRITICAL, GO, []),
        (Outcome.WARNING, Severity.CRITICAL, GO, ["check_warning"]),
        (Outcome.FAILED, Severity.CRITICAL, NO_GO, ["check_failed"]),
        (Outcome.FAILED, Severity.HIGH, NO_GO, ["check_failed"]),
        (Outcome.FAILED, Severity.MEDIUM, CONDITIONAL, ["check_failed"]),
        (Outcome.FAILED, Severity.LOW, CONDITIONAL, ["check_failed"]),
        (Outcome.FAILED, Severity.INFO, CONDITIONAL, ["check_failed"]),
        (Outcome.UNKNOWN, Severity.CRITICAL, NO_GO, ["check_unknown"]),
        (Outcome.UNKNOWN, Severity.LOW, CONDITIONAL, ["check_unknown"]),
        (Outcome.PENDING, Severity.LOW, WAIT, ["check_pending"]),
        (Outcome.PENDING, Severity.CRITICAL, WAIT, ["check_pending"]),
    ],
)
def test_an_outcome_and_its_severity_give_the_verdict(
    outcome: Outcome, severity: Severity, verdict: Verdict, listed: list[str]
) -> None:
    decision = decide(one_check(outcome, severity))
    assert (decision.verdict, codes(decision)) == (verdict, listed)


def test_the_policy_says_which_severities_block() -> None:
    only_low = frozenset({Severity.LOW})
    assert decide(one_check(Outcome.FAILED, Severity.LOW, block_on=only_low)).verdict is NO_GO
    assert decide(one_check(Outcome.FAILED, Severity.CRITICAL, block_on=only_low)).verdict is CONDITIONAL


@pytest.mark.parametrize(
    ("impact", "sentence"),
    [
        ("", "health: came to failed."),
        ("Nobody can pay", "health: came to failed. Nobody can pay."),
        ("Nobody can pay.", "health: came to failed. Nobody can pay."),
    ],
)
def test_a_failed_check_says_what_it_means_for_people(impact: str, sentence: str) -> None:
    policy = a_policy(checks=[a_check(impact=impact)])
    assert decide(a_snapshot(policy=policy, outcomes={"health": Outcome.FAILED})).reasons[0].sentence == sentence


def test_every_outcome_has_a_verdict() -> None:
    for outcome in Outcome:
        if outcome is not Outcome.BLOCKED:  # never measured, only derived
            assert decide(one_check(outcome)).verdict in Verdict


@pytest.mark.parametrize(("severity", "verdict"), [(Severity.LOW, CONDITIONAL), (Severity.CRITICAL, NO_GO)])
def test_a_blocked_check_weighs_as_its_root_cause_and_not_as_itself(severity: Severity, verdict: Verdict) -> None:
    other = Severity.CRITICAL if severity is Severity.LOW else Severity.LOW
    policy = a_policy(checks=[a_check(severity=severity), a_check("api", needs=("health",), severity=other)])
    decision = decide(a_snapshot(policy=policy, outcomes={"health": Outcome.FAILED}))
    assert decision.verdict is verdict
    assert codes(decision) == ["check_failed", "check_blocked"]


def test_a_blocked_check_is_counted_once_in_the_headline() -> None:
    policy = a_policy(checks=[a_check(), a_check("api", needs=("health",)), a_check("ui", needs=("api",))])
    decision = decide(a_snapshot(policy=policy, outcomes={"health": Outcome.FAILED}))
    assert decision.headline == "1/1 — NO GO: health: came to failed."


@pytest.mark.parametrize(
    ("snapshot", "verdict", "listed"),
    [
        pytest.param(a_snapshot(), GO, [], id="nothing is missing"),
        pytest.param(a_snapshot(standing=a_standing(words=())), WAIT, ["role_missing"], id="nobody signed"),
        pytest.param(said(a_word("reject", by="ana", at=NOW)), NO_GO, ["rejected", "role_missing"], id="a no"),
        pytest.param(
            said(a_word("reject", at=NOW), a_word("withdraw", at=NOW + MINUTE)), WAIT, ["role_missing"], id="taken back"
        ),
        pytest.param(
            a_snapshot(standing=a_standing(words=(a_word("reject", at=NOW - HOUR / 2), a_word(text="qa")))),
            GO,
            [],
            id="a later yes of the same person lifts their no",
        ),
        pytest.param(said(a_word("hold", by="bo", text="wait")), HOLD, ["held"], id="a hold"),
        pytest.param(a_snapshot(stuck="GitHub is down"), HOLD, ["stuck"], id="stuck"),
        pytest.param(a_snapshot(head_mistakes=(MISTAKE,)), HOLD, ["head_policy_mistake"], id="brings a broken policy"),
        pytest.param(a_snapshot(pull=a_pull(draft=True)), WAIT, ["draft"], id="a draft"),
        pytest.param(a_snapshot(policy=MERGES, pull=a_pull(mergeable=False)), WAIT, ["conflict"], id="it conflicts"),
        pytest.param(
            a_snapshot(policy=MERGES, pull=a_pull(mergeable=None)), WAIT, ["mergeable_unknown"], id="still computing"
        ),
        pytest.param(a_snapshot(pull=a_pull(mergeable=False)), GO, [], id="a conflict is none where people merge"),
        pytest.param(
            a_snapshot(siblings=(sibling("in_progress", WAIT),)), WAIT, ["same_commit"], id="another with this head"
        ),
    ],
)
def test_a_reason_and_its_verdict(snapshot: Snapshot, verdict: Verdict, listed: list[str]) -> None:
    decision = decide(snapshot)
    assert (decision.verdict, codes(decision)) == (verdict, listed)


def test_the_worst_reason_decides_and_comes_first() -> None:
    policy = a_policy(checks=[a_check(severity=Severity.LOW), a_check("api")])
    standing = a_standing(
        policy=policy,
        words=(a_word("hold", text="wait"),),
        outcomes={"health": Outcome.FAILED, "api": Outcome.FAILED},
    )
    decision = decide(a_snapshot(policy=policy, standing=standing))
    assert [r.verdict for r in decision.reasons] == [NO_GO, HOLD, WAIT, CONDITIONAL]
    assert decision.verdict is NO_GO


@pytest.mark.parametrize(
    "snapshot",
    [
        one_check(Outcome.FAILED),
        one_check(Outcome.WARNING),
        a_snapshot(standing=a_standing(words=())),
        said(a_word("reject", at=NOW)),
        said(a_word("hold", by="bo", text="wait")),
        a_snapshot(stuck="x"),
        a_snapshot(head_mistakes=(MISTAKE,)),
        a_snapshot(pull=a_pull(draft=True)),
        a_snapshot(policy=None),
        a_snapshot(policy=None, mistakes=(MISTAKE,)),
        a_snapshot(siblings=(sibling("failure", NO_GO),)),
        a_snapshot(pull=a_pull(revision=replace(HEAD, base_ref="next"))),
    ],
)
def test_every_reason_says_what_is_so_and_who_clears_it(snapshot: Snapshot) -> None:
    reasons = decide(snapshot).reasons
    assert reasons
    for reason in reasons:
        assert reason.sentence.strip(), reason.code
        assert reason.clears.strip(), f"{reason.code} does not say who or what clears it"


# ------------------------------------------------------------------ the state of the check run


@pytest.mark.parametrize(
    ("verdict", "passes", "state"),
    [
        (GO, False, "success"),
        (GO, True, "success"),
        (CONDITIONAL, False, "action_required"),
        (CONDITIONAL, True, "success"),
        (WAIT, True, "in_progress"),
        (HOLD, True, "action_required"),
        (NO_GO, True, "failure"),
        (NO_GO, False, "failure"),
    ],
)
def test_the_state_of_the_check_run_follows_the_verdict(verdict: Verdict, passes: bool, state: str) -> None:
    own = (Reason("x", verdict, "x"),)
    assert Decision(Kind.RELEASE, "", own=own, conditional_passes=passes).state == state


@pytest.mark.parametrize(
    ("merge", "merges", "state"),
    [
        (None, False, "action_required"),
        (MergeRule(when="go"), False, "action_required"),
        (MergeRule(when="conditional"), True, "success"),
    ],
)
def test_a_conditional_go_merges_only_where_the_policy_says_so(
    merge: MergeRule | None, merges: bool, state: str
) -> None:
    decision = decide(one_check(Outcome.FAILED, Severity.LOW, merge=merge))
    assert (decision.verdict, decision.merge, decision.state) == (CONDITIONAL, merges, state)


@pytest.mark.parametrize(
    "snapshot",
    [
        one_check(Outcome.FAILED, merge=MergeRule(when="conditional")),
        one_check(Outcome.PENDING, merge=MergeRule(when="conditional")),
        a_snapshot(policy=MERGES, standing=a_standing(policy=MERGES, words=())),
        a_snapshot(policy=MERGES, pull=a_pull(draft=True)),
        a_snapshot(policy=MERGES, pull=a_pull(mergeable=None)),
        a_snapshot(policy=MERGES, stuck="x"),
        a_snapshot(policy=MERGES, head_mistakes=(MISTAKE,)),
        a_snapshot(policy=MERGES, siblings=(sibling("in_progress", WAIT),)),
        a_snapshot(policy=MERGES, pull=a_pull(state=PullState.CLOSED)),
        a_snapshot(policy=MERGES, mistakes=(MISTAKE,)),
        a_snapshot(policy=MERGES, pull=a_pull(revision=replace(HEAD, base_ref="next"))),
        a_snapshot(),
    ],
)
def test_anything_that_stands_in_the_way_keeps_it_from_being_merged(snapshot: Snapshot) -> None:
    assert not decide(snapshot).merge


def test_golive_merges_when_nothing_is_missing_and_the_policy_asks_it_to() -> None:
    assert decide(a_snapshot(policy=MERGES)).merge


# ------------------------------------------------------------------ what is no release


def plain(**changes: Any) -> Snapshot:
    """An ordinary pull request, in no way a release."""
    unruly = a_standing(since_release=None, release_name="", release_base="", words=(), results=(), requests={})
    return a_snapshot(**{"pull": a_pull(head_ref="fix/typo"), "standing": unruly} | changes)


@pytest.mark.parametrize(
    ("snapshot", "kind", "state"),
    [
        pytest.param(plain(), Kind.OTHER, "success", id="an ordinary one into a governed base"),
        pytest.param(plain(policy=a_policy(others_block=True)), Kind.OTHER, "failure", id="where others are blocked"),
        pytest.param(plain(head_mistakes=(MISTAKE,)), Kind.OTHER, "action_required", id="it would break the policy"),
        pytest.param(plain(policy=None), Kind.UNGOVERNED, "success", id="no policy at all"),
        pytest.param(
            plain(pull=a_pull(head_ref="fix/typo", revision=replace(HEAD, base_ref="docs"))),
            Kind.UNGOVERNED,
            "success",
            id="into a branch of no release",
        ),
        pytest.param(plain(policy=None, mistakes=(MISTAKE,)), Kind.MISTAKEN, "action_required", id="a broken policy"),
        pytest.param(
            plain(pull=a_pull(head_ref="release/3", from_fork=True)),
            Kind.OTHER,
            "success",
            id="a fork's release branch",
        ),
        pytest.param(plain(pull=a_pull(state=PullState.MERGED)), Kind.ENDED, "success", id="merged"),
        pytest.param(plain(pull=a_pull()), Kind.RELEASE, "in_progress", id="a release seen for the first time"),
    ],
)
def test_what_golive_is_to_a_pull_request(snapshot: Snapshot, kind: Kind, state: str) -> None:
    decision = decide(snapshot)
    assert (decision.kind, decision.state) == (kind, state)
    assert not decision.merge


def test_once_a_release_always_one_whatever_it_matches_now() -> None:
    decision = decide(a_snapshot(pull=a_pull(head_ref="fix/typo", labels=frozenset())))
    assert decision.kind is Kind.RELEASE


def test_a_policy_that_went_away_does_not_open_the_gate() -> None:
    decision = decide(a_snapshot(policy=None))
    assert (decision.kind, decision.verdict, codes(decision)) == (Kind.RELEASE, HOLD, ["policy_missing"])
    assert decision.state == "action_required"


def test_a_release_rule_that_went_away_leaves_the_release_under_the_first_one() -> None:
    renamed = replace(a_policy(), releases=(replace(a_policy().releases[0], name="live", head=("live/**",)),))
    snapshot = a_snapshot(policy=renamed, standing=a_standing(release_name="production"))
    assert snapshot.rule is renamed.releases[0]
    assert decide(snapshot).kind is Kind.RELEASE


def test_a_release_aimed_at_another_branch_is_held_and_told_where_it_belongs() -> None:
    pull = a_pull(revision=replace(HEAD, base_ref="next"))
    decision = decide(a_snapshot(pull=pull, policy=MERGES))
    wrong = next(r for r in decision.reasons if r.code == "wrong_base")
    assert wrong.verdict is HOLD
    assert "belongs on main" in wrong.sentence
    assert "aimed at next" in wrong.sentence


def test_mistakes_of_the_policy_are_counted_and_each_is_a_reason() -> None:
    decision = decide(a_snapshot(policy=None, mistakes=(MISTAKE, replace(MISTAKE, line=9))))
    assert decision.headline == "The policy file has 2 mistakes"
    assert codes(decision) == ["policy_mistake", "policy_mistake"]
    assert decide(a_snapshot(policy=None, mistakes=(MISTAKE,))).headline == "The policy file has 1 mistake"


@pytest.mark.parametrize(
    ("pull", "headline"),
    [
        (a_pull(state=PullState.MERGED, merged_by="mona"), "Merged by mona"),
        (a_pull(state=PullState.MERGED), "Merged"),
        (a_pull(state=PullState.CLOSED), "Closed without landing"),
    ],
)
def test_the_headline_says_how_it_ended(pull: Any, headline: str) -> None:
    assert decide(a_snapshot(pull=pull)).headline == headline


# ------------------------------------------------------------------ siblings


def test_a_sibling_that_is_ready_does_not_stand_in_the_way() -> None:
    decision = decide(a_snapshot(policy=MERGES, siblings=(sibling("success", GO),)))
    assert (decision.verdict, decision.merge) == (GO, True)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_sibling_that_is_not_ready_makes_it_wait_at_least(verdict: Verdict) -> None:
    decision = decide(a_snapshot(siblings=(sibling("action_required", verdict),)))
    assert decision.verdict is max(verdict, WAIT)
    assert "#9 has the same head commit" in decision.reasons[0].sentence


def test_what_a_sibling_sees_of_it_is_its_own_verdict_so_that_two_do_not_wait_for_each_other() -> None:
    decision = decide(a_snapshot(siblings=(sibling("in_progress", WAIT),)))
    assert (decision.own_verdict, decision.state) == (GO, "success")


@pytest.mark.parametrize(
    ("says", "quoted"),
    [
        ("0/1 — waiting on qa", "0/1 — waiting on qa"),
        ("0/1 — NO GO: #1 has the same head commit: 0/1 — NO GO: @eve rejected it for qa.", "0/1 — NO GO"),
        ("#1 has the same head commit: 0/1", "it is not ready"),
    ],
)
def test_a_sibling_is_quoted_without_what_it_says_of_others_so_that_two_come_to_rest(says: str, quoted: str) -> None:
    decision = decide(a_snapshot(siblings=(Sibling(9, True, NO_GO, says, "failure"),)))
    assert decision.reasons[0].sentence == f"#9 has the same head commit: {quoted}"


# ------------------------------------------------------------------ holds


LATER = {"at": NOW - 5 * MINUTE}


@pytest.mark.parametrize(
    ("resumes", "absent", "held"),
    [
        pytest.param([], (), True, id="nobody"),
        pytest.param([a_word("resume", by="bo", **LATER)], (), False, id="who set it"),
        pytest.param([a_word("resume", by="cy", **LATER)], (), True, id="somebody else"),
        pytest.param([a_word("resume", by="cy", key="all", **LATER)], (), False, id="a maintainer, over all"),
        pytest.param([a_word("resume", by="bo", key="no", **LATER)], (), True, id="a resume that was refused"),
        pytest.param([a_word("resume", by="bo", at=NOW - HOUR)], (), True, id="a resume from before the hold"),
        pytest.param([a_word("resume", by="bo", key="gone", **LATER)], ("gone",), True, id="a comment not there now"),
    ],
)
def test_a_hold_stands_until_one_who_may_lifts_it(resumes: list[Any], absent: tuple[str, ...], held: bool) -> None:
    words = (a_word(text="qa"), a_word("hold", by="bo", text="the DBA is out"), *resumes)
    rulings = {"all": Ruling("all", True, over_all=True), "no": Ruling("no", False, "no")}
    standing = a_standing(words=words, rulings=rulings)
    decision = decide(a_snapshot(standing=standing, absent=frozenset(absent)))
    assert (decision.verdict is HOLD) == held
    assert bool(decision.holds) == held


def test_a_hold_that_was_refused_holds_nothing() -> None:
    word = a_word("hold", by="eve", text="never")
    decision = decide(said(word, rulings={word.key: Ruling(word.key, False, "Only …")}))
    assert decision.verdict is GO


def test_of_a_hold_and_a_resume_in_one_second_the_one_recorded_later_counts() -> None:
    hold = a_word("hold", by="bo", text="x", seq=7)
    for seq, verdict in ((6, HOLD), (8, GO)):
        assert decide(said(hold, a_word("resume", by="bo", seq=seq))).verdict is verdict


# ------------------------------------------------------------------ headline


TWO = a_policy(roles=[RoleRule("security", ("@ana",)), RoleRule("dba", ("@bo", "@cy", "@di", "@ed"), count=2)])
SLOW = a_policy(checks=[a_check(), a_check("api")])


@pytest.mark.parametrize(
    ("snapshot", "headline"),
    [
        pytest.param(a_snapshot(), "1/1 — nothing is missing", id="go"),
        pytest.param(a_snapshot(policy=a_policy(roles=())), "nothing is missing", id="no roles, no count"),
        pytest.param(one_check(Outcome.WARNING), "1/1 — nothing is missing", id="a warning is no obstacle"),
        pytest.param(
            a_snapshot(policy=TWO, standing=a_standing(policy=TWO, words=(), requests={HEAD.head_sha: NOW - 3 * HOUR})),
            "0/3 — waiting on security (@ana, asked 3 h ago) and dba (any 2 of 4, asked 3 h ago)",
            id="two roles",
        ),
        pytest.param(
            a_snapshot(policy=TWO, standing=a_standing(policy=TWO, words=(a_word(by="bo"),), requests={})),
            "1/3 — waiting on security (@ana) and dba (any 1 of 4)",
            id="not asked yet",
        ),
        pytest.param(
            a_snapshot(policy=SLOW, outcomes={"health": Outcome.PENDING, "api": Outcome.PENDING}),
            "1/1 — waiting on checks health, api",
            id="two checks",
        ),
        pytest.param(one_check(Outcome.PENDING), "1/1 — waiting on check health", id="one check"),
        pytest.param(
            a_snapshot(pull=a_pull(draft=True)), "1/1 — WAIT: The pull request is a draft.", id="another wait"
        ),
        pytest.param(
            a_snapshot(policy=SLOW, outcomes={"health": Outcome.FAILED, "api": Outcome.UNKNOWN}),
            "1/1 — NO GO: health: came to failed. (and 1 more)",
            id="two that are as bad",
        ),
        pytest.param(
            one_check(Outcome.FAILED, Severity.LOW), "1/1 — CONDITIONAL GO: health: came to failed.", id="conditional"
        ),
        pytest.param(
            said(a_word("hold", by="bo", text="the DBA is out")), "1/1 — HOLD: @bo holds it: the DBA is out", id="held"
        ),
    ],
)
def test_the_headline(snapshot: Snapshot, headline: str) -> None:
    assert decide(snapshot).headline == headline


def test_a_role_too_small_says_that_it_can_never_be_filled() -> None:
    policy = a_policy(roles=[RoleRule("qa", ("@ana", "@mallory"), count=2)])  # mallory is the author
    reason = decide(a_snapshot(policy=policy)).reasons[0]
    assert (reason.code, reason.verdict) == ("role_unfillable", WAIT)
    assert "only 1 may sign" in reason.sentence


def test_a_missing_role_names_who_could_and_whose_sign_off_is_for_other_code() -> None:
    policy = a_policy(roles=[RoleRule("qa", ("@ana", "@mallory", "@bo"))])
    words = (a_word(text="qa", revision_sha=OLDER.head_sha),)
    shown = (Shown(OLDER, NOW - 2 * HOUR), Shown(HEAD, NOW - HOUR))
    reason = decide(a_snapshot(policy=policy, standing=a_standing(policy=policy, words=words, shown=shown))).reasons[0]
    assert reason.code == "role_missing"
    assert reason.sentence == "qa: 0 of 1 signed (@ana's does not count: it was for other code (01d001d))."
    assert reason.clears == "@ana, @bo", "the author must not be named: their approval would not count"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(minutes=59), "just now"),
        (HOUR, "1 h ago"),
        (timedelta(hours=47, minutes=59), "47 h ago"),
        (timedelta(hours=48), "2 d ago"),
        (timedelta(days=9, hours=5), "9 d ago"),
    ],
)
def test_an_age_is_coarse(span: timedelta, text: str) -> None:
    assert ago(span) == text


# ------------------------------------------------------------------ asking


def unasked(since: timedelta, **changes: Any) -> Snapshot:
    """Nobody was asked yet; HEAD has been shown for so long."""
    standing = a_standing(words=(), requests={}, shown=(Shown(HEAD, NOW - since),), **changes)
    return a_snapshot(standing=standing)


@pytest.mark.parametrize(
    ("snapshot", "ask"),
    [
        pytest.param(unasked(timedelta(seconds=59)), False, id="the head has not rested"),
        pytest.param(unasked(timedelta(seconds=60)), True, id="it has"),
        pytest.param(replace(unasked(HOUR), pull=a_pull(draft=True)), False, id="a draft is not asked for"),
        pytest.param(replace(unasked(HOUR), roles=()), False, id="nobody to ask"),
        pytest.param(a_snapshot(standing=a_standing(words=(), requests={}, shown=())), False, id="nothing shown"),
        pytest.param(
            a_snapshot(standing=a_standing(words=(), requests={}, shown=(Shown(OLDER, NOW - HOUR),))),
            False,
            id="other code shown",
        ),
        pytest.param(
            a_snapshot(standing=a_standing(words=(a_word("status", at=NOW),), requests={},
                                           shown=(Shown(HEAD, NOW - MINUTE / 2),))),
            True,
            id="a person says something",
        ),
        pytest.param(
            a_snapshot(standing=a_standing(words=(a_word("status", at=NOW - HOUR),), requests={},
                                           shown=(Shown(HEAD, NOW - MINUTE / 2),))),
            False,
            id="a person said something before",
        ),
        pytest.param(a_snapshot(pull=a_pull(draft=True)), True, id="what was asked for stays asked for"),
    ],
)  # fmt: skip
def test_when_sign_offs_are_asked_for(snapshot: Snapshot, ask: bool) -> None:
    assert decide(snapshot).ask is ask


def test_the_rest_is_a_setting() -> None:
    snapshot = replace(unasked(timedelta(seconds=5)), timing=Timing(rest=timedelta(seconds=5)))
    assert decide(snapshot).ask


# ------------------------------------------------------------------ next_at


def checked(**changes: Any) -> Snapshot:
    """A release without roles whose one check carries these times."""
    rule_changes = {k: changes.pop(k) for k in ("every",) if k in changes}
    policy = a_policy(checks=[a_check(**rule_changes)], roles=())
    return a_snapshot(
        policy=policy, standing=a_standing(policy=policy, results=(a_result(policy.releases[0].checks[0], **changes),))
    )


@pytest.mark.parametrize(
    ("snapshot", "next_at"),
    [
        pytest.param(a_snapshot(policy=a_policy(roles=())), None, id="nothing changes by itself"),
        pytest.param(checked(valid_until=NOW + HOUR), NOW + HOUR, id="an expiry"),
        pytest.param(
            checked(every=timedelta(minutes=30)), NOW + timedelta(minutes=25), id="taken again every so often"
        ),
        pytest.param(
            checked(every=timedelta(minutes=30), valid_until=NOW + MINUTE), NOW + MINUTE, id="the earlier of two"
        ),
        pytest.param(unasked(timedelta(seconds=20)), NOW + timedelta(seconds=40), id="the head has rested"),
        pytest.param(a_snapshot(), None, id="no reactions once all have signed"),
        pytest.param(
            a_snapshot(policy=a_policy(roles=(), merge=MergeRule()), pull=a_pull(mergeable=None)),
            NOW + timedelta(seconds=15),
            id="the forge is computing",
        ),
        pytest.param(
            a_snapshot(absent=frozenset({"comment:1:0"})),
            NOW + timedelta(seconds=15),
            id="a comment not there just now",
        ),
        pytest.param(one_check(Outcome.PENDING), NOW + timedelta(days=1), id="a run in progress is renewed"),
        pytest.param(a_snapshot(pull=a_pull(state=PullState.CLOSED)), None, id="closed"),
        pytest.param(plain(), None, id="no release"),
    ],
)
def test_when_time_alone_changes_something(snapshot: Snapshot, next_at: datetime | None) -> None:
    assert decide(snapshot).next_at == next_at


@pytest.mark.parametrize(
    ("snapshot", "soonest"),
    [
        pytest.param(a_snapshot(standing=a_standing(words=())), True, id="while some are missing"),
        pytest.param(a_snapshot(), False, id="not once all have signed"),
        pytest.param(
            a_snapshot(standing=a_standing(words=()), quota=Level.LITTLE), False, id="not while little is left"
        ),
    ],
)
def test_reactions_are_read_while_sign_offs_are_missing_and_the_quota_allows(snapshot: Snapshot, soonest: bool) -> None:
    at = decide(snapshot).reactions_at
    assert (at is not None) is soonest
    assert at is None or at > snapshot.now


def test_an_expiry_makes_the_check_due_at_that_very_moment() -> None:
    snapshot = checked(valid_until=NOW + HOUR)
    at = decide(snapshot).next_at
    assert at is not None
    before = decide(replace(snapshot, now=at - timedelta(microseconds=1)))
    after = decide(replace(snapshot, now=at))
    assert (before.verdict, after.verdict) == (GO, WAIT)
    assert after.checks[0].due


def test_asking_comes_at_the_moment_it_was_announced_for() -> None:
    snapshot = unasked(timedelta(seconds=20))
    at = decide(snapshot).next_at
    assert at is not None
    assert not decide(snapshot).ask
    assert decide(replace(snapshot, now=at)).ask


# ------------------------------------------------------------------ freshness


def aged(minutes: float, *, policy_merges: bool = True, own_fresh: timedelta | None = None) -> Snapshot:
    """A release ready to be merged but for the age of its one result."""
    rule = a_check(options=Fleeting(), fresh=own_fresh)
    policy = a_policy(checks=[rule], merge=MergeRule() if policy_merges else None)
    result = a_result(rule, taken_at=NOW - timedelta(minutes=minutes))
    return a_snapshot(policy=policy, standing=a_standing(policy=policy, results=(result,)))


@pytest.mark.parametrize(
    ("snapshot", "merge"),
    [
        pytest.param(aged(14), True, id="young"),
        pytest.param(aged(15), True, id="just young enough"),
        pytest.param(aged(15.1), False, id="older than its kind allows"),
        pytest.param(aged(14, own_fresh=timedelta(minutes=10)), False, id="older than its rule allows"),
        pytest.param(aged(50, own_fresh=HOUR), True, id="its rule allows more than its kind"),
    ],
)
def test_an_old_result_is_taken_once_more_before_the_merge(snapshot: Snapshot, merge: bool) -> None:
    decision = decide(snapshot)
    assert decision.merge is merge
    assert decision.checks[0].due is not merge
    assert codes(decision) == ([] if merge else ["check_stale"])
    assert decision.state == ("success" if merge else "in_progress")


def test_an_old_result_is_left_alone_where_nothing_is_merged() -> None:
    decision = decide(aged(500, policy_merges=False))
    assert (decision.verdict, decision.checks[0].due) == (GO, False)


def test_an_old_result_is_left_alone_while_something_else_is_missing() -> None:
    snapshot = aged(500)
    decision = decide(replace(snapshot, standing=replace(snapshot.standing, words=())))
    assert not decision.checks[0].due
    assert "check_stale" not in codes(decision)


def test_a_stale_check_is_named_in_the_headline() -> None:
    assert decide(aged(20)).headline == "1/1 — waiting on check health"


# ------------------------------------------------------------------ refusals


def refused(refusal: Refusal, **changes: Any) -> Snapshot:
    standing = a_standing(policy=MERGES, refusals={HEAD.head_sha: refusal}, **changes)
    return a_snapshot(policy=MERGES, standing=standing)


def test_a_refused_merge_keeps_the_verdict_and_says_what_the_forge_said() -> None:
    decision = decide(refused(replace(REFUSED, at=NOW)))
    assert (decision.verdict, decision.merge, decision.state) == (GO, False, "success")
    assert decision.headline == (
        "1/1 — The merge was refused: Required status check is expected. "
        "That is the rule “Require status checks to pass”."
    )
    assert decision.next_at == NOW + MINUTE


@pytest.mark.parametrize(("times", "again"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1000, 60)])
def test_each_refusal_doubles_the_wait_up_to_an_hour(times: int, again: int) -> None:
    decision = decide(refused(replace(REFUSED, at=NOW, times=times)))
    assert decision.next_at == NOW + again * MINUTE
    assert decide(replace(refused(replace(REFUSED, at=NOW, times=times)), now=NOW + again * MINUTE)).merge


def test_something_that_stirs_outside_ends_the_wait() -> None:
    late = replace(REFUSED, at=NOW, times=9)
    assert decide(refused(late, stirred={"check_run": late.seq + 1}, results=a_standing(policy=MERGES).results)).merge
    assert not decide(refused(late, stirred={"check_run": late.seq - 1})).merge


def test_a_refusal_of_another_head_is_no_obstacle() -> None:
    standing = a_standing(policy=MERGES, refusals={OLDER.head_sha: replace(REFUSED, at=NOW)})
    assert decide(a_snapshot(policy=MERGES, standing=standing)).merge


# ------------------------------------------------------------------ the rest


def test_who_attests_which_check() -> None:
    rules = (a_check(), a_check("drill", options=Attested("operations")))
    assert attesters(rules) == {"drill": "operations"}


def test_the_same_snapshot_gives_the_same_decision() -> None:
    snapshot = a_snapshot(policy=TWO, outcomes={"health": Outcome.FAILED})
    assert decide(snapshot) == decide(snapshot)


def test_a_release_whose_code_came_back_has_its_sign_offs_back() -> None:
    same_code = Revision("c0de" * 10, HEAD.tree_sha, "main")
    pushers = {same_code.head_sha: (a_person("mallory"),)}
    standing = a_standing(shown=(Shown(HEAD, NOW - 2 * HOUR), Shown(same_code, NOW - MINUTE)), pushers=pushers)
    decision = decide(a_snapshot(pull=a_pull(revision=same_code), standing=standing))
    assert (decision.roster[0].missing, codes(decision)) == (0, ["check_pending"])


def test_an_approval_whose_comment_is_not_there_just_now_does_not_count() -> None:
    word = a_word(text="qa", key="comment:1:0")
    snapshot = a_snapshot(standing=a_standing(words=(word,)), absent=frozenset({word.key}))
    assert decide(snapshot).verdict is WAIT


def test_a_role_without_people_waits_and_says_so() -> None:
    decision = decide(a_snapshot(roles=(Role("qa", 1, ()),), standing=a_standing(words=())))
    assert decision.reasons[0].sentence == "qa needs 1, and only 0 may sign: nobody."


def test_an_empty_ledger_waits() -> None:
    decision = decide(a_snapshot(standing=Standing(), policy=MERGES))
    assert (decision.verdict, decision.merge) == (WAIT, False)
    assert a_person("ana").login in decision.headline


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        pytest.param({"shown": (Shown(HEAD, NOW - HOUR),)}, False, id="the first head may be older than golive"),
        pytest.param({}, True, id="a later head that nobody was said to have pushed"),
        pytest.param({"pushers": {HEAD.head_sha: ()}}, False, id="pushed by no human"),
        pytest.param({"pushers": {HEAD.head_sha: (a_person("bo"),)}}, False, id="pushed by somebody"),
        pytest.param({"pushers": {OLDER.head_sha: (a_person("bo"),)}}, True, id="only the older head is known"),
    ],
)
def test_who_pushed_a_later_head_must_be_known(changes: dict[str, Any], waits: bool) -> None:
    both = (Shown(OLDER, NOW - 2 * HOUR), Shown(HEAD, NOW - HOUR))
    decision = decide(a_snapshot(standing=a_standing(**{"shown": both} | changes)))
    assert codes(decision) == (["pusher_unknown"] if waits else [])
    assert decision.verdict is (WAIT if waits else GO)
