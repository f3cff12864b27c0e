"""How a release lands: the branch's rules, what GitHub says when it will not, and what landed. In by the doors."""

from __future__ import annotations

from typing import Any

import pytest

from golive.standins.wire import Next, Request, Response
from world import POLICY, World, a_world

BY_MERGE = POLICY.replace("method: squash", "method: merge")
BY_REBASE = POLICY.replace("method: squash", "method: rebase")


def the_workflow(w: World) -> int:
    """A release that changes a workflow file; the base has one already."""
    w.github.commit("acme/shop", "main", {".github/workflows/ci.yml": "on: push\n"}, by="bo")
    w.settle()
    w.github.commit("acme/shop", "release/1.4", {".github/workflows/ci.yml": "on: [push]\n"}, by="ana")
    number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana")
    w.ci_says("success", number)
    w.settle()
    w.later(seconds=61)
    return number


def updates(w: World) -> list[Any]:
    """Every request to bring the base in that was granted."""
    return [e for e in w.github.requests if e.operation == "pulls/update-branch" and e.response.status == 202]


# ------------------------------------------------------------------ before anybody signs


@pytest.mark.parametrize("how", ["settings", "linear history"])
def test_a_method_that_the_repository_does_not_allow_is_said_before_anybody_signs(how: str) -> None:
    with a_world(policy=BY_MERGE) as w:
        if how == "settings":
            w.github.allow_methods("acme/shop", ["squash", "rebase"])
        else:
            w.github.require_linear_history("acme/shop", "main")
        number = w.asked()
        assert w.shows(number) == "action_required"
        assert "`squash` or `rebase`" in w.title(number).replace("\\", "")
        w.signed(number)
        assert not w.merges(number), "a merge was tried that the repository does not allow"
        w.write_policy(POLICY)
        w.later(seconds=61)
        assert w.merged(number), w.title(number)


def test_a_release_that_changes_workflows_waits_for_a_person_and_says_so_before_anybody_signs() -> None:
    with a_world() as w:
        number = the_workflow(w)
        assert "App may not land such changes" in w.summary(number)
        assert w.shows(number) == "in_progress", "it is still to be signed"
        w.signed(number)
        assert w.shows(number) == "success", "the verdict stays GO"
        assert not w.merges(number)
        w.later(minutes=5)
        w.github.merge("acme/shop", number, by="bo", method="squash")
        w.settle()
        assert not any("ALARM" in said for said in w.thread()), "what was signed and landed by hand is no alarm"


def test_an_app_that_may_change_workflows_lands_them_itself() -> None:
    with a_world() as w:
        w.app.permissions["workflows"] = "write"
        number = the_workflow(w)
        assert "workflow" not in w.summary(number)
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_branch_that_only_moved_on_in_its_workflows_is_no_reason() -> None:
    with a_world() as w:
        number = w.asked()
        w.github.commit("acme/shop", "main", {".github/workflows/ci.yml": "on: push\n"}, by="bo")
        w.settle()
        w.signed(number)
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ what the branch asks for besides


def test_required_checks_of_others_are_waited_for_by_name_and_nothing_is_tried_before() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id), ("e2e", w.ci.id), ("licence", None)])
        number = w.asked()
        head = w.github.pull("acme/shop", number).head.sha
        w.signed(number)
        assert w.shows(number) == "success", "golive's own verdict does not wait for others"
        assert "e2e" in w.summary(number)
        assert "licence" in w.summary(number)
        w.github.check_run("acme/shop", head, name="e2e", app="ci", conclusion="failure")
        w.settle()
        assert "which has failed" in w.summary(number)
        for _ in range(5):
            w.later(minutes=2)
        assert not w.merges(number), "a merge was tried that GitHub can only refuse"
        w.github.check_run("acme/shop", head, name="e2e", app="ci", conclusion="success")
        w.settle()
        assert not w.merges(number)
        w.github.status("acme/shop", head, "licence", "success", by="bo")
        w.settle()
        assert w.merged(number), w.title(number)
        assert len(w.merges(number)) == 1


def test_a_required_check_of_another_app_with_our_name_is_not_ours() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.ci.id)])
        number = w.asked()
        w.signed(number)
        assert not w.merges(number)
        assert f"golive of app {w.ci.id}" in w.summary(number)


def test_a_base_that_must_be_brought_in_is_brought_in_once_and_sign_offs_stay() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id)], strict=True)
        number = w.asked()
        before = w.github.pull("acme/shop", number).head.sha
        w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo")
        w.settle()
        w.signed(number)
        assert len(updates(w)) == 1
        now = w.github.pull("acme/shop", number).head.sha
        assert now != before
        w.ci_says("success", number)
        w.settle()
        assert w.merged(number), w.title(number)
        assert len(updates(w)) == 1
        assert [m.asked_sha for m in w.merges(number)] == [now]


