"""What each notation of a criterion means, and what is refused with which words. Add a notation as a row."""

from __future__ import annotations

import math
from typing import Any

import pytest

from golive.core.criteria import Criteria, Intervals, amount, parse, quantity
from golive.core.intervals import above, below
from golive.core.model import Measure

P95 = Measure("p95", 0.26, "s")
LATENCY = Measure("latency", 0.2, "s")
SHARE = Measure("availability", 99.9, "%")
COUNT = Measure("count", 10.0)
STATUS = Measure("status", "ok")


@pytest.mark.parametrize(
    ("text", "value", "unit", "holds"),
    [
        ("<=200ms", 0.2, "s", True),
        ("<200ms", 0.2, "s", False),
        ("<= 0.2 s", 0.2, "s", True),
        ("<=0.3s", 0.1 + 0.2, "s", False),
        ("<200", 199.0, "", True),
        (">=99.9%", 99.9, "%", True),
        (">99.9%", 99.9, "%", False),
        ("=0", 0.0, "", True),
        ("==0", 0.0, "", True),
        ("!=0", 0.0, "", False),
        ("!=0", 0.5, "", True),
        ("> 100/min", 2.0, "1/s", True),
        ("> 100/min", 1.0, "1/s", False),
        (">=3600/h", 1.0, "1/s", True),
        ("<=2MB", 2_000_000.0, "B", True),
        ("<=2MiB", 2_097_152.0, "B", True),
        ("<=2MB", 2_000_001.0, "B", False),
        ("<=(-5)", -5.0, "", True),
        ("<=( -5 )", -4.0, "", False),
        (">=(-5ms)", -0.005, "s", True),
        ("95..100", 95.0, "", True),
        ("95..100", 100.5, "", False),
        ("95%..100%", 100.0, "%", True),
        ("95..100%", 94.9, "%", False),
        ("200ms..1s", 1.0, "s", True),
        ("-5..5", -5.0, "", True),
        ("-5..5", -5.1, "", False),
        ("10:20", 10.0, "", True),
        ("10:20", 20.1, "", False),
        ("10:20ms", 0.015, "s", True),
        ("10ms:20ms", 0.021, "s", False),
        ("@10:20", 9.0, "", True),
        ("@10:20", 10.0, "", False),
        ("@10:20", 20.0, "", False),
        ("~:10", -1e9, "", True),
        ("~:10", 11.0, "", False),
        ("10:", 10.0, "", True),
        ("10:", 9.0, "", False),
        (":10", -1.0, "", False),
        ("@~:10", 10.0, "", False),
        ("@~:10", 11.0, "", True),
        (">=95% and <=100%", 97.0, "%", True),
        (">=95% && <=96%", 97.0, "%", False),
        ("<1 || >5", 7.0, "", True),
        ("<5 AND >1 OR =9", 9.0, "", True),
        ("=1 or =2 and =3", 1.0, "", True),
        ("(=1 or =2) and =3", 1.0, "", False),
    ],
)
def test_a_criterion_without_a_name_is_held_against_the_first_value(
    text: str, value: float, unit: str, holds: bool
) -> None:
    judged = parse(text).judge([Measure("it", value, unit), Measure("other", -77.0)])
    assert judged.holds is holds, f"{text} on {value} {unit}: {judged.why}"


