"""What the kind `cors` asks, what it makes of the answers, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.cors import NOBODY, CorsCheck
from golive.checks.replies import NoReply
from golive.core.model import Outcome
from golive.ports import Answer
from website import Asked, Said, lent, look_at, serving

URL = "https://api.example/orders"
SHOP = "https://shop.example"


def a_check(**options: Any) -> CorsCheck:
    """A check that lets in the shop's pages."""
    return CorsCheck.model_validate({"url": URL, "allow": [SHOP]} | options)


def an_answer(status: int = 204, **headers: str) -> Answer:
    """An answer; `origin=` is short for Access-Control-Allow-Origin, and so on."""
    names = {"vary": "vary"}
    given = {names.get(name, f"access-control-allow-{name}"): value for name, value in headers.items()}
    return Answer(status, {"vary": "Origin", **given}, b"", 0.01, URL)


OK = an_answer(200, origin=SHOP)
NO = an_answer(200)
COOKIES = an_answer(origin=SHOP, credentials="true")


def test_every_origin_is_asked_for_plainly_and_by_preflight() -> None:
    asked = [
        (question.origin, question.allowed, question.method) for question in a_check(methods=["GET", "PUT"]).questions()
    ]
    assert asked == [
        (SHOP, True, ""), (SHOP, True, "GET"), (SHOP, True, "PUT"),
        (NOBODY, False, ""), (NOBODY, False, "GET"), (NOBODY, False, "PUT"),
    ]  # fmt: skip
    assert len(a_check(preflight=False, deny="none").questions()) == 1


@pytest.mark.parametrize(
    ("options", "replies", "outcome", "says"),
    [
        pytest.param({}, [OK, OK, NO, NO], "passed", "4 requests answered as browsers need it", id="as it should be"),
        pytest.param({"deny": "none"}, [an_answer(origin="*")] * 2, "passed", "", id="everybody, and that is meant"),
        pytest.param({}, [NO, OK, NO, NO], "failed", "GET: there is no Access-Control-Allow-Origin", id="kept out"),
        pytest.param({"deny": "none"}, [OK, an_answer(origin="https://a.b")], "failed", "is 'https://a.b'", id="another"),
        pytest.param({"deny": "none"}, [OK, an_answer(403, origin=SHOP)], "failed", "403, not 2xx", id="preflight 403"),
        pytest.param({}, [OK, OK, an_answer(origin="*"), NO], "failed", "everybody is let in", id="star"),
        pytest.param({}, [OK, OK, an_answer(origin=NOBODY), NO], "failed", "it is let in", id="reflected"),
        pytest.param(
            {}, [OK, OK, an_answer(origin=NOBODY, credentials="true"), NO], "failed", "even with cookies", id="worst"
        ),
        pytest.param({}, [OK, OK, OK, OK], "passed", "", id="the answer names the one allowed origin to everybody"),
        pytest.param({"credentials": True, "deny": "none"}, [COOKIES] * 2, "passed", "", id="cookies"),
        pytest.param(
            {"credentials": True, "deny": "none"}, [an_answer(origin="*", credentials="true"), COOKIES], "failed",
            "not enough for cookies", id="a star does not go with cookies",
        ),
        pytest.param({"credentials": True, "deny": "none"}, [OK, COOKIES], "failed", "Credentials is not", id="none"),
        pytest.param(
            {"methods": ["PUT"], "deny": "none"}, [OK, OK], "failed", "PUT is not in", id="a method is not allowed"
        ),
        pytest.param(
            {"methods": ["PUT"], "deny": "none"}, [OK, an_answer(origin=SHOP, methods="GET, PUT")], "passed", "", id="put"
        ),
        pytest.param(
            {"methods": ["PUT"], "deny": "none"}, [OK, an_answer(origin=SHOP, methods="*")], "passed", "", id="any"
        ),
        pytest.param({"methods": ["POST"], "deny": "none"}, [OK, OK], "passed", "", id="POST needs no leave"),
        pytest.param(
            {"request_headers": ["X-A", "authorization"], "deny": "none"}, [OK, an_answer(origin=SHOP, headers="*")],
            "failed", "the header authorization is not in", id="a star is not for Authorization",
        ),
        pytest.param(
            {"request_headers": ["X-A"], "deny": "none"}, [OK, an_answer(origin=SHOP, headers="x-a, x-b")], "passed", "",
            id="header",
        ),
        pytest.param({}, [OK, NoReply("timed out"), NO, NO], "unknown", "timed out", id="silent"),
        pytest.param({}, [NO, NoReply("timed out"), NO, NO], "failed", "no Access-Control", id="silent and wrong"),
    ],
)  # fmt: skip
def test_answers_are_read_as_browsers_read_them(
    options: dict[str, Any], replies: list[Answer | NoReply], outcome: str, says: str
) -> None:
    finding = a_check(**options).judge(tuple(replies))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


