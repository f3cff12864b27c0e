"""Histories that once went wrong, each as small as it could be made. Add one as a row: what was so, its acts, whether it lands."""

from __future__ import annotations

import pytest

from histories import Act, play


def says(by: str, verb: str, role: str = "", surface: str = "comment", settle: bool = True) -> Act:
    return ("say", (by, verb, role, surface, False), settle)


SHOWN: Act = ("step", (61,), True)
SIGNED = [SHOWN, says("mina", "approve", "qa"), says("mina", "reject", "qa"), says("sue", "approve", "security")]


@pytest.mark.parametrize(
    "acts",
    [
        pytest.param(
            [("push", ("ana", "change"), True), ("push", ("sam", "back"), True), SHOWN,
             says("zoe", "approve", "qa"), says("sam", "approve", "security")],
            id="a head that somebody else had pushed before is pushed again by who signs",
        ),
        *(
            pytest.param(
                [SHOWN, says("sam", "approve", "security"), ("push", ("sam", "empty"), False), ("ci", ("success",), False),
                 says("zoe", "approve", "qa", settle=False), ("lag", (seed,), True)],
                id=f"who pushed is told later than all the rest, order {seed}",
            )
            for seed in (0, 1, 2)
        ),
        pytest.param([*SIGNED, ("change_words", (1, "delete", "bo"), True)], id="somebody deletes a rejection"),
        pytest.param([*SIGNED, ("change_words", (1, "edit", "mina"), True)], id="a rejection is edited"),
        pytest.param(
            [SHOWN, says("mina", "approve", "qa"), ("react_in_slack", ("mina", "x", 0), True),
             says("sue", "approve", "security"), ("react_in_slack", ("mina", "x", 0), True)],
            id="a rejecting emoji is taken back",
        ),
        pytest.param(
            [SHOWN, says("mina", "approve", "qa"), ("react", ("mina", "-1", 0), True),
             says("sue", "approve", "security"), ("react", ("mina", "-1", 0), True), ("step", (31,), True)],
            id="a thumb down is taken back",
        ),
        pytest.param(
            [SHOWN, says("zoe", "approve", "qa"), ("step", (49,), False), says("mina", "hold", "", "slack", settle=False),
             says("sue", "approve", "security")],
            id="a hold was kept and not read yet when the release was due",
        ),
    ],
)  # fmt: skip
def test_nothing_lands_when(acts: list[Act]) -> None:
    assert not play(acts).merges()


def test_two_heads_shown_in_one_second_leave_words_for_the_newer() -> None:
    pushed_twice: list[Act] = [("push", ("ana", "change"), False), ("meanwhile", ("push",), True)]
    assert play([*pushed_twice, ("mend", (), True), ("everybody_signs", (0,), True)]).merges()
