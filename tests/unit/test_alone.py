"""Work that only computes goes on for one subject at a time, and whatever fails lets the next one go on."""

from __future__ import annotations

import threading

import pytest

from golive.engine.alone import alone


def test_a_second_subject_begins_when_the_first_has_ended() -> None:
    second_is_in, overlapped = threading.Event(), []
    told: list[str] = []

    def work(subject: str) -> None:
        told.append(f"{subject} begins")
        if subject == "first":
            other.start()
            overlapped.append(second_is_in.wait(0.2))
        else:
            second_is_in.set()
        told.append(f"{subject} ends")

    one = alone(work)
    other = threading.Thread(target=one, args=("second",))
    one("first")
    other.join(5)
    assert overlapped == [False], "the second was worked beside the first"
    assert told == ["first begins", "first ends", "second begins", "second ends"]


def test_what_fails_is_told_and_the_next_subject_goes_on() -> None:
    worked: list[str] = []

    def work(subject: str) -> None:
        if subject == "broken":
            raise ZeroDivisionError
        worked.append(subject)

    one = alone(work)
    with pytest.raises(ZeroDivisionError):
        one("broken")
    after = threading.Thread(target=one, args=("whole",), daemon=True)
    after.start()
    after.join(5)
    assert worked == ["whole"], "the failure kept the turn for itself"


def test_two_kinds_of_work_do_not_wait_for_each_other() -> None:
    worked: list[str] = []
    within = alone(worked.append)
    alone(within)("both")
    assert worked == ["both"]
