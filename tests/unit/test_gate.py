"""The gate beyond one signature: order, vetoes, delegates, conditions, phases, freezes, overrides. Each rule a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import (
    HEAD,
    NOW,
    OLDER,
    Attested,
    a_check,
    a_person,
    a_policy,
    a_pull,
    a_result,
    a_snapshot,
    a_standing,
    a_word,
    an_asking,
)
from golive.core.authorise import rule
from golive.core.decide import Decision, decide
from golive.core.model import (
    ChangedFile,
    Outcome,
    Reason,
    Role,
    Ruling,
    Severity,
    Shown,
    Spell,
    Standing,
    Verdict,
    Word,
)  # fmt: skip
from golive.core.policy import MergeRule, Policy
from golive.core.rules import FreezeRule, OverrideRule, Predicate, RoleRule, Rules

MINUTE = timedelta(minutes=1)
QA, SECURITY = RoleRule("qa", ("@ana",), group="technical"), RoleRule("security", ("@cy",), group="technical")
OWNER = RoleRule("owner", ("@di",), group="business", after=("technical",))


class Always:
    """A window that is open from one moment to another."""

    text = "all week"

    def __init__(self, start: datetime = NOW - 9 * MINUTE, end: datetime = NOW + 9 * MINUTE) -> None:
        self.start, self.end = start, end

    def covers(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def ends(self, at: datetime) -> datetime | None:
        return self.end

    def next_edge(self, at: datetime) -> datetime | None:
        return min((edge for edge in (self.start, self.end) if edge > at), default=None)


def at(minutes: float) -> datetime:
    """So many minutes before NOW."""
    return NOW - minutes * MINUTE


def yes(by: str, minutes: float = 10, text: str = "", **more: Any) -> Word:
    return a_word(by=by, at=at(minutes), text=text, key=f"comment:{by}{minutes}{text}", **more)


def says(verb: str, by: str, minutes: float, text: str = "") -> Word:
    return a_word(verb, by=by, at=at(minutes), text=text, key=f"comment:{verb}{by}{minutes}")


def decided(
    *words: Word, roles: tuple[RoleRule, ...] = (QA,), policy: Mapping[str, Any] | None = None, **more: Any
) -> Decision:
    """The decision when these words were said, each ruled on in the order of its time."""
    agreed = a_policy(roles=roles, **(policy or {}))
    numbered = [replace(word, seq=n) for n, word in enumerate(sorted(words, key=lambda w: w.at), 1)]
    standing = a_standing(policy=agreed, words=numbered, rulings=more.pop("rulings", {}), **more.pop("standing", {}))
    snapshot = a_snapshot(policy=agreed, standing=standing, **more)
    return decide(snapshot)


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def reason(decision: Decision, code: str) -> Reason:
    return next(r for r in decision.reasons if r.code == code)


# ------------------------------------------------------------------ groups in order


def test_who_signs_after_others_counts_once_they_have_signed() -> None:
    roles = (QA, SECURITY, OWNER)
    assert decided(yes("ana", 9), yes("cy", 8), yes("di", 7), roles=roles).verdict is Verdict.GO
    waits = decided(yes("ana", 9), roles=roles)
    assert codes(waits) == ["role_missing", "role_waits"]
    assert "owner" not in waits.headline, "nobody is waiting on somebody whose turn has not come"


def test_a_word_before_its_turn_does_not_count_whatever_the_order_of_arrival() -> None:
    early = decided(yes("di", 9), yes("ana", 8), yes("cy", 7), roles=(QA, SECURITY, OWNER))
    assert early.verdict is Verdict.WAIT
    assert "before technical had signed" in reason(early, "role_missing").sentence


def test_when_one_of_the_earlier_group_signs_anew_the_later_one_signs_anew() -> None:
    words = (yes("ana", 9), yes("cy", 8), yes("di", 7), says("withdraw", "ana", 6), yes("ana", 5))
    assert codes(decided(*words, roles=(QA, SECURITY, OWNER))) == ["role_missing"]
    assert decided(*words, yes("di", 4), roles=(QA, SECURITY, OWNER)).verdict is Verdict.GO


# ------------------------------------------------------------------ one person, one seat


def test_one_person_fills_one_role_unless_the_policy_lets_them_fill_more() -> None:
    both = (RoleRule("qa", ("@ana",)), RoleRule("ops", ("@ana", "@bo")))
    assert decided(yes("ana"), roles=both).verdict is Verdict.WAIT
    assert decided(yes("ana"), yes("bo"), roles=both).verdict is Verdict.GO
    assert decided(yes("ana"), roles=both, policy={"rules": Rules(distinct_people=False)}).verdict is Verdict.GO


def test_the_assignment_that_completes_the_most_roles_is_found() -> None:
    pair = RoleRule("pair", ("@ana", "@bo"), count=2)
    single = [RoleRule("qa", ("@ana",)), RoleRule("ops", ("@bo",))]
    missing = [seat.role.name for seat in decided(yes("ana"), yes("bo"), roles=(pair, *single)).roster if seat.missing]
    assert missing == ["pair"], "two complete roles are worth more than one of two seats"


# ------------------------------------------------------------------ vetoes, explicit roles, roles that are skipped


def test_a_veto_role_needs_not_sign_and_its_rejection_stands() -> None:
    veto = RoleRule("legal", ("@cy",), count=0, veto=True)
    assert decided(yes("ana"), roles=(QA, veto)).verdict is Verdict.GO
    stopped = decided(yes("ana"), says("reject", "cy", 5), roles=(QA, veto))
    assert codes(stopped) == ["vetoed"]
    assert (
        decided(yes("ana"), says("reject", "cy", 5), says("looking", "cy", 4), roles=(QA, veto)).verdict
        is Verdict.NO_GO
    )


def test_a_word_without_a_role_does_not_reach_an_explicit_role() -> None:
    explicit = RoleRule("sponsor", ("@ana",), explicit=True)
    assert decided(yes("ana"), roles=(explicit,)).verdict is Verdict.WAIT
    assert decided(yes("ana", text="sponsor"), roles=(explicit,)).verdict is Verdict.GO
    refused = rule(
        an_asking(yes("ana"), roles=(Role("sponsor", 1, (a_person("ana"),)),), policy=a_policy(roles=[explicit]))
    )
    assert (refused.taken, "approve sponsor" in refused.said) == (False, True)


DBA = RoleRule("dba", ("@cy",), asked_if=Predicate(migration=True))


@pytest.mark.parametrize(
    ("changed", "on_skip", "verdict"),
    [
        ((ChangedFile("app/models.py"),), "pass", Verdict.GO),
        ((ChangedFile("app/models.py"),), "hold", Verdict.HOLD),
        ((ChangedFile("app/migrations/0002_x.py"),), "pass", Verdict.WAIT),
        ((ChangedFile("app/x.py", previous="db/migrations/0001.sql"),), "pass", Verdict.WAIT),
    ],
    ids=["skipped and passes", "skipped and holds", "asked", "asked for a file that was moved away"],
)
def test_trap_31_a_role_that_is_not_asked_comes_to_what_the_policy_says(
    changed: tuple[ChangedFile, ...], on_skip: str, verdict: Verdict
) -> None:
    decision = decided(yes("ana"), roles=(QA, replace(DBA, on_skip=on_skip)), changed=changed)
    assert decision.verdict is verdict
    if verdict is not Verdict.WAIT:
        assert "migration" in reason(decision, "role_skipped").sentence


# ------------------------------------------------------------------ freshness


def test_a_sign_off_ends_after_valid_for() -> None:
    short = replace(QA, valid_for=timedelta(minutes=8))
    ended = decided(yes("ana", 9), roles=(short,))
    assert ended.verdict is Verdict.WAIT
    assert "ended" in reason(ended, "role_missing").sentence
    lasting = decided(yes("ana", 7), roles=(short,))
    assert (lasting.verdict, lasting.next_at) == (Verdict.GO, at(7) + timedelta(minutes=8))


def test_a_changed_rule_of_the_role_asks_again_and_any_other_change_of_the_policy_does_not() -> None:
    word = yes("ana")
    taken = {word.key: Ruling(word.key, True, digests={"qa": QA.digest()})}
    assert decided(word, rulings=taken, policy={"project": "Another"}).verdict is Verdict.GO
    changed = decided(word, rulings=taken, roles=(replace(QA, sources=("@ana", "@bo")),))
    assert "rule for this role changed" in reason(changed, "role_missing").sentence


LISTED = replace(QA, checks=("health",))


@pytest.mark.parametrize(
    ("spells", "verdict"),
    [
        ((), Verdict.GO),
        ((Spell("health", at(30), at(25)),), Verdict.GO),
        ((Spell("health", at(15), at(6)),), Verdict.GO),
        ((Spell("health", at(15), at(5)),), Verdict.WAIT),
        ((Spell("other", at(15), at(1)),), Verdict.GO),
    ],
    ids=["never failed", "failed before the word", "shorter than it settles", "long enough", "not a check of the role"],
)
def test_a_listed_check_that_failed_since_for_long_enough_asks_again(
    spells: tuple[Spell, ...], verdict: Verdict
) -> None:
    decision = decided(yes("ana", 20), roles=(LISTED,), standing={"spells": spells})
    assert decision.verdict is verdict


def test_who_signed_knowing_that_it_failed_is_not_asked_again() -> None:
    word = yes("ana", 20)
    knew = {word.key: Ruling(word.key, True, evidence={"health": "failed"})}
    spell = (Spell("health", at(15), at(1)),)
    assert decided(word, roles=(LISTED,), standing={"spells": spell}, rulings=knew).verdict is Verdict.GO


@pytest.mark.parametrize(
    ("on_push", "why", "verdict"),
    [
        ("keep_if_clean_update", "", Verdict.GO),
        ("keep_if_clean_update", "app.py was changed on both sides", Verdict.WAIT),
        ("keep_if_clean_update", None, Verdict.WAIT),
        ("keep_if_same_tree", "", Verdict.WAIT),
        ("reopen", "", Verdict.WAIT),
    ],
)
def test_a_sign_off_for_an_earlier_head_counts_after_a_clean_update_alone(
    on_push: str, why: str | None, verdict: Verdict
) -> None:
    updates = {} if why is None else {(OLDER.head_sha, HEAD.head_sha): why}
    shown = (Shown(OLDER, at(60)), Shown(HEAD, at(5)))
    decision = decided(
        yes("ana", 30), policy={"rules": Rules(on_push=on_push)},
        standing={"updates": updates, "shown": shown, "pushers": {HEAD.head_sha: (a_person("zed"),)}},
    )  # fmt: skip
    assert decision.verdict is verdict
    if why:
        assert why in reason(decision, "role_missing").sentence


# ------------------------------------------------------------------ delegation


def test_a_delegate_signs_for_a_while_and_only_for_who_still_has_the_seat() -> None:
    lends = says("delegate", "ana", 30, "qa to @bo for 1h away")
    ruling = {lends.key: Ruling(lends.key, True, named={"bo": a_person("bo").id})}
    may = {"rules": Rules(delegation=True)}
    assert decided(lends, yes("bo"), rulings=ruling, policy=may).verdict is Verdict.GO
    assert decided(lends, yes("bo"), rulings=ruling).verdict is Verdict.WAIT, "the policy does not let people delegate"
    lost = (replace(QA, sources=("@zoe",)),)
    assert decided(lends, yes("bo"), rulings=ruling, policy=may, roles=lost).verdict is Verdict.WAIT
    over = decided(replace(lends, at=at(90)), yes("bo"), rulings=ruling, policy=may)
    assert over.verdict is Verdict.WAIT, "its time is over"


# ------------------------------------------------------------------ conditions and phases

PHASES = {"phases": ("preparation", "production")}


def test_a_condition_blocks_exactly_the_promotion_into_its_phase() -> None:
    words = (yes("ana", text="qa with: rotate the keys due production"),)
    decision = decided(*words, policy=PHASES)
    assert [(p.name, p.verdict) for p in decision.phases] == [
        ("preparation", Verdict.CONDITIONAL_GO),
        ("production", Verdict.WAIT),
    ]
    assert "C1" in decision.phases[1].headline


def test_a_condition_closes_by_word_or_by_its_check_and_falls_with_its_approval() -> None:
    given = yes("ana", 20, text="qa with: rotate the keys; write it down")
    assert codes(decided(given)) == ["condition_due", "condition_due"]
    closed = says("condition", "ana", 5, "close C1 done")
    assert [r.subject for r in decided(given, closed).reasons] == ["C2"]
    assert decided(given, yes("ana", 4)).verdict is Verdict.GO, "the latest word has no conditions"
    by_check = yes("ana", text="qa with: it is healthy check health")
    assert decided(by_check).verdict is Verdict.GO
    failing = decided(by_check, policy={"checks": [a_check(severity=Severity.LOW)]}, standing={"results": ()})
    assert "condition_due" in codes(failing)


def test_a_role_that_is_due_later_does_not_block_before() -> None:
    later = RoleRule("sponsor", ("@di",), due="production")
    decision = decided(yes("ana"), roles=(QA, later), policy=PHASES)
    assert [p.verdict for p in decision.phases] == [Verdict.GO, Verdict.WAIT]
    assert reason(decision, "role_later").sentence == "sponsor signs before production."


@pytest.mark.parametrize(
    ("text", "says_"),
    [
        ("rotate the keys due nowhere", "There is no phase “nowhere”"),
        ("rotate the keys check nope", "There is no check “nope”"),
        ("rotate the keys owner @ghost", "Nobody on GitHub is called @ghost"),
        ("owner @ana", "What must be done is missing"),
        ("close C7", "There is no condition C7"),
    ],
)
def test_a_condition_that_cannot_be_kept_is_refused_in_words(text: str, says_: str) -> None:
    asking = an_asking(says("condition", "bo", 5, text), permission="write", named={"ghost": None, "ana": 7})
    ruling = rule(asking)
    assert not ruling.taken
    assert says_ in ruling.said


# ------------------------------------------------------------------ freezes

FREEZE = FreezeRule("Year end", Always(), exception=RoleRule("freeze-year-end", ("@mo",), explicit=True))


def test_a_freeze_holds_until_it_ends_and_its_own_quorum_lets_one_through() -> None:
    frozen = decided(yes("ana"), policy={"freezes": (FREEZE,)})
    assert (frozen.verdict, codes(frozen)) == (Verdict.HOLD, ["frozen"])
    assert frozen.next_at is not None
    assert frozen.next_at <= NOW + 9 * MINUTE
    special = {"freeze:Year end": Role("freeze-year-end", 1, (a_person("mo"),))}
    word = yes("mo", text="freeze-year-end")
    taken = {word.key: Ruling(word.key, True, roles=("freeze-year-end",))}
    through = decided(yes("ana"), word, policy={"freezes": (FREEZE,)}, special=special, rulings=taken)
    assert (through.verdict, codes(through)) == (Verdict.GO, ["freeze_excepted"])


def test_a_freeze_is_not_about_what_it_excepts_nor_about_another_time() -> None:
    excepted = replace(FREEZE, excepted=("production",))
    assert decided(yes("ana"), policy={"freezes": (excepted,)}).verdict is Verdict.GO
    later = replace(FREEZE, window=Always(NOW + MINUTE, NOW + 9 * MINUTE))
    soon = decided(yes("ana"), policy={"freezes": (later,)})
    assert (soon.verdict, soon.next_at) == (Verdict.GO, NOW + MINUTE)


def test_a_freeze_that_somebody_said_ends_by_itself_or_by_a_word() -> None:
    def repository(*words: Word) -> Standing:
        return Standing(words=words, rulings={w.key: Ruling(w.key, True) for w in words})

    said = says("freeze", "mo", 30, "for 1h the shop is full")
    assert codes(decided(yes("ana"), shared=repository(said))) == ["frozen"]
    assert decided(yes("ana"), shared=repository(said, says("unfreeze", "mo", 5))).verdict is Verdict.GO
    assert decided(yes("ana"), shared=repository(replace(said, at=at(61)))).verdict is Verdict.GO


# ------------------------------------------------------------------ break-glass

GLASS = OverrideRule(("@mo", "@bo"), 2, timedelta(hours=1))
SPECIAL = {"override": Role("override", 2, (a_person("mo"), a_person("bo")))}
BROKEN = {"policy": {"overrides": GLASS}, "special": SPECIAL}


def test_two_people_break_the_glass_for_some_minutes_and_one_does_not() -> None:
    one = says("override", "mo", 10, "30m the site is down")
    two = says("override", "bo", 5, "20m yes")
    assert decided(one, **BROKEN).verdict is Verdict.WAIT
    both = decided(one, two, **BROKEN)
    assert both.verdict is Verdict.GO
    assert both.override is not None
    assert both.override.until == at(5) + timedelta(minutes=20)
    assert "OVERRIDDEN" in reason(both, "overridden").sentence
    assert decided(replace(one, at=at(31)), two, **BROKEN).verdict is Verdict.WAIT, "the first word ran out"
    assert decided(one, replace(two, person=one.person), **BROKEN).verdict is Verdict.WAIT, "twice the same person"


def test_an_override_lifts_no_veto_and_is_for_one_revision() -> None:
    words = (says("override", "mo", 10, "30m x"), says("override", "bo", 9, "30m y"))
    veto = RoleRule("legal", ("@cy",), count=0, veto=True)
    assert decided(*words, says("reject", "cy", 5), roles=(QA, veto), **BROKEN).verdict is Verdict.NO_GO
    assert decided(*words, says("reject", "ana", 5), **BROKEN).verdict is Verdict.GO
    moved = {"shown": (Shown(OLDER, at(60)), Shown(HEAD, at(3))), "pushers": {HEAD.head_sha: (a_person("zed"),)}}
    assert decided(*words, standing=moved, **BROKEN).verdict is Verdict.WAIT, "it was for other code"


def test_only_who_may_now_breaks_the_glass_and_never_the_author() -> None:
    words = (says("override", "mo", 10, "30m x"), says("override", "bo", 9, "30m y"))
    left = {"policy": {"overrides": GLASS}, "special": {"override": Role("override", 2, (a_person("mo"),))}}
    assert decided(*words, **left).verdict is Verdict.WAIT
    assert decided(*words, pull=a_pull(author=a_person("bo")), **BROKEN).verdict is Verdict.WAIT


# ------------------------------------------------------------------ promote


def test_where_the_policy_asks_it_goes_live_after_somebody_says_so() -> None:
    asks = {"merge": MergeRule("squash", "ask")}
    waits = decided(yes("ana"), policy=asks)
    assert (waits.verdict, waits.merge, codes(waits)) == (Verdict.GO, False, ["promote_awaited"])
    assert decided(yes("ana"), says("promote", "ana", 5), policy=asks).merge
    old = {"shown": (Shown(OLDER, at(60)), Shown(HEAD, at(3))), "pushers": {HEAD.head_sha: (a_person("zed"),)}}
    assert not decided(yes("ana", 2), says("promote", "ana", 5), policy=asks, standing=old).merge


def test_a_conditional_go_merges_once_it_is_promoted() -> None:
    policy = {"merge": MergeRule("squash", "go"), "checks": [a_check(severity=Severity.LOW)]}
    failing = {"results": (a_result(a_check(severity=Severity.LOW), Outcome.FAILED),)}
    assert not decided(yes("ana"), policy=policy, standing=failing).merge
    promoted = decided(yes("ana"), says("promote", "ana", 5), policy=policy, standing=failing)
    assert (promoted.verdict, promoted.merge, promoted.state) == (Verdict.CONDITIONAL_GO, True, "success")


def test_what_is_said_to_be_no_release_is_none_any_more() -> None:
    decision = decided(yes("ana"), says("not-a-release", "mo", 5, "wrong branch"), policy={"merge": MergeRule()})
    assert (decision.kind.value, decision.merge) == ("not a release", False)


def test_a_statement_whose_comment_cannot_be_found_holds_up_no_check() -> None:
    rule_ = a_check("drill", options=Attested("qa"))
    word = says("attest", "ana", 5, "drill")
    policy = {"checks": [rule_]}
    standing = a_standing(policy=a_policy(roles=[QA], checks=[rule_]), words=(word,))
    there = {"results": (a_result(rule_, standing=standing),)}
    assert decided(word, yes("ana"), policy=policy, standing=there).verdict is Verdict.GO
    lost = decided(word, yes("ana"), policy=policy, standing=there, absent=frozenset({word.key}))
    assert codes(lost) == ["check_pending"]


def test_every_refusal_says_who_could() -> None:
    policy: Policy = a_policy(overrides=GLASS)
    refused = {
        "freeze": "for 2h x", "unfreeze": "", "promote": "", "override": "30m x", "not-a-release": "x",
        "waive": "health until 2026-03-05 x",
    }  # fmt: skip
    for verb, text in refused.items():
        word = says(verb, "eve", 5, text)
        ruling = rule(an_asking(word, policy=policy, special=SPECIAL, roles=(Role("qa", 1, (a_person("ana"),)),)))
        assert not ruling.taken, verb
        assert "Only" in ruling.said, ruling.said
