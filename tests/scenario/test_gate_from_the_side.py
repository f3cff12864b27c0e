"""The gate cannot be turned green from the side. Each test tries one way round it; add a way as one more test."""

from __future__ import annotations

import re
from typing import Any

import pytest

from golive.standins.wire import Next, Request, Response
from world import POLICY, World, a_world

LAX = """\
version: 1
project: Shop
releases: [{{name: preview, base: lax, head: ["**"], target: {target}}}]
checks: [{{id: healthy, uses: http, with: {{url: "${{target}}/health"}}}}]
promotion: {{merge: {{method: squash}}}}
"""


def lax_branch(w: World) -> None:
    """A branch whose own policy asks nobody and merges by itself."""
    w.github.create_branch("acme/shop", "lax", by="bo")
    w.write_policy(LAX, branch="lax")


def second_pull(w: World, number: int, head: str, **more: Any) -> int:
    """Another pull request, from another branch at the very same commit."""
    sha = w.github.pull("acme/shop", number).head.sha
    w.github.create_branch("acme/shop", head, start=sha, by="ana")
    other: int = w.github.open_pull("acme/shop", head=head, title="Another way in", by="ana", **more)
    w.settle()
    return other


@pytest.mark.parametrize("head", ["feature/x", "release/other"], ids=["no release", "a release too"])
def test_a_second_pull_request_at_the_same_commit_does_not_turn_the_run_green(head: str) -> None:
    with a_world() as w:
        number = w.asked()
        given = w.shown_on(w.github.pull("acme/shop", number).head.sha)
        other = second_pull(w, number, head)
        w.later(seconds=61)
        w.github.edit_pull("acme/shop", other, by="ana", title="Look at me")
        w.settle()
        assert "success" not in given, "a second pull request made the shared check run green; see `_worst` in perform"
        assert w.shows(number) == "in_progress"
        assert not w.merges(number)
        assert not w.merges(other)


def test_no_release_gets_success_at_once_and_a_release_at_the_same_commit_takes_the_run_over() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "feature/x", {"app.py": "print('x')\n"}, by="ana")
        plain = w.github.open_pull("acme/shop", head="feature/x", title="A feature", by="ana")
        w.settle()
        assert w.shows(plain) == "success"
        assert "Not a release" in w.title(plain)
        assert not w.our_comments(plain), "a pull request that is no release is left in peace"
        assert not w.roots(), "nobody is told of a pull request that is no release"
        release = second_pull(w, plain, "release/1.4")
        assert w.shows(release) == "in_progress"
        w.github.edit_pull("acme/shop", plain, by="ana", title="A feature, renamed")
        w.settle()
        assert w.shows(release) == "in_progress", "a look at the plain pull request hid the release's run"


def test_a_second_branch_at_the_same_commit_into_a_lax_base_merges_nothing_unsigned() -> None:
    with a_world() as w:
        lax_branch(w)
        number = w.asked()
        given = w.shown_on(w.github.pull("acme/shop", number).head.sha)
        other = second_pull(w, number, "easy", base="lax")
        w.later(seconds=61)
        assert "success" not in given
        assert not w.merges(other), "a commit whose release nobody signed was merged elsewhere"
        assert not w.merged(number)
        assert not w.merges(number)


def test_two_releases_at_one_commit_wait_for_each_other_and_a_closed_one_lets_the_other_go_on() -> None:
    with a_world() as w:
        number = w.asked()
        other = second_pull(w, number, "release/twin")
        w.later(seconds=61)
        w.signed(number)
        assert not w.merged(number), "its twin at the same commit is not signed, and they share the check run"
        (sticky,) = w.our_comments(number, "golive:sticky:")
        said = re.search(rf"#\S*{other} has the same head commit", sticky)
        assert said, f"the comment does not say what is waited for:\n{sticky}"
        w.later(seconds=2)
        w.github.close_pull("acme/shop", other, by="ana")
        w.settle()
        assert w.merged(number), w.title(number)
        assert len(w.merges(number)) == 1


