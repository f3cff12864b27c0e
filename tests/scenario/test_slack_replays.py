"""What was captured on its way from Slack and is posted again has no second effect; what was answered is never lost.

Add a way to say something as one row of `WAYS`: it leaves one signed request with the courier, and `does` counts its effect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from world import World, a_world


def command(w: World) -> None:
    w.slack.command("hold waiting for the DBA", by=w.users["zoe"], channel=w.channel)


def press(w: World) -> None:
    w.slack.click("golive_approve", by=w.users["mina"], channel=w.channel, ts=w.request_ts())


def form(w: World) -> None:
    w.slack.click("golive_form_hold", by=w.users["zoe"], channel=w.channel, ts=w.roots()[-1].ts)
    w.settle()
    view = w.slack.modal(w.users["zoe"])
    assert view is not None, "no form was opened"
    w.slack.submit_view(view.id, w.users["zoe"], {"words": "waiting for the DBA"})


def reaction(w: World) -> None:
    w.slack.react("white_check_mark", by=w.users["mina"], channel=w.channel, ts=w.request_ts())


class Way(NamedTuple):
    """How something is said. said: the verb that is on record then.   again: what the same request is answered."""

    say: Callable[[World], None]
    said: str
    again: int


WAYS = {
    "a command": Way(command, "hold", 409),
    "a press": Way(press, "approve", 409),
    "a form": Way(form, "hold", 409),
    "a reaction": Way(reaction, "approve", 200),
}


def captured(w: World, way: Way) -> Any:
    """The one request that it sends."""
    w.later(seconds=2)
    way.say(w)
    [request] = w.late(w.slack.courier)
    return request


def on_record(w: World, number: int, way: Way) -> int:
    return sum(word.verb == way.said for word in w.standing(number).words)


def told(w: World) -> tuple[int, int, int]:
    """How much golive has said in Slack and on GitHub."""
    return len(w.slack.calls("chat.postMessage")), len(w.slack.calls("chat.update")), len(w.slack.ephemerals)


def repeats(w: World) -> float:
    assert w.client is not None
    lines = w.client.get("/metrics").text.splitlines()
    return sum(
        float(one.split()[-1])
        for one in lines
        if one.startswith('golive_deliveries_total{door="slack",outcome="repeated"')
    )


@pytest.mark.parametrize("name", WAYS)
def test_a_captured_request_posted_again_within_five_minutes_has_no_second_effect(name: str) -> None:
    way = WAYS[name]
    with a_world() as w:
        number = w.asked()
        request = captured(w, way)
        assert w.redeliver(request).status == 200
        assert on_record(w, number, way) == 1, "it had no effect at all, so a second one could not be seen"
        w.later(seconds=2)
        before, entries, counted = told(w), len(w.standing(number).facts), repeats(w)
        for seconds in (0, 120, 150):
            w.later(seconds=seconds or 1)
            before = told(w)
            assert w.redeliver(request).status == way.again
            assert (on_record(w, number, way), told(w)) == (1, before), "it did something again"
        assert len(w.standing(number).facts) == entries
        assert repeats(w) == counted + 3, "a repeated request is counted"
        w.later(minutes=5)
        assert w.redeliver(request).status == 401, "it is older than five minutes"


@pytest.mark.parametrize("name", WAYS)
def test_what_was_answered_is_worked_though_the_process_dies_right_after(name: str) -> None:
    way = WAYS[name]
    with a_world() as w:
        number = w.asked()
        request = captured(w, way)
        answer = w._post(request)
        assert answer.status == 200
        w.restart()  # nothing was worked between
        w.settle()
        assert on_record(w, number, way) == 1, "Slack was told that it arrived, and it was lost"
        assert w.redeliver(request).status == way.again, "what was known before the restart is forgotten"
        assert on_record(w, number, way) == 1
