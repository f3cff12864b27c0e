"""Reviews, who may sign, and issues of our own: as golive reads and writes them on the GitHub stand-in, through the real SDK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from contract.github_reading import Address, Reading, reading
from contract.github_world import POEM, SHOP, a_pull
from golive.core.event import Asked, Disturbed, Event, PeopleChanged, RepositoryKnown, Touched
from golive.core.model import Person, Subject
from golive.core.rules import RoleRule
from golive.githubapp.intake import Intake
from golive.ports import Delivery
from golive.standins.github.world import Review as Theirs

pytestmark = pytest.mark.sockets
FORGE = "github.com"


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    made = Address()
    yield made
    made.served.stop()


@pytest.fixture
def shop(address: Address) -> Iterator[Reading]:
    with reading(address) as opened:
        yield opened


# ------------------------------------------------------------------ reviews


def test_reviews_are_what_people_think_now_in_order_and_to_the_last_page(shop: Reading) -> None:
    number, github = a_pull(shop.github), shop.github
    first = github.review(SHOP, number, by="ana", state="REQUEST_CHANGES", body="Not yet")
    github.review(SHOP, number, by="ana", state="APPROVE", body="Now")
    github.review(SHOP, number, by="cy", state="COMMENT", body="Hm")
    github.dismiss_review(SHOP, number, first, by="bo")
    read = shop.repo.reviews(number)
    assert [(r.author.login, r.state, r.body) for r in read] == [
        ("ana", "dismissed", "Not yet"), ("ana", "approve", "Now"), ("cy", "comment", "Hm"),
    ]  # fmt: skip
    assert read[0].id == first
    assert read[0].submitted_at.tzinfo is not None
    assert read[0].url.endswith(f"/pull/{number}#pullrequestreview-{first}")
    for n in range(120):
        github.review(SHOP, number, by="cy", state="COMMENT", body=f"remark {n}")
    assert [r.body for r in shop.repo.reviews(number)][-1] == "remark 119"


def test_an_edited_review_has_its_new_words_and_its_old_time(shop: Reading) -> None:
    number, github = a_pull(shop.github), shop.github
    review = github.review(SHOP, number, by="ana", state="REQUEST_CHANGES", body="Not yet")
    [before] = shop.repo.reviews(number)
    github.edit_review(SHOP, number, review, by="ana", body="Never")
    [after] = shop.repo.reviews(number)
    assert (after.body, after.state, after.submitted_at) == ("Never", "reject", before.submitted_at)


def test_a_bots_review_is_marked_as_one(shop: Reading) -> None:
    number, github = a_pull(shop.github), shop.github
    github.add_user("helper[bot]", type="Bot")
    github.review(SHOP, number, by="helper[bot]", state="APPROVE")
    github.review(SHOP, number, by="ana", state="APPROVE")
    assert [(r.author.login, r.is_bot) for r in shop.repo.reviews(number)] == [("helper[bot]", True), ("ana", False)]


def test_a_pending_review_says_nothing_yet(shop: Reading) -> None:
    number = a_pull(shop.github)
    pull = shop.github.pull(SHOP, number)
    ana, at = shop.github.world.user("ana"), datetime(2026, 1, 1, tzinfo=UTC)
    pull.reviews[5] = Theirs(5, ana, "a draft", "PENDING", pull.head.sha, at)
    assert shop.repo.reviews(number) == []


def test_trap_1_a_review_moves_to_a_new_head_and_still_says_nothing_about_it(shop: Reading) -> None:
    number, github = a_pull(shop.github), shop.github
    github.review(SHOP, number, by="ana", state="APPROVE")
    before = shop.repo.reviews(number)
    head = github.force_push(SHOP, "release/1", {"poem.txt": POEM.replace("line 20", "the evil end")}, by="bo")
    [theirs] = github.pull(SHOP, number).reviews.values()
    assert theirs.commit_id == head, "the stand-in does what GitHub may do: the old approval is shown at the new head"
    assert shop.repo.reviews(number) == before, "nothing that golive reads of a review may change with the head"


# ------------------------------------------------------------------ people


def people(shop: Reading, *sources: str) -> list[str]:
    """Logins behind a role's sources."""
    [role] = shop.repo.members([RoleRule("qa", sources)])
    assert role.sources == sources
    return [p.login for p in role.people]


def crowd(shop: Reading, count: int) -> list[str]:
    logins = [f"dev{n:03}" for n in range(count)]
    for login in logins:
        shop.github.add_user(login)
    return logins


def test_trap_20_only_active_members_of_an_organisation_count_and_all_of_them(shop: Reading) -> None:
    for login in crowd(shop, 130):
        shop.github.set_org_member("acme", login)
    shop.github.set_org_member("acme", "bo", state="pending")
    found = people(shop, "org:acme")
    assert len(found) == 132
    assert {"ana", "cy", "dev129"} <= set(found)
    assert "bo" not in found, "an invitation is no membership"
    shop.github.set_org_member("acme", "bo")
    assert "bo" in people(shop, "org:acme")
    shop.github.remove_org_member("acme", "bo")
    assert "bo" not in people(shop, "org:acme")


def test_trap_20_only_active_members_of_a_team_and_of_its_child_teams_count(shop: Reading) -> None:
    shop.github.add_team("acme/crypto", parent="security")
    shop.github.set_team("acme/crypto", members=["cy"], pending=["bo"])
    assert people(shop, "acme/security") == ["ana", "cy"]
    assert people(shop, "acme/crypto") == ["cy"], "a child team does not have its parent's people"
    members = crowd(shop, 130)
    shop.github.set_team("acme/crypto", members=members)
    assert len(people(shop, "acme/security")) == 131


