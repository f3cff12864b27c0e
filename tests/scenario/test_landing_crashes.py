"""golive dies before or after everything it writes while it has a head updated or puts it into the merge queue, and comes back.

Each act of landing has a story here: how it comes to it, how it goes on, and what must be so in the end wherever golive died.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from golive.standins.wire import Request, Response
from mortal import Boundaries, MortalWorld, mortal
from queues import e2e, queued
from world import POLICY, scratch

ONE_ROLE = POLICY.replace("      - {{role: security, from: [acme/security]}}\n", "")
NEAR = 4
"""Boundaries on either side of the act at which golive dies, too: the commits of the intent, the answer and the turn."""


class Updated:
    """The branch asks for heads that are up to date, and the base has moved on."""

    act = "/update-branch"

    @staticmethod
    def begin(w: MortalWorld) -> int:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id)], strict=True)
        number = w.asked()
        w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo", message="News")
        w.settle()
        return number

    @staticmethod
    def go_on(w: MortalWorld, number: int) -> None:
        for _ in range(3):  # one that died around its request looks again after a while
            w.later(seconds=61)
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)

    @staticmethod
    def assert_once(w: MortalWorld, number: int) -> None:
        granted = [e for e in w.github.requests if e.operation == "pulls/update-branch" and e.response.status == 202]
        assert len(granted) == 1, f"the base was brought in {len(granted)} times"
        assert w.merged(number), w.title(number)
        assert [m.status for m in w.github.merges_of("acme/shop", number)].count(200) == 1


class Queued:
    """The branch lands through a merge queue."""

    act = "enqueuePullRequest"

    @staticmethod
    def begin(w: MortalWorld) -> int:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id), ("e2e", w.ci.id)])
        w.github.require_queue("acme/shop", "main")
        number = w.asked()
        e2e(w, w.github.pull("acme/shop", number).head.sha)
        return number

    @staticmethod
    def go_on(w: MortalWorld, number: int) -> None:
        w.later(seconds=61)
        (entry,) = queued(w)
        e2e(w, entry.group)
        for _ in range(2):
            w.later(seconds=61)

    @staticmethod
    def assert_once(w: MortalWorld, number: int) -> None:
        asked = [
            e for e in w.github.requests if e.request.path == "/graphql" and b"enqueuePullRequest(" in e.request.body
        ]
        entered = [e for e in asked if b'"errors"' not in e.response.body]
        assert len(entered) == 1, f"it was put into the queue {len(entered)} times"
        assert w.merged(number), w.title(number)
        assert not w.merges(number), "only the queue may land it"


STORIES = (Updated, Queued)
Story = type[Updated] | type[Queued]


class AroundActs(Boundaries):
    """The same, where GraphQL that only reads is no write, and one that writes is named by what it does."""

    def outgoing(self, request: Request, call: Callable[[Request], Response]) -> Response:
        if request.path != "/graphql":
            return super().outgoing(request, call)
        if b"mutation" not in request.body:
            return call(request)
        self.here(f"before {Queued.act}")
        response = call(request)
        self.here(f"after {Queued.act}")
        return response


def told(story: Story, chosen: int) -> list[str]:
    """Tell a story, dying at one boundary after it was signed; returns the names of all that went by from there on."""
    boundaries = AroundActs(chosen)
    with scratch() as folder:
        w = MortalWorld(Path(folder), policy=ONE_ROLE, slack=False)
        try:
            number = story.begin(w)
            with mortal(w, boundaries):
                w.says("mina", number, "/golive approve qa")
                story.go_on(w, number)
                boundaries.armed = False
            assert boundaries.crashes == (1 if chosen else 0), f"boundary {chosen} never came"
            story.assert_once(w, number)
        finally:
            w.close()
    return boundaries.names


def die_at(story: Story, away: range) -> None:
    """Die at each boundary that lies so far from the act itself, one life after the other."""
    names = told(story, 0)
    (before,) = (place for place, name in enumerate(names) if name.startswith("before") and name.endswith(story.act))
    for place in (before + far for far in away):
        try:
            told(story, place + 1)
        except AssertionError as error:
            raise AssertionError(f"after a crash at boundary {place + 1}, {names[place]}: {error}") from error


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.lower())
def test_it_is_done_once_when_golive_dies_just_before_or_just_after_the_act(story: Story) -> None:
    die_at(story, range(2))


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.lower())
def test_it_is_done_once_when_golive_dies_at_any_boundary_between_the_intent_and_what_came_of_it(story: Story) -> None:
    die_at(story, range(-NEAR, 0))
    die_at(story, range(2, NEAR + 2))
