"""What stands when a server begins is not looked through again; what was only needed to build it is gone."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from golive.wiring import heap


class Held:
    """Something that the collector keeps an eye on."""

    def __init__(self) -> None:
        self.itself: Held | None = None


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_stands_is_kept_out_of_the_collectors_way_and_what_comes_later_is_not() -> None:
    standing = Held()
    heap.settle()
    later = Held()
    looked_through = {id(one) for one in gc.get_objects()}
    assert id(standing) not in looked_through
    assert id(later) in looked_through


def test_what_was_only_needed_to_build_is_cleared_away_before() -> None:
    circle = Held()
    circle.itself = circle
    gone = weakref.ref(circle)
    del circle
    heap.settle()
    assert gone() is None, "garbage was kept for ever: collect before freezing"
