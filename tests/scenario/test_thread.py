"""The thread of a release: a reply for what happens, one for what happens together, and never a flood."""

from __future__ import annotations

import pytest

from golive.core.thread import PER_HOUR
from golive.standins.wire import Next, Request, Response
from world import POLICY, World, a_world

MANY = POLICY.replace(
    "  - id: ci\n",
    "".join(
        '  - id: other-N\n    uses: http\n    with: {{url: "${{target}}/health", status: 200}}\n'.replace("N", str(n))
        for n in range(5)
    )
    + "  - id: ci\n",
)


def replies(w: World) -> list[str]:
    return [line for line in w.thread() if "Sign-off" not in line and "Sign-offs" not in line]


def test_checks_that_turn_together_are_told_in_one_reply() -> None:
    with a_world(policy=MANY) as w:
        number = w.asked()
        before = len(replies(w))
        w.sample.status = 503
        w.says("ana", number, "/golive check")
        told = replies(w)[before:]
        assert len(told) <= 2, told  # that ana asked, and what came of it
        assert sum(line.count("failed") for line in told) >= 6, told


def test_a_thread_gets_so_many_replies_an_hour_and_then_a_digest_that_counts() -> None:
    with a_world() as w:
        number = w.asked()
        for turn in range(PER_HOUR):
            w.says("mina", number, "/golive looking qa" if turn % 2 else "/golive abstain qa")
        told = w.slack.thread(w.channel, w.roots()[-1].ts)[1:]
        digests = [m.text for m in told if "more change" in m.text]
        assert len(digests) == 1, digests
        assert len(replies(w)) == PER_HOUR
        assert "message above" in digests[0]
        assert digests[0] != "1 more change; the message above shows how it stands now.", "the digest does not count on"
        w.later(hours=2)
        w.says("mina", number, "/golive looking qa")
        assert "mina" in replies(w)[-1]
        assert "more change" not in replies(w)[-1]
        assert len(w.roots()) == 1


def breaks_once(w: World, heard: bool) -> None:
    """The next message is not answered; heard: Slack took it all the same."""
    left = [1]

    def interceptor(request: Request, call_on: Next) -> Response:
        if not request.path.endswith("chat.postMessage") or not left:
            return call_on(request)
        left.pop()
        if heard:
            call_on(request)
        raise ConnectionError("cut")

    w.slack.interceptors.append(interceptor)


@pytest.mark.parametrize("noted", [False, True], ids=["before Slack heard of it", "after Slack heard of it"])
def test_a_reply_that_was_interrupted_is_told_once(noted: bool) -> None:
    with a_world() as w:
        number = w.asked()
        breaks_once(w, noted)
        w.says("mina", number, "/golive approve qa the first")
        w.says("sam", number, "/golive hold the second")
        for _ in range(4):
            w.later(minutes=2)
        told = replies(w)
        assert sum(line.count("the first") for line in told) == 1, told
        assert sum(line.count("Held by @sam: the second") for line in told) == 1, told
