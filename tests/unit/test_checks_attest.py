"""What the kind `attest` makes of people's words, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.attest import AttestCheck, Said
from golive.core.model import Outcome, Person, Strength
from golive.ports import Attestation, Look
from kind_pages import example_of, unexplained

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
REPORT = "https://wiki.example/drill/7"
HERE = "https://github.example/pull/7#c1"


def a_check(**options: Any) -> AttestCheck:
    """A drill that operations must have held."""
    return AttestCheck.model_validate({"role": "operations", "statement": "Disaster recovery was drilled", **options})


def a_word(
    days_ago: float = 3, text: str = "", by: str = "ops-ann", entitled: bool = True, at: datetime | None = None
) -> Attestation:
    """What somebody attested so many days ago."""
    return Attestation(Person(len(by), by), at or NOW - timedelta(days=days_ago), text, HERE, entitled)


STRANGER = a_word(1, REPORT, by="eve", entitled=False)


@pytest.mark.parametrize(
    ("options", "words", "outcome", "says"),
    [
        pytest.param({}, [], "pending", "Waiting for operations to attest: Disaster recovery was drilled", id="nobody"),
        pytest.param({}, [a_word()], "passed", "@ops-ann attested: Disaster", id="a word"),
        pytest.param({}, [a_word(89.9)], "passed", "", id="just young enough"),
        pytest.param({}, [a_word(90)], "failed", "at most 90 d", id="exactly too old"),
        pytest.param({}, [a_word(94)], "failed", "Attested 94 d ago by @ops-ann, at most 90 d", id="too old"),
        pytest.param({}, [a_word(94), a_word(1, by="bo")], "passed", "@bo", id="attested anew"),
        pytest.param({}, [a_word(1, by="bo"), a_word(94)], "passed", "@bo", id="attested anew, in any order"),
        pytest.param({}, [a_word(-0.001)], "passed", "", id="a clock that is a little ahead"),
        pytest.param({}, [STRANGER], "pending", "Waiting for operations", id="somebody else says who could"),
        pytest.param(
            {}, [STRANGER], "pending", "@eve attested it without filling the role", id="somebody else is named"
        ),
        pytest.param({}, [STRANGER, a_word(94)], "failed", "94 d ago", id="somebody else does not renew"),
        pytest.param({}, [STRANGER, a_word()], "passed", "@ops-ann", id="somebody else does not spoil"),
        pytest.param({"evidence": "url"}, [a_word()], "pending", "@ops-ann attested it without a link", id="no link"),
        pytest.param({"evidence": "url"}, [], "pending", "and a link to the evidence", id="asks for a link"),
        pytest.param({"evidence": "url"}, [a_word(text=f"see {REPORT}.")], "passed", "", id="a link"),
        pytest.param({"evidence": "url"}, [a_word(text="see ftp://a.example/x")], "pending", "link", id="not http"),
        pytest.param({"evidence": "url"}, [a_word(text="https:// soon")], "pending", "link", id="a link to nowhere"),
        pytest.param(
            {"evidence": "url"}, [a_word(5, REPORT), a_word(1)], "passed", "", id="a bare word does not unsay"
        ),
        pytest.param(
            {"evidence": "url"}, [a_word(95, REPORT), a_word(1)], "pending", "link", id="renewed without link"
        ),
        pytest.param({"evidence": "url"}, [a_word(95, REPORT)], "failed", "95 d ago", id="old with link"),
        pytest.param({"evidence": "url"}, [a_word(95)], "pending", "Waiting", id="old without link was never complete"),
        pytest.param({"max_age": "12h"}, [a_word(0.4)], "passed", "", id="hours"),
        pytest.param(
            {"max_age": "12h"}, [a_word(0.6)], "failed", "14 h ago by @ops-ann, at most 12 h", id="hours, old"
        ),
    ],
)
def test_the_newest_complete_word_of_somebody_who_may_decides(
    options: dict[str, Any], words: list[Attestation], outcome: str, says: str
) -> None:
    finding = a_check(**options).judge(Said(NOW, words))
    assert (finding.outcome, finding.strength) == (Outcome(outcome), Strength.ATTESTED), finding.summary
    assert says in finding.summary


@pytest.mark.parametrize("days_ago", [0, 3, 89])
def test_it_holds_until_the_word_is_too_old_and_no_longer(days_ago: int) -> None:
    word = a_word(days_ago)
    until = a_check().judge(Said(NOW, [word])).valid_until
    assert until == word.at + timedelta(days=90)
    assert a_check().judge(Said(until - timedelta(seconds=1), [word])).outcome is Outcome.PASSED
    assert a_check().judge(Said(until, [word])).outcome is Outcome.FAILED


ANN, BO, CY = (a_word(days, by=by) for days, by in ((3, "ann"), (5, "bobo"), (95, "cy")))
"""Three people; a_word gives each a number by the length of their name. Cy's word is too old."""


