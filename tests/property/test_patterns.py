"""The automaton of `checks.patterns` answers as Python's `re` does, for every expression it takes."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from golive.core.patterns import checked_pattern, found

ATOMS = [
    "a",
    "b",
    "1",
    ".",
    r"\d",
    r"\W",
    r"\.",
    r"\n",
    r"\s",
    "[ab]",
    "[^a]",
    "[]b]",
    r"[\d-]",
    "^",
    "$",
    "{",
    "}",
    "-",
]


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.builds("{}{})".format, st.sampled_from(["(", "(?:"]), inner)
    counted = st.builds("{}{}{}".format, group, st.sampled_from(["*", "+", "?", "{2}", "{,2}", "{1,3}", "{2,}"]),
                        st.sampled_from(["", "?"]))  # fmt: skip
    return st.one_of(
        group,
        counted,
        st.builds("{}|{}".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
        st.builds("a{}b{}".format, st.sampled_from(["*", "+", "?", "{2}", "{0,2}?"]), inner),
    )


patterns = st.builds(
    "{}{}".format, st.sampled_from(["", "(?i)"]), st.recursive(st.sampled_from(ATOMS), _grown, max_leaves=6)
)
texts = st.text(alphabet="abA1.-{}\n ", max_size=8)


def refused(pattern: str) -> str:
    """Why a pattern is refused, or an empty text."""
    try:
        checked_pattern(pattern)
    except ValueError as error:
        return str(error) or "without a word"
    return ""


@settings(max_examples=500)
@example("$\\W", "\n")
@example("$^", "")
@given(patterns, texts)
def test_an_expression_occurs_if_and_only_if_re_finds_it(pattern: str, text: str) -> None:
    why = refused(pattern)
    if why:
        # Everything else drawn here is on offer.
        assert "not a regular expression" in why or "counts too far" in why, f"{pattern!r} should be taken: {why}"
    else:
        assert found(pattern, text) is (re.search(pattern, text) is not None)


@settings(max_examples=300)
@example("[[]", "[")
@example("[a&&", "a")
@example(r"[\[]", "[")
@given(st.text(alphabet="ab(|)[]^$*+?{}\\dbB1,.:P<>=!i-&~", max_size=12), texts)
def test_any_text_is_refused_in_a_sentence_or_answers_as_re_does(pattern: str, text: str) -> None:
    why = refused(pattern)
    assert why != "without a word"
    assert why or found(pattern, text) is (re.search(pattern, text) is not None)
