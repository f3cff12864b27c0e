"""What people say on both surfaces, and which of it counts. Add a way of saying something as one more test."""

from __future__ import annotations

import pytest

from world import POLICY, World, a_world


def only_security_is_missing(w: World, number: int) -> bool:
    """Whether qa is signed and security is not."""
    title = w.title(number)
    return title.startswith("1/2") and "security" in title and "qa" not in title


# ------------------------------------------------------------------ the ways of saying it


@pytest.mark.parametrize("surface", ["comment", "slack"])
def test_approve_reject_and_withdraw_count_in_a_comment_and_in_a_command(surface: str) -> None:
    with a_world() as w:
        number = w.asked()

        def says(text: str) -> None:
            if surface == "comment":
                w.says("mina", number, f"/golive {text}")
            else:
                w.slack_says("mina", text)

        says("approve qa looks good")
        assert only_security_is_missing(w, number), w.title(number)
        says("reject qa found a hole")
        assert w.shows(number) == "failure"
        assert "@mina" in w.title(number), f"the title does not say who rejected: {w.title(number)}"
        says("withdraw qa")
        assert w.shows(number) == "in_progress"
        assert w.title(number).startswith("0/2")
        says("approve")
        assert only_security_is_missing(w, number), w.title(number)


def test_a_thumb_on_the_request_counts_until_it_is_taken_back() -> None:
    with a_world() as w:
        number = w.asked()
        ask = w.ask_comment(number)
        w.github.react("acme/shop", ask, by="mina", content="+1")
        w.later(seconds=31)
        assert only_security_is_missing(w, number), w.title(number)
        w.github.unreact("acme/shop", ask, by="mina", content="+1")
        w.later(seconds=31)
        assert w.title(number).startswith("0/2")
        w.github.react("acme/shop", ask, by="zoe", content="-1")
        w.later(seconds=31)
        assert w.shows(number) == "failure"
        w.github.unreact("acme/shop", ask, by="zoe", content="-1")
        w.later(seconds=31)
        assert w.shows(number) == "in_progress", w.title(number)
        w.github.react("acme/shop", ask, by="mina", content="+1")
        w.github.react("acme/shop", ask, by="sam", content="heart")
        w.github.react_to_pull("acme/shop", number, by="sam", content="+1")
        w.later(seconds=31)
        assert only_security_is_missing(w, number), "another emoji or another place counted"
        w.github.react("acme/shop", ask, by="sam", content="+1")
        w.later(seconds=31)
        assert w.merged(number), w.title(number)


def test_an_emoji_on_the_slack_request_counts_until_it_is_taken_back() -> None:
    with a_world() as w:
        number = w.asked()
        ts = w.request_ts()

        def emoji(name: str, who: str, back: bool = False) -> None:
            w.later(seconds=2)
            change = w.slack.unreact if back else w.slack.react
            change(name, by=w.users[who], channel=w.channel, ts=ts)
            w.settle()

        emoji("✅", "mina")
        assert only_security_is_missing(w, number), w.title(number)
        emoji("✅", "mina", back=True)
        assert w.title(number).startswith("0/2")
        emoji("❌", "sam")
        assert w.shows(number) == "failure"
        emoji("❌", "sam", back=True)
        assert w.shows(number) == "in_progress"
        emoji("👍", "mina")
        assert w.title(number).startswith("0/2"), "only ✅ and ❌ are words in Slack"
        emoji("✅", "sam")
        emoji("✅", "zoe")
        assert w.merged(number), w.title(number)


def test_an_emoji_on_the_slack_root_counts_for_nothing_and_is_told_where_to_go() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.react("✅", by=w.users["mina"], channel=w.channel, ts=w.roots()[0].ts)
        w.settle()
        assert w.title(number).startswith("0/2")
        (told,) = w.whispers("mina")
        assert "sign-off request in this thread" in told


