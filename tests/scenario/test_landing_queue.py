"""Through GitHub's merge queue: in on GO, looked at again in every group, out when the verdict falls. In by the doors."""

from __future__ import annotations

import pytest

from golive.core.model import Subject
from golive.standins.wire import Next, Request, Response
from queues import a_queue, e2e, in_queue, ours, queued


def test_a_release_that_is_go_lands_through_the_queue() -> None:
    with a_queue() as w:
        number = in_queue(w)
        (entry,) = queued(w)
        assert entry.number == number
        assert "merge queue, at place 1" in w.title(number)
        assert ours(w, entry.group).conclusion == "success"
        e2e(w, entry.group)
        assert w.merged(number)
        assert not w.merges(number), "the merge button of the API was used where only the queue may land"
        assert w.standing(number).landing.landed.verdict == "as_signed"


def test_a_queue_that_only_the_refusal_tells_of_is_used_too() -> None:
    with a_queue(build=False, by_ruleset=False) as w:
        number = in_queue(w)
        w.later(minutes=2)
        assert len(w.merges(number)) == 1
        assert w.merged(number), w.title(number)


def test_a_hold_takes_it_out_and_lifting_it_puts_it_in_again() -> None:
    with a_queue() as w:
        number = in_queue(w)
        (entry,) = queued(w)
        w.says("bo", number, "/golive hold wait")
        assert not queued(w)
        assert not w.merged(number)
        w.says("bo", number, "/golive resume")
        (again,) = queued(w)
        assert again.id != entry.id
        e2e(w, again.group)
        assert w.merged(number)


def test_what_fails_in_the_queue_is_said_and_put_in_again_only_when_somebody_asks() -> None:
    with a_queue() as w:
        number = in_queue(w)
        (entry,) = queued(w)
        e2e(w, entry.group, "failure")
        w.later(minutes=10)
        assert not queued(w), "what the queue had thrown out was put in again and again"
        assert "not any more" in w.title(number)
        w.says("bo", number, "/golive promote")
        (again,) = queued(w)
        e2e(w, again.group)
        assert w.merged(number)


def test_a_push_to_what_is_queued_does_not_land() -> None:
    with a_queue() as w:
        number = in_queue(w)
        w.push(number)
        w.later(seconds=61)
        assert not queued(w)
        assert not w.merged(number)


@pytest.mark.parametrize("lost", ["before the effect", "after the effect"])
def test_putting_it_in_whose_answer_is_lost_happens_once(lost: str) -> None:
    with a_queue() as w:
        failed: list[str] = []

        def fails_once(request: Request, call: Next) -> Response:
            if b"mutation" not in request.body or failed:
                return call(request)
            failed.append(request.path)
            if lost == "after the effect":
                call(request)
            raise ConnectionError("reset")

        w.github.interceptors.append(fails_once)
        number = in_queue(w)
        w.later(minutes=2)
        assert failed
        (entry,) = queued(w)
        e2e(w, entry.group)
        assert w.merged(number)


def test_a_pull_request_that_is_no_release_goes_by_its_own_state() -> None:
    with a_queue() as w:
        w.github.commit("acme/shop", "fix/typo", {"readme.md": "x\n"}, by="eve")
        number = w.github.open_pull("acme/shop", head="fix/typo", title="Typo", by="eve")
        w.settle()
        e2e(w, w.github.pull("acme/shop", number).head.sha)
        w.github.enqueue("acme/shop", number, by="bo")
        w.settle()
        (entry,) = queued(w)
        assert ours(w, entry.group).conclusion == "success"
        assert "not a release" in ours(w, entry.group).output["summary"]
        e2e(w, entry.group)
        assert w.merged(number)


def test_one_that_turns_bad_behind_a_group_that_was_let_go_stops_it() -> None:
    with a_queue() as w:
        number = in_queue(w)
        (entry,) = queued(w)
        assert ours(w, entry.group).conclusion == "success"
        refused: list[str] = []

        def cannot_take_out(request: Request, call: Next) -> Response:
            if b"dequeuePullRequest(" in request.body:
                refused.append(request.path)
                return Response.of(200, {"errors": [{"type": "UNPROCESSABLE", "message": "Something went wrong."}]})
            return call(request)

        w.github.interceptors.append(cannot_take_out)
        w.says("bo", number, "/golive hold wait")
        w.later(seconds=61)
        assert refused, "golive did not try to take it out"
        assert not w.merged(number)
        assert not queued(w) or ours(w, entry.group).conclusion != "success"


def test_a_group_that_is_dissolved_is_no_longer_looked_at() -> None:
    with a_queue() as w:
        number = in_queue(w)
        w.says("bo", number, "/golive hold wait")
        w.later(minutes=3)
        w.later(minutes=3)

        assert w.golive is not None
        kept = w.golive.store.standing(Subject(w.golive.forge.host, w.repo_id, 0)).landing
        assert not kept.groups
