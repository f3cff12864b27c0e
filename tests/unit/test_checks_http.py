"""What the kind `http` makes of an answer, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.http import HttpCheck, NoReply
from golive.checks.jsonpaths import same_json
from golive.core.patterns import MAX_TEXT, found
from golive.core.model import Outcome, Strength
from golive.ports import Answer

URL = "https://shop.example/health"


def a_check(**options: Any) -> HttpCheck:
    """A check of the shop's health."""
    return HttpCheck.model_validate({"url": URL, **options})


def an_answer(status: int = 200, body: str = "", **headers: str) -> Answer:
    """An answer of the shop, after 34 ms."""
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, body.encode(), 0.0342, URL)


@pytest.mark.parametrize(
    ("options", "answer", "outcome", "says"),
    [
        pytest.param({}, an_answer(), "passed", "Answered 200 in 34 ms, as expected", id="200 is the default"),
        pytest.param({}, an_answer(503), "failed", "the status is 503, not 200", id="another status"),
        pytest.param({"status": 204}, an_answer(200), "failed", "not 204", id="one code"),
        pytest.param({"status": "2xx"}, an_answer(204), "passed", "", id="a class of codes"),
        pytest.param({"status": "2xx"}, an_answer(300), "failed", "not 2xx", id="just past a class"),
        pytest.param({"status": "200-204"}, an_answer(204), "passed", "", id="the end of a range"),
        pytest.param({"status": "200-204"}, an_answer(205), "failed", "not 200-204", id="past a range"),
        pytest.param({"status": [200, "3xx"]}, an_answer(301), "passed", "", id="a list, second"),
        pytest.param({"status": [200, "3xx"]}, an_answer(404), "failed", "not 200 or 3xx", id="a list, none"),
        pytest.param({"json": {"status": "ok"}}, an_answer(body='{"status":"ok"}'), "passed", "", id="json"),
        pytest.param(
            {"json": {"status": "ok"}},
            an_answer(body='{"status":"down"}'),
            "failed",
            'status is "down", not "ok"',
            id="another json value",
        ),
        pytest.param(
            {"json": {"up": True}}, an_answer(body='{"up":1}'), "failed", "up is 1, not true", id="1 not true"
        ),
        pytest.param({"json": {"n": 1}}, an_answer(body='{"n":1.0}'), "passed", "", id="1 and 1.0 are one number"),
        pytest.param({"json": {"n": "1"}}, an_answer(body='{"n":1}'), "failed", 'n is 1, not "1"', id="1 is not text"),
        pytest.param({"json": {"error": None}}, an_answer(body="{}"), "passed", "", id="null also means not there"),
        pytest.param({"json": {"length(a)": 2}}, an_answer(body='{"a":[1,2]}'), "passed", "", id="a function"),
        pytest.param(
            {"json": {"length(a)": 2}}, an_answer(body="{}"), "failed", "cannot be read", id="length of nothing"
        ),
        pytest.param({"json": {"a": [1, {"b": 2}]}}, an_answer(body='{"a":[1,{"b":2}]}'), "passed", "", id="deep"),
        pytest.param({"json": {"a": 1}}, an_answer(body="<html>"), "failed", "is not JSON", id="no json"),
        pytest.param({"json": {"a": 1}}, an_answer(body='{"a":NaN}'), "failed", "is not JSON", id="NaN is no json"),
        pytest.param({"json": {"a": 1}}, an_answer(body="[" * 100_000), "failed", "is not JSON", id="nested to death"),
        pytest.param({"body": "ready"}, an_answer(body="all ready"), "passed", "", id="text"),
        pytest.param(
            {"body": "ready"}, an_answer(body="READY"), "failed", 'does not contain "ready"', id="case counts"
        ),
        pytest.param({"body_matches": r"v\d+\.\d+"}, an_answer(body="is v1.20"), "passed", "", id="expression"),
        pytest.param({"body_matches": r"v\d+"}, an_answer(body="v"), "failed", "does not match", id="no match"),
        pytest.param({"headers": {"X-Ready": "yes"}}, an_answer(x_ready="yes"), "passed", "", id="header, any case"),
        pytest.param(
            {"headers": {"X-Ready": "yes"}}, an_answer(x_ready="yes!"), "failed", '"yes!"', id="header exactly"
        ),
        pytest.param({"headers": {"x-a": "=~ ^n.1$"}}, an_answer(x_a="no1"), "passed", "", id="header expression"),
        pytest.param({"headers": {"x-a": "=~ ^n.1$"}}, an_answer(x_a="no2"), "failed", "x-a", id="header mismatch"),
        pytest.param({"headers": {"x-a": "1"}}, an_answer(), "failed", "there is no header x-a", id="no header"),
        pytest.param({"method": "HEAD"}, an_answer(), "passed", "", id="head"),
        pytest.param(
            {"follow_redirects": False, "status": 301}, an_answer(301), "passed", "", id="the redirect itself"
        ),
    ],
)
def test_an_answer_is_judged_by_everything_that_was_named(
    options: dict[str, Any], answer: Answer, outcome: str, says: str
) -> None:
    finding = a_check(**options).judge(answer)
    assert (finding.outcome, finding.strength) == (Outcome(outcome), Strength.PROBE), finding.summary
    assert says in finding.summary
    assert (finding.measured, finding.source) == (f"{answer.status} in 34 ms", URL)


