"""Random histories of one release, in by the doors and judged at the stand-in: nothing lands that should not, all that should does.

Add an act in `histories.History` and one line in `ACTS`. Rerun a printed example by handing its list to `play`.
GOLIVE_TEST_PROFILE=long plays many more, and shrinks what fails.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from histories import Act, play
from truth import ROLES

LONG = os.environ.get("GOLIVE_TEST_PROFILE") == "long"
PHASES = tuple(Phase) if LONG else (Phase.explicit, Phase.generate)
"""Shrinking a history takes minutes."""

people = st.sampled_from(("mina", "zoe", "sam", "sue", "ana", "eve", "bo"))
signers = st.sampled_from(("mina", "zoe", "sam", "sue"))
surfaces = st.sampled_from(("comment", "slack"))
roles = st.sampled_from(("", *ROLES))
few = st.integers(0, 3)
seeds = st.integers(0, 99)
settles = st.sampled_from((True, True, False))


def act(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    """One kind of act with its arguments."""
    return st.tuples(st.just(name), st.tuples(*arguments), settles)


ACTS: list[st.SearchStrategy[Act]] = [
    act("say", signers, st.just("approve"), roles, surfaces, st.booleans()),
    act("say", signers, st.just("approve"), roles, surfaces, st.just(False)),
    act("say", people, st.sampled_from(("approve", "reject", "withdraw")), roles, surfaces, st.booleans()),
    act("say", people, st.sampled_from(("hold", "resume")), st.just(""), surfaces, st.just(False)),
    act("change_words", few, st.sampled_from(("edit", "delete")), st.sampled_from(("bo", "mina"))),
    act("react", people, st.sampled_from(("+1", "+1", "-1")), few),
    act("react_in_slack", people, st.sampled_from(("white_check_mark", "white_check_mark", "x")), few),
    act("push", st.sampled_from(("ana", "sam", "mina", "bo")), st.sampled_from(("change", "empty", "empty", "back"))),
    act("ci", st.sampled_from(("success", "success", "failure", "pending", "forged"))),
    act("sample", st.sampled_from((200, 503)), st.sampled_from(("ok", "ok", "degraded"))),
    act("rerun"),
    act("main_moves"),
    act("label"),
    act("retarget", st.sampled_from(("next", "main"))),
    act("there_and_back"),
    act("sibling", st.booleans()),
    act("close_siblings"),
    st.one_of(act("team", st.just("sue")), act("team", st.just("sam"), st.just("sue"))),
    act("step", st.sampled_from((1, 2, 31, 61, 600, 901, 7200))),
    act("shuffle", seeds),
    act("twice"),
    act("lag", seeds),
    act("restart"),
    act("meanwhile", st.sampled_from(("slow", "push", "reject"))),
    act("everybody_signs", st.integers(0, 15)),
    act("mend"),
]
endings = st.one_of(
    st.just([]),
    st.tuples(act("everybody_signs", st.integers(0, 15))).map(list),
    st.tuples(act("mend"), act("everybody_signs", st.integers(0, 15))).map(list),
)
histories = st.tuples(st.lists(st.one_of(ACTS), min_size=1, max_size=12), endings).map(
    lambda parts: parts[0] + parts[1]
)
PLAYED: Counter[str] = Counter()


@settings(max_examples=settings.default.max_examples if LONG else 45, phases=PHASES)
@given(histories, st.sampled_from(("ana", "ana", "mina")), st.booleans())
def _histories(acts: list[Act], author: str, by_label: bool) -> None:
    landed = bool(play(acts, author, by_label).merges())
    PLAYED["landed" if landed else "did not land"] += 1
    event("landed" if landed else "did not land")


@pytest.mark.slow
def test_golive_merges_if_and_only_if_everything_holds_at_that_moment() -> None:
    PLAYED.clear()
    _histories()
    share = PLAYED["landed"] / PLAYED.total()
    assert share >= 0.2, (
        f"only {share:.0%} of the histories landed: a promise about merges needs more merges; weigh ACTS"
    )


@pytest.mark.sockets
@pytest.mark.slow
@pytest.mark.parametrize(
    ("acts", "lands"),
    [
        pytest.param([("everybody_signs", (6,), True)], True, id="signed"),
        pytest.param(
            [
                ("step", (2,), True),
                ("say", ("zoe", "approve", "qa", "comment", False), True),
                ("push", ("ana", "change"), True),
                ("restart", (), True),
                ("ci", ("success",), True),
                ("say", ("sue", "approve", "security", "slack", False), True),
            ],
            False,
            id="half signed, pushed, restarted, the other half signed",
        ),
        pytest.param(
            [
                ("sample", (503, "ok"), True),
                ("push", ("ana", "empty"), True),
                ("mend", (), True),
                ("everybody_signs", (1,), True),
            ],
            True,
            id="down, then mended and signed",
        ),
    ],
)  # fmt: skip
def test_the_same_holds_over_sockets(acts: list[Act], lands: bool) -> None:
    assert bool(play(acts, sockets=True).merges()) is lands
