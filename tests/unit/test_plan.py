"""Which effects a decision asks for, in which order, and what each person is answered. Add a kind by adding a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import HEAD, NOW, OLDER, a_check, a_policy, a_pull, a_snapshot, a_standing, a_word
from golive.core.command import VERBS
from golive.core.decide import decide
from golive.core.effect import (
    AnswerWord,
    Effect,
    Merge,
    PutChatRequest,
    PutCheckRun,
    PutFacts,
    PutRequest,
    PutRoot,
    PutSticky,
    RunCheck,
)
from golive.core.model import Fact, Outcome, PullState, Revision, Ruling, Severity, Shown, Standing, Surface, Word
from golive.core.plan import answer, plan
from golive.core.policy import MergeRule, Notify
from golive.core.snapshot import Mistake, Snapshot

SHOUTS = a_policy(notify=Notify("#releases"), merge=MergeRule("squash"))
MISTAKE = Mistake(".github/golive.yml", 3, 5, "there is no check `helth`")
PLAIN = a_standing(since_release=None, release_name="", release_base="", words=(), results=(), requests={})
GONE = Revision("dead" * 10, "7ee2" * 10, "main")


def planned(snapshot: Snapshot, chat: bool = True) -> tuple[Effect, ...]:
    return plan(snapshot, decide(snapshot), chat)


def kinds(snapshot: Snapshot, chat: bool = True) -> list[str]:
    return [type(effect).__name__ for effect in planned(snapshot, chat)]


RELEASE = ["PutCheckRun", "PutSticky", "PutRequest"]


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        pytest.param(a_snapshot(policy=None, standing=PLAIN), [], id="ungoverned"),
        pytest.param(a_snapshot(pull=a_pull(head_ref="fix/x"), standing=PLAIN), ["PutCheckRun"], id="no release"),
        pytest.param(
            a_snapshot(policy=None, mistakes=(MISTAKE,), standing=PLAIN), ["PutCheckRun", "PutSticky"], id="mistakes"
        ),
        pytest.param(a_snapshot(), RELEASE, id="a release"),
        pytest.param(a_snapshot(policy=a_policy(merge=MergeRule())), [*RELEASE, "Merge"], id="one to be merged"),
        pytest.param(a_snapshot(policy=SHOUTS), [*RELEASE, "PutRoot", "PutChatRequest", "Merge"], id="with a chat"),
        pytest.param(
            a_snapshot(standing=a_standing(requests={}, words=(), shown=())), RELEASE[:2], id="nobody is asked yet"
        ),
        pytest.param(
            a_snapshot(policy=SHOUTS, standing=Standing()),
            ["RunCheck", "PutCheckRun", "PutSticky", "PutRoot"],
            id="seen for the first time",
        ),
        pytest.param(
            a_snapshot(policy=SHOUTS, pull=a_pull(state=PullState.MERGED)), ["PutSticky", "PutRoot"], id="merged"
        ),
        pytest.param(a_snapshot(pull=a_pull(state=PullState.CLOSED), standing=PLAIN), [], id="closed, never a release"),
        pytest.param(a_snapshot(policy=None), RELEASE[:2], id="its policy went away"),
    ],
)
def test_the_effects_of_a_decision_in_their_order(snapshot: Snapshot, expected: list[str]) -> None:
    assert kinds(snapshot) == expected


def test_without_a_chat_nothing_is_said_there() -> None:
    assert kinds(a_snapshot(policy=SHOUTS), chat=False) == [*RELEASE, "Merge"]


def test_the_merge_names_head_method_and_title_and_comes_last() -> None:
    word = a_word("status", by="bo", origin="o")
    approval = a_word(text="qa")
    standing = a_standing(policy=SHOUTS, words=(approval, word), facts=(Fact("word:1", "x", 1),))
    effects = planned(a_snapshot(policy=SHOUTS, standing=standing))
    assert effects[-1] == Merge(HEAD.head_sha, "squash", "Release 2.4")
    assert sum(isinstance(effect, Merge) for effect in effects) == 1


def test_every_due_check_runs_before_anything_is_published() -> None:
    policy = a_policy(checks=[a_check("a"), a_check("b"), a_check("c", needs=("a",))])
    standing = a_standing(policy=policy, results=())
    effects = planned(a_snapshot(policy=policy, standing=standing))
    runs = [effect for effect in effects if isinstance(effect, RunCheck)]
    assert [(run.rule.id, run.head_sha, run.attempt) for run in runs] == [
        ("a", HEAD.head_sha, 1),
        ("b", HEAD.head_sha, 1),
    ]
    assert effects[:2] == tuple(runs)
    assert effects[2] == PutCheckRun(HEAD.head_sha)


def test_older_requests_point_to_the_head_that_came_right_after_them() -> None:
    hour = timedelta(hours=1)
    shown = (Shown(GONE, NOW - 3 * hour), Shown(OLDER, NOW - 2 * hour), Shown(HEAD, NOW - hour))
    requests = {r.head_sha: NOW - hour for r in (GONE, OLDER, HEAD)}
    effects = planned(a_snapshot(policy=SHOUTS, standing=a_standing(policy=SHOUTS, shown=shown, requests=requests)))
    assert [e for e in effects if isinstance(e, PutRequest)] == [
        PutRequest(GONE.head_sha, OLDER.head_sha),
        PutRequest(OLDER.head_sha, HEAD.head_sha),
        PutRequest(HEAD.head_sha),
    ]
    assert [e for e in effects if isinstance(e, PutChatRequest)] == [
        PutChatRequest("#releases", GONE.head_sha, OLDER.head_sha),
        PutChatRequest("#releases", OLDER.head_sha, HEAD.head_sha),
        PutChatRequest("#releases", HEAD.head_sha),
    ]


def test_the_root_comes_before_the_facts_in_its_thread_and_they_in_their_order() -> None:
    facts = tuple(Fact(f"word:{n}", f"fact {n}", n) for n in range(3))
    effects = planned(a_snapshot(policy=SHOUTS, standing=a_standing(policy=SHOUTS, facts=facts)))
    chat = [e for e in effects if isinstance(e, PutRoot | PutFacts)]
    assert chat == [PutRoot("#releases"), PutFacts("#releases", facts)]


def test_the_state_comment_stands_in_every_state_of_a_release() -> None:
    for state in PullState:
        assert PutSticky() in planned(a_snapshot(pull=a_pull(state=state)))


# ------------------------------------------------------------------ answers


def answered(word: Word, ruling: Ruling | None) -> list[AnswerWord]:
    rulings = {word.key: ruling} if ruling else {}
    snapshot = a_snapshot(standing=replace(a_standing(), words=(word,), rulings=rulings))
    return [effect for effect in planned(snapshot) if isinstance(effect, AnswerWord)]


def a_reply(**changes: Any) -> Word:
    return a_word(**{"key": "k", "origin": "comment:17"} | changes)


TAKEN, REFUSED = Ruling("k", True, "@ana approved for qa"), Ruling("k", False, "Only @bo may.")


@pytest.mark.parametrize(
    ("word", "ruling", "text"),
    [
        pytest.param(a_reply(), TAKEN, None, id="taken in a comment: the state comment shows it"),
        pytest.param(
            a_reply(surface=Surface.SLACK_COMMAND), TAKEN, "@ana approved for qa. ", id="taken where only they see it"
        ),
        pytest.param(a_reply(surface=Surface.SLACK_BUTTON), TAKEN, "@ana approved for qa. ", id="by a button"),
        pytest.param(a_reply(), REFUSED, "Only @bo may.", id="refused"),
        pytest.param(a_reply(verb="status"), Ruling("k", True), "0/1 — ", id="a question"),
        pytest.param(a_reply(verb="help", text="hold"), Ruling("k", True), "`/golive hold <reason>`", id="help"),
        pytest.param(a_reply(verb="misread"), Ruling("k", False, "Did you mean"), "Did you mean", id="misread"),
        pytest.param(a_reply(), None, None, id="not ruled on yet"),
        pytest.param(a_reply(origin=""), REFUSED, None, id="nowhere to answer"),
        pytest.param(a_reply(undone=True), REFUSED, None, id="taken back"),
    ],
)
def test_who_is_answered_what(word: Word, ruling: Ruling | None, text: str | None) -> None:
    got = answered(word, ruling)
    assert len(got) == (text is not None)
    for effect in got:
        assert (effect.word, effect.reply_to) == ("k", "comment:17")
        assert effect.text.startswith(text or "")


def test_every_question_of_the_table_gets_an_answer() -> None:
    for verb in (verb for verb in VERBS.values() if verb.asks):
        assert answered(a_reply(verb=verb.name), Ruling("k", True))[0].text


def test_why_says_every_reason_with_its_code_and_status_the_three_worst() -> None:
    policy = a_policy(checks=[a_check(f"c{n}", severity=Severity.LOW, owner="platform") for n in range(5)])
    snapshot = a_snapshot(policy=policy, outcomes={f"c{n}": Outcome.FAILED for n in range(5)})
    decision = decide(snapshot)
    status, why = (answer(a_word(verb), decision, snapshot).splitlines() for verb in ("status", "why"))
    assert status[0] == why[0] == decision.headline
    assert (len(status), len(why)) == (1 + 3 + 1, 1 + 5), "the status ends with when it was looked at"
    assert status[1] == "• c0: came to failed. → Ask platform."
    assert why[1] == "• [check_failed] c0: came to failed. → Ask platform."
