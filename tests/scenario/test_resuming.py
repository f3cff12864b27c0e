"""A workflow that ended instead of waiting on a runner is started by golive once the release may go: once, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from golive.standins.wire import Response
from mortal import Boundaries, MortalWorld, mortal
from scenario.test_promotion import approved, promoting, sticky
from world import World, a_world, scratch

WORKFLOW = """\
name: Deploy
run-name: Deploy ${{ inputs.sha }} (${{ inputs.decision }})
on:
  workflow_dispatch:
    inputs:
      pull: {required: true}
      sha: {required: true}
      decision: {required: true}
"""
LISTENS = """\
run-name: Deploy ${{ github.event.client_payload.decision }}
on:
  repository_dispatch:
    types: [golive-go]
"""
BY_NAME = "  merge: {method: squash}\n  resume: {workflow: deploy.yml}\n"
BY_EVENT = "  merge: none\n  resume: {event: golive-go}\n"


def equipped(w: World, workflow: str = WORKFLOW, permission: str = "write") -> World:
    """With both workflows on the base, and an App that may start them."""
    w.app.permissions["actions"] = permission
    files = {".github/workflows/deploy.yml": workflow, ".github/workflows/listens.yml": LISTENS}
    w.github.commit("acme/shop", "main", files, by="bo", message="Workflows")
    w.settle()
    return w


@contextmanager
def a_release(acts: str, **how: str) -> Iterator[tuple[World, int]]:
    with a_world(policy=promoting(acts)) as w:
        yield equipped(w, **how), w.asked()


def runs(w: World) -> list[Any]:
    return list(w.github.runs("acme/shop"))


def test_on_go_the_named_workflow_starts_once_with_what_landed() -> None:
    with a_release(BY_NAME) as (w, number):
        assert runs(w) == []
        approved(w, number)
        (run,) = runs(w)
        landed = w.github.pull("acme/shop", number).merge_commit_sha
        assert (run.event, run.branch, run.actor.login) == ("workflow_dispatch", "main", "golive[bot]")
        assert (run.told["pull"], run.told["sha"]) == (str(number), landed)
        assert len(run.told["decision"]) == 16
        w.later(minutes=10)
        w.restart()
        w.later(minutes=10)
        assert len(runs(w)) == 1, "a restart, or time, starts nothing again"
        assert "Start deploy.yml ✓" in sticky(w, number)


def test_without_a_merge_each_revision_that_is_let_go_sends_the_event_once() -> None:
    with a_release(BY_EVENT) as (w, number):
        approved(w, number)
        first = w.github.pull("acme/shop", number).head.sha
        assert [(run.event, run.told["sha"]) for run in runs(w)] == [("repository_dispatch", first)]
        second = w.push(number)
        assert len(runs(w)) == 1, "a new head is signed before it goes"
        approved(w, number)
        assert [run.told["sha"] for run in runs(w)] == [first, second]
        assert len({run.told["decision"] for run in runs(w)}) == 2


def test_nothing_starts_while_somebody_holds_it() -> None:
    with a_release(BY_EVENT) as (w, number):
        w.says("bo", number, "/golive hold wait for the DBA")
        approved(w, number)
        assert runs(w) == []
        w.says("bo", number, "/golive resume")
        w.later(seconds=2)
        assert len(runs(w)) == 1


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"workflow": "on: push\n"}, "deploy.yml on main must have the trigger"),
        ({"workflow": "on:\n  workflow_dispatch:\n"}, "Name the inputs pull, sha and decision"),
    ],
    ids=["no trigger", "no inputs"],
)  # fmt: skip
def test_a_refused_start_is_said_with_its_mend_and_tried_again_when_a_person_says_so(
    how: dict[str, str], why: str
) -> None:
    with a_release(BY_NAME, **how) as (w, number):
        approved(w, number)
        assert why in sticky(w, number), sticky(w, number)
        w.later(minutes=10)
        assert runs(w) == [], "it is not tried again by itself"
        equipped(w)
        w.later(minutes=2)
        w.says("bo", number, "/golive promote")
        w.later(seconds=2)
        assert len(runs(w)) == 1


def test_an_app_that_may_not_start_workflows_says_which_permission_it_needs() -> None:
    with a_release(BY_NAME, permission="read") as (w, number):
        approved(w, number)
        assert "The App needs Actions: write" in sticky(w, number), sticky(w, number)


def test_a_workflow_that_is_not_there_is_named() -> None:
    with a_release("  merge: none\n  resume: {workflow: gone.yml}\n") as (w, number):
        approved(w, number)
        assert "there is no .github/workflows/gone.yml on main" in sticky(w, number)


def test_a_faulty_answer_after_the_start_starts_nothing_twice() -> None:
    with a_release(BY_EVENT) as (w, number):
        lost: list[str] = []

        def loses(request: Any, call: Any) -> Response:
            answer = call(request)
            if request.path.endswith("/dispatches") and not lost:
                lost.append(request.path)
                return Response.of(502, {"message": "Bad gateway"})
            return answer

        w.github.interceptors.append(loses)
        approved(w, number)
        for _ in range(3):
            w.later(minutes=1)
        assert lost
        assert len(runs(w)) == 1
        assert "Send golive-go ✓" in sticky(w, number)


def test_where_it_cannot_be_told_whether_it_started_a_person_is_asked() -> None:
    silent = WORKFLOW.replace("run-name: Deploy ${{ inputs.sha }} (${{ inputs.decision }})\n", "")
    with a_release(BY_NAME, workflow=silent) as (w, number):
        lost: list[str] = []

        def loses(request: Any, call: Any) -> Response:
            answer = call(request)
            if request.path.endswith("/dispatches") and not lost:
                lost.append(request.path)
                raise ConnectionError("cut")
            return answer

        w.github.interceptors.append(loses)
        approved(w, number)
        for _ in range(3):
            w.later(minutes=1)
        assert len(runs(w)) == 1, "what may have been started is not started again by itself"
        assert "cannot tell whether" in sticky(w, number), sticky(w, number)
        w.says("bo", number, "/golive promote")
        w.later(seconds=2)
        assert len(runs(w)) == 2


def story(w: World) -> int:
    """Signed, merged, started; and the time that it takes after a crash."""
    number = w.asked()
    w.says("mina", number, "/golive approve qa")
    for _ in range(3):
        w.later(seconds=61)
    return number


@pytest.mark.slow
def test_it_starts_once_wherever_golive_dies() -> None:
    names = _told(0)
    places = [n for n, name in enumerate(names, 1) if "dispatches" in name]
    assert places, names
    last = max(places)
    places += [n for n, name in enumerate(names, 1) if "commit" in name and last - 2 <= n <= last + 3]
    for chosen in sorted(places):
        try:
            _told(chosen)
        except AssertionError as error:
            raise AssertionError(f"after a crash at boundary {chosen}, {names[chosen - 1]}: {error}") from error


def _told(chosen: int) -> list[str]:
    boundaries = Boundaries(chosen)
    with scratch() as folder:
        w = MortalWorld(Path(folder), policy=promoting(BY_NAME))
        try:
            equipped(w)
            with mortal(w, boundaries):
                number = story(w)
                boundaries.armed = False
                started = runs(w)
                assert len(started) == 1, [run.told for run in started]
                assert "Start deploy.yml ✓" in sticky(w, number), sticky(w, number)
        finally:
            w.close()
    return boundaries.names


@pytest.mark.parametrize("workflow", [WORKFLOW, "name: Release\non: {workflow_dispatch: {}}\n"], ids=["inputs", "none"])
def test_what_follows_a_merge_is_started_with_the_inputs_it_has_or_without(workflow: str) -> None:
    with a_release("  merge: {method: squash}\n  after_merge: [deploy.yml]\n", workflow=workflow) as (w, number):
        approved(w, number)
        (run,) = runs(w)
        assert (run.path, run.branch) == (".github/workflows/deploy.yml", "main")
        landed = w.github.pull("acme/shop", number).merge_commit_sha
        assert run.told.get("sha", landed) == landed
        w.later(minutes=10)
        assert len(runs(w)) == 1