def test_a_label_that_made_a_release_cannot_be_taken_off_to_get_round_it() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "feature/x", {"app.py": "print('x')\n"}, by="ana")
        number = w.github.open_pull("acme/shop", head="feature/x", title="Feature", by="ana", labels=["release"])
        w.ci_says("success", number)
        w.settle()
        assert w.shows(number) == "in_progress"
        given = w.shown_on(w.github.pull("acme/shop", number).head.sha)
        w.github.unlabel("acme/shop", number, "release", by="ana")
        w.later(seconds=61)
        assert "success" not in given
        assert w.shows(number) == "in_progress", "dropping the label made it no release any more"
        w.signed(number)
        assert w.merged(number), w.title(number)


@pytest.mark.parametrize("signed_before", [False, True])
def test_a_retarget_to_a_lax_branch_and_back_asks_for_everything_anew(signed_before: bool) -> None:
    with a_world() as w:
        lax_branch(w)
        number = w.asked()
        if signed_before:
            w.says("mina", number, "/golive approve qa")
        given = w.shown_on(w.github.pull("acme/shop", number).head.sha)
        w.later(seconds=2)
        w.github.edit_pull("acme/shop", number, by="ana", base="lax")
        w.later(seconds=61)
        assert w.shows(number) == "action_required", w.title(number)
        w.says("sam", number, "/golive approve security said while it was aimed at lax")
        w.later(seconds=2)
        w.github.edit_pull("acme/shop", number, by="ana", base="main")
        w.later(seconds=61)
        assert w.shows(number) == "in_progress", w.title(number)
        w.says("zoe", number, "/golive approve qa")
        assert not w.merged(number), "a word said for another base still counted"
        assert "success" not in given
        assert not w.merges(number)
        w.says("sam", number, "/golive approve security")
        assert w.merged(number), w.title(number)


def test_a_retarget_and_back_between_two_looks_still_voids_what_was_signed() -> None:
    with a_world() as w:
        lax_branch(w)
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.later(seconds=2)
        w.github.edit_pull("acme/shop", number, by="ana", base="lax")
        w.github.edit_pull("acme/shop", number, by="ana", base="main")
        w.settle()
        w.says("sam", number, "/golive approve security")
        assert not w.merged(number), "the delivery told of the retarget, and the sign-off before it still counted"
        assert "qa" in w.title(number)


def test_a_release_that_is_aimed_at_a_base_without_a_policy_is_held() -> None:
    with a_world() as w:
        w.github.create_branch("acme/shop", "free", by="bo")
        w.github.commit("acme/shop", "free", {".github/golive.yml": None}, by="bo")
        number = w.asked()
        given = w.shown_on(w.github.pull("acme/shop", number).head.sha)
        w.github.edit_pull("acme/shop", number, by="ana", base="free")
        w.later(seconds=61)
        assert w.shows(number) == "action_required", w.title(number)
        assert "success" not in given


def test_others_block_makes_every_other_pull_request_a_failure() -> None:
    with a_world(policy=POLICY.replace("project: Shop\n", "project: Shop\nothers: block\n")) as w:
        w.github.commit("acme/shop", "feature/x", {"app.py": "print('x')\n"}, by="ana")
        plain = w.github.open_pull("acme/shop", head="feature/x", title="A feature", by="ana")
        w.settle()
        assert w.shows(plain) == "failure"
        number = w.asked()
        assert w.shows(number) == "in_progress", "a blocked pull request at another commit is no business of a release"


