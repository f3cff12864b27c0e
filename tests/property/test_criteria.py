"""Whatever a criterion says: its text reads back, its set of values and its judgement agree, and no text breaks the reader.

Add a notation to `LEAVES`; the promises below hold for every mixture of them.
"""

from __future__ import annotations

import math
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golive.core.criteria import Criteria, parse, quantity
from golive.core.intervals import Intervals, above, below
from golive.core.model import Measure

VALUES = st.one_of(
    st.sampled_from([-10.0, -1.0, -0.5, 0.0, 0.1, 0.5, 1.0, 5.0, 10.0, 20.0]), st.floats(allow_nan=False)
)
NUMBERS = st.sampled_from(["0", "0.5", "1", "5", "10", "1e1", ".5"])
OPS = st.sampled_from(["<", "<=", ">", ">=", "=", "==", "!="])
WORDS = st.sampled_from(["ok", "down", '"ok"', "'a or b'", '""', "1.2.3", '"5"', "and"])
UNITS = st.sampled_from(["", "ms", "s", "%", "MB", "/min", " req/s", "MS"])
NAMES = st.sampled_from(["", "p95 ", "p(95)", "p(99.90)", "avg", "rate", "a.b/c-d ", "orders "])


def _range(ends: tuple[int, int], form: str) -> str:
    low, high = sorted(ends)
    return form.format(low=low, high=high)


SPANS = st.builds(
    _range,
    st.tuples(st.integers(-20, 20), st.integers(-20, 20)),
    st.sampled_from(
        ["{low}..{high}", "{low}:{high}", "@{low}:{high}", "~:{high}", "{low}:", "@~:{high}", "{low}%..{high}%"]
    ),
)
BARE = st.one_of(
    st.builds("{}{}".format, OPS, NUMBERS),
    st.builds("{}(-{})".format, OPS, NUMBERS),
    SPANS.filter(lambda text: "%" not in text),
)
"""Comparisons of a plain number, of the first measure."""
LEAVES = st.one_of(
    BARE,
    st.builds("{}{}{}{}".format, NAMES, OPS, NUMBERS, UNITS),
    st.builds("{}{}{}{}{}".format, NAMES, OPS, st.sampled_from("+-"), NUMBERS, UNITS),
    st.builds("{}{} {}".format, NAMES, st.sampled_from(["=", "!="]), WORDS),
    st.builds("{}{}".format, st.sampled_from(["p95 ", "a "]), SPANS),
)
PATTERNS = st.builds(
    "{}{} {}".format, NAMES, st.sampled_from(["=~", "!~"]), st.sampled_from(["^ok$", "a|b", '"x" and \\(y\\)', "\\d+"])
)


