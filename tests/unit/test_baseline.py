"""The format of recorded baselines, and how two are compared. Add a file of another tool as a row."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.core.baseline import Baseline, Recorded, compare, dump, moment_in, parse

AT = datetime(2024, 12, 1, 12, 10, tzinfo=UTC)
OURS = {"format": "golive-baseline", "version": 1, "recorded_at": "2024-12-01T12:10:00+00:00", "golive": "0.1"}

recorded = st.builds(
    Recorded,
    value=st.floats(allow_nan=False, allow_infinity=False),
    unit=st.sampled_from(["", "s", "B", "%", "1/s"]),
    samples=st.none() | st.integers(0, 10**9),
)


@given(st.dictionaries(st.text(min_size=1, max_size=20), recorded, min_size=1, max_size=5))
def test_what_is_written_is_read_again(values: dict[str, Recorded]) -> None:
    baseline = Baseline(values, AT, "0.1.0")
    assert parse(dump(baseline)) == baseline


def test_units_of_a_file_are_brought_to_the_canonical_one() -> None:
    text = json.dumps({**OURS, "values": {"p95": {"value": 145, "unit": "ms", "samples": 9}, "n": {"value": 3}}})
    assert parse(text) == Baseline({"p95": Recorded(0.145, "s", 9), "n": Recorded(3)}, AT, "0.1")


def test_numbers_of_another_tool_are_read_by_their_names() -> None:
    text = (
        '{"timestamp": "2024-12-01T12:10:00Z", "health": {"p95_ms": 145, "ok": true, "n": "x"}, "rps": 58.3, "l": [1]}'
    )
    assert parse(text) == Baseline({"health.p95_ms": Recorded(0.145, "s"), "rps": Recorded(58.3)}, AT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is not JSON"),
        ("[1]", "expected a JSON object"),
        ("{}", "it holds no number"),
        ('{"a": NaN}', "NaN is not a number"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps({**OURS, "version": 2, "values": {"a": {"value": 1}}}), "version 2, and this golive reads 1"),
        (json.dumps({**OURS, "values": {}}), "holds no value"),
        (json.dumps({**OURS, "vals": {}, "values": {"a": {"value": 1}}}), "unknown key 'vals'"),
        (json.dumps({**OURS, "values": {"a": 1}}), "values.a has no number"),
        (json.dumps({**OURS, "values": {"a": {"value": "1"}}}), "values.a has no number"),
        (json.dumps({**OURS, "values": {"a": {"value": 1, "unit": "parsec"}}}), "not a unit golive knows"),
        (json.dumps({**OURS, "values": {"a": {"value": 1, "samples": 1.5}}}), "no whole number"),
        (json.dumps({**OURS, "recorded_at": "today", "values": {"a": {"value": 1}}}), "no ISO 8601 time"),
    ],
)
def test_what_is_no_baseline_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text)


def test_infinity_is_not_written() -> None:
    with pytest.raises(ValueError, match="finite"):
        dump(Baseline({"a": Recorded(float("inf"))}))


@pytest.mark.parametrize(
    ("before", "after", "percent"),
    [(5, 5.5, 10), (5, 4.5, -10), (0, 0, 0), (0, 1, None), (-2, -1, 50), (0.1, 0.3, 200), (3, 3, 0)],
)
def test_a_change_is_counted_in_percent_of_what_it_was(before: float, after: float, percent: float | None) -> None:
    (change,) = compare(Baseline({"a": Recorded(before)}), Baseline({"a": Recorded(after)})).changes
    assert change.percent == percent


def test_what_cannot_be_compared_is_told_apart() -> None:
    before = Baseline({"a": Recorded(1), "b": Recorded(1, "s"), "c": Recorded(1)})
    found = compare(before, Baseline({"b": Recorded(1, "%"), "c": Recorded(2), "d": Recorded(1)}))
    assert ([one.name for one in found.changes], found.missing, found.unlike, found.new) == (
        ["c"], ("a",), ("b",), ("d",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("mixed_baseline_20241201_121000.json", AT),
        ("2024-12-01.json", AT.replace(hour=0, minute=0)),
        ("run-2024-12-01T12-10-00.json", AT),
        ("v20991399_20241201.json", AT.replace(hour=0, minute=0)),
        ("baseline.json", None),
        ("id_120241201999.json", None),
        ("20241301.json", None),
    ],
)
def test_a_date_in_a_name_is_read(name: str, at: datetime | None) -> None:
    assert moment_in(name) == at
