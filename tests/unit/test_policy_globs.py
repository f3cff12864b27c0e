"""Which branches a glob fits, and which pull requests a release rule catches. Add a rule by adding a row."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_policy, a_pull
from golive.core.globs import matches_glob
from golive.core.policy import Policy, ReleaseRule


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("main", ["main"], ["", "mai", "main2", "xmain", "Main"]),
        ("", [""], ["a"]),
        ("*", ["", "a", "release"], ["a/b", "/"]),
        ("**", ["", "a", "a/b/c", "/"], []),
        ("?", ["a"], ["", "/", "ab"]),
        ("release/*", ["release/1", "release/"], ["release", "release/1/2", "xrelease/1"]),
        ("release/**", ["release/1", "release/1/2", "release/"], ["release", "releases/1"]),
        ("**/hotfix", ["a/hotfix", "a/b/hotfix", "/hotfix"], ["hotfix", "a/hotfix/b"]),
        ("v?.?", ["v1.2"], ["v12", "v1.23", "v1./"]),
        ("v*.*", ["v1.2", "v.", "v1.2.3"], ["v1/2.3x/", "v1"]),
        ("a*b*c", ["abc", "aXbYc", "abbc"], ["ab", "a/bc", "abcd"]),
        ("***", ["", "a/b"], []),
        ("*/*", ["a/b", "/"], ["a", "a/b/c"]),
        ("[ab]", ["[ab]"], ["a", "b"]),
        ("a.b", ["a.b"], ["axb"]),
        ("a+(b)|$^\\", ["a+(b)|$^\\"], ["a"]),
        ("{a,b}", ["{a,b}"], ["a"]),
        ("ü*", ["ürelease"], ["u"]),
    ],
)
def test_what_a_glob_fits(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    assert [name for name in fits if not matches_glob(pattern, name)] == []
    assert [name for name in fits_not if matches_glob(pattern, name)] == []


def naive(pattern: str, name: str) -> bool:
    """The same by trying every length of every star: obviously right, and far too slow to be used."""
    if not pattern:
        return not name
    if pattern.startswith("**"):
        return any(naive(pattern[2:], name[n:]) for n in range(len(name) + 1))
    if pattern.startswith("*"):
        return any(naive(pattern[1:], name[n:]) for n in range(len(name) + 1) if "/" not in name[:n])
    if not name or (name[0] == "/" if pattern[0] == "?" else name[0] != pattern[0]):
        return False
    return naive(pattern[1:], name[1:])


@given(st.text("ab/*?", max_size=7), st.text("ab/", max_size=8))
def test_a_glob_fits_what_the_obvious_matcher_fits(pattern: str, name: str) -> None:
    assert matches_glob(pattern, name) == naive(pattern, name)


@given(st.text("ab/", max_size=8), st.data())
def test_a_glob_made_from_a_name_fits_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name)))
    end = data.draw(st.integers(start, len(name)))
    assert matches_glob(f"{name[:start]}**{name[end:]}", name)
    assert matches_glob(f"{name[:start]}*{name[end:]}", name) or "/" in name[start:end]


@pytest.mark.parametrize(
    ("pattern", "name"), [("*a" * 100 + "b", "a" * 250), ("**" * 100 + "b", "a/" * 120), ("?*" * 100, "a" * 250)]
)
def test_no_glob_takes_long(pattern: str, name: str) -> None:
    began = time.process_time()
    matches_glob(pattern, name)
    assert time.process_time() - began < 1, "a glob must take time in proportion to pattern times name"


# ------------------------------------------------------------------ release rules


def a_release(**changes: Any) -> ReleaseRule:
    return ReleaseRule(
        **{"name": "production", "base": "main", "head": ("release/**",), "labels": ("ship it",)} | changes
    )


@pytest.mark.parametrize(
    ("rule", "pull", "catches"),
    [
        pytest.param({}, {}, True, id="by its head"),
        pytest.param({}, {"head_ref": "fix/x"}, False, id="by neither"),
        pytest.param({}, {"head_ref": "fix/x", "labels": frozenset({"ship it"})}, True, id="by its label"),
        pytest.param({}, {"head_ref": "fix/x", "labels": frozenset({"Ship it"})}, False, id="labels are exact"),
        pytest.param({"base": "next"}, {}, False, id="into another base"),
        pytest.param({}, {"from_fork": True}, False, id="from a fork"),
        pytest.param({}, {"from_fork": True, "labels": frozenset({"ship it"})}, False, id="from a fork, labelled"),
        pytest.param({"forks": True}, {"from_fork": True}, True, id="where forks are let in"),
        pytest.param({"head": (), "labels": ()}, {}, False, id="a rule that names nothing catches nothing"),
        pytest.param({"head": ("x", "release/2.*")}, {}, True, id="the second of two patterns"),
    ],
)
def test_which_pull_requests_a_rule_catches(rule: dict[str, Any], pull: dict[str, Any], catches: bool) -> None:
    policy = Policy("Shop", (a_release(**rule),))
    assert (policy.matches(a_pull(**pull)) is not None) is catches


def test_the_first_rule_that_catches_it_counts() -> None:
    first, second = a_release(name="first", head=("x",)), a_release(name="second")
    assert Policy("Shop", (first, second, a_release(name="third"))).matches(a_pull()) is second


def test_a_policy_governs_the_bases_of_its_releases_and_knows_them_by_name() -> None:
    policy = a_policy()
    assert (policy.governs("main"), policy.governs("next"), policy.governs("")) == (True, False, False)
    assert policy.release("production") is policy.releases[0]
    assert policy.release("staging") is None