@pytest.mark.parametrize(
    ("text", "measure", "holds"),
    [
        ("p(95)<200", Measure("p95", 0.199, "s"), True),
        ("p(95)<200", Measure("p95", 0.2, "s"), False),
        ("p95<=200ms", Measure("p95", 0.2, "s"), True),
        ("p(99.9)<1s", Measure("p99.9", 0.9, "s"), True),
        ("p(99.999)<1s", Measure("p99.999", 0.9, "s"), True),
        ("p95.0<1s", Measure("p95", 0.9, "s"), True),
        ("avg<1s", Measure("avg", 0.9, "s"), True),
        ("avg<200", Measure("avg", 0.3, "s"), False),
        ("med<=200", Measure("med", 0.2, "s"), True),
        ("min>1", Measure("min", 0.002, "s"), True),
        ("max<200", Measure("max", 199.0), True),
        ("rate<0.01", Measure("rate", 0.9, "%"), True),
        ("rate<0.01", Measure("rate", 1.0, "%"), False),
        ("rate<=0.07", Measure("rate", 7.0, "%"), True),
        ("rate<0.01", Measure("rate", 0.02), False),
        ("count>10", Measure("count", 11.0), True),
        ("http/req-failed.total_1 = 0", Measure("http/req-failed.total_1", 0.0), True),
        ("p95 100..200ms", Measure("p95", 0.15, "s"), True),
        ("availability 99:", Measure("availability", 99.5, ""), True),
    ],
)
def test_a_name_picks_its_measure_and_k6s_bare_numbers_are_milliseconds(
    text: str, measure: Measure, holds: bool
) -> None:
    judged = parse(text).judge([Measure("first", -77.0), measure])
    assert judged.holds is holds, f"{text} on {measure}: {judged.why}"


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("= ok", "ok", True),
        ("= ok", "OK", False),
        ('!= "down"', "down", False),
        ("!= 'all down'", "up", True),
        ('= ""', "", True),
        ('= "a and b"', "a and b", True),
        ("= 1.2.3", "1.2.3", True),
        ("= true", True, True),
        ("= true", False, False),
        ("=~ ^v2\\.", "v2.1", True),
        ("!~ beta|alpha", "2.0-beta", False),
        ("=~ a and b", "a and b", True),
        ("=~ a and b", "b and a", False),
        ("=~ ^20\\d$", 200.0, True),
        ("=~ ^123456\\.7$", 123456.7, True),
        ('= "200"', 200, True),
        ('!= "200"', 200, False),
        ("!= down", True, True),
        ("!~ down", 5.0, True),
    ],
)
def test_texts_are_compared_and_searched(text: str, value: float | str | bool, holds: bool) -> None:
    judged = parse(text).judge([Measure("it", value)])
    assert judged.holds is holds, judged.why


@pytest.mark.parametrize(
    ("text", "now", "before", "holds"),
    [
        ("<=+10%", 0.055, 0.05, True),
        ("<=+10%", 0.0551, 0.05, False),
        (">=-5%", 95.0, 100.0, True),
        (">=-5%", 94.9, 100.0, False),
        ("<=+50ms", 0.25, 0.2, True),
        ("<=+50ms", 0.2501, 0.2, False),
        ("<=+10%", -10.0, -10.0, True),
    ],
)
def test_a_sign_after_the_operator_makes_it_relative_to_the_baseline(
    text: str, now: float, before: float, holds: bool
) -> None:
    criteria = parse(text)
    assert criteria.relative
    assert criteria.judge([Measure("it", now, "s")], {"it": before}).holds is holds


def test_a_bare_relative_number_of_a_percentile_is_in_milliseconds_too() -> None:
    criteria = parse("p95<=+50")
    assert criteria.judge([Measure("p95", 0.24, "s")], {"p95": 0.2}).holds is True
    assert criteria.judge([Measure("p95", 0.26, "s")], {"p95": 0.2}).holds is False


@pytest.mark.parametrize("text", ["<=(-5)", "-5..5", "+5..10", "-10:20", "<=200ms", "=~ -10%", '= "+10%"'])
def test_what_has_no_sign_after_its_operator_needs_no_baseline(text: str) -> None:
    assert not parse(text).relative
    assert not parse(parse(text).text).relative, f"{text} became {parse(text).text}"


@pytest.mark.parametrize(
    ("text", "measures", "baseline", "says"),
    [
        ("p95<=200ms", [LATENCY], {}, "p95 was not measured; name what was: latency"),
        ("<=200ms", [], {}, "was not measured"),
        ("<=+10%", [LATENCY], {}, "latency has no baseline"),
        ("<=+10%", [LATENCY], {"latency": math.nan}, "latency has no baseline"),
        ("!=+10%", [LATENCY], {"latency": math.inf}, "latency has no baseline"),
        ("<=200", [STATUS], {}, "no number to hold against"),
        ("=1", [Measure("up", True)], {}, "no number to hold against"),
        ("<=200ms", [SHARE], {}, "asks about a duration, and availability is a percentage"),
        (">=0.999", [SHARE], {}, "write a unit"),
        ("<=200ms", [Measure("latency", math.nan, "s")], {}, "not a number"),
        ("!=200ms", [Measure("latency", math.nan, "s")], {}, "not a number"),
        ("!= down", [Measure("latency", math.nan)], {}, "not a number"),
        ("!~ down", [Measure("latency", math.nan)], {}, "not a number"),
        ("!= down", [COUNT], {}, "count is 10, which is no text to hold `!= down` against"),
        ("= ok", [COUNT], {}, "no text to hold"),
        ("!= down", [LATENCY], {}, "latency is 200 ms, which is no text"),
        ('!= "200"', [LATENCY], {}, "latency is 200 ms, which is no text"),
        ("rate<5", [Measure("rate", 90.0, "%")], {}, "write a unit: `rate <5%`"),
    ],
)
def test_what_cannot_be_told_is_neither_held_nor_missed(
    text: str, measures: list[Measure], baseline: dict[str, float], says: str
) -> None:
    judged = parse(text).judge(measures, baseline)
    assert judged.holds is None
    assert says in judged.why


