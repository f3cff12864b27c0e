"""A workspace and an account of GitHub are joined once, by somebody who owns both; and what is not joined is not told
and not steered from there. Several workspaces have the app here, and there is no bot token in the settings.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from golive.core.joining import CONNECT, DISCONNECT, ChatStanding, Claim, refusal
from tenants import HOME, OTHER, Tenants, posted, two


@pytest.fixture
def w() -> Iterator[Tenants]:
    with two() as world:
        yield world


def test_a_release_is_told_only_in_the_workspace_that_its_account_is_joined_with(w: Tenants) -> None:
    for team in (HOME, OTHER):
        assert w.install(team).status_code == 200
    number = w.asked()
    assert w.slack.messages(w.channel) == [], "notify.slack resolved in a workspace that is not joined"
    assert w.shows(number) == "in_progress", "GitHub is told all the same"
    assert "is joined with this workspace" in w.join("bo")
    assert len(w.roots()) == 1
    assert posted(w) == {HOME}
    w.slack_says("mina", "approve qa")
    w.slack_says("sam", "approve security")
    assert w.merged(number)
    assert len(w.roots()) == 1


def test_words_from_a_workspace_that_is_not_joined_count_for_nothing_and_say_who_could_join(w: Tenants) -> None:
    for team in (HOME, OTHER):
        w.install(team)
    number = w.asked()
    w.slack_says("mina", f"approve acme/shop#{number} qa")
    assert "not joined with acme" in w.whispers("mina")[-1]
    w.slack_says("mina", "status")
    assert "not joined with any account" in w.whispers("mina")[-1], "a release of another workspace is counted"
    w.join("bo")
    w.slack_says("twin", f"hold acme/shop#{number} mine")  # linked to bo, who may hold: but said elsewhere
    assert "not joined with acme" in w.whispers("twin")[-1]
    ask = w.request_ts()
    w.slack.react("x", by=w.users["mel"], channel=w.channel, ts=ask)
    w.settle()
    standing = w.standing(number)
    assert [standing.rulings[word.key].taken for word in standing.words] == [False], "a guest's ❌ counted"


@pytest.mark.parametrize(("by", "why"), [
    ("mina", "no owner or admin of this Slack workspace"), ("ana", "does not say that you own acme"),
    ("sam", "no owner or admin of this Slack workspace"), ("eve", "do not know who you are"),
])  # fmt: skip
def test_whoever_owns_one_side_alone_joins_nothing_and_is_told_who_could(w: Tenants, by: str, why: str) -> None:
    w.install(HOME)
    if by == "eve":
        w.slack.world.user("eve").is_owner = True
    said = w.join(by)
    assert why in said
    assert "owner of acme on GitHub who is also an owner or admin" in said
    w.asked()
    assert w.slack.messages(w.channel) == []


def test_an_account_belongs_to_one_workspace_until_somebody_who_owns_both_parts_them(w: Tenants) -> None:
    for team in (HOME, OTHER):
        w.install(team)
    w.join("bo")
    assert "belongs to another Slack workspace" in w.join("twin")
    assert "not joined with this workspace" in w.join("twin", verb="disconnect")
    assert "parted" in w.join("bo", verb="disconnect")
    assert "is joined with this workspace" in w.join("twin")


def test_an_owner_who_was_made_a_guest_or_lives_elsewhere_joins_nothing(w: Tenants) -> None:
    w.install(HOME)
    w.slack.world.user("bo").is_restricted = True
    assert "guest" in w.join("bo")
    w.slack.world.user("bo").is_restricted = False
    w.slack.world.user("bo").deleted = True
    assert "deactivated" in w.join("bo")


def test_an_account_without_the_app_and_one_of_somebody_else_are_told_alike(w: Tenants) -> None:
    w.install(HOME)
    w.github.add_org("rival", admins=["eve"])
    w.github.install(w.app, "rival")
    strange, none = w.join("bo", "rival"), w.join("bo", "nowhere")
    assert strange.replace("rival", "X") == none.replace("nowhere", "X")


# -- the install


def test_an_install_needs_the_browser_that_began_it_and_works_once(w: Tenants) -> None:
    assert w.client is not None
    back = w.agree(w.begin(), HOME)
    w.client.cookies.clear()
    assert w.client.get(back).status_code == 403, "another browser finished it"
    back = w.agree(w.begin(), HOME)
    assert w.client.get(back).status_code == 200
    assert w.client.get(back).status_code == 403, "it worked twice"
    assert w.client.get(w.agree(w.begin(), HOME, allow="0")).status_code == 403
    asked = w.begin()
    w.clock.pass_(minutes=11)
    assert w.client.get(w.agree(asked, HOME)).status_code == 403, "a state of eleven minutes ago was taken"


def test_tokens_lie_sealed_and_are_renewed_once_before_they_expire(w: Tenants) -> None:
    w.install(HOME)
    w.join("bo")
    w.asked()
    first = w.slack.installed[HOME].token
    stored = b"".join(path.read_bytes() for path in w.folder.glob("golive.db*"))
    assert first.encode() not in stored
    assert w.slack.installed[HOME].refresh.encode() not in stored
    w.clock.pass_(hours=10, minutes=1)
    w.slack_says("mina", "approve qa")
    assert w.slack.installed[HOME].token != first
    renewals = [g for g in w.slack.calls("oauth.v2.access") if g.get("grant_type") == "refresh_token"]
    assert len(renewals) == 1, "a refresh token is good once"
    w.restart()
    w.clock.pass_(hours=9)
    w.slack_says("sam", "approve security")
    w.later(hours=4)
    assert len(w.roots()) == 1


def test_a_token_that_slack_renews_no_more_stops_no_release(w: Tenants) -> None:
    w.install(HOME)
    w.join("bo")
    number = w.asked()
    w.slack.installed[HOME].refresh = "spent"
    w.clock.pass_(hours=11)
    w.signed(number)
    assert w.merged(number)


# -- every pair


def test_of_every_pair_only_an_owner_of_both_joins_and_only_what_is_free() -> None:
    allowed = 0
    flaws = ("", "You are a guest in this Slack workspace, and only its members decide.")
    for verb, lives, slack_owner, flaw, linked, installed, owns, joined in itertools.product(
        (CONNECT, DISCONNECT), (HOME, OTHER), (True, False), flaws, (True, False), (True, False), (True, False),
        ("", HOME, OTHER),
    ):  # fmt: skip
        claim = Claim(verb, "acme", HOME, installed, linked, ChatStanding(lives, slack_owner, flaw), owns, joined)
        owner_of_both = lives == HOME and slack_owner and not flaw and linked and installed and owns
        free = joined in ("", HOME) if verb == CONNECT else joined == HOME
        said = refusal(claim)
        assert (said == "") == (owner_of_both and free), claim
        if not owner_of_both:
            assert "owner or admin of this Slack workspace can" in said, f"it does not say who could: {said}"
        allowed += not said
    assert allowed == 3
