"""The check run `golive`: what it shows for each verdict, and that a completed run never goes back."""

from __future__ import annotations

import re

import pytest

from golive.standins.wire import Next, Request, Response
from world import POLICY, World, a_world

NO_MERGE = re.sub(r"promotion:.*", "", POLICY, flags=re.S)
NEVER = {"neutral", "skipped", "cancelled", "stale", "timed_out"}


def runs(w: World, number: int) -> list[tuple[str, str | None]]:
    """Status and conclusion of golive's runs of the head, oldest first."""
    return [(r.status, r.conclusion) for r in w.our_runs(w.github.pull("acme/shop", number).head.sha)]


def test_wait_is_in_progress_and_go_is_success() -> None:
    with a_world(policy=NO_MERGE) as w:
        number = w.asked()
        assert runs(w, number) == [("in_progress", None)]
        w.signed(number)
        assert runs(w, number) == [("completed", "success")]
        assert not w.merges(number), "without `promotion.merge` people merge"
        w.later(seconds=2)
        w.github.merge("acme/shop", number, by="bo", method="squash")
        w.settle()
        assert "Merged by bo" in w.our_comments(number, "golive:sticky:")[0]
        assert any("Merged by bo" in line for line in w.thread())


def test_hold_is_action_required_and_no_go_is_failure() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive hold one moment")
        assert runs(w, number)[-1] == ("completed", "action_required")
        w.says("zoe", number, "/golive reject qa")
        assert runs(w, number)[-1] == ("completed", "failure"), "NO_GO is worse than HOLD"


def test_a_failure_below_block_on_is_a_conditional_go_that_waits_to_be_asked() -> None:
    policy = POLICY.replace("severity: critical", "severity: medium").replace("    needs: [healthy]\n", "")
    with a_world(policy=policy) as w:
        w.sample.status = 500
        number = w.asked()
        w.signed(number)
        assert runs(w, number)[-1] == ("completed", "action_required"), w.title(number)
        assert "CONDITIONAL GO" in w.title(number)
        assert not w.merges(number)


def test_a_completed_run_never_goes_back_and_no_two_are_in_progress() -> None:
    with a_world() as w:
        number = w.asked()
        sha = w.github.pull("acme/shop", number).head.sha
        most_in_progress = 0
        for _ in range(3):
            w.says("mina", number, "/golive hold one moment")
            w.says("mina", number, "/golive resume")
            waiting = [r for r in w.our_runs(sha) if r.status == "in_progress"]
            most_in_progress = max(most_in_progress, len(waiting))
        assert most_in_progress == 1
        made = w.our_runs(sha)
        assert [r.conclusion for r in made] == ["action_required"] * 3 + [None]
        assert {r.name for r in made} == {"golive"}
        assert [r.external_id.rsplit(":", 1)[1] for r in made] == ["1", "2", "3", "4"]
        assert len({r.external_id.rsplit(":", 1)[0] for r in made}) == 1
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_run_in_progress_is_renewed_before_the_forge_calls_it_stale() -> None:
    with a_world() as w:
        number = w.asked()
        sha = w.github.pull("acme/shop", number).head.sha
        for _ in range(12):
            w.later(days=1)
        assert len(w.our_runs(sha)) == 1, "the run was renewed sooner than it had to be"
        w.later(hours=47)
        first, second = w.our_runs(sha)
        assert (first.status, first.conclusion) == ("completed", "action_required")
        assert (second.status, second.external_id[-2:]) == ("in_progress", ":2")
        w.later(days=1)
        assert len(w.our_runs(sha)) == 2
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_every_push_gets_a_run_of_its_own_and_the_old_ones_stay() -> None:
    with a_world() as w:
        number = w.asked()
        old = w.github.pull("acme/shop", number).head.sha
        new = w.push(number)
        assert [r.external_id.split(":")[2] for r in w.our_runs(new)] == [new]
        w.later(seconds=61)
        w.signed(number)
        assert "success" not in [r.conclusion for r in w.our_runs(old)], "an old head turned green"
        assert w.merged(number), w.title(number)


def test_a_draft_waits_and_nobody_is_asked_until_it_is_ready() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana", draft=True)
        w.ci_says("success", number)
        w.settle()
        w.later(minutes=5)
        assert runs(w, number) == [("in_progress", None)]
        assert "draft" in w.summary(number)
        assert not w.our_comments(number, "golive:request:")
        w.github.set_draft("acme/shop", number, False, by="ana")
        w.settle()
        w.later(seconds=61)
        assert len(w.our_comments(number, "golive:request:")) == 1
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_conflict_waits_for_its_author() -> None:
    with a_world() as w:
        number = w.asked()
        w.later(seconds=2)
        w.github.commit("acme/shop", "main", {"app.py": "print('other')\n"}, by="bo")
        w.settle()
        w.later(minutes=1)
        w.signed(number)
        assert runs(w, number)[-1] == ("in_progress", None), w.title(number)
        assert "conflict" in w.summary(number)
        assert not w.merges(number)


def test_a_release_that_is_stuck_says_so_and_goes_on_once_it_can() -> None:
    with a_world() as w:

        def no_comments(request: Request, call: Next) -> Response:
            if request.method == "POST" and request.path.endswith("/comments"):
                return Response.of(502, {"message": "Server Error"})
            return call(request)

        w.github.interceptors.append(no_comments)
        number = w.release()
        for _ in range(10):
            w.later(minutes=8)
        assert runs(w, number)[-1] == ("completed", "action_required"), w.title(number)
        assert "stuck" in w.title(number)
        w.github.interceptors.remove(no_comments)
        w.later(minutes=8)
        w.later(seconds=61)
        assert runs(w, number)[-1] == ("in_progress", None), w.title(number)
        assert len([r for r in runs(w, number) if r[0] == "in_progress"]) == 1
        assert len(w.our_comments(number, "golive:sticky:")) == 1
        w.signed(number)
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize("ending", ["merged", "rejected"])
def test_what_satisfies_a_required_check_without_being_success_is_never_sent(ending: str) -> None:
    with a_world() as w:
        number = w.release()
        given = w.shown_on(w.github.pull("acme/shop", number).head.sha)
        w.later(seconds=61)
        w.says("mina", number, "/golive hold x")
        w.says("mina", number, "/golive resume")
        w.says("zoe", number, "/golive reject qa")
        w.says("zoe", number, "/golive withdraw")
        if ending == "merged":
            w.signed(number)
            assert w.merged(number), w.title(number)
        assert given, "nothing was sent, so this test showed nothing"
        assert not NEVER & set(given), given


def test_what_is_said_about_a_closed_release_counts_once_it_is_opened_again() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.github.close_pull("acme/shop", number, by="ana")
        w.settle()
        assert "Closed" in w.our_comments(number, "golive:sticky:")[0]
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number)
        w.github.reopen_pull("acme/shop", number, by="ana")
        w.settle()
        assert w.merged(number), "both had signed this very code, and nothing else was missing"
        assert len(w.merges(number)) == 1


def test_a_word_after_the_merge_is_told_that_it_changes_nothing() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed(number)
        assert w.merged(number), w.title(number)
        w.says("zoe", number, "/golive reject qa too late")
        assert "merged already" in w.answers(number)[-1]
        w.says("zoe", number, "/golive status")
        assert "Merged" in w.answers(number)[-1]