@pytest.mark.parametrize(
    ("permission", "logins"),
    [
        ("admin", ["cy"]),
        ("maintain", ["cy", "max"]),
        ("write", ["bo", "cy", "max", "tess"]),
        ("triage", ["bo", "cy", "max", "tess", "tria"]),
        ("read", ["ana", "bo", "cy", "max", "tess", "tria"]),
        ("owner", []),
    ],
)
def test_a_permission_names_everybody_who_has_at_least_that_here(
    shop: Reading, permission: str, logins: Sequence[str]
) -> None:
    github = shop.github
    for login in ("max", "tess", "tria", "stranger"):
        github.add_user(login)
    github.add_user("machine[bot]", type="Bot")
    github.add_team("acme/testers", members=["tess"], repos={SHOP: "write"})
    github.grant(SHOP, "max", "maintain")
    github.grant(SHOP, "tria", "triage")
    github.grant(SHOP, "machine[bot]", "admin")
    assert people(shop, f"permission:{permission}") == logins


def test_people_with_a_permission_are_read_to_the_last_page(shop: Reading) -> None:
    for login in crowd(shop, 130):
        shop.github.grant(SHOP, login, "write")
    assert len(people(shop, "permission:write")) == 132


def test_sources_are_joined_by_number_and_what_is_not_there_is_nobody(shop: Reading) -> None:
    assert people(shop, "@ana", "acme/security", "org:acme", "permission:write") == ["ana", "bo", "cy"]
    assert people(shop, "@nobody", "acme/nothing", "org:nowhere") == []


def test_a_login_is_a_person_or_nobody(shop: Reading) -> None:
    ana = shop.github.world.user("ana")
    assert shop.repo.person("ana") == Person(ana.id, "ana")
    assert shop.repo.person("nobody") is None
    assert shop.repo.person("acme") is None, "an organisation is no person"


# ------------------------------------------------------------------ boxes and people, as webhooks tell of them


def told_since(shop: Reading) -> list[Event]:
    """What golive makes of the webhooks that wait; afterwards none wait."""
    intake = Intake(FORGE, shop.github.world.app("golive").id, "golive")
    waiting = list(shop.github.courier.waiting)
    shop.github.courier.waiting.clear()
    now = datetime.now(UTC)
    heard = [
        event
        for o in waiting
        for event in intake(
            Delivery("github", o.headers["X-GitHub-Delivery"], o.headers["X-GitHub-Event"], o.body, now)
        )
    ]
    return [event for event in heard if not isinstance(event, RepositoryKnown)]


def test_a_click_on_a_box_of_ours_arrives_as_that_persons_approval(shop: Reading) -> None:
    number, github = a_pull(shop.github), shop.github
    head = github.pull(SHOP, number).head.sha
    box = "- [ ] **qa** <!-- golive:tick:qa -->\n- [ ] **dba** <!-- golive:tick:dba -->"
    ours = shop.repo.create_comment(number, f"<!-- golive-head:{head} -->\n\n{box}\n")
    told_since(shop)
    github.tick(SHOP, int(ours.ref), "qa", by="bo")
    disturbed, asked = told_since(shop)
    assert disturbed == Disturbed(Subject(FORGE, shop.github.world.repo(SHOP).id, number), ours.ref)
    assert isinstance(asked, Asked)
    assert asked.person is not None
    assert (asked.command.text, asked.person.login, asked.revision_sha) == ("qa", "bo", head)
    github.edit_comment(SHOP, int(ours.ref), by="cy", body=github.comments(SHOP, number)[0].body + "\nP.S.")
    assert [type(event) for event in told_since(shop)] == [Disturbed]


def test_reviews_and_changes_of_people_arrive(shop: Reading) -> None:
    number, github = a_pull(shop.github), shop.github
    touched = Touched(Subject(FORGE, github.world.repo(SHOP).id, number))
    told_since(shop)
    review = github.review(SHOP, number, by="ana", state="APPROVE")
    github.edit_review(SHOP, number, review, by="ana", body="Fine")
    github.dismiss_review(SHOP, number, review, by="bo")
    assert told_since(shop) == [touched] * 3
    [changed] = set(github.world.installations)
    github.set_team("acme/security", members=["bo"])
    github.grant(SHOP, "ana", "write")
    github.add_user("dan")
    github.set_org_member("acme", "dan")
    assert set(told_since(shop)) == {PeopleChanged(FORGE, changed)}


# ------------------------------------------------------------------ issues of our own

MARK = "<!-- golive:override:9 -->"


def test_our_issue_is_found_again_by_its_mark(shop: Reading) -> None:
    assert shop.repo.find_issue(MARK) is None
    opened = shop.repo.open_issue("Look at the override", f"It was used today.\n{MARK}")
    for n in range(120):
        shop.repo.open_issue(f"Another {n}", "Something else")
    assert shop.repo.find_issue(MARK) == opened
    assert opened.ref == str(shop.github.world.repo(SHOP).issues[int(opened.ref)].number)
    assert opened.url.endswith(f"/{SHOP}/issues/{opened.ref}")
    assert opened.at is not None


def test_another_ones_copy_of_the_mark_is_not_ours(shop: Reading) -> None:
    shop.github.open_issue(SHOP, by="ana", title="Look at the override", body=MARK)
    shop.github.commit(SHOP, "release/9", {"new.txt": "new\n"}, by="bo")
    shop.github.open_pull(SHOP, head="release/9", title="Copy", by="bo", body=MARK)
    assert shop.repo.find_issue(MARK) is None
