"""What the kind `baseline` makes of two files. Add a case as a row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from golive.checks.baseline import BaselineCheck
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, seen, values

NOW = datetime(2024, 12, 31, tzinfo=UTC)


def write(folder: Path, name: str, at: str | None = "2024-12-01T00:00:00+00:00", **given: Any) -> None:
    """A baseline file with these values, each a number or (number, unit) or (number, unit, samples)."""
    entries = {
        key: dict(zip(("value", "unit", "samples"), one if isinstance(one, tuple) else (one,), strict=False))
        for key, one in given.items()
    }
    document = {"format": "golive-baseline", "version": 1, "recorded_at": at, "golive": "0.1", "values": entries}
    (folder / name).write_text(json.dumps(document))


def compared(folder: Path, before: dict[str, Any], after: dict[str, Any], **given: Any) -> Any:
    """The finding when the one is held against the other."""
    write(folder, "before.json", **before)
    write(folder, "after.json", **after)
    check = options(BaselineCheck, op="compare", file="before.json", results="after.json", **given)
    return seen(check, a_look(folder, now=NOW))


@pytest.mark.parametrize(
    ("before", "after", "given", "outcome", "says"),
    [
        ({"p95": 1}, {"p95": 1.1}, {}, "passed", "1 value within tolerance"),
        ({"p95": 1}, {"p95": 1.11}, {}, "failed", "p95 went from 1 to 1.11, 11 % worse; 10% is tolerated"),
        ({"p95": 1}, {"p95": 0.5}, {}, "passed", ""),
        ({"p95": (100, "ms")}, {"p95": (0.105, "s")}, {"tolerance": "5%"}, "passed", ""),
        ({"rps": 100}, {"rps": 80}, {}, "failed", "20 % worse"),
        ({"rps": 100}, {"rps": 200}, {}, "passed", ""),
        ({"a": 100}, {"a": 80}, {"direction": "higher"}, "failed", "20 % worse"),
        ({"rps": 100}, {"rps": 80}, {"direction": {"rps": "lower"}}, "passed", ""),
        ({"a": 1, "b": 1}, {"a": 1.2, "b": 1.2}, {"tolerances": {"a": "30%"}}, "failed", "b went"),
        ({"a": 1, "b": 1}, {"a": 1, "b": 9}, {"values": ["a"]}, "passed", "1 value"),
        ({"a": 0}, {"a": 1}, {}, "failed", "a went from 0 to 1; 10% is tolerated"),
        ({"rps": 0}, {"rps": 1}, {}, "passed", ""),
        ({"a": 1}, {"b": 1}, {}, "unknown", "a is not in the results"),
        ({"a": 1}, {"a": 1}, {"values": ["b"]}, "unknown", "b is not in the baseline"),
        ({"a": (1, "s")}, {"a": (1, "%")}, {}, "unknown", "a has another unit"),
        ({"a": 1}, {"a": (1, "", 0)}, {}, "unknown", "a: 0 samples"),
        ({"a": 1, "requests": 10}, {"a": 1}, {}, "passed", ""),
        ({"requests": 10}, {"requests": 10}, {}, "unknown", "no value to compare"),
    ],
)
def test_every_value_is_held_against_the_baseline(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], given: dict[str, Any], outcome: str, says: str
) -> None:
    finding = compared(tmp_path, before, after, **given)
    assert (finding.outcome, says in finding.summary) == (outcome, True), finding.summary
    assert finding.strength is Strength.IMPORTED


def test_the_worst_change_is_measured_and_each_by_name(tmp_path: Path) -> None:
    found = values(compared(tmp_path, {"p95": 1, "rps": 100}, {"p95": 1.05, "rps": 93}))
    assert found == {
        "change": 7, "worse": 0, "values": 2, "age": 30 * 86400, "p95.change": 5, "rps.change": -7,
    }  # fmt: skip


def test_the_newest_of_several_counts(tmp_path: Path) -> None:
    for day, p95 in (("01", 1.0), ("03", 3.0), ("02", 2.0)):
        write(tmp_path, f"m_202412{day}_120000.json", None, p95=p95)
    write(tmp_path, "now.json", p95=3.1)
    check = options(BaselineCheck, op="compare", file="m_*.json", results="now.json", max_age="30d")
    finding = seen(check, a_look(tmp_path, now=NOW))
    assert finding.outcome is Outcome.PASSED
    assert "m_20241203_120000.json" in finding.source


@pytest.mark.parametrize(("age", "outcome"), [("31d", "passed"), ("29d", "failed")])
def test_an_old_baseline_fails(tmp_path: Path, age: str, outcome: str) -> None:
    write(tmp_path, "b.json", p95=1)
    finding = seen(options(BaselineCheck, file="b.json", max_age=age), a_look(tmp_path, now=NOW))
    assert finding.outcome == outcome
    assert ("recorded 30 d ago, not within 29d" in finding.summary) is (outcome == "failed")


@pytest.mark.parametrize(
    ("name", "text", "given", "says"),
    [
        ("other.json", "{}", {}, "no file matches b.json"),
        ("b.json", "", {}, "it is not JSON"),
        ("b.json", "{}", {}, "it holds no number"),
        ("b.json", '{"a": 1}', {"max_age": "1d"}, "neither it nor its name says when"),
    ],
)
def test_what_cannot_be_used_is_unknown(tmp_path: Path, name: str, text: str, given: dict[str, Any], says: str) -> None:
    (tmp_path / name).write_text(text)
    finding = seen(options(BaselineCheck, file="b.json", **given), a_look(tmp_path, now=NOW))
    assert (finding.outcome, says in finding.summary) == (Outcome.UNKNOWN, True), finding.summary


def test_results_of_a_load_testing_tool_can_be_compared(tmp_path: Path) -> None:
    for name, p95 in (("a.json", 145), ("b.json", 290)):
        metrics = {"http_req_duration": {"p(95)": p95}, "http_reqs": {"count": 10, "rate": 5}}
        (tmp_path / name).write_text(json.dumps({"metrics": metrics}))
    finding = seen(options(BaselineCheck, op="compare", file="a.json", results="b.json"), a_look(tmp_path))
    assert (finding.outcome, finding.samples) == (Outcome.FAILED, 10)
    assert "p95 went from 145 ms to 290 ms, 100 % worse" in finding.summary


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"op": "compare"}, "needs the newer `results`"),
        ({"results": "b"}, "belong to `op: compare`"),
        ({"op": "compare", "results": "b", "values": []}, "at least 1"),
        ({"op": "compare", "results": "b", "tolerances": {}}, "at least 1"),
        ({"op": "compare", "results": "b", "tolerance": 10}, "with its sign"),
        ({"op": "record"}, "'present' or 'compare'"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(BaselineCheck, {"file": "a", **given})
