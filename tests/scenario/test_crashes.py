"""The bot dies at every boundary of the story, comes back from its file, and the story completes.

A boundary is the moment before or after anything is written: to GitHub, to Slack, or to golive's own file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from golive.core.model import Subject
from mortal import Boundaries, MortalWorld, mortal
from world import World, scratch

SHARES = 8
"""Into how many tests the boundaries are dealt, so that they can run side by side."""
COMMITS = 1 if os.environ.get("GOLIVE_TEST_PROFILE") == "long" else 9
"""Every boundary of an effect is tried; of those around a commit of golive's own file each, or one of so many."""


@contextmanager
def a_story_that_dies(chosen: int) -> Iterator[tuple[MortalWorld, Boundaries]]:
    boundaries = Boundaries(chosen)
    with scratch() as folder:
        world = MortalWorld(Path(folder))
        try:
            with mortal(world, boundaries):
                yield world, boundaries
        finally:
            world.close()


def story(w: MortalWorld) -> int:
    """Checks fail and recover, a push re-opens a sign-off, two people sign on two surfaces, golive merges."""
    w.sample.status = 503
    number = w.release()
    w.later(seconds=61)
    w.says("mina", number, "/golive approve qa")
    w.sample.status = 200
    w.github.rerequest("acme/shop", w.current_run(number).id, by="ana")
    w.settle()
    w.later(seconds=2)
    w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4.1')\n"}, by="ana", message="Mend it")
    w.settle()
    w.ci_says("success", number)
    w.settle()
    w.later(seconds=61)
    w.github.react("acme/shop", request_comment(w, number), by="mina", content="+1")
    w.later(seconds=31)
    w.slack.react("white_check_mark", by=w.users["sam"], channel=w.channel, ts=w.request_ts())
    w.settle()
    for _ in range(3):  # a turn that a crash cut short may owe a look
        w.later(seconds=61)
    return number


def request_comment(w: World, number: int) -> int:
    head = w.github.pull("acme/shop", number).head.sha
    marker = f"golive:request:{head}"
    return next(
        c.id for c in w.github.comments("acme/shop", number) if marker in c.body and c.user.login == "golive[bot]"
    )


def assert_the_end_is_right(w: World, number: int) -> None:
    pull = w.github.pull("acme/shop", number)
    assert pull.merged, w.current_run(number).output
    assert [m.status for m in w.github.merges_of("acme/shop", number)].count(200) == 1
    runs = w.github.check_runs("acme/shop", pull.head.sha, "golive")
    assert [r.status for r in runs].count("in_progress") == 0
    assert runs[-1].conclusion == "success"
    assert len(w.our_comments(number, "golive:sticky")) == 1
    assert len(w.our_comments(number, f"golive:request:{pull.head.sha}")) == 1
    assert len(w.roots()) == 1
    replies = [m.text for m in w.slack.thread(w.channel, w.roots()[0].ts)][1:]
    assert len(replies) == len(set(replies)), "a fact was told twice"
    assert w.golive is not None
    subject = Subject(w.golive.forge.host, w.repo_id, number)
    assert w.golive.store.broken_links(subject) == []
    assert w.golive.store.new_deliveries() == [], "a delivery was left lying"


def test_the_story_completes_when_nobody_dies() -> None:
    with a_story_that_dies(0) as (w, boundaries):
        assert_the_end_is_right(w, story(w))
        assert boundaries.passed > 100, "the boundaries are not seen any more"


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_the_story_completes_wherever_the_bot_dies(share: int) -> None:
    with a_story_that_dies(0) as (w, boundaries):
        story(w)
        effects = [n for n, name in enumerate(boundaries.names, 1) if "commit" not in name]
        commits = [n for n, name in enumerate(boundaries.names, 1) if "commit" in name]
    for chosen in sorted(effects + commits[::COMMITS])[share::SHARES]:
        with a_story_that_dies(chosen) as (w, boundaries):
            number = story(w)
            boundaries.armed = False
            try:
                assert_the_end_is_right(w, number)
            except AssertionError as error:
                raise AssertionError(
                    f"after a crash at boundary {chosen}, {boundaries.names[chosen - 1]}: {error}"
                ) from error


if __name__ == "__main__":
    with a_story_that_dies(0) as (told, seen):
        story(told)
        print(len(seen.names), "boundaries,", sum("commit" not in n for n in seen.names), "of them around effects")