@pytest.mark.parametrize(
    ("words", "outcome", "says"),
    [
        pytest.param([ANN, BO], "passed", "@ann and @bobo attested: Disaster", id="two people"),
        pytest.param([BO, ANN], "passed", "@ann and @bobo attested", id="in any order"),
        pytest.param([ANN], "pending", "2 people are needed; so far @ann did", id="one"),
        pytest.param([], "pending", "2 people are needed; so far nobody did", id="none"),
        pytest.param([ANN, a_word(1, by="ann")], "pending", "so far @ann did", id="one person twice is one"),
        pytest.param([ANN, CY], "failed", "Attested 95 d ago by @cy", id="one of two too old"),
        pytest.param([ANN, CY, BO], "passed", "@ann and @bobo", id="the newest two count"),
        pytest.param([ANN, STRANGER], "pending", "@eve attested it without filling the role", id="a stranger"),
    ],
)
def test_several_people_are_different_people(words: list[Attestation], outcome: str, says: str) -> None:
    finding = a_check(min_people=2).judge(Said(NOW, words))
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says in finding.summary


def test_several_people_hold_as_long_as_the_oldest_of_them() -> None:
    finding = a_check(min_people=2).judge(Said(NOW, [ANN, BO]))
    assert finding.valid_until == BO.at + timedelta(days=90)
    assert finding.expected == "attested by 2 people of operations within 90 d"


def test_people_out_of_a_file_are_told_apart_by_their_names() -> None:
    words = [Attestation(Person(0, name), NOW, "", HERE, True) for name in ("ann", "Ann", "bo")]
    assert a_check(min_people=2).judge(Said(NOW, words)).outcome is Outcome.PASSED
    assert a_check(min_people=2).judge(Said(NOW, words[:2])).outcome is Outcome.PENDING


@pytest.mark.parametrize(
    ("text", "outcome", "measures"),
    [
        ("nps=4.2 adoption=55%", "passed", [("nps", 4.2, ""), ("adoption", 55, "%")]),
        ("it is NPS=4.2, and adoption=55%.", "passed", [("nps", 4.2, ""), ("adoption", 55, "%")]),
        ("nps=3 nps=4.2 adoption=-5%", "passed", [("nps", 4.2, ""), ("adoption", -5, "%")]),
        ("nps=4.2", "pending", []),
        ("nps=high adoption=55%", "pending", []),
        ("nps= 4 adoption=55%", "pending", []),
        ("turnips=4.2 adoption=55%", "pending", []),
        ("?x&nps=4.2 adoption=55%", "passed", [("nps", 4.2, ""), ("adoption", 55, "%")]),
        ("", "pending", []),
    ],
)
def test_figures_are_read_out_of_the_words(text: str, outcome: str, measures: list[tuple[str, float, str]]) -> None:
    check = a_check(measured=["nps", "adoption"], measurement="Survey of week 3")
    finding = check.judge(Said(NOW, [a_word(text=text)]))
    assert finding.outcome is Outcome(outcome), finding.summary
    assert [(one.name, one.value, one.unit) for one in finding.measures] == measures
    assert "Survey of week 3" in finding.expected
    assert check.measures == {"*": ""}


def test_a_figure_that_lacks_is_asked_for() -> None:
    check = a_check(measured="nps", measurement="Survey of week 3")
    said = check.judge(Said(NOW, [a_word(text="fine")])).summary
    assert "attest: Disaster recovery was drilled (Survey of week 3)." in said
    assert "with this check's id and `nps=…`" in said
    assert "@ops-ann attested it without the figure `nps=…`" in said
    assert "nps 4.2" in check.judge(Said(NOW, [a_word(text="nps=4.2")])).summary


