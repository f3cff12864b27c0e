"""What the kind `alert_roundtrip` makes of a test alert's way. tests/e2e/test_real_alertmanager.py sends a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.alert_roundtrip import NAME, TAG, AlertRoundtripCheck, Trip
from golive.core.model import Finding, Outcome
from kind_pages import example_of, unexplained
from looks import looking
from website import Asked, Said, serving

URL = "https://alerts.example"


def a_check(**options: Any) -> AlertRoundtripCheck:
    return AlertRoundtripCheck.model_validate({"url": URL, "writes": True, **options})


GOOD = {"state": "active", "receivers": ("pager",), "seen": 0.4, "gone": True}


@pytest.mark.parametrize(
    ("options", "trip", "outcome", "says"),
    [
        ({}, Trip(**GOOD), "passed", "active after 400 ms, and is resolved"),
        ({"receiver": "pager"}, Trip(**GOOD), "passed", ""),
        ({"receiver": "slack"}, Trip(**GOOD), "failed", "goes to pager, not to slack"),
        ({}, Trip(gone=True), "failed", "not active within 10s; it is not listed"),
        ({}, Trip(state="unprocessed", gone=True), "failed", "it is unprocessed"),
        ({}, Trip(state="suppressed", suppressed_by="a silence", gone=True), "failed", "suppressed, by a silence"),
        ({}, Trip(**{**GOOD, "gone": False}), "failed", "still listed"),
        ({}, Trip(**{**GOOD, "gone": None}), "unknown", "cannot be told"),
        ({}, Trip(refused="POST https://alerts.example: connection refused"), "unknown", "connection refused"),
        ({}, Trip(lost="https://alerts.example answered 502", gone=True), "unknown", "answered 502"),
        ({"seen_at": URL + "/log"}, Trip(**GOOD), "failed", "not seen at the receiver's URL"),
        ({"seen_at": URL + "/log"}, Trip(**GOOD, delivered=3.0), "passed", "seen after 3.00 s"),
    ],
)
def test_the_way_of_an_alert_is_judged(options: dict[str, Any], trip: Trip, outcome: str, says: str) -> None:
    finding = a_check(**options).judge(trip)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert {one.name for one in finding.measures} <= set(AlertRoundtripCheck.measures)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"writes": False}, "True"),
        ({"writes": None}, "True"),
        ({"labels": {}}, "at least 1"),
        ({"labels": {TAG: "x"}}, "set by golive"),
        ({"labels": {"a-b": "x"}}, "pattern"),
        ({"url": URL + "/api/v1"}, "removed in 0.27"),
        ({"within": 10}, "needs a unit"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    assert says in str(refused.value)


def test_writing_must_be_announced() -> None:
    with pytest.raises(ValidationError, match="writes"):
        AlertRoundtripCheck.model_validate({"url": URL})


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(AlertRoundtripCheck) == []
    assert len(example_of(AlertRoundtripCheck)) == 1


# ------------------------------------------------------------------ over real sockets


class Alerts:
    """Keeps alerts as the API v2 does. mode: how this one goes wrong."""

    def __init__(self, mode: str = "") -> None:
        self.mode, self.held = mode, {}  # type: str, dict[str, Any]

    def __call__(self, asked: Asked) -> Said:
        if asked.method == "POST":
            if self.mode == "refuses":
                return Said(400, json.dumps("bad alert"))
            for one in json.loads(asked.body):
                if self.mode != "forgets":
                    self.held[one["labels"][TAG]] = one
            return Said(200) if self.mode != "hangs up" else Said(0)
        return Said(200, json.dumps(list(self.listed())))

    def listed(self) -> Iterator[Any]:
        for one in self.held.values():
            if datetime.fromisoformat(one["endsAt"]) > datetime.now(UTC) or self.mode == "keeps":
                state = "suppressed" if self.mode == "silenced" else "active"
                held = {"state": state, "silencedBy": ["1"] if self.mode == "silenced" else [], "inhibitedBy": []}
                yield {**one, "status": held, "receivers": [{"name": "pager"}]}


@pytest.mark.parametrize(
    ("mode", "outcome", "says"),
    [
        ("", "passed", "is resolved"),
        ("refuses", "unknown", "answered 400: bad alert"),
        ("hangs up", "unknown", "POST"),
        ("forgets", "failed", "it is not listed"),
        ("keeps", "failed", "still listed"),
        ("silenced", "failed", "suppressed, by a silence"),
    ],
)
def test_an_alert_goes_all_the_way_and_is_always_resolved(mode: str, outcome: str, says: str) -> None:
    alerts = Alerts(mode)
    with serving(alerts) as site:
        check = a_check(url=site.url(""), within="300ms", labels={"severity": "info"}, receiver="pager")
        finding: Finding = check.judge(check.collect(looking(timeout=5)))
        posts = [json.loads(asked.body)[0] for asked in site.asked if asked.method == "POST"]
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    first, last = posts[0], posts[-1]
    assert len(posts) == 2, "the alert is resolved, whatever came of it"
    assert first["labels"] == last["labels"] == {"alertname": NAME, "severity": "info", TAG: first["labels"][TAG]}
    assert datetime.fromisoformat(last["endsAt"]) <= datetime.now(UTC) < datetime.fromisoformat(first["endsAt"])


def test_a_check_without_time_cannot_tell_and_still_resolves() -> None:
    alerts = Alerts("forgets")
    with serving(alerts) as site:
        check = a_check(url=site.url(""), within="60s")
        finding = check.judge(check.collect(looking(timeout=1)))
        assert [asked.method for asked in site.asked].count("POST") == 2
    assert (finding.outcome, "longer `timeout`" in finding.summary) == (Outcome.UNKNOWN, True)
