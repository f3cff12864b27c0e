"""What the kind `prometheus` makes of Prometheus' answers. Add a rule by adding a row.

The answers have the shapes of the Prometheus documentation, "HTTP API"; tests/e2e/test_real_prometheus.py asks a real one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from golive.checks.measured import PerOptions
from golive.checks.prometheus import Heard, PrometheusCheck
from golive.checks.promql import checked_query, is_selector
from golive.checks.webapi import Told
from golive.core.criteria import parse
from golive.core.model import Finding, Outcome
from kind_pages import example_of, unexplained
from looks import looking
from website import Asked, Said, lent, serving

URL = "https://prom.example"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AT = NOW.timestamp()


def a_check(**options: Any) -> PrometheusCheck:
    return PrometheusCheck.model_validate({"url": URL, **options})


def success(kind: str, result: Any, **more: Any) -> Told:
    document = {"status": "success", "data": {"resultType": kind, "result": result}, **more}
    return Told(f"{URL}/api/v1/query", document, "", 200)


def vector(*values: str, age: float = 0, **more: Any) -> Told:
    """One series for each value; the labels tell them apart."""
    rows = [{"metric": {"__name__": "m", "i": str(at)}, "value": [AT - age, one]} for at, one in enumerate(values)]
    return success("vector", rows, **more)


def matrix(*series: list[str]) -> Told:
    rows = [
        {"metric": {"i": str(at)}, "values": [[AT + second, one] for second, one in enumerate(values)]}
        for at, values in enumerate(series)
    ]
    return success("matrix", rows)


def stamps(*ages: float) -> Told:
    """What `timestamp(series)` gives for samples of these ages."""
    return success("vector", [{"metric": {"i": str(age)}, "value": [AT, str(AT - age)]} for age in ages])


def judged(check: PrometheusCheck, **told: Told) -> Finding:
    return check.judge(Heard(told, NOW))


def values(finding: Finding) -> dict[str, Any]:
    return {measure.name: measure.value for measure in finding.measures}


SUM = {"query": "sum(up)"}
DAY = {"query": "sum(up)", "over": "24h"}


@pytest.mark.parametrize(
    ("options", "told", "outcome", "value", "says"),
    [
        pytest.param(SUM, vector("3"), "passed", 3, "3 from 1 series", id="one value"),
        pytest.param(SUM, success("scalar", [AT, "7"]), "passed", 7, "7 from", id="a scalar"),
        pytest.param(SUM, vector(), "unknown", None, "0 samples", id="nothing"),
        pytest.param(SUM, vector("NaN"), "unknown", None, "NaN", id="no traffic, no ratio"),
        pytest.param(SUM, vector("+Inf"), "unknown", None, "+Inf", id="divided by nothing"),
        pytest.param(SUM, success("string", [AT, "x"]), "unknown", None, "a text", id="a text"),
        pytest.param(SUM, matrix(["1", "2"]), "unknown", None, "many values", id="a range where one value is wanted"),
        pytest.param(SUM, success("vector", [{"metric": {}, "histogram": [AT, {}]}]), "unknown", None, "histogram", id="h"),
        pytest.param(SUM, success("other", []), "unknown", None, "no query gives", id="not the API"),
        pytest.param(SUM, Told(URL, "text"), "unknown", None, "no query gives", id="not even a table"),
        pytest.param(SUM, vector("1", "2"), "unknown", "2 series", "nothing says which counts", id="which one?"),
        pytest.param({**SUM, "aggregate": "max"}, vector("1", "3", "2"), "passed", 3, "max 3", id="max"),
        pytest.param({**SUM, "aggregate": "min"}, vector("1", "3", "2"), "passed", 1, "min 1", id="min"),
        pytest.param({**SUM, "aggregate": "avg"}, vector("1", "3", "2"), "passed", 2, "avg 2", id="avg"),
        pytest.param({**SUM, "aggregate": "sum"}, vector("1", "3", "2"), "passed", 6, "sum 6", id="sum"),
        pytest.param({**SUM, "aggregate": "max"}, vector("1", "NaN"), "unknown", 1, "is NaN", id="one of them NaN"),
        pytest.param({**DAY, "aggregate": "max"}, matrix(["1", "9", "2"]), "passed", 9, "3 samples", id="max in time"),
        pytest.param({**DAY, "aggregate": "last"}, matrix(["1", "9", "2"]), "passed", 2, "last 2", id="last"),
        pytest.param({**DAY, "aggregate": "last"}, matrix(["1"], ["2"]), "unknown", "2 series", "which", id="last of 2"),
        pytest.param({**DAY, "aggregate": "p95"}, matrix([str(n) for n in range(1, 101)]), "passed", 95, "p95", id="p95"),
        pytest.param({**DAY, "aggregate": "avg"}, matrix(["1", "2"], ["6"]), "passed", 3, "2 series", id="pooled"),
        pytest.param({**DAY, "aggregate": "avg"}, matrix(["1", "NaN", "3"]), "passed", 2, "2 samples", id="a gap"),
        pytest.param({**DAY, "aggregate": "avg"}, matrix(["NaN"]), "unknown", None, "NaN", id="nothing but gaps"),
        pytest.param({**DAY, "aggregate": "avg", "min_samples": 3}, matrix(["1", "2"]), "unknown", 1.5, "2 samples", id="few"),
        pytest.param({**SUM, "unit": "ms"}, vector("260"), "passed", 0.26, "260 ms", id="milliseconds"),
        pytest.param({**SUM, "unit": "ratio"}, vector("0.07"), "passed", 7, "7 %", id="a fraction is percent"),
        pytest.param({**SUM, "unit": "/min"}, vector("120"), "passed", 2, "2/s", id="per minute"),
        pytest.param({**SUM, "each": "<=2"}, vector("1", "2"), "passed", "2 series", "", id="each holds"),
        pytest.param({**SUM, "each": "<=2"}, vector("1", "3"), "failed", "2 series", 'm{i="1"}: value is 3', id="one not"),
        pytest.param({**SUM, "each": "<=2"}, vector("1", "NaN"), "unknown", "2 series", "NaN", id="each, NaN"),
        pytest.param({**SUM, "each": [">=1", "<2"], "aggregate": "max"}, vector("1", "2"), "failed", 2, "", id="both"),
    ],
)  # fmt: skip
def test_a_query_is_read_into_a_value(options: dict[str, Any], told: Told, outcome: str, value: Any, says: str) -> None:
    finding = judged(a_check(**options), value=told)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert values(finding).get("value") == value
    assert finding.samples is not None


def test_what_prometheus_says_against_a_query_is_shown() -> None:
    told = Told(f"{URL}/api/v1/query", None, f"{URL}/api/v1/query answered 400: bad_data: 1:5: parse error")
    finding = judged(a_check(**SUM), value=told)
    assert (finding.outcome, finding.measures) == (Outcome.UNKNOWN, ())
    assert "parse error" in finding.summary


def test_a_warning_is_shown_and_changes_no_outcome() -> None:
    finding = judged(a_check(**SUM), value=vector("1", warnings=["store gateway did not answer"]))
    assert finding.outcome is Outcome.PASSED
    assert "store gateway did not answer" in finding.summary
    assert [line.outcome for line in finding.details] == [Outcome.WARNING]


@pytest.mark.parametrize(
    ("given", "outcome", "samples"),
    [("19.9", "unknown", 19), ("20", "passed", 20), ("NaN", "unknown", 0)],
)
def test_a_ratio_rests_on_as_many_requests_as_asked_for(given: str, outcome: str, samples: int) -> None:
    check = a_check(query="a / b", samples="sum(increase(b[5m]))", min_samples=20)
    finding = judged(check, value=vector("0.5"), samples=vector(given))
    assert (finding.outcome, finding.samples) == (outcome, samples)


@pytest.mark.parametrize(
    ("ages", "outcome", "says"),
    [([30.0], "passed", ""), ([30.0, 130.0], "unknown", "2.167 min old, at most 2m"), ([], "unknown", "no")],
)
def test_an_old_sample_tells_nothing_about_now(ages: list[float], outcome: str, says: str) -> None:
    finding = judged(a_check(query="up", max_staleness="2m"), value=vector("1"), stamps=stamps(*ages))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


def test_series_are_named_by_the_labels_in_which_they_differ() -> None:
    rows = [
        {"metric": {"job": "api", "code": code, "instance": "10.0.0.1:80"}, "value": [AT, "1"]}
        for code in ("200", "5xx")
    ]
    measured = values(judged(a_check(**SUM, aggregate="max"), value=success("vector", rows)))
    assert list(measured) == ["value", "series", "samples", "_200", "_5xx"]
    assert parse("_5xx<=1").judge(judged(a_check(**SUM, aggregate="max"), value=success("vector", rows)).measures).holds


def a_target(
    health: str = "up", job: str = "api", error: str = "", scraped: str = "2026-03-01T11:59:50.123456789Z"
) -> Any:
    labels = {"job": job, "instance": "10.0.0.1:9100"}
    return {"labels": labels, "scrapePool": job, "health": health, "lastError": error, "lastScrape": scraped}


@pytest.mark.parametrize(
    ("options", "targets", "outcome", "says"),
    [
        ({}, [a_target(), a_target()], "passed", "2 of 2 targets up"),
        ({}, [a_target(), a_target("down", error="connection refused")], "failed", "is down: connection refused"),
        ({}, [a_target(), a_target("unknown")], "unknown", "not scraped yet"),
        ({}, [], "unknown", "0 samples"),
        ({"job": "api"}, [a_target(job="db")], "unknown", "of the job api"),
        ({"job": "api"}, [a_target(), a_target("down", job="db")], "passed", "1 of 1 target of the job api up"),
        ({"min_targets": 2}, [a_target()], "failed", "at least 2 are needed"),
        ({"max_staleness": "5s"}, [a_target()], "failed", "last scraped"),
        ({"max_staleness": "15s"}, [a_target()], "passed", ""),
        ({"max_staleness": "15s"}, [a_target(scraped="0001-01-01T00:00:00Z")], "failed", "does not say"),
    ],
)  # fmt: skip
def test_targets_are_counted(options: dict[str, Any], targets: list[Any], outcome: str, says: str) -> None:
    told = Told(URL, {"status": "success", "data": {"activeTargets": targets}}, "", 200)
    finding = judged(a_check(targets=True, **options), targets=told)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert set(values(finding)) <= set(a_check(targets=True).measures)


@pytest.mark.parametrize(
    ("options", "up", "requests", "outcome", "says"),
    [
        ({}, [1.0], [1.0], "passed", "2 of 2 series are there"),
        ({}, [1.0], [], "failed", "http_requests_total has no sample"),
        ({"max_staleness": "2m"}, [1.0], [150.0], "failed", "2.5 min old"),
    ],
)
def test_series_that_must_exist(
    options: dict[str, Any], up: list[float], requests: list[float], outcome: str, says: str
) -> None:
    check = a_check(exists=["up", "http_requests_total"], **options)
    finding = judged(check, up=stamps(*up), http_requests_total=stamps(*requests))
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.measures[0].name == "missing"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "exactly one of"),
        ({"query": "up", "targets": True}, "exactly one of"),
        ({"query": "  "}, "asks nothing"),
        ({"query": "sum(up"}, "does not close"),
        ({"query": "sum(up))"}, "closes nothing"),
        ({"query": 'up{job="api}'}, "quote at column 8"),
        ({"query": "sum(up]"}, "closes nothing"),
        ({"query": "up", "over": "24h"}, "say in `aggregate`"),
        ({"query": "up", "over": "24h", "aggregate": "sum"}, "means nothing"),
        ({"query": "up", "over": "24h", "aggregate": "max", "step": "1s"}, "at most 11000"),
        ({"query": "up", "step": "1m"}, "go with `over`"),
        ({"query": "up", "aggregate": "last"}, "go with `over`"),
        ({"query": "up", "unit": "parsec"}, "not a unit"),
        ({"query": 'samples_total{a="b"}', "unit": "/s"}, "no rate"),
        ({"query": "up", "each": "200"}, "write"),
        ({"query": "up", "each": []}, "asserts nothing"),
        ({"query": "up", "each": "<=200ms"}, "a plain number"),
        ({"query": "up", "each": "<=+10%"}, "needs a baseline"),
        ({"query": "rate(a[5m])", "max_staleness": "2m"}, "freshness_of"),
        ({"query": "up", "freshness_of": "up"}, "goes with `max_staleness`"),
        ({"query": "up", "max_staleness": "2m", "freshness_of": "rate(a[5m])"}, "expected a series"),
        ({"exists": []}, "at least 1"),
        ({"exists": ["up", "up"]}, "named twice"),
        ({"exists": ["up"], "each": "<=1"}, "goes with `query`"),
        ({"targets": True, "over": "1h"}, "goes with `query`"),
        ({"targets": False}, "True"),
        ({"query": "up", "job": "api"}, "goes with `targets`"),
        ({"query": "up", "url": URL + "/?a=b"}, "without a query"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "query",
    ['up{job="a)b"}', "sum by (le) (rate(a{path='/x}'}[5m]))  # a ) comment", '{__name__=~"a.*"}', "1 + 1", "a{b=`)`}"],
)
def test_ordinary_queries_are_taken(query: str) -> None:
    assert checked_query(query) == query


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("up", True),
        ('up{job="a}b"}', True),
        ("job:rate:5m", True),
        ("up + 1", False),
        ("sum(up)", False),
        ("up[5m]", False),
    ],
)
def test_a_series_is_told_from_a_computed_value(text: str, is_one: bool) -> None:
    assert is_selector(text) is is_one


def test_only_a_query_without_each_asserts_nothing() -> None:
    assert not a_check(**SUM).asserts()
    assert a_check(**SUM, each="<1").asserts()
    assert a_check(targets=True).asserts()
    assert a_check(exists=["up"]).bounds() == {"missing": (0, 1), "present": (0, 1)}


def test_the_unit_of_a_check_is_the_unit_that_its_criteria_are_held_against() -> None:
    assert isinstance(PrometheusCheck.measures, PerOptions)
    assert not parse("<=200ms").problems(a_check(**SUM, unit="s").measures)
    assert parse("<=200ms").problems(a_check(**SUM).measures)
    assert not parse(">=99.9%").problems(a_check(**SUM, unit="ratio").measures)


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(PrometheusCheck) == []
    assert [rule.id for rule in example_of(PrometheusCheck)] == ["p95-over-a-day", "targets-up", "metrics-there"]


# ------------------------------------------------------------------ over real sockets


def prometheus(asked: Asked) -> Said:
    """Speaks as much of the API as is asked here."""
    if asked.headers.get("authorization") != "Bearer s3cret-token":
        return Said(401, "")
    url = urlsplit(asked.path)
    query: Mapping[str, list[str]] = parse_qs(url.query)
    if query.get("query") == ["bad"]:
        return Said(
            400, json.dumps({"status": "error", "errorType": "bad_data", "error": "1:1: s3cret-token parse error"})
        )
    if query.get("query") == ["html"]:
        return Said(502, "<html>")
    if url.path.endswith("query_range"):
        assert float(query["end"][0]) - float(query["start"][0]) == 3600
        return Said(200, json.dumps(matrix(["1", "2"]).document))
    return Said(200, json.dumps(vector("1").document))


@pytest.mark.parametrize(
    ("options", "outcome", "says"),
    [
        ({"query": "up"}, "passed", "1 from 1 series"),
        ({"query": "up", "over": "1h", "aggregate": "max"}, "passed", "max 2"),
        ({"query": "bad"}, "unknown", "bad_data: 1:1: *** parse error"),
        ({"query": "html"}, "unknown", "answered 502"),
    ],
)
def test_prometheus_is_asked_with_the_lent_secret(
    tmp_path: Path, options: dict[str, Any], outcome: str, says: str
) -> None:
    with serving(prometheus) as site:
        look = looking(secrets=lent(tmp_path, prom="s3cret-token"))
        check = a_check(url=site.url(""), secret="prom", **options)
        finding = check.judge(check.collect(look))
        assert finding.outcome == outcome, finding.summary
        assert says in finding.summary
        assert "s3cret" not in repr(finding)
        assert check.lent_secrets() == (("prom", "127.0.0.1"),)


def test_nobody_there_is_unknown() -> None:
    with serving(prometheus) as site:
        check = a_check(url=site.url(""), query="up")
    finding = check.judge(check.collect(looking(timeout=2)))
    assert finding.outcome is Outcome.UNKNOWN
    assert "refused" in finding.summary
