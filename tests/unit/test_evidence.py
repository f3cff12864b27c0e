"""What the record keeps of a decision is enough to take it again: generated releases, and every way in which it is not.

A new field of a snapshot is one more line in `snapshots`; a new form of a value one more row of `FORMS`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from builders import HEAD, NOW, OLDER, a_check, a_person, a_policy, a_pull, a_result, a_snapshot, a_word
from golive.core import ledger
from golive.core.decide import decide
from golive.core.evidence import (
    REFERRED,
    UNREAD,
    NotKept,
    body_of,
    came_and_went,
    differing,
    policy_of,
    read,
    reasons_in,
    same,
    snapshot_of,
    told,
    written,
)
from golive.core.ledger import Entry, canonical, fold
from golive.core.model import (
    ChangedFile,
    Outcome,
    Person,
    PullState,
    Reason,
    Role,
    Ruling,
    Severity,
    Sibling,
    Surface,
    Verdict,
)
from golive.core.policy import MergeRule
from golive.core.rules import OverrideRule, Predicate, Remind, RoleRule, Rules
from golive.core.snapshot import Mistake, Snapshot, Timing

MINUTE = timedelta(minutes=1)
PEOPLE = ("ana", "bo", "cy", "mallory")
CHECKS = (
    a_check("health", severity=Severity.CRITICAL),
    a_check("ci", needs=("health",)),
    a_check("docs", severity=Severity.LOW, explained_by=("health",)),
)
POLICY = a_policy(
    checks=CHECKS,
    roles=(
        RoleRule("qa", ("@ana", "@bo"), group="technical", checks=("ci",)),
        RoleRule("security", ("@cy",), group="technical", asked_if=Predicate(paths=("auth/**",)), on_skip="pass"),
        RoleRule("owner", ("@bo", "@cy"), group="business", after=("technical",), due="full"),
    ),
    merge=MergeRule(when="conditional"),
    phases=("dark", "full"),
    rules=Rules(valid_for=timedelta(hours=2), delegation=True, remind=Remind(timedelta(minutes=5))),
    overrides=OverrideRule(("@bo", "@cy")),
)
ROLES = tuple(
    Role(rule.name, rule.count, tuple(a_person(source[1:]) for source in rule.sources), rule.sources, rule.group)
    for rule in POLICY.roles
)


def at(minutes: float) -> datetime:
    """So many minutes before NOW, with microseconds: times must come back whole."""
    return NOW - minutes * MINUTE + timedelta(microseconds=123)


def recorded(*entries: Entry) -> list[Entry]:
    """As the store numbers them and gives them back: from 1, bodies through JSON, each key once."""
    once = {entry.key: entry for entry in reversed(entries)}
    kept = [entry for entry in entries if once[entry.key] is entry]
    return [replace(entry, seq=n, body=json.loads(canonical(entry.body))) for n, entry in enumerate(kept, 1)]


def stored(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body as it comes back from the store."""
    return dict(json.loads(canonical(body)))


# ------------------------------------------------------------------ releases of every sort

minutes = st.integers(1, 59)
people = st.sampled_from(PEOPLE)
SAID = (
    ("approve", "qa fine"), ("approve", "security"), ("approve", "owner with: tell support due full"), ("approve", ""),
    ("reject", "qa broken"), ("withdraw", "qa"), ("looking", "security"), ("hold", "wait"), ("resume", ""),
    ("condition", "rotate the keys owner @ana due full"), ("condition", "warm the cache check ci"),
    ("waive", "docs until 2026-04-01 later"), ("override", "30m it burns"), ("promote", ""),
    ("delegate", "qa to @cy until 2026-03-05 away"),
)  # fmt: skip


@st.composite
def words(draw: st.DrawFn) -> list[Entry]:
    """A word and what golive made of it."""
    (verb, text), by, before = draw(st.sampled_from(SAID)), draw(people), draw(minutes)
    word = a_word(verb, by=by, at=at(before), text=text, key=f"comment:{by}{before}:{SAID.index((verb, text))}")
    taken = draw(st.sampled_from((True, True, True, False)))
    named = {login: a_person(login).id for login in PEOPLE}
    ruling = Ruling(word.key, taken, f"@{by} said {verb}", over_all=draw(st.booleans()), named=named)
    void = [ledger.voided(word.key, at(0))] if draw(st.sampled_from((False, False, False, True))) else []
    return [ledger.said(word), ledger.ruled(ruling, word.at), *void]


