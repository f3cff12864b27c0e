"""The stand-in's merge queue: what it takes, refuses, tells and lands; asked in process with the documents that golive sends.

Promises are from GitHub's GraphQL reference (`enqueuePullRequest`, `dequeuePullRequest`, `MergeQueue`), its webhook reference
(`merge_group`) and "Managing a merge queue". The scenarios rest on them; add one here before a scenario needs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from contract.github_world import PERMISSIONS, POEM, SHOP, a_github
from contract.test_github_standin_rules import Api, a_token
from golive.githubapp.queue import DEQUEUE, ENQUEUE, ENTRIES
from golive.standins.github.routes_queue import BY_QUEUE
from golive.standins.github.world import Pull

FORBIDDEN = "Resource not accessible by integration"


class Queue:
    """acme/shop, whose main lands through a queue that asks for CI's `build`."""

    def __init__(self, may: str = "write") -> None:
        self.github, _, _ = a_github()
        self._an_app("ci", {"checks": "write"})
        self.api = self._an_app("queueing", {**PERMISSIONS, "merge_queues": may})
        self.github.protect(SHOP, "main", required=[("build", None)])
        self.github.require_queue(SHOP, "main")

    def _an_app(self, slug: str, permissions: dict[str, str]) -> Api:
        app = self.github.create_app(
            slug, permissions=permissions, events=("merge_group",) if "merge_queues" in permissions else (),
            webhook_url=f"http://{slug}.test/hook", webhook_secret="s",
        )  # fmt: skip
        return Api(self.github, a_token(self.github, app, self.github.install(app, "acme")))

    def pull(self, line: int, *, green: bool = True) -> Pull:
        """A pull request that changes one line of the poem."""
        text = POEM.replace(f"line {line}\n", f"verse {line}\n")
        self.github.commit(SHOP, f"change/{line}", {"poem.txt": text}, by="bo", message="Mend")
        number = self.github.open_pull(SHOP, head=f"change/{line}", title=f"Line {line}", by="bo")
        pull = self.github.pull(SHOP, number)
        if green:
            self.builds(pull.head.sha)
        return pull

    def builds(self, sha: str, conclusion: str = "success") -> None:
        self.github.check_run(SHOP, sha, name="build", app="ci", conclusion=conclusion)

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """GraphQL's answer: whatever it says no to, it does so with a 200."""
        answer = self.api.ask("POST", "/graphql", {"query": query, "variables": variables})
        assert answer.status == 200, answer.body
        told: dict[str, Any] = answer.json()
        return told

    def enqueue(self, pull: Pull, expected: str = "") -> str:
        """Put it in; why not, in GitHub's words, or nothing."""
        given = {"pullRequestId": f"PR_{pull.id}", "expectedHeadOid": expected or pull.head.sha}
        told = self.ask(ENQUEUE, {"input": given})
        if not told.get("errors"):
            assert told["data"]["enqueuePullRequest"]["mergeQueueEntry"]["id"]
        return why_not(told)

    def dequeue(self, pull: Pull) -> str:
        """Take it out; why not, or nothing."""
        return why_not(self.ask(DEQUEUE, {"input": {"id": f"PR_{pull.id}"}}))

    def entries(self) -> list[dict[str, Any]]:
        """What waits, as GraphQL tells it."""
        owner, _, name = SHOP.partition("/")
        told = self.ask(ENTRIES, {"owner": owner, "name": name, "branch": "main", "first": 100})
        nodes: list[dict[str, Any]] = told["data"]["repository"]["mergeQueue"]["entries"]["nodes"]
        return nodes

    def places(self) -> list[tuple[int, int]]:
        """Number and position of what waits."""
        return [(node["pullRequest"]["number"], node["position"]) for node in self.entries()]

    def groups(self) -> list[tuple[str, str, str]]:
        """The webhooks about groups so far: action, reason, commit."""
        sent = (json.loads(o.body) for o in self.github.courier.waiting if o.headers["X-GitHub-Event"] == "merge_group")
        return [(told["action"], told.get("reason", ""), told["merge_group"]["head_sha"]) for told in sent]


def why_not(told: Mapping[str, Any]) -> str:
    return " ".join(error["message"] for error in told.get("errors") or ())


@pytest.fixture
def queue() -> Queue:
    return Queue()


def test_each_entry_is_tested_on_top_of_the_one_before_it_and_its_app_is_told(queue: Queue) -> None:
    one, other = queue.pull(1), queue.pull(9)
    assert (queue.enqueue(one), queue.enqueue(other)) == ("", "")
    assert queue.places() == [(one.number, 1), (other.number, 2)]
    first, second = (node["headCommit"]["oid"] for node in queue.entries())
    commits = queue.github.world.repo(SHOP).git.commits
    assert commits[second].parents == (first,), "the second is tested with the first in it"
    assert queue.groups() == [("checks_requested", "", first), ("checks_requested", "", second)]
    refs = queue.github.world.repo(SHOP).git.refs
    assert refs[f"heads/gh-readonly-queue/main/pr-{one.number}-{commits[first].parents[0]}"] == first