def test_every_mismatch_is_named_at_once() -> None:
    check = a_check(json={"a": 1, "b": 2}, body="x", headers={"h": "1"})
    said = check.judge(an_answer(500, '{"a": 3, "b": 4}')).summary
    assert all(part in said for part in ("is 500", "a is 3", "b is 4", 'contain "x"', "no header h")), said


def test_no_answer_is_unknown_and_never_passed() -> None:
    check = a_check(url=URL + "?k=aaaabbbbccccddddeeee#x")
    finding = check.judge(NoReply("GET https://shop.example/health: connection refused (198.51.100.7:443)"))
    assert finding.outcome is Outcome.UNKNOWN
    assert "connection refused" in finding.summary
    assert (finding.source, finding.measured, finding.expected) == (URL, "no answer", "status 200")


def test_the_expectation_is_shown_in_words() -> None:
    check = a_check(status=["2xx", 304], json={"status": "ok"}, headers={"h": "=~ a"}, body="b", body_matches="c")
    expected = 'status 2xx or 304, status = "ok", header h "=~ a", body contains "b", body matches "c"'
    assert check.judge(an_answer()).expected == expected


def test_a_cookie_is_not_shown_when_it_differs() -> None:
    said = a_check(headers={"set-cookie": "=~ Secure"}).judge(an_answer(set_cookie="session=abc123"))
    assert said.outcome is Outcome.FAILED
    assert "abc123" not in said.summary


