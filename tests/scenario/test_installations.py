"""Installations and repositories come and go: what golive says and does then, and what it never says to whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from golive.core.model import Subject
from golive.ports import ReleaseState
from world import World, a_world


def state(w: World, number: int, repository: int = 0) -> ReleaseState:
    assert w.golive is not None
    found = w.golive.store.release_of(Subject("github.test", repository or w.repo_id, number))
    assert found is not None
    return found


def installation(w: World, account: str = "acme") -> int:
    return next(i.id for i in w.github.world.installations.values() if i.account.login == account and i.app is w.app)


def page(w: World, number: int) -> str:
    assert w.client is not None
    return w.client.get(f"/r/{state(w, number).token}").text


def asked_of_github(w: World) -> int:
    return len([x for x in w.github.requests if not x.request.path.startswith("/app")])


def test_while_suspended_nothing_is_asked_of_github_and_the_work_goes_on_afterwards() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.suspend(installation(w), by="bo")
        w.settle()
        assert "suspended" in page(w, number), "its page says why nothing moves"
        w.github.requests.clear()
        w.later(hours=3)
        w.later(hours=30)
        assert asked_of_github(w) == 0
        w.github.unsuspend(installation(w), by="bo")
        w.settle()
        w.later(seconds=2)
        w.signed(number)
        w.later(seconds=2)
        assert w.merged(number)
        assert "suspended" not in page(w, number)


def test_after_uninstalling_a_release_is_closed_as_out_of_reach_and_its_token_is_dropped() -> None:
    with a_world() as w:
        number = w.asked()
        number_of = installation(w)
        w.github.uninstall(number_of, by="bo")
        w.settle()
        assert not state(w, number).open
        assert "taken off" in page(w, number)
        told = len(w.thread())
        w.github.requests.clear()
        w.later(hours=30)
        assert asked_of_github(w) == 0
        assert len(w.thread()) == told, "nobody is reminded of it"
        w.slack_says("mina", "approve qa")
        assert "No release is open" in w.whispers("mina")[-1]


def test_a_repository_taken_out_of_the_installation_is_out_of_reach_until_it_is_put_back() -> None:
    with a_world(slack=False) as w:
        w.github.add_repo("acme/other")
        number = w.asked()
        w.github.set_installed_repos(installation(w), ["acme/other"], by="bo")
        w.settle()
        assert not state(w, number).open
        w.github.set_installed_repos(installation(w), ["acme/other", "acme/shop"], by="bo")
        w.settle()
        w.github.label("acme/shop", number, "again", by="bo")
        w.settle()
        assert state(w, number).open
        w.signed(number)
        w.later(seconds=2)
        assert w.merged(number)


def test_a_renamed_repository_keeps_its_releases_and_everything_golive_had_published() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        before = len(w.github.comments("acme/shop", number))
        w.github.rename_repo("acme/shop", "store", by="bo")
        w.settle()
        w.later(seconds=2)
        w.github.comment("acme/store", number, by="mina", body="/golive approve qa")
        w.settle()
        assert state(w, number).full_name == "acme/store"
        assert state(w, number).open
        assert len(w.github.comments("acme/store", number)) == before + 1, (
            "its comments were found again, not made anew"
        )


def test_a_transferred_repository_is_reached_through_its_new_owners_installation() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.add_org("rival")
        new = w.github.install(w.app, "rival")
        w.settle()
        w.github.transfer_repo("acme/shop", "rival", by="bo")
        w.settle()
        w.later(seconds=2)
        assert w.golive is not None
        assert w.golive.store.known_repository("github.test", w.repo_id) == ("rival/shop", new)
        assert state(w, number).open
        assert state(w, number).full_name == "rival/shop"


def test_an_archived_repositorys_releases_rest_and_say_so() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.archive_repo("acme/shop", by="bo")
        w.settle()
        assert "archived" in page(w, number)
        w.github.archive_repo("acme/shop", by="bo", archived=False)
        w.settle()
        w.signed(number)
        w.later(seconds=2)
        assert w.merged(number)


def test_a_deleted_repositorys_releases_are_out_of_reach() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.delete_repo("acme/shop", by="bo")
        w.settle()
        assert not state(w, number).open
        assert state(w, number).headline.startswith("Out of reach")


def test_what_is_said_of_an_installation_in_any_order_ends_as_github_says_it_is() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.github.suspend(installation(w), by="bo")
        w.github.unsuspend(installation(w), by="bo")
        said = w.late(w.github.courier)
        w.hand_over(w.github.courier, said[::-1])
        assert state(w, number).open
        assert "At rest" not in state(w, number).headline


# ------------------------------------------------------------------ who sees what


@contextmanager
def with_a_rival(private: bool = True) -> Iterator[tuple[World, int]]:
    """A second organisation with a release of its own in a repository that only its people see."""
    with a_world() as w:
        w.github.add_user("rita")
        w.github.add_org("rival", admins=["rita"])
        secret = w.github.add_repo(
            "rival/secret", files={".github/golive.yml": w.policy.replace("acme/security", "rival/people")},
            private=private, writers=["rita"],
        )  # fmt: skip
        w.github.add_team("rival/people", members=["rita"])
        w.github.install(w.app, "rival")
        w.settle()
        w.github.commit("rival/secret", "release/9", {"a": "b"}, by="rita", message="Nine")
        w.github.open_pull("rival/secret", head="release/9", title="Nine", by="rita")
        w.settle()
        yield w, secret


@pytest.mark.parametrize("command", ["status", "status rival/secret#1", "approve qa", "hold", "why", "list"])
def test_a_command_never_names_a_private_repository_of_others_to_somebody_who_cannot_see_it(command: str) -> None:
    with with_a_rival() as (w, secret):
        assert state(w, 1, secret).is_release, "there is something to give away"
        w.slack_says("mina", command)
        w.later(seconds=2)
        told = " ".join(w.whispers("mina"))
        assert told, "mina gets an answer"
        assert "rival" not in told.replace("rival/secret#1", "" if "rival" in command else "rival/secret#1")
        assert "Nine" not in told


def test_with_one_release_of_others_open_a_person_is_told_that_none_is() -> None:
    with with_a_rival() as (w, secret):
        w.slack_says("mina", "approve qa")
        w.later(seconds=2)
        assert w.whispers("mina")[-1] == "No release is open."
        assert w.golive is not None
        assert not w.golive.store.standing(Subject("github.test", secret, 1)).words


def test_somebody_who_sees_both_is_asked_which_is_meant() -> None:
    with with_a_rival() as (w, _):
        number = w.asked()
        w.github.grant("rival/secret", "mina", "read")
        w.settle()
        w.slack_says("mina", "approve qa")
        w.later(seconds=2)
        told = w.whispers("mina")[-1]
        assert f"acme/shop#{number}" in told
        assert "rival/secret#1" in told
