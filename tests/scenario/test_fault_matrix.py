"""Every call that golive makes to GitHub in a release's life fails in every way, and the end is always the same.

The calls are not listed here: one undisturbed run tells them. CI tries a fixed share of the pairs (call, fault), among them
every fault on every kind of call; `make test-long` tries all.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from again import Chapters
from faults import FAULTS, Failing, Fault
from golive.standins.sample import Sample
from golive.standins.wire import Served
from mortal import MortalWorld
from world import World

SHARES = 8
"""Into how many tests the pairs are dealt, so that they can run side by side."""
WHOLE = os.environ.get("GOLIVE_TEST_PROFILE") == "long"
EVERY = 1 if WHOLE else 23
"""Of the pairs whose kind was tried already, every so many-th is tried again."""
Pair = tuple[int, Fault]


class Disturbed:
    """A world without a chat whose GitHub fails golive as told, and the number of its release."""

    def __init__(self, folder: Path, sample: tuple[Sample, Served]) -> None:
        self.world, self.number, self.failing = MortalWorld(folder, slack=False, sample=sample), 0, Failing()
        self.world.github.interceptors.append(self.failing)

    def came_back(self) -> None:
        """Its world goes on somewhere else: nothing has to be seen again."""

    def seen(self) -> Sequence[str]:
        """The calls."""
        return self.failing.names

    def watched(self) -> AbstractContextManager[None]:
        """They are always seen."""
        return nullcontext()


def opened(life: Disturbed) -> None:
    """The service is down when the release is opened."""
    life.world.sample.status = 503
    life.number = life.world.release()
    life.world.later(seconds=61)


def talked_about(life: Disturbed) -> None:
    """Talk, and a first sign-off."""
    life.world.says("eve", life.number, "Looks nice.")
    life.world.says("mina", life.number, "/golive approve qa")


def pushed(life: Disturbed) -> None:
    """The service is back, it is looked at again, and a push re-opens what was signed."""
    life.world.sample.status = 200
    life.world.says("ana", life.number, "/golive check")
    life.world.push(life.number)
    rested(life.world, life.number)


def reacted_to(life: Disturbed) -> None:
    """One signs by a reaction."""
    life.world.github.react("acme/shop", life.world.ask_comment(life.number), by="mina", content="+1")
    life.world.later(seconds=31)


def reviewed(life: Disturbed) -> None:
    """The last one signs by a review, and golive merges."""
    life.world.github.review("acme/shop", life.number, by="sam", state="APPROVE", body="Fine.")
    life.world.settle()


LIFE = (opened, talked_about, pushed, reacted_to, reviewed)


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


@pytest.fixture(scope="module")
def chapters() -> Iterator[Chapters[Disturbed]]:
    """The life, lived once undisturbed: its names are what golive asks GitHub, in order."""
    made = Chapters(Disturbed, LIFE)
    yield made
    made.close()


def pairs(names: Sequence[str]) -> list[Pair]:
    """What is tried: each fault on each kind of call, once early and once late, and a share of all others."""
    first = {name: place for place, name in reversed(list(enumerate(names, 1)))}
    last = {name: place for place, name in enumerate(names, 1)}
    chosen = []
    for place, name in enumerate(names, 1):
        for ordinal, fault in enumerate(FAULTS):
            telling = place == (last if ordinal % 2 else first)[name]
            if WHOLE or telling or (place * len(FAULTS) + ordinal) % EVERY == 0:
                chosen.append((place, fault))
    return chosen


def test_a_life_without_a_fault_calls_github_often_enough_to_be_told(chapters: Chapters[Disturbed]) -> None:
    kinds = Counter(chapters.names)
    assert len(kinds) >= 12, f"the life is too poor to say much: {kinds}"


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_call_fails_and_however_the_end_is_the_same(share: int, chapters: Chapters[Disturbed]) -> None:
    wrong: list[str] = []
    for place, fault in pairs(chapters.names)[share::SHARES]:

        def fails(life: Disturbed, place: int = place, fault: Fault = fault) -> None:
            life.failing.chosen, life.failing.fault = place, fault

        try:
            with chapters.told(place, fails) as life:
                to_the_end(life.world, life.number)
                assert life.failing.struck, "the call was never made; the life is not the same each time"
                assert_the_end_is_right(life.world, life.number)
        except AssertionError as error:
            said = str(error).splitlines()[0]
            wrong.append(f"call {place}, {chapters.names[place - 1]}, {fault.__name__}: {said}")
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    told = Chapters(Disturbed, LIFE)
    print(len(told.names), "calls", Counter(told.names).most_common())
    print(len(pairs(told.names)), "pairs of", len(told.names) * len(FAULTS))
    told.close()
