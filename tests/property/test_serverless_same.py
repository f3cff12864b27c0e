"""With a server and without: the same verdict over the words that both can see, whatever was said, pushed and taken back.

The same acts are done in two worlds that share a clock; after each, the server has settled and one run was taken, and both
must say the same. Add an act as one method of `Both` and one line in `ACTS`. What the server sees besides, docs/action.md
lists.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gate_world import POLICY, GateWorld
from golive.core.model import Subject
from golive.settings import Settings
from golive.standins.github.world import RefusedError
from golive.standins.sample import Sample
from golive.standins.wire import Served, serve
from world import World, scratch

LONG = os.environ.get("GOLIVE_TEST_PROFILE") == "long"
PHASES = tuple(Phase) if LONG else (Phase.explicit, Phase.generate)
REPO = "acme/shop"
TURN = 61
"""Seconds after each act: every timer of the server has come round, and reactions were read."""


class Server(World):
    """A server that asks for sign-offs as soon as a run does."""

    def settings(self) -> Settings:
        return super().settings().model_copy(update={"sign_off_rest": timedelta(0)})


class Both:
    """Two worlds in which the same happens."""

    def __init__(self, server: Server, gate: GateWorld) -> None:
        gate.clock.now = server.clock.now
        self.server, self.gate = server, gate
        self.worlds: tuple[World, World] = (server, gate)
        self.comments: list[tuple[int, int]] = []
        self.reviews: list[tuple[int, int]] = []
        self.number = 0
        for w in self.worlds:
            w.github.commit(REPO, "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Release 1.4")
            self.number = w.github.open_pull(REPO, head="release/1.4", title="Release 1.4", by="ana")
            w.ci_says("success", self.number)
        self.settle()

    def settle(self) -> None:
        """Both have looked at all there is."""
        self.server.settle()
        self.gate.settle()
        if not self.gate.merged(self.number):
            self.gate.run(self.number)
        for w in self.worlds:
            w.clock.pass_(seconds=TURN)
        served = self.server.golive
        assert served is not None
        served.work.touch(Subject(served.forge.host, self.server.repo_id, self.number).key)  # a run looks, too
        self.server.settle()
        if not self.gate.merged(self.number):
            self.gate.run(self.number)

    def told(self) -> tuple[Any, Any]:
        """Verdict and reasons of each; where it landed, that."""
        merged = tuple(w.merged(self.number) for w in self.worlds)
        if any(merged):
            return merged
        standing = self.server.standing(self.number)
        one = self.gate.looked[-1].decision
        assert one is not None, self.gate.looked[-1].failed
        reasons = tuple(sorted((reason.code, reason.subject) for reason in one.reasons))
        return (standing.last_verdict, tuple(sorted(standing.last_reasons))), (one.verdict.name, reasons)

    # -- acts

    def say(self, by: str, words: str) -> None:
        said = [w.github.comment(REPO, self.number, by=by, body=f"/golive {words}") for w in self.worlds]
        self.comments.append((said[0], said[1]))

    def unsay(self, which: int, how: str) -> None:
        if not self.comments:
            return
        pair = self.comments.pop(which % len(self.comments))
        for w, comment in zip(self.worlds, pair, strict=True):
            if how == "delete":
                w.github.delete_comment(REPO, comment, by="bo")
            else:
                w.github.edit_comment(REPO, comment, by="bo", body="/golive approve, on second thoughts")

    def review(self, by: str, state: str) -> None:
        made = [w.github.review(REPO, self.number, by=by, state=state) for w in self.worlds]
        self.reviews.append((made[0], made[1]))

    def dismiss(self, which: int) -> None:
        if self.reviews:
            pair = self.reviews.pop(which % len(self.reviews))
            for w, review in zip(self.worlds, pair, strict=True):
                w.github.dismiss_review(REPO, self.number, review, by="bo")

    def react(self, by: str, content: str) -> None:
        """On the newest request; the same again takes it back."""
        for w in self.worlds:
            asked = w.ask_comment(self.number)
            try:
                w.github.unreact(REPO, asked, by=by, content=content)
            except RefusedError:
                w.github.react(REPO, asked, by=by, content=content)

    def push(self, by: str, what: str) -> None:
        for w in self.worlds:
            if what == "update":
                w.github.commit(REPO, "main", {f"m{w.clock():%j%H%M%S}.py": "1\n"}, by="bo", message="Main moves")
                w.github.merge_base_into(REPO, "release/1.4", by=by)
            else:
                files = {"app.py": f"print('{w.clock():%H%M%S}')\n"} if what == "change" else {}
                w.github.commit(REPO, "release/1.4", files, by=by, message=what)
            w.ci_says("success", self.number)

    def ci(self, conclusion: str) -> None:
        for w in self.worlds:
            w.ci_says(conclusion, self.number)

    def wait(self, hours: int) -> None:
        for w in self.worlds:
            w.clock.pass_(hours=hours)


people = st.sampled_from(("mina", "mina", "zoe", "sam", "sue", "ana", "bo", "eve"))
few = st.integers(0, 3)


def act(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, tuple[Any, ...]]]:
    """One kind of act with its arguments."""
    return st.tuples(st.just(name), st.tuples(*arguments))


WORDS = (
    "approve", "approve qa", "approve security", "reject qa it is slow", "withdraw", "looking", "hold the shop is full",
    "resume", "approve nothing-of-that-name", "check ci",
)  # fmt: skip
ACTS = (
    act("say", people, st.sampled_from(WORDS)),
    act("say", people, st.sampled_from(WORDS)),
    act("unsay", few, st.sampled_from(("edit", "delete"))),
    act(
        "review",
        st.sampled_from(("mina", "zoe", "sam", "eve")),
        st.sampled_from(("APPROVE", "REQUEST_CHANGES", "COMMENT")),
    ),
    act("dismiss", few),
    act("react", people, st.sampled_from(("+1", "+1", "-1", "eyes"))),
    act("push", st.sampled_from(("ana", "mina")), st.sampled_from(("change", "update", "update", "empty"))),
    act("ci", st.sampled_from(("success", "failure"))),
    act("wait", st.sampled_from((1, 30))),
)

HELD = POLICY.replace("when: go", "when: ask") + "rules: {valid_for: 24h}\n"
"""It waits to be asked for the merge, so that a history goes on after everybody has signed."""


@contextmanager
def both(sample: tuple[Sample, Served]) -> Iterator[Both]:
    """Two fresh worlds, one with a server."""
    with scratch() as one, scratch() as other:
        text = HELD.replace("{", "{{").replace("}", "}}")
        server = Server(Path(one), text, slack=False, sample=sample)
        gate = GateWorld(Path(other), HELD, sample=sample)
        try:
            yield Both(server, gate)
        finally:
            gate.close()
            server.close()


def check(acts: list[tuple[str, tuple[Any, ...]]], sample: tuple[Sample, Served]) -> None:
    """Do them, and hold one against the other after each."""
    with both(sample) as b:
        for n, (name, arguments) in enumerate(acts):
            with suppress(RefusedError):  # nobody approves their own work, dismisses a remark, or updates what is new
                getattr(b, name)(*arguments)
            b.settle()
            server, gate = b.told()
            assert server == gate, f"after {acts[: n + 1]}: the server says {server}, and a run {gate}"


def test_a_run_says_what_the_server_says() -> None:
    sample = Sample()
    served = serve(sample.asgi)

    @given(acts=st.lists(st.one_of(*ACTS), min_size=3, max_size=6))
    @settings(max_examples=1000 if LONG else 24, deadline=None, phases=PHASES, print_blob=True)
    def same(acts: list[tuple[str, tuple[Any, ...]]]) -> None:
        check(acts, (sample, served))

    try:
        same()
    finally:
        served.stop()
