"""The promises of a release as small directed histories over pure values: entries in, decision out, core alone imported.

Each `test_` function is one promise and holds on the real code; `test_mutants` runs them all against planted mutants, one
light process each (`python promises.py`, which says by name what broke). Add a promise as one function.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from builders import (
    HEAD,
    NOW,
    OLDER,
    Probe,
    a_check,
    a_finding,
    a_person,
    a_policy,
    a_pull,
    a_result,
    a_snapshot,
    a_standing,
    a_word,
)
from golive.core import ledger
from golive.core.authorise import rule
from golive.core.decide import ACT_WITHIN, Decision, decide
from golive.core.ledger import Entry, fold
from golive.core.model import Outcome, Pull, Role, Ruling, Severity, Sibling, Standing, Verdict
from golive.core.policy import MergeRule

POLICY = a_policy(merge=MergeRule())
ROLE = Role("qa", 1, (a_person("ana"), a_person("bo")), ("@ana", "@bo"))
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    """So many minutes before NOW."""
    return NOW - minutes * MINUTE


def story(*more: Entry, shown: tuple[Entry, ...] = (), role: Role = ROLE, pull: Pull | None = None) -> Decision:
    """A release that @dana pushed, shown an hour ago, whose check has passed, and what is added to it: the decision."""
    passed = ledger.found(a_result(POLICY.releases[0].checks[0]), at(5))
    begun = ledger.became_release("production", "main", at(60))
    shown = shown or (ledger.was_shown(HEAD, at(60), 0),)
    pushed = ledger.was_pushed(HEAD.head_sha, a_person("dana"), at(60))
    entries = [replace(e, seq=n) for n, e in enumerate((begun, pushed, *shown, passed, *more), 1)]
    return judged(fold(entries), role, pull or a_pull())


def judged(standing: Standing, role: Role = ROLE, pull: Pull | None = None, **changes: Any) -> Decision:
    """The decision on a standing after its words were ruled on, oldest first; @mo maintains, everybody else may write."""
    pull = pull or a_pull()
    for word in sorted((*standing.words, *standing.unsaid), key=lambda w: (w.at, w.seq)):
        permission = "maintain" if word.person == a_person("mo") else "write"
        standing = standing.with_ruling(rule(word, pull, standing, (role,), {}, permission))
    return decide(a_snapshot(policy=POLICY, standing=standing, roles=(role,), pull=pull, **changes))


def says(verb: str, minutes: float, by: str = "ana", **more: Any) -> Entry:
    """A word so many minutes ago, as an entry."""
    return ledger.said(a_word(verb, by=by, at=at(minutes), key=f"comment:{by}{minutes}:0", **more))


def test_a_release_that_is_checked_and_signed_is_merged() -> None:
    assert story(says("approve", 10)).merge


def test_a_release_that_nobody_signed_is_not_merged() -> None:
    assert not story().merge


def test_only_an_outcome_that_satisfies_is_merged() -> None:
    for outcome in Outcome:
        good = outcome in (Outcome.PASSED, Outcome.WARNING, Outcome.WAIVED, Outcome.SKIPPED, Outcome.NOT_APPLICABLE)
        if outcome is not Outcome.BLOCKED:
            got = decide(a_snapshot(policy=POLICY, outcomes={"health": outcome}))
            assert got.merge is good, f"{outcome}: {got.headline}"


def test_a_check_blocked_by_a_failed_one_stops_as_it_does() -> None:
    policy = a_policy(checks=[a_check("a"), a_check("b", needs=("a",))], merge=MergeRule())
    got = decide(a_snapshot(policy=policy, outcomes={"a": Outcome.FAILED}))
    assert [j.finding.outcome for j in got.checks] == [Outcome.FAILED, Outcome.BLOCKED]
    assert {r.subject: r.verdict for r in got.own} == {"a": Verdict.NO_GO, "b": Verdict.NO_GO}


def test_a_failure_that_weighs_little_is_not_merged_without_being_asked() -> None:
    policy = a_policy(checks=[a_check(severity=Severity.LOW)], merge=MergeRule())
    got = decide(a_snapshot(policy=policy, outcomes={"health": Outcome.FAILED}))
    assert (got.verdict, got.merge) == (Verdict.CONDITIONAL_GO, False)


def test_a_result_of_another_head_says_nothing_of_this_one() -> None:
    standing = a_standing(policy=POLICY, results=(a_result(POLICY.releases[0].checks[0], head_sha=OLDER.head_sha),))
    assert not decide(a_snapshot(policy=POLICY, standing=standing)).merge


def test_a_result_of_another_definition_says_nothing_of_this_one() -> None:
    old = a_result(a_check(options=Probe("another page")))
    assert not decide(a_snapshot(policy=POLICY, standing=a_standing(policy=POLICY, results=(old,)))).merge


@dataclass(frozen=True)
class Fleeting(Probe):
    """Results are acted on for a quarter of an hour, and a stir of `run` asks for a new look."""

    fresh: ClassVar[timedelta | None] = timedelta(minutes=15)
    stirred_by: ClassVar[frozenset[str]] = frozenset({"run"})


def test_a_result_is_acted_on_while_it_is_fresh_and_taken_again_after() -> None:
    policy = a_policy(checks=[a_check(options=Fleeting())], merge=MergeRule())
    for minutes, merges in ((15, True), (15.1, False)):
        results = (a_result(policy.releases[0].checks[0], taken_at=at(minutes)),)
        got = decide(a_snapshot(policy=policy, standing=a_standing(policy=policy, results=results)))
        assert (got.merge, got.checks[0].due) == (merges, not merges), f"{minutes} minutes old"


def test_what_stirred_after_a_result_asks_for_another() -> None:
    policy = a_policy(checks=[a_check(options=Fleeting())], merge=MergeRule())
    for kind, seq, merges in (("run", 6, False), ("*", 6, False), ("run", 4, True), ("other", 6, True)):
        standing = a_standing(policy=policy, stirred={kind: seq})
        assert decide(a_snapshot(policy=policy, standing=standing)).merge is merges, (kind, seq)


def test_a_finding_ends_at_its_own_end() -> None:
    for minutes, merges in ((-1, True), (0, False)):
        results = (a_result(POLICY.releases[0].checks[0], valid_until=at(minutes)),)
        got = decide(a_snapshot(policy=POLICY, standing=a_standing(policy=POLICY, results=results)))
        assert got.merge is merges


def test_the_newest_result_of_a_check_counts() -> None:
    failed = a_result(POLICY.releases[0].checks[0])
    failed = replace(failed, finding=a_finding(outcome=Outcome.FAILED), attempt=2)
    assert story(ledger.found(failed, at(1)), says("approve", 10)).verdict is Verdict.NO_GO


def test_a_word_covers_what_was_shown_before_it_and_not_in_its_very_second() -> None:
    first = ledger.was_shown(OLDER, at(60), 0)
    for minutes, merges in ((21, False), (20, False), (19, True)):
        shown = (first, ledger.was_shown(HEAD, at(20), 1))
        assert story(says("approve", minutes), shown=shown).merge is merges, f"said {minutes - 20} minutes before"


def test_a_word_that_arrives_late_covers_what_was_shown_when_it_was_said() -> None:
    shown = (ledger.was_shown(OLDER, at(60), 0), ledger.was_shown(HEAD, at(20), 1))
    assert not story(says("approve", 30), shown=shown).merge


def test_of_what_was_shown_the_newest_counts_in_whatever_order_it_was_noted() -> None:
    shown = (ledger.was_shown(HEAD, at(20), 0), ledger.was_shown(OLDER, at(60), 1))
    assert story(says("approve", 10), shown=shown).merge


def test_a_word_that_names_a_commit_covers_that_one() -> None:
    shown = (ledger.was_shown(OLDER, at(60), 0), ledger.was_shown(HEAD, at(20), 1))
    assert not story(says("approve", 10, text=f"qa {OLDER.head_sha[:9]}"), shown=shown).merge
    assert not story(says("approve", 10, revision_sha=OLDER.head_sha), shown=shown).merge
    assert story(says("approve", 10, revision_sha=HEAD.head_sha), shown=shown).merge


def test_a_sign_off_holds_for_its_tree_and_its_base() -> None:
    for changes, merges in (
        ({"head_sha": "c" * 40}, True),
        ({"tree_sha": "c" * 40}, False),
        ({"base_ref": "x"}, False),
    ):
        standing = a_standing(policy=POLICY, shown=(replace(a_standing().shown[0], revision=replace(HEAD, **changes)),))
        seat = decide(a_snapshot(policy=POLICY, standing=standing)).roster[0]
        assert bool(seat.signed) is merges, changes


def test_a_retarget_and_back_opens_every_role_again() -> None:
    away = ledger.was_retargeted("1", at(5))
    assert not story(says("approve", 10), away).merge
    assert story(says("approve", 4), away).merge
    seen = (ledger.was_shown(HEAD, at(60), 0), ledger.was_shown(replace(HEAD, base_ref="x"), at(30), 1))
    assert not story(says("approve", 40), shown=(*seen, ledger.was_shown(HEAD, at(20), 2))).merge


def test_a_release_aimed_elsewhere_stops() -> None:
    elsewhere = a_pull(revision=replace(HEAD, base_ref="next"))
    assert story(says("approve", 10), pull=elsewhere).verdict >= Verdict.HOLD


def test_a_commit_shared_with_a_release_that_is_not_ready_stops() -> None:
    for state in ("success", "in_progress", "action_required", "failure"):
        sibling = Sibling(8, True, Verdict.WAIT if state == "in_progress" else Verdict.GO, "waiting", state)
        assert decide(a_snapshot(policy=POLICY, siblings=(sibling,))).merge is (state == "success"), state


def test_the_author_and_who_pushed_this_head_never_sign() -> None:
    role = replace(ROLE, people=(*ROLE.people, a_person("mallory")))
    assert not story(says("approve", 10, by="mallory"), role=role).merge
    pushed = ledger.was_pushed(HEAD.head_sha, a_person("ana"), at(30))
    assert not story(pushed, says("approve", 10)).merge
    again = ledger.was_pushed(HEAD.head_sha, a_person("bo"), at(20))
    assert not story(pushed, again, says("approve", 10)).merge
    assert not story(pushed, again, says("approve", 10, by="bo")).merge
    other = ledger.was_pushed(OLDER.head_sha, a_person("ana"), at(30))
    assert story(other, says("approve", 10)).merge


def test_who_pushed_after_signing_no_longer_fills_a_seat() -> None:
    standing = a_standing(policy=POLICY, pushers={HEAD.head_sha: (a_person("ana"),)})
    assert not decide(a_snapshot(policy=POLICY, standing=standing)).merge


def test_a_later_head_waits_until_it_is_known_who_pushed_it() -> None:
    standing = a_standing(policy=POLICY, shown=(replace(a_standing().shown[0], revision=OLDER), *a_standing().shown))
    assert not decide(a_snapshot(policy=POLICY, standing=standing)).merge
    heard = replace(standing, pushers={HEAD.head_sha: (a_person("dana"),)})
    assert decide(a_snapshot(policy=POLICY, standing=heard)).merge


def test_nobody_outside_a_role_signs_for_it() -> None:
    assert not story(says("approve", 10, by="eve")).merge
    assert not story(says("approve", 10), role=replace(ROLE, people=(a_person("bo"),))).merge
    left = replace(ROLE, people=(a_person("bo"),))
    assert not decide(a_snapshot(policy=POLICY, roles=(left,))).merge, "what was taken from who was in the role then"


def test_a_role_counts_its_people_and_each_person_once() -> None:
    two = replace(ROLE, count=2)
    assert not story(says("approve", 10), role=two).merge
    assert not story(says("approve", 10), says("approve", 9), role=two).merge
    assert story(says("approve", 10), says("approve", 9, by="bo"), role=two).merge


def test_one_person_fills_one_seat() -> None:
    roles = (Role("qa", 1, (a_person("ana"),)), Role("security", 1, (a_person("ana"), a_person("bo"))))
    for words, merges in (([a_word(by="ana")], False), ([a_word(by="ana"), a_word(by="bo")], True)):
        standing = a_standing(policy=POLICY, words=words)
        assert decide(a_snapshot(policy=POLICY, standing=standing, roles=roles)).merge is merges


def test_the_last_word_of_a_person_counts_by_its_own_time() -> None:
    assert not story(says("approve", 10), says("withdraw", 9)).merge
    assert not story(says("withdraw", 9), says("approve", 10)).merge
    assert story(says("withdraw", 10), says("approve", 9)).merge
    assert story(says("reject", 10), says("approve", 9)).merge


def test_a_rejection_stands_over_pushes_and_retargets_until_it_is_withdrawn() -> None:
    assert story(says("approve", 10), says("reject", 9, by="bo")).verdict is Verdict.NO_GO
    shown = (ledger.was_shown(OLDER, at(60), 0), ledger.was_shown(HEAD, at(20), 1))
    assert story(says("reject", 30, by="bo"), says("approve", 10), shown=shown).verdict is Verdict.NO_GO
    assert story(says("reject", 30, by="bo"), says("withdraw", 20, by="bo"), says("approve", 10)).merge


def test_a_hold_is_lifted_by_who_set_it_or_a_maintainer_and_by_nobody_else() -> None:
    for by, merges in (("bo", False), ("ana", True), ("mo", True)):
        resume = says("resume", 5, by=by)
        assert story(says("approve", 20), says("hold", 10, text="wait"), resume).merge is merges, by
    held = fold([replace(says("hold", 10, text="wait"), seq=1)])
    held = held.with_ruling(Ruling(held.words[0].key, True))
    assert not rule(a_word("resume", by="bo", at=at(5)), a_pull(), held, (ROLE,), {}, "write").taken
    both = (says("hold", 10, text="wait"), says("hold", 9, by="bo", text="me too"), says("resume", 5, by="bo"))
    assert story(says("approve", 20), *both).verdict is Verdict.HOLD


def test_a_resume_lifts_only_what_was_held_before_it() -> None:
    later = (says("hold", 12, text="one"), says("resume", 11), says("hold", 10, text="another"))
    assert story(says("approve", 20), *later).verdict is Verdict.HOLD


def test_a_word_that_was_refused_has_no_effect() -> None:
    for verb in ("approve", "reject", "hold"):
        word = a_word(verb, text="qa", key=f"x:{verb}")
        standing = a_standing(policy=POLICY, words=[word], rulings={word.key: Ruling(word.key, False)})
        assert decide(a_snapshot(policy=POLICY, standing=standing)).verdict is Verdict.WAIT, verb


def test_an_edited_or_deleted_approval_counts_for_nothing_whenever_that_is_heard() -> None:
    void = ledger.voided("comment:ana10:", at(3))
    assert not story(says("approve", 10), void).merge
    assert not story(void, says("approve", 10)).merge


def test_a_word_that_is_gone_does_not_bring_back_the_one_before_it() -> None:
    gone = ledger.voided("comment:ana9:", at(3))
    assert not story(says("approve", 10), says("reject", 9), gone).merge
    word = a_word(at=at(9), key="comment:9:0")
    standing = a_standing(policy=POLICY, words=[a_word(at=at(10), key="comment:1:0"), word])
    assert not decide(a_snapshot(policy=POLICY, standing=standing, absent=frozenset({word.key}))).merge


def test_an_approval_that_cannot_be_found_just_now_does_not_count() -> None:
    standing = a_standing(policy=POLICY)
    assert not decide(a_snapshot(policy=POLICY, standing=standing, absent=frozenset(standing.heard))).merge


def test_a_reaction_that_was_taken_back_counts_for_nothing_in_any_order() -> None:
    given = says("approve", 10, slot="s")
    back = ledger.said(a_word(at=at(9), key="comment:back:0", slot="s", undone=True))
    assert not story(given, back).merge
    assert not story(back, given).merge


def test_a_void_of_one_word_leaves_others_whose_key_begins_alike() -> None:
    word = ledger.said(a_word(at=at(10), key="reaction:7:12"))
    assert story(word, ledger.voided("reaction:7:1", at(3))).merge


def test_a_decision_is_acted_on_for_five_seconds() -> None:
    assert timedelta(0) < ACT_WITHIN <= timedelta(seconds=5)


def test_a_draft_and_a_conflict_wait() -> None:
    assert not decide(a_snapshot(policy=POLICY, pull=a_pull(draft=True))).merge
    assert not decide(a_snapshot(policy=POLICY, pull=a_pull(mergeable=False))).merge
    assert not decide(a_snapshot(policy=POLICY, pull=a_pull(mergeable=None))).merge


def broken() -> list[str]:
    """The promises that do not hold, by name."""
    found = []
    for name, promise in list(globals().items()):
        if name.startswith("test_"):
            try:
                promise()
            except Exception:
                found.append(f"{name}: {traceback.format_exc(limit=-1).strip().splitlines()[-1]}")
    return found


if __name__ == "__main__":
    for line in (said := broken()):
        print(line)
    sys.exit(1 if said else 0)
