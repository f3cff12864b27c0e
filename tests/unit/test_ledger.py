"""What the entries of a release add up to, what a word covers, and what the hashes cover. Add a kind by adding a test."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HEAD, NOW, OLDER, a_finding, a_person, a_word
from golive.core import ledger
from golive.core.freshness import covered
from golive.core.ledger import Entry, body_hash, canonical, fold, moment, row_hash, stamp
from golive.core.model import (
    CheckResult,
    Finding,
    Outcome,
    Person,
    Refusal,
    Revision,
    Ruling,
    Shown,
    Standing,
    Strength,
    Subject,
    Surface,
    Word,
)

SUBJECT = Subject("github.com", 42, 7)
MINUTE = timedelta(minutes=1)


def folded(*entries: Entry) -> Standing:
    """The standing after these, numbered from 1 as the store numbers them; bodies went through JSON as there."""
    return fold(replace(entry, seq=n, body=json.loads(canonical(entry.body))) for n, entry in enumerate(entries, 1))


def facts(*entries: Entry) -> list[str]:
    return [fact.text for fact in folded(*entries).facts]


def result(outcome: Outcome = Outcome.PASSED, attempt: int = 1, **changes: Any) -> Entry:
    finding = a_finding(outcome=outcome, **changes)
    return ledger.found(CheckResult(finding, HEAD.head_sha, "d1", attempt), NOW)


# ------------------------------------------------------------------ the fold of each kind


def test_nothing_adds_up_to_nothing() -> None:
    assert fold([]) == Standing()


def test_a_release_is_one_from_its_first_match_on() -> None:
    standing = folded(ledger.became_release("production", "main", NOW))
    assert (standing.since_release, standing.release_name, standing.release_base) == (NOW, "production", "main")
    assert standing.is_release


def test_revisions_are_kept_in_the_order_in_which_they_were_shown() -> None:
    entries = [ledger.was_shown(r, NOW + n * MINUTE, n) for n, r in enumerate((OLDER, HEAD, OLDER))]
    assert folded(*entries).shown == (Shown(OLDER, NOW), Shown(HEAD, NOW + MINUTE), Shown(OLDER, NOW + 2 * MINUTE))
    assert len({entry.key for entry in entries}) == 3, "a revision that comes back is shown again"


def test_a_revision_for_another_base_is_a_retarget() -> None:
    aimed = replace(HEAD, base_ref="next")
    entries = [ledger.was_shown(HEAD, NOW, 0), ledger.was_shown(aimed, NOW + MINUTE, 1)]
    assert folded(*entries).retargets == (NOW + MINUTE,)
    assert facts(*entries) == ["Now aimed at next: sign-offs for main no longer count."]


def test_a_revision_with_other_code_is_a_fact_and_one_with_the_same_is_none() -> None:
    same = replace(HEAD, head_sha="c0de" * 10)
    assert facts(ledger.was_shown(OLDER, NOW, 0), ledger.was_shown(HEAD, NOW, 1)) == [
        "New commit beefbee: sign-offs for other code no longer count."
    ]
    assert facts(ledger.was_shown(HEAD, NOW, 0), ledger.was_shown(same, NOW, 1)) == []


def test_a_retarget_that_the_forge_told_is_kept() -> None:
    assert folded(ledger.was_retargeted("d1", NOW)).retargets == (NOW,)


def test_everybody_who_pushed_a_head_is_kept_and_one_who_is_no_human_is_heard_without_a_name() -> None:
    standing = folded(
        ledger.was_pushed(HEAD.head_sha, a_person("bo"), NOW),
        ledger.was_pushed(OLDER.head_sha, None, NOW),
        ledger.was_pushed(HEAD.head_sha, a_person("ana"), NOW + MINUTE),
    )
    assert standing.pushers == {HEAD.head_sha: (a_person("bo"), a_person("ana")), OLDER.head_sha: ()}


def test_what_stirred_is_kept_with_its_last_place() -> None:
    stirs = [
        ledger.stirred("check_run", "d1", NOW),
        ledger.stirred("*", "d2", NOW),
        ledger.stirred("check_run", "d3", NOW),
    ]
    assert folded(*stirs).stirred == {"check_run": 3, "*": 2}


def test_a_word_comes_back_as_it_was_said() -> None:
    word = Word(
        key="slack:1", person=a_person("ana"), surface=Surface.SLACK_BUTTON, verb="approve", at=NOW, text="qa “fine”",
        revision_sha=HEAD.head_sha, link="https://x.example/1", origin="{}", slot="s", undone=False,
    )  # fmt: skip
    standing = folded(ledger.said(word))
    assert standing.words == (replace(word, seq=1),)
    assert standing.heard == {"slack:1"}


def test_words_stand_in_the_order_of_their_own_times() -> None:
    late, early = a_word(at=NOW, key="l"), a_word(at=NOW - MINUTE, key="e")
    assert [w.key for w in folded(ledger.said(late), ledger.said(early)).words] == ["e", "l"]
    together = a_word(at=NOW, key="t")
    assert [w.key for w in folded(ledger.said(late), ledger.said(together)).words] == ["l", "t"]


def test_a_ruling_is_kept_and_a_taken_one_is_a_fact() -> None:
    taken, refused = Ruling("a", True, "@ana approved", over_all=True), Ruling("b", False, "Only …")
    entries = [ledger.ruled(taken, NOW), ledger.ruled(refused, NOW), ledger.ruled(Ruling("c", True), NOW)]
    assert folded(*entries).rulings == {"a": taken, "b": refused, "c": Ruling("c", True)}
    assert facts(*entries) == ["@ana approved"], "a refusal is told to one person, not to the thread"


def test_a_result_comes_back_as_it_was_found() -> None:
    finding = Finding(
        "health",
        Outcome.FAILED,
        "503",
        "503",
        "200",
        "https://x.example",
        Strength.IMPORTED,
        NOW - MINUTE,
        NOW + MINUTE,
    )
    kept = CheckResult(finding, HEAD.head_sha, "d1", 3, seq=7)
    assert folded(ledger.found(kept, NOW)).results == (kept,)


def test_a_finding_without_a_time_was_taken_when_it_was_recorded() -> None:
    bare = CheckResult(Finding("health", Outcome.PASSED, "ok"), HEAD.head_sha, "d1", 1)
    taken = folded(ledger.found(bare, NOW)).results[0].finding
    assert (taken.taken_at, taken.valid_until) == (NOW, None)


def test_of_one_check_on_one_head_the_last_result_is_kept() -> None:
    standing = folded(result(Outcome.FAILED), result(Outcome.PASSED, attempt=2))
    assert [(r.finding.outcome, r.attempt) for r in standing.results] == [(Outcome.PASSED, 2)]


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ([Outcome.PASSED], []),
        ([Outcome.FAILED], ["failed"]),
        ([Outcome.PENDING], []),
        ([Outcome.PASSED, Outcome.PASSED], []),
        ([Outcome.FAILED, Outcome.FAILED], ["failed"]),
        ([Outcome.FAILED, Outcome.PASSED], ["failed", "passed"]),
        ([Outcome.PASSED, Outcome.UNKNOWN, Outcome.PASSED], ["unknown", "passed"]),
        ([Outcome.FAILED, Outcome.PENDING, Outcome.FAILED], ["failed"]),
        ([Outcome.PASSED, Outcome.PENDING, Outcome.FAILED], ["failed"]),
    ],
)
def test_only_a_check_that_turns_is_a_fact(outcomes: list[Outcome], told: list[str]) -> None:
    texts = facts(*(result(outcome, n) for n, outcome in enumerate(outcomes, 1)))
    assert [t.split(": ")[1].split(".")[0] for t in texts] == told


def test_when_sign_offs_were_asked_for_is_kept_per_head() -> None:
    standing = folded(ledger.asked_for(OLDER.head_sha, NOW), ledger.asked_for(HEAD.head_sha, NOW + MINUTE))
    assert standing.requests == {OLDER.head_sha: NOW, HEAD.head_sha: NOW + MINUTE}


def test_the_last_decision_is_kept_and_another_verdict_is_a_fact() -> None:
    told = [("WAIT", "0/1"), ("WAIT", "1/2"), ("NO_GO", "broken")]
    entries = [ledger.decided({"verdict": v, "headline": h}, NOW, n) for n, (v, h) in enumerate(told)]
    standing = folded(*entries)
    assert (standing.last_verdict, standing.last_headline) == ("NO_GO", "broken")
    assert facts(*entries) == ["Now WAIT: 0/1", "Now NO GO: broken"]


def test_the_last_policy_is_kept() -> None:
    entries = [ledger.policy_read(sha, ".github/golive.yml", "version: 1", NOW, n) for n, sha in enumerate("aba")]
    assert folded(*entries).last_policy == "a"
    assert len({entry.key for entry in entries}) == 3, "a policy that comes back is read again"


def test_refused_merges_are_counted_per_head_and_the_same_words_are_one_fact() -> None:
    entries = [ledger.merge_refused(HEAD.head_sha, "no", NOW + n * MINUTE) for n in range(3)]
    entries.append(ledger.merge_refused(OLDER.head_sha, "no", NOW))
    assert folded(*entries).refusals == {
        HEAD.head_sha: Refusal("no", NOW + 2 * MINUTE, 3, 3),
        OLDER.head_sha: Refusal("no", NOW, 4, 1),
    }
    assert facts(*entries, ledger.merge_refused(HEAD.head_sha, "never", NOW)) == [
        "The merge was refused: no",
        "The merge was refused: no",
        "The merge was refused: never",
    ]


def test_when_golive_set_out_to_merge_is_kept() -> None:
    entries = [ledger.intends_merge(HEAD.head_sha, NOW), ledger.intends_merge(HEAD.head_sha, NOW + MINUTE)]
    assert folded(*entries).merging == {HEAD.head_sha: NOW + MINUTE}
    assert len({entry.key for entry in entries}) == 2


def test_the_landing_is_kept_and_is_a_fact() -> None:
    assert folded(ledger.merged("c0ffee1234", "mona", NOW)).merged_at == NOW
    assert facts(ledger.merged("c0ffee1234", "mona", NOW)) == ["Merged by mona as c0ffee1."]
    assert facts(ledger.merged("c0ffee1234", "", NOW)) == ["Merged as c0ffee1."]


def test_closing_and_opening_again_are_kept_and_are_facts() -> None:
    entries = [ledger.closed(True, NOW, 1), ledger.closed(False, NOW, 2)]
    assert [folded(*entries[:n]).closed for n in (1, 2)] == [True, False]
    assert facts(*entries) == ["Closed without landing.", "Opened again."]


def test_a_kind_that_a_newer_golive_wrote_is_skipped_and_still_counted() -> None:
    standing = folded(Entry("phase", "phase:1", NOW, {"to": "canary"}), ledger.asked_for("abc", NOW))
    assert (standing.requests, standing.seq) == ({"abc": NOW}, 2)


def test_every_fact_has_its_own_key_and_the_place_of_its_entry() -> None:
    standing = folded(
        result(Outcome.FAILED), ledger.asked_for("a", NOW), result(Outcome.PASSED, 2), ledger.merged("c", "", NOW)
    )
    assert [(f.key, f.seq) for f in standing.facts] == [("result:1", 1), ("result:3", 3), ("merged:4", 4)]


def test_every_kind_that_is_written_is_read() -> None:
    word = a_word()
    written = [
        ledger.became_release("p", "main", NOW), ledger.was_shown(HEAD, NOW, 0), ledger.was_retargeted("d", NOW),
        ledger.was_pushed("a", None, NOW), ledger.stirred("*", "d", NOW), ledger.said(word), ledger.voided("x", NOW),
        ledger.ruled(Ruling("a", True), NOW), result(), ledger.asked_for("a", NOW),
        ledger.decided({"verdict": "GO", "headline": ""}, NOW, 1), ledger.policy_read("a", "p", "t", NOW, 1),
        ledger.intends_merge("a", NOW), ledger.merge_refused("a", "no", NOW), ledger.merged("c", "", NOW),
        ledger.closed(True, NOW, 1),
    ]  # fmt: skip
    empty = Standing(seq=1)
    heard_only = {"void", "pushed"}  # a void alone, and a push by no human, leave nothing behind
    silent = {entry.kind for entry in written if folded(entry) == empty} - heard_only
    assert not silent, f"the fold does not read {sorted(silent)}"


# ------------------------------------------------------------------ voids and slots


SAID = ledger.said(a_word(key="comment:17:0"))


@pytest.mark.parametrize(
    ("prefix", "stands"),
    [("comment:17:", False), ("comment:1:", True), ("comment:170:", True), ("comment:18:", True)],
)
def test_a_void_unsays_the_words_of_its_comment_whether_it_comes_before_or_after(prefix: str, stands: bool) -> None:
    void = ledger.voided(prefix, NOW)
    for order in ((SAID, void), (void, SAID)):
        standing = folded(*order)
        assert bool(standing.words) is stands
        assert standing.heard == {"comment:17:0"}, "what was unsaid was still heard"


def test_what_was_unsaid_is_kept_apart_from_what_stands() -> None:
    other = a_word(key="comment:18:0", by="bo", seq=3)
    standing = folded(SAID, ledger.voided("comment:17:", NOW), ledger.said(other))
    assert ([w.key for w in standing.words], [w.key for w in standing.unsaid]) == (["comment:18:0"], ["comment:17:0"])


def test_a_void_without_a_colon_at_its_end_unsays_one_word_alone() -> None:
    words = [ledger.said(a_word(key=key)) for key in ("reaction:1", "reaction:12")]
    assert [w.key for w in folded(*words, ledger.voided("reaction:1", NOW)).words] == ["reaction:12"]


REACTIONS = [
    ledger.said(
        a_word(key=f"r{n}", slot="slack:1:ana:x", undone=undone, at=NOW + n * MINUTE, surface=Surface.SLACK_REACTION)
    )
    for n, undone in enumerate((False, True, False, True))
]


@pytest.mark.parametrize("how_many", [1, 2, 3, 4])
def test_of_a_slot_the_latest_by_server_time_counts_in_whatever_order_it_comes(how_many: int) -> None:
    expected = [] if how_many % 2 == 0 else [f"r{how_many - 1}"]
    for order in itertools.permutations(REACTIONS[:how_many]):
        assert [w.key for w in folded(*order).words] == expected


def test_slots_do_not_touch_each_other_or_words_without_one() -> None:
    others = [ledger.said(a_word(key=k, slot=s)) for k, s in (("a", "1"), ("b", "2"), ("c", ""), ("d", ""))]
    undone = ledger.said(a_word(key="e", slot="1", undone=True, at=NOW))
    assert {w.key for w in folded(*others, undone).words} == {"b", "c", "d"}


def test_a_void_of_the_latest_word_of_a_slot_brings_back_the_one_before() -> None:
    words = [ledger.said(a_word(key=f"k{n}:", slot="s", at=NOW + n * MINUTE)) for n in range(2)]
    assert [w.key for w in folded(*words, ledger.voided("k1:", NOW)).words] == ["k0:"]


@given(
    st.permutations(
        [SAID, ledger.voided("comment:9:", NOW), ledger.said(a_word(key="comment:9:0", by="bo")), *REACTIONS]
    )
)
def test_which_words_stand_does_not_depend_on_the_order_of_arrival(entries: list[Entry]) -> None:
    assert {w.key for w in folded(*entries).words} == {"comment:17:0"}


# ------------------------------------------------------------------ what a word covers


THIRD = Revision("abcd" * 10, "7ee3" * 10, "main")
SHOWN = Standing(shown=(Shown(OLDER, NOW), Shown(HEAD, NOW + MINUTE), Shown(THIRD, NOW + MINUTE)))


@pytest.mark.parametrize(
    ("at", "revision"),
    [
        pytest.param(NOW - MINUTE, None, id="before anything was shown"),
        pytest.param(NOW, None, id="in the second of the first"),
        pytest.param(NOW + timedelta(seconds=1), OLDER, id="after the first"),
        pytest.param(NOW + MINUTE, OLDER, id="in the second of the next"),
        pytest.param(NOW + 2 * MINUTE, THIRD, id="of two shown in one second, the newer"),
    ],
)
def test_a_word_covers_the_newest_revision_shown_before_it(at: datetime, revision: Revision | None) -> None:
    assert covered(SHOWN, a_word(at=at)) == revision


@pytest.mark.parametrize(
    ("sha", "of_the_surface", "revision"),
    [
        pytest.param("01d001d", "", OLDER, id="the person names it, shortened"),
        pytest.param("", HEAD.head_sha, HEAD, id="the surface names it"),
        pytest.param("01d001d", HEAD.head_sha, OLDER, id="the person wins"),
        pytest.param("0000000", "", None, id="never shown"),
        pytest.param("", "0" * 40, None, id="the surface names one never shown"),
    ],
)
def test_a_named_commit_wins_over_the_time(sha: str, of_the_surface: str, revision: Revision | None) -> None:
    word = a_word(at=NOW + 2 * MINUTE, revision_sha=of_the_surface)
    assert covered(SHOWN, word, sha) == revision


def test_a_named_commit_is_meant_for_the_base_it_was_last_shown_with() -> None:
    aimed = replace(HEAD, base_ref="next")
    standing = Standing(shown=(Shown(HEAD, NOW), Shown(aimed, NOW + MINUTE)))
    assert covered(standing, a_word(), HEAD.head_sha) == aimed


# ------------------------------------------------------------------ hashes and forms


ROW: dict[str, Any] = {
    "prev": ledger.GENESIS, "subject": SUBJECT, "seq": 1, "kind": "word", "at": NOW, "hashed_body": "ab" * 32,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"prev": "1" + "0" * 63},
        {"subject": Subject("github.example", 42, 7)},
        {"subject": Subject("github.com", 43, 7)},
        {"subject": Subject("github.com", 42, 8)},
        {"seq": 2},
        {"kind": "void"},
        {"at": NOW + timedelta(microseconds=1)},
        {"hashed_body": "ac" * 32},
    ],
)
def test_the_hash_of_a_row_changes_with_every_field(change: dict[str, Any]) -> None:
    assert row_hash(**ROW) != row_hash(**ROW | change)
    assert row_hash(**ROW) == row_hash(**ROW)


@pytest.mark.parametrize(
    ("salt", "body"),
    [("salt2", {"a": 1}), ("salt", {"a": 2}), ("salt", {"b": 1}), ("salt", {"a": 1, "b": 1}), ("salt", {"a": "1"})],
)
def test_the_hash_of_a_body_changes_with_salt_and_content(salt: str, body: dict[str, Any]) -> None:
    assert body_hash(salt, body) != body_hash("salt", {"a": 1})


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), BODIES, max_size=4), st.randoms())
def test_the_canonical_form_does_not_depend_on_the_order_of_keys(body: dict[str, Any], random: Any) -> None:
    keys = list(body)
    random.shuffle(keys)
    try:
        text = canonical(body)
    except UnicodeEncodeError:
        return  # half a surrogate pair is no text that anything could store
    assert canonical({key: body[key] for key in keys}) == text
    assert json.loads(text) == body


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_from_its_stamp(at: datetime) -> None:
    assert moment(stamp(at)) == at


def test_equal_times_to_the_second_have_stamps_of_equal_length() -> None:
    assert stamp(NOW) == "2026-03-04T12:00:00.000000+00:00"
    assert len(stamp(NOW)) == len(stamp(NOW + timedelta(microseconds=1)))


def test_a_time_of_another_zone_is_read_as_the_moment_it_is() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    assert moment(stamp(elsewhere)) == NOW


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ledger.stirred("*", "d1", NOW), ledger.stirred("check_run", "d1", NOW)),
        (ledger.was_retargeted("d1", NOW), ledger.was_retargeted("d2", NOW)),
        (result(attempt=1), result(attempt=2)),
        (ledger.said(a_word(key="a")), ledger.said(a_word(key="b"))),
        (ledger.ruled(Ruling("a", True), NOW), ledger.ruled(Ruling("b", True), NOW)),
        (ledger.was_pushed("a", None, NOW), ledger.was_pushed("b", None, NOW)),
        (ledger.closed(True, NOW, 1), ledger.closed(True, NOW, 3)),
        (ledger.asked_for("a", NOW), ledger.asked_for("b", NOW)),
    ],
)
def test_two_things_have_two_keys_and_one_thing_told_twice_has_one(one: Entry, other: Entry) -> None:
    assert one.key != other.key
    assert one.key == replace(one, at=NOW + MINUTE).key


def test_one_delivery_told_twice_later_has_the_key_of_the_first() -> None:
    assert ledger.stirred("*", "d", NOW).key == ledger.stirred("*", "d", NOW + MINUTE).key
    assert ledger.was_pushed("a", Person(1, "x"), NOW).key == ledger.was_pushed("a", Person(1, "y"), NOW + MINUTE).key
