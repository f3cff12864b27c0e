"""Who may ask what, and that every refusal says who could. Add a rule by adding a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import HEAD, NOW, OLDER, a_person, a_pull, a_word, an_asking
from golive.core.authorise import rule
from golive.core.model import Person, Pull, PullState, Role, Ruling, Standing, Word
from golive.core.people import excluded, who
from golive.core.rules import Rules

ANA, BO, CY, MALLORY = (a_person(name) for name in ("ana", "bo", "cy", "mallory"))
QA = Role("qa", 1, (ANA, BO, MALLORY), ("@ana", "acme/qa"))
SECURITY = Role("security", 1, (CY, ANA), ("acme/security",))
ATTESTERS = {"drill": "qa", "audit": "security", "lost": "legal"}
EARLIER = NOW - timedelta(hours=1)


def held(*by: str, refused: bool = False) -> Standing:
    """A release that these people hold."""
    words = tuple(a_word("hold", by=name, text="wait", at=EARLIER) for name in by)
    return Standing(words=words, rulings={w.key: Ruling(w.key, not refused) for w in words})


def ruled(
    word: Word, *, pull: Pull | None = None, standing: Standing | None = None, permission: str = "read", **changes: Any
) -> Ruling:
    roles = changes.get("roles", (QA, SECURITY))
    return rule(
        an_asking(
            word, roles=roles, pull=pull or a_pull(), standing=standing or Standing(), attesters=ATTESTERS,
            permission=permission,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (a_word(), "@ana approved for qa, security by comment"),
        (a_word(text="qa fine with me"), "@ana approved for qa by comment: fine with me"),
        (a_word(by="bo", text="beef123 fine"), "@bo approved for qa by comment: fine"),
        (a_word("reject", by="cy", text="no"), "@cy rejected for security by comment: no"),
        (a_word("withdraw"), "@ana withdrew for qa, security by comment"),
        (a_word("reject", by="mallory", text="qa my mistake"), "@mallory rejected for qa by comment: my mistake"),
        (a_word("attest", text="drill https://x.example"), "@ana attested drill"),
        (a_word("attest", by="cy", text="audit"), "@cy attested audit"),
        (a_word("hold", by="cy", text="wait"), "Held by @cy: wait"),
    ],
)
def test_what_is_taken_is_said_in_one_line(word: Word, said: str) -> None:
    ruling = ruled(word)
    assert (ruling.word, ruling.taken, ruling.said) == (word.key, True, said)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        pytest.param(a_word(by="eve"), ["qa: @ana, @bo, @mallory", "security: @cy, @ana"], id="nobody of any role"),
        pytest.param(a_word(by="bo", text="security"), ["Only @cy, @ana", "security"], id="of another role"),
        pytest.param(a_word("reject", by="eve"), ["Who could sign: qa: @ana"], id="a stranger's no"),
        pytest.param(a_word("withdraw", by="eve", text="qa"), ["Only @ana, @bo, @mallory"], id="a stranger's return"),
        pytest.param(a_word(by="mallory"), ["the author of the pull request", "Ask @ana, @bo."], id="the author"),
        pytest.param(a_word(text="securty"), ["Did you mean `security`?"], id="a mistyped role"),
        pytest.param(a_word("attest", by="cy", text="drill"), ["Only @ana, @bo, @mallory may attest drill"], id="attest"),
        pytest.param(a_word("attest", text="drlil"), ["not a check that people attest", "audit, drill"], id="no such"),
        pytest.param(a_word("attest", text="lost"), ["the role legal, which the policy does not define"], id="no role"),
        pytest.param(a_word("hold", by="eve", text="x"), ["the author", "its roles", "write here"], id="a stranger's hold"),
        pytest.param(a_word("resume", by="eve"), ["Nothing is held"], id="nothing to resume"),
        pytest.param(a_word("misread", text="Did you mean …?"), ["Did you mean …?"], id="not understood"),
    ],
)  # fmt: skip
def test_every_refusal_says_who_could_or_what_to_do(word: Word, says: list[str]) -> None:
    ruling = ruled(word)
    assert not ruling.taken
    for part in says:
        assert part in ruling.said


def test_a_release_without_roles_says_that_it_asks_for_no_sign_offs() -> None:
    assert "it asks for no sign-offs" in ruled(a_word(), roles=()).said


def test_where_nobody_attests_anything_it_says_so() -> None:
    said = rule(an_asking(a_word("attest", text="drill"), roles=(QA,))).said
    assert "this release has none" in said


@pytest.mark.parametrize("verb", ["status", "why", "help"])
def test_anybody_may_ask_a_question(verb: str) -> None:
    assert ruled(a_word(verb, by="eve"), permission="none").taken


@pytest.mark.parametrize(
    ("by", "permission", "taken"),
    [
        ("eve", "none", False),
        ("eve", "read", False),
        ("eve", "triage", False),
        ("eve", "write", True),
        ("eve", "maintain", True),
        ("eve", "admin", True),
        ("mallory", "read", True),
        ("ana", "none", True),
    ],
)
def test_who_may_hold(by: str, permission: str, taken: bool) -> None:
    assert ruled(a_word("hold", by=by, text="wait"), permission=permission).taken is taken


@pytest.mark.parametrize(
    ("by", "permission", "taken", "over_all"),
    [
        ("bo", "read", True, False),
        ("bo", "write", True, False),
        ("ana", "read", False, False),
        ("ana", "write", False, False),
        ("ana", "maintain", True, True),
        ("eve", "admin", True, True),
        ("bo", "admin", True, True),
    ],
)
def test_who_may_lift_a_hold_of_bo(by: str, permission: str, taken: bool, over_all: bool) -> None:
    ruling = ruled(a_word("resume", by=by), standing=held("bo"), permission=permission)
    assert (ruling.taken, ruling.over_all) == (taken, over_all)
    assert taken or "Only @bo, or a maintainer" in ruling.said


def test_a_resume_names_everybody_who_could_lift_it() -> None:
    assert "Only @bo, @cy, or a maintainer" in ruled(a_word("resume"), standing=held("cy", "bo")).said


def test_a_hold_that_was_refused_or_came_later_is_not_there_to_be_lifted() -> None:
    later = a_word("hold", by="bo", text="x", at=NOW)
    for standing in (held("bo", refused=True), Standing(words=(later,), rulings={later.key: Ruling(later.key, True)})):
        assert "Nothing is held" in ruled(a_word("resume", by="bo"), standing=standing).said


@pytest.mark.parametrize(
    ("head", "person", "why"),
    [
        (HEAD, MALLORY, "the author of the pull request"),
        (HEAD, BO, "the last to push to it"),
        (HEAD, CY, "the last to push to it"),
        (HEAD, ANA, ""),
        (OLDER, BO, ""),
        (HEAD, Person(BO.id, "renamed"), "the last to push to it"),
        (HEAD, Person(99, "bo"), ""),
    ],
)
def test_who_never_signs_off(head: Any, person: Person, why: str) -> None:
    standing = Standing(pushers={HEAD.head_sha: (BO, CY)})
    assert excluded(a_pull(revision=head), standing, person, Rules()) == why


def test_where_the_forge_names_no_author_nobody_is_taken_for_them() -> None:
    assert excluded(a_pull(author=None), Standing(), MALLORY, Rules()) == ""


def test_the_last_pusher_is_told_whom_to_ask_and_not_to_ask_themselves() -> None:
    standing = Standing(pushers={HEAD.head_sha: (BO,)})
    said = ruled(a_word(by="bo", text="qa"), standing=standing).said
    assert said == "You are the last to push to it, so your own approval does not count. Ask @ana."


def test_who_alone_could_fill_a_role_is_told_that_nobody_else_does() -> None:
    said = ruled(a_word(by="mallory"), roles=(replace(QA, people=(MALLORY,)),)).said
    assert "Nobody else fills qa: widen `from:` in the policy." in said


@pytest.mark.parametrize(
    ("role", "text"),
    [
        (replace(QA, people=()), "@ana, acme/qa"),
        (replace(QA, people=(ANA,)), "@ana"),
        (replace(QA, people=(ANA, BO, CY, MALLORY)), "@ana, @bo, @cy, @mallory"),
        (replace(QA, people=tuple(a_person(f"p{n}") for n in range(5))), "@ana, acme/qa"),
        (Role("x", 1, ()), "nobody"),
    ],
)
def test_a_role_in_a_sentence_is_few_names_or_its_sources(role: Role, text: str) -> None:
    assert who(role) == text


@pytest.mark.parametrize("verb", ["approve", "reject", "withdraw", "attest", "hold", "resume"])
def test_a_merged_pull_request_takes_no_more_words(verb: str) -> None:
    ruling = ruled(
        a_word(verb, text="drill"), pull=a_pull(state=PullState.MERGED), standing=held("ana"), permission="admin"
    )
    assert not ruling.taken
    assert "merged already" in ruling.said


def test_a_merged_pull_request_still_answers_questions() -> None:
    assert ruled(a_word("status"), pull=a_pull(state=PullState.MERGED)).taken
