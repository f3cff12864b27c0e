"""`Retry-After` is kept for every method of Slack's: whoever looks in between does not ask again."""

from __future__ import annotations

import pytest

from golive.standins.wire import Request, Response
from world import World, a_world


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_a_method_is_not_called_again_before_slack_wants_it(method: str) -> None:
    with a_world() as w:
        tries: list[float] = []

        def count(request: Request, call: object) -> Response:
            if request.path == f"/api/{method}":
                tries.append(w.clock().timestamp())
            return call(request)  # type: ignore[operator, no-any-return]

        w.slack.interceptors.append(count)
        number = w.asked() if method == "chat.update" else 0
        tries.clear()
        w.slack.rate_limit(method, times=1, retry_after=300)
        number = number or w.release()
        w.says("bo", number, "/golive hold one")
        first = tries[0]
        for words in ("resume", "hold two"):
            w.says("bo", number, f"/golive {words}")
        w.later(seconds=120)
        assert [at for at in tries if at < first + 300] == [first], "it was asked again too soon"
        w.later(seconds=200)
        assert len(tries) > 1, "it was never said again"
        assert World.roots(w)