def test_a_cache_that_could_mix_up_origins_is_mentioned() -> None:
    finding = a_check(deny="none").judge((an_answer(origin=SHOP, vary="Accept"), OK))
    assert finding.outcome is Outcome.PASSED
    assert "Vary: Origin" in finding.details[0].text


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"allow": None, "deny": "none"}, (), "nothing is asserted"),
        ({"allow": []}, ("allow",), "at least 1"),
        ({"allow": ["shop.example"]}, ("allow", 0), "expected an origin"),
        ({"allow": [SHOP + "/"]}, ("allow", 0), "without a path"),
        ({"allow": ["*"]}, ("allow", 0), "expected an origin"),
        ({"deny": [SHOP]}, (), "both allowed and denied"),
        ({"methods": []}, ("methods",), "at least 1"),
        ({"methods": ["TRACE"]}, ("methods", 0), "'GET'"),
        ({"allow": None, "methods": ["PUT"]}, (), "are those of the origins"),
        ({"allow": None, "credentials": True}, (), "are those of the origins"),
        ({"preflight": False, "methods": ["PUT"]}, (), "asked for by preflight"),
        ({"request_headers": []}, ("request_headers",), "at least 1"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


# ------------------------------------------------------------------ over real sockets


def an_api(asked: Asked) -> Said:
    """Lets in the shop. `/open` lets in whoever asks; `/guarded` answers nobody without a token, preflights apart."""
    origin = asked.headers.get("origin", "")
    if asked.path == "/guarded" and asked.method == "GET" and asked.headers.get("authorization") != "Bearer hush-hush":
        return Said(401)
    if origin != SHOP and asked.path != "/open":
        return Said(200)
    headers = (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), ("Access-Control-Allow-Methods", "PUT"))
    wanted = asked.headers.get("access-control-request-headers")
    return Said(200, "", (*headers, *([("Access-Control-Allow-Headers", wanted)] if wanted else [])))


@pytest.mark.parametrize(
    ("path", "outcome", "says"),
    [
        ("/orders", Outcome.PASSED, "6 requests"),
        ("/open", Outcome.FAILED, f"{NOBODY}, GET: it is let in"),
        ("/guarded", Outcome.FAILED, f"{SHOP}, GET: there is no Access-Control-Allow-Origin"),
    ],
)
def test_a_real_service_is_asked_as_a_browser_asks(path: str, outcome: Outcome, says: str) -> None:
    with serving(an_api) as site:
        check = a_check(url=site.url(path), methods=["GET", "PUT"], request_headers=["X-B", "x-a"])
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is outcome, finding.summary
    assert says in finding.summary
    assert {asked.method for asked in site.asked} == {"GET", "OPTIONS"}
    assert site.asked[2].headers["access-control-request-headers"] == "x-a,x-b"


def test_a_lent_secret_goes_with_the_request_and_not_with_the_preflight(tmp_path: Path) -> None:
    with serving(an_api) as site:
        check = a_check(url=site.url("/guarded"), secret="shop")
        finding = check.judge(check.collect(look_at(secrets=lent(tmp_path, shop="hush-hush"))))
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert "authorization" not in site.asked[1].headers
    assert "hush" not in repr(finding)
