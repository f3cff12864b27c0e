"""What the kind `latency` makes of times, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

import math
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.latency import ENDLESS, LatencyCheck, Timed, nearest_rank
from golive.core.model import Outcome
from website import Asked, Said, lent, look_at, serving

URL = "https://shop.example/api"
HUNDRED = tuple(number / 1000 for number in range(1, 101))
"""1 ms to 100 ms."""


def a_check(**options: Any) -> LatencyCheck:
    """A check of the shop's speed."""
    return LatencyCheck.model_validate({"url": URL, **options})


def timed(times: tuple[float, ...] = HUNDRED, *wrong: tuple[str, int], elapsed: float = 2.0) -> Timed:
    """What came of the requests, the failed ones last."""
    failed = (ENDLESS,) * sum(number for _, number in wrong)
    return Timed((*times, *failed), wrong, elapsed, URL)


@pytest.mark.parametrize(
    ("values", "percent", "value"),
    [
        (HUNDRED, 50, 0.050),
        (HUNDRED, 95, 0.095),
        (HUNDRED, 99, 0.099),
        (HUNDRED, 100, 0.100),
        ((1.0, 2.0, 3.0), 50, 2.0),
        ((1.0, 2.0, 3.0), 95, 3.0),
        ((1.0, 2.0, 3.0, 4.0), 50, 2.0),
        ((7.0,), 50, 7.0),
        (HUNDRED[:20], 95, 0.019),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: tuple[float, ...], percent: float, value: float) -> None:
    assert nearest_rank(values, percent) == value


@pytest.mark.parametrize(
    ("options", "facts", "outcome", "says"),
    [
        pytest.param({"p95": "95ms"}, timed(), "passed", "p95 95 ms", id="just at the limit"),
        pytest.param({"p95": "94ms"}, timed(), "failed", "P95 is 95 ms, not at most 94ms", id="just over"),
        pytest.param(
            {"p50": "49ms", "max": "99ms"}, timed(), "failed", "P50 is 50 ms, not at most 49ms; max", id="two"
        ),
        pytest.param({"p99": "99ms"}, timed(), "passed", "", id="p99"),
        pytest.param({"min_rps": 50.0}, timed(), "passed", "50.0 answers/s", id="rate reached"),
        pytest.param({"min_rps": 51}, timed(), "failed", "50.0 answers/s, not at least 51/s", id="too slow a rate"),
        pytest.param(
            {"min_rps": 50}, timed(HUNDRED[:99], ("status 500", 1)), "failed", "49.5", id="errors are no rate"
        ),
        pytest.param({"max_error_rate": "1%"}, timed(HUNDRED[:99], ("status 500", 1)), "passed", "1 failed", id="1 %"),
        pytest.param(
            {"max_error_rate": "1%"}, timed(HUNDRED[:98], ("status 500", 2)), "failed", "2 % of the requests", id="2 %"
        ),
        pytest.param({"max_error_rate": "0%"}, timed(), "passed", "", id="no error at all"),
        pytest.param(
            {"p95": "95ms"}, timed(HUNDRED[:95], ("status 500", 5)), "passed", "5 × status 500", id="errors beyond p95"
        ),
        pytest.param(
            {"p95": "10m"}, timed(HUNDRED[:94], ("status 500", 6)), "failed", "falls on a request", id="p95 is an error"
        ),
        pytest.param({"max": "10m"}, timed(HUNDRED[:99], ("timed out", 1)), "failed", "Max falls on", id="max is one"),
        pytest.param({"p95": "1s"}, timed((), ("connection refused", 100)), "unknown", "None of 100", id="dead"),
        pytest.param({"p95": "1s"}, timed((), ("status 503", 100)), "failed", "100 × status 503", id="all in error"),
        pytest.param({"p95": "1s"}, timed(()), "unknown", "0 samples", id="nothing was asked"),
        pytest.param(
            {"p95": "1s"}, timed(HUNDRED[:60]), "unknown", "Only 60 of 100 requests", id="cut, and fine so far"
        ),
        pytest.param({"p95": "1s"}, timed((5.0,) * 60), "failed", "P95 is 5.00 s", id="cut, and bad whatever comes"),
        pytest.param({"p50": "1s"}, timed((5.0,) * 50), "unknown", "Only 50", id="cut, and the rest could save it"),
        pytest.param(
            {"max_error_rate": "1%"}, timed((), ("status 500", 40)), "failed", "40 × status 500", id="cut, bad"
        ),
        pytest.param({}, timed(), "passed", "", id="only measured"),
    ],
)
def test_times_are_held_against_the_limits(options: dict[str, Any], facts: Timed, outcome: str, says: str) -> None:
    finding = a_check(**options).judge(facts)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.samples == len(facts.times)
    assert all(math.isfinite(float(measure.value)) for measure in finding.measures)
    assert {measure.name: measure.unit for measure in finding.measures}.items() <= LatencyCheck.measures.items()


def test_everything_that_was_measured_can_be_asked_about() -> None:
    measures = {measure.name: measure.value for measure in a_check().judge(timed()).measures}
    assert measures == {
        "p95": 0.095, "p50": 0.050, "p99": 0.099, "max": 0.1, "min": 0.001,
        "avg": pytest.approx(0.0505), "rps": 50.0, "error_rate": 0.0,
    }  # fmt: skip
    assert list(LatencyCheck.measures) == list(measures), "the first one is what a bare criterion means"


def test_a_bare_criterion_never_meets_another_percentile_than_p95() -> None:
    measures = a_check().judge(timed(HUNDRED[:90], ("status 500", 10))).measures
    assert "p95" not in {measure.name for measure in measures}
    assert measures[0].unit != "s"


def test_without_a_limit_it_asserts_nothing() -> None:
    assert not a_check(n=5).asserts()
    limits: list[dict[str, Any]] = [{"p50": "1s"}, {"max": "1s"}, {"min_rps": 1.0}, {"max_error_rate": "0%"}]
    assert all(a_check(**limit).asserts() for limit in limits)


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"url": "shop.example"}, ("url",), "http or https URL"),
        ({"n": 0}, ("n",), "greater than or equal to 1"),
        ({"n": 10_001}, ("n",), "less than or equal to 10000"),
        ({"concurrency": 65}, ("concurrency",), "less than or equal to 64"),
        ({"method": "POST"}, ("method",), "'GET' or 'HEAD'"),
        ({"p95": "200"}, ("p95",), "needs a unit"),
        ({"p95": 200}, ("p95",), "needs a unit"),
        ({"p95": "0ms"}, ("p95",), "longer than nothing"),
        ({"max_error_rate": "101%"}, ("max_error_rate",), "between 0% and 100%"),
        ({"max_error_rate": 0.01}, ("max_error_rate",), "with its sign"),
        ({"min_rps": 0.0}, ("min_rps",), "greater than 0"),
        ({"p90": "1s"}, ("p90",), "not permitted"),
        ({"status": []}, ("status",), "asserts nothing"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


def test_spellings_of_one_meaning_are_one_canonical_text() -> None:
    assert a_check(p95="1500ms").canonical() == a_check(p95="1.5s").canonical() == a_check(p95="1.5 s").canonical()
    assert a_check(p95="2s").canonical() == a_check(p95="2000ms").canonical() == a_check(p95="PT2S").canonical()
    assert a_check(min_rps=5).canonical() == a_check(min_rps=5.0).canonical()
    assert a_check(p95="2s").canonical() != a_check(p99="2s").canonical()


# ------------------------------------------------------------------ over real sockets


def test_a_real_service_is_measured_as_often_as_asked_and_warmed_up_before() -> None:
    together = threading.Barrier(4, timeout=10)

    def page(asked: Asked) -> Said:
        if len(site.asked) > 2:
            together.wait()  # nobody gets an answer before four are asking: they do ask at the same time
        return Said(200)

    with serving(page) as site:
        check = a_check(url=site.url("/api?token=abc"), n=12, concurrency=4, warm_up=2, p95="5s", max_error_rate="0%")
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert (len(site.asked), finding.samples) == (14, 12)
    assert "abc" not in repr(finding)


def test_a_real_service_that_fails_now_and_then() -> None:
    number = count()
    with serving(lambda asked: Said((200, 503, 0)[next(number) % 3])) as site:
        check = a_check(url=site.url(), n=30, concurrency=2, warm_up=0, max_error_rate="1%")
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is Outcome.FAILED, finding.summary
    assert finding.summary.startswith("66.7 % of the requests failed, not at most 1 %")
    assert any(detail.text == "10 × status 503" for detail in finding.details)


def test_a_slow_service_is_left_when_the_time_is_over() -> None:
    closing = threading.Event()

    def page(asked: Asked) -> Said:
        closing.wait(0.1)
        return Said(200)

    with serving(page) as site:
        check = a_check(url=site.url(), n=1000, concurrency=2, p95="10ms")
        finding = check.judge(check.collect(look_at(timeout=0.5)))
        assert (finding.outcome, len(site.asked) < 20) == (Outcome.UNKNOWN, True), finding.summary
        assert f"of {check.n} requests were made" in finding.summary


def test_nobody_answers() -> None:
    with serving(lambda asked: Said(0)) as site:
        check = a_check(url=site.url(), n=5, warm_up=0, p95="1s")
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is Outcome.UNKNOWN
    assert "None of 5 requests was answered" in finding.summary


def test_a_lent_secret_is_sent_and_not_shown(tmp_path: Path) -> None:
    with serving(lambda asked: Said(200 if asked.headers.get("authorization") == "Bearer hush-hush" else 401)) as site:
        check = a_check(url=site.url(), n=3, secret="shop", p95="5s")
        assert check.lent_secrets() == (("shop", "127.0.0.1"),)
        finding = check.judge(check.collect(look_at(secrets=lent(tmp_path, shop="hush-hush"))))
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert "hush" not in repr(finding)