@st.composite
def results(draw: st.DrawFn) -> list[Entry]:
    """A result of one check, on the head or the one before it."""
    rule, outcome = draw(st.sampled_from(CHECKS)), draw(st.sampled_from((Outcome.PASSED, *Outcome)))
    head, taken = draw(st.sampled_from((HEAD, HEAD, OLDER))).head_sha, at(draw(minutes))
    found = a_result(
        rule, outcome, head_sha=head, taken_at=taken, measured="503", expected="200", seconds=0.125, seq=99
    )
    return [ledger.found(replace(found, attempt=draw(st.integers(1, 9))), taken)]


OTHERS = (
    ledger.was_shown(OLDER, at(58), 0), ledger.was_updated(OLDER.head_sha, HEAD.head_sha, "", at(20)),
    ledger.was_pushed(HEAD.head_sha, a_person("bo"), at(55)), ledger.was_pushed(HEAD.head_sha, None, at(55)),
    ledger.asked_for(HEAD.head_sha, at(50)), ledger.stirred("*", "d1", at(3)), ledger.was_retargeted("d2", at(30)),
    ledger.merge_refused(HEAD.head_sha, "405", at(0.5)), ledger.intends_merge(HEAD.head_sha, at(0.6)),
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """The ledger of a release, its revision shown an hour ago."""
    begun = [ledger.became_release("production", "main", at(61)), ledger.was_shown(HEAD, at(60), 1)]
    passed = [ledger.found(a_result(rule, taken_at=at(4), seq=99), at(4)) for rule in CHECKS]
    more = draw(st.lists(st.one_of(words(), results(), st.sampled_from(OTHERS).map(lambda e: [e])), max_size=9))
    text = ledger.policy_read("ba5e" * 10, ".github/golive.yml", "version: 1", at(60), 2)
    return recorded(*begun, text, *(passed if draw(st.booleans()) else []), *(entry for part in more for entry in part))


@st.composite
def freezes(draw: st.DrawFn) -> list[Entry]:
    """The ledger of the repository: perhaps somebody froze it, and perhaps somebody ended that."""
    spoken = [
        a_word("freeze", by="bo", at=at(40), text="until 2026-03-05 the shop is full", key="comment:1:0"),
        a_word("unfreeze", by="bo", at=at(9), key="comment:2:0"),
    ][: draw(st.integers(0, 2))]
    return recorded(*(e for w in spoken for e in (ledger.said(w), ledger.ruled(Ruling(w.key, True), w.at))))


mistakes = st.builds(
    Mistake, st.just(".github/golive.yml"), st.integers(1, 9), st.integers(1, 9), st.sampled_from(("no", "“quoted”"))
)
siblings = st.builds(
    Sibling, st.integers(1, 9), st.booleans(), st.sampled_from(Verdict), st.just("0/1 — waiting"),
    st.sampled_from(("success", "failure")),
)  # fmt: skip
pulls = st.builds(
    a_pull, draft=st.sampled_from((False, False, True)), mergeable=st.sampled_from((True, True, False, None)),
    author=st.sampled_from((a_person("mallory"), a_person("ana"), None)), body=st.just("a long story"),
    state=st.sampled_from((*[PullState.OPEN] * 9, PullState.CLOSED)), labels=st.frozensets(st.sampled_from("abc")),
)  # fmt: skip


def few(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """None of them mostly, for each would be in the way of everything else."""
    return st.one_of(st.just(()), st.just(()), st.just(()), st.lists(of, max_size=2).map(tuple))


def rarely(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(("", "", "", "", text))


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[Snapshot, list[Entry], list[Entry]]:
    """A snapshot with the ledgers of the release and of the repository that it was folded from."""
    entries, shared = draw(histories()), draw(freezes())
    standing = fold(entries)
    keys = sorted(word.key for word in standing.words)
    snapshot = Snapshot(
        now=NOW + draw(st.integers(0, 90)) * timedelta(seconds=61, microseconds=7), pull=draw(pulls),
        standing=standing, shared=fold(shared), policy=draw(st.sampled_from((*[POLICY] * 9, None))),
        policy_sha="ba5e" * 10, mistakes=draw(few(mistakes)), head_mistakes=draw(few(mistakes)), roles=ROLES,
        siblings=draw(few(siblings)), absent=draw(st.frozensets(st.sampled_from(keys)) if keys else st.just(frozenset())),
        timing=Timing(recheck=timedelta(seconds=draw(st.integers(1, 99)), microseconds=1)),
        stuck=draw(rarely("GitHub is down")), special={"override": Role("override", 2, (a_person("bo"), a_person("cy")))},
        changed=draw(few(st.builds(ChangedFile, st.sampled_from(("auth/a.py", "b.py"))))),
        changed_since=draw(st.dictionaries(st.just(OLDER.head_sha), st.sampled_from((None, (), ("a", "b"))))),
        nagged=draw(st.dictionaries(st.sampled_from([a_person(p).id for p in PEOPLE]), st.just(at(7)))),
        open_here=draw(few(siblings)), too_large=draw(rarely("It changes more than GitHub shows.")),
    )  # fmt: skip
    return snapshot, entries, shared


LATER = (ledger.decided({"verdict": "GO", "headline": "later"}, NOW, 99), ledger.merged("c0de", "bo", NOW))
"""Entries that came after a decision: they must play no part in it."""


@given(snapshots())
@settings(max_examples=200)
def test_a_decision_taken_again_from_the_record_is_the_same_byte_for_byte(
    made: tuple[Snapshot, list[Entry], list[Entry]],
) -> None:
    snapshot, entries, shared = made
    first = decide(snapshot)
    event(f"{first.kind.value}, {first.verdict.name}")
    body = stored(body_of(snapshot, first, "1.0"))
    longer = [*entries, *(replace(e, seq=len(entries) + n) for n, e in enumerate(LATER, 1))]
    again = snapshot_of(body, longer, shared, snapshot.policy)
    unread = {"open_here": (), "pull": replace(snapshot.pull, body="")}
    assert again == replace(snapshot, **unread), "a field did not come back; `written` and `read` must be inverses"
    assert canonical(told(decide(again))) == canonical(body["decision"])
    assert same(body["decision"], told(decide(again)))


@given(snapshots())
@settings(max_examples=60)
def test_what_is_left_out_of_the_body_is_not_decided_on(made: tuple[Snapshot, list[Entry], list[Entry]]) -> None:
    snapshot, _, _ = made
    without = replace(snapshot, open_here=(), pull=replace(snapshot.pull, body=""))
    assert told(decide(without)) == told(decide(snapshot)), "a decision reads what its body does not keep: keep it"


def test_every_field_of_a_snapshot_is_kept_or_lies_in_the_ledger() -> None:
    body = body_of(a_snapshot(), decide(a_snapshot()), "1.0")
    assert set(body["snapshot"]) | REFERRED | UNREAD == {field.name for field in fields(Snapshot)}
    assert REFERRED.isdisjoint(body["snapshot"])


def test_the_ledger_reads_a_body_as_a_decision() -> None:
    snapshot = a_snapshot(outcomes={"health": Outcome.FAILED})
    entry = ledger.decided(body_of(snapshot, decide(snapshot), "1.0"), NOW, 10)
    standing = fold(recorded(entry))
    assert (standing.last_verdict, standing.last_headline) == ("NO_GO", decide(snapshot).headline)


# ------------------------------------------------------------------ what is not there


def kept(*entries: Entry, **changes: Any) -> tuple[dict[str, Any], list[Entry]]:
    """The body of a decision on a release of these entries, and its ledger."""
    ledger_ = recorded(
        ledger.became_release("production", "main", at(61)),
        ledger.policy_read("ba5e" * 10, ".github/golive.yml", "the first text", at(60), 1),
        ledger.was_shown(HEAD, at(60), 0),
        *entries,
    )
    snapshot = a_snapshot(standing=fold(ledger_), **changes)
    return stored(body_of(snapshot, decide(snapshot), "1.0")), ledger_


@pytest.mark.parametrize("place", [1, 2, 3])
def test_an_erased_entry_that_a_decision_rests_on_is_said(place: int) -> None:
    body, entries = kept()
    left = [entry for entry in entries if entry.seq != place]
    with pytest.raises(NotKept, match=f"entries of this release that were erased: {place}"):
        snapshot_of(body, left, (), a_policy())


def test_an_erased_entry_of_the_repository_is_said() -> None:
    frozen = a_word("freeze", at=at(5), text="until 2026-03-05 full", key="comment:1:0")
    shared = recorded(ledger.said(frozen), ledger.ruled(Ruling(frozen.key, True), at(5)))
    body, entries = kept(shared=fold(shared))
    with pytest.raises(NotKept, match="entries of its repository that were erased: 1"):
        snapshot_of(body, entries, shared[1:], a_policy())


def test_an_entry_erased_after_a_decision_plays_no_part_in_it() -> None:
    body, entries = kept()
    later = replace(ledger.merged("c0de", "bo", NOW), seq=9)
    assert snapshot_of(body, [*entries, later], (), a_policy()).standing.merged_at is None


@pytest.mark.parametrize("body", [{}, {"verdict": "GO", "headline": "", "ledger": 3}], ids=["erased", "of long ago"])
def test_a_body_that_kept_too_little_is_said(body: dict[str, Any]) -> None:
    with pytest.raises(NotKept, match="erased, or an older golive kept too little"):
        snapshot_of(body, (), (), None)


def test_a_field_that_was_not_kept_has_its_default_and_one_without_default_is_said() -> None:
    body, entries = kept()
    del body["snapshot"]["too_large"]
    assert snapshot_of(body, entries, (), a_policy()).too_large == ""
    del body["snapshot"]["pull"]["title"]
    with pytest.raises(NotKept, match=r"Pull\.title was not kept"):
        snapshot_of(body, entries, (), a_policy())


def test_a_field_that_a_newer_golive_kept_is_left_alone() -> None:
    body, entries = kept()
    body["snapshot"]["weather"] = {"rain": True}
    body["snapshot"]["pull"]["mood"] = "good"
    assert snapshot_of(body, entries, (), a_policy()).pull == a_pull()


def test_a_name_that_only_another_golive_knows_is_said() -> None:
    body, entries = kept()
    body["snapshot"]["pull"]["state"] = "asleep"
    with pytest.raises(NotKept, match="'asleep' as PullState"):
        snapshot_of(body, entries, (), a_policy())


# ------------------------------------------------------------------ the policy text


def test_the_policy_text_is_the_last_of_that_sha_before_the_decision() -> None:
    body, entries = kept()
    again = replace(ledger.policy_read("ba5e" * 10, "golive.yml", "a later text", at(1), 9), seq=9)
    assert (found := policy_of(body, [*entries, again]))
    assert found.body["text"] == "the first text"
    body["ledger"] = 9
    assert (found := policy_of(body, [*entries, again]))
    assert found.body["text"] == "a later text"


def test_a_decision_without_a_policy_needs_none() -> None:
    body, entries = kept(policy=None)
    assert policy_of(body, entries) is None


def test_a_policy_text_that_is_gone_is_said() -> None:
    body, entries = kept()
    with pytest.raises(NotKept, match="text of its policy ba5eba5eba5e is not in the record"):
        policy_of(body, [entry for entry in entries if entry.kind != "policy"])


# ------------------------------------------------------------------ values by their type hints


@dataclass(frozen=True)
class Inner:
    """A value in a value."""

    verdict: Verdict = Verdict.GO
    at: datetime | None = None


@dataclass(frozen=True)
class Outer:
    """A value as core has them."""

    name: str
    inner: Inner = Inner()
    several: tuple[Inner, ...] = ()


FORMS: list[tuple[Any, Any, Any]] = [
    (datetime, at(1), "2026-03-04T11:59:00.000123+00:00"),
    (timedelta, timedelta(days=400, microseconds=1), 34560000.000001),
    (frozenset[str], frozenset({"b", "a"}), ["a", "b"]),
    (Mapping[int, datetime], {7: at(0)}, {"7": "2026-03-04T12:00:00.000123+00:00"}),
    (Mapping[str, tuple[str, ...] | None], {"x": ("a", "b"), "y": None}, {"x": ["a", "b"], "y": None}),
    (dict[str, float], {"a": 1.0}, {"a": 1.0}),
    (tuple[int, str], (1, "one"), [1, "one"]),
    (tuple[str, ...], (), []),
    (Verdict, Verdict.NO_GO, "NO_GO"),
    (Surface, Surface.API, "API"),
    (PullState, PullState.MERGED, "merged"),
    (float | str | bool, "text", "text"),
    (Person | None, None, None),
    (Person | None, Person(1, "ana"), {"id": 1, "login": "ana"}),
    (Outer, Outer("o", Inner(Verdict.HOLD, NOW), (Inner(),)), {
        "name": "o", "inner": {"verdict": "HOLD", "at": "2026-03-04T12:00:00.000000+00:00"},
        "several": [{"verdict": "GO", "at": None}],
    }),
]  # fmt: skip


@pytest.mark.parametrize(("hint", "value", "form"), FORMS, ids=[str(hint) for hint, _, _ in FORMS])
def test_a_value_has_one_form_and_comes_back_from_it(hint: Any, value: Any, form: Any) -> None:
    assert written(value) == form
    assert read(hint, json.loads(json.dumps(form))) == value


def test_a_time_of_another_zone_comes_back_as_the_moment_it_is() -> None:
    assert read(datetime, "2026-03-04T13:00:00.000000+01:00") == datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_what_is_no_value_is_refused_with_what_to_do() -> None:
    with pytest.raises(TypeError, match="object has no form in the record: keep it out of Snapshot"):
        written({"it": object()})


# ------------------------------------------------------------------ comparing


def a_decision(**changes: Any) -> dict[str, Any]:
    """What is told of a decision that is GO."""
    return stored(told(decide(a_snapshot(**changes))))


def test_two_decisions_that_tell_another_thing_differ_and_say_in_what() -> None:
    ready, failed = a_decision(), a_decision(outcomes={"health": Outcome.FAILED})
    assert not same(ready, failed)
    assert not same(ready, failed, whole=False)
    assert differing(ready, told(decide(a_snapshot(outcomes={"health": Outcome.FAILED})))) == [
        "verdict", "state", "headline", "reasons", "checks",
    ]  # fmt: skip
    assert differing(ready, ready) == []


def test_what_another_version_tells_besides_makes_no_difference_and_of_the_same_version_it_does() -> None:
    older, now = a_decision(outcomes={"health": Outcome.FAILED}), a_decision(outcomes={"health": Outcome.FAILED})
    now["weather"] = "rain"
    now["reasons"] = [reason | {"mood": "bad"} for reason in now["reasons"]]
    assert same(older, now, whole=False)
    assert not same(older, now)


def test_reasons_that_came_and_went_are_told_apart() -> None:
    held, draft = Reason("held", Verdict.HOLD, "@bo holds it."), Reason("draft", Verdict.WAIT, "It is a draft.")
    same_code = replace(held, sentence="@ana holds it.")
    assert came_and_went((held, draft), (draft, same_code)) == ([same_code], [held])


def test_reasons_come_back_for_the_release_and_for_each_phase() -> None:
    due = RoleRule("owner", ("@bo",), due="full")
    policy = a_policy(roles=(due,), phases=("dark", "full"))
    snapshot = a_snapshot(policy=policy, standing=fold(kept()[1]))
    decision = decide(snapshot)
    kept_ = stored(told(decision))
    assert reasons_in(kept_) == reasons_in(kept_, "dark") == decision.reasons
    assert reasons_in(kept_, "full") == decision.phases[1].reasons
    assert reasons_in(kept_, "full") != reasons_in(kept_)
    with pytest.raises(KeyError):
        reasons_in(kept_, "canary")