UNTOLD, HELD, MISSED = "gone<1", "count<99", "count>99"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (f"{UNTOLD} and {HELD}", None),
        (f"{UNTOLD} and {MISSED}", False),
        (f"{UNTOLD} or {HELD}", True),
        (f"{UNTOLD} or {MISSED}", None),
        (f"{UNTOLD} or {UNTOLD}", None),
        (f"({UNTOLD} or {HELD}) and {HELD}", True),
        (f"({UNTOLD} and {MISSED}) or {MISSED}", False),
    ],
)
def test_and_and_or_know_three_answers(text: str, holds: bool | None) -> None:
    assert parse(text).judge([COUNT]).holds is holds


@pytest.mark.parametrize(
    ("text", "measures", "baseline", "why"),
    [
        ("<=200ms", [P95], {}, "p95 is 260 ms, not <=200ms"),
        ("<=300ms", [P95], {}, "p95 is 260 ms"),
        (">=99.999%", [Measure("up", 99.996, "%")], {}, "up is 99.996 %, not >=99.999%"),
        ("<=+10%", [P95], {"p95": 0.2}, "p95 is 260 ms, not <=+10% (baseline 200 ms)"),
        ("= ready", [STATUS], {}, "status is ok, not = ready"),
        ("p(95)<200", [P95], {}, "p95 is 260 ms, not p(95)<200"),
        ("<=1s and <=200ms", [P95], {}, "p95 is 260 ms, not <=200ms"),
    ],
)
def test_why_says_what_is_so_and_what_should_be(
    text: str, measures: list[Measure], baseline: dict[str, float], why: str
) -> None:
    assert parse(text).judge(measures, baseline).why == why


def test_a_long_text_is_cut_where_it_is_shown() -> None:
    assert len(parse("= ok").judge([Measure("body", "x" * 5000)]).why) < 200


@pytest.mark.parametrize(
    ("given", "value", "holds"),
    [
        (["<200", ">100"], 150.0, True),
        (["<200", ">100"], 250.0, False),
        (("<200",), 150.0, True),
        ([{"criteria": ["<=10", ">5"]}, {"criteria": ["=99"]}], 7.0, True),
        ([{"criteria": ["<=10", ">5"]}, {"criteria": ["=99"]}], 99.0, True),
        ([{"criteria": ["<=10", ">5"]}, {"criteria": ["=99"]}], 3.0, False),
        ('["<200", ">100"]', 150.0, True),
    ],
)
def test_of_a_list_all_must_hold_and_of_keptns_lists_one(given: Any, value: float, holds: bool) -> None:
    assert parse(given).judge([Measure("it", value)]).holds is holds


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (" <= 200 ms ", "<=200ms"),
        ("==0", "=0"),
        ("p95<200", "p(95)<200"),
        ("10:20", ">=10 and <=20"),
        ("@10:20", "<10 or >20"),
        ("-5..5", ">=(-5) and <=5"),
        ("+5..10", ">=5 and <=10"),
        ('!= "down"', "!= down"),
        ("((<5))", "<5"),
        ("<1 || (>5 && <9)", "<1 or >5 and <9"),
        ("(<1 or >5) and <9", "(<1 or >5) and <9"),
        ("<5 or >3 and =~ a", "<5 or >3 and =~ a"),
        (["=~ ^v", "<5"], '["=~ ^v", "<5"]'),
        (["<1 or =~ a", "=~ b"], '["<1 or =~ a", "=~ b"]'),
        (
            [{"criteria": ["=~ a", "<5"]}, {"criteria": ["=~ b"]}],
            '[{"criteria": ["=~ a", "<5"]}, {"criteria": ["=~ b"]}]',
        ),
    ],
)
def test_the_canonical_text_reads_back_as_the_same_criterion(given: Any, text: str) -> None:
    criteria = parse(given)
    assert criteria.text == text
    assert parse(text) == criteria
    assert hash(parse(text)) == hash(criteria)


