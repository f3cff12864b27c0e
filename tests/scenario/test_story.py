"""A release goes live, end to end: in by the doors, read from the stand-ins."""

from __future__ import annotations

from world import a_world


def test_two_sign_offs_one_on_the_pull_request_and_one_in_slack_release_the_shop() -> None:
    with a_world() as w:
        number = w.release()
        w.later(seconds=61)
        w.says("mina", number, "/golive approve qa ran the smoke tests")
        assert not w.github.pull("acme/shop", number).merged
        w.later(seconds=2)
        w.slack.react("white_check_mark", by=w.users["sam"], channel=w.channel, ts=w.request_ts())
        w.settle()
        pull = w.github.pull("acme/shop", number)
        assert pull.merged, w.current_run(number)
        assert len(w.github.merges_of("acme/shop", number)) == 1
        assert len(w.our_comments(number, "golive:sticky")) == 1
        assert len(w.roots()) == 1
