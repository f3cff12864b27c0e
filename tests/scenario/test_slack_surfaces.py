"""Slack beyond the thread: how a release is named, the picker, lists, a person's own page, and what links show.

Each history goes in by Slack's doors and is read from the stand-in. Add a way of naming as one line of `NAMED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from golive.core.listing import PAGE
from golive.standins.slack.blocks import accepted
from mortal import Boundaries, MortalWorld, mortal
from world import POLICY, World, a_world, scratch

REPO = "acme/shop"
DEPLOYS = POLICY + "  deploy: {{environment: production}}\n"


@contextmanager
def two() -> Iterator[tuple[World, int, int]]:
    """A world with two releases that wait for the same people."""
    with a_world() as w:
        yield w, w.asked(), w.asked(head="release/2.0")


def last(w: World, name: str) -> Any:
    """What this person alone was shown last."""
    return w.slack.ephemerals_for(w.users[name])[-1]


def picker(shown: Any) -> dict[str, Any]:
    """The select menu in a message."""
    return next(e for block in shown.blocks for e in block.get("elements", ()) if e.get("type") == "static_select")


def choose(w: World, name: str, shown: Any, number: int) -> None:
    """Choose a release in a picker, two seconds later."""
    w.later(seconds=2)
    value = next(o["value"] for o in picker(shown)["options"] if o["text"]["text"].startswith(f"{REPO}#{number} "))
    w.slack.click("golive_pick", by=w.users[name], channel=w.channel, ts=shown.ts, value=value)
    w.settle()


def signed(w: World, number: int) -> bool:
    """Whether somebody has signed it."""
    return not w.title(number).startswith("0/2")


# ------------------------------------------------------------------ which release


def page_of(w: World, number: int) -> str:
    """The address of a release's page."""
    assert w.golive is not None
    state = w.golive.store.release_named(REPO, number)
    assert state is not None
    return f"http://golive.test/r/{state.token}"


def pull_of(w: World, number: int) -> str:
    """The address of a release's pull request."""
    assert w.golive is not None
    state = w.golive.store.release_named(REPO, number)
    assert state is not None
    return state.url


NAMED = {
    "by repository and number": lambda w, n: f"approve {REPO}#{n} qa",
    "by repository in other letters": lambda w, n: f"approve ACME/Shop#{n} qa",
    "by its number alone": lambda w, n: f"approve #{n} qa",
    "before the verb": lambda w, n: f"#{n} approve qa",
    "by the address of its pull request": lambda w, n: f"approve {pull_of(w, n)} qa",
    "by an address within its pull request": lambda w, n: f"approve {pull_of(w, n)}/files qa",
    "by the address of its page": lambda w, n: f"approve {page_of(w, n)} qa",
}


def test_a_release_is_meant_by_whatever_names_it() -> None:
    with two() as (w, first, second):
        for way, typed in NAMED.items():
            w.slack_says("mina", typed(w, second))
            assert signed(w, second), f"{way}: {w.whispers('mina')[-1]}"
            assert not signed(w, first), way
            w.slack_says("mina", f"withdraw {REPO}#{second}")


def in_thread(w: World, number: int) -> str:
    """The thread of a release."""
    return next(m.ts for m in w.roots() if f"{REPO}#{number}" in m.text)


def mention(w: World, name: str, text: str, thread: str | None = None) -> None:
    """Write `@golive …`, two seconds later."""
    w.later(seconds=2)
    w.slack.message(w.channel, f"<@{w.slack.app.bot_user_id}> {text}", w.users[name], thread)
    w.settle()


def test_a_release_is_meant_by_the_thread_in_which_golive_is_mentioned_and_the_answer_stands_there() -> None:
    with two() as (w, first, second):
        mention(w, "mina", "status", in_thread(w, second))
        told = last(w, "mina")
        assert told.text.startswith("0/2")
        assert told.thread_ts == in_thread(w, second), "the answer is not where it was asked"
        mention(w, "mina", "approve qa", in_thread(w, first))
        assert signed(w, first)
        assert not signed(w, second)


