"""What GitHub does not show for a moment is not gone: it counts once it is back, and nothing is concluded meanwhile."""

from __future__ import annotations

from golive.standins.wire import Next, Request, Response
from world import a_world


def test_a_reaction_that_one_list_left_out_counts_again_when_it_is_back() -> None:
    with a_world(slack=False) as w:
        number = w.release()
        w.later(seconds=61)
        w.github.react("acme/shop", w.ask_comment(number), by="mina", content="+1")
        w.later(seconds=31)
        assert "1/2" in w.title(number)
        left_out: list[Request] = []

        def older(request: Request, call: Next) -> Response:
            if request.path.endswith("/reactions") and request.method == "GET" and len(left_out) < 2:
                left_out.append(request)
                return Response.of(200, [])
            return call(request)

        w.github.interceptors.append(older)
        w.says("eve", number, "Looks nice.")
        w.later(seconds=31)
        assert left_out, "the list was not read, and this test says nothing"
        for _ in range(2):
            w.later(seconds=61)
        assert "1/2" in w.title(number)
        w.github.unreact("acme/shop", w.ask_comment(number), by="mina", content="+1")
        for _ in range(2):
            w.later(seconds=61)
        assert "0/2" in w.title(number), "and taken back once more, it does not count"


def test_a_base_branch_that_is_not_to_be_found_for_a_moment_leaves_the_release_governed() -> None:
    with a_world(slack=False) as w:
        number = w.release()
        w.later(seconds=61)
        gone: list[Request] = []

        def missing(request: Request, call: Next) -> Response:
            if request.path.endswith("/git/ref/heads/main") and not gone:
                gone.append(request)
                return Response.of(404, {"message": "Not Found"})
            return call(request)

        w.push(number)
        w.github.interceptors.append(missing)
        for _ in range(3):
            w.later(seconds=61)
        assert gone, "the branch was not asked for, and this test says nothing"
        assert w.ask_comment(number), "nobody is asked to sign the new head"
