"""Everything golive sends to GitHub, and everything the stand-in answers, fits GitHub's own description of its API."""

from __future__ import annotations

from pathlib import Path

from contract.openapi import OpenAPI
from golive.standins.wire import Exchange
from world import a_world

DESCRIPTION = OpenAPI(Path(__file__).parents[1] / "data" / "github" / "openapi-subset.json")


def test_a_whole_release_sends_and_reads_nothing_that_github_does_not_describe() -> None:
    seen: list[Exchange] = []
    with a_world() as w:
        w.github.observers.append(seen.append)
        w.sample.status = 503
        number = w.release()
        w.later(seconds=61)
        w.says("mina", number, "/golive hold wait a moment")
        w.says("mina", number, "/golive resume")
        w.sample.status = 200
        w.github.rerequest("acme/shop", w.current_run(number).id, by="ana")
        w.settle()
        w.says("mina", number, "/golive approve qa")
        w.says("eve", number, "/golive approve")
        w.slack_says("sam", "approve security")
        assert w.github.pull("acme/shop", number).merged
    wrong = [
        f"{e.request.method} {e.request.path}: {error}"
        for e in seen
        for error in (*DESCRIPTION.request_errors(e), *DESCRIPTION.response_errors(e))
    ]
    assert len(seen) > 60, "the observer sees nothing any more"
    assert not wrong, "\n".join(wrong[:20])
