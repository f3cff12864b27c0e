"""What load testing tools measured, read from the files they write. Pure: text in, scenarios out.

Add a tool as a reader in `READERS` and a line in `detected`. Times come out in seconds, rates per second, shares in %.
Read are, as their documentation describes them: k6 (`--summary-export` and what `handleSummary` gets), Locust's
`_stats.csv`, the texts of ab and wrk, vegeta's `report -type=json`, and plain tables in JSON or YAML.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from golive.checks.jsonpaths import parsed
from golive.checks.loadtables import table_values
from golive.core.units import multiplied, quantity

TIMES = ("p50", "p75", "p90", "p95", "p99", "p99.9", "avg", "min", "max")
_NS, _MS = "0.000000001", "0.001"
_K6_TAGGED = re.compile(
    r"(http_reqs|http_req_duration|http_req_failed)\{(?:scenario|name|group|operation):(?:::)?([^{}]+)\}"
)


@dataclass(frozen=True)
class Scenario:
    """What was measured of one scenario; name is empty for a whole run. unclear: name → why a value cannot be used."""

    name: str
    values: Mapping[str, float]
    unclear: Mapping[str, str] = field(default_factory=dict)


def read(text: str, how: str) -> tuple[Scenario, ...]:
    """The scenarios of one result file. how: a format, or `auto`. Raises ValueError with a sentence."""
    name = detected(text) if how == "auto" else how
    try:
        found = tuple(READERS[name](text))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(f"it cannot be read as {name} ({error or type(error).__name__})") from None
    if not found:
        raise ValueError(f"it holds no results that can be read as {name}")
    return found


def detected(text: str) -> str:
    """The format of a file by what is in it."""
    head = text.lstrip()[:4096]
    if re.match(r'"?Type"?,"?Name"?,', head):
        return "locust"
    if re.match(r"Running \S+ test @", head):
        return "wrk"
    if "ApacheBench" in head or re.search(r"^Requests per second:", text, re.MULTILINE):
        return "ab"
    if head.startswith("{"):
        try:
            document = parsed(text)
        except ValueError:
            return "table"
        if isinstance(document.get("metrics"), dict):
            return "k6"
        if isinstance(document.get("latencies"), dict):
            return "vegeta"
    return "table"


def _k6(text: str) -> Iterator[Scenario]:
    document = parsed(text)
    metrics = document["metrics"]
    values = {name: metric.get("values", metric) for name, metric in metrics.items()}
    took = document.get("state", {}).get("testRunDurationMs")
    tagged: dict[str, dict[str, Any]] = {"": {name: values[name] for name in values if "{" not in name}}
    for name in values:
        if match := _K6_TAGGED.fullmatch(name):
            tagged.setdefault(match[2], {})[match[1]] = values[name]
    for scenario, parts in tagged.items():
        yield Scenario(scenario, _k6_values(parts, took))


def _k6_values(parts: Mapping[str, Any], took: float | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in parts.get("http_req_duration", {}).items():
        ours = {"med": "p50"}.get(name) or re.sub(r"p\((.+)\)", r"p\1", name)
        if ours in TIMES and _is_number(value):
            found[ours] = multiplied(value, _MS)
    reqs = parts.get("http_reqs", {})
    if _is_number(reqs.get("rate")):
        found["rps"] = reqs["rate"]
    if _is_number(reqs.get("count")):
        found["requests"] = reqs["count"]
    failed = parts.get("http_req_failed", {})
    share = failed.get("rate", failed.get("value"))
    if _is_number(share):
        found["error_rate"] = multiplied(share, "100")
    if took is not None and _is_number(took):
        found["duration"] = multiplied(took, _MS)
    return found


def _vegeta(text: str) -> Iterator[Scenario]:
    document = parsed(text)
    names = {"mean": "avg", "50th": "p50", "90th": "p90", "95th": "p95", "99th": "p99", "max": "max", "min": "min"}
    latencies = document["latencies"]
    found = {
        ours: multiplied(latencies[theirs], _NS) for theirs, ours in names.items() if _is_number(latencies.get(theirs))
    }
    # the throughput counts successes alone, over the whole run with its last answer
    rate = document.get("throughput", document.get("rate"))
    if _is_number(rate):
        found["rps"] = rate
    if _is_number(document.get("requests")):
        found["requests"] = document["requests"]
    if _is_number(document.get("success")) and document.get("requests"):
        found["error_rate"] = multiplied(1 - document["success"], "100")
    if _is_number(document.get("duration")):
        found["duration"] = multiplied(document["duration"], _NS)
    yield Scenario("", found)


def _locust(text: str) -> Iterator[Scenario]:
    names = {
        "50%": "p50", "75%": "p75", "90%": "p90", "95%": "p95", "99%": "p99", "99.9%": "p99.9",
        "Average Response Time": "avg", "Min Response Time": "min", "Max Response Time": "max",
    }  # fmt: skip
    for row in csv.DictReader(io.StringIO(text)):
        found = {
            ours: multiplied(float(row[theirs]), _MS) for theirs, ours in names.items() if _is_figure(row.get(theirs))
        }
        count, failures = row.get("Request Count"), row.get("Failure Count")
        if _is_figure(count):
            found["requests"] = float(count or 0)
            if float(count or 0) and _is_figure(failures):
                found["error_rate"] = 100 * float(failures or 0) / float(count or 0)
        if _is_figure(row.get("Requests/s")):
            found["rps"] = float(row["Requests/s"])
        name = (row.get("Name") or "").strip()
        yield Scenario("" if name in ("Aggregated", "Total") and not (row.get("Type") or "").strip() else name, found)


def _ab(text: str) -> Iterator[Scenario]:
    found = _figures(text, {
        "requests": r"^Complete requests:\s+([\d.]+)", "rps": r"^Requests per second:\s+([\d.]+)",
        "duration": r"^Time taken for tests:\s+([\d.]+) seconds",
    })  # fmt: skip
    for name, value in _figures(
        text, {f"p{share}": rf"^\s+{share}%\s+(\d+)\b" for share in (50, 75, 90, 95, 99)}
    ).items():
        found[name] = multiplied(value, _MS)
    found |= {
        name: multiplied(value, _MS)
        for name, value in _figures(text, {
            "avg": r"^Time per request:\s+([\d.]+) \[ms\] \(mean\)", "max": r"^\s+100%\s+(\d+)\b",
        }).items()
    }  # fmt: skip
    wrong = _figures(text, {"failed": r"^Failed requests:\s+(\d+)", "status": r"^Non-2xx responses:\s+(\d+)"})
    if found.get("requests") and "failed" in wrong:
        # one request may be counted as both; the higher figure never hides one
        found["error_rate"] = min(100.0, 100 * sum(wrong.values()) / found["requests"])
    if "rps" not in found:
        raise ValueError("there is no line `Requests per second:`")
    yield Scenario("", found)


def _wrk(text: str) -> Iterator[Scenario]:
    found: dict[str, float] = {}
    for share, amount in re.findall(
        r"^\s+(50|75|90|95|99)(?:\.0+)?%\s+([\d.]+(?:us|ms|s|m|h))\s*$", text, re.MULTILINE
    ):
        found[f"p{share}"] = quantity(amount)[0]
    if latency := re.search(r"^\s+Latency\s+([\d.]+[a-z]+)\s+\S+\s+([\d.]+[a-z]+)", text, re.MULTILINE):
        found["avg"], found["max"] = quantity(latency[1])[0], quantity(latency[2])[0]
    if total := re.search(r"^\s+(\d+) requests in ([\d.]+(?:ms|s|m|h))", text, re.MULTILINE):
        found["requests"], found["duration"] = float(total[1]), quantity(total[2])[0]
    found |= _figures(text, {"rps": r"^Requests/sec:\s+([\d.]+)"})
    errors = sum(_figures(text, {"status": r"^\s+Non-2xx or 3xx responses:\s+(\d+)"}).values())
    if socket := re.search(r"^\s+Socket errors: (.+)$", text, re.MULTILINE):
        errors += sum(float(number) for number in re.findall(r"\d+", socket[1]))
    if found.get("requests"):
        found["error_rate"] = min(100.0, 100 * errors / found["requests"])
    if "rps" not in found:
        raise ValueError("there is no line `Requests/sec:`")
    yield Scenario("", found)


def _table(text: str) -> Iterator[Scenario]:
    for name, values, unclear in table_values(text):
        yield Scenario(name, values, unclear)


READERS: Mapping[str, Callable[[str], Iterator[Scenario]]] = {
    "k6": _k6, "locust": _locust, "ab": _ab, "wrk": _wrk, "vegeta": _vegeta, "table": _table,
}  # fmt: skip


def _figures(text: str, patterns: Mapping[str, str]) -> dict[str, float]:
    found = {name: re.search(pattern, text, re.MULTILINE) for name, pattern in patterns.items()}
    return {name: float(match[1]) for name, match in found.items() if match}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_figure(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?", text.strip()) is not None
