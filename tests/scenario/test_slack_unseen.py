"""Somebody who is linked and cannot see the repository on GitHub: no surface of Slack shows that there is a release."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from world import World, scratch

REPO = "acme/shop"


class Private(World):
    """The repository is private, and eve, who is linked here, has no part in it."""

    def _people(self) -> None:
        super()._people()
        self.github.world.repo(REPO).private = True
        people = {self.slack.app.team_id: {uid: name for name, uid in self.users.items()}}
        self.people_file = json.dumps(people)
        (self.folder / "people.yml").write_text(self.people_file)


@pytest.fixture(scope="module")
def w() -> Iterator[World]:
    from pathlib import Path

    with scratch() as folder:
        world = Private(Path(folder))
        try:
            world.asked()
            world.asked(head="release/2.0")
            yield world
        finally:
            world.close()


TYPED = {
    "status": "No release is open.",
    "approve qa": "No release is open.",
    "status #1": "There is no open release",
    f"hold {REPO}#1 mine": "There is no open release",
    "list": "No release is open.",
    "list mine": "No open release that you can see is like that.",
    "list repo:shop": "No open release that you can see is like that.",
}


@pytest.mark.parametrize("typed", TYPED)
def test_what_somebody_cannot_see_is_neither_offered_nor_listed_nor_steered(w: World, typed: str) -> None:
    before = {number: len(w.standing(number).words) for number in (1, 2)}
    w.slack_says("eve", typed)
    assert w.whispers("eve")[-1].startswith(TYPED[typed]), w.whispers("eve")[-1]
    assert "Release 1.4" not in str(w.slack.ephemerals_for(w.users["eve"])[-1].blocks)
    assert {number: len(w.standing(number).words) for number in (1, 2)} == before


def test_their_own_page_shows_nothing_of_it_and_others_see_it(w: World) -> None:
    for name, sees in (("eve", False), ("mina", True)):
        w.slack.open_home(w.users[name])
        w.settle()
        w.later(seconds=31)
        view = w.slack.home(w.users[name])
        assert view is not None
        assert ("Release 1.4" in json.dumps(view.blocks)) is sees, name
    w.slack_says("mina", "list")
    assert REPO in str(w.slack.ephemerals_for(w.users["mina"])[-1].blocks)