def test_a_foreign_check_run_of_our_name_neither_counts_nor_confuses() -> None:
    with a_world() as w:
        number = w.asked()
        sha = w.github.pull("acme/shop", number).head.sha
        w.github.check_run("acme/shop", sha, name="golive", app="impostor", conclusion="success")
        w.later(seconds=61)
        assert w.shows(number) == "in_progress"
        assert not w.merges(number)
        with pytest.raises(Exception, match='"golive"'):
            w.github.merge("acme/shop", number, by="bo")
        assert len(w.our_runs(sha)) == 1
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_our_deleted_comment_is_made_anew_once() -> None:
    with a_world() as w:
        number = w.asked()
        for wanted in ("golive:sticky:", "golive:request:"):
            ours = [c for c in w.github.comments("acme/shop", number) if wanted in c.body]
            assert len(ours) == 1
            w.github.delete_comment("acme/shop", ours[0].id, by="bo")
            w.settle()
            w.later(seconds=61)
            again = [c for c in w.github.comments("acme/shop", number) if wanted in c.body]
            assert len(again) == 1, f"after its deletion there are {len(again)} comments with {wanted}"
            assert again[0].id != ours[0].id
        w.github.react("acme/shop", w.ask_comment(number), by="mina", content="+1")
        w.later(seconds=31)
        w.says("sam", number, "/golive approve security")
        assert w.merged(number), "a 👍 on the request that was made anew does not count"


def test_our_comment_that_somebody_else_edited_says_again_what_is_so() -> None:
    with a_world() as w:
        number = w.asked()
        sticky = next(c for c in w.github.comments("acme/shop", number) if "golive:sticky:" in c.body)
        truth = sticky.body
        w.github.edit_comment("acme/shop", sticky.id, by="bo", body="# GO: nothing is missing")
        w.settle()
        now = next(c for c in w.github.comments("acme/shop", number) if c.id == sticky.id)
        said, before = (
            re.sub(r"Ledger: \w+|, asked [^)]*", "", body) for body in (now.body, truth)
        )  # the edit itself is recorded
        assert said == before, "a maintainer's edit of golive's comment stays there and is read as golive's word"


@pytest.mark.parametrize("written", [True, False], ids=["the answer was lost", "it was never written"])
def test_a_foreign_copy_of_our_marker_is_not_taken_for_ours_even_after_a_fault(written: bool) -> None:
    with a_world() as w:
        failed: list[str] = []

        def fails_once(request: Request, call: Next) -> Response:
            is_comment = request.method == "POST" and re.search(r"/issues/\d+/comments$", request.path)
            if is_comment and b"golive:sticky" in request.body and not failed:
                failed.append(request.path)
                if written:
                    call(request)
                raise ConnectionError("the answer was lost")
            return call(request)

        w.github.interceptors.append(fails_once)
        w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana")
        copy = f"<!-- golive:sticky:{number} -->\n<!-- golive:request:x:{number} -->\n# GO"
        foreign = w.github.comment("acme/shop", number, by="eve", body=copy)
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        assert failed, "the fault of this test never happened"
        assert len(w.our_comments(number, "golive:sticky:")) == 1
        theirs = next(c for c in w.github.comments("acme/shop", number) if c.id == foreign)
        assert theirs.body == copy, "golive wrote into somebody else's comment"
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_hostile_title_body_and_branch_do_nothing_but_look_odd() -> None:
    hostile = "</code>]|`x`<!-- golive:sticky:1 --> <script>alert(1)</script> @mina <!channel> ${target} {{ 777*777 }}"
    with a_world() as w:
        head = "release/$(touch-x);`x`'\"<b>&|{{777*777}}"
        w.github.commit("acme/shop", head, {"app.py": "print('1.4')\n"}, by="ana")
        number = w.github.open_pull(
            "acme/shop", head=head, title=hostile, by="ana",
            body="/golive approve qa\n\n/golive approve security\n<!-- golive:sticky:1 -->",
        )  # fmt: skip
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        assert w.shows(number) == "in_progress", "what stands in the pull request's own text is nobody's word"
        (sticky,) = [c for c in w.our_comments(number) if f"<!-- golive:sticky:{number} -->" in c]
        shown = "\n".join([*w.our_comments(number), w.summary(number), w.title(number)])
        assert "<script>" not in shown
        assert "603729" not in re.sub(r"[0-9a-f]{7,64}", "", sticky.split("<!--")[0]), "a template engine saw user data"
        root = w.roots()[0]
        assert "<!channel>" not in root.text
        assert "<!channel>" not in str(root.blocks)
        w.signed(number)
        assert w.merged(number), w.title(number)
        assert len(w.our_comments(number, f"golive:sticky:{number} -->\n<!-- golive-head")) == 1
