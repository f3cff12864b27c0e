"""Waivers by people's words: how they are said, who may, how many it takes, and that they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import a_check, a_policy, a_word, an_asking
from golive.core import waivers
from golive.core.authorise import rule
from golive.core.errors import NotUnderstood
from golive.core.model import Ruling, Severity, Standing, Word

TEXT = "coverage until 2026-12-31 the old module goes next month"


def waives(by: str = "ana", text: str = TEXT) -> Word:
    return a_word("waive", by=by, text=text)


def standing(*words: Word) -> Standing:
    return replace(Standing(), words=words, rulings={w.key: Ruling(w.key, True) for w in words})


def test_a_waiver_names_its_check_its_last_day_and_its_reason() -> None:
    waiver = waivers.read(waives())
    assert (waiver.check, waiver.reason, waiver.approver) == ("coverage", "the old module goes next month", "@ana")
    assert waiver.holds(waiver.expires - timedelta(seconds=1))
    assert not waiver.holds(waiver.expires)
    assert f"{waiver.expires:%Y-%m-%d}" == "2027-01-01", "the last day counts whole"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("coverage", "a last day"),
        ("coverage until tomorrow because", "a last day"),
        ("coverage until 2026-12-31", "a reason"),
        ("coverage until 2026-02-30 why not", "no day of the calendar"),
        ("coverage until 2026-03-03 too late", "must lie ahead"),
        ("coverage until 2030-01-01 for ever", "within 366 days"),
    ],
)
def test_a_waiver_that_cannot_be_read_says_how_to_write_one(text: str, says: str) -> None:
    with pytest.raises(NotUnderstood, match=says) as misread:
        waivers.read(waives(text=text))
    assert "/golive waive <check> until" in str(misread.value)


@pytest.mark.parametrize(
    ("severity", "people", "counts"),
    [
        (Severity.HIGH, ["ana"], True),
        (Severity.CRITICAL, ["ana"], False),
        (Severity.CRITICAL, ["ana", "ana"], False),
        (Severity.CRITICAL, ["ana", "bo"], True),
    ],
)
def test_a_critical_check_is_waived_by_two_people(severity: Severity, people: list[str], counts: bool) -> None:
    words = [replace(waives(by), key=f"{by}{n}", seq=n) for n, by in enumerate(people)]
    given = list(waivers.said(standing(*words), [a_check("coverage", severity=severity)], frozenset()))
    assert bool(given) is counts
    if len(set(people)) > 1:
        assert (given[0].requested_by, given[0].approver) == ("@ana", "@bo")


def test_a_word_that_is_gone_or_was_refused_waives_nothing() -> None:
    word = waives()
    check = a_check("coverage")
    assert not list(waivers.said(standing(word), [check], frozenset({word.key})))
    refused = replace(standing(word), rulings={word.key: Ruling(word.key, False)})
    assert not list(waivers.said(refused, [check], frozenset()))


@pytest.mark.parametrize(
    ("word", "permission", "says"),
    [
        (waives(), "write", "Only a maintainer"),
        (waives("mallory"), "admin", "You are the author"),
        (waives(text="covrage until 2026-12-31 x"), "admin", "There is no check"),
        (waives(text="coverage x"), "admin", "Use it as"),
    ],
)
def test_who_may_not_waive_is_told_who_could(word: Word, permission: str, says: str) -> None:
    ruling = rule(an_asking(word, permission=permission, policy=a_policy(checks=[a_check("coverage")])))
    assert not ruling.taken
    assert says in ruling.said


def test_a_maintainer_who_wrote_nothing_of_it_may_waive() -> None:
    ruling = rule(an_asking(waives(), permission="maintain", policy=a_policy(checks=[a_check("coverage")])))
    assert ruling.taken
    assert ruling.said.startswith("@ana waived coverage")
