"""The contract of `ports.Work`, written against a bench: a second adapter brings a bench of its own and passes it all.

A bench is one durable place on which an adapter is opened, left behind and opened again. Subclass `WorkContract` in a
test module, name the class `Test…`, and give it a fixture `bench`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.ports import Clock, Work

SOON = 20.0
"""Seconds after which something that should happen at once is called missing."""
TOMORROW = timedelta(days=1)

Run = Callable[[str], None]


class Bench(Protocol):
    """What an adapter brings to be tested."""

    retry_after: timedelta
    """How long after a run that raised the subject is tried again."""

    def open(self, run: Run, clock: Clock, workers: int = 4) -> Work:
        """The adapter on this bench's durable place, as a process finds it that has just started."""
        ...

    def run_due(self, work: Work) -> None:
        """Work everything that is due by the adapter's clock, in the calling thread."""
        ...

    def errors(self) -> list[tuple[str, str]]:
        """Subject and text of everything that a run raised so far."""
        ...

    def watch(self) -> list[str]:
        """A list that grows by every statement sent to the durable place from now on."""
        ...


class Death(BaseException):
    """What a killed process leaves behind: nobody catches it, nothing is tidied up."""


class HandClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, span: timedelta) -> None:
        self.now += span


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Runs:
    """The runs that happened, as (subject, started at, ended at). `during`: what a run of a subject does."""

    clock: Clock = wall_clock
    during: dict[str, Callable[[], object]] = field(default_factory=dict)
    done: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    started: list[tuple[str, datetime]] = field(default_factory=list)
    overlaps: list[str] = field(default_factory=list)
    _running: Counter[str] = field(default_factory=Counter)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, subject: str) -> None:
        began = self.clock()
        with self._changed:
            self._running[subject] += 1
            if self._running[subject] > 1:
                self.overlaps.append(subject)
            self.started.append((subject, began))
            self._changed.notify_all()
        try:
            if subject in self.during:
                self.during[subject]()
        finally:
            with self._changed:
                self._running[subject] -= 1
                self.done.append((subject, began, self.clock()))
                self._changed.notify_all()

    def count(self, subject: str) -> int:
        return sum(1 for name, _ in self.started if name == subject)

    def until(self, so: Callable[[], bool], what: str) -> None:
        """Wait for something about the runs to be so."""
        with self._changed:
            assert self._changed.wait_for(so, SOON), f"{what}: not within {SOON:.0f} s; runs: {self.started[-20:]}"


@contextmanager
def working(work: Work) -> Iterator[None]:
    """The adapter at work in its own threads."""
    work.start()
    try:
        yield
    finally:
        work.stop()


