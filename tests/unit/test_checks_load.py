"""What the kind `load` makes of results of load testing tools. The samples are written here after the tools' documentation.

Add a tool with a sample in `SAMPLES` and its figures in the table below it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.load import LoadCheck
from golive.checks.loadresults import detected, read
from golive.core.criteria import parse
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, said, seen, values

K6_EXPORT = json.dumps({
    "metrics": {
        "http_req_duration": {"avg": 90.5, "min": 2, "med": 80, "max": 900, "p(90)": 120, "p(95)": 145},
        "http_req_duration{scenario:peak}": {"avg": 200, "p(95)": 400},
        "http_reqs": {"count": 6000, "rate": 58.3},
        "http_reqs{scenario:peak}": {"count": 600, "rate": 20},
        "http_req_failed": {"passes": 72, "fails": 5928, "value": 0.012},
    },
    "root_group": {"name": "", "checks": {}},
})  # fmt: skip
K6_HANDLE = json.dumps({
    "state": {"isStdOutTTY": False, "testRunDurationMs": 60000.5},
    "metrics": {
        "http_req_duration": {"type": "trend", "contains": "time", "values": {"avg": 90.5, "p(95)": 145, "p(99)": 300}},
        "http_reqs": {"type": "counter", "contains": "default", "values": {"count": 6000, "rate": 58.3}},
        "http_req_failed": {"type": "rate", "contains": "default", "values": {"rate": 0.012, "passes": 72, "fails": 5928}},
    },
})  # fmt: skip
LOCUST = """\
Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,\
Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%
GET,/health,1000,2,40,52.5,3,800,120,58.3,0.1,40,50,60,70,100,145,200,300,700,800,800
POST,"/orders, new",0,0,N/A,0,0,0,0,0.0,0.0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A
,Aggregated,1000,2,40,52.5,3,800,120,58.3,0.1,40,50,60,70,100,150,200,300,700,800,800
"""
AB = """\
This is ApacheBench, Version 2.3
Document Path:          /health

