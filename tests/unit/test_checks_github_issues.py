"""What the kind `github_issues` makes of GitHub's lists. Add a rule by adding a row. The lists: see tests/github_lists.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from github_lists import TOKEN, Lists, a_pull, an_issue
from golive.checks.github_issues import GithubIssuesCheck
from golive.checks.githubapi import MOST_PAGES, following
from golive.core.model import Finding, Outcome
from kind_pages import example_of, unexplained
from looks import looking
from website import Site, lent, serving

NOW = datetime(2026, 1, 31, tzinfo=UTC)
MILESTONES = [
    {"number": 1, "title": "1.3"},
    {"number": 2, "title": "1.2"},
    {"number": 4, "title": "1.4", "state": "open"},
]
BLOCKER = {"id": 1, "name": "release blocker"}
THREE = [an_issue(1), a_pull(2), an_issue(3, "It is slow"), an_issue(4, opened="2026-01-30T00:00:00Z")]
ALL = {"/issues": THREE, "/labels/release blocker": BLOCKER, "/milestones": MILESTONES}


def judged(folder: Path, lists: Lists, **options: Any) -> tuple[Finding, Site]:
    with serving(lists) as site:
        check = GithubIssuesCheck.model_validate(
            {"repository": "acme/shop", "api": site.url(""), "secret": "gh", **options}
        )
        look = replace(looking(secrets=lent(folder, gh=TOKEN)), now=NOW)
        return check.judge(check.collect(look)), site


@pytest.mark.parametrize(
    ("lists", "options", "outcome", "says"),
    [
        ({"/issues": []}, {"max": 0}, "passed", "0 open issues"),
        (ALL, {"max": 3}, "passed", "3 open issues"),
        (ALL, {"max": 2}, "failed", "3 open issues: at most 2 expected"),
        (ALL, {"min": 4}, "failed", "at least 4 expected"),
        (ALL, {"max_age": "30d"}, "passed", ""),
        (ALL, {"max_age": "29d"}, "failed", "the oldest was opened 30 d ago, at most 29d expected"),
        (ALL, {"state": "all"}, "passed", "3 issues"),
        (ALL, {"max": 0, "labels": ["release blocker"]}, "failed", "3 open release blocker issues"),
        (ALL, {"max": 0, "labels": ["blocker"]}, "unknown", "There is no label blocker in acme/shop"),
        (ALL, {"max": 0, "milestone": "1.4"}, "failed", ""),
        (ALL, {"max": 0, "milestone": "1.5"}, "unknown", "There is no milestone 1.5 in acme/shop"),
        ({}, {"max": 0}, "unknown", "answered 404: Not Found"),
        ({"/issues": (403, "API rate limit exceeded")}, {"max": 0}, "unknown", "API rate limit exceeded"),
        ({"/issues": {"a": 1}}, {"max": 0}, "unknown", "no list"),
        ({"/issues": THREE, "/milestones": (500, "oops")}, {"milestone": "1.4", "max": 0}, "unknown", "oops"),
    ],
)
def test_issues_are_counted(tmp_path: Path, lists: dict[str, Any], options: Any, outcome: str, says: str) -> None:
    finding, _ = judged(tmp_path, Lists(lists), **options)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert TOKEN not in repr(finding)


def test_what_is_asked_for_is_asked_of_github(tmp_path: Path) -> None:
    finding, site = judged(tmp_path, Lists(ALL), labels=["release blocker"], milestone="1.4", max=9)
    first = next(asked for asked in site.asked if "/issues?" in asked.path)
    query = {name: value[0] for name, value in parse_qs(urlsplit(first.path).query).items()}
    assert query == {"state": "open", "labels": "release blocker", "milestone": "4", "per_page": "100"}
    assert first.headers["x-github-api-version"] == "2022-11-28"
    assert [line.text for line in finding.details] == [
        "#1 It breaks (@ana)",
        "#3 It is slow (@ana)",
        "#4 It breaks (@ana)",
    ]
    assert [(one.name, one.value) for one in finding.measures] == [("issues", 3), ("oldest", 30 * 86400.0)]


def test_a_list_that_does_not_end_is_not_counted_as_if_it_did(tmp_path: Path) -> None:
    endless = {"/issues": [an_issue(number) for number in range(MOST_PAGES + 1)]}
    finding, _ = judged(tmp_path, Lists(endless, page=1), max=1000)
    assert (finding.outcome, finding.measures) == (Outcome.UNKNOWN, ())
    assert f"at least {MOST_PAGES} open issues" in finding.summary
    finding, _ = judged(tmp_path, Lists(endless, page=1), max=5)
    assert finding.outcome is Outcome.FAILED


def test_the_token_goes_to_no_other_host(tmp_path: Path) -> None:
    finding, _ = judged(tmp_path, Lists(ALL, page=1, next_host="evil.example"), max=9)
    assert finding.outcome is Outcome.UNKNOWN
    assert "another host" in finding.summary


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://a/x?page=2>; rel="next", <https://a/x?page=9>; rel="last"', "https://a/x?page=2"),
        ('<https://a/x?page=1>; rel="prev", <https://a/x?after=b%3D>; rel="next"', "https://a/x?after=b%3D"),
        ("<https://a/x?page=2>; rel=next", "https://a/x?page=2"),
        ('<https://a/x?page=1>; rel="first"', None),
        ("", None),
    ],
)
def test_the_next_page_is_the_one_that_the_header_names(link: str, url: str | None) -> None:
    assert following(link) == url


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"repository": "shop"}, "pattern"),
        ({"repository": "../shop"}, "like acme/shop"),
        ({"labels": []}, "at least 1"),
        ({"labels": ["a,b"]}, "pattern"),
        ({"max": -1}, "greater than or equal to 0"),
        ({"min": 0}, "greater than or equal to 1"),
        ({"min": 2, "max": 1}, "cannot both be met"),
        ({"api": "https://api.github.com/?a=b"}, "without a query"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        GithubIssuesCheck.model_validate({"repository": "acme/shop", **options})
    assert says in str(refused.value)


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(GithubIssuesCheck) == []
    (rule,) = example_of(GithubIssuesCheck)
    check = rule.options
    assert isinstance(check, GithubIssuesCheck)
    assert check.asserts()
    assert check.lent_secrets() == (("github-read", "api.github.com"),)
    assert not GithubIssuesCheck.model_validate({"repository": "acme/shop"}).asserts()
