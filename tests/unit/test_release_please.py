"""What is known of release-please: its branches and titles; and who counts as the author of what a bot opened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import a_person, a_policy, a_pull, a_standing
from golive.core.acts import version_of
from golive.core.people import excluded
from golive.core.policy import ReleaseRule
from golive.core.releaseplease import component_of, is_branch_of, version_in
from golive.core.rules import Rules

BRANCH = "release-please--branches--"


@pytest.mark.parametrize(
    ("head", "base", "is_its"),
    [
        (f"{BRANCH}main", "main", True),
        (f"{BRANCH}main--components--api", "main", True),
        (f"{BRANCH}main--components--@acme/api", "main", True),
        (f"{BRANCH}main--groups--web-and-api", "main", True),
        (f"{BRANCH}releases/1.x", "releases/1.x", True),
        (f"{BRANCH}main", "mai", False),
        (f"{BRANCH}main2", "main", False),
        (f"{BRANCH}main--release-notes", "main", False),
        (f"{BRANCH}main--components--", "main", False),
        ("release-please/branches/main", "main", False),
        ("release/1.4", "main", False),
        (f"x/{BRANCH}main", "main", False),
        (BRANCH, "", False),
    ],
)
def test_the_branch_tells_what_release_please_keeps_for_a_base(head: str, base: str, is_its: bool) -> None:
    assert is_branch_of(head, base) is is_its


def test_the_component_is_what_the_branch_ends_in() -> None:
    assert component_of(f"{BRANCH}main--components--api") == "api"
    assert component_of(f"{BRANCH}main--groups--all") == "all"
    assert component_of(f"{BRANCH}main") == ""


@pytest.mark.parametrize(
    ("title", "version"),
    [
        ("chore(main): release 1.2.3", "1.2.3"),
        ("chore: release api 1.2.3", "1.2.3"),
        ("chore(main): release @acme/api v10.0.0", "10.0.0"),
        ("chore(2.0): release 2.0.1", "2.0.1"),
        ("chore(releases/1.x): release api 1.9.0-beta.2", "1.9.0-beta.2"),
        ("chore: release main", ""),
        (":sparkles: release: v3.1", "3.1"),
        ("", ""),
    ],
)
def test_the_version_is_the_last_in_the_title_whatever_the_branch_is_called(title: str, version: str) -> None:
    assert version_in(title) == version
    for head in (f"{BRANCH}main", f"{BRANCH}2.0", f"{BRANCH}main--components--v2"):
        assert version_of(head, title) == version


@pytest.mark.parametrize(
    ("changes", "is_release"),
    [
        ({}, True),
        ({"author": a_person("ana"), "author_is_bot": False}, True),
        ({"from_fork": True}, False),
        ({"head_ref": f"{BRANCH}next"}, False),
    ],
)
def test_it_is_a_release_by_its_branch_also_with_a_persons_token_and_never_from_a_fork(changes, is_release) -> None:
    policy = replace(a_policy(), releases=(ReleaseRule("production", "main", release_please=True),))
    pull = a_pull(**{"head_ref": f"{BRANCH}main", "author": None, "author_is_bot": True} | changes)
    assert (policy.matches(pull) is not None) is is_release
    assert replace(policy, releases=(ReleaseRule("production", "main"),)).matches(pull) is None


@pytest.mark.parametrize(
    ("by_bot", "exclude", "why"),
    [
        (True, frozenset({"author"}), "the one who had a bot open the pull request"),
        (True, frozenset({"last_pusher"}), ""),
        (False, frozenset({"author"}), ""),
    ],
)
def test_who_had_a_bot_open_it_counts_as_its_author(by_bot: bool, exclude: frozenset[str], why: str) -> None:
    pull = a_pull(author=None if by_bot else a_person("mallory"), author_is_bot=by_bot)
    standing = a_standing(openers=(a_person("eve"),))
    assert excluded(pull, standing, a_person("eve"), Rules(exclude=exclude)) == why
    assert excluded(pull, standing, a_person("bo"), Rules(exclude=exclude)) == ""
