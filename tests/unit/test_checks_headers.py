"""What the kind `headers` makes of a page's headers, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.headers import HeadersCheck
from golive.checks.replies import NoReply
from golive.checks.webheaders import cookies_of, csp_of
from golive.core.model import Finding, Outcome
from golive.ports import Answer
from website import Said, look_at, serving

URL = "https://shop.example/"
GOOD = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "content-security-policy": "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=()",
}


def a_check(**options: Any) -> HeadersCheck:
    """A check of the shop's front page."""
    return HeadersCheck.model_validate({"url": URL} | options)


def judged(options: dict[str, Any], change: dict[str, str | None], url: str = URL, status: int = 200) -> Finding:
    """What it finds at a page with the good headers, but for the changes; None takes one away."""
    headers = {name: value for name, value in (GOOD | change).items() if value is not None}
    return a_check(**options).judge(Answer(status, headers, b"", 0.01, url))


ALL = {"require": ["strict-transport-security", "content-security-policy", "x-content-type-options", "x-frame-options",
                   "referrer-policy", "permissions-policy", "cookies"]}  # fmt: skip
CSP = "content-security-policy"
HSTS = "strict-transport-security"
NONCE = "script-src 'nonce-abc' 'unsafe-inline'; object-src 'none'"


@pytest.mark.parametrize(
    ("options", "change", "outcome", "points", "says"),
    [
        pytest.param(ALL, {}, "passed", 100, "All 7 headers as required, score 100", id="all good"),
        pytest.param({}, {HSTS: None}, "failed", 80, "there is no Strict-Transport-Security", id="no hsts"),
        pytest.param({}, {HSTS: "max-age=3600"}, "failed", 90, "lasts 1h, not at least 180d", id="short hsts"),
        pytest.param({}, {HSTS: 'max-age="15768000"'}, "passed", 100, "", id="six months, quoted"),
        pytest.param({}, {HSTS: "max-age=0"}, "failed", 90, "lasts 0s", id="hsts off"),
        pytest.param({}, {HSTS: "includeSubDomains"}, "failed", 80, "no max-age that can be read", id="no max-age"),
        pytest.param({"hsts_min_age": "2h"}, {HSTS: "max-age=7200"}, "passed", 90, "", id="an own age"),
        pytest.param(
            {"hsts_subdomains": True}, {HSTS: "max-age=31536000"}, "failed", 100, "subdomains", id="subdomains"
        ),
        pytest.param({}, {CSP: None}, "failed", 75, "there is no Content-Security-Policy", id="no csp"),
        pytest.param({}, {CSP: " ; "}, "failed", 75, "holds no directive", id="empty csp"),
        pytest.param(
            {}, {CSP: "default-src 'self' 'unsafe-inline'"}, "failed", 80, "unsafe-inline in default-src", id="inline"
        ),
        pytest.param(
            {}, {CSP: "default-src 'self'; style-src 'unsafe-inline'"}, "passed", 100, "", id="inline styles are borne"
        ),
        pytest.param({}, {CSP: "default-src 'self' 'unsafe-eval'"}, "failed", 90, "unsafe-eval in", id="eval"),
        pytest.param(
            {"csp_forbid": ["unsafe-inline"]}, {CSP: "default-src 'self' 'unsafe-eval'"}, "passed", 90, "", id="borne"
        ),
        pytest.param({}, {CSP: NONCE}, "passed", 100, "", id="a nonce overrules unsafe-inline"),
        pytest.param(
            {},
            {CSP: "script-src 'self' 'unsafe-inline', script-src 'self'; object-src 'none'"},
            "passed",
            100,
            "",
            id="two policies hold both",
        ),
        pytest.param({"csp_require": ["base-uri"]}, {}, "failed", 100, "has no base-uri", id="a directive asked for"),
        pytest.param(
            {"csp_forbid": ["https:"]}, {CSP: "default-src https:"}, "failed", 80, "has https: in", id="scheme"
        ),
        pytest.param({}, {"x-content-type-options": None}, "failed", 95, "no X-Content-Type-Options", id="no nosniff"),
        pytest.param({}, {"x-content-type-options": "sniff"}, "failed", 95, "'sniff', not nosniff", id="another one"),
        pytest.param({}, {"x-frame-options": None}, "passed", 100, "", id="frame-ancestors is enough"),
        pytest.param(
            {}, {"x-frame-options": None, CSP: "default-src 'none'"}, "failed", 80, "nor frame-ancestors", id="framed"
        ),
        pytest.param(
            {},
            {"x-frame-options": "ALLOWALL", CSP: "default-src 'none'"},
            "failed",
            80,
            "'allowall'",
            id="framed wrong",
        ),
        pytest.param(ALL, {"referrer-policy": "unsafe-url"}, "failed", 95, "'unsafe-url'", id="telling referrer"),
        pytest.param(ALL, {"referrer-policy": "x, no-referrer"}, "passed", 100, "", id="the last one counts"),
        pytest.param(ALL, {"permissions-policy": None}, "failed", 100, "no Permissions-Policy", id="no permissions"),
        pytest.param({}, {"permissions-policy": None}, "passed", 100, "", id="what is not required may lack"),
        pytest.param({}, {"set-cookie": "a=1; Secure; HttpOnly; SameSite=Lax"}, "passed", 100, "", id="good cookie"),
        pytest.param({}, {"set-cookie": "a=1; HttpOnly; SameSite=Lax"}, "failed", 95, "a is not Secure", id="cookie"),
        pytest.param({}, {"set-cookie": "sid=1; Secure; SameSite=Lax"}, "failed", 70, "not HttpOnly", id="session"),
        pytest.param({}, {"set-cookie": "a=1; Secure; HttpOnly"}, "failed", 100, "no SameSite", id="no SameSite"),
        pytest.param({}, {"set-cookie": "csrf=1; Secure; SameSite=Lax"}, "passed", 100, "", id="scripts read csrf"),
        pytest.param({}, {"set-cookie": "csrf=1; Secure"}, "failed", 80, "csrf has no SameSite", id="csrf"),
        pytest.param(
            {"require": ["x-frame-options"]}, {HSTS: None, "set-cookie": "sid=1; HttpOnly"}, "passed", 40, "", id="-40"
        ),
        pytest.param({"require": ["x-frame-options"]}, dict.fromkeys(GOOD, None), "failed", 30, "1 header", id="bare"),
    ],
)
def test_headers_are_weighed_and_scored(
    options: dict[str, Any], change: dict[str, str | None], outcome: str, points: int, says: str
) -> None:
    finding = judged(options, change)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert {measure.name: measure.value for measure in finding.measures}["score"] == points, finding.details


