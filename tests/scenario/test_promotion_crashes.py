"""golive dies before or after everything it writes while it goes live, comes back, and each act is done once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mortal import Boundaries, MortalWorld, mortal
from scenario.test_promotion import promoting
from world import scratch

ACTS = """\
  merge: {method: squash, when: go}
  deploy: {environment: production}
  environment: production
  tag: v${version}
  branch: releases/live
"""
COMMITS = 1 if os.environ.get("GOLIVE_TEST_PROFILE") == "long" else 60
"""Of the boundaries around commits of golive's own file, one of so many is tried; of those around effects each."""
SHARES = 2


def story(w: MortalWorld) -> int:
    """Merged, deployed, let in, tagged, and a branch moved."""
    number = w.asked()
    w.says("mina", number, "/golive approve qa")
    for _ in range(2):
        w.later(seconds=61)
    shop = w.github.pull("acme/shop", number)
    w.github.environment_waits("acme/shop", "production", shop.merge_commit_sha, by="zoe")
    for made in w.github.deployments("acme/shop"):
        if made.creator.login == "golive[bot]":
            w.github.deployment_status("acme/shop", made.id, "success", by="zoe")
    for _ in range(4):
        w.later(seconds=61)
    return number


def assert_all_was_done_once(w: MortalWorld, number: int) -> None:
    repo = w.github.world.repo("acme/shop")
    landed = w.github.pull("acme/shop", number).merge_commit_sha
    ours = [d for d in repo.deployments.values() if d.creator.login == "golive[bot]"]
    assert [(d.sha, d.environment) for d in ours] == [(landed, "production")]
    assert [[state for state, _ in gate.answers] for gate in repo.gates.values()] == [["approved"]]
    assert (repo.git.refs["tags/v1.4"], repo.git.refs["heads/releases/live"]) == (landed, landed)
    assert [m.status for m in w.github.merges_of("acme/shop", number)].count(200) == 1
    (sticky,) = w.our_comments(number, "golive:sticky")
    assert sticky.count("done") >= 5, sticky


def test_everything_is_done_once_when_nobody_dies() -> None:
    with scratch() as folder:
        w = MortalWorld(Path(folder), policy=promoting(ACTS))
        try:
            assert_all_was_done_once(w, story(w))
        finally:
            w.close()


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_everything_is_done_once_wherever_golive_dies(share: int) -> None:
    names = _told(0)
    places = [n for n, name in enumerate(names, 1) if any(part in name for part in ("deploy", "refs", "merge"))]
    places += [n for n, name in enumerate(names, 1) if "commit" in name and n > min(places)][::COMMITS]
    for chosen in sorted(places)[share::SHARES]:
        try:
            _told(chosen)
        except AssertionError as error:
            raise AssertionError(f"after a crash at boundary {chosen}, {names[chosen - 1]}: {error}") from error


def _told(chosen: int) -> list[str]:
    """Tell the story, dying at one boundary; returns the names of all that went by."""
    boundaries = Boundaries(chosen)
    with scratch() as folder:
        w = MortalWorld(Path(folder), policy=promoting(ACTS))
        try:
            with mortal(w, boundaries):
                number = story(w)
                boundaries.armed = False
                assert_all_was_done_once(w, number)
        finally:
            w.close()
    return boundaries.names
