"""The bot dies at every boundary of the story, comes back from its file, and the story completes.

A boundary is the moment before or after anything is written: to GitHub, to Slack, or to golive's own file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from again import Chapters
from golive.core.model import Subject
from golive.standins.sample import Sample
from golive.standins.wire import Served
from mortal import Mortal, MortalWorld
from world import World, scratch

SHARES = 8
"""Into how many tests the boundaries are dealt, so that they can run side by side."""
COMMITS = 1 if os.environ.get("GOLIVE_TEST_PROFILE") == "long" else 9
"""Every boundary of an effect is tried; of those around a commit of golive's own file each, or one of so many."""


def opened(life: Mortal) -> None:
    """The service is down when the release is opened."""
    life.world.sample.status = 503
    life.number = life.world.release()
    life.world.later(seconds=61)


def signed_too_early(life: Mortal) -> None:
    """The first one signs, and the service comes back."""
    w = life.world
    w.says("mina", life.number, "/golive approve qa")
    w.sample.status = 200
    w.github.rerequest("acme/shop", w.current_run(life.number).id, by="ana")
    w.settle()


def pushed(life: Mortal) -> None:
    """A push re-opens what was signed."""
    w = life.world
    w.later(seconds=2)
    w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4.1')\n"}, by="ana", message="Mend it")
    w.settle()
    w.ci_says("success", life.number)
    w.settle()
    w.later(seconds=61)


def signed(life: Mortal) -> None:
    """Two people sign on two surfaces, and golive merges."""
    w = life.world
    w.github.react("acme/shop", request_comment(w, life.number), by="mina", content="+1")
    w.later(seconds=31)
    w.slack.react("white_check_mark", by=w.users["sam"], channel=w.channel, ts=w.request_ts())
    w.settle()


def rested(life: Mortal) -> None:
    """A turn that a crash cut short may owe a look."""
    for _ in range(3):
        life.world.later(seconds=61)


STORY = (opened, signed_too_early, pushed, signed, rested)


def begin(folder: Path, sample: tuple[Sample, Served]) -> Mortal:
    return Mortal(MortalWorld(folder, sample=sample))


@pytest.fixture(scope="module")
def chapters() -> Iterator[Chapters[Mortal]]:
    """The story, told once without a crash."""
    made = Chapters(begin, STORY)
    yield made
    made.close()


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
    with scratch() as folder:
        life = Mortal(MortalWorld(Path(folder)))
        try:
            with life.watched():
                for chapter in STORY:
                    chapter(life)
            assert_the_end_is_right(life.world, life.number)
        finally:
            life.world.close()
        assert life.boundaries.passed > 100, "the boundaries are not seen any more"


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_the_story_completes_wherever_the_bot_dies(share: int, chapters: Chapters[Mortal]) -> None:
    effects = [n for n, name in enumerate(chapters.names, 1) if "commit" not in name]
    commits = [n for n, name in enumerate(chapters.names, 1) if "commit" in name]
    for chosen in sorted(effects + commits[::COMMITS])[share::SHARES]:
        with chapters.told(chosen, lambda life, at=chosen: setattr(life.boundaries, "chosen", at)) as life:  # type: ignore[misc]
            life.boundaries.armed = False
            try:
                assert life.boundaries.crashes == 1, "it never came there"
                assert_the_end_is_right(life.world, life.number)
            except AssertionError as error:
                raise AssertionError(
                    f"after a crash at boundary {chosen}, {chapters.names[chosen - 1]}: {error}"
                ) from error


if __name__ == "__main__":
    told = Chapters(begin, STORY)
    print(len(told.names), "boundaries,", sum("commit" not in n for n in told.names), "of them around effects")
    told.close()