def test_a_long_value_is_shown_cut() -> None:
    said = a_check(json={"a": "ok"}).judge(an_answer(body='{"a": "' + "x" * 5000 + '"}')).summary
    assert len(said) < 300


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"url": "ftp://shop.example/x"}, ("url",), "http or https URL"),
        ({"url": "shop.example"}, ("url",), "http or https URL"),
        ({"url": "/health"}, ("url",), "http or https URL"),
        ({"url": "https:///health"}, ("url",), "http or https URL"),
        ({"url": "https://ana:pw@shop.example/"}, ("url",), "before the @"),
        ({"url": 7}, ("url",), "valid string"),
        ({"method": "POST"}, ("method",), "'GET' or 'HEAD'"),
        ({"status": []}, ("status",), "asserts nothing"),
        ({"status": 99}, ("status",), "200, 2xx or 200-204"),
        ({"status": True}, ("status",), "got True"),
        ({"status": "204-200"}, ("status",), "200, 2xx or 200-204"),
        ({"status": ["2xx", "9xx"]}, ("status",), "got '9xx'"),
        ({"status": None}, ("status",), "got None"),
        ({"json": {}}, ("json",), "at least 1"),
        ({"json": {"a..b": 1}}, ("json", "a..b", "[key]"), "column 3"),
        ({"json": {"a[": 1}}, ("json", "a[", "[key]"), "ends too early"),
        ({"json": {"": 1}}, ("json", "", "[key]"), "not JMESPath"),
        ({"json": {"a.nosuch(@)": 1}}, ("json", "a.nosuch(@)", "[key]"), "no function nosuch() at column 3"),
        ({"body": ""}, ("body",), "at least 1"),
        ({"body_matches": "(a"}, ("body_matches",), "at column 1"),
        ({"body_matches": r"(a)\1"}, ("body_matches",), "column 4 is not offered here"),
        ({"body_matches": "a(?=b)"}, ("body_matches",), "column 2 is not offered here"),
        ({"body_matches": "x[a--b]"}, ("body_matches",), "the set at column 2"),
        ({"body_matches": r"\bok"}, ("body_matches",), "column 1 is not offered here"),
        ({"body_matches": "a(?i:b)"}, ("body_matches",), "column 2 is not offered here"),
        ({"body_matches": "((a{30}){30}){30}"}, ("body_matches",), "counts too far"),
        ({"body_matches": "((){99}){99}"}, ("body_matches",), "counts too far"),
        ({"body_matches": "x" * 201}, ("body_matches",), "1 to 200"),
        ({"headers": {}}, ("headers",), "at least 1"),
        ({"headers": {"a b": "1"}}, ("headers", "a b", "[key]"), "pattern"),
        ({"headers": {"a": "=~ ("}}, ("headers", "a"), "not a regular expression"),
        ({"headers": {"a": 1}}, ("headers", "a"), "valid string"),
        ({"method": "HEAD", "body": "x"}, (), "HEAD has no body"),
        ({"method": "HEAD", "json": {"a": 1}}, (), "HEAD has no body"),
        ({"follow_redirects": "yes"}, ("follow_redirects",), "valid boolean"),
        ({"retries": 3}, ("retries",), "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


@pytest.mark.parametrize(
    "pattern",
    [r"v\d+\.\d+(\.\d+)?", "ok|ready", r"(ok|ready)?$", "[(+)*]+", r"\(a+\)+", "{}+", r"(abc){3}", r"(?P<v>\d+) (?:a)"],
)
def test_an_ordinary_expression_is_taken(pattern: str) -> None:
    assert a_check(body_matches=pattern).body_matches == pattern


def test_only_the_first_part_of_a_long_body_is_searched() -> None:
    assert found("end", "x" * (MAX_TEXT - 3) + "end")
    assert not found("end", "x" * (MAX_TEXT - 2) + "end")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (False, 0, False),
        (None, False, False),
        ([1, True], [1, 1], False),
        ([1], [1, 2], False),
        ({"a": [0]}, {"a": [False]}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ("1", 1, False),
    ],
)
def test_values_are_compared_as_json_has_them(one: Any, other: Any, same: bool) -> None:
    assert same_json(one, other) is same
    assert same_json(other, one) is same


def test_spellings_of_one_meaning_are_one_canonical_text() -> None:
    assert a_check().canonical() == a_check(status="200").canonical() == a_check(status=[200, "200-200"]).canonical()
    assert a_check(status=[200, "3xx"]).canonical() == a_check(status=["300-399", 200]).canonical()


@pytest.mark.parametrize(
    "options",
    [
        {"url": URL + "/"},
        {"method": "HEAD"},
        {"status": 201},
        {"json": {"a": 1}},
        {"json": {"a": True}},
        {"body": "a"},
        {"body_matches": "a"},
        {"headers": {"a": "1"}},
        {"follow_redirects": False},
    ],
)
def test_another_meaning_is_another_canonical_text(options: dict[str, Any]) -> None:
    assert a_check(**options).canonical() != a_check().canonical()
    assert hash(a_check(**options)) != hash(a_check())


@pytest.mark.parametrize("pattern", [".*.*.*x", "(a+)+x", "(a|a)*x", "(a?){40}x", "a*a*a*a*x", "(.*)(.*)(.*)(.*)[^a]"])
def test_an_expression_that_would_keep_re_busy_for_ever_comes_to_an_end(pattern: str) -> None:
    assert not a_check(body_matches=pattern).judge(an_answer(body="a" * MAX_TEXT)).outcome.endswith("passed")


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("^ok$", "ok\n", True),
        ("^ok$", "ok\n\n", False),
        ("b$", "ab", True),
        ("^b", "ab", False),
        ("^$", "", True),
        ("(?i)READY", "all ready", True),
        ("end$", "x" * (MAX_TEXT - 3) + "end", True),
        ("end$", "x" * (MAX_TEXT - 3) + "end of the part that is searched", False),
    ],
)
def test_an_expression_is_anchored_to_the_text(pattern: str, text: str, holds: bool) -> None:
    assert found(pattern, text) is holds