def test_what_is_green_lands_from_the_front_as_the_very_commit_that_was_tested(queue: Queue) -> None:
    one, other = queue.pull(1), queue.pull(9)
    queue.enqueue(one)
    queue.enqueue(other)
    first, second = (node["headCommit"]["oid"] for node in queue.entries())
    queue.builds(second)
    assert not queue.github.pull(SHOP, other.number).merged, "the one before it has not been tested"
    queue.builds(first)
    assert queue.github.pull(SHOP, one.number).merge_commit_sha == first
    assert queue.github.pull(SHOP, other.number).merge_commit_sha == second
    assert queue.github.world.repo(SHOP).git.refs["heads/main"] == second
    assert queue.places() == []
    assert [(action, why) for action, why, _ in queue.groups()[2:]] == [("destroyed", "merged")] * 2


def test_what_fails_leaves_and_those_behind_it_are_tested_anew_without_it(queue: Queue) -> None:
    one, other = queue.pull(1), queue.pull(9)
    queue.enqueue(one)
    queue.enqueue(other)
    first, second = (node["headCommit"]["oid"] for node in queue.entries())
    queue.builds(first, "failure")
    assert queue.places() == [(other.number, 1)]
    (again,) = (node["headCommit"]["oid"] for node in queue.entries())
    assert again not in (first, second)
    assert set(queue.groups()[2:]) == {
        ("destroyed", "dequeued", first), ("destroyed", "invalidated", second), ("checks_requested", "", again),
    }  # fmt: skip
    queue.builds(again)
    assert not queue.github.pull(SHOP, one.number).merged
    assert queue.github.pull(SHOP, other.number).merged


def test_only_the_head_that_was_named_gets_in(queue: Queue) -> None:
    pull = queue.pull(1)
    assert "not the expected commit" in queue.enqueue(pull, expected="0" * 40)
    assert queue.places() == []


def test_it_gets_in_once_and_only_with_its_own_checks_met(queue: Queue) -> None:
    pull, untested = queue.pull(1), queue.pull(9, green=False)
    assert queue.enqueue(pull) == ""
    assert "already in the queue" in queue.enqueue(pull)
    assert '"build" is expected' in queue.enqueue(untested)
    queue.builds(untested.head.sha, "failure")
    assert '"build" is failing' in queue.enqueue(untested)
    assert queue.places() == [(pull.number, 1)]


@pytest.mark.parametrize("state", ["a draft", "closed", "in conflict", "no queue"])
def test_what_cannot_land_does_not_get_in(queue: Queue, state: str) -> None:
    pull = queue.pull(1)
    match state:
        case "a draft":
            queue.github.set_draft(SHOP, pull.number, True, by="bo")
        case "closed":
            queue.github.close_pull(SHOP, pull.number, by="bo")
        case "in conflict":
            queue.github.commit(SHOP, "main", {"poem.txt": POEM.replace("line 1\n", "else\n")}, by="cy")
        case "no queue":
            queue.github.world.repo(SHOP).queues.clear()
    assert queue.enqueue(pull), f"what is {state} got in"


def test_a_push_to_the_head_and_the_dequeue_button_take_it_out(queue: Queue) -> None:
    pull, other = queue.pull(1), queue.pull(9)
    queue.enqueue(pull)
    queue.enqueue(other)
    queue.github.commit(SHOP, "change/1", {"more.txt": "more\n"}, by="bo")
    assert queue.places() == [(other.number, 1)]
    assert queue.dequeue(other) == ""
    assert queue.places() == []
    assert "not in the merge queue" in queue.dequeue(other)


def test_a_push_to_the_base_has_every_group_made_anew(queue: Queue) -> None:
    pull = queue.pull(1)
    queue.enqueue(pull)
    (before,) = (node["headCommit"]["oid"] for node in queue.entries())
    queue.github.commit(SHOP, "main", {"news.txt": "news\n"}, by="cy")
    (after,) = (node["headCommit"]["oid"] for node in queue.entries())
    git = queue.github.world.repo(SHOP).git
    assert after != before
    assert git.commits[after].parents == (git.refs["heads/main"],)


def test_the_merge_button_of_the_api_is_refused_where_only_the_queue_may_land(queue: Queue) -> None:
    pull = queue.pull(1)
    merge = f"/repos/{SHOP}/pulls/{pull.number}/merge"
    assert queue.api.status("PUT", merge, {"sha": pull.head.sha, "merge_method": "squash"}) == (405, BY_QUEUE)


def test_an_app_needs_the_permission_to_change_the_queue_and_none_of_it_to_look() -> None:
    queue = Queue(may="read")
    pull = queue.pull(1)
    assert queue.enqueue(pull) == FORBIDDEN
    queue.github.enqueue(SHOP, pull.number, by="bo")
    assert queue.dequeue(pull) == FORBIDDEN
    assert queue.places() == [(pull.number, 1)]


def test_no_other_document_is_answered_and_nobody_unknown_is_heard(queue: Queue) -> None:
    assert "only the merge queue's" in why_not(queue.ask("query { viewer { login } }", {}))
    assert Api(queue.github, "nobody").status("POST", "/graphql", {"query": ENTRIES})[0] == 401
