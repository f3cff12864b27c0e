"""Run the checks of a policy at once: the graph as wide as it can be, every timeout enforced, nothing waited for twice.

No database and no forge: this is what `golive check` runs, and a runner. Each worker is a daemon thread; one whose check
hangs is left behind and replaced, so that a library without a timeout delays nobody.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from golive.core.appraise import appraise
from golive.core.findings import Judged, explained, finish, latest_waivers, order, settle
from golive.core.model import Finding, Waiver
from golive.core.policy import CheckRule
from golive.engine.attempt import TRY_AGAIN, caught, look_once, no_answer
from golive.ports import Clock, Look

WIDTH = 32
"""Checks at the same time, at most: enough that waiting overlaps, few enough that a small service is not flooded."""


class Progress(Protocol):
    """Told what happens while it happens, from one thread."""

    def started(self, rule: CheckRule) -> None: ...
    def finished(self, judged: Judged) -> None: ...


@dataclass(frozen=True)
class Setting:
    """What the checks of one run share.

    look: a check → how it looks at the world.   baselines: check → measure → recorded value.
    stamp: writes into a finding what all findings of this run have in common, and takes secrets out.
    """

    look: Callable[[CheckRule], Look]
    clock: Clock
    stamp: Callable[[Finding], Finding]
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    width: int = WIDTH


@dataclass
class _Attempt:
    """One try of one check. at: when it began, on the monotonic clock."""

    rule: CheckRule
    number: int
    at: float = 0.0
    abandoned: bool = False


class _Crew:
    """Daemon threads that take attempts; grows when one is left behind."""

    def __init__(self, work: Callable[[CheckRule], Finding]) -> None:
        self._work = work
        self._jobs: queue.SimpleQueue[_Attempt | None] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[tuple[_Attempt, Finding]] = queue.SimpleQueue()
        self._size = 0

    def add(self) -> None:
        """One more worker."""
        self._size += 1
        threading.Thread(target=self._loop, name="check", daemon=True).start()

    def give(self, attempt: _Attempt) -> None:
        """Start it at once: there is always a free worker for what is given."""
        attempt.at = time.monotonic()
        self._jobs.put(attempt)

    def dismiss(self) -> None:
        """Let everybody go who is free."""
        for _ in range(self._size):
            self._jobs.put(None)

    def _loop(self) -> None:
        while (attempt := self._jobs.get()) is not None:
            finding = self._work(attempt.rule)
            if attempt.abandoned:
                return  # its place was given to another
            self.done.put((attempt, finding))


class _Course:
    """One run from start to end."""

    def __init__(self, rules: Sequence[CheckRule], setting: Setting, progress: Progress) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._setting = setting
        self._progress = progress
        self._now = setting.clock()
        self._waivers = latest_waivers(setting.waivers, self._now)
        self._graph = order(rules)
        self._settled: dict[str, Judged] = {}
        self._ready: list[CheckRule] = []
        self._running: list[_Attempt] = []
        self._later: list[tuple[float, int, _Attempt]] = []
        self._began: dict[str, float] = {}
        self._crew = _Crew(self._once)

    def run(self) -> tuple[Judged, ...]:
        self._graph.prepare()
        self._advance()
        for _ in range(min(self._setting.width, len(self._rules))):
            self._crew.add()
        try:
            while self._graph.is_active():
                self._fill()
                self._receive()
        finally:
            self._crew.dismiss()
        return explained([self._settled[name] for name in self._rules])

    def _once(self, rule: CheckRule) -> Finding:
        baseline = self._setting.baselines.get(rule.id, {})
        return appraise(rule, look_once(rule, self._setting.look(rule), lambda _, collect: caught(collect)), baseline)

    def _advance(self) -> None:
        """Settle what can be settled without running, until only checks to run are left."""
        while ready := self._graph.get_ready():
            for name in ready:
                rule = self._rules[name]
                judged = settle(rule, self._settled, self._waivers.get(name), self._now)
                if judged is None:
                    self._ready.append(rule)
                else:
                    self._settle(replace(judged, finding=self._setting.stamp(judged.finding)))

    def _settle(self, judged: Judged) -> None:
        self._settled[judged.rule.id] = judged
        self._graph.done(judged.rule.id)
        self._progress.finished(judged)

    def _fill(self) -> None:
        """Start as many as may run."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now and len(self._running) < self._setting.width:
            self._give(heapq.heappop(self._later)[2])
        while self._ready and len(self._running) < self._setting.width:
            rule = self._ready.pop(0)
            self._began[rule.id] = now
            self._progress.started(rule)
            self._give(_Attempt(rule, 1))

    def _give(self, attempt: _Attempt) -> None:
        self._running.append(attempt)
        self._crew.give(attempt)

    def _receive(self) -> None:
        """Wait for the next result, the next timeout or the next try, whichever comes first."""
        moments = [a.at + a.rule.timeout.total_seconds() for a in self._running]
        if len(self._running) < self._setting.width:
            moments += [self._later[0][0]] if self._later else []
        if not moments:
            return
        try:
            attempt, finding = self._crew.done.get(timeout=max(0.0, min(moments) - time.monotonic()))
        except queue.Empty:
            self._give_up_on_the_late()
            return
        if not attempt.abandoned:
            self._running.remove(attempt)
            self._came(attempt, finding)

    def _give_up_on_the_late(self) -> None:
        now = time.monotonic()
        for attempt in [a for a in self._running if a.at + a.rule.timeout.total_seconds() <= now]:
            attempt.abandoned = True
            self._running.remove(attempt)
            self._crew.add()
            self._came(attempt, no_answer(attempt.rule))

    def _came(self, attempt: _Attempt, finding: Finding) -> None:
        rule = attempt.rule
        if finding.outcome in TRY_AGAIN and attempt.number < rule.attempts:
            at = time.monotonic() + rule.retry_delay.total_seconds()
            heapq.heappush(self._later, (at, id(attempt), _Attempt(rule, attempt.number + 1)))
            return
        finding = replace(
            finding,
            check=rule.id,
            taken_at=self._setting.clock(),
            seconds=time.monotonic() - self._began[rule.id],
            attempts=attempt.number,
        )
        self._settle(finish(Judged(rule, self._setting.stamp(finding), rule.digest()), self._waivers.get(rule.id)))
        self._advance()


def run(rules: Sequence[CheckRule], setting: Setting, progress: Progress) -> tuple[Judged, ...]:
    """Every check, in the order given, as it stands after this run."""
    return _Course(rules, setting, progress).run() if rules else ()