Concurrency Level:      10
Time taken for tests:   2.000 seconds
Complete requests:      100
Failed requests:        1
Non-2xx responses:      2
Requests per second:    50.00 [#/sec] (mean)
Time per request:       200.000 [ms] (mean)
Time per request:       20.000 [ms] (mean, across all concurrent requests)

Percentage of the requests served within a certain time (ms)
  50%    120
  75%    140
  90%    160
  95%    180
  98%    200
  99%    250
 100%    300 (longest request)
"""
WRK = """\
Running 30s test @ http://127.0.0.1:8080/index.html
  2 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   635.91us    0.89ms  12.92ms   93.69%
    Req/Sec    56.20k     8.07k   62.00k    86.54%
  Latency Distribution
     50%  250.00us
     75%  491.00us
     90%  700.00us
     99%    5.80ms
  2000 requests in 30.00s, 17.76MB read
  Socket errors: connect 0, read 3, write 0, timeout 5
  Non-2xx or 3xx responses: 2
Requests/sec:     66.50
Transfer/sec:    606.33KB
"""
VEGETA = json.dumps({
    "latencies": {
        "total": 237119463, "mean": 2371194, "50th": 2854306, "90th": 3228223, "95th": 3478629, "99th": 3530000,
        "max": 3660505, "min": 1949582,
    },
    "duration": 990000000, "wait": 2620000, "requests": 100, "rate": 101.01, "throughput": 99.5, "success": 0.98,
    "status_codes": {"200": 98, "500": 2}, "errors": ["500 Internal Server Error"],
})  # fmt: skip
TABLE = json.dumps({
    "scenarios": {
        "health": {"p95_ms": 145, "rps": 58.3, "error_pct": 0.12},
        "content": {"p95_ms": 6500, "rps": 6.2, "error_pct": 3.2},
        "mixed": {"p95_ms": 4500, "rps": 12.5, "error_pct": 1.5},
    }
})  # fmt: skip
LIMITS = {
    "health": {"p95": "200ms", "rps": "50/s", "error_rate": "0.1%"},
    "content": {"p95": "5s", "rps": "5/s", "error_rate": "5%"},
    "mixed": {"p95": "3s", "rps": "10/s", "error_rate": "2%"},
}
SAMPLES = {"k6": K6_EXPORT, "locust": LOCUST, "ab": AB, "wrk": WRK, "vegeta": VEGETA, "table": TABLE}


def look_at(folder: Path, text: str, **given: Any) -> Any:
    """The finding on this result."""
    (folder / "result").write_text(text)
    return seen(options(LoadCheck, results="result", **given), a_look(folder))


@pytest.mark.parametrize(("name", "text"), [*SAMPLES.items(), ("k6", K6_HANDLE)])
def test_a_format_is_known_by_what_is_in_it(name: str, text: str) -> None:
    assert detected(text) == name


@pytest.mark.parametrize(
    ("text", "scenario", "figures"),
    [
        (
            K6_EXPORT, "",
            {"avg": 0.0905, "min": 0.002, "p50": 0.08, "max": 0.9, "p90": 0.12, "p95": 0.145, "rps": 58.3,
             "requests": 6000, "error_rate": 1.2},
        ),
        (K6_EXPORT, "peak", {"avg": 0.2, "p95": 0.4, "rps": 20, "requests": 600}),
        (
            K6_HANDLE, "",
            {"avg": 0.0905, "p95": 0.145, "p99": 0.3, "rps": 58.3, "requests": 6000, "error_rate": 1.2,
             "duration": 60.0005},
        ),
        (
            LOCUST, "/health",
            {"p50": 0.04, "p75": 0.06, "p90": 0.1, "p95": 0.145, "p99": 0.3, "p99.9": 0.7, "avg": 0.0525, "min": 0.003,
             "max": 0.8, "requests": 1000, "error_rate": 0.2, "rps": 58.3},
        ),
        (LOCUST, "/orders, new", {"avg": 0, "min": 0, "max": 0, "requests": 0, "rps": 0}),
        (
            AB, "",
            {"requests": 100, "rps": 50, "duration": 2, "p50": 0.12, "p75": 0.14, "p90": 0.16, "p95": 0.18, "p99": 0.25,
             "avg": 0.2, "max": 0.3, "error_rate": 3},
        ),
        (
            WRK, "",
            {"p50": 0.00025, "p75": 0.000491, "p90": 0.0007, "p99": 0.0058, "avg": 0.00063591, "max": 0.01292,
             "requests": 2000, "duration": 30, "rps": 66.5, "error_rate": 0.5},
        ),
        (
            VEGETA, "",
            {"avg": 0.002371194, "p50": 0.002854306, "p90": 0.003228223, "p95": 0.003478629, "p99": 0.00353,
             "max": 0.003660505, "min": 0.001949582, "rps": 99.5, "requests": 100, "error_rate": 2, "duration": 0.99},
        ),
        (TABLE, "content", {"p95": 6.5, "rps": 6.2, "error_rate": 3.2}),
        ("p95: 145ms\nthroughput: 847/min\nerrors: 0.3%", "", {"p95": 0.145, "rps": 847 / 60, "error_rate": 0.3}),
        ("- {name: a, p95_ms: '200', requests: 5}", "a", {"p95": 0.2, "requests": 5}),
        ("a: {mean_s: 1.5, per_minute: 120, requests: 7}", "a", {"avg": 1.5, "rps": 2, "requests": 7}),
    ],
)  # fmt: skip
def test_the_figures_are_read_in_seconds_per_second_and_percent(
    text: str, scenario: str, figures: dict[str, float]
) -> None:
    found = {one.name: one for one in read(text, "auto")}[scenario]
    assert dict(found.values) == pytest.approx(figures)


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        ("p95: TBD", "p95 is 'TBD': no figure"),
        ("p95:", "p95 is None: no figure"),
        ("p95: 145", "p95 is 145: a number without a unit"),
        ("p95: 5 MB", "not in s"),
        ("error_rate: 0.01", "a number without a unit"),
        ("rps: pending", "no figure"),
    ],
)
def test_a_figure_that_is_not_clear_is_unknown_and_never_good_enough(tmp_path: Path, figure: str, why: str) -> None:
    name = figure.partition(":")[0]
    limit = {"p95": "1h", "rps": "1/h", "error_rate": "100%"}[name]
    finding = look_at(tmp_path, f"all: {{requests: 5}}\nx: {{{figure}}}", scenario="x", **{name: limit})
    assert finding.outcome is Outcome.UNKNOWN
    assert why in finding.summary


def test_a_load_test_with_two_of_three_response_times_over_target_does_not_pass(tmp_path: Path) -> None:
    finding = look_at(tmp_path, TABLE, scenarios=LIMITS, warn_band="30%")
    assert finding.outcome is Outcome.FAILED
    assert finding.summary.startswith("NEEDS ATTENTION: mixed: p95 is 4.5 s, not at most 3 s (50 % over)")
    assert {one.text.split(",")[0]: one.outcome for one in finding.details} == {
        "health: error_rate is 0.12 %": Outcome.WARNING,
        "content: p95 is 6.5 s": Outcome.WARNING,
        "mixed: p95 is 4.5 s": Outcome.FAILED,
    }
    assert finding.strength is Strength.IMPORTED
    found = values(finding)
    assert (found["p95"], found["rps"], found["error_rate"], found["overrun"]) == (6.5, 6.2, 3.2, 50)
    assert (found["health.p95"], found["mixed.rps"]) == (0.145, 12.5)


@pytest.mark.parametrize(
    ("scenario", "band", "outcome", "grade"),
    [
        ("content", "30%", "warning", "ACCEPTABLE"),
        ("content", "29.9%", "failed", "NEEDS ATTENTION"),
        ("content", None, "failed", "content: p95"),
        ("mixed", "50%", "warning", "ACCEPTABLE"),
        ("health", "30%", "warning", "ACCEPTABLE"),
        ("health", None, "failed", "health: error_rate is 0.12 %, not at most 0.1 %"),
    ],
)
def test_the_band_grades_a_miss(tmp_path: Path, scenario: str, band: str | None, outcome: str, grade: str) -> None:
    given = {"warn_band": band} if band else {}
    finding = look_at(tmp_path, TABLE, scenarios={scenario: LIMITS[scenario]}, **given)
    assert finding.outcome == outcome
    assert finding.summary.startswith(grade)


def test_all_met_is_excellent_and_throughput_counts_from_below(tmp_path: Path) -> None:
    assert look_at(tmp_path, TABLE, scenario="health", p95="200ms", warn_band="30%").summary.startswith("EXCELLENT")
    slow = look_at(tmp_path, TABLE, scenario="health", rps="60/s", warn_band="5%")
    assert (slow.outcome, "(2.83 % short)" in slow.summary) == (Outcome.WARNING, True)


def test_a_figure_per_minute_is_compared_as_the_rate_it_is(tmp_path: Path) -> None:
    text = "{rps: 847/min}"
    assert look_at(tmp_path, text, rps="100/min").outcome is Outcome.PASSED
    finding = look_at(tmp_path, text, rps="1000/s")
    assert finding.outcome is Outcome.FAILED
    assert "rps is 14.12/s, not at least 1000/s" in finding.summary


def test_without_a_scenario_it_is_about_the_whole_run_or_about_each(tmp_path: Path) -> None:
    assert look_at(tmp_path, LOCUST, p95="150ms").outcome is Outcome.PASSED
    finding = look_at(tmp_path, TABLE, p95="5s")
    assert finding.summary == "content: p95 is 6.5 s, not at most 5 s (30 % over)"


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        (TABLE, {"scenarios": {"spike": {"p95": "5s"}}}, "no results of the scenario spike; there are content, health"),
        (WRK, {"p95": "5s"}, "there is no p95 in the results"),
        (LOCUST, {"scenario": "/orders, new", "completed": True}, "0 requests, so 0 samples"),
        ("hello", {"p95": "5s"}, "cannot be read as table"),
        ("{", {"p95": "5s"}, "cannot be read as table"),
        ("", {"completed": True}, "cannot be read as table"),
        (TABLE, {"format": "k6", "p95": "5s"}, "cannot be read as k6"),
        ("{}", {"format": "vegeta", "p95": "5s"}, "cannot be read as vegeta"),
        ("Type,Name,Request Count\n", {"p95": "5s"}, "holds no results"),
    ],
)
def test_what_is_not_there_is_unknown(tmp_path: Path, text: str, given: dict[str, Any], says: str) -> None:
    finding = look_at(tmp_path, text, **given)
    assert (finding.outcome, says in finding.summary) == (Outcome.UNKNOWN, True), said(finding)


def test_no_file_is_unknown(tmp_path: Path) -> None:
    finding = seen(options(LoadCheck, results="none-*.csv", completed=True), a_look(tmp_path))
    assert (finding.outcome, finding.samples) == (Outcome.UNKNOWN, 0)
    assert "no file matches none-*.csv" in finding.summary


def test_the_newest_file_counts_and_may_be_too_old(tmp_path: Path) -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    for name, p95, days in (("a.json", 900, 1), ("b.json", 100, 3)):
        (tmp_path / name).write_text(json.dumps({"x": {"p95_ms": p95}}))
        at = (now - timedelta(days=days)).timestamp()
        os.utime(tmp_path / name, (at, at))
    look = a_look(tmp_path, now=now)
    assert values(seen(options(LoadCheck, results="*.json"), look))["p95"] == 0.9
    assert seen(options(LoadCheck, results="*.json", max_age="2d"), look).outcome is Outcome.PASSED
    old = seen(options(LoadCheck, results="b.json", max_age="2d"), look)
    assert (old.outcome, "made 3 d ago, not within 2d" in old.summary) == (Outcome.FAILED, True)


def test_a_check_that_only_measures_says_so() -> None:
    assert not options(LoadCheck, results="x").asserts()
    assert options(LoadCheck, results="x", completed=True).asserts()
    assert options(LoadCheck, results="x", p95="1s").asserts()


def test_fifty_requests_over_a_minute_can_never_be_more_than_a_hundred_a_minute() -> None:
    check = options(LoadCheck, results="x", requests=50, at_least="60s")
    assert check.bounds() == {"rps": (0, 50 / 60)}
    held = parse("rps>100/min").intervals("rps", "1/s")
    assert held is not None
    assert not held.contains(check.bounds()["rps"][1])
    assert "can never be met" in refusal(
        LoadCheck, {"results": "x", "requests": 50, "at_least": "60s", "rps": "100/min"}
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"p95": 200}, "needs a unit"),
        ({"rps": 50}, "expected a rate with its unit"),
        ({"rps": "50ms"}, "expected a rate with its unit"),
        ({"error_rate": 0.01}, "with its sign"),
        ({"scenarios": {}}, "at least 1"),
        ({"scenarios": {"a": {}}}, "asserts nothing"),
        ({"scenarios": {"a": {"p95": "1s"}}, "p95": "1s"}, "below each of them"),
        ({"scenarios": {"a": {"p95": "1s"}}, "scenario": "a"}, "keep one"),
        ({"warn_band": "30%"}, "needs a figure"),
        ({"requests": 50}, "given together"),
        ({"format": "jmeter"}, "'auto', 'k6'"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(LoadCheck, {"results": "x", **given})
