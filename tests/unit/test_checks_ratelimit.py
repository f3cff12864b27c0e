"""What the kind `ratelimit` makes of a burst, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.ratelimit import Burst, RatelimitCheck
from golive.checks.replies import NoReply, Reply
from golive.core.model import Outcome
from golive.ports import Answer
from website import Asked, Said, lent, look_at, serving

URL = "https://shop.example/search"


def a_check(**options: Any) -> RatelimitCheck:
    """A check that five requests are too many."""
    return RatelimitCheck.model_validate({"url": URL, "burst": 5} | options)


def burst(*statuses: int | str, **headers: str) -> Burst:
    """Answers in order; a text is why there was none. headers: of the last one, which says when to come back."""
    given = {name.replace("_", "-"): value for name, value in (headers or {"retry_after": "7"}).items()}
    replies: list[Reply] = [NoReply(s) if isinstance(s, str) else Answer(s, {}, b"", 0.01, URL) for s in statuses]
    last = statuses[-1] if statuses else ""
    return Burst((*replies[:-1], *([Answer(last, given, b"", 0.01, URL)] if isinstance(last, int) else replies[-1:])))


@pytest.mark.parametrize(
    ("options", "facts", "outcome", "says", "limited_after"),
    [
        pytest.param({}, burst(200, 200, 429), "passed", "Refused after 2 answers", 2, id="refused"),
        pytest.param({}, burst(429), "passed", "Refused after 0 answers", 0, id="at once"),
        pytest.param({}, burst(*[200] * 5), "failed", "none of 5 requests was refused with 429", None, id="no limit"),
        pytest.param({}, burst(200, 503, 429), "failed", "1 server error during the burst", 2, id="it breaks"),
        pytest.param({}, burst(200, 429, x_a="1"), "failed", "no usable Retry-After or RateLimit", 1, id="until when?"),
        pytest.param({}, burst(429, retry_after="soon"), "failed", "no usable", 0, id="no date, no number"),
        pytest.param({}, burst(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), "passed", "", 0, id="a date"),
        pytest.param({}, burst(429, ratelimit="limit=5, remaining=0, reset=7"), "passed", "", 0, id="ratelimit"),
        pytest.param({}, burst(429, x_ratelimit_reset="7"), "passed", "", 0, id="of habit"),
        pytest.param(
            {"tells": "retry_after"}, burst(429, ratelimit="r=7"), "failed", "Retry-After header", 0, id="one"
        ),
        pytest.param({"tells": "ratelimit"}, burst(429, retry_after="7"), "failed", "RateLimit header", 0, id="other"),
        pytest.param({"tells": "nothing"}, burst(429, x_a="1"), "passed", "", 0, id="nothing is asked for"),
        pytest.param({"status": [403, 429]}, burst(200, 403), "passed", "", 1, id="another status"),
        pytest.param({"status": 503}, burst(200, 503), "passed", "", 1, id="503 where that is the refusal"),
        pytest.param({"min_allowed": 2}, burst(200, 404, 429), "failed", "only 1 were let through", 2, id="too early"),
        pytest.param({"min_allowed": 2}, burst(200, 302, 429), "passed", "", 2, id="late enough"),
        pytest.param({}, burst(200, 200), "unknown", "it was no burst", None, id="cut short"),
        pytest.param({}, burst(*[200] * 4, "timed out"), "unknown", "timed out", None, id="one lost"),
        pytest.param({}, burst("refused"), "unknown", "0 of 5 answered and none refused: refused", None, id="dead"),
        pytest.param({}, burst(), "unknown", "0 of 5 answered", None, id="nothing was asked"),
    ],
)
def test_a_burst_is_weighed(
    options: dict[str, Any], facts: Burst, outcome: str, says: str, limited_after: int | None
) -> None:
    finding = a_check(**options).judge(facts)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert {measure.name: measure.value for measure in finding.measures}.get("limited_after") == limited_after
    assert {measure.name: measure.unit for measure in finding.measures}.items() <= RatelimitCheck.measures.items()


def test_the_pause_that_is_asked_for_is_measured() -> None:
    measures = a_check().judge(burst(200, 429, retry_after="30")).measures
    assert {measure.name: measure.value for measure in measures} == {
        "limited_after": 1, "allowed": 1, "server_errors": 0, "retry_after": 30.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"burst": 1}, ("burst",), "greater than or equal to 2"),
        ({"burst": 1001}, ("burst",), "less than or equal to 1000"),
        ({"burst": None}, ("burst",), "valid integer"),
        ({"concurrency": 33}, ("concurrency",), "less than or equal to 32"),
        ({"method": "POST"}, ("method",), "'GET' or 'HEAD'"),
        ({"tells": "x"}, ("tells",), "'retry_after'"),
        ({"status": []}, ("status",), "asserts nothing"),
        ({"min_allowed": 5}, (), "cannot be let through and one refused"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


# ------------------------------------------------------------------ over real sockets


def test_a_real_service_is_asked_until_it_refuses_and_no_longer() -> None:
    number = count(1)
    page = lambda asked: Said(200) if next(number) <= 20 else Said(429, "", (("Retry-After", "3"),))  # noqa: E731
    with serving(page) as site:
        check = a_check(url=site.url(), burst=200, concurrency=4, min_allowed=10)
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert 21 <= len(site.asked) <= 24, "what was under way may still arrive, nothing more is sent"


def test_a_real_service_without_a_limit_gets_the_burst_and_not_one_more() -> None:
    with serving(lambda asked: Said(200)) as site:
        check = a_check(url=site.url(), burst=25)
        finding = check.judge(check.collect(look_at()))
    assert (finding.outcome, len(site.asked)) == (Outcome.FAILED, 25), finding.summary


def test_a_burst_that_takes_too_long_is_none() -> None:
    closing = threading.Event()

    def page(asked: Asked) -> Said:
        closing.wait(0.1)
        return Said(200)

    with serving(page) as site:
        check = a_check(url=site.url(), burst=500, concurrency=2)
        finding = check.judge(check.collect(look_at(timeout=0.5)))
    assert finding.outcome is Outcome.UNKNOWN, finding.summary
    assert len(site.asked) < 20


def test_a_lent_secret_is_sent_and_not_shown(tmp_path: Path) -> None:
    limited = Said(429, "", (("Retry-After", "3"),))
    with serving(lambda asked: limited if asked.headers.get("x-key") == "hush-hush" else Said(200)) as site:
        check = a_check(url=site.url(), secret="shop", secret_as="header X-Key")
        finding = check.judge(check.collect(look_at(secrets=lent(tmp_path, shop="hush-hush"))))
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert "hush" not in repr(finding)