def test_a_button_counts_and_carries_its_commit() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.click("golive_approve", by=w.users["mina"], channel=w.channel, ts=w.roots()[0].ts)
        pressed = w.late(w.slack.courier)
        w.push(number)
        w.later(seconds=61)
        w.hand_over(w.slack.courier, pressed)
        assert w.title(number).startswith("0/2"), "a button pressed for the old commit signed the new one"
        w.slack.click("golive_approve", by=w.users["mina"], channel=w.channel, ts=w.roots()[0].ts)
        w.settle()
        assert only_security_is_missing(w, number), w.title(number)


# ------------------------------------------------------------------ who counts


def test_the_author_and_the_last_pusher_do_not_count() -> None:
    with a_world() as w:
        number = w.asked(by="mina")
        w.says("mina", number, "/golive approve qa it is my own")
        assert w.title(number).startswith("0/2")
        assert "author" in w.answers(number)[-1]
        w.says("zoe", number, "/golive approve qa")
        assert only_security_is_missing(w, number), w.title(number)


def test_a_signer_who_pushes_afterwards_no_longer_counts_even_for_the_same_tree() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        assert only_security_is_missing(w, number)
        w.push(number, by="mina", text=None)
        assert w.title(number).startswith("0/2"), "the last pusher's own sign-off counts"
        w.says("sam", number, "/golive approve security")
        w.says("mina", number, "/golive approve qa")
        assert "last to push" in w.answers(number)[-1]
        assert not w.merged(number)
        w.says("zoe", number, "/golive approve qa")
        assert w.merged(number), w.title(number)


def test_a_person_without_a_seat_cannot_sign_and_is_told_who_can() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("eve", number, "/golive approve")
        w.says("mina", number, "/golive approve security")
        assert w.title(number).startswith("0/2")
        no_seat, wrong_seat = w.answers(number)
        assert "fill none" in no_seat
        assert "mina" in no_seat
        assert "sam" in wrong_seat
        assert "sue" in wrong_seat


def test_an_unmapped_slack_person_is_refused_with_what_to_ask_for() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack_says("eve", "approve qa")
        assert w.title(number).startswith("0/2")
        (told,) = w.whispers("eve")
        assert "GOLIVE_SLACK_PEOPLE" in told
        w.slack.react("✅", by=w.users["eve"], channel=w.channel, ts=w.request_ts())
        w.settle()
        assert w.title(number).startswith("0/2")
        assert len(w.whispers("eve")) == 2


def test_somebody_who_left_the_team_after_signing_no_longer_counts() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("sam", number, "/golive approve security")
        assert w.title(number).startswith("1/2")
        w.github.set_team("acme/security", members=["sue"])
        w.later(seconds=31)
        w.says("mina", number, "/golive approve qa")
        assert only_security_is_missing(w, number), w.title(number)
        assert not w.merged(number)
        w.says("sue", number, "/golive approve security")
        assert w.merged(number), w.title(number)


def test_one_person_fills_one_seat() -> None:
    both = POLICY.replace('from: ["@mina", "@zoe"]', 'from: ["@mina", "@sam"]')
    with a_world(policy=both) as w:
        number = w.asked()
        w.says("sam", number, "/golive approve")
        assert w.title(number).startswith("1/2"), w.title(number)
        assert not w.merged(number)
        w.says("mina", number, "/golive approve")
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ which code


def test_a_push_that_changes_the_tree_reopens_and_an_empty_commit_keeps() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.push(number, text=None)
        assert only_security_is_missing(w, number), "an empty commit changed no code, and the sign-off was dropped"
        w.push(number)
        assert w.title(number).startswith("0/2")
        assert "does not count: it was for" in w.summary(number)
        w.later(seconds=61)
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_rejection_stands_over_pushes_until_it_is_withdrawn() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("zoe", number, "/golive reject qa the login is broken")
        w.push(number)
        w.later(seconds=61)
        assert w.shows(number) == "failure"
        w.signed(number)
        assert not w.merges(number), "mina's approval outvoted zoe's rejection"
        w.says("zoe", number, "/golive withdraw")
        assert w.merged(number), w.title(number)