def test_hsts_over_http_is_none() -> None:
    finding = judged({}, {}, url="http://shop.example/")
    assert finding.outcome is Outcome.FAILED
    assert "this page came over http" in finding.summary
    assert finding.measures[0].value == 80


def test_the_headers_of_an_error_page_are_not_weighed() -> None:
    assert "Answered 503, not 2xx" in judged({}, {}, status=503).summary
    assert judged({"status": 404}, {}, status=404).outcome is Outcome.PASSED


def test_no_answer_is_unknown() -> None:
    assert a_check().judge(NoReply("timed out")).outcome is Outcome.UNKNOWN


def test_cookies_are_told_apart_and_their_values_are_not_kept() -> None:
    given = "sid=s3cret; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure, b=2; HttpOnly; SameSite=None"
    cookies = cookies_of({"set-cookie": given})
    assert [(cookie.name, sorted(cookie.flags), cookie.same_site) for cookie in cookies] == [
        ("sid", ["expires", "secure"], ""),
        ("b", ["httponly", "samesite"], "none"),
    ]
    assert "s3cret" not in repr(cookies)
    assert cookies_of({}) == ()


def test_a_directive_that_stands_twice_counts_where_it_stands_first() -> None:
    csp = csp_of({CSP: "script-src 'self'; script-src 'unsafe-inline'"})
    assert csp is not None
    assert csp.risky({"unsafe-inline"}) == []


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"url": "shop.example"}, ("url",), "http or https URL"),
        ({"require": []}, ("require",), "at least 1"),
        ({"require": ["x-xss-protection"]}, ("require", 0), "strict-transport-security"),
        ({"hsts_min_age": "1"}, ("hsts_min_age",), "needs a unit"),
        ({"csp_forbid": []}, ("csp_forbid",), "at least 1"),
        ({"csp_forbid": ["a b"]}, ("csp_forbid", 0), "pattern"),
        ({"require": ["cookies"], "hsts_min_age": "1d"}, (), "add strict-transport-security"),
        ({"require": ["cookies"], "csp_forbid": ["unsafe-eval"]}, (), "add content-security-policy"),
        ({"referrer": ["no-referrer"]}, (), "add referrer-policy"),
        ({"referrer": ["all"], **ALL}, ("referrer", 0), "no-referrer"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


# ------------------------------------------------------------------ over TLS


def test_a_real_page_is_looked_at(tmp_path: Path) -> None:
    good = tuple(GOOD.items())
    cookies = (("Set-Cookie", "sid=s3cret-one; Secure; HttpOnly; SameSite=Lax"), ("Set-Cookie", "b=s3cret-two; Secure"))
    pages = {"/good": Said(200, "hi", good + cookies[:1]), "/bad": Said(200, "hi", cookies), "/none": Said(0)}
    with serving(lambda asked: pages[asked.path], tls_in=tmp_path) as site:
        found = {}
        for path in pages:
            check = a_check(url=site.url(path), **ALL)
            found[path] = check.judge(check.collect(look_at(site)))
    assert found["/good"].outcome is Outcome.PASSED, found["/good"].summary
    assert found["/bad"].outcome is Outcome.FAILED
    assert "7 headers not as required" in found["/bad"].summary
    assert any("the cookie b is not HttpOnly" in detail.text for detail in found["/bad"].details)
    assert found["/none"].outcome is Outcome.UNKNOWN
    assert "s3cret" not in repr(found)
