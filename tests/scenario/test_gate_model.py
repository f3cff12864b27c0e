"""The gate as a state machine: people, code, clocks, lost deliveries, faults and crashes in any order, and two promises.

Safety: golive asks for a merge only if, in what it read in that turn, the policy of the base as read then was fulfilled
for that tree. Liveness: once events stop and all is well, it merges. Both are judged by `truth.Truth`, which sees only
what people did and what golive read, published and asked for.

Add an act in `histories.History` and one rule here. GOLIVE_TEST_PROFILE=long plays a million, and shrinks what fails;
GOLIVE_MODEL_EXAMPLES says how many instead.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, Phase, event, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from again import Again
from golive.standins.sample import Sample
from golive.standins.wire import Next, Request, Response, Served, serve
from histories import History
from mortal import Boundaries, MortalWorld, mortal
from truth import POLICY, REPO, ROLES
from world import scratch

LONG = os.environ.get("GOLIVE_TEST_PROFILE") == "long"
EXAMPLES = int(os.environ.get("GOLIVE_MODEL_EXAMPLES", "1000000" if LONG else "2000"))
SHARES = 8
"""Into how many tests the examples are dealt, so that they can run side by side."""
AT_A_TIME = 25
"""Examples of one run of hypothesis, which holds what it knows of them in memory."""
STEPS, MANY_STEPS, LONG_ONE = 7, 30, 16
"""Acts of one example, at most; in one run of so many there are many acts."""
PHASES = tuple(Phase) if LONG else (Phase.explicit, Phase.generate)
TOLD = os.environ.get("GOLIVE_MODEL_TOLD")
"""A folder for what was counted, of which `model_table.py` makes a table."""
LANDS = 0.3
"""At least so many of the examples land by themselves, amid it all: else too little of the gate is tried."""
SEEN: Counter[str] = Counter()

people = st.sampled_from(("mina", "zoe", "sam", "sue", "ana", "eve", "bo"))
signers = st.sampled_from(("mina", "zoe", "sam", "sue"))
roles = st.sampled_from(("", *ROLES))
few = st.integers(0, 3)
seeds = st.integers(0, 99)
faults = st.lists(st.sampled_from(("before", "after", "reset", "")), max_size=4)


class Faults:
    """The next requests to GitHub that fail: before anything happened, or, of writes, after it did."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def __call__(self, request: Request, call: Next) -> Response:
        kind = self.left.pop() if self.left else ""
        SEEN["faults"] += bool(kind)
        if kind == "reset":
            raise ConnectionError("the connection was reset")
        if kind == "after" and request.method != "GET":
            call(request)
        return Response.of(502, {"message": "Server Error"}) if kind else call(request)


class Street:
    """What is built once for all examples: the sample service, served, and how releases begin."""

    def __init__(self) -> None:
        self.sample = Sample()
        self.served: Served = serve(self.sample.asgi)
        self.built: dict[Begins, Again[History]] = {}


@dataclass(frozen=True)
class Begins:
    """How a release begins."""

    author: str
    by_label: bool
    slack: bool
    signed: str
    """The role that has signed already; empty for none."""

    def history(self, folder: Path, street: Street, *, sockets: bool = False) -> History:
        """The release just opened, and looked at."""
        sample = (street.sample, street.served)
        world = MortalWorld(folder, POLICY, sockets=sockets, slack=self.slack, sample=sample)
        history = History(world, self.author, self.by_label)
        history.settle()
        if self.signed:
            history.step(61)
            history.settle()
            history.say({"qa": "zoe", "security": "sue"}[self.signed], "approve", self.signed, "comment", False)
            history.settle()
        return history


@dataclass(frozen=True)
class Ends:
    """What goes wrong while the last words are said: requests that fail, a crash after so many boundaries, what happens
    in the middle of a turn, and in which order it is heard.
    """

    kinds: tuple[str, ...]
    after: int
    meanwhile: str
    order: int


