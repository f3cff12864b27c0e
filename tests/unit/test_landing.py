"""What is left before a release lands, as tables: methods, required checks, the base, the queue, the forge's refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import HEAD, NOW, a_person, a_policy, a_pull, a_snapshot, a_standing
from golive.core.decide import decide
from golive.core.evidence import body_of, read, written
from golive.core.landing import KINDS, Approach, Landing, LandingRecord, RequiredCheck, Trial, Try
from golive.core.landing_rules import (
    ANSWER_WITHIN,
    ENQUEUE,
    MERGE,
    SHOWN_WITHIN,
    UPDATE,
    Door,
    at_the_door,
    before_signing,
    explained,
    revert_of,
    was_compared,
    was_signed,
    was_tested,
)
from golive.core.ledger import fold
from golive.core.model import Refusal, Shown, Standing, Verdict
from golive.core.policy import MergeRule
from golive.engine.queue import number_in

MINUTE = timedelta(minutes=1)
TEST = Trial("c0ffee", "7ee", ("ba5e", HEAD.head_sha))
READY = Approach(test=TEST)
ASKED = Try(NOW - MINUTE)


def door(landing: Landing | None, standing: Standing | None = None, vouched: bool = True, **pull: Any) -> Door:
    return at_the_door(landing, standing or a_standing(), a_pull(**pull), NOW, vouched=vouched, recheck=MINUTE)


def updates(tried: Try) -> Standing:
    return a_standing(landing=LandingRecord(updates={HEAD.head_sha: tried}))


def in_queue(tried: Try) -> Standing:
    return a_standing(landing=LandingRecord(queue={HEAD.head_sha: tried}))


def near(**changes: Any) -> Approach:
    return replace(READY, **changes)


BEHIND = Landing(up_to_date=True, approach=near(behind=True))
QUEUE = Landing(queue=True, approach=READY)


@pytest.mark.parametrize(("landing", "standing", "act", "code"), [
    (None, None, MERGE, ""),
    (Landing(), None, MERGE, ""),
    (Landing(approach=READY), None, MERGE, ""),
    (Landing(approach=READY, workflows=True), None, "", ""),
    (Landing(approach=near(test=None)), None, "", "test_merge_awaited"),
    (Landing(approach=near(checks=(RequiredCheck("e2e", "met"),))), None, MERGE, ""),
    (Landing(approach=near(checks=(RequiredCheck("e2e", "pending"),))), None, "", "required_checks"),
    (Landing(approach=near(checks=(RequiredCheck("e2e", "failing"),))), None, "", "required_checks"),
    (Landing(approach=near(checks=(RequiredCheck("e2e", "expected"),))), None, "", "required_checks"),
    (Landing(approach=near(behind=True)), None, MERGE, ""),
    (BEHIND, None, UPDATE, "behind"),
    (BEHIND, updates(Try(NOW)), "", "behind"),
    (BEHIND, updates(Try(NOW - ANSWER_WITHIN)), UPDATE, "behind"),
    (BEHIND, updates(Try(NOW - ANSWER_WITHIN, times=2)), "", "behind"),
    (BEHIND, updates(Try(NOW, open=False)), "", "behind"),
    (BEHIND, updates(Try(NOW - SHOWN_WITHIN, open=False)), "", "update_lost"),
    (BEHIND, updates(Try(NOW, "conflict", open=False)), "", "update_refused"),
    (QUEUE, None, ENQUEUE, ""),
    (QUEUE, in_queue(ASKED), ENQUEUE, ""),
    (QUEUE, in_queue(replace(ASKED, open=False)), "", "left_queue"),
    (replace(QUEUE, approach=near(queued=2)), in_queue(replace(ASKED, open=False)), "", "queued"),
])  # fmt: skip
def test_what_is_done_about_landing_once_nothing_else_is_missing(
    landing: Landing | None, standing: Standing | None, act: str, code: str
) -> None:
    found = door(landing, standing)
    assert (found.act, [reason.code for reason in found.reasons]) == (act, [code] if code else [])
    assert all(reason.verdict is Verdict.GO for reason in found.reasons), "golive's verdict must not flap for others"


@pytest.mark.parametrize(("vouched", "may", "bot", "merges"), [
    (False, False, False, False), (True, False, False, True), (False, True, False, True), (False, False, True, True),
])  # fmt: skip
def test_somebody_who_may_must_stand_behind_it(vouched: bool, may: bool, bot: bool, merges: bool) -> None:
    author = {"author": None, "author_is_bot": True} if bot else {}
    found = door(Landing(approach=near(author_may=may)), vouched=vouched, **author)
    assert (found.act == MERGE) is merges


def test_the_branch_of_somebody_who_may_not_write_is_not_rewritten() -> None:
    found = door(replace(BEHIND, approach=near(behind=True, author_may=False)), author=a_person("eve"))
    assert found.act == ""
    assert "may not write here" in found.reasons[0].sentence


@pytest.mark.parametrize(("landing", "codes"), [
    (None, []),
    (Landing(), []),
    (Landing(methods=("squash",)), ["merge_method_not_allowed"]),
    (Landing(methods=(), queue=True), []),
    (Landing(workflows=True), ["workflows_need_a_person"]),
])  # fmt: skip
def test_what_is_said_before_anybody_signs(landing: Landing | None, codes: list[str]) -> None:
    assert [reason.code for reason in before_signing(landing, MergeRule("merge"), a_pull())] == codes


def test_a_method_that_is_not_allowed_holds_it_and_a_workflow_does_not() -> None:
    policy = a_policy(merge=MergeRule("merge"))
    held = decide(a_snapshot(policy=policy, landing=Landing(methods=("squash", "rebase"))))
    assert (held.state, held.merge) == ("action_required", False)
    assert "`squash` or `rebase`" in held.headline
    let = decide(a_snapshot(policy=policy, landing=Landing(workflows=True, approach=READY)))
    assert (let.state, let.verdict, let.merge) == ("success", Verdict.GO, False)


@pytest.mark.parametrize(("said", "rule"), [
    ("At least 2 approving reviews are required by reviewers with write access.", "Require approvals"),
    ('Required status check "build" is expected.', "Require status checks"),
    ("3 of 4 required status checks have not succeeded: 1 expected, 2 pending.", "Require status checks"),
    ("Changes must be made through the merge queue", "Require merge queue"),
    ("Squash merges are not allowed on this repository.", "merge methods"),
    ("This branch must not contain merge commits.", "linear history"),
    ("Base branch was modified. Review and try the merge again.", "another landing"),
    ("refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission",
     ".github/workflows"),
    ("Resource not accessible by integration", "permission"),
    ("Something that nobody has seen.", ""),
])  # fmt: skip
def test_a_refusal_is_told_with_its_rule_and_who_can_do_something(said: str, rule: str) -> None:
    told, who = explained(said)
    assert rule in told
    assert bool(told) == bool(who) == bool(rule)


@pytest.mark.parametrize(("parents", "commits", "command"), [
    (2, 1, "git revert -m 1 abc"), (1, 1, "git revert abc"), (1, 3, "git revert abc~3..abc"),
])  # fmt: skip
def test_the_way_back_fits_how_it_landed(parents: int, commits: int, command: str) -> None:
    assert f"`{command}`" in revert_of(a_pull(), "abc", parents, commits)


@pytest.mark.parametrize(("standing", "conditional", "signed"), [
    (a_standing(merging={HEAD.head_sha: NOW}), False, True),
    (a_standing(last_verdict="GO", shown=(Shown(HEAD, NOW),)), False, True),
    (a_standing(last_verdict="WAIT", shown=(Shown(HEAD, NOW),)), False, False),
    (a_standing(last_verdict="CONDITIONAL_GO", shown=(Shown(HEAD, NOW),)), False, False),
    (a_standing(last_verdict="CONDITIONAL_GO", shown=(Shown(HEAD, NOW),)), True, True),
    (a_standing(last_verdict="GO", shown=(Shown(replace(HEAD, head_sha="other"), NOW),)), False, False),
    (a_standing(last_verdict="GO", shown=()), True, False),
])  # fmt: skip
def test_only_the_very_head_that_was_let_go_was_signed(standing: Standing, conditional: bool, signed: bool) -> None:
    assert was_signed(standing, a_pull(), conditional=conditional) is signed


def test_the_record_of_a_landing_is_folded_and_an_alarm_is_a_line_for_people() -> None:
    entries = [
        was_tested(HEAD.head_sha, TEST, NOW),
        was_compared("abc", "wrong", "It is another.", "Take it back.", NOW),
    ]
    standing = fold(replace(entry, seq=at) for at, entry in enumerate(entries, 1))
    assert standing.landing.tested == {HEAD.head_sha: TEST}
    assert standing.landing.landed is not None
    assert standing.landing.landed.alarming
    assert [fact.text for fact in standing.facts] == ["ALARM: It is another. Take it back."]
    assert {entry.kind for entry in entries} <= KINDS


def test_what_was_read_of_a_landing_is_kept_with_the_decision_and_decides_the_same_again() -> None:
    checks = (RequiredCheck("e2e", "pending", 7, "ci"),)
    landing = Landing(required=(("e2e", 7), ("golive", 0)), approach=near(checks=checks))
    snapshot = a_snapshot(policy=a_policy(merge=MergeRule()), landing=landing)
    body = body_of(snapshot, decide(snapshot), "1")
    assert read(Landing, written(landing)) == landing
    assert body["snapshot"]["landing"] == written(landing)
    assert body["decision"]["act"] == ""


def test_a_refusal_that_speaks_of_the_queue_is_told_so() -> None:
    refused = a_standing(refusals={HEAD.head_sha: Refusal("Changes must be made through the merge queue", NOW, 1)})
    decision = decide(a_snapshot(policy=a_policy(merge=MergeRule()), standing=refused, landing=Landing(approach=READY)))
    assert "Require merge queue" in decision.headline


@pytest.mark.parametrize(("ref", "base", "number"), [
    ("gh-readonly-queue/main/pr-104-929f8209d40f77f4abc622a499c93a83babdbe64", "main", 104),
    ("gh-readonly-queue/releases/v1/pr-7-929f8209d40f77f4abc622a499c93a83babdbe64", "releases/v1", 7),
    ("gh-readonly-queue/main/pr-104-929f8209d40f77f4abc622a499c93a83babdbe64", "other", 0),
    ("feature/pr-104-929f8209d40f77f4abc622a499c93a83babdbe64", "main", 0),
    ("", "main", 0),
])  # fmt: skip
def test_a_groups_branch_names_the_last_pull_request_in_it(ref: str, base: str, number: int) -> None:
    assert number_in(ref, base) == number
