"""Slack down for an hour blocks nothing and is made up for in one reply; GitHub down is said in Slack, and that it is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from golive.standins.wire import Response
from world import World, a_world


@contextmanager
def down(standin: Any, status: int = 0) -> Iterator[None]:
    """Nothing answers meanwhile; with a status, everything answers that."""

    def broken(request: Any, answer: Any) -> Any:
        if not status:
            raise ConnectionError("the line is cut")
        return Response.of(status, {"message": "Unicorn!"})

    standin.interceptors.append(broken)
    try:
        yield
    finally:
        standin.interceptors.remove(broken)


def quiet(w: World, minutes: int) -> None:
    for _ in range(minutes):
        w.later(minutes=1)


def about_github(w: World) -> list[str]:
    return [line for line in w.thread() if line.startswith("GitHub")]


def test_slack_down_for_an_hour_blocks_no_release_and_ends_in_one_reply() -> None:
    with a_world() as w:
        number = w.asked()
        before = len(w.thread())
        with down(w.slack):
            w.says("mina", number, "/golive approve qa")
            quiet(w, 10)
            w.says("zoe", number, "/golive hold look at the queue")
            quiet(w, 10)
            w.says("zoe", number, "/golive resume")
            w.push(number, text=None)
            quiet(w, 35)
            w.says("sam", number, "/golive approve security")
            assert w.merged(number), w.title(number)
            quiet(w, 5)
        assert len(w.thread()) == before
        quiet(w, 6)
        said = w.thread()[before:]
        (one,) = [line for line in said if "approved for qa" in line]
        assert "look at the queue" in one
        assert "approved for security" in one
        assert len(said) <= 2, f"a flood: {said}"
        assert "Merged" in w.roots()[-1].text, "the message shows how it stands now"
        assert len(w.roots()) == 1


def test_a_release_that_opens_while_slack_is_down_gets_its_message_afterwards_and_once() -> None:
    with a_world() as w:
        with down(w.slack, 503):
            number = w.asked()
            assert w.title(number).startswith("0/2")
            quiet(w, 30)
        quiet(w, 6)
        assert len(w.roots()) == 1
        assert w.request_ts()


def test_github_down_is_said_once_in_the_thread_and_that_it_is_over() -> None:
    with a_world() as w:
        number = w.asked()
        with down(w.github, 503):
            w.slack.click("golive_status", by=w.users["mina"], channel=w.channel, ts=w.roots()[0].ts)
            w.settle()
            quiet(w, 30)
            (line,) = about_github(w)
            assert "has not answered since" in line
            told = w.whispers("mina")
            assert len(told) == 1, told
            assert "GitHub has not answered since" in told[0]
            assert "0/2" in told[0], "how it stood before is of use"
            w.restart()
            quiet(w, 10)
            assert len(about_github(w)) == 1
        quiet(w, 6)
        (line,) = about_github(w)
        assert "answers again" in line
        assert len(w.whispers("mina")) == 2, "the question itself is answered, too"
        with down(w.github):
            w.slack.click("golive_approve", by=w.users["mina"], channel=w.channel, ts=w.roots()[0].ts)
            w.settle()
            quiet(w, 10)
            assert len(about_github(w)) == 2, "another outage is another line"
        quiet(w, 6)
        assert w.title(number).startswith("1/2"), "what was said meanwhile was kept"
        assert all("answers again" in line for line in about_github(w))


def test_a_github_that_stumbles_once_is_nobodys_business() -> None:
    with a_world() as w:
        w.asked()
        with down(w.github, 502):
            w.slack.click("golive_status", by=w.users["mina"], channel=w.channel, ts=w.roots()[0].ts)
            w.settle()
        w.later(seconds=5)
        assert not about_github(w)
        assert len(w.whispers("mina")) == 1


@pytest.mark.parametrize("typed", ["approve qa", "approve acme/shop#{number} qa", "list"])
def test_a_command_that_names_what_only_github_can_show_is_kept_while_it_is_down(typed: str) -> None:
    with a_world() as w:
        w.github.world.repo("acme/shop").private = True
        number = w.asked()
        w.later(minutes=6)  # what was seen before is not believed any more
        with down(w.github, 502):
            w.slack_says("mina", typed.format(number=number))
            quiet(w, 3)
            told = w.whispers("mina")
            assert not any("release" in line and line.lower().startswith(("no ", "there is no")) for line in told), told
            kept = [line for line in told if "GitHub does not answer" in line or "GitHub has not answered" in line]
            assert len(kept) == 1, f"it is said once that it is kept: {told}"
        quiet(w, 3)
        if typed == "list":
            assert f"acme/shop#{number}" in str(w.slack.ephemerals_for(w.users["mina"])[-1].blocks)
        else:
            assert w.title(number).startswith("1/2"), f"what was kept was not worked: {w.whispers('mina')}"
