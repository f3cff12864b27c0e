"""When a person may be disturbed: their clock, do-not-disturb, a snooze; tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders import a_standing, a_word
from golive.core.errors import NotUnderstood
from golive.core.model import Ruling
from golive.core.presence import SNOOZE, Presence, free_at, snoozed, span_of
from golive.policyfile.calendars import hours

WED = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN, NEW_YORK = Presence(3600), Presence(-5 * 3600)


@pytest.mark.parametrize(
    ("presence", "policy", "at", "free"),
    [
        (None, "", WED, WED),
        (None, "Mon-Fri 14:00-17:00 UTC", WED, WED + 2 * HOUR),
        (BERLIN, "", WED, WED),
        (NEW_YORK, "", WED, WED + 2 * HOUR),
        (NEW_YORK, "Mon-Fri 10:00-12:00 Europe/Berlin", WED, WED + 3 * HOUR),
        (BERLIN, "", WED + 5 * HOUR, WED + 20 * HOUR),
        (Presence(), "Mon-Fri 14:00-17:00 UTC", WED, WED + 2 * HOUR),
        (Presence(3600, WED - HOUR, WED + HOUR), "", WED, WED + HOUR),
        (Presence(3600, WED + HOUR, WED + 2 * HOUR), "", WED, WED),
        (Presence(3600, WED - HOUR, WED + 6 * HOUR), "", WED, WED + 20 * HOUR),
        (BERLIN, "", WED - 24 * HOUR, WED),
    ],
)
def test_somebody_is_disturbed_when_they_work_and_want_to_be(
    presence: Presence | None, policy: str, at: datetime, free: datetime
) -> None:
    assert free_at(at, WED, presence, hours(policy) if policy else None, None) == free


def test_a_snooze_moves_it_into_the_next_working_hours() -> None:
    assert free_at(WED, WED, BERLIN, None, WED + 2 * HOUR) == WED + 2 * HOUR
    assert free_at(WED, WED, BERLIN, None, WED + 9 * HOUR) == WED + 20 * HOUR


@pytest.mark.parametrize(
    ("text", "span"), [("", SNOOZE), ("4h", 4 * HOUR), ("90m", 1.5 * HOUR), ("2d", 48 * HOUR), ("7 d", 168 * HOUR)]
)
def test_a_snooze_is_read(text: str, span: timedelta) -> None:
    assert span_of(a_word("snooze", text=text)) == span


@pytest.mark.parametrize("text", ["8d", "0h", "for ever", "4", "-1h", "²h"])
def test_a_snooze_that_cannot_be_read_says_how_to_write_it(text: str) -> None:
    with pytest.raises(NotUnderstood, match="snooze 4h"):
        span_of(a_word("snooze", text=text))


def test_the_latest_snooze_that_was_taken_counts() -> None:
    words = [a_word("snooze", text="4h", at=WED), a_word("snooze", text="1h", at=WED + HOUR)]
    refused = a_word("snooze", text="7d", at=WED + 2 * HOUR)
    rulings = {refused.key: Ruling(refused.key, False, "no")}
    standing = a_standing(words=(*words, refused))
    standing = replace(standing, rulings={**standing.rulings, **rulings})
    assert snoozed(standing) == {words[0].person.id: WED + 2 * HOUR}
