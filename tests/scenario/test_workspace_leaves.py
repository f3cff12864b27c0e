"""A workspace takes the app away, or revokes its token: nothing is sent there, its releases say so, and it can come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from golive.store.workspaces import Workspaces
from tenants import HOME, OTHER, Tenants, two


@pytest.fixture
def w() -> Iterator[Tenants]:
    with two() as world:
        for team in (HOME, OTHER):
            assert world.install(team).status_code == 200
        world.join("bo")
        yield world


def spoken(w: Tenants) -> int:
    return sum(team in (HOME, "") for _, team in w.slack.spoken_for)


@pytest.mark.parametrize("by_revoking", [False, True], ids=["the app is taken away", "its token is revoked"])
def test_a_workspace_without_the_app_is_told_nothing_and_its_releases_say_how_to_mend_it(
    w: Tenants, by_revoking: bool
) -> None:
    number = w.asked()
    assert w.golive is not None
    sealed = Workspaces(w.golive.store).of(HOME)
    assert sealed is not None
    w.slack.uninstall(HOME, by_revoking=by_revoking)
    w.settle()
    assert Workspaces(w.golive.store).of(HOME) is None, "its token is still kept"
    stored = b"".join(path.read_bytes() for path in w.folder.glob("golive.db"))
    assert sealed.sealed not in stored
    w.later()
    assert "took golive away" in w.summary(number) + "".join(w.our_comments(number)), w.summary(number)
    assert "/slack/install" in w.summary(number) + "".join(w.our_comments(number))
    before = spoken(w)
    w.push(number)
    w.later(minutes=20)
    assert spoken(w) == before, "something was sent to a workspace that took the app away"
    w.later(seconds=61)
    w.signed(number)
    assert w.merged(number), f"a workspace that left blocks a release: {w.title(number)}"


def test_a_workspace_that_installs_the_app_again_goes_on_in_the_same_thread(w: Tenants) -> None:
    number = w.asked()
    w.slack.uninstall(HOME)
    w.settle()
    w.says("zoe", number, "/golive hold the DBA is away")
    w.later()
    assert "the DBA is away" not in str(w.roots()[-1].blocks), "it was told all the same"
    assert w.install(HOME).status_code == 200
    w.later()
    assert len(w.roots()) == 1, "another message was posted for the same release"
    assert "the DBA is away" in str(w.roots()[-1].blocks)
    assert "took golive away" not in w.summary(number) + "".join(w.our_comments(number))
    w.slack_says("zoe", "resume")
    w.slack_says("mina", "approve qa")
    w.slack_says("sam", "approve security")
    assert w.merged(number), "words from there do not count any more"


def test_an_event_that_is_older_than_the_install_takes_nothing_away(w: Tenants) -> None:
    w.asked()
    w.slack.uninstall(HOME)
    told = w.late(w.slack.courier)
    assert len(told) == 2, "the app did not ask for these events"
    w.later(minutes=2)
    assert w.install(HOME).status_code == 200
    w.hand_over(w.slack.courier, told)
    assert w.golive is not None
    assert Workspaces(w.golive.store).of(HOME) is not None, "a late event took away what was installed after it"


def test_other_workspaces_and_tokens_of_people_are_untouched(w: Tenants) -> None:
    w.asked()
    with w.slack.lock:
        w.slack.sender.event({"type": "tokens_revoked", "tokens": {"oauth": [w.users["mina"]], "bot": []}}, team=HOME)
    w.slack.uninstall(OTHER)
    w.settle()
    assert w.golive is not None
    kept = Workspaces(w.golive.store)
    assert (kept.of(HOME) is None, kept.of(OTHER) is None) == (False, True)
