"""Holes that gates of this kind had about people and their words, one test per trap, in by the doors."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from world import POLICY, World, a_world

ON_SKIP = POLICY.replace(
    "- {{role: security, from: [acme/security]}}",
    "- {{role: security, from: [acme/security], if: {{paths: ['infra/**']}}, on_skip: pass}}",
)
"""Security is only asked about infrastructure."""


def reviewed(w: World, number: int, by: str, state: str = "APPROVE") -> int:
    """A review two seconds after whatever was before it."""
    w.later(seconds=2)
    review = w.github.review("acme/shop", number, by=by, state=state)
    w.settle()
    return review


def test_trap_01_a_review_that_the_forge_moved_to_the_new_head_is_not_about_it() -> None:
    with a_world() as w:
        number = w.asked()
        reviewed(w, number, "mina")
        assert "qa" not in w.title(number), "a review is a sign-off"
        w.later(seconds=2)
        w.github.force_push("acme/shop", "release/1.4", {"app.py": "evil()\n"}, by="ana")
        w.ci_says("success", number)
        w.settle()
        moved = w.github.world.repo("acme/shop").pulls[number]
        w.says("sam", number, "/golive approve security")
        w.later(seconds=61)
        assert not w.merges(number), "a review of other code merged it"
        assert "qa" in w.title(number)
        assert moved.head.sha


def test_trap_02_a_commit_that_claims_to_be_old_is_judged_by_when_it_was_pushed() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed_by("mina", number, "qa")
        w.later(seconds=2)
        w.github.commit(
            "acme/shop", "release/1.4", {"app.py": "evil()\n"}, by="ana", date=datetime(2020, 1, 1, tzinfo=UTC)
        )
        w.ci_says("success", number)
        w.settle()
        w.says("sam", number, "/golive approve security")
        w.later(seconds=61)
        assert not w.merges(number), "a commit's own date said that the approval came after it"


@pytest.mark.parametrize("surface", ["comment", "review"])
def test_trap_03_what_was_said_before_the_push_was_shown_is_about_what_was_shown(surface: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.later(seconds=2)
        w.github.commit("acme/shop", "release/1.4", {"app.py": "evil()\n"}, by="ana")
        held_back = w.late(w.github.courier)
        if surface == "comment":
            w.github.comment("acme/shop", number, by="mina", body="/golive approve qa")
        else:
            w.github.review("acme/shop", number, by="mina", state="APPROVE")
        w.settle()
        w.hand_over(w.github.courier, held_back)
        w.ci_says("success", number)
        w.says("sam", number, "/golive approve security")
        w.later(seconds=61)
        assert not w.merges(number), "an approval of what nobody had been shown merged it"
        w.signed_by("mina", number, "qa")
        assert w.merged(number), w.title(number)


def test_trap_06_a_command_is_about_the_commit_it_names_or_that_its_person_was_shown() -> None:
    with a_world() as w:
        number = w.asked()
        old = w.github.pull("acme/shop", number).head.sha
        w.push(number)
        w.says("mina", number, f"/golive approve qa {old[:10]}")
        w.says("sam", number, "/golive approve security")
        w.later(seconds=61)
        assert not w.merges(number), "an approval that names another commit merged this one"
        new = w.github.pull("acme/shop", number).head.sha
        w.says("mina", number, f"/golive approve qa {new[:10]}")
        assert w.merged(number), w.title(number)


def test_trap_07_an_approval_for_a_lax_branch_is_none_for_this_one() -> None:
    with a_world() as w:
        w.github.create_branch("acme/shop", "next", by="bo")
        number = w.asked()
        reviewed(w, number, "mina")
        w.github.edit_pull("acme/shop", number, by="ana", base="next")
        w.settle()
        w.github.edit_pull("acme/shop", number, by="ana", base="main")
        w.later(seconds=61)
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number), "a retarget and back kept a sign-off"
        assert "qa" in w.title(number)


@pytest.mark.parametrize("how", ["edited", "deleted", "edited by a maintainer"])
def test_trap_09_a_comment_that_was_edited_or_deleted_says_nothing(how: str) -> None:
    with a_world() as w:
        number = w.asked()
        if how == "edited by a maintainer":
            comment = w.says("mina", number, "Looks fine, but wait for me.")
            w.github.edit_comment("acme/shop", comment, by="bo", body="/golive approve qa")
        else:
            comment = w.says("mina", number, "/golive approve qa")
            if how == "edited":
                w.github.edit_comment("acme/shop", comment, by="mina", body="/golive approve qa, or rather")
            else:
                w.github.delete_comment("acme/shop", comment, by="mina")
        w.settle()
        w.says("sam", number, "/golive approve security")
        w.later(seconds=61)
        assert not w.merges(number)
        assert "qa" in w.title(number)


def test_trap_09_an_edit_in_the_instant_before_the_merge_still_stops_it() -> None:
    with a_world() as w:
        number = w.asked()
        comment = w.says("mina", number, "/golive approve qa")
        w.github.edit_comment("acme/shop", comment, by="mina", body="wait")
        w.late(w.github.courier)  # the edit is never delivered
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number), "the comment was not read again before it counted"


@pytest.mark.parametrize(
    "body",
    [
        "no :+1: from me", "> /golive approve qa", "`/golive approve qa`", "```\n/golive approve qa\n```",
        "<!--\n/golive approve qa\n-->", "I would not say /golive approve qa", "<details>\n\n/golive approve qa\n\n</details>",
    ],
)  # fmt: skip
def test_trap_10_words_that_only_look_like_an_approval_are_none(body: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, body)
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number)


def test_trap_11_dismissing_a_later_no_does_not_bring_back_the_earlier_yes() -> None:
    with a_world() as w:
        number = w.asked()
        reviewed(w, number, "mina")
        no = reviewed(w, number, "mina", "REQUEST_CHANGES")
        assert w.shows(number) == "failure", w.title(number)
        w.later(seconds=2)
        w.github.dismiss_review("acme/shop", number, no, by="bo")
        w.settle()
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number), "a dismissed review brought an older one back"
        assert "qa" in w.title(number)
        reviewed(w, number, "mina")
        assert w.merged(number), w.title(number)


def test_trap_15_bots_and_our_own_app_never_sign() -> None:
    policy = POLICY.replace('from: ["@mina", "@zoe"', 'from: ["@mina", "@zoe", "permission:write"')
    with a_world(policy=policy) as w:
        w.github.add_user("helper", type="Bot")
        w.github.grant("acme/shop", "helper", "write")
        number = w.asked()
        w.github.review("acme/shop", number, by="helper", state="APPROVE")
        w.says("helper", number, "/golive approve qa")
        w.github.react("acme/shop", w.ask_comment(number), by="helper", content="+1")
        w.says("sam", number, "/golive approve security")
        w.later(seconds=61)
        assert not w.merges(number), "a bot signed"


@pytest.mark.parametrize("surface", ["comment", "review", "reaction"])
def test_trap_16_who_wrote_it_or_pushed_it_last_does_not_sign_it(surface: str) -> None:
    policy = POLICY.replace('from: ["@mina", "@zoe"', 'from: ["@ana", "@zoe"')
    with a_world(policy=policy) as w:
        number = w.asked()
        w.later(seconds=2)
        if surface == "comment":
            w.github.comment("acme/shop", number, by="ana", body="/golive approve qa")
        elif surface == "review":
            w.push(number, by="zoe")
            w.github.review("acme/shop", number, by="zoe", state="APPROVE")
        else:
            w.github.react("acme/shop", w.ask_comment(number), by="ana", content="+1")
        w.settle()
        w.says("sam", number, "/golive approve security")
        w.later(seconds=61)
        assert not w.merges(number)
        assert "qa" in w.title(number)


def test_trap_18_what_people_write_is_never_a_template() -> None:
    with a_world() as w:
        hostile = "${{ secrets.TOKEN }} {{ 1337*1337 }} {% raw %} ${target}"
        w.github.commit("acme/shop", "release/1.4", {"app.py": "x\n"}, by="ana")
        number = w.github.open_pull("acme/shop", head="release/1.4", title=hostile, by="ana", body=hostile)
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        w.says("bo", number, f"/golive hold {hostile}")
        everything = "\n".join([*w.our_comments(number), *w.thread(), w.title(number), w.summary(number)])
        assert "1787569" not in everything
        assert w.target not in w.title(number)
        assert "1337\\*1337" in everything, "what was written is shown as it was written"


@pytest.mark.parametrize("label", ["approved", "lgtm", "release", "automerge"])
def test_trap_19_a_label_signs_nothing(label: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.says("sam", number, "/golive approve security")
        w.github.label("acme/shop", number, label, by="mina")
        w.later(seconds=61)
        assert not w.merges(number)
        assert "qa" in w.title(number)


def test_trap_20_only_active_members_of_the_whole_team_count() -> None:
    with a_world() as w:
        crowd = [f"member{n:03}" for n in range(104)]
        for login in crowd:
            w.github.add_user(login)
        w.github.set_team("acme/security", members=[*crowd, "sam"], pending=["sue"])
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.says("sue", number, "/golive approve security")
        assert not w.merges(number), "somebody who was only invited signed"
        w.says(crowd[-1], number, "/golive approve security")
        assert w.merged(number), "the last of the second page could not sign"


def test_trap_24_a_reaction_counts_while_it_is_there_and_for_its_own_commit() -> None:
    with a_world() as w:
        number = w.asked()
        first = w.ask_comment(number)
        w.later(seconds=2)
        w.github.react("acme/shop", first, by="mina", content="+1")
        w.later(seconds=31)
        assert "qa" not in w.title(number)
        w.github.unreact("acme/shop", first, by="mina", content="+1")
        w.later(seconds=31)
        assert "qa" in w.title(number), "a reaction that was taken back still counts"
        w.push(number)
        w.later(seconds=61)
        w.github.react("acme/shop", first, by="mina", content="+1")
        w.says("sam", number, "/golive approve security")
        w.later(seconds=31)
        assert not w.merges(number), "a reaction on an older request signed the newer commit"


def test_trap_27_a_renamed_file_is_under_its_old_name_too() -> None:
    with a_world(policy=ON_SKIP) as w:
        w.github.commit("acme/shop", "main", {"infra/main.tf": "resource {}\n" * 40}, by="bo")
        w.github.commit(
            "acme/shop", "release/1.4", {"infra/main.tf": None, "app/main.tf": "resource {}\n" * 40}, by="ana"
        )
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Move", by="ana")
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        w.says("mina", number, "/golive approve qa")
        assert not w.merges(number), "a rename took the file out of sight"
        assert "security" in w.title(number)


@pytest.mark.parametrize(("on_skip", "merges"), [("pass", True), ("hold", False)])
def test_trap_31_a_role_that_is_not_asked_comes_to_what_the_policy_says(on_skip: str, merges: bool) -> None:
    with a_world(policy=ON_SKIP.replace("on_skip: pass", f"on_skip: {on_skip}")) as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        assert w.merged(number) is merges, w.title(number)
        if not merges:
            assert w.shows(number) == "action_required"
            assert "security" in w.summary(number)
