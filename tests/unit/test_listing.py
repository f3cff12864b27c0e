"""`/golive list`: its filters, and whom a release concerns."""

from __future__ import annotations

import pytest

from golive.core.errors import NotUnderstood
from golive.core.listing import PAGE, Wanted, brief, pages, peopled, wanted
from golive.core.model import Verdict
from golive.core.reply import Listed, WhichOne, packed, unpacked

VIEW = {
    "author": "ana",
    "roles": [
        {"name": "qa", "could": ["Mina", "zoe"], "asks": True, "signed": [], "rejected": []},
        {"name": "security", "could": ["sue"], "asks": False, "signed": [{"login": "sam"}], "rejected": []},
    ],
    "conditions": [{"owner": "", "by": "bo", "closed": ""}, {"owner": "eve", "by": "bo", "closed": "by @eve"}],
}
ONE = brief("acme/shop#7", "Release", "https://x.example", "0/2", Verdict.WAIT, "", VIEW)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", Wanted()),
        ("mine waiting", Wanted(mine=True, waiting=True)),
        ("Blocked repo:Acme/Shop role:QA", Wanted(blocked=True, repository="acme/shop", role="qa")),
        ("checkout flow page:3", Wanted(words=("checkout", "flow"), page=3)),
        ("see http://x.example", Wanted(words=("see", "http://x.example"))),
    ],
)
def test_filters_are_read(text: str, means: Wanted) -> None:
    assert wanted(text) == means
    assert wanted(means.again(means.page).removeprefix("list")) == means, "the next page asks for something else"


@pytest.mark.parametrize("text", ["repo:", "page:0", "page:x", "page:²", "rol:qa"])
def test_a_filter_that_is_nearly_right_is_said_and_not_taken_for_a_word(text: str) -> None:
    with pytest.raises(NotUnderstood):
        wanted(text)


@pytest.mark.parametrize(
    ("login", "concerned"), [("mina", True), ("sam", True), ("ana", True), ("bo", True), ("sue", False), ("eve", False)]
)
def test_a_release_concerns_whom_it_waits_for_who_signed_wrote_or_owns_a_condition(login: str, concerned: bool) -> None:
    assert ONE.concerns(login) is concerned
    assert peopled(ONE, Wanted(mine=True), login) is concerned


def test_a_role_is_found_where_somebody_is_asked_for_it_now() -> None:
    assert peopled(ONE, Wanted(role="qa"), "")
    assert not peopled(ONE, Wanted(role="security"), "")


@pytest.mark.parametrize("view", [None, {}, {"roles": 7, "conditions": "x"}, {"roles": [None, {"name": "qa"}]}])
def test_what_an_older_version_kept_is_read_as_far_as_it_goes(view: object) -> None:
    assert not brief("", "", "", "", Verdict.WAIT, "", view).concerns("mina")  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "filled"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2)])
def test_pages_are_counted(count: int, filled: int) -> None:
    assert pages(count) == filled


@pytest.mark.parametrize("reply", [Listed("2", (("a", "b", "c"),), "more"), WhichOne("?", "o", (("l", "v"),))])
def test_an_answer_that_is_more_than_words_comes_out_as_it_went_in(reply: Listed | WhichOne) -> None:
    assert unpacked(packed(reply)) == reply


def test_words_stay_words() -> None:
    assert unpacked("listed {}") is None