def test_a_mention_carries_links_as_slack_writes_them_and_its_own_time() -> None:
    with two() as (w, first, second):
        mention(w, "mina", f"approve <{pull_of(w, second)}|the second> qa")
        assert signed(w, second)
        assert not signed(w, first)


def test_talk_that_only_names_golive_is_no_command() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.message(
            w.channel, f"approve qa, says <@{w.slack.app.bot_user_id}>", w.users["mina"], in_thread(w, number)
        )
        w.settle()
        assert not signed(w, number)
        assert not w.whispers("mina")


def test_a_picker_repeats_the_command_for_the_chosen_release_once() -> None:
    with two() as (w, first, second):
        w.slack_says("mina", "approve qa looks fine")
        asked = last(w, "mina")
        assert "Which release?" in asked.text
        assert f"{REPO}#{first}" in asked.text, "who hears the message read out knows nothing of the menu"
        choose(w, "mina", asked, second)
        assert signed(w, second)
        assert not signed(w, first)
        (word,) = w.standing(second).words
        assert word.text == "qa looks fine"
        assert not picker_left(w, "mina"), "the menu still stands after the choice"
        w.slack_says("mina", "reject")
        again = last(w, "mina")
        choose(w, "mina", again, first)
        assert w.shows(first) == "failure"
        assert w.shows(second) != "failure"


def picker_left(w: World, name: str) -> bool:
    """Whether a select menu still stands before this person."""
    shown = w.slack.ephemerals_for(w.users[name])
    return any(e.get("type") == "static_select" for s in shown for b in s.blocks for e in b.get("elements", ()))


def test_a_second_choice_in_the_same_picker_changes_nothing() -> None:
    with two() as (w, first, second):
        w.slack_says("mina", "approve qa")
        asked = last(w, "mina")
        options = picker(asked)["options"]
        for number in (second, first):  # both were pressed before the first was answered
            value = next(o["value"] for o in options if o["text"]["text"].startswith(f"{REPO}#{number} "))
            w.slack.click("golive_pick", by=w.users["mina"], channel=w.channel, ts=asked.ts, value=value)
        w.settle()
        assert signed(w, second)
        assert not signed(w, first)
        assert "chosen already" in " ".join(w.whispers("mina"))


def test_a_choice_counts_for_the_code_that_stood_there_when_the_picker_was_made() -> None:
    with two() as (w, _, second):
        w.slack_says("mina", "approve qa")
        asked = last(w, "mina")
        w.push(second)
        w.later(seconds=61)
        choose(w, "mina", asked, second)
        assert not signed(w, second), "it counts for code that was pushed after the picker was shown"


def test_a_merged_release_is_found_by_its_name_and_promoted() -> None:
    with a_world(policy=DEPLOYS) as w:
        number = w.asked()
        w.signed(number)
        w.later(seconds=2)
        assert w.merged(number)
        w.slack_says("bo", f"status {REPO}#{number}")
        assert "no open release" not in w.whispers("bo")[-1]
        before = len(w.whispers("bo"))
        w.slack_says("bo", f"promote {REPO}#{number}")
        assert len(w.whispers("bo")) > before
        assert "no open release" not in w.whispers("bo")[-1]
        w.slack_says("mina", f"approve {REPO}#{number} qa")
        assert "waiting for its success" in w.whispers("mina")[-1]  # a word may still stop what has not begun


def test_a_private_release_is_neither_named_nor_offered_to_who_does_not_see_it() -> None:
    with two() as (w, first, second):
        hide(w)
        w.slack_says("mina", "approve qa")
        assert f"{REPO}#{first}" in last(w, "mina").text
        for text in ("status", f"status #{second}", f"status {REPO}#{second}", "list"):
            w.slack_says("eve", text)
        assert REPO not in " ".join(w.whispers("eve")).replace(f"{REPO}#{second}.", "")


def hide(w: World) -> None:
    """Make the repository private, and let golive hear of it."""
    assert w.golive is not None
    with w.golive.store.transaction() as tx:
        known = tx.reached(w.golive.forge.host, repository=w.repo_id)[0]
        tx.put_reached(
            w.golive.forge.host, type(known)(known.repository, known.full_name, known.installation, True, known.state)
        )


# ------------------------------------------------------------------ lists


