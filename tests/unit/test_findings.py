"""Which checks are due, which have spoken, which are blocked and by what. Add a rule by adding a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HEAD, NOW, OLDER, Attested, Probe, a_check, a_result, a_word
from golive.core.findings import SATISFIED, Judged, judge_checks, words_digest
from golive.core.model import Outcome, Ruling, Standing, Word
from golive.core.policy import CheckRule

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Watched(Probe):
    """Options of a kind that looks again when a check run elsewhere turns."""

    stirred_by: ClassVar[frozenset[str]] = frozenset({"check_run"})


def judged(
    *rules: CheckRule, standing: Standing | None = None, now: datetime = NOW, **outcomes: Outcome
) -> dict[str, Judged]:
    """Every check by id; those not named among the outcomes passed."""
    results = tuple(a_result(rule, outcomes.get(rule.id, Outcome.PASSED)) for rule in rules)
    return {j.rule.id: j for j in judge_checks(rules, standing or Standing(results=results), HEAD.head_sha, now)}


def known(rule: CheckRule, *, now: datetime = NOW, stirred: dict[str, int] | None = None, **changes: Any) -> Judged:
    """The check after one result of it, which carries these changes."""
    standing = Standing(results=(a_result(rule, **changes),), stirred=stirred or {})
    return judge_checks([rule], standing, HEAD.head_sha, now)[0]


# ------------------------------------------------------------------ needs


@pytest.mark.parametrize("outcome", sorted(SATISFIED))
def test_a_check_runs_once_what_it_needs_is_satisfied(outcome: Outcome) -> None:
    got = judged(a_check("a"), a_check("b", needs=("a",)), a=outcome)
    assert got["b"].finding.outcome is Outcome.PASSED


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNKNOWN])
def test_a_check_whose_need_did_not_pass_is_blocked_and_not_run(outcome: Outcome) -> None:
    got = judged(a_check("a"), a_check("b", needs=("a",)), a=outcome)["b"]
    assert (got.finding.outcome, got.due) == (Outcome.BLOCKED, False)
    assert got.finding.summary == "not run, because a did not pass"


def test_a_check_waits_for_what_it_needs() -> None:
    got = judged(a_check("a"), a_check("b", needs=("a",)), a=Outcome.PENDING)["b"]
    assert (got.finding.outcome, got.due, got.root) == (Outcome.PENDING, False, None)
    assert got.finding.summary == "waits for a"


def test_every_outcome_either_satisfies_waits_or_blocks() -> None:
    for outcome in Outcome:
        got = judged(a_check("a"), a_check("b", needs=("a",)), a=outcome)["b"].finding.outcome
        expected = (
            Outcome.PASSED if outcome in SATISFIED
            else Outcome.PENDING if outcome is Outcome.PENDING
            else Outcome.BLOCKED
        )  # fmt: skip
        assert got is expected, outcome


A, B, C, D = (
    a_check("a"),
    a_check("b", needs=("a",)),
    a_check("c", needs=("a",)),
    a_check("d", needs=("b", "c")),
)


@pytest.mark.parametrize(
    ("outcomes", "roots"),
    [
        pytest.param({"a": Outcome.FAILED}, {"b": "a", "c": "a", "d": "a"}, id="the top of a diamond"),
        pytest.param({"b": Outcome.FAILED}, {"d": "b"}, id="its left side"),
        pytest.param({"c": Outcome.UNKNOWN}, {"d": "c"}, id="its right side"),
        pytest.param({"b": Outcome.FAILED, "c": Outcome.FAILED}, {"d": "b"}, id="both sides: the first it needs"),
        pytest.param({"d": Outcome.FAILED}, {}, id="its foot blocks nobody"),
        pytest.param({"b": Outcome.PENDING, "c": Outcome.FAILED}, {"d": "c"}, id="what failed says more than a wait"),
        pytest.param({"b": Outcome.FAILED, "c": Outcome.PENDING}, {"d": "b"}, id="in whatever order"),
    ],
)
def test_the_root_cause_of_a_diamond(outcomes: dict[str, Outcome], roots: dict[str, str]) -> None:
    got = judged(D, C, B, A, **outcomes)  # the order in the file plays no part
    assert {id: j.root.id for id, j in got.items() if j.root} == roots
    for id, root in roots.items():
        assert root in got[id].finding.summary


def test_the_root_of_a_long_chain_is_its_first_link_and_its_order_is_the_policys() -> None:
    chain = [a_check("c0"), *(a_check(f"c{n}", needs=(f"c{n - 1}",)) for n in range(1, 60))]
    got = judged(*reversed(chain), c0=Outcome.FAILED)
    assert list(got) == [rule.id for rule in reversed(chain)]
    assert {j.root.id for j in got.values() if j.root} == {"c0"}
    assert sum(j.finding.outcome is Outcome.BLOCKED for j in got.values()) == 59


@given(st.data())
def test_a_check_is_blocked_if_and_only_if_something_below_it_did_not_pass(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    rules = [
        a_check(f"c{n}", needs=tuple(f"c{m}" for m in sorted(data.draw(st.sets(st.integers(0, n - 1))) if n else ())))
        for n in range(count)
    ]
    outcomes = {r.id: data.draw(st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.PENDING])) for r in rules}
    below: dict[str, set[str]] = {}
    for rule in rules:  # whatever it needs, directly or not
        below[rule.id] = set(rule.needs).union(*(below[need] for need in rule.needs))
    got = judged(*data.draw(st.permutations(rules)), **outcomes)
    for rule in rules:
        # a failed check that is itself never reached does not count: it did not run
        ran_and_failed = {
            b for b in below[rule.id] if outcomes[b] is Outcome.FAILED and got[b].finding.outcome is Outcome.FAILED
        }
        assert (got[rule.id].finding.outcome is Outcome.BLOCKED) == bool(ran_and_failed)
        root = got[rule.id].root
        assert (root.id if root else None) in (ran_and_failed or {None})


# ------------------------------------------------------------------ due


def test_a_check_without_a_result_is_due_as_its_first_attempt() -> None:
    got = judge_checks([a_check()], Standing(), HEAD.head_sha, NOW)[0]
    assert (got.due, got.attempt, got.finding.outcome) == (True, 1, Outcome.PENDING)


@pytest.mark.parametrize(
    ("judged_check", "due", "outcome"),
    [
        pytest.param(known(a_check()), False, Outcome.PASSED, id="it has spoken"),
        pytest.param(known(a_check(), outcome=Outcome.FAILED), False, Outcome.FAILED, id="a failure stands"),
        pytest.param(known(a_check(), outcome=Outcome.PENDING), False, Outcome.PENDING, id="so does a wait"),
        pytest.param(known(a_check(), head_sha=OLDER.head_sha), True, Outcome.PENDING, id="of another head"),
        pytest.param(known(a_check(), valid_until=NOW + MINUTE), False, Outcome.PASSED, id="still valid"),
        pytest.param(known(a_check(), valid_until=NOW), True, Outcome.PENDING, id="expired this moment"),
        pytest.param(known(a_check(), valid_until=NOW - MINUTE), True, Outcome.PENDING, id="expired"),
        pytest.param(known(a_check(every=6 * MINUTE)), False, Outcome.PASSED, id="not its hour yet"),
        pytest.param(known(a_check(every=5 * MINUTE)), True, Outcome.PASSED, id="its hour: what it said stands meanwhile"),
        pytest.param(known(a_check(every=MINUTE), outcome=Outcome.FAILED), True, Outcome.FAILED, id="a failure too"),
        pytest.param(known(a_check(), stirred={"*": 6}), True, Outcome.PENDING, id="Re-run"),
        pytest.param(known(a_check(), stirred={"*": 5}), False, Outcome.PASSED, id="Re-run just before its result"),
        pytest.param(known(a_check(), stirred={"check_run": 6}), False, Outcome.PASSED, id="stirred, and it does not care"),
        pytest.param(known(a_check(options=Watched()), stirred={"check_run": 6}), True, Outcome.PENDING, id="and it does"),
        pytest.param(known(a_check(options=Watched()), stirred={"check_run": 4}), False, Outcome.PASSED, id="stirred before"),
        pytest.param(known(a_check(options=Watched()), stirred={"x": 9}), False, Outcome.PASSED, id="something else stirred"),
    ],
)  # fmt: skip
def test_when_a_check_is_due(judged_check: Judged, due: bool, outcome: Outcome) -> None:
    assert (judged_check.due, judged_check.finding.outcome) == (due, outcome)


def test_a_blocked_check_is_not_due_whatever_stirs() -> None:
    rules = (a_check("a"), a_check("b", needs=("a",), every=MINUTE))
    results = tuple(a_result(r, Outcome.FAILED, valid_until=NOW) for r in rules)
    by_id = judged(*rules, standing=Standing(results=results[:1], stirred={"b": 9}))
    assert by_id["a"].due
    assert not by_id["b"].due


def test_a_new_attempt_counts_on_from_the_last() -> None:
    result = replace(a_result(a_check()), attempt=4)
    standing = Standing(results=(result,), stirred={"*": 99})
    assert judge_checks([a_check()], standing, HEAD.head_sha, NOW)[0].attempt == 5


def test_the_last_result_of_a_check_counts() -> None:
    rule = a_check()
    results = (a_result(rule, Outcome.FAILED, seq=3), a_result(rule, Outcome.PASSED, seq=4))
    got = judge_checks([rule], Standing(results=results), HEAD.head_sha, NOW)[0]
    assert got.finding.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        pytest.param(a_check(options=Probe("another")), True, id="its options"),
        pytest.param(a_check(timeout=timedelta(seconds=31)), True, id="its timeout"),
        pytest.param(replace(a_check(), uses="other"), True, id="its kind"),
        pytest.param(a_check(name="Health", impact="x", action="y", owner="z", category="c"), False, id="its texts"),
        pytest.param(a_check(every=timedelta(hours=1), fresh=MINUTE), False, id="how often it is taken"),
    ],
)
def test_a_changed_definition_makes_a_result_obsolete(changed: CheckRule, due: bool) -> None:
    standing = Standing(results=(a_result(a_check()),))
    assert judge_checks([changed], standing, HEAD.head_sha, NOW)[0].due is due


# ------------------------------------------------------------------ what people attest


DRILL = a_check("drill", options=Attested())


def spoken(*words: Word, taken: bool = True) -> Standing:
    return Standing(words=words, rulings={w.key: Ruling(w.key, taken) for w in words})


@pytest.mark.parametrize(
    ("standing", "changes"),
    [
        pytest.param(Standing(), False, id="silence"),
        pytest.param(spoken(a_word("attest", text="drill done")), True, id="a word about it"),
        pytest.param(spoken(a_word("attest", text="drill")), True, id="a bare word about it"),
        pytest.param(spoken(a_word("attest", text="drills done")), False, id="about another check"),
        pytest.param(spoken(a_word("attest", text="other drill")), False, id="its name further back"),
        pytest.param(spoken(a_word("approve", text="drill")), False, id="another verb"),
        pytest.param(spoken(a_word("attest", text="drill"), taken=False), False, id="a word that was refused"),
    ],
)
def test_a_word_about_an_attested_check_makes_it_due(standing: Standing, changes: bool) -> None:
    assert bool(words_digest(DRILL, standing)) is changes
    assert not words_digest(a_check("drill"), standing), "another kind does not read people's words"
    with_result = replace(standing, results=(a_result(DRILL),))
    assert judge_checks([DRILL], with_result, HEAD.head_sha, NOW)[0].due is changes


def test_a_word_more_or_a_word_less_is_another_digest() -> None:
    one, two = a_word("attest", text="drill"), a_word("attest", by="bo", text="drill")
    digests = {words_digest(DRILL, s) for s in (Standing(), spoken(one), spoken(two), spoken(one, two))}
    assert len(digests) == 4


# ------------------------------------------------------------------ time


@pytest.mark.parametrize(
    ("judged_check", "at"),
    [
        pytest.param(known(a_check()), None, id="it does not age"),
        pytest.param(known(a_check(), valid_until=NOW + MINUTE), NOW + MINUTE, id="its end"),
        pytest.param(known(a_check(every=6 * MINUTE)), NOW + MINUTE, id="its next hour"),
        pytest.param(known(a_check(every=MINUTE)), None, id="overdue: it is due now, not later"),
        pytest.param(known(a_check(every=9 * MINUTE), valid_until=NOW + MINUTE), NOW + MINUTE, id="the earlier"),
    ],
)
def test_when_time_makes_a_check_due(judged_check: Judged, at: datetime | None) -> None:
    assert judged_check.next_at(NOW) == at


def test_a_due_check_is_not_made_stale_as_well() -> None:
    due = known(a_check(fresh=MINUTE), stirred={"*": 9})
    assert due.if_fresh(NOW) is due


def test_a_check_without_a_limit_never_grows_stale() -> None:
    old = known(a_check(), taken_at=NOW - timedelta(days=999))
    assert old.if_fresh(NOW) is old