def mixed(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Those joined with `and`, `or` and parentheses."""
    join = st.sampled_from([" and ", " or ", "&&", " || ", " AND "])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.builds("{}{}{}".format, inner, join, inner), st.builds("({})".format, inner)),
        max_leaves=6,
    )


LINES = st.one_of(
    mixed(LEAVES), PATTERNS, st.builds("{}{}{}".format, mixed(LEAVES), st.sampled_from([" and ", " or "]), PATTERNS)
)
LISTS = st.lists(LINES, min_size=1, max_size=4)
GIVEN = st.one_of(LINES, LISTS, st.lists(LISTS.map(lambda lines: {"criteria": lines}), min_size=1, max_size=3))


@given(GIVEN)
@example(["=~ ^ok$", "<5"])
@example(["<5 or =~ a|b", "=~ ^ok$"])
@example([{"criteria": ["=~ a|b", "<5 or =~ a|b"]}, {"criteria": ["!~ a|b"]}])
@example("-5..5")
@example("p95.0 <5")
def test_the_text_of_a_criterion_reads_back_as_the_same_one(given_: object) -> None:
    criteria = parse(given_)
    again = parse(criteria.text)
    assert again == criteria, f"{criteria.text!r} reads back as {again.text!r}"
    assert again.text == criteria.text
    assert again.relative == criteria.relative


def verdict(criteria: Criteria, value: float, unit: str = "") -> bool | None:
    """The answer for one value."""
    return criteria.judge([Measure("it", value, unit)]).holds


@given(mixed(BARE), VALUES)
def test_a_value_holds_exactly_where_it_is_in_the_set_of_those_that_do(text: str, value: float) -> None:
    criteria = parse(text)
    held = criteria.intervals("it", "")
    assert held is not None
    assert held.contains(value) is verdict(criteria, value), f"{criteria.text} on {value}: {held}"


@given(mixed(LEAVES))
def test_nothing_that_is_not_a_number_ever_holds(text: str) -> None:
    criteria = parse(text)
    names = ["it", "p95", "p99.9", "avg", "rate", "a.b/c-d", "orders", "a"]
    for unit in ("", "s", "%"):
        measures = [Measure(name, math.nan, unit) for name in names]
        assert criteria.judge(measures, dict.fromkeys(names, 1.0)).holds is None


TWINS = [
    ("{low}:{high}", ">=({low}) and <=({high})"),
    ("{low}..{high}", "{low}:{high}"),
    ("@{low}:{high}", "<({low}) or >({high})"),
    ("~:{high}", "<=({high})"),
    ("{low}:", ">=({low})"),
    ("@~:{high}", ">({high})"),
]


@pytest.mark.parametrize(("nagios", "spelled"), TWINS)
@given(low=st.integers(-30, -1), step=st.integers(0, 28), value=VALUES)
def test_a_nagios_range_and_what_it_spells_agree(nagios: str, spelled: str, low: int, step: int, value: float) -> None:
    ends = {"low": low, "high": min(low + step, -1)}
    one, other = parse(nagios.format(**ends)), parse(spelled.format(**ends))
    assert verdict(one, value) is verdict(other, value)
    assert one.intervals("it", "") == other.intervals("it", "")


@given(mixed(LEAVES), mixed(LEAVES), VALUES, st.sampled_from(["", "s", "%", "B"]))
def test_and_or_and_lists_follow_their_parts(left: str, right: str, value: float, unit: str) -> None:
    one, other = verdict(parse(left), value, unit), verdict(parse(right), value, unit)
    both = verdict(parse(f"({left}) and ({right})"), value, unit)
    either = verdict(parse(f"({left}) or ({right})"), value, unit)
    answers = {one, other}
    assert both is (False if False in answers else None if None in answers else True)
    assert either is (True if True in answers else None if None in answers else False)
    assert verdict(parse([left, right]), value, unit) is both
    assert verdict(parse([{"criteria": [left]}, {"criteria": [right]}]), value, unit) is either


@given(LEAVES, st.sampled_from(["s", "B", "%", "1/s"]))
@example("<=(-5)", "s")
@example("<=-5", "s")
@example("p95 >=0.5", "%")
@example("rate <5", "%")
def test_who_writes_the_unit_that_is_advised_asks_the_same_measure_and_has_no_problem_left(
    text: str, unit: str
) -> None:
    measures = dict.fromkeys(["it", "p95", "p99.9", "avg", "rate", "a.b/c-d", "orders", "a"], unit)
    criteria = parse(text)
    for problem in criteria.problems(measures):
        if advised := re.search(r"write a unit: `(.+)`", problem):
            again = parse(advised[1])
            assert again.problems(measures) == (), f"{text!r} is advised to be {advised[1]!r}, which is refused"
            assert again.relative is criteria.relative, f"{advised[1]!r} turns {text!r} into another question"
            assert {leaf.name for leaf in again.part.leaves()} == {leaf.name for leaf in criteria.part.leaves()}


@given(st.integers(-(10**9), 10**9), st.sampled_from(["", "ms", " ms", "%", "/min"]))
def test_a_number_alone_is_refused_with_criteria_that_need_no_baseline(number: int, unit: str) -> None:
    refused = read(f"{number}{unit}")
    assert isinstance(refused, str)
    advised = re.findall(r"`([<>=][^`]*)`", refused)
    assert len(advised) == 3, refused
    for one in advised:
        assert not parse(one).relative, f"{one!r} is held against a baseline; {number}{unit} was no difference"


LADDERS = [("ns", "us", 1000), ("us", "ms", 1000), ("ms", "s", 1000), ("s", "min", 60), ("min", "h", 60), ("h", "d", 24),
           ("B", "kB", 1000), ("kB", "MB", 1000), ("MB", "GB", 1000), ("GB", "TB", 1000),
           ("KiB", "MiB", 1024), ("MiB", "GiB", 1024), ("GiB", "TiB", 1024), ("/min", "/s", 60), ("/h", "/min", 60)]  # fmt: skip


@pytest.mark.parametrize(("small", "large", "factor"), LADDERS)
@given(count=st.integers(0, 10**6), tenths=st.integers(0, 9))
def test_the_same_amount_in_another_unit_is_the_same_number(
    small: str, large: str, factor: int, count: int, tenths: int
) -> None:
    tens = (10 * count + tenths) * factor
    assert quantity(f"{tens // 10}.{tens % 10}{small}") == quantity(f"{count}.{tenths}{large}")


@given(st.integers(0, 10**6), st.integers(0, 10**4))
def test_milliseconds_and_seconds_are_ordered_alike(milliseconds: int, seconds: int) -> None:
    value, unit = quantity(f"{milliseconds}ms")
    assert verdict(parse(f"<={seconds}s"), value, unit) is (milliseconds <= 1000 * seconds)


def read(value: object) -> Criteria | str:
    """The criterion, or why it is refused."""
    try:
        return parse(value)
    except ValueError as refused:
        return str(refused)


ODD = st.text(alphabet="<>=!~@:.,()+-&|/%[]{}\"' \n\t0159eEmsBpaorndMk_µ٣²√\\\x00", max_size=40)


@given(st.one_of(ODD, st.text(max_size=60), st.builds("{}{}".format, LINES, ODD)))
@example("<1e99999999999999999999")
@example("1e9999999..1e9999999")
@example("[" * 900)
@example("= \"'")
@example("<²")
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    criteria = read(text)
    if isinstance(criteria, str):
        assert len(criteria) > 10, "say what is wrong and what to write"
        return
    assert parse(criteria.text) == criteria
    judged = criteria.judge([Measure("it", 1.0, "s")], {"it": 1.0})
    assert judged.why
    criteria.judge([Measure("it", "text")])
    criteria.problems({"it": "s"})
    criteria.intervals("it", "s")


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.recursive(
    st.one_of(ODD, st.integers(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["criteria", "x"]), inner)),
)))  # fmt: skip
def test_any_value_of_a_file_is_read_or_refused_in_words(value: object) -> None:
    criteria = read(value)
    if isinstance(criteria, str):
        assert len(criteria) > 10, "say what is wrong and what to write"
        return
    assert parse(criteria.text) == criteria


@pytest.mark.parametrize(
    "piece", ["(", "[", "<", "<1", "<1 or ", "1", " ", "a", "a-", "p(", "1:", "1..", "\"'", "and ", "=~ (", "%"]
)
def test_long_input_takes_no_long_time(piece: str) -> None:
    began = time.perf_counter()
    for size in (1000, 100_000):
        try:
            parse((piece * size)[:size])
        except ValueError:
            continue
    assert time.perf_counter() - began < 2, "reading must take a time that grows with the text alone"


FINITE = VALUES.filter(math.isfinite)
"""A limit is finite: nothing else can be written."""
SETS = st.recursive(
    st.one_of(
        st.builds(lambda a, b: Intervals.between(*sorted((a, b))), VALUES, VALUES),
        st.builds(lambda a, closed: below(a, closed=closed), FINITE, st.booleans()),
        st.builds(lambda a, closed: above(a, closed=closed), FINITE, st.booleans()),
        st.just(Intervals()),
    ),
    lambda inner: st.one_of(
        st.builds(Intervals.union, inner, inner),
        st.builds(Intervals.intersection, inner, inner),
        st.builds(Intervals.complement, inner),
    ),
    max_leaves=6,
)


@given(SETS, SETS, VALUES)
def test_sets_of_values_are_joined_value_by_value(one: Intervals, other: Intervals, value: float) -> None:
    a, b = one.contains(value), other.contains(value)
    assert one.union(other).contains(value) is (a or b)
    assert one.intersection(other).contains(value) is (a and b)
    assert one.complement().contains(value) is not a
    assert not (one.covers(other) and b and not a)
    assert one.overlaps(other) or not (a and b)
    assert not (one.is_empty and a)


@given(SETS, SETS)
def test_equal_sets_are_equal_values(one: Intervals, other: Intervals) -> None:
    assert one.complement().complement() == one
    assert one.union(other).complement() == one.complement().intersection(other.complement())
    assert (one.covers(other) and other.covers(one)) is (one == other)