class WorkContract:
    """Every promise of the port. `bench` is a fixture of the subclass."""

    # -- which touch is served by which run

    def test_a_touch_for_now_runs_once(self, bench: Bench) -> None:
        runs = Runs(clock := HandClock())
        work = bench.open(runs, clock)
        work.touch("a")
        bench.run_due(work)
        bench.run_due(work)
        assert runs.count("a") == 1

    @pytest.mark.parametrize("first", ["now", "tomorrow"])
    def test_a_touch_for_now_and_one_for_tomorrow_are_both_served_at_their_time(self, bench: Bench, first: str) -> None:
        runs = Runs(clock := HandClock())
        work = bench.open(runs, clock)
        at = {"now": None, "tomorrow": clock() + TOMORROW}
        work.touch("a", at.pop(first))
        work.touch("a", *at.values())
        bench.run_due(work)
        assert runs.count("a") == 1, "the touch for now was swallowed or delayed by the one for tomorrow"
        clock.pass_(TOMORROW - timedelta(microseconds=1))
        bench.run_due(work)
        assert runs.count("a") == 1, "a run came before its time"
        clock.pass_(timedelta(microseconds=1))
        bench.run_due(work)
        assert runs.count("a") == 2, "the touch for tomorrow was swallowed by the run of today"

    def test_the_earliest_of_two_touches_wins_and_the_later_one_still_has_its_run(self, bench: Bench) -> None:
        runs = Runs(clock := HandClock())
        work = bench.open(runs, clock)
        noon = clock()
        for hours in (2, 1, 3):
            work.touch("a", noon + timedelta(hours=hours))
        for hours in (1, 2, 3):
            clock.now = noon + timedelta(hours=hours)
            bench.run_due(work)
            assert runs.count("a") == hours

    def test_touches_that_wait_for_the_same_run_are_served_by_one(self, bench: Bench) -> None:
        runs = Runs(clock := HandClock())
        work = bench.open(runs, clock)
        for _ in range(5):
            work.touch("a")
            work.touch("a", clock() - timedelta(hours=1))
        bench.run_due(work)
        assert runs.count("a") == 1

    def test_a_touch_during_a_run_causes_another_run(self, bench: Bench) -> None:
        runs = Runs(clock := HandClock())
        work = bench.open(runs, clock)

        def touch_itself_once() -> None:
            del runs.during["a"]
            work.touch("a")

        runs.during["a"] = touch_itself_once
        work.touch("a")
        bench.run_due(work)
        assert runs.count("a") == 2

    def test_a_touch_of_another_thread_during_a_run_causes_another_run_after_it(self, bench: Bench) -> None:
        runs, go_on = Runs(), threading.Event()
        runs.during["a"] = lambda: go_on.wait(SOON)
        work = bench.open(runs, wall_clock)
        with working(work):
            work.touch("a")
            runs.until(lambda: runs.count("a") == 1, "the first run")
            work.touch("a")
            touched = wall_clock()
            go_on.set()
            runs.until(lambda: len(runs.done) == 2, "a second run")
        assert runs.done[1][1] >= touched
        assert not runs.overlaps

    # -- one at a time, and side by side

    def test_one_run_at_a_time_and_one_for_every_touch_while_threads_hammer(self, bench: Bench) -> None:
        runs, subjects = Runs(), ("a", "b", "c")
        runs.during = {subject: lambda: threading.Event().wait(0.005) for subject in subjects}
        work = bench.open(runs, wall_clock)
        asked: list[tuple[str, datetime]] = []

        def hammer(thread: int) -> None:
            for turn in range(25):
                subject = subjects[(thread + turn) % 3]
                at = wall_clock() + timedelta(milliseconds=turn % 4)
                work.touch(subject, at if turn % 2 else None)
                asked.append((subject, at))

        with working(work):
            threads = [threading.Thread(target=hammer, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            def served() -> bool:
                latest = {s: max((b for name, b in runs.started if name == s), default=None) for s in subjects}
                return all((last := latest[subject]) is not None and last >= at for subject, at in asked)

            runs.until(served, "a run that starts at or after every touch")
        assert not runs.overlaps, f"two runs at a time of {set(runs.overlaps)}"

    def test_different_subjects_run_side_by_side(self, bench: Bench) -> None:
        runs, together = Runs(), threading.Barrier(2, timeout=SOON)
        runs.during = {"a": lambda: together.wait(), "b": lambda: together.wait()}
        work = bench.open(runs, wall_clock, workers=2)
        with working(work):
            work.touch("a")
            work.touch("b")
            runs.until(lambda: len(runs.done) == 2, "both runs")
        assert bench.errors() == [], "one run waited for the end of the other"

    def test_a_subject_that_waits_for_its_own_run_does_not_delay_another_that_is_due_soon(self, bench: Bench) -> None:
        runs, go_on = Runs(), threading.Event()
        runs.during["long"] = lambda: go_on.wait(3 * SOON)
        work = bench.open(runs, wall_clock, workers=2)
        with working(work):
            work.touch("long")
            runs.until(lambda: runs.count("long") == 1, "the long run")
            work.touch("long")
            work.touch("other", due := wall_clock() + timedelta(milliseconds=300))
            try:
                runs.until(lambda: runs.count("other") == 1, "the other subject's run, while the long one goes on")
            finally:
                go_on.set()
        assert dict(runs.started)["other"] >= due

    # -- durable

    def test_a_touch_survives_a_restart(self, bench: Bench) -> None:
        clock = HandClock()
        work = bench.open(Runs(clock), clock)
        work.touch("a")
        work.touch("b", clock() + TOMORROW)
        runs = Runs(clock)
        work = bench.open(runs, clock)
        bench.run_due(work)
        assert [name for name, _ in runs.started] == ["a"]
        clock.pass_(TOMORROW)
        bench.run_due(work)
        assert [name for name, _ in runs.started] == ["a", "b"]

    def test_a_run_that_a_dead_process_had_begun_is_owed_again(self, bench: Bench) -> None:
        clock = HandClock()

        def die(subject: str) -> None:
            raise Death

        work = bench.open(die, clock)
        work.touch("a")
        with pytest.raises(Death):
            bench.run_due(work)
        runs = Runs(clock)
        bench.run_due(bench.open(runs, clock))
        assert runs.count("a") == 1

    # -- what goes wrong, and stopping

    def test_a_run_that_raises_is_told_tried_again_and_blocks_nobody(self, bench: Bench) -> None:
        runs = Runs(clock := HandClock())

        def break_() -> None:
            raise ValueError("the forge is down")

        runs.during["a"] = break_
        work = bench.open(runs, clock)
        work.touch("a")
        work.touch("b")
        bench.run_due(work)
        assert (runs.count("a"), runs.count("b")) == (1, 1)
        assert bench.errors() == [("a", "the forge is down")]
        del runs.during["a"]
        clock.pass_(bench.retry_after)
        bench.run_due(work)
        clock.pass_(bench.retry_after)
        bench.run_due(work)
        assert runs.count("a") == 2, "it is tried again until it does not raise, and then no more"

    def test_a_touch_for_now_does_not_wait_for_the_retry_of_a_run_that_raised(self, bench: Bench) -> None:
        runs = Runs(clock := HandClock())

        def break_once() -> None:
            del runs.during["a"]
            raise ValueError("once")

        runs.during["a"] = break_once
        work = bench.open(runs, clock)
        work.touch("a")
        bench.run_due(work)
        work.touch("a")
        bench.run_due(work)
        assert runs.count("a") == 2

    def test_an_idle_adapter_asks_nothing_and_is_woken_at_once(self, bench: Bench) -> None:
        runs = Runs()
        work = bench.open(runs, wall_clock)
        work.touch("later", wall_clock() + TOMORROW)
        with working(work):
            work.touch("a")
            runs.until(lambda: len(runs.done) == 1, "the first run")
            _until_quiet(seen := bench.watch())
            del seen[:]
            threading.Event().wait(1)
            assert seen == [], "something polls; wait for the next due touch or the next wake-up instead"
            work.touch("a")
            runs.until(lambda: runs.count("a") == 2, "a run right after the touch")
            touched = wall_clock()
            work.touch("soon", due := touched + timedelta(milliseconds=200))
            runs.until(lambda: runs.count("soon") == 1, "a run at its time")
        assert dict(runs.started)["soon"] >= due
        assert runs.count("later") == 0

    def test_stop_lets_the_running_run_end_starts_nothing_more_and_loses_nothing(self, bench: Bench) -> None:
        runs, go_on = Runs(), threading.Event()
        runs.during["a"] = lambda: go_on.wait(SOON)
        work = bench.open(runs, wall_clock, workers=1)
        work.start()
        work.touch("a")
        runs.until(lambda: runs.count("a") == 1, "the run")
        work.touch("b")
        stopping = threading.Thread(target=work.stop)
        stopping.start()
        stopping.join(0.2)
        assert stopping.is_alive(), "stop() came back while a run was going on"
        go_on.set()
        stopping.join(SOON)
        assert not stopping.is_alive()
        assert ([name for name, _, _ in runs.done], runs.count("b")) == (["a"], 0)
        again = Runs()
        work = bench.open(again, wall_clock)
        with working(work):
            again.until(lambda: again.count("b") == 1, "the touch that was left")
        assert again.count("a") == 0

    def test_stop_ends_an_idle_adapter(self, bench: Bench) -> None:
        work = bench.open(Runs(), wall_clock)
        before = set(threading.enumerate())
        work.start()
        started = set(threading.enumerate()) - before
        work.stop()
        assert started
        assert not [thread for thread in started if thread.is_alive()]

    # -- any history

    def test_any_history_has_exactly_the_runs_that_the_promise_asks_for(self, bench: Bench) -> None:
        clock, names = HandClock(), count()

        @settings(max_examples=60)
        @given(HISTORIES)
        def check(history: list[Step]) -> None:
            Simulated(bench, clock, f"{next(names)}:").play(history)

        check()


def _until_quiet(seen: list[str]) -> None:
    """Wait until nothing has been asked for a moment: a run may have ended whose end is still being written."""
    for _ in range(100):
        before = len(seen)
        threading.Event().wait(0.1)
        if len(seen) == before:
            return
    raise AssertionError(f"it never rests; the last statements: {seen[-5:]}")


@dataclass(frozen=True)
class Step:
    """One thing that happens. at: seconds from now for a touch (None: now).   also: what else its turn does."""

    what: str
    subject: str = ""
    at: int | None = None
    also: str = ""


_SUBJECTS = st.sampled_from("abc")
HISTORIES = st.lists(
    st.one_of(
        st.builds(Step, st.just("touch"), _SUBJECTS, st.none() | st.integers(-10, 60)),
        st.builds(Step, st.just("pass"), at=st.integers(1, 40)),
        st.builds(Step, st.just("work"), _SUBJECTS, also=st.sampled_from(["", "raises", "dies", "touches itself"])),
        st.just(Step("restart")),
    ),
    max_size=25,
)


class Simulated:
    """Plays a history on an adapter and on the promise itself: for each subject the times that are still owed."""

    def __init__(self, bench: Bench, clock: HandClock, prefix: str) -> None:
        self.bench, self.clock, self.prefix = bench, clock, prefix
        self.owed: dict[str, set[datetime]] = {name: set() for name in "abc"}
        self.expected: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self.also: dict[str, str] = {}
        self.work = bench.open(self._run, clock)

    def play(self, history: list[Step]) -> None:
        for step in history:
            if step.what == "touch":
                at = self.clock() + timedelta(seconds=step.at) if step.at is not None else None
                self.work.touch(self.prefix + step.subject, at)
                self.owed[step.subject].add(at or self.clock())
            elif step.what == "pass":
                self.clock.pass_(timedelta(seconds=step.at or 0))
            elif step.what == "restart":
                self.work = self.bench.open(self._run, self.clock)
            else:
                self._works(step)

    def _run(self, subject: str) -> None:
        if not subject.startswith(self.prefix):
            return  # left over from the history before
        name = subject.removeprefix(self.prefix)
        self.runs[name] += 1
        also = self.also.pop(name, "")
        if also == "touches itself":
            self.work.touch(subject)
        elif also == "raises":
            raise ValueError("it broke")
        elif also == "dies":
            raise Death

    def _works(self, step: Step) -> None:
        self.also = {step.subject: step.also}
        try:
            self.bench.run_due(self.work)
        except Death:
            self.work = self.bench.open(self._run, self.clock)
            self.bench.run_due(self.work)
        now = self.clock()
        for name, times in self.owed.items():
            due = {at for at in times if at <= now}
            times -= due
            also = step.also if name == step.subject else ""
            self.expected[name] += len(due) and (2 if also in ("dies", "touches itself") else 1)
            if due and also == "raises":
                times.add(now + self.bench.retry_after)
        assert self.runs == self.expected, "runs that happened, and runs that were owed"
