"""The run of a policy's checks: as wide as its graph, every timeout enforced, every cause named once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from builders import NOW, Parts, a_check
from golive.core.findings import Judged
from golive.core.model import Finding, Measure, Outcome, Waiver
from golive.core.policy import CheckRule, Thresholds
from golive.engine.run import Setting, run
from golive.ports import Look, LookHttp, Unreachable

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Does(Parts):
    """A kind that does what its test says."""

    kind: ClassVar[str] = "does"
    work: Callable[[], Any] = lambda: Outcome.PASSED
    parts: tuple[str, ...] = ()

    def canonical(self) -> str:
        return "does"

    def collect(self, look: Look) -> Any:
        return self.work()

    def judge(self, facts: Any) -> Finding:
        if self.parts:
            worst = Outcome.PASSED if all(f.outcome is Outcome.PASSED for f in facts.values()) else Outcome.FAILED
            return Finding("", worst, "combined")
        return Finding("", facts, f"came to {facts.value}", measures=(Measure("value", 1.0),))

    def of_checks(self) -> tuple[str, ...]:
        return self.parts


class NoHttp(LookHttp):
    """These checks ask nobody."""


@dataclass
class Heard:
    """Progress that remembers."""

    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def started(self, rule: CheckRule) -> None:
        self.begun.append(rule.id)

    def finished(self, judged: Judged) -> None:
        self.ended.append(judged.rule.id)


def rule(id: str, work: Callable[[], Any] = lambda: Outcome.PASSED, **changes: Any) -> CheckRule:
    return a_check(id, options=Does(work, changes.pop("parts", ())), **changes)


def ran(rules: Iterable[CheckRule], heard: Heard | None = None, **setting: Any) -> dict[str, Judged]:
    look = Look(http=NoHttp(), forge=None, now=NOW)
    made = Setting(lambda rule: look, lambda: NOW, lambda finding: finding, **setting)
    return {one.rule.id: one for one in run(tuple(rules), made, heard or Heard())}


def raising(error: Exception) -> Callable[[], Any]:
    def work() -> Any:
        raise error

    return work


def test_findings_come_in_the_policys_order_with_their_circumstances() -> None:
    came = ran([rule("b"), rule("a", needs=("b",))])
    assert list(came) == ["b", "a"]
    assert came["a"].finding.taken_at == NOW
    assert came["a"].finding.check == "a"


def test_independent_checks_run_at_the_same_time() -> None:
    together = threading.Barrier(8, timeout=5)

    def meet() -> Outcome:
        together.wait()
        return Outcome.PASSED

    came = ran([rule(f"c{n}", meet) for n in range(8)])
    assert all(one.finding.outcome is Outcome.PASSED for one in came.values()), "they waited for each other in vain"


def test_no_more_run_at_once_than_the_width() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def count() -> Outcome:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        return Outcome.PASSED

    ran([rule(f"c{n}", count) for n in range(12)], width=3)
    assert most == 3


def test_one_cause_blocks_what_needs_it_and_is_named_as_the_root() -> None:
    came = ran([
        rule("service", lambda: Outcome.FAILED), rule("api", needs=("service",)), rule("login", needs=("api",)),
        rule("docs"),
    ])  # fmt: skip
    assert came["api"].finding.outcome is came["login"].finding.outcome is Outcome.BLOCKED
    assert came["login"].root is came["service"].rule
    assert came["docs"].finding.outcome is Outcome.PASSED


def test_what_is_explained_runs_and_is_folded_only_where_both_fail() -> None:
    down = lambda: Outcome.FAILED  # noqa: E731
    came = ran(
        [rule("service", down), rule("api", down, explained_by=("service",)), rule("x", explained_by=("service",))]
    )
    assert came["api"].finding.outcome is Outcome.FAILED
    assert came["api"].root is came["service"].rule
    assert came["x"].root is None
    well = ran([rule("service"), rule("api", down, explained_by=("service",))])
    assert well["api"].root is None, "it failed by itself, so nothing explains it"


@pytest.mark.parametrize("first", [Outcome.FAILED, Outcome.PASSED])
def test_a_combined_check_is_weighed_from_its_parts_without_running(first: Outcome) -> None:
    heard = Heard()
    came = ran([rule("all", parts=("a", "b")), rule("a", lambda: first), rule("b")], heard)
    assert came["all"].finding.outcome is first
    assert "all" not in heard.begun
    assert set(heard.ended) == {"a", "b", "all"}


def test_a_check_that_hangs_is_unknown_at_its_timeout_and_delays_nobody() -> None:
    forever = threading.Event()
    began = time.monotonic()
    hung = [rule(f"hung{n}", forever.wait, timeout=SECOND / 5) for n in range(3)]
    came = ran([*hung, rule("well")], width=4)
    took = time.monotonic() - began
    forever.set()
    assert came["hung0"].finding.outcome is Outcome.UNKNOWN
    assert "0.2 s" in came["hung0"].finding.summary
    assert came["well"].finding.outcome is Outcome.PASSED
    assert took < 2, f"three checks that hang for 0.2 s each took {took:.1f} s: they were waited for"


def test_more_hanging_checks_than_workers_all_end() -> None:
    forever = threading.Event()
    came = ran([rule(f"hung{n}", forever.wait, timeout=SECOND / 50) for n in range(9)], width=2)
    forever.set()
    assert all(one.finding.outcome is Outcome.UNKNOWN for one in came.values())


@pytest.mark.parametrize(
    ("error", "says"),
    [(Unreachable("GET http://x: refused"), "GET http://x: refused"), (KeyError("token=hunter2"), "KeyError")],
)
def test_what_a_check_raises_is_unknown_and_an_unforeseen_error_keeps_its_text_to_itself(
    error: Exception, says: str
) -> None:
    finding = ran([rule("a", raising(error))])["a"].finding
    assert finding.outcome is Outcome.UNKNOWN
    assert says in finding.summary
    assert "hunter2" not in finding.summary


@pytest.mark.parametrize(("fails", "outcome", "attempts"), [(1, Outcome.PASSED, 2), (9, Outcome.FAILED, 3)])
def test_a_check_is_tried_as_often_as_it_may(fails: int, outcome: Outcome, attempts: int) -> None:
    tried: list[int] = []

    def work() -> Outcome:
        tried.append(1)
        return Outcome.FAILED if len(tried) <= fails else Outcome.PASSED

    finding = ran([rule("a", work, attempts=3, retry_delay=SECOND / 100)])["a"].finding
    assert (finding.outcome, finding.attempts, len(tried)) == (outcome, attempts, attempts)


def test_a_waived_check_is_not_run_and_an_expired_waiver_is_said() -> None:
    heard = Heard()
    waivers = (Waiver("a", "old", "@ana", NOW + SECOND), Waiver("b", "older", "@ana", NOW))
    came = ran([rule("a"), rule("b", lambda: Outcome.FAILED)], heard, waivers=waivers)
    assert came["a"].finding.outcome is Outcome.WAIVED
    assert "a" not in heard.begun
    assert came["b"].finding.outcome is Outcome.FAILED
    assert "expired" in came["b"].finding.summary


def test_a_baseline_reaches_the_criteria() -> None:
    from golive.core.criteria import parse

    thresholds = Thresholds(parse("<=+10%"))
    assert ran([rule("a", thresholds=thresholds)])["a"].finding.outcome is Outcome.UNKNOWN
    came = ran([rule("a", thresholds=thresholds)], baselines={"a": {"value": 1.0}})
    assert came["a"].finding.outcome is Outcome.PASSED


def test_a_chain_of_a_thousand_needs_no_thousand_frames() -> None:
    rules = [rule("c0", lambda: Outcome.FAILED), *(rule(f"c{n}", needs=(f"c{n - 1}",)) for n in range(1, 1000))]
    came = ran(reversed(rules))
    assert came["c999"].root is came["c0"].rule


def test_nothing_to_run_is_an_empty_result() -> None:
    assert ran([]) == {}
