"""Holes that bots had in how they land things, one test or more per trap, in by the doors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from golive.standins.github.access import NEEDS
from golive.standins.wire import Next, Request, Response
from queues import a_queue, e2e, in_queue, ours, queued
from world import POLICY, World, a_world

NO_ROLES = re.sub(r"signoffs:.*?promotion:", "promotion:", POLICY, flags=re.S)
ON_PATHS = POLICY.replace(
    "- {{role: security, from: [acme/security]}}",
    "- {{role: security, from: [acme/security], if: {{paths: ['infra/**']}}, on_skip: pass}}",
)
ROOT = Path(__file__).parents[2]


def written(w: World) -> set[str]:
    """The operations with which golive changed anything on GitHub."""
    return {
        e.operation for e in w.github.requests if e.request.method != "GET" and e.operation and e.response.status < 300
    }


# ------------------------------------------------------------------ 5


def test_trap_05_golive_merges_itself_and_never_leaves_it_to_the_forge_for_later() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed(number)
        assert w.merged(number)
        sent = [e.request.body for e in w.github.requests if e.request.path.endswith("/graphql")]
        assert not any(b"AutoMerge" in body for body in sent)
        assert w.github.pull("acme/shop", number).auto_merge is None


def test_trap_05_somebody_elses_auto_merge_is_said_with_who_and_waits_for_our_check() -> None:
    with a_world() as w:
        number = w.asked()
        w.github.enable_auto_merge("acme/shop", number, by="bo")
        w.settle()
        w.later(seconds=61)
        told = w.our_comments(number, "golive:sticky")[-1]
        assert re.search(r"@(&#8203;)?bo turned GitHub's auto-merge on", told), told
        assert not w.merged(number), "auto-merge landed what nobody had signed"
        w.signed(number)
        assert w.merged(number)
        assert w.standing(number).landing.landed.verdict == "as_signed"


# ------------------------------------------------------------------ 13


def test_trap_13_a_failure_beyond_the_first_page_of_check_runs_stops_the_merge() -> None:
    with a_world() as w:
        names = ["unit", "e2e", "lint", "docs"]
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id), *((name, w.ci.id) for name in names)])
        number = w.asked()
        head = w.github.pull("acme/shop", number).head.sha
        for name in names:
            w.github.check_run(
                "acme/shop", head, name=name, app="ci", conclusion="failure" if name == "e2e" else "success"
            )
        for n in range(120):  # newest first, so these are the first page
            w.github.check_run("acme/shop", head, name=f"shard {n}", app="ci", conclusion="success")
        w.settle()
        w.signed(number)
        assert not w.merges(number)
        assert "e2e of ci, which has failed" in w.summary(number)


def test_trap_13_checks_that_cannot_be_read_are_not_taken_for_none() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id), ("e2e", w.ci.id)])
        number = w.asked()
        asked: list[str] = []

        def unreadable(request: Request, call: Next) -> Response:
            if request.path.endswith("/check-runs") and request.one("check_name") == "e2e":
                asked.append(request.path)
                return Response.of(502, {"message": "Bad Gateway"})
            return call(request)

        w.github.interceptors.append(unreadable)
        e2e(w, w.github.pull("acme/shop", number).head.sha)
        w.signed(number)
        w.later(seconds=30)
        assert asked, "nothing read the required check, so this test showed nothing"
        assert not w.merges(number)
        w.github.interceptors.remove(unreadable)
        w.later(minutes=6)
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ 14


def test_trap_14_a_group_with_an_unsigned_release_behind_a_signed_one_does_not_pass() -> None:
    with a_queue() as w:
        number = in_queue(w)
        w.later(seconds=2)
        w.github.commit("acme/shop", "release/1.5", {"more.py": "evil()\n"}, by="ana", message="Release 1.5")
        other = w.github.open_pull("acme/shop", head="release/1.5", title="Release 1.5", by="ana")
        w.ci_says("success", other)
        head = w.github.pull("acme/shop", other).head.sha
        e2e(w, head)
        # somebody with the right to bypass puts it in although golive has not let it go
        w.github.protect("acme/shop", "main", required=[("e2e", w.ci.id)])
        w.github.enqueue("acme/shop", other, by="bo")
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id), ("e2e", w.ci.id)])
        w.settle()
        first, second = queued(w)
        assert (first.number, second.number) == (number, other)
        assert ours(w, first.group).conclusion == "success"
        assert ours(w, second.group).conclusion != "success", "a group passed with a release that nobody had signed"
        assert f"#{other}" in ours(w, second.group).output["title"]
        e2e(w, first.group)
        assert w.merged(number)
        assert not w.merged(other)


def test_trap_14_a_group_is_about_the_very_heads_that_were_signed() -> None:
    with a_queue() as w:
        number = in_queue(w)
        (entry,) = queued(w)
        assert ours(w, entry.group).conclusion == "success"
        assert w.github.pull("acme/shop", number).head.sha[:7] in ours(w, entry.group).output["summary"]
        w.push(number)
        e2e(w, w.github.pull("acme/shop", number).head.sha)
        w.github.protect("acme/shop", "main", required=[("e2e", w.ci.id)])
        w.github.enqueue("acme/shop", number, by="bo")
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id), ("e2e", w.ci.id)])
        w.settle()
        groups = [run for run in w.github.world.repo("acme/shop").check_runs.values() if run.app.id == w.app.id]
        assert groups[-1].conclusion != "success", "the sign-offs of the older head let the newer one go"
        assert not w.merged(number)


# ------------------------------------------------------------------ 17


def test_trap_17_a_reader_cannot_have_golive_rewrite_somebody_elses_branch() -> None:
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id)], strict=True)
        w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Not ready")
        head = w.github.world.repo("acme/shop").git.refs["heads/release/1.4"]
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="eve")
        w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo")
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        w.signed(number)
        w.later(minutes=5)
        assert w.github.world.repo("acme/shop").git.refs["heads/release/1.4"] == head, "a reader had a branch rewritten"
        assert "pulls/update-branch" not in written(w)
        assert "may not write here" in w.title(number)


def test_trap_17_a_reader_cannot_have_golive_merge_where_nobody_signs() -> None:
    with a_world(policy=NO_ROLES) as w:
        w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Not ready")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="eve")
        w.ci_says("success", number)
        w.settle()
        w.later(minutes=5)
        assert not w.merges(number), "a reader had it merged"
        assert "may not write here" in w.title(number)
        w.says("bo", number, "/golive promote")
        assert w.merged(number), w.title(number)


def test_trap_17_who_may_write_needs_nobody_else_for_that() -> None:
    with a_world(policy=NO_ROLES) as w:
        number = w.release(by="ana")
        w.later(seconds=61)
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ 26


def test_trap_26_a_merge_of_the_base_that_brings_more_than_the_base_reopens_sign_offs() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        w.later(seconds=2)
        w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo")
        w.github.merge_by_hand("acme/shop", "release/1.4", ["main"], by="ana", files={"app.py": "evil()\n"})
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        w.signed_by("sam", number, "security")
        assert not w.merges(number), "what the merge hid landed under a sign-off for something else"
        assert "qa" in w.title(number)


# ------------------------------------------------------------------ 28


def test_trap_28_three_thousand_changed_files_are_refused_in_words() -> None:
    with a_world(policy=ON_PATHS) as w:
        w.github.most_files = 3000
        files = {f"data/{n:04}.txt": f"{n}\n" for n in range(3001)}
        w.github.commit("acme/shop", "release/1.4", files, by="ana", message="Data")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana")
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        w.signed(number)
        assert not w.merges(number)
        assert w.shows(number) == "action_required"
        assert "3,000 changed files" in w.summary(number)


# ------------------------------------------------------------------ 29


@pytest.mark.parametrize("method", ["squash", "merge"])
def test_trap_29_a_forge_that_lands_another_tree_is_caught_at_once_with_the_way_back(method: str) -> None:
    with a_world(policy=POLICY.replace("method: squash", f"method: {method}")) as w:
        number = w.asked()
        w.github.lands_otherwise = {"app.py": "print('something else')\n"}
        w.signed(number)
        assert w.merged(number)
        commit = w.github.pull("acme/shop", number).merge_commit_sha
        found = w.standing(number).landing.landed
        assert (found.verdict, found.commit) == ("wrong", commit)
        sticky, root = w.our_comments(number, "golive:sticky")[-1], w.roots()[-1]
        for told in (sticky, "\n".join(w.thread()), json.dumps([root.text, root.blocks])):
            assert "ALARM" in told
            assert f"git revert {'-m 1 ' if method == 'merge' else ''}{commit}" in told
        (issue,) = w.github.world.repo("acme/shop").issues.values()
        assert "not what was signed" in issue.title


def test_trap_29_a_queue_that_drops_what_was_signed_is_caught() -> None:
    with a_queue() as w:
        number = in_queue(w)
        (entry,) = queued(w)
        w.github.lands_otherwise = {"app.py": "print('1.3')\n"}
        e2e(w, entry.group)
        assert w.merged(number)
        assert w.standing(number).landing.landed.verdict == "wrong"


# ------------------------------------------------------------------ 30


def test_trap_30_golive_may_not_touch_protection_and_never_does() -> None:
    asked = json.loads((ROOT / "templates/manifests/github-app.json").read_text())["default_permissions"]
    assert asked["administration"] == "read"
    with a_world() as w:
        w.github.protect("acme/shop", "main", required=[("golive", w.app.id)], strict=True)
        number = w.asked()
        w.github.commit("acme/shop", "main", {"other.py": "1\n"}, by="bo")
        w.settle()
        w.signed(number)
        w.ci_says("success", number)
        w.settle()
        assert w.merged(number), w.title(number)
        assert not {op for op in written(w) if "protection" in op or "ruleset" in op}
        needed = {need for op in written(w) for need in NEEDS.get(op, ())}
        assert "administration:write" not in needed
    assert w.app.permissions["administration"] == "read"
