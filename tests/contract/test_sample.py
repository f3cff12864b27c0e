"""The sample service: every fault changes what it says it changes, and it can be switched while the service runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from golive.standins.sample import FAULTS, KEY, LIMIT, Sample
from golive.standins.wire import Request, Response

Ask = Callable[[Sample], Any]


def got(path: str, read: Callable[[Response], Any] = lambda r: r.status, **headers: str) -> Ask:
    """Ask for a page, and read something of the answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda sample: read(sample.respond(Request.of("GET", f"http://127.0.0.1{path}", named)))


def posted(body: str) -> Ask:
    """Send content, and tell the status."""
    return lambda sample: sample.respond(Request.of("POST", "http://127.0.0.1/api/content", body=body)).status


def header(name: str) -> Callable[[Response], bool]:
    return lambda response: name in response.headers


def value(query: str) -> Ask:
    """The value of a query, empty where there is none."""

    def read(response: Response) -> float:
        result = response.json()["data"]["result"]
        return float(result[0]["value"][1]) if result else -1.0

    return got(f"/prometheus/api/v1/query?query={query}", read)


def took(sample: Sample) -> bool:
    began = time.perf_counter()
    sample.respond(Request.of("GET", "http://127.0.0.1/health"))
    return time.perf_counter() - began > 0.3


def limited(sample: Sample) -> bool:
    statuses = {got("/api/search")(sample) for _ in range(LIMIT + 1)}
    return 429 in statuses


SEEN: dict[str, tuple[Ask, Any, Any]] = {
    "unhealthy": (got("/health"), 200, 503),
    "not-ready": (got("/ready"), 200, 503),
    "no-live": (got("/live"), 200, 404),
    "no-metrics": (got("/metrics"), 200, 404),
    "slow": (took, False, True),
    "database": (got("/status/database"), 200, 503),
    "no-headers": (got("/health", header("content-security-policy")), True, False),
    "unlimited": (limited, True, False),
    "unchecked": (posted("{}"), 422, 201),
    "broken-input": (posted("{}"), 422, 500),
    "uncached": (got("/api/templates", header("etag")), True, False),
    "open-api": (got("/api/private"), 401, 200),
    "no-dashboards": (got("/grafana/api/search", lambda r: len(r.json())), 3, 0),
    "memory": (value("memory"), 40.9, 96.2),
    "no-data": (value("memory"), 40.9, -1.0),
    "objective-missed": (value("availability"), 99.95, 99.2),
    "old-keys": (value("jwt_signing_key_created"), 21_600.0, 259_200.0),
    "unrouted": (got("/alertmanager/api/v2/status", lambda r: "receiver: pager" in r.json()["config"]["original"]), True, False),
    "dependency": (got("/status/dependencies"), 200, 503),
    "errors": (value("executor_full_errors_percent"), 0.05, 0.3),
    "late": (value("executor_canary_promises_percent"), 97.5, 93.0),
    "slower": (value("executor_dark_slowdown_percent"), 4.0, 64.0),
    "overloaded": (value("executor_queue_depth"), 120.0, 4200.0),
    "unwatched": (value("probe_success"), 1.0, 0.0),
    "any-origin": (
        got("/api/search", header("access-control-allow-origin"), origin="https://other.example.com"), False, True,
    ),
}  # fmt: skip
"""Fault → what is asked, what comes without it, what comes with it."""


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_is_seen_while_it_is_on_and_not_after(fault: str) -> None:
    ask, well, faulty = SEEN[fault]
    assert ask(Sample()) == well
    sample = Sample([fault])
    assert ask(sample) == faulty, FAULTS[fault]
    switch = sample.respond(Request.of("DELETE", f"http://127.0.0.1/-/faults/{fault}"))
    assert switch.json() == {"faults": []}
    if fault != "unlimited":  # the requests made meanwhile count
        assert ask(sample) == well


def test_every_fault_can_be_seen() -> None:
    assert set(FAULTS) == set(SEEN), "give the new fault a row in SEEN"


def test_good_input_is_taken_and_the_key_opens() -> None:
    assert posted(json.dumps({"topic": "halibut", "length": 300}))(Sample()) == 201
    assert got("/api/private", x_api_key=KEY)(Sample()) == 200


def test_a_fault_that_is_none_is_told_with_the_names_there_are() -> None:
    answer = Sample().respond(Request.of("PUT", "http://127.0.0.1/-/faults/nope"))
    assert answer.status == 404
    assert "unhealthy" in answer.json()["message"]
    assert set(Sample().respond(Request.of("GET", "http://127.0.0.1/-/faults")).json()) == set(FAULTS)
