"""Writers go one at a time, in the order of coming, and doors before all others."""

from __future__ import annotations

import threading

import pytest

from golive.store.turnstile import Turnstile


def came(turnstile: Turnstile, name: str, first: bool, order: list[str]) -> threading.Thread:
    """Somebody who waits for their turn, and notes that they had it."""

    def write() -> None:
        with turnstile.through(first):
            order.append(name)

    thread = threading.Thread(target=write)
    waiting = len(turnstile._first) + len(turnstile._rest)
    thread.start()
    while len(turnstile._first) + len(turnstile._rest) == waiting:
        pass  # until they stand in the row
    return thread


def test_those_who_wait_go_in_the_order_of_coming_and_doors_before_all_others() -> None:
    turnstile, order = Turnstile(), []
    with turnstile.through():
        row = [("turn 1", False), ("turn 2", False), ("door 1", True), ("turn 3", False), ("door 2", True)]
        threads = [came(turnstile, name, first, order) for name, first in row]
    for thread in threads:
        thread.join(5)
    assert order == ["door 1", "door 2", "turn 1", "turn 2", "turn 3"]


def test_whoever_fails_gives_their_turn_on() -> None:
    turnstile, order = Turnstile(), []
    with pytest.raises(ZeroDivisionError), turnstile.through():
        raise ZeroDivisionError
    with turnstile.through():
        order.append("next")
    assert order == ["next"]
