"""What the kind `http` makes of an answer, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.http import Heard, HttpCheck, NoReply
from golive.checks.jsonpaths import same_json
from golive.core.model import Finding, Outcome, Strength
from golive.core.patterns import MAX_TEXT, found
from golive.look import Http
from golive.look.secrets import Secrets
from golive.ports import Answer, Look, Unreachable

URL = "https://shop.example/health"


def a_check(**options: Any) -> HttpCheck:
    """A check of the shop's health. Options may go by the names of other tools, which the policy's reader makes ours."""
    ours = {HttpCheck.also.get(name, name): value for name, value in options.items()}
    return HttpCheck.model_validate({"url": URL, **ours})


def an_answer(status: int = 200, body: str = "", **headers: str) -> Answer:
    """An answer of the shop, after 34 ms."""
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, body.encode(), 0.0342, URL)


def heard(*replies: Answer | NoReply, url: str = URL) -> Heard:
    """What one URL answered."""
    return Heard(url, replies)


@pytest.mark.parametrize(
    ("options", "answer", "outcome", "says"),
    [
        pytest.param({}, an_answer(), "passed", "Answered 200 in 34 ms, as expected", id="200 is the default"),
        pytest.param({}, an_answer(503), "failed", "Answered 503 in 34 ms, not 200", id="another status"),
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
        pytest.param({"body": ["a", "b"]}, an_answer(body="a"), "failed", 'does not contain "b"', id="all the texts"),
        pytest.param({"body_matches": ["a", "^c"]}, an_answer(body="ab"), "failed", '"^c"', id="all the expressions"),
        pytest.param({"body_lacks": "debug"}, an_answer(body="fine"), "passed", "", id="text that is not there"),
        pytest.param({"body_lacks": "debug"}, an_answer(body="debug=1"), "failed", 'contains "debug"', id="forbidden"),
        pytest.param(
            {"body_lacks_matches": r"v0\.\d"},
            an_answer(body="v0.9"),
            "failed",
            "the body matches",
            id="forbidden match",
        ),
        pytest.param({"format": "prometheus_text"}, an_answer(body="up 1\n"), "passed", "", id="metrics"),
        pytest.param(
            {"format": "prometheus_text"}, an_answer(body="<html>no</html>"), "failed", "text format", id="no metrics"
        ),
        pytest.param({"format": "prometheus_text"}, an_answer(body="# HELP\n"), "failed", "no metric", id="empty page"),
        pytest.param(
            {"fail_if_body_not_matches_regexp": ["ok"], "valid_status_codes": [200, 201]},
            an_answer(201, "ok"),
            "passed",
            "",
            id="names of the blackbox exporter",
        ),
        pytest.param(
            {"fail_if_header_not_matches": [{"header": "x-a", "regexp": "^n"}]},
            an_answer(x_a="yes"),
            "failed",
            "x-a",
            id="a header as the blackbox exporter writes it",
        ),
        pytest.param(
            {"follow_redirects": False, "status": 301}, an_answer(301), "passed", "", id="the redirect itself"
        ),
    ],
)
def test_an_answer_is_judged_by_everything_that_was_named(
    options: dict[str, Any], answer: Answer, outcome: str, says: str
) -> None:
    finding = a_check(**options).judge((heard(answer),))
    assert (finding.outcome, finding.strength) == (Outcome(outcome), Strength.PROBE), finding.summary
    assert says in finding.summary
    assert (finding.measured, finding.source) == (f"{answer.status} in 34 ms", URL)


def test_every_mismatch_is_named_at_once() -> None:
    check = a_check(json={"a": 1, "b": 2}, body="x", headers={"h": "1"})
    finding = check.judge((heard(an_answer(500, '{"a": 3, "b": 4}')),))
    said = finding.summary
    assert said.startswith("Answered 500 in 34 ms, not 200; ")
    assert len(finding.details) == 5
    assert all(part in said for part in ("a is 3", "b is 4", 'contain "x"', "no header h")), said


def test_no_answer_is_unknown_and_never_passed() -> None:
    check = a_check(url=URL + "?k=aaaabbbbccccddddeeee#x")
    finding = check.judge(
        (heard(NoReply("GET https://shop.example/health: connection refused (198.51.100.7:443)"), url=check.url or ""),)
    )
    assert finding.outcome is Outcome.UNKNOWN
    assert "connection refused" in finding.summary
    assert (finding.source, finding.measured, finding.expected) == (URL, "no answer", "status 200")


def test_the_expectation_is_shown_in_words() -> None:
    check = a_check(status=["2xx", 304], json={"status": "ok"}, headers={"h": "=~ a"}, body="b", body_matches="c")
    expected = 'status 2xx or 304, status = "ok", header h "=~ a", body contains "b", body matches "c"'
    assert check.judge((heard(an_answer()),)).expected == expected


def test_a_cookie_is_not_shown_when_it_differs() -> None:
    said = a_check(headers={"set-cookie": "=~ Secure"}).judge((heard(an_answer(set_cookie="session=abc123")),))
    assert said.outcome is Outcome.FAILED
    assert "abc123" not in said.summary


def test_a_long_value_is_shown_cut() -> None:
    said = a_check(json={"a": "ok"}).judge((heard(an_answer(body='{"a": "' + "x" * 5000 + '"}')),)).summary
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
        ({"method": "TRACE"}, ("method",), "'GET', 'HEAD', 'POST'"),
        ({"method": "POST"}, (), "say `writes: true`"),
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
        ({"body": []}, ("body",), "at least 1"),
        ({"body": ["a", ""]}, ("body",), "at least 1"),
        ({"body_lacks": ""}, ("body_lacks",), "at least 1"),
        ({"body_lacks_matches": "(a"}, ("body_lacks_matches",), "at column 1"),
        ({"format": "openmetrics"}, ("format",), "prometheus_text"),
        ({"urls": [URL]}, (), "exactly one of `url` and `urls`"),
        ({"url": None}, (), "exactly one of `url` and `urls`"),
        ({"url": None, "urls": []}, ("urls",), "at least 1"),
        ({"paths": []}, ("paths",), "at least 1"),
        ({"paths": ["health"]}, ("paths", 0), "pattern"),
        ({"paths": ["/a", "/a"]}, (), "named twice"),
        ({"url": URL + "?a=1", "paths": ["/a"]}, (), "below one `url` without a query"),
        ({"paths": ["/a", "/b"], "need": 3}, (), "only 2 are asked"),
        ({"need": 0}, ("need",), "greater than or equal to 1"),
        ({"request_body": "x"}, (), "say `writes: true`"),
        ({"request_headers": {}}, ("request_headers",), "at least 1"),
        ({"request_headers": {"Authorization": "Bearer s3cret"}}, ("request_headers",), "use `secret`"),
        ({"request_headers": {"cookie": "a=b"}}, ("request_headers",), "use `secret`"),
        ({"request_headers": {"Host": "x"}}, ("request_headers",), "cannot be set"),
        ({"request_headers": {"X-A": "a\nb"}}, ("request_headers",), "not plain visible text"),
        ({"request_headers": ["no colon"]}, ("request_headers",), "`Name: value`"),
        ({"secret": "Not A Name"}, ("secret",), "pattern"),
        ({"secret": "shop", "secret_as": "cookie"}, ("secret_as",), "pattern"),
        ({"streak": 0}, ("streak",), "greater than or equal to 1"),
        ({"streak": 2, "method": "POST", "writes": True}, (), "not sent in a streak"),
        ({"repeat_with_key": "Idempotency-Key"}, (), "is for a write"),
        ({"headers": [{"header": "a", "regexp": "b", "allow_missing": True}]}, ("headers",), "asserts nothing"),
        ({"headers": [{"header": "a"}]}, ("headers",), "regexp"),
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
    assert a_check(body_matches=pattern).body_matches == (pattern,)


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
        {"body": ["a", "b"]},
        {"body_matches": "a"},
        {"body_lacks": "a"},
        {"body_lacks_matches": "a"},
        {"format": "prometheus_text"},
        {"paths": ["/a"]},
        {"url": None, "urls": [URL, URL + "2"]},
        {"request_headers": {"a": "1"}},
        {"secret": "shop"},
        {"streak": 2},
        {"headers": {"a": "1"}},
        {"follow_redirects": False},
    ],
)
def test_another_meaning_is_another_canonical_text(options: dict[str, Any]) -> None:
    assert a_check(**options).canonical() != a_check().canonical()
    assert hash(a_check(**options)) != hash(a_check())


@pytest.mark.parametrize("pattern", [".*.*.*x", "(a+)+x", "(a|a)*x", "(a?){40}x", "a*a*a*a*x", "(.*)(.*)(.*)(.*)[^a]"])
def test_an_expression_that_would_keep_re_busy_for_ever_comes_to_an_end(pattern: str) -> None:
    assert not a_check(body_matches=pattern).judge((heard(an_answer(body="a" * MAX_TEXT)),)).outcome.endswith("passed")


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


# ------------------------------------------------------------------ several, and again

DEAD = NoReply("GET https://shop.example/ready: connection refused (198.51.100.7:443)")


@pytest.mark.parametrize(
    ("options", "replies", "outcome", "says", "answered"),
    [
        ({}, [an_answer(), an_answer()], "passed", "2/2 answered as expected", 2),
        ({}, [an_answer(), an_answer(503)], "failed", "1/2 answered as expected: /ready: answered 503", 1),
        ({"need": 1}, [an_answer(), an_answer(503)], "passed", "1/2 answered as expected (1 needed); /ready: ", 1),
        ({"need": 1}, [an_answer(500), an_answer(503)], "failed", "0/2 answered as expected (1 needed): /health: ", 0),
        ({}, [an_answer(), DEAD], "unknown", "1/2 answered as expected: GET https", 1),
        ({"need": 1}, [an_answer(), DEAD], "passed", "1/2", 1),
        ({}, [an_answer(500), DEAD], "failed", "0/2", 0),
        ({"need": 1}, [an_answer(500), DEAD], "unknown", "0/2", 0),
        ({}, [DEAD, DEAD], "unknown", "0/2", 0),
    ],
)
def test_several_paths_are_counted(
    options: dict[str, Any], replies: list[Answer | NoReply], outcome: str, says: str, answered: int
) -> None:
    check = a_check(url="https://shop.example/", paths=["/health", "/ready"], **options)
    facts = tuple(Heard(url, (reply,)) for url, reply in zip(check.targets(), replies, strict=True))
    finding = check.judge(facts)
    assert finding.outcome == outcome, finding.summary
    assert finding.summary.startswith(says)
    assert finding.measured.startswith(f"{answered}/2")
    assert {measure.name: measure.value for measure in finding.measures}["answered"] == answered
    assert len(finding.details) == 2


def test_what_is_asked_is_what_the_options_say() -> None:
    assert a_check().targets() == (URL,)
    assert a_check(url="https://a.example/b/", paths=["/c", "/d?e=1"]).targets() == (
        "https://a.example/b/c",
        "https://a.example/b/d?e=1",
    )
    several = a_check(url=None, urls=["https://a.example/x", "https://b.example:8443/y"], secret="shop")
    assert several.lent_secrets() == (("shop", "a.example"), ("shop", "b.example"))
    assert several.bounds()["answered"] == (0, 2)
    assert a_check(body="a").canonical() == a_check(body=["a"]).canonical()
    assert a_check(request_headers=["A: b"]).canonical() == a_check(**{"request-headers": {"A": "b"}}).canonical()


def test_a_streak_breaks_at_the_first_answer_that_is_not_as_expected() -> None:
    check = a_check(streak=3)
    assert "3 times in a row" in check.judge((heard(*[an_answer()] * 3),)).summary
    broken = check.judge((heard(an_answer(), an_answer(503)),))
    assert (broken.outcome, broken.summary) == (Outcome.FAILED, "Answer 2 of 3 was 503 in 34 ms, not 200")
    assert check.judge((heard(an_answer(), DEAD),)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("first", "second", "outcome", "says"),
    [
        (an_answer(201, '{"id": 1, "a": 2}'), an_answer(201, '{"a": 2, "id": 1}'), "passed", "the same"),
        (an_answer(201, '{"id": 1}'), an_answer(201, '{"id": 2}'), "failed", "the body is not that of the first"),
        (an_answer(201, "x"), an_answer(201, "y"), "failed", "the body is not that of the first"),
        (an_answer(201, "x"), an_answer(202, "x"), "failed", "not 201"),
        (an_answer(201, "x"), DEAD, "unknown", "connection refused"),
    ],
)
def test_a_repeated_write_must_come_to_the_same(
    first: Answer, second: Answer | NoReply, outcome: str, says: str
) -> None:
    check = a_check(method="POST", writes=True, status=201, repeat_with_key="Idempotency-Key")
    finding = check.judge((heard(first, second),))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


def test_the_series_of_a_metrics_page_are_measured() -> None:
    finding = a_check(format="prometheus_text").judge((heard(an_answer(body='up{job="a"} 1\nup{job="b"} 0\n')),))
    assert {measure.name: measure.value for measure in finding.measures}["series"] == 2
    assert {measure.name for measure in finding.measures} <= set(HttpCheck.measures)


# ------------------------------------------------------------------ over real sockets


class Shop(BaseHTTPRequestHandler):
    """A shop that takes orders, one per key; /ready is ready from the third time on."""

    protocol_version = "HTTP/1.1"
    server: Street

    def answer(self) -> None:
        """One page."""
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.server.asked.append((self.command, self.path, dict(self.headers.items()), body))
        seen = sum(path == self.path for _, path, _, _ in self.server.asked)
        if self.path == "/orders":
            key = self.headers.get("Idempotency-Key", "")
            self.say(201, f'{{"order": {self.server.orders.setdefault(key, len(self.server.orders))}}}')
        elif self.path == "/forgetful":
            self.say(201, f'{{"order": {len(self.server.asked)}}}')
        elif self.path == "/late":
            self.say(200 if seen > 2 else 503)
        elif self.path == "/flaky":
            self.say(503 if seen == 3 else 200)
        elif self.path == "/echo":
            self.say(200, str(self.headers.get("Authorization")))
        else:
            self.say(404 if self.path == "/missing" else 200, "up 1\n")

    do_GET = do_POST = answer

    def say(self, status: int, body: str = "") -> None:
        """One answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


