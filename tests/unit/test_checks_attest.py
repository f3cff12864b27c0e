"""What the kind `attest` makes of people's words, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.attest import AttestCheck, Said
from golive.core.model import Outcome, Person, Strength
from golive.ports import Attestation, Look

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
        ({"max_age": 90}, "max_age", "with its unit"),
        ({"max_age": "90"}, "max_age", "with its unit"),
        ({"max_age": ""}, "max_age", "with its unit"),
        ({"max_age": "P"}, "max_age", "with its unit"),
        ({"max_age": "0d"}, "max_age", "longer than nothing"),
        ({"max_age": "-1d"}, "max_age", "with its unit"),
        ({"max_age": "1000000d"}, "max_age", "with its unit"),
        ({"by": "@ann"}, "by", "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [(place,)], mistakes
    assert says in mistakes[0]["msg"]


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
