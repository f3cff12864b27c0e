"""How long a release waits after turns that failed. Add a rule by adding a row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.engine.turns import LONGEST_WAIT, backoff


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 1), (2, 2), (3, 4), (4, 8), (8, 128), (9, 256), (10, 300), (11, 300), (50, 300), (10**9, 300)],
)
def test_each_failure_doubles_the_wait_up_to_five_minutes(attempts: int, seconds: float) -> None:
    assert backoff(attempts, lambda: 0.5) == timedelta(seconds=seconds)
    assert backoff(attempts, lambda: 0.0) == timedelta(seconds=seconds / 2)


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_none_and_never_longer_than_one_and_a_half_of_the_longest(attempts: int, chance: float) -> None:
    wait = backoff(attempts, lambda: chance)
    assert timedelta(seconds=0.5) <= wait <= LONGEST_WAIT * 1.5


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_one_more_failure_never_shortens_the_wait(attempts: int, chance: float) -> None:
    assert backoff(attempts, lambda: chance) <= backoff(attempts + 1, lambda: chance)


def test_releases_that_fail_together_do_not_come_back_together() -> None:
    assert len({backoff(9) for _ in range(20)}) > 1
