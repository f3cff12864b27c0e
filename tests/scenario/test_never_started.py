"""Required checks that never begin: golive says why, and what to do; and no longer once they have begun."""

from __future__ import annotations

from world import POLICY, World, a_world

BOT = "github-actions[bot]"


def asking_for_e2e(w: World) -> None:
    """The branch asks for a check of GitHub's own workflows besides ours."""
    actions = w.github.create_app("github-actions", permissions={"checks": "write"})
    w.github.protect("acme/shop", "main", required=[("golive", w.app.id), ("e2e", actions.id)])


def e2e(w: World, number: int, conclusion: str | None = None) -> None:
    head = w.github.pull("acme/shop", number).head.sha
    status = "completed" if conclusion else "queued"
    w.github.check_run("acme/shop", head, name="e2e", app="github-actions", status=status, conclusion=conclusion)
    w.settle()


def surfaces(w: World, number: int) -> list[str]:
    """The check run and the sticky comment."""
    return [w.summary(number), w.our_comments(number, "golive:sticky")[-1]]


def test_a_release_that_a_workflows_token_opened_is_told_to_be_reopened_by_a_person_and_then_no_more() -> None:
    with a_world() as w:
        asking_for_e2e(w)
        number = w.asked(by=BOT)
        assert not any("never started" in said for said in surfaces(w, number)), "they may still come"
        w.later(minutes=5)
        for said in surfaces(w, number):
            assert "e2e, which has never started" in said.replace("\\", "")
            assert f"{BOT} opened it" in said.replace("\\", "")
            assert "closes and reopens it" in said
            assert "create-github-app-token" in said
        assert w.shows(number) == "in_progress", "it is still to be signed, and this judges nothing"
        w.github.close_pull("acme/shop", number, by="bo")
        w.settle()
        w.later(seconds=2)
        w.github.reopen_pull("acme/shop", number, by="bo")
        e2e(w, number)
        w.later(minutes=1)
        assert not any("never started" in said for said in surfaces(w, number)), "its workflow runs"
        e2e(w, number, "success")
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_run_that_waits_for_a_person_is_said_with_who_may_let_it_go_on() -> None:
    with a_world() as w:
        asking_for_e2e(w)
        number = w.asked(by=BOT)
        head = w.github.pull("acme/shop", number).head.sha
        w.github.hold_run("acme/shop", head)
        w.later(minutes=5)
        for said in surfaces(w, number):
            assert "a workflow run of a pull request that a workflow's own token opened waits for a person" in said
            assert "Anybody who may write" in said
            assert "Approve workflows to run" in said
        w.github.approve_runs("acme/shop", head, by="bo")
        e2e(w, number, "success")
        w.later(minutes=1)
        assert not any("never started" in said for said in surfaces(w, number))


def test_when_all_is_signed_the_headline_says_it_and_the_merge_waits_without_being_tried() -> None:
    with a_world() as w:
        asking_for_e2e(w)
        number = w.asked()
        w.later(minutes=5)
        w.signed(number)
        assert w.shows(number) == "success"
        assert "e2e, which has never started" in w.title(number)
        assert "no workflow was started for this commit" in w.summary(number)
        assert not w.merges(number)
        e2e(w, number, "success")
        w.later(minutes=2)
        assert w.merged(number), w.title(number)


def test_an_app_that_was_told_of_the_commit_and_began_nothing_is_named() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id), ("e2e", w.ci.id)])
        number = w.github.open_pull("acme/shop", head=branch(w), title="Release 1.4", by="ana")
        w.settle()
        w.later(minutes=6)
        assert "ci knows of the commit and has begun nothing" in w.summary(number)


def branch(w: World) -> str:
    w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Release 1.4")
    return "release/1.4"


def test_nothing_is_read_of_suites_where_the_branch_asks_for_ours_alone_or_all_have_begun() -> None:
    with a_world() as w:
        number = w.asked()
        w.later(minutes=30)
        asking_for_e2e(w)
        e2e(w, number)
        w.later(minutes=30)
        assert not w.github.calls["checks/list-suites-for-ref"]


def test_it_is_said_where_people_merge_as_well_and_what_the_branch_asks_for_is_read_only_once_it_is_late() -> None:
    with a_world(policy=POLICY[: POLICY.index("promotion:")]) as w:
        asking_for_e2e(w)
        number = w.asked(by=BOT)
        rules = w.github.calls["repos/get-branch-rules"]
        w.later(minutes=5)
        assert all("e2e, which has never started" in said.replace("\\", "") for said in surfaces(w, number))
        assert w.github.calls["repos/get-branch-rules"] == rules + 1
        e2e(w, number, "success")
        w.later(minutes=10)
        assert not any("never started" in said for said in surfaces(w, number))