def test_a_comment_said_before_a_revision_was_shown_covers_the_older_one_whatever_arrives_first() -> None:
    with a_world() as w:
        number = w.asked()
        w.later(seconds=2)
        w.github.comment("acme/shop", number, by="mina", body="/golive approve qa")
        late = w.late(w.github.courier)
        w.push(number)
        w.later(seconds=61)
        w.hand_over(w.github.courier, late)
        assert w.title(number).startswith("0/2"), "a word about the old code signed the new one"
        assert "does not count: it was for" in w.summary(number)


def test_a_slack_command_said_before_a_revision_was_shown_covers_the_older_one() -> None:
    with a_world() as w:
        number = w.asked()
        w.later(seconds=2)
        w.slack.command("approve qa", by=w.users["mina"], channel=w.channel)
        late = w.late(w.slack.courier)
        w.push(number)
        w.later(seconds=61)
        w.hand_over(w.slack.courier, late)
        assert w.title(number).startswith("0/2"), "a word about the old code signed the new one"
        assert "does not count: it was for" in w.summary(number)


def test_a_reaction_on_an_older_request_covers_the_older_revision() -> None:
    with a_world() as w:
        number = w.asked()
        old_comment, old_ts = w.ask_comment(number), w.request_ts()
        w.push(number)
        w.later(seconds=61)
        w.github.react("acme/shop", old_comment, by="mina", content="+1")
        w.slack.react("✅", by=w.users["sam"], channel=w.channel, ts=old_ts)
        w.later(seconds=31)
        assert w.title(number).startswith("0/2")
        assert "Superseded" in next(c.body for c in w.github.comments("acme/shop", number) if c.id == old_comment)


def test_a_word_that_names_its_commit_is_about_that_commit() -> None:
    with a_world() as w:
        number = w.asked()
        old = w.github.pull("acme/shop", number).head.sha
        new = w.push(number)
        w.later(seconds=61)
        w.says("mina", number, f"/golive approve qa {old[:10]}")
        assert w.title(number).startswith("0/2")
        w.says("mina", number, "/golive approve qa 0123456789")
        assert w.title(number).startswith("0/2"), "a commit that was never shown was signed"
        w.says("mina", number, f"/golive approve qa {new[:10]}")
        assert only_security_is_missing(w, number), w.title(number)


# ------------------------------------------------------------------ what is no command


@pytest.mark.parametrize("how", ["edited", "deleted", "edited before it arrived"])
def test_an_edited_or_deleted_comment_voids_what_it_said(how: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.later(seconds=2)
        comment = w.github.comment("acme/shop", number, by="mina", body="/golive approve qa")
        if how == "edited before it arrived":
            w.late(w.github.courier)
        w.settle()
        w.later(seconds=2)
        if how == "deleted":
            w.github.delete_comment("acme/shop", comment, by="bo")
        else:
            w.github.edit_comment(
                "acme/shop", comment, by="mina", body="/golive approve qa\n\n/golive approve security"
            )
        w.settle()
        w.later(seconds=31)
        assert w.title(number).startswith("0/2"), "a comment that no longer says it still counts"
        w.says("sam", number, "/golive approve security")
        assert not w.merged(number)


@pytest.mark.parametrize(
    "body",
    [
        "> /golive approve qa",
        "```\n/golive approve qa\n```",
        "    /golive approve qa",
        "<!-- /golive approve qa -->",
        "<!--\n/golive approve qa\n-->",
        "I would not /golive approve qa",
        "`/golive approve qa`",
        "- /golive approve qa",
        "# /golive approve qa",
        "<details>\n/golive approve qa\n</details>",
        "/golive<!-- --> approve qa",
        "/goliveapprove qa",
        "/golive-approve qa",
        "> a quote that goes on\n/golive approve qa",
    ],
)
def test_a_command_that_is_not_on_a_line_of_its_own_in_plain_text_is_no_command(body: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, body)
        assert w.title(number).startswith("0/2"), f"this counted as an approval: {body!r}"
        assert not w.answers(number), f"golive answered what was not said to it: {body!r}"


def test_a_command_between_other_lines_counts() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "Ran it all.\n/golive approve qa\nThanks!")
        assert only_security_is_missing(w, number), w.title(number)