class Street(ThreadingHTTPServer):
    """The shop on loopback, with what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Shop)
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self.orders: dict[str, int] = {}
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def street() -> Iterator[Street]:
    with Street() as server:
        yield server
        server.shutdown()


def looked(street: Street, look: Look | None = None, **options: Any) -> Finding:
    """What a check of the street's shop finds."""
    base = f"http://127.0.0.1:{street.server_port}"
    urls = {"urls": [base + path for path in options.pop("urls")]} if "urls" in options else {"url": base}
    check = HttpCheck.model_validate({**urls, **options})
    return check.judge(check.collect(look or a_look()))


def a_look(secrets: Secrets | None = None) -> Look:
    """The real way to look."""
    lent = secrets.lent("acme/shop") if secrets else None
    return Look(http=Http(allow=("127.0.0.0/8",)), forge=None, now=datetime.now(UTC), secrets=lent)


def test_four_paths_are_counted_on_a_real_service(street: Street) -> None:
    finding = looked(street, paths=["/health", "/ready", "/live", "/metrics"], body="up")
    assert (finding.outcome, finding.summary) == (Outcome.PASSED, "4/4 answered as expected")
    finding = looked(street, paths=["/health", "/ready", "/missing", "/metrics"], need=4)
    assert finding.outcome is Outcome.FAILED
    assert "3/4 answered as expected: /missing: answered 404" in finding.summary
    assert [detail.outcome.value for detail in finding.details] == ["passed", "passed", "failed", "passed"]


