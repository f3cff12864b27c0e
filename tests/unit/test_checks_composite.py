"""What the kind `composite` makes of other checks' findings. Add a rule by adding a row."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from golive.checks.attest import AttestCheck
from golive.checks.composite import CompositeCheck
from golive.checks.http import HttpCheck
from golive.core.model import Finding, Outcome, Strength
from golive.look.http import Http
from golive.policyfile import load
from golive.ports import Look
from kind_pages import page_of, unexplained
from machine import options, refusal, values

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SHORT = {
    "p": Outcome.PASSED, "f": Outcome.FAILED, "w": Outcome.WARNING, "s": Outcome.SKIPPED, "?": Outcome.UNKNOWN,
    "b": Outcome.BLOCKED, "v": Outcome.WAIVED, "n": Outcome.NOT_APPLICABLE, ".": Outcome.PENDING,
}  # fmt: skip
"""One letter per outcome, so that a row fits a line."""


def findings(outcomes: str) -> dict[str, Finding]:
    """Findings of c0, c1, …, one per letter."""
    return {f"c{n}": Finding(f"c{n}", SHORT[letter], f"it says {n}") for n, letter in enumerate(outcomes)}


def judged(outcomes: str, **given: Any) -> Finding:
    check = options(CompositeCheck, of=[f"c{n}" for n in range(len(outcomes))], **given)
    return check.judge(findings(outcomes))


ALL: dict[str, Any] = {}
TWO: dict[str, Any] = {"need": 2}
ANY: dict[str, Any] = {"any": True}


@pytest.mark.parametrize(
    ("given", "outcomes", "outcome"),
    [
        (ALL, "pp", "passed"), (ALL, "pf", "failed"), (ALL, "p?", "unknown"), (ALL, "p.", "pending"),
        (ALL, "pb", "unknown"), (ALL, "pv", "passed"), (ALL, "pw", "warning"), (ALL, "ww", "warning"),
        (ALL, "pn", "passed"), (ALL, "ps", "passed"), (ALL, "nn", "not_applicable"), (ALL, "ns", "not_applicable"),
        (ALL, "f.", "failed"), (ALL, "f?", "failed"), (ALL, "?.", "pending"), (ALL, "fb", "failed"),
        (ALL, "nf", "failed"), (ALL, "n?", "unknown"), (ALL, "w.", "pending"), (ALL, "w?", "unknown"),
        (TWO, "ppf", "passed"), (TWO, "pff", "failed"), (TWO, "pf?", "unknown"), (TWO, "pf.", "pending"),
        (TWO, "pp?", "passed"), (TWO, "pp.", "passed"), (TWO, "pwf", "warning"), (TWO, "pw.", "warning"),
        (TWO, "pw?", "warning"), (TWO, "pnf", "failed"), (TWO, "ppn", "passed"), (TWO, "pnn", "unknown"),
        (TWO, "fff", "failed"), (TWO, "f..", "pending"), (TWO, "f?.", "pending"), (TWO, "ff.", "failed"),
        (ANY, "pf", "passed"), (ANY, "ff", "failed"), (ANY, "p.", "passed"), (ANY, "f.", "pending"),
        (ANY, "f?", "unknown"), (ANY, "p?", "passed"), (ANY, "??", "unknown"), (ANY, "wf", "warning"),
        (ANY, "w.", "warning"), (ANY, "nf", "failed"), (ANY, "nn", "not_applicable"), (ANY, "bf", "unknown"),
    ],
)  # fmt: skip
def test_it_counts_what_holds(given: dict[str, Any], outcomes: str, outcome: str) -> None:
    finding = judged(outcomes, **given)
    assert finding.outcome is Outcome(outcome), finding.summary


@pytest.mark.parametrize("given", [ALL, TWO, {"need": 1}, {"need": 3}])
def test_what_could_not_tell_or_failed_never_counts(given: dict[str, Any]) -> None:
    needed = given.get("need", 3)
    for letters in product("pfw?bvns.", repeat=3):
        finding = judged("".join(letters), **given)
        held = sum(letter in "pwv" for letter in letters)
        left = sum(letter not in "ns" for letter in letters)
        enough = held >= (needed if given else left)
        if finding.outcome in (Outcome.PASSED, Outcome.WARNING):
            assert enough, letters
        if finding.outcome is Outcome.FAILED:
            assert not enough, letters
            better = "".join("p" if letter in "?b." else letter for letter in letters)
            assert judged(better, **given).outcome in (Outcome.FAILED, Outcome.UNKNOWN), letters
        if "." not in letters:
            assert finding.outcome is not Outcome.PENDING


def test_one_more_that_holds_never_makes_it_worse() -> None:
    order = [Outcome.FAILED, Outcome.UNKNOWN, Outcome.PENDING, Outcome.WARNING, Outcome.PASSED]
    for letters in product("pfw?b.", repeat=3):
        before = order.index(judged("".join(letters), need=2).outcome)
        for place in range(3):
            mended = "".join("p" if at == place else letter for at, letter in enumerate(letters))
            after = judged(mended, need=2).outcome
            assert order.index(after) >= before or {order[before], after} == {Outcome.PENDING, Outcome.UNKNOWN}, (
                letters,
                mended,
            )


@pytest.mark.parametrize(
    ("strengths", "outcomes", "weakest"),
    [
        (["probe", "probe"], "pp", "probe"),
        (["probe", "attested"], "pp", "attested"),
        (["probe", "document", "imported"], "ppp", "document"),
        (["probe", "document"], "pf", "probe"),
        (["probe", "document"], "ff", "document"),
    ],
)
def test_it_is_as_strong_as_the_weakest_that_counts(strengths: list[str], outcomes: str, weakest: str) -> None:
    parts = {
        f"c{n}": Finding("", SHORT[letter], "", strength=Strength(strength))
        for n, (letter, strength) in enumerate(zip(outcomes, strengths, strict=True))
    }
    assert options(CompositeCheck, of=list(parts)).judge(parts).strength is Strength(weakest)


def test_it_holds_as_long_as_all_that_counts() -> None:
    parts = findings("ppf")
    dated = {
        name: Finding("", part.outcome, "", valid_until=NOW + timedelta(days=days))
        for (name, part), days in zip(parts.items(), (9, 5, 1), strict=True)
    }
    finding = options(CompositeCheck, of=list(parts), need=2).judge(dated)
    assert (finding.outcome, finding.valid_until) == (Outcome.PASSED, NOW + timedelta(days=5))


def test_everybody_who_does_not_hold_is_named() -> None:
    finding = judged("pf?w.bsn", need=7)
    assert finding.summary == (
        "2 of 6 hold, 7 are needed: c1 failed, c2 could not tell, c3 warned, c4 is not decided, c5 was not run"
    )
    assert [detail.text for detail in finding.details][:2] == ["c1 failed: it says 1", "c2 could not tell: it says 2"]
    assert [detail.outcome for detail in finding.details] == [SHORT[letter] for letter in "f?w.bsn"]
    assert finding.expected == "7 of c0, c1, c2, c3, c4, c5, c6, c7"
    assert finding.source == "checks c0, c1, c2, c3, c4, c5, c6, c7"


def test_how_many_hold_is_measured() -> None:
    finding = judged("ppfn")
    assert values(finding) == {"held": 2, "share": pytest.approx(66.67, abs=0.01)}
    assert values(judged("nn")) == {"held": 0}
    assert {one.name: one.unit for one in finding.measures} == dict(CompositeCheck.measures)
    assert options(CompositeCheck, of=["a", "b"]).bounds()["held"] == (0, 2)


def test_without_findings_it_cannot_tell() -> None:
    check = options(CompositeCheck, of=["a", "b"])
    collected = check.collect(Look(Http(), None, NOW))
    finding = check.judge(collected)
    assert (finding.outcome, finding.summary) == (Outcome.UNKNOWN, "There is no finding of a, b")
    assert check.judge({"a": Finding("a", Outcome.PASSED, "")}).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"of": []}, "at least 1"),
        ({}, "of: Field required"),
        ({"of": ["a", "b", "a"]}, "a is named twice"),
        ({"of": ["A B"]}, "pattern"),
        ({"of": ["a"], "need": 2}, "can never be met"),
        ({"of": ["a"], "need": 0}, "greater than or equal to 1"),
        ({"of": ["a"], "need": 1, "any": True}, "keep one"),
        ({"of": ["a"], "need": "all"}, "valid integer"),
        ({"of": ["a"], "weights": {}}, "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_a_sentence(given: dict[str, Any], says: str) -> None:
    assert says in refusal(CompositeCheck, given)


def test_the_reference_page_is_true() -> None:
    kinds = {kind.kind: kind for kind in (CompositeCheck, HttpCheck, AttestCheck)}
    example = textwrap.dedent(page_of(CompositeCheck).partition("Example:\n")[2].partition("Outcomes:")[0])
    text = f"""version: 1
project: Shop
releases: [{{name: production, base: main, head: ["release/**"], target: https://shop.example.com}}]
signoffs: [{{group: all, roles: [{{role: operations, from: ["@mona"]}}]}}]
checks:{textwrap.indent(example, "  ")}"""
    *_, check = load(text, kinds).releases[0].checks
    assert check.options.of_checks() == ("answers", "drilled")
    assert unexplained(CompositeCheck) == []
