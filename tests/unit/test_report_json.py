"""The JSON report: kept as text, strict when it is read, and never holding what JSON cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builders import a_finding
from golden import matches_golden
from golive.core.model import Measure
from golive.core.report import Line, Report, Run
from golive.render.report.json import dump, load, published, schema
from reports import RUN, a_report, a_report_of

Told = dict[str, Any]
WHOLE: Told = json.loads(dump(a_report()))


def test_the_json_is_as_agreed_and_read_back_equal() -> None:
    text = dump(a_report())
    assert matches_golden("report.json", text)
    assert load(text) == a_report()


def first_line(**changes: Any) -> Callable[[Told], Told]:
    return lambda told: told | {"lines": [told["lines"][0] | changes, *told["lines"][1:]]}


def without(told: Told, key: str) -> Told:
    return {name: value for name, value in told.items() if name != key}


REFUSED: list[tuple[str, Callable[[Told], Any], str]] = [
    ("another format", lambda told: told | {"format": "other"}, '"format": "golive-report"'),
    ("a later version", lambda told: told | {"version": 2}, "version 2, and this golive reads version 1"),
    ("a version that is true", lambda told: told | {"version": True}, "version True"),
    ("a list", lambda told: [told], '"format": "golive-report"'),
    ("a missing key with a default", lambda told: without(told, "reasons"), "missing key: reasons"),
    ("a missing key without one", lambda told: without(told, "headline"), "headline"),
    ("a line without an owner", lambda told: told | {"lines": [without(told["lines"][0], "owner"), *told["lines"][1:]]},
     "missing key: lines.0.owner"),
    ("an unknown key deep inside", first_line(colour="red"), "unknown key: lines.0.colour"),
    ("a number as text", first_line(seconds="1.5"), "lines.0.seconds: expected a number, got a text"),
    ("an outcome that is none", first_line(outcome="fine"), "lines.0.outcome"),
    ("a verdict that is none", lambda told: told | {"verdict": "FINE"}, "verdict: 'FINE' is no verdict"),
    ("a reason's verdict that is none",
     lambda told: told | {"reasons": [told["reasons"][0] | {"verdict": ""}, *told["reasons"][1:]]}, "reasons.0"),
    ("a time without a zone", lambda told: told | {"run": told["run"] | {"started_at": "2026-03-04T12:00:00"}},
     "run.started_at: the time 2026-03-04T12:00:00 has no zone"),
    ("one check twice", lambda told: told | {"lines": [*told["lines"], told["lines"][0]]}, "'health' is there twice"),
    ("counts with a gap", lambda told: told | {"counts": without(told["counts"], "failed")}, "every outcome once"),
    ("counts of another run", lambda told: told | {"counts": told["counts"] | {"passed": 99}}, "not those of the lines"),
    ("a factor without a weight", lambda told: told | {"score": told["score"] | {"weights": {}}}, "a factor and a weight"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_no_report_is_refused_with_where_and_why(change: Callable[[Told], Any], says: str) -> None:
    with pytest.raises(ValueError) as refused:
        load(json.dumps(change(WHOLE)))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        (dump(a_report()).replace('"seconds": 12.5', '"seconds": NaN'), "NaN is not JSON"),
        (dump(a_report()).replace('"seconds": 12.5', '"seconds": 1e999'), "run.seconds"),
        (dump(a_report()).replace('"seconds": 12.5', '"seconds": 1, "seconds": 2'), "'seconds' is there twice"),
    ],
    ids=["nothing", "too deep", "NaN", "too large", "a key twice"],
)
def test_what_is_no_json_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        load(text)
    assert says in str(refused.value)


def test_a_time_written_another_way_is_the_same_time() -> None:
    told = WHOLE | {"run": WHOLE["run"] | {"started_at": "2026-03-04T13:00:00+01:00"}}
    assert load(json.dumps(told)) == a_report()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_number_that_json_cannot_hold_is_written(value: float) -> None:
    report = a_report_of(a_finding("p95", measures=(Measure("p95", value, "s"),)))
    with pytest.raises(ValueError, match=r"lines\.0\.measures\.0\.value: "):
        dump(report)


def test_no_time_without_a_zone_is_written() -> None:
    report = a_report_of(a_finding(), run=replace(RUN, started_at=datetime(2026, 3, 4)))
    with pytest.raises(ValueError, match=r"run\.started_at: .* has no zone"):
        dump(report)


def test_the_schema_takes_what_is_written_and_asks_for_every_field() -> None:
    made = schema()
    Draft202012Validator.check_schema(made)
    assert (made["$id"], made["title"]) == ("golive-report-1", "golive report")
    assert not list(Draft202012Validator(made).iter_errors(WHOLE))
    for of, one in ((Report, made), (Line, made["$defs"]["Line"]), (Run, made["$defs"]["Run"])):
        assert set(one["required"]) == set(of.__dataclass_fields__), f"the schema does not ask for all of {of.__name__}"
        assert one["additionalProperties"] is False
    assert json.loads(published()) == made


REFUSED_BY_SCHEMA = [row for row in REFUSED if not row[0].startswith(("a time", "one check", "counts of", "a factor"))]


@pytest.mark.parametrize("change", [row[1] for row in REFUSED_BY_SCHEMA], ids=[row[0] for row in REFUSED_BY_SCHEMA])
def test_the_schema_refuses_what_load_refuses(change: Callable[[Told], Any]) -> None:
    assert list(Draft202012Validator(schema()).iter_errors(change(WHOLE)))
