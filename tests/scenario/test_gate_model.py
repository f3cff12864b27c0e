"""The gate as a state machine: people, code, clocks, lost deliveries, faults and crashes in any order, and two promises.

Safety: golive asks for a merge only if, in what it read in that turn, the policy of the base as read then was fulfilled
for that tree. Liveness: once events stop and all is well, it merges. Both are judged by `truth.Truth`, which sees only
what people did and what golive read, published and asked for.

Add an act in `histories.History` and one rule here. GOLIVE_TEST_PROFILE=long plays a million, and shrinks what fails.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from golive.standins.sample import Sample
from golive.standins.wire import Next, Request, Response, Served, serve
from histories import History
from mortal import Boundaries, MortalWorld, mortal
from truth import POLICY, REPO, ROLES
from world import scratch

LONG = os.environ.get("GOLIVE_TEST_PROFILE") == "long"
EXAMPLES = int(os.environ.get("GOLIVE_MODEL_EXAMPLES", "1000000" if LONG else "160"))
SHARES = 8
"""Into how many tests the examples are dealt, so that they can run side by side."""
STEPS = 8
PHASES = tuple(Phase) if LONG else (Phase.explicit, Phase.generate)
SEEN: Counter[str] = Counter()

people = st.sampled_from(("mina", "zoe", "sam", "sue", "ana", "eve", "bo"))
signers = st.sampled_from(("mina", "zoe", "sam", "sue"))
roles = st.sampled_from(("", *ROLES))
few = st.integers(0, 3)
seeds = st.integers(0, 99)


class Faults:
    """The next requests to GitHub that fail: before anything happened, or, of writes, after it did."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def __call__(self, request: Request, call: Next) -> Response:
        kind = self.left.pop() if self.left else ""
        if kind == "reset":
            raise ConnectionError("the connection was reset")
        if kind == "after" and request.method != "GET":
            call(request)
        return Response.of(502, {"message": "Server Error"}) if kind else call(request)


class Street:
    """The sample service, served once for all examples."""

    def __init__(self) -> None:
        self.sample = Sample()
        self.served: Served = serve(self.sample.asgi)


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

    @initialize(
        author=st.sampled_from(("ana", "ana", "mina")),
        by_label=st.booleans(),
        slack=st.sampled_from((False, False, True)),
    )
    def opened(self, author: str, by_label: bool, slack: bool) -> None:
        folder = self.held.enter_context(scratch())
        street = STREET[0]
        street.sample.reset()
        self.world = MortalWorld(
            Path(folder), POLICY, sockets=self.sockets, slack=slack, sample=(street.sample, street.served)
        )
        self.held.callback(self.world.close)
        self.held.enter_context(mortal(self.world, self.boundaries))
        self.world.github.interceptors.insert(0, self.faults)
        self.slack = slack
        self.history = History(self.world, author, by_label)
        self.history.settle()

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

    def _ends(self) -> None:
        self.faults.left, self.boundaries.armed = [], False
        self.on.recover()
        before = len(self.on.truth.merges())
        SEEN["landed by itself" if before else "landed once all was well"] += 1
        if not before:
            self.on.mend()
            self.on.everybody_signs(0)
            self.on.rest()
        truth = self.on.truth
        assert not truth.broken, f"golive asked for a merge that nothing allowed: {truth.broken}"
        landed = len(truth.merges())
        if landed != 1:
            must = [*truth.missing(live=False, lasting=True), *truth.missing(live=True, lasting=True)]
            stands = [run.output.get("title") for run in self.world.github.check_runs(REPO, truth.head, "golive")]
            raise AssertionError(f"all is well, and it merged {landed} times; missing: {must}; it says: {stands[-1:]}")


class GateOverSockets(Gate):
    """The same over real sockets."""

    sockets = True


@pytest.fixture(autouse=True)
def quiet() -> object:
    """A served sample for all, and no log: writing it would take a tenth of the time."""
    STREET[:] = [Street()]
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    yield
    structlog.configure(**before)
    STREET.pop().served.stop()


def played(machine: type[Gate], examples: int, share: int = 0) -> None:
    """Play so many; the same ones each time in CI, others in each long run."""
    chosen = type(machine.__name__, (machine,), {})
    run_state_machine_as_test(
        chosen if LONG else seed(share)(chosen),
        settings=settings(
            max_examples=examples, stateful_step_count=STEPS, deadline=None, phases=PHASES, print_blob=True,
            suppress_health_check=list(HealthCheck), derandomize=False, database=None,
        ),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_no_interleaving_merges_what_was_not_allowed_and_what_is_allowed_merges(share: int) -> None:
    played(Gate, EXAMPLES // SHARES, share)


@pytest.mark.sockets
@pytest.mark.slow
def test_the_same_machine_over_sockets() -> None:
    played(GateOverSockets, max(3, EXAMPLES // 100) if LONG else 8)