def test_urls_of_several_services(street: Street) -> None:
    finding = looked(street, urls=["/a", "/b"], format="prometheus_text")
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert finding.source.endswith("/a and 1 more")


def test_a_streak_is_asked_for_one_after_the_other_and_ends_at_a_break(street: Street) -> None:
    assert looked(street, paths=["/health"], streak=4).outcome is Outcome.PASSED
    assert len(street.asked) == 4
    finding = looked(street, paths=["/flaky"], streak=10)
    assert (finding.outcome, len(street.asked)) == (Outcome.FAILED, 7)


def test_an_order_with_one_key_is_taken_once(street: Street) -> None:
    options: dict[str, Any] = {"method": "POST", "writes": True, "status": 201, "request_body": {"sku": 7}}
    finding = looked(street, paths=["/orders"], repeat_with_key="Idempotency-Key", **options)
    assert finding.outcome is Outcome.PASSED, finding.summary
    (_, _, first, body), (_, _, second, _) = street.asked
    assert first["idempotency-key"] == second["idempotency-key"] != ""
    assert (body, first["content-type"]) == ('{"sku":7}', "application/json")
    looked(street, paths=["/orders"], repeat_with_key="Idempotency-Key", **options)
    assert len(street.orders) == 2, "another run must be another order"
    assert looked(street, paths=["/forgetful"], repeat_with_key="Idempotency-Key", **options).outcome is Outcome.FAILED