@pytest.mark.parametrize("surface", ["comment", "slack"])
def test_a_misspelt_role_or_verb_is_refused_and_signs_nothing(surface: str) -> None:
    with a_world() as w:
        number = w.asked()
        for text in ("approve qaa", "approve secuirty", "aprove qa"):
            if surface == "comment":
                w.says("mina", number, f"/golive {text}")
            else:
                w.slack_says("mina", text)
        assert w.title(number).startswith("0/2"), w.title(number)
        told = w.answers(number) if surface == "comment" else w.whispers("mina")
        assert len(told) == 3
        assert all("Did you mean" in answer for answer in told), told


# ------------------------------------------------------------------ hold, resume, and questions


@pytest.mark.parametrize("surface", ["comment", "slack"])
def test_a_hold_stops_the_release_until_its_setter_or_a_maintainer_lifts_it(surface: str) -> None:
    with a_world() as w:
        number = w.asked()

        def says(who: str, text: str) -> None:
            if surface == "comment":
                w.says(who, number, f"/golive {text}")
            else:
                w.slack_says(who, text)

        says("mina", "hold waiting for the DBA")
        assert w.shows(number) == "action_required"
        assert "waiting for the DBA" in w.title(number)
        w.signed(number)
        assert not w.merges(number), "a held release was sent to be merged"
        says("zoe", "resume")
        told = w.answers(number)[-1] if surface == "comment" else w.whispers("zoe")[-1]
        assert "mina" in told, f"the refusal does not say who could: {told}"
        assert not w.merged(number)
        says("ana", "hold me too")
        says("mina", "resume")
        assert w.shows(number) == "action_required", "mina lifted ana's hold with her own"
        says("bo", "resume")
        assert w.merged(number), w.title(number)


def test_a_hold_needs_words_and_somebody_who_may() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive hold")
        w.says("eve", number, "/golive hold because I say so")
        assert w.shows(number) == "in_progress"
        needs_words, may_not = w.answers(number)
        assert "hold" in needs_words
        assert "reason" in needs_words
        assert "Only" in may_not


def test_questions_are_answered_once_on_both_surfaces() -> None:
    with a_world() as w:
        number = w.asked()
        for verb, wanted in (("status", "0/2"), ("why", "0 of 1 signed"), ("help", "approve")):
            w.says("eve", number, f"/golive {verb}")
            assert wanted in w.answers(number)[-1], f"{verb} was answered: {w.answers(number)[-1]}"
            w.slack_says("mina", verb)
            assert wanted in w.whispers("mina")[-1]
        w.later(seconds=61)
        w.later(seconds=61)
        assert len(w.answers(number)) == 3, "a question was answered more than once"
        assert len(w.whispers("mina")) == 3
        assert w.title(number).startswith("0/2")


def test_asking_brings_the_request_before_the_head_has_rested() -> None:
    with a_world() as w:
        number = w.release()
        assert not w.our_comments(number, "golive:request:")
        w.says("mina", number, "/golive status")
        assert len(w.our_comments(number, "golive:request:")) == 1


def test_a_command_without_its_release_is_asked_which_one_where_two_are_open() -> None:
    with a_world() as w:
        first = w.asked()
        second = w.asked(head="release/2.0")
        w.slack_says("mina", "approve qa")
        assert w.title(first).startswith("0/2")
        assert w.title(second).startswith("0/2")
        told = w.whispers("mina")[-1]
        assert "Which release?" in told
        assert f"acme/shop#{first}" in told
        assert f"acme/shop#{second}" in told
        w.slack_says("mina", f"approve acme/shop#{second} qa")
        assert w.title(first).startswith("0/2")
        assert only_security_is_missing(w, second), w.title(second)
        w.slack_says("mina", "approve acme/shop#99 qa")
        assert "no open release" in w.whispers("mina")[-1]


def test_a_command_while_no_release_is_open_is_told_so() -> None:
    with a_world() as w:
        w.slack_says("mina", "status")
        assert w.whispers("mina") == ["No release is open."]