def test_a_list_is_filtered_by_what_one_types() -> None:
    with two() as (w, first, second):
        w.slack_says("sam", f"reject {REPO}#{second} security no")
        listed = {
            "list": (first, second), "list waiting": (first,), "list blocked": (second,), "list role:qa": (first, second),
            "list mine": (first,), "list repo:shop": (first, second), "list repo:acme/other": (), f"list #{first}": (first,),
            "list rejected": (second,),
        }  # fmt: skip
        for text, wanted in listed.items():
            w.slack_says("zoe" if text == "list mine" else "mina", text if "#" not in text else f"list shop#{first}")
            shown = last(w, "zoe" if text == "list mine" else "mina").text
            if text == "list mine":
                assert f"{REPO}#{first}" in shown
                continue
            for number in (first, second):
                assert (f"{REPO}#{number}:" in shown) is (number in wanted), f"{text}: {shown}"
        w.slack_says("mina", "list roll:qa")
        assert "Did you mean `role:`" in w.whispers("mina")[-1]


def test_a_long_list_comes_in_pages() -> None:
    with a_world() as w:
        assert w.golive is not None
        w.asked()
        state = w.golive.store.release_named(REPO, 1)
        assert state is not None
        with w.golive.store.transaction() as tx:
            for number in range(100, 100 + PAGE + 3):
                tx.put_release(
                    type(state)(
                        **{**vars(state), "subject": type(state.subject)(state.subject.host, w.repo_id, number)}
                    )
                )
        w.slack_says("mina", "list")
        shown = last(w, "mina")
        assert shown.text.count(f"{REPO}#") == PAGE
        assert "page 1 of 2" in shown.text
        assert "/golive list page:2" in shown.text
        w.slack_says("mina", "list page:2")
        assert last(w, "mina").text.count(f"{REPO}#") == 4


# ------------------------------------------------------------------ one's own page


def home_text(w: World, name: str) -> str:
    """Every text on a person's page."""
    view = w.slack.home(w.users[name])
    assert view is not None, "nothing was published"
    found = []
    for block in view.blocks:
        found += [
            part["text"]
            for part in (block.get("text"), *block.get("elements", ()))
            if part and isinstance(part.get("text"), str)
        ]
    return "\n".join(found)


def test_ones_own_page_shows_what_waits_what_one_signed_and_follows_and_changes_with_it() -> None:
    with two() as (w, first, second):
        w.slack.open_home(w.users["mina"])
        w.settle()
        shown = home_text(w, "mina")
        assert "You are *mina* on GitHub" in shown
        assert "Waits for you (2)" in shown
        w.slack_says("mina", f"approve {REPO}#{second} qa")
        w.later(seconds=31)
        shown = home_text(w, "mina")
        assert "Waits for you (1)" in shown
        assert "You signed (1)" in shown
        w.slack_says("mina", f"follow {REPO}#{first}")
        assert "You follow (1)" in home_text(w, "mina")
        w.slack_says("mina", f"unfollow {REPO}#{first}")
        assert "You follow (1)" not in home_text(w, "mina")


def test_a_page_is_made_for_those_alone_who_opened_it_and_not_again_while_it_says_the_same() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.open_home(w.users["mina"])
        w.settle()
        assert len(w.slack.calls("views.publish")) == 1
        w.slack.open_home(w.users["mina"])
        w.settle()
        assert len(w.slack.calls("views.publish")) == 1, "the same page was published again"
        w.signed(number)
        w.later(seconds=31)
        assert {call["user_id"] for call in w.slack.calls("views.publish")} == {w.users["mina"]}


def test_much_at_once_makes_one_new_page() -> None:
    with two() as (w, first, second):
        w.slack.open_home(w.users["mina"])
        w.settle()
        before = len(w.slack.calls("views.publish"))
        for number in (first, second):
            w.slack.command(f"approve {REPO}#{number} qa", by=w.users["mina"], channel=w.channel)
        w.later(seconds=2)
        w.later(seconds=61)
        assert len(w.slack.calls("views.publish")) <= before + 2


