"""Holes that real systems of this kind had, one test per trap, each named after its number in the list of traps."""

from __future__ import annotations

import json
import re

import pytest

from golive.standins.wire import Next, Outgoing, Request, Response
from world import POLICY, World, a_world


def test_trap_04_a_head_that_moves_between_decision_and_merge_is_looked_at_again() -> None:
    with a_world() as w:
        number = w.asked()
        first = w.github.pull("acme/shop", number).head.sha
        pushed: list[str] = []

        def pushes_just_before(request: Request, call: Next) -> Response:
            if request.method == "PUT" and request.path.endswith("/merge") and not pushed:
                pushed.append(w.github.commit("acme/shop", "release/1.4", {"app.py": "evil()\n"}, by="ana"))
            return call(request)

        w.github.interceptors.append(pushes_just_before)
        w.signed(number)
        assert pushed, "no merge was tried, so this test showed nothing"
        (tried,) = w.merges(number)
        assert (tried.asked_sha, tried.status) == (first, 409), "the merge must name the head that was decided on"
        assert not w.merged(number)
        w.ci_says("success", number)
        w.later(seconds=61)
        assert w.shows(number) == "in_progress", "the moved head was not decided anew"
        assert len(w.merges(number)) == 1, "the unsigned head was sent to be merged"
        w.signed(number)
        assert w.merged(number), w.title(number)
        assert w.merges(number)[-1].asked_sha == pushed[0]


def test_trap_04_a_push_that_hides_from_the_webhooks_does_not_land_either() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.later(seconds=2)
        w.github.commit("acme/shop", "release/1.4", {"app.py": "evil()\n"}, by="ana")
        w.late(w.github.courier)  # these deliveries never arrive
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number), "sign-offs for other code merged a head that nobody was shown"


def test_trap_08_a_pull_request_cannot_rewrite_its_own_gate() -> None:
    with a_world() as w:
        lax = re.sub(r"signoffs:.*?promotion:", "promotion:", POLICY, flags=re.S).format(target=w.target)
        files = {"app.py": "print('1.4')\n", ".github/golive.yml": lax}
        w.github.commit("acme/shop", "release/1.4", files, by="ana")
        given = w.shown_on(w.github.world.repo("acme/shop").git.refs["heads/release/1.4"])
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Ask nothing", by="ana")
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        assert w.shows(number) == "in_progress"
        assert "qa" in w.title(number), "the base's policy asks for qa, whatever the head's says"
        assert "success" not in given
        assert not w.merges(number)
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_trap_08_mistakes_in_the_policy_that_a_release_brings_are_annotated_and_hold_it() -> None:
    with a_world() as w:
        wrong = POLICY.format(target=w.target).replace("uses: http", "uses: htpp")
        w.github.commit("acme/shop", "release/1.4", {".github/golive.yml": wrong}, by="ana")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release", by="ana")
        w.ci_says("success", number)
        w.settle()
        w.later(seconds=61)
        assert w.shows(number) == "action_required"
        run = w.our_runs(w.github.pull("acme/shop", number).head.sha)[-1]
        line = 1 + wrong.splitlines().index("    uses: htpp")
        assert (".github/golive.yml", line) in {(a["path"], a["start_line"]) for a in run.annotations}
        w.signed(number)
        assert not w.merges(number)


def approve_then_withdraw(w: World, number: int) -> Outgoing:
    """Mina approves and withdraws by commands; returns the first request as it came."""
    w.slack_says("mina", "approve qa")
    captured, status, _ = w.slack.courier.done[-1]
    assert status == 200
    w.slack_says("mina", "withdraw qa")
    w.says("sam", number, "/golive approve security")
    assert not w.merged(number)
    return captured


def test_trap_23_a_captured_command_replayed_inside_five_minutes_has_no_effect() -> None:
    with a_world() as w:
        number = w.asked()
        captured = approve_then_withdraw(w, number)
        seen = len(w.whispers("mina"))
        answer = w.redeliver(captured)
        assert answer.status == 409, "the same signed command again must be told apart"
        w.later(seconds=31)
        assert not w.merged(number), "a replayed approval counted after its withdrawal"
        assert len(w.whispers("mina")) == seen, "a replay was answered"
        w.later(minutes=6)
        assert w.redeliver(captured).status == 401, "a request older than five minutes must be refused"


def test_trap_23_a_captured_interaction_replayed_has_no_effect() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.click("golive_approve", by=w.users["mina"], channel=w.channel, ts=w.request_ts())
        w.settle()
        captured = w.slack.courier.done[-1][0]
        assert "sam" in w.title(number) or "security" in w.title(number)
        w.slack_says("mina", "withdraw")
        w.says("sam", number, "/golive approve security")
        answer = w.redeliver(captured)
        assert answer.status == 409
        w.later(seconds=31)
        assert not w.merged(number)


def test_trap_23_a_captured_event_replayed_is_answered_and_has_no_effect() -> None:
    with a_world() as w:
        number = w.asked()
        ts = w.request_ts()
        w.slack.react("white_check_mark", by=w.users["mina"], channel=w.channel, ts=ts)
        w.settle()
        captured = w.slack.courier.done[-1][0]
        assert json.loads(captured.body)["event"]["type"] == "reaction_added"
        w.later(seconds=2)
        w.slack.unreact("white_check_mark", by=w.users["mina"], channel=w.channel, ts=ts)
        w.settle()
        w.says("sam", number, "/golive approve security")
        assert w.redeliver(captured).status == 200, "Slack takes anything else for a failure and sends it again"
        w.later(seconds=31)
        assert not w.merged(number), "a replayed reaction counted after it was taken back"


@pytest.mark.parametrize("stamp", ["", "soon", "12e3", "-1", "1" * 13, "NaN", "9" * 400, "1.5"])
def test_trap_23_a_garbage_timestamp_is_refused(stamp: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.command("approve qa", by=w.users["mina"], channel=w.channel)
        (command,) = w.late(w.slack.courier)
        headers = {**command.headers, "X-Slack-Request-Timestamp": stamp}
        answer = w.redeliver(Outgoing(command.url, headers, command.body))
        assert 400 <= answer.status < 500, f"{stamp!r} was answered {answer.status}"
        assert json.loads(answer.body)["error"], "a refusal says why"
        w.says("sam", number, "/golive approve security")
        assert not w.merged(number)