def test_a_list_too_long_for_one_line_reads_back_too() -> None:
    criteria = parse(["<=200ms"] * 400)
    assert parse(criteria.text) == criteria


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "asserts nothing; write"),
        ("  \n", "asserts nothing; write"),
        ([], "asserts nothing; write"),
        ([""], "asserts nothing; write"),
        ([{"criteria": []}], "asserts nothing; write"),
        ("[]", "asserts nothing; write"),
        ("~:", "asserts nothing"),
        ("200", "write `<=200`, `>=200` or `=200`"),
        (200, "write `<=200`, `>=200` or `=200`"),
        ("200ms", "write `<=200ms`, `>=200ms` or `=200ms`"),
        ("-5ms", "write `<=(-5ms)`, `>=(-5ms)` or `=(-5ms)`"),
        (-5, "write `<=(-5)`, `>=(-5)` or `=(-5)`"),
        (0.5, "write `<=0.5`, `>=0.5` or `=0.5`"),
        (math.nan, "expected a criterion"),
        (math.inf, "expected a criterion"),
        (10**400, "expected a criterion"),
        ("performance degradation", "no number to hold a value against"),
        ("<= fast", "no number to hold a value against"),
        ("p95", "is no criterion"),
        ("<5,>3", "expected a number with its unit"),
        ("<5 and", "ends where a comparison is expected"),
        ("and <5", "is no criterion"),
        ("not <5", "is no criterion"),
        ("0...5", "is no criterion"),
        ("(<5", "closing parenthesis is missing"),
        ("<5)", "is no criterion"),
        ("<5 xor >3", "is not a unit golive knows"),
        ("<200mss", "did you mean `ms`?"),
        ("<5mb", "did you mean `MB`?"),
        ("<5M", "did you mean `m`?"),
        ("<5/fortnight", "is not a unit golive knows"),
        ("10..5", "ends before it begins"),
        ("20:10", "ends before it begins"),
        ("10s..5MB", "two units of different kinds"),
        ("10s:5MB", "two units of different kinds"),
        ("<1e9999", "too large"),
        ("<1e99999999999999999999", "too large"),
        ("=~", "regular expression"),
        ("=~ [", "regular expression"),
        ("<" + "1" * 1000, "at most 1000 characters"),
        ("p95<1||" * 140 + "p95<1", "at most 1000 characters"),
        ("(" * 100 + "<5" + ")" * 100, "nested too deeply"),
        ("[" * 900, "expected a criterion"),
        (["<5"] * 501, "more than 500 times"),
        (None, "expected a criterion"),
        (True, "expected a criterion"),
        ({"criteria": ["<5"]}, "expected a criterion"),
        ([["<5"]], "expected texts"),
        ([{"criteria": "<5"}], "with a list of texts"),
        ([{"criteria": ["<5"], "weight": 2}], "only `criteria:`"),
        ([{"criteria": ["<5"]}, "<5"], "only `criteria:`"),
    ],
)
def test_what_is_no_criterion_is_refused_in_words(given: Any, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse(given)
    assert says in str(refused.value)


KIND = {"latency": "s", "p95": "s", "up": "%", "size": "B", "flow": "1/s", "count": "", "rate": "%"}


@pytest.mark.parametrize(
    ("text", "measures", "says"),
    [
        ("<=200ms", KIND, ()),
        ("p(95)<200", KIND, ()),
        ("rate<0.01", KIND, ()),
        ("count>10", KIND, ()),
        ("<=+10%", KIND, ()),
        ("=~ ^0\\.", KIND, ()),
        ("p99<200", KIND, ("this kind does not measure `p99`; did you mean `p95`?",)),
        ("zzz<200", {"count": ""}, ("this kind does not measure `zzz`; it measures: count",)),
        ("up<=200ms", KIND, ("`up <=200ms` asks about a duration, and up is a percentage",)),
        ("<=200", KIND, ("`<=200` has no unit, and latency is a duration; write a unit: `<=200ms`",)),
        ("<=+200", KIND, ("`<=+200` has no unit, and latency is a duration; write a unit: `<=+200ms`",)),
        ("<=2", {"size": "B"}, ("`<=2` has no unit, and size is a size; write a unit: `<=2MB`",)),
        (">2", {"flow": "1/s"}, ("`>2` has no unit, and flow is a rate; write a unit: `>2/s`",)),
        ("<=(-5)", KIND, ("`<=(-5)` has no unit, and latency is a duration; write a unit: `<=(-5ms)`",)),
        ("<=-5", KIND, ("`<=-5` has no unit, and latency is a duration; write a unit: `<=-5ms`",)),
        ("up>=0.999", KIND, ("`up >=0.999` has no unit, and up is a percentage; write a unit: `up >=99.9%`",)),
        ("rate<5", KIND, ("`rate <5` has no unit, and rate is a percentage; write a unit: `rate <5%`",)),
        ("rate<=1", KIND, ()),
        (">=0.999", {"up": "%"}, ("`>=0.999` has no unit, and up is a percentage; write a unit: `>=99.9%`",)),
        ("!= down", KIND, ("`!= down` asks about a text, and latency is a duration",)),
        ("<=5%", {"count": ""}, ("`<=5%` asks about a percentage, and count is a plain number",)),
        ("<=200 and <=200", KIND, ("`<=200` has no unit, and latency is a duration; write a unit: `<=200ms`",)),
        ("anything<5", {"up": "%", "*": ""}, ()),
        ("<5ms", {"*": ""}, ()),
        ("<5", {}, ("this kind measures nothing that a criterion could be about",)),
    ],
)
def test_what_a_kind_cannot_measure_is_said_before_it_runs(
    text: str, measures: dict[str, str], says: tuple[str, ...]
) -> None:
    assert parse(text).problems(measures) == says


@pytest.mark.parametrize(
    ("text", "unit", "held"),
    [
        ("<=200ms", "s", below(0.2, closed=True)),
        (">99%", "%", above(99.0, closed=False)),
        ("10:20", "", Intervals.between(10.0, 20.0)),
        ("@10:20", "", Intervals.between(10.0, 20.0).complement()),
        ("!=5", "", Intervals.between(5.0, 5.0).complement()),
        ("<1 and >2", "", Intervals()),
        ("it<=200ms", "s", below(0.2, closed=True)),
        ("=~ a", "", None),
        ("= ok", "", None),
        ("<=+10%", "s", None),
        ("other<5", "", None),
        ("<9 and other<5", "", None),
        ("<9 and it<5", "", None),
        ("<=200ms", "%", None),
    ],
)
def test_the_values_that_hold_are_known_where_that_can_be_said(text: str, unit: str, held: Intervals | None) -> None:
    assert parse(text).intervals("it", unit) == held


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.26, "s", "260 ms"),
        (5400.0, "s", "1.5 h"),
        (0.0, "s", "0 s"),
        (0.0000021, "s", "2.1 µs"),
        (172800.0, "s", "2 d"),
        (-0.26, "s", "-260 ms"),
        (3.2, "%", "3.2 %"),
        (2_100_000.0, "B", "2.1 MB"),
        (0.0, "B", "0 B"),
        (14.1, "1/s", "14.1/s"),
        (123456.7, "", "123457"),
        (1e300, "", "1e+300"),
        (10**400, "", "inf"),
        (math.nan, "s", "nan"),
        (True, "", "true"),
        ("ok", "", "ok"),
    ],
)
def test_amounts_read_as_people_write_them(value: float | str | bool, unit: str, text: str) -> None:
    assert amount(value, unit) == text


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("200ms", 0.2, "s"),
        ("0.2 s", 0.2, "s"),
        ("1sec", 1.0, "s"),
        ("5m", 300.0, "s"),
        ("5min", 300.0, "s"),
        ("2h", 7200.0, "s"),
        ("1d", 86400.0, "s"),
        ("3us", 3e-6, "s"),
        ("3µs", 3e-6, "s"),
        ("3ns", 3e-9, "s"),
        ("7MS", 0.007, "s"),
        ("2B", 2.0, "B"),
        ("2kB", 2000.0, "B"),
        ("2KB", 2000.0, "B"),
        ("2GB", 2e9, "B"),
        ("2TB", 2e12, "B"),
        ("2KiB", 2048.0, "B"),
        ("1GiB", 1073741824.0, "B"),
        ("1TiB", 1099511627776.0, "B"),
        ("99.9%", 99.9, "%"),
        ("30/min", 0.5, "1/s"),
        ("36/h", 0.01, "1/s"),
        ("5rps", 5.0, "1/s"),
        ("5 req/s", 5.0, "1/s"),
        ("5 requests/s", 5.0, "1/s"),
        ("60 requests/minute", 1.0, "1/s"),
        ("5 TPS", 5.0, "1/s"),
        ("-3", -3.0, ""),
        ("1e3", 1000.0, ""),
    ],
)
def test_a_quantity_comes_in_its_canonical_unit(text: str, value: float, unit: str) -> None:
    assert quantity(text) == (value, unit)


@pytest.mark.parametrize("text", ["", "ms", "5 5", "five", "5 parsecs", "1e9999s", "<=5", "5Mb"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ "):
        quantity(text)


def test_a_whole_number_beyond_every_float_is_judged_and_not_a_crash() -> None:
    assert parse("<5").judge([Measure("it", 10**400)]).holds is False


def test_a_share_beyond_one_has_no_set_of_percentages() -> None:
    assert parse("rate>1e308").intervals("rate", "%") is None


def test_a_criterion_cannot_be_changed() -> None:
    criteria = parse("<5")
    assert isinstance(criteria, Criteria)
    with pytest.raises(AttributeError):
        criteria.text = ">5"  # type: ignore[misc]
