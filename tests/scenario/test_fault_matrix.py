"""Every call that golive makes to GitHub in a release's life fails in every way, and the end is always the same.

The calls are not listed here: one undisturbed run tells them. CI tries a fixed share of the pairs (call, fault), among them
every fault on every kind of call; `make test-long` tries all.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from faults import FAULTS, Failing, Fault
from world import World, a_world

SHARES = 8
"""Into how many tests the pairs are dealt, so that they can run side by side."""
WHOLE = os.environ.get("GOLIVE_TEST_PROFILE") == "long"
EVERY = 1 if WHOLE else 23
"""Of the pairs whose kind was tried already, every so many-th is tried again."""
Pair = tuple[int, Fault]


@contextmanager
def failing(failing: Failing) -> Iterator[World]:
    """A world without a chat whose GitHub fails golive as told."""
    with a_world(slack=False) as world:
        world.github.interceptors.append(failing)
        yield world


def life(w: World) -> int:
    """Opened, checks, talk, a push that re-opens, sign-offs by comment, review and reaction, merged."""
    w.sample.status = 503
    number = w.release()
    w.later(seconds=61)
    w.says("eve", number, "Looks nice.")
    w.says("mina", number, "/golive approve qa")
    w.sample.status = 200
    w.says("ana", number, "/golive check")
    w.push(number)
    rested(w, number)
    w.github.react("acme/shop", w.ask_comment(number), by="mina", content="+1")
    w.later(seconds=31)
    w.github.review("acme/shop", number, by="sam", state="APPROVE", body="Fine.")
    w.settle()
    return number


def rested(w: World, number: int) -> None:
    """The head has rested, and golive has asked for sign-offs on it; a failed turn is taken again first."""
    for _ in range(5):
        w.later(seconds=61)
        if w.our_comments(number, f"golive:request:{w.github.pull('acme/shop', number).head.sha}:"):
            return


def to_the_end(w: World, number: int) -> None:
    """Whatever was put off is done: GitHub's longest wait here is a minute, golive's own five."""
    for _ in range(4):
        w.later(seconds=62)
    for _ in range(2):
        w.later(seconds=601)


def assert_the_end_is_right(w: World, number: int) -> None:
    pull = w.github.pull("acme/shop", number)
    assert pull.merged, f"it was not merged: {w.current_run(number).output}"
    assert [m.status for m in w.merges(number)].count(200) == 1, "it was merged more than once"
    runs = w.our_runs(pull.head.sha)
    assert [r.status for r in runs].count("in_progress") == 0, "a check run is left in progress"
    assert runs[-1].conclusion == "success", f"the newest check run says {runs[-1].conclusion}"
    for marker in ("golive:sticky", f"golive:request:{pull.head.sha}"):
        assert len(w.our_comments(number, marker)) == 1, f"there is not one comment {marker}"
    answers = [text.split("<!-- golive:answer:")[1] for text in w.answers(number)]
    assert len(answers) == len(set(answers)), "somebody was answered twice"
    assert w.golive is not None
    assert w.golive.store.new_deliveries() == [], "a delivery was left lying"


@cache
def calls() -> tuple[str, ...]:
    """What golive asks GitHub in an undisturbed run, in order."""
    seen = Failing()
    with failing(seen) as w:
        number = life(w)
        assert_the_end_is_right(w, number)
        return tuple(seen.names)


def pairs() -> list[Pair]:
    """What is tried: each fault on each kind of call, once early and once late, and a share of all others."""
    names = calls()
    first = {name: place for place, name in reversed(list(enumerate(names, 1)))}
    last = {name: place for place, name in enumerate(names, 1)}
    chosen = []
    for place, name in enumerate(names, 1):
        for ordinal, fault in enumerate(FAULTS):
            telling = place == (last if ordinal % 2 else first)[name]
            if WHOLE or telling or (place * len(FAULTS) + ordinal) % EVERY == 0:
                chosen.append((place, fault))
    return chosen


def test_a_life_without_a_fault_calls_github_often_enough_to_be_told() -> None:
    kinds = Counter(calls())
    assert len(kinds) >= 12, f"the life is too poor to say much: {kinds}"


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_call_fails_and_however_the_end_is_the_same(share: int) -> None:
    wrong: list[str] = []
    for place, fault in pairs()[share::SHARES]:
        failed = Failing(place, fault)
        with failing(failed) as w:
            try:
                number = life(w)
                to_the_end(w, number)
                assert failed.struck, "the call was never made; the life is not the same each time"
                assert_the_end_is_right(w, number)
            except AssertionError as error:
                said = str(error).splitlines()[0]
                wrong.append(f"call {place}, {calls()[place - 1]}, {fault.__name__}: {said}")
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    print(len(calls()), "calls", Counter(calls()).most_common())
    print(len(pairs()), "pairs of", len(calls()) * len(FAULTS))