@pytest.mark.parametrize("secret_as", ["bearer", "basic ana", "header X-Token"])
def test_a_lent_secret_is_sent_and_never_shown(street: Street, tmp_path: Path, secret_as: str) -> None:
    file = tmp_path / "secrets.yml"
    file.write_text("shop: {env: SHOP, repositories: [acme/shop], hosts: [127.0.0.1]}\n")
    look = a_look(Secrets.read(file, {"SHOP": "hush-hush-hush"}))
    finding = looked(street, look, paths=["/echo"], secret="shop", secret_as=secret_as, json={"a": 1}, body="nothing")
    sent = street.asked[0][2]
    assert {"bearer": "Bearer hush-hush-hush", "basic ana": "Basic " + b64encode(b"ana:hush-hush-hush").decode()}.get(
        secret_as
    ) == sent.get("authorization")
    assert sent.get("x-token") == ("hush-hush-hush" if secret_as.startswith("header") else None)
    assert "hush" not in repr(finding)
    assert b64encode(b"ana:hush-hush-hush").decode() not in repr(finding)


def test_a_secret_that_is_not_lent_is_said_and_nothing_is_sent(street: Street, tmp_path: Path) -> None:
    file = tmp_path / "secrets.yml"
    file.write_text("shop: {env: SHOP, repositories: [acme/shop], hosts: [elsewhere.example]}\n")
    with pytest.raises(Unreachable, match=r"lent for elsewhere\.example, not for 127\.0\.0\.1"):
        looked(street, a_look(Secrets.read(file, {"SHOP": "hush-hush-hush"})), secret="shop")
    with pytest.raises(Unreachable, match="cannot be looked at from here"):
        looked(street, secret="shop")
    assert street.asked == []


def test_a_check_ends_with_its_time(street: Street) -> None:
    look = replace(a_look(), timeout=timedelta(microseconds=1))
    finding = looked(street, look, paths=["/a", "/b"])
    assert finding.outcome is Outcome.UNKNOWN
    assert "not asked, the 1e-06 s of this check were over" in finding.summary
    assert street.asked == []
