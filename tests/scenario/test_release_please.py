"""Releases that release-please brings: its bot, its branch, its labels, and its force pushes."""

from __future__ import annotations

import pytest

from world import POLICY, World, a_world

PLEASE = POLICY.replace("""    head: ["release/**"]\n    labels: [release]\n""", "    release_please: true\n")
HEAD = "release-please--branches--main"
BOT = "release-bot[bot]"
NOTES = {"CHANGELOG.md": "## 1.4.0\n", "version.txt": "1.4.0\n"}


def release_please(w: World, head: str = HEAD, sender: str = "", title: str = "chore(main): release 1.4.0") -> int:
    """What the tool does: a branch, a pull request, then the label; and CI runs, because it uses an App's token."""
    if "release-bot" not in w.github.world.apps:
        w.github.create_app("release-bot", permissions={"contents": "write", "pull_requests": "write"})
    w.github.commit("acme/shop", head, NOTES, by=BOT, message=title)
    number = w.github.open_pull("acme/shop", head=head, title=title, by=BOT, sender=sender)
    w.github.label("acme/shop", number, "autorelease: pending", by=BOT)
    w.ci_says("success", number)
    w.settle()
    w.later(seconds=61)
    return number


@pytest.mark.parametrize("head", [HEAD, f"{HEAD}--components--api", f"{HEAD}--groups--all"])
def test_what_release_please_keeps_is_a_release_that_is_signed_and_merged_like_any_other(head: str) -> None:
    with a_world(policy=PLEASE) as w:
        number = release_please(w, head)
        assert w.title(number).startswith("0/2 — waiting on")
        w.signed(number)
        assert w.merged(number)
        w.github.unlabel("acme/shop", number, "autorelease: pending", by=BOT)
        w.github.label("acme/shop", number, "autorelease: tagged", by=BOT)
        w.later(seconds=61)
        assert len([m for m in w.merges(number) if m.status == 200]) == 1
        assert len(w.our_comments(number, "golive:sticky:")) == 1


def test_another_branch_is_no_release_and_is_told_how_one_is_made() -> None:
    with a_world(policy=PLEASE) as w:
        number = w.release()
        assert w.title(number) == "Not a release"
        assert "is the one that release-please keeps for this branch" in w.summary(number)


def test_a_force_push_of_the_bot_asks_again_unless_the_tree_is_the_same() -> None:
    with a_world(policy=PLEASE) as w:
        number = release_please(w)
        w.says("mina", number, "/golive approve qa")
        w.later(seconds=2)
        w.github.force_push("acme/shop", HEAD, NOTES, by=BOT, message="chore(main): release 1.4.0")
        w.ci_says("success", number)
        w.settle()
        assert w.title(number).startswith("1/2"), "the same tree: the sign-off stays"
        w.later(seconds=2)
        w.github.force_push("acme/shop", HEAD, NOTES | {"CHANGELOG.md": "## 1.4.0\n\nMore.\n"}, by=BOT)
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        assert w.title(number).startswith("0/2"), "another tree: nobody has signed that"
        assert "@mina" in w.our_comments(number, "golive:request:")[-1]
        w.signed(number)
        assert w.merged(number)


def test_whom_github_names_as_the_sender_of_a_bots_pull_request_counts_as_its_author() -> None:
    with a_world(policy=PLEASE) as w:
        number = release_please(w, sender="mina")
        w.later(seconds=2)
        w.github.force_push("acme/shop", HEAD, NOTES | {"CHANGELOG.md": "## 1.4.0\n\nMore.\n"}, by=BOT)
        w.ci_says("success", number)
        w.later(seconds=61)
        w.says("mina", number, "/golive approve qa")
        assert w.title(number).startswith("0/2"), "mina had the bot open it; that the bot pushed since changes nothing"
        w.says("zoe", number, "/golive approve qa")
        w.says("sam", number, "/golive approve security")
        assert w.merged(number)


def test_a_person_whose_token_the_tool_uses_is_its_author() -> None:
    with a_world(policy=PLEASE) as w:
        w.github.commit("acme/shop", HEAD, NOTES, by="zoe", message="chore(main): release 1.4.0")
        number = w.github.open_pull("acme/shop", head=HEAD, title="chore(main): release 1.4.0", by="zoe")
        w.ci_says("success", number)
        w.later(seconds=61)
        w.says("zoe", number, "/golive approve qa")
        assert w.title(number).startswith("0/2")