def test_a_base_that_cannot_be_brought_in_is_said_and_not_asked_for_again() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id)], strict=True)
        asked: list[str] = []

        def refuses(request: Request, call: Next) -> Response:
            if request.path.endswith("/update-branch"):
                asked.append(request.path)
                return Response.of(422, {"message": "merge conflict between base and head"})
            return call(request)

        w.github.interceptors.append(refuses)
        number = w.asked()
        w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo")
        w.settle()
        w.signed(number)
        w.later(minutes=10)
        assert len(asked) == 1
        assert "merge conflict between base and head" in w.title(number)
        assert not w.merges(number)


@pytest.mark.parametrize("lost", ["before the effect", "after the effect"])
def test_an_update_whose_answer_is_lost_is_never_made_twice(lost: str) -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id)], strict=True)
        number = w.asked()
        failed: list[str] = []

        def fails_once(request: Request, call: Next) -> Response:
            if not request.path.endswith("/update-branch") or failed:
                return call(request)
            failed.append(request.path)
            if lost == "after the effect":
                call(request)
            raise ConnectionError("reset")

        w.github.interceptors.append(fails_once)
        w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo")
        w.settle()
        w.signed(number)
        for _ in range(6):
            w.later(seconds=20)
        w.ci_says("success", number)
        w.settle()
        assert failed
        git = w.github.world.repo("acme/shop").git
        head = git.commits[w.github.pull("acme/shop", number).head.sha]
        assert len(head.parents) == 2, "the base was not brought in"
        assert len(git.commits[head.parents[0]].parents) == 1, "the base was brought in twice"
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize(("said", "rule", "who"), [
    ("At least 1 approving review is required by reviewers with write access.", "Require approvals", "approves it in a review"),
    ("Waiting on code owner review from acme/infra.", "Require review from Code Owners", "An owner"),
    ("A conversation must be resolved before this pull request can be merged.", "Require conversation resolution", "resolves"),
    ("You're not authorized to push to this branch.", "Restrict who can push", "An admin adds"),
    ("Commits must have verified signatures.", "Require signed commits", "signs the commits"),
])  # fmt: skip
def test_a_refused_merge_says_which_rule_it_was_and_who_can_do_something(said: str, rule: str, who: str) -> None:
    with a_world() as w:

        def refuses(request: Request, call: Next) -> Response:
            if request.method == "PUT" and request.path.endswith("/merge"):
                return Response.of(405, {"message": said})
            return call(request)

        w.github.interceptors.append(refuses)
        number = w.asked()
        w.signed(number)
        told = w.summary(number)
        assert rule in told
        assert who in told
        assert w.shows(number) == "success"


def test_reviews_that_the_branch_asks_for_are_named_and_then_it_lands() -> None:
    with a_world() as w:
        w.github.require_reviews("acme/shop", "main", 1)
        number = w.asked()
        w.signed(number)
        assert "Require approvals" in w.title(number)
        w.github.review("acme/shop", number, by="zoe", state="APPROVE")
        w.settle()
        w.later(minutes=2)
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ what landed


@pytest.mark.parametrize("policy", [POLICY, BY_MERGE, BY_REBASE], ids=["squash", "merge", "rebase"])
def test_what_landed_is_held_against_the_test_merge_and_is_no_alarm(policy: str) -> None:
    with a_world(policy=policy) as w:
        number = w.asked()
        w.push(number)
        w.later(seconds=61)
        w.signed(number)
        assert w.merged(number)
        standing = w.standing(number).landing
        assert standing.tested, "the test merge was not kept"
        assert (standing.landed.verdict, standing.landed.why) == ("as_signed", "")
        assert not any("ALARM" in said for said in w.thread())


@pytest.mark.parametrize("policy", [POLICY, BY_MERGE], ids=["squash", "merge"])
def test_a_base_that_moves_in_the_last_moment_is_no_alarm(policy: str) -> None:
    with a_world(policy=policy) as w:
        number = w.asked()

        def moves(request: Request, call: Next) -> Response:
            if request.method == "PUT" and request.path.endswith("/merge"):
                w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo")
            return call(request)

        w.github.interceptors.append(moves)
        w.signed(number)
        assert w.merged(number)
        assert w.standing(number).landing.landed.verdict == "as_signed"


def test_a_merge_by_hand_without_a_go_is_an_alarm_with_the_way_back() -> None:
    with a_world() as w:
        number = w.asked()
        w.github.unprotect("acme/shop", "main")
        commit = w.github.merge("acme/shop", number, by="bo", method="merge")
        w.settle()
        told = "\n".join(w.thread())
        assert "ALARM: @bo merged" in told
        assert f"git revert -m 1 {commit}" in told
        assert "ALARM" in w.our_comments(number, "golive:sticky")[-1]
        (issue,) = w.github.world.repo("acme/shop").issues.values()
        assert "ALARM" in issue.title
        w.later(minutes=10)
        assert len(w.github.world.repo("acme/shop").issues) == 1


def test_a_merge_by_hand_of_what_was_go_is_none() -> None:
    ask = POLICY.replace("when: go", "when: ask")
    with a_world(policy=ask) as w:
        number = w.asked()
        w.signed(number)
        assert w.shows(number) == "success"
        w.github.merge("acme/shop", number, by="bo", method="squash")
        w.settle()
        assert w.standing(number).landing.landed.verdict == "as_signed"
        assert not w.github.world.repo("acme/shop").issues