BEGINS = (
    Begins("ana", by_label=False, slack=False, signed="qa"),
    Begins("ana", by_label=False, slack=False, signed="security"),
    Begins("ana", by_label=True, slack=False, signed=""),
    Begins("mina", by_label=False, slack=False, signed="security"),
    Begins("ana", by_label=False, slack=True, signed="qa"),
    Begins("mina", by_label=True, slack=True, signed=""),
)
endings = st.builds(
    Ends, faults.map(tuple), st.sampled_from((0, 0, 0, 0, 0, 0, 0, 6, 14, 22, 30)),
    st.sampled_from(("", "", "", "slow", "push", "reject")), seeds,
)  # fmt: skip
STREET: list[Street] = []


class Gate(RuleBasedStateMachine):
    """One release, from its opening to the moment when nothing is in its way."""

    sockets = False

    def __init__(self) -> None:
        super().__init__()
        self.held = ExitStack()
        self.faults = Faults()
        self.boundaries = Boundaries(0)
        self.history: History | None = None

    @initialize(begins=st.sampled_from(BEGINS), ends=endings)
    def opened(self, begins: Begins, ends: Ends) -> None:
        self.ends = ends
        folder = Path(self.held.enter_context(scratch()))
        self.slack = begins.slack
        self.history = self._made(folder, begins)
        self.world = self.history.world
        self.held.callback(self.world.close)
        self.held.enter_context(mortal(self.world, self.boundaries))
        self.world.github.interceptors.insert(0, self.faults)

    def _made(self, folder: Path, begins: Begins) -> History:
        street = STREET[0]
        street.sample.reset()
        if self.sockets:
            return begins.history(folder, street, sockets=True)
        if begins not in street.built:
            with scratch() as first:
                shared = (street.sample, street.served)
                street.built[begins] = Again(begins.history(Path(first), street), shared)
            street.sample.reset()
        return street.built[begins](folder)

    @invariant()
    def counted(self) -> None:
        SEEN["acts"] += 1

    @property
    def on(self) -> History:
        assert self.history is not None
        return self.history

    @property
    def is_open(self) -> bool:
        return self.history is not None and not self.history.truth.pull.merged

    def did(self, settle: bool) -> None:
        if settle:
            self.on.settle()

    # -- words

    @precondition(lambda self: self.is_open)
    @rule(by=signers, role=roles, names=st.booleans(), settle=st.booleans(), chat=st.booleans())
    def approves(self, by: str, role: str, names: bool, settle: bool, chat: bool) -> None:
        self.on.say(by, "approve", role, "slack" if chat and self.slack else "comment", names)
        self.did(settle)

    @precondition(lambda self: self.is_open)
    @rule(
        by=people,
        verb=st.sampled_from(("approve", "reject", "withdraw", "hold", "resume")),
        role=roles,
        settle=st.booleans(),
    )
    def says(self, by: str, verb: str, role: str, settle: bool) -> None:
        self.on.say(by, verb, "" if verb in ("hold", "resume") else role, "comment", False)
        self.did(settle)

    @precondition(lambda self: self.is_open)
    @rule(by=people, state=st.sampled_from(("APPROVE", "APPROVE", "REQUEST_CHANGES", "COMMENT")))
    def reviews(self, by: str, state: str) -> None:
        self.on.review(by, state)

    @precondition(lambda self: self.is_open)
    @rule(which=few)
    def dismisses(self, which: int) -> None:
        self.on.dismiss(which)

    @precondition(lambda self: self.is_open)
    @rule(which=few, how=st.sampled_from(("edit", "delete")), by=st.sampled_from(("bo", "mina")))
    def changes_words(self, which: int, how: str, by: str) -> None:
        self.on.change_words(which, how, by)

    @precondition(lambda self: self.is_open)
    @rule(by=people, content=st.sampled_from(("+1", "+1", "-1")), which=few)
    def reacts(self, by: str, content: str, which: int) -> None:
        self.on.react(by, content, which)

    @precondition(lambda self: self.is_open and self.slack)
    @rule(by=people, emoji=st.sampled_from(("white_check_mark", "x")), which=few)
    def reacts_in_slack(self, by: str, emoji: str, which: int) -> None:
        self.on.react_in_slack(by, emoji, which)

    @precondition(lambda self: self.is_open)
    @rule(order=seeds)
    def everybody_signs_at_once(self, order: int) -> None:
        self.on.everybody_signs_at_once(order)

    @precondition(lambda self: self.is_open)
    @rule(way=st.integers(0, 15))
    def everybody_signs(self, way: int) -> None:
        self.on.everybody_signs(way if self.slack else 0)

    # -- code

    @precondition(lambda self: self.is_open)
    @rule(
        by=st.sampled_from(("ana", "sam", "mina", "bo")), settle=st.booleans(),
        what=st.sampled_from(("change", "empty", "back")),
    )  # fmt: skip
    def pushes(self, by: str, what: str, settle: bool) -> None:
        self.on.push(by, what)
        self.did(settle)

    @precondition(lambda self: self.is_open)
    @rule(by=st.sampled_from(("ana", "bo", "mina")), settle=st.booleans())
    def brings_the_base_in(self, by: str, settle: bool) -> None:
        self.on.main_moves()
        self.on.update_branch(by)
        self.did(settle)

    @precondition(lambda self: self.is_open)
    @rule(base=st.sampled_from(("next", "main")), settle=st.booleans())
    def retargets(self, base: str, settle: bool) -> None:
        self.on.retarget(base)
        self.did(settle)

    @precondition(lambda self: self.is_open)
    @rule()
    def there_and_back(self) -> None:
        self.on.there_and_back()

    @precondition(lambda self: self.is_open)
    @rule(says=st.sampled_from(("success", "failure", "pending", "forged")))
    def ci(self, says: str) -> None:
        self.on.ci(says)

    @precondition(lambda self: self.is_open)
    @rule(status=st.sampled_from((200, 503)), state=st.sampled_from(("ok", "degraded")))
    def sample(self, status: int, state: str) -> None:
        self.on.sample(status, state)

    @precondition(lambda self: self.is_open)
    @rule(release=st.booleans())
    def siblings(self, release: bool) -> None:
        self.on.sibling(release)

    @precondition(lambda self: self.is_open)
    @rule(members=st.sampled_from((("sue",), ("sam", "sue"), ())))
    def team_changes(self, members: tuple[str, ...]) -> None:
        self.on.team(*members)

    @precondition(lambda self: self.is_open)
    @rule()
    def label_turns(self) -> None:
        self.on.label()

    # -- time, deliveries, faults

    @precondition(lambda self: self.is_open)
    @rule(seconds=st.sampled_from((1, 31, 61, 901)))
    def time_passes(self, seconds: int) -> None:
        self.on.step(seconds)
        self.on.settle()

    @precondition(lambda self: self.is_open)
    @rule(seed=seeds)
    def deliveries_are_reordered(self, seed: int) -> None:
        self.on.shuffle(seed)

    @precondition(lambda self: self.is_open)
    @rule()
    def deliveries_come_twice(self) -> None:
        self.on.twice()

    @precondition(lambda self: self.is_open)
    @rule()
    def deliveries_are_lost(self) -> None:
        self.on.lose()

    @precondition(lambda self: self.is_open)
    @rule(what=st.sampled_from(("slow", "push", "reject")))
    def meanwhile(self, what: str) -> None:
        self.on.meanwhile(what)

    @precondition(lambda self: self.is_open)
    @rule(kinds=st.lists(st.sampled_from(("before", "after", "reset", "")), min_size=1, max_size=6))
    def the_forge_fails(self, kinds: list[str]) -> None:
        self.faults.left = kinds

    @precondition(lambda self: self.is_open)
    @rule(after=st.integers(1, 30))
    def it_will_die(self, after: int) -> None:
        self.boundaries.chosen = self.boundaries.passed + after

    @precondition(lambda self: self.is_open)
    @rule()
    def restarts(self) -> None:
        self.on.restart()

    @precondition(lambda self: not self.is_open)
    @rule()
    def it_has_landed(self) -> None:
        """Nothing that comes after it can be undone by golive."""

    # -- the two promises

    def teardown(self) -> None:
        try:
            if self.history is not None:
                self._ends()
        finally:
            self.held.close()

    def _goes_wrong(self, kinds: Sequence[str], after: int, meanwhile: str) -> None:
        self.faults.left = list(kinds)
        if after:
            self.boundaries.chosen = self.boundaries.passed + after
        if meanwhile:
            self.on.meanwhile(meanwhile)

    def _ends(self) -> None:
        """What stands in the way is taken away while things go wrong still; then nothing goes wrong any more."""
        ends, truth = self.ends, self.on.truth
        if self.is_open:
            self.on.mend()
            self._goes_wrong(ends.kinds, ends.after, ends.meanwhile)
            self.on.everybody_signs_at_once(ends.order)
        self.faults.left, self.boundaries.armed = [], False
        self.on.recover()
        before = len(truth.merges())
        if not before:
            self.on.mend()
            self.on.everybody_signs_at_once(0)
            self.on.rest()
        SEEN["examples"] += 1
        SEEN["landed amid it all"] += bool(before)
        SEEN["merges"] += len(truth.merges())
        SEEN["merge requests"] += len(truth.asked)
        SEEN["turns"] += self.world.turns
        SEEN["crashes"] += self.boundaries.crashes
        event("landed amid it all" if before else "landed once all was well")
        assert not truth.broken, f"golive asked for a merge that nothing allowed: {truth.broken}"
        landed = len(truth.merges())
        if landed != 1:
            must = [*truth.missing(live=False, lasting=True), *truth.missing(live=True, lasting=True)]
            stands = [run.output.get("title") for run in self.world.github.check_runs(REPO, truth.head, "golive")]
            raise AssertionError(f"all is well, and it merged {landed} times; missing: {must}; it says: {stands[-1:]}")


