"""What the kind `validation` sends, what it makes of the answers, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.replies import NoReply, Reply
from golive.checks.validation import ValidationCheck
from golive.core.model import Outcome
from golive.ports import Answer
from website import Asked, Said, lent, look_at, serving

URL = "https://shop.example/orders"


def a_check(**options: Any) -> ValidationCheck:
    """A check of what takes orders."""
    return ValidationCheck.model_validate({"url": URL, "writes": True} | options)


def answers(*statuses: int | str) -> tuple[Reply, ...]:
    """Answers with these statuses; a text is why there was none."""
    return tuple(NoReply(s) if isinstance(s, str) else Answer(s, {}, b"", 0.01, URL) for s in statuses)


def test_bad_inputs_are_made_from_a_good_one() -> None:
    check = a_check(good={"sku": 7, "to": {"city": "Ulm"}}, required=["sku"], bad=[{"body": {"sku": -1}}])
    sent = {given.name: given.body for given in check.inputs()}
    assert sent == {
        "an empty body": b"",
        "broken JSON": b'{"golive": ',
        "text in place of JSON": b"golive",
        "a list in place of the object": b"[]",
        "sku of another type": b'{"sku": {"golive": "not what belongs here"}, "to": {"city": "Ulm"}}',
        "to of another type": b'{"sku": 7, "to": "golive"}',
        "without sku": b'{"to": {"city": "Ulm"}}',
        "bad input number 1": b'{"sku": -1}',
    }
    assert a_check(method="GET", writes=False, bad=[{"query": "?limit=-1"}]).inputs()[0].query == "?limit=-1"
    assert len(a_check(generic=False, bad=[{"text": "x"}]).inputs()) == 1


@pytest.mark.parametrize(
    ("options", "statuses", "outcome", "says"),
    [
        pytest.param({}, (400, 415, 422), "passed", "3 of 3 bad inputs refused", id="refused"),
        pytest.param({}, (400, 200, 422), "failed", "broken JSON: 200, it was taken", id="taken"),
        pytest.param({}, (400, 500, 422), "failed", "broken JSON: 500, a server error", id="broken"),
        pytest.param({}, (503, 201, 422), "failed", "an empty body: 503", id="both are named"),
        pytest.param({}, (401, 401, 401), "unknown", "nobody looked at the input", id="nobody got that far"),
        pytest.param({}, (302, 400, 400), "unknown", "302, so nobody", id="sent elsewhere"),
        pytest.param({}, (429, 200, 400), "failed", "it was taken", id="a flaw outweighs what is unclear"),
        pytest.param({}, (400, "timed out", 400), "unknown", "timed out", id="no answer"),
        pytest.param({"status": 422}, (422, 400, 422), "failed", "400, not 422", id="another refusal"),
        pytest.param({"status": [400, 404]}, (404, 400, 400), "passed", "", id="404 where it is meant"),
        pytest.param({"checks": ["not_a_server_error"]}, (200, 200, 200), "passed", "0 of 3", id="only no 5xx"),
        pytest.param({"checks": ["negative_data_rejection"]}, (500, 400, 400), "passed", "", id="only rejection"),
        pytest.param(
            {"generic": False, "bad": [{"text": "x", "status": 413}, {"text": "y"}]}, (413, 400), "passed", "", id="own"
        ),
        pytest.param(
            {"generic": False, "bad": [{"text": "x", "status": 413}]}, (400,), "failed", "not 413", id="own bad"
        ),
    ],
)
def test_answers_are_sorted(options: dict[str, Any], statuses: tuple[int | str, ...], outcome: str, says: str) -> None:
    check = a_check(**options)
    finding = check.judge(answers(*statuses))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert {measure.name for measure in finding.measures} == set(ValidationCheck.measures)
    assert check.bounds()["refused"] == (0, len(statuses))


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"writes": False}, (), "say `writes: true`"),
        ({"bad": []}, ("bad",), "at least 1"),
        ({"bad": [{}]}, ("bad", 0), "expected a bad"),
        ({"bad": [{"text": "a", "body": 1}]}, ("bad", 0), "keep one"),
        ({"bad": [{"query": "limit=1"}]}, ("bad", 0, "query"), "pattern"),
        ({"bad": [{"headers": {"Authorization": "x"}}]}, ("bad", 0, "headers"), "use `secret`"),
        ({"good": {}}, ("good",), "at least 1"),
        ({"good": {"a": 1}, "required": ["b"]}, (), "not there"),
        ({"method": "GET", "good": {"a": 1}}, (), "GET has no body"),
        ({"method": "GET"}, (), "there is no bad input"),
        ({"generic": False}, (), "there is no bad input"),
        ({"checks": []}, ("checks",), "at least 1"),
        ({"checks": ["ignored_auth"]}, ("checks", 0), "not_a_server_error"),
        ({"status": []}, ("status",), "asserts nothing"),
        ({"url": URL + "?a=1", "bad": [{"query": "?b"}]}, (), "without a query"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


# ------------------------------------------------------------------ over real sockets


def orders(asked: Asked) -> Said:
    """Takes orders with a number as sku. `/careless` does not look, `/fragile` falls over, `/guarded` asks who it is."""
    if asked.path == "/careless":
        return Said(201)
    if asked.path == "/guarded" and asked.headers.get("authorization") != "Bearer hush-hush":
        return Said(401)
    try:
        order = json.loads(asked.body)
    except ValueError:
        return Said(400)
    if asked.path == "/fragile":
        return Said(500)
    return Said(201) if isinstance(order, dict) and isinstance(order.get("sku"), int) else Said(422)


@pytest.mark.parametrize(
    ("path", "outcome", "says"),
    [
        ("/orders", Outcome.PASSED, "6 of 6"),
        ("/careless", Outcome.FAILED, "0 of 6"),
        ("/fragile", Outcome.FAILED, "sku of another type: 500, a server error"),
        ("/guarded", Outcome.UNKNOWN, "401, so nobody looked"),
    ],
)
def test_a_real_service_is_given_bad_input(path: str, outcome: Outcome, says: str) -> None:
    with serving(orders) as site:
        check = a_check(url=site.url(path), good={"sku": 7}, required=["sku"])
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is outcome, finding.summary
    assert says in finding.summary
    assert len(site.asked) == 6
    assert '{"sku": 7}' not in {asked.body for asked in site.asked}, "the good input is never sent"


def test_a_lent_secret_gets_past_the_door(tmp_path: Path) -> None:
    with serving(orders) as site:
        check = a_check(url=site.url("/guarded"), secret="shop")
        finding = check.judge(check.collect(look_at(secrets=lent(tmp_path, shop="hush-hush"))))
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert "hush" not in repr(finding)


def test_queries_of_a_read_need_no_leave_to_write() -> None:
    with serving(lambda asked: Said(400 if "limit=-1" in asked.path else 200)) as site:
        given = [{"query": "?limit=-1"}, {"query": "?limit=x", "name": "a word as limit"}]
        check = a_check(url=site.url("/list"), method="GET", writes=False, bad=given)
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is Outcome.FAILED
    assert "1 of 2 bad inputs refused: a word as limit: 200" in finding.summary