def test_a_claim_in_words_is_never_evaluated() -> None:
    finding = a_check(measurement="NPS > 4.0").judge(Said(NOW, [a_word(text="nps=1")]))
    assert (finding.outcome, finding.measures) == (Outcome.PASSED, ())
    assert a_check(measurement="NPS > 4.0").measures == {}


@pytest.mark.parametrize(
    ("frequency", "days"), [("annually", 366), ("quarterly", 92), ("weekly", 7), ("every3days", 3)]
)
def test_names_of_saf_are_understood(frequency: str, days: int) -> None:
    assert a_check(frequency=frequency).max_age == timedelta(days=days)
    assert a_check(frequency=frequency).canonical() == a_check(max_age=f"{days}d").canonical()
    assert AttestCheck.also["explanation"] == "statement"


def test_the_reference_page_is_true() -> None:
    drill, survey = example_of(AttestCheck)
    assert (drill.options.measures, survey.options.measures) == ({}, {"*": ""})
    assert unexplained(AttestCheck) == []


def test_waiting_says_how_to_end_it() -> None:
    assert "Say `/golive attest` with this check's id" in a_check().judge(Said(NOW, [])).summary
    assert "Say `/golive attest` with this check's id" in a_check().judge(Said(NOW, [a_word(94)])).summary


def test_the_source_is_the_evidence_or_else_the_word_itself() -> None:
    assert a_check().judge(Said(NOW, [a_word(text=f"done ({REPORT}).")])).source == REPORT
    assert a_check().judge(Said(NOW, [a_word(text="done")])).source == HERE


def test_only_the_look_is_read() -> None:
    look = Look(http=None, forge=None, now=NOW, attestations=[a_word()])  # type: ignore[arg-type]  # must not be touched
    assert a_check().judge(a_check().collect(look)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"role": "Ops Team"}, "role", "pattern"),
        ({"role": ""}, "role", "pattern"),
        ({"statement": ""}, "statement", "at least 1"),
        ({"statement": "   "}, "statement", "pattern"),
        ({"evidence": "file"}, "evidence", "'none' or 'url'"),
        ({"max_age": 90}, "max_age", "needs a unit"),
        ({"max_age": "90"}, "max_age", "needs a unit"),
        ({"max_age": ""}, "max_age", "expected a duration"),
        ({"max_age": "P"}, "max_age", "expected a duration"),
        ({"max_age": "0d"}, "max_age", "is zero"),
        ({"max_age": "-1d"}, "max_age", "expected a duration"),
        ({"max_age": "1000000d"}, "max_age", "longer than 3650 days"),
        ({"by": "@ann"}, "by", "not permitted"),
        ({"min_people": 0}, "min_people", "greater than or equal to 1"),
        ({"measurement": " "}, "measurement", "pattern"),
        ({"measured": []}, "measured", "asserts nothing"),
        ({"measured": ["NPS"]}, "measured", "small letters"),
        ({"measured": ["nps", "nps"]}, "measured", "named once"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [(place,)], mistakes
    assert says in mistakes[0]["msg"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"frequency": "sometimes"}, "`frequency` is one of daily, every3days, weekly"),
        ({"frequency": "weekly", "max_age": "7d"}, "keep one"),
    ],
)
def test_a_frequency_that_is_none_or_too_many_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        a_check(**options)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90d", timedelta(days=90)),
        ("1h30m", timedelta(minutes=90)),
        ("45s", timedelta(seconds=45)),
        ("P7D", timedelta(days=7)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P1DT12H", timedelta(hours=36)),
    ],
)
def test_a_duration_is_read_with_its_unit(text: str, length: timedelta) -> None:
    assert a_check(max_age=text).max_age == length


def test_spellings_of_one_duration_are_one_canonical_text() -> None:
    assert a_check().canonical() == a_check(max_age="P90D").canonical() == a_check(max_age="2160h").canonical()
    assert a_check(max_age="91d").canonical() != a_check().canonical() != a_check(evidence="url").canonical()