def test_who_is_not_linked_is_told_so_on_their_page_and_nothing_else() -> None:
    with a_world() as w:
        w.asked()
        w.slack.open_home(w.users["eve"])
        w.settle()
        shown = home_text(w, "eve")
        assert "does not know who you are" in shown
        assert REPO not in shown


def test_a_page_is_published_once_slack_answers_again() -> None:
    with a_world() as w:
        w.asked()
        w.slack.rate_limit("views.publish", times=1, retry_after=20)
        w.slack.open_home(w.users["mina"])
        w.settle()
        assert w.slack.home(w.users["mina"]) is None
        w.later(seconds=21)
        assert "Waits for you (1)" in home_text(w, "mina")


# ------------------------------------------------------------------ links


def shared(w: World, url: str, channel: str = "") -> dict[str, Any]:
    """What a link shows once it is written in a channel."""
    w.slack.unfurl_domains |= {url.split("/")[2]}
    ts = w.slack.message(channel or w.channel, f"look: <{url}>", w.users["bo"])
    w.settle()
    return next(m.unfurls for m in w.slack.messages(channel or w.channel) if m.ts == ts)


def test_links_to_a_release_show_where_it_stands_in_its_channel_and_where_it_is_public() -> None:
    with a_world() as w:
        number = w.asked()
        elsewhere = w.slack.add_channel("#random", members=list(w.users.values()))
        pull, page = pull_of(w, number), page_of(w, number)
        for url in (pull, page):
            for channel in (w.channel, elsewhere):
                shows = shared(w, url, channel)
                assert f"{REPO}#{number}" in str(shows[url])
                assert "waiting on" in str(shows[url])
                accepted(shows[url]["blocks"])


def test_a_link_to_a_private_release_shows_nothing_but_in_its_own_channel() -> None:
    with a_world() as w:
        number = w.asked()
        hide(w)
        elsewhere = w.slack.add_channel("#random", members=list(w.users.values()))
        pull = pull_of(w, number)
        assert shared(w, pull, elsewhere) == {}
        assert pull in shared(w, pull)


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/acme/shop/pull/1", "http://elsewhere.example/r/aaaaaaaaaaaaaaaaaaaaaaaaa"]
)
def test_a_link_to_another_place_shows_nothing(url: str) -> None:
    with a_world() as w:
        w.asked()
        assert shared(w, url) == {}


# ------------------------------------------------------------------ nothing is lost


STORIES = {
    "a command": lambda w, n: w.slack.command(f"approve {REPO}#{n} qa", by=w.users["mina"], channel=w.channel),
    "a list": lambda w, n: w.slack.command("list", by=w.users["mina"], channel=w.channel),
    "a page": lambda w, n: w.slack.open_home(w.users["mina"]),
}


@pytest.mark.parametrize("name", STORIES)
def test_nothing_is_lost_where_golive_dies_right_after_it_acknowledged(name: str, tmp_path: Any) -> None:
    w = MortalWorld(tmp_path, POLICY)
    try:
        number = w.asked()
        STORIES[name](w, number)
        assert w.golive is not None
        assert w.slack.courier.pump() == 1, "the door did not take it"
        w.kill()  # nothing of it was worked yet
        w.start()
        w.settle()
        w.later(seconds=2)
        if name == "a command":
            assert signed(w, number)
        elif name == "a list":
            assert "1 open release" in w.whispers("mina")[-1]
        else:
            assert "Waits for you (1)" in home_text(w, "mina")
    finally:
        w.close()


def test_a_choice_is_worked_once_wherever_golive_dies() -> None:
    chosen, names = 1, 1
    while chosen <= names:
        with scratch() as folder:
            w = MortalWorld(Path(folder), POLICY)
            try:
                w.asked()
                second = w.asked(head="release/2.0")
                w.slack_says("mina", "approve qa")
                boundaries = Boundaries(chosen)
                with mortal(w, boundaries):
                    choose(w, "mina", last(w, "mina"), second)
                    w.later(seconds=2)
                assert signed(w, second), f"lost when golive died {boundaries.names[-1:]}"
                assert len(w.standing(second).words) == 1
                names = max(names, 12 if boundaries.crashes else 0)
            finally:
                w.close()
        chosen += 3