class GateOverSockets(Gate):
    """The same over real sockets."""

    sockets = True


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """A served sample for all, and no log: writing it would take a tenth of the time."""
    STREET[:] = [Street()]
    gc.collect()
    gc.freeze()  # what is there by now stays; looking through it again and again would take a tenth of the time
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    yield
    structlog.configure(**before)
    gc.unfreeze()
    STREET.pop().served.stop()


def played(machine: type[Gate], examples: int, share: int = 0) -> None:
    """Play so many; the same ones each time in CI, others in each long run."""
    SEEN.clear()
    began, used, failures = time.monotonic(), time.process_time(), 0
    number = 0
    try:
        while (left := examples - SEEN["examples"]) > 0:
            # hypothesis plays about a quarter more than it counts
            part = min(AT_A_TIME, max(1, left * 3 // 4))
            _run(machine, part, MANY_STEPS if number % LONG_ONE == 1 else STEPS, share * 1_000_000 + number)
            number += 1
    except BaseException:
        failures += 1
        raise
    finally:
        _tell(share, time.monotonic() - began, time.process_time() - used, failures)


def _run(machine: type[Gate], examples: int, steps: int, order: int) -> None:
    chosen = type(machine.__name__, (machine,), {})
    run_state_machine_as_test(
        chosen if LONG else seed(order)(chosen),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, phases=PHASES, print_blob=True,
            suppress_health_check=list(HealthCheck), derandomize=False, database=None,
        ),
    )  # fmt: skip


def _tell(share: int, seconds: float, cpu: float, failures: int) -> None:
    """Leave what was counted for the table of a long run."""
    if TOLD:
        told = {**SEEN, "seconds": seconds, "cpu": cpu, "failures": failures}
        Path(TOLD).mkdir(parents=True, exist_ok=True)
        (Path(TOLD) / f"{os.getpid()}-{share}-{time.monotonic_ns()}.json").write_text(json.dumps(told))


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_no_interleaving_merges_what_was_not_allowed_and_what_is_allowed_merges(share: int) -> None:
    played(Gate, EXAMPLES // SHARES, share)
    assert SEEN["examples"] >= EXAMPLES // SHARES, f"only {SEEN['examples']} were played: {dict(SEEN)}"
    assert SEEN["landed amid it all"] >= LANDS * SEEN["examples"], f"too few land before the end: {dict(SEEN)}"


@pytest.mark.sockets
@pytest.mark.slow
def test_the_same_machine_over_sockets() -> None:
    played(GateOverSockets, max(3, EXAMPLES // 100) if LONG else 8)
