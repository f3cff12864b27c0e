"""Reminders: when, to whom, and never twice in one interval."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from builders import HEAD, NOW, a_person, a_policy, a_snapshot, a_standing, a_word
from golive.core.decide import Decision, decide
from golive.core.model import Nag, Role
from golive.core.rules import Escalation, Remind, RoleRule, Rules
from golive.policyfile.calendars import hours

HOUR = timedelta(hours=1)
ANA, BO, MO = (a_person(name) for name in ("ana", "bo", "mo"))
REMIND = Remind(after=4 * HOUR, every=24 * HOUR, escalate=Escalation(48 * HOUR, ("acme/managers",)))


def after(asked: timedelta, *nags: Nag, remind: Remind = REMIND, **more: Any) -> Decision:
    """The decision so long after sign-offs were asked for; @ana or @bo could sign, nobody has."""
    policy = a_policy(roles=[RoleRule("qa", ("@ana", "@bo"))], rules=Rules(remind=remind))
    words = more.pop("words", ())
    standing = a_standing(policy=policy, words=words, requests={HEAD.head_sha: NOW - asked}, nags=nags)
    special = {"escalate": Role("escalate", 1, (MO,))}
    return decide(a_snapshot(policy=policy, standing=standing, special=special, **more))


def reminded(decision: Decision) -> list[tuple[tuple[int, ...], bool]]:
    return [(nag.people, nag.escalated) for nag in decision.nags]


def test_nobody_is_reminded_before_it_is_time_and_then_it_is_said_when() -> None:
    early = after(3 * HOUR)
    assert not early.nags
    assert early.next_at is not None
    assert early.next_at <= NOW + HOUR


def test_who_could_still_sign_is_reminded_once() -> None:
    assert reminded(after(4 * HOUR)) == [((ANA.id, BO.id), False)]
    sent = Nag("qa", HEAD.head_sha, (ANA.id, BO.id), NOW - HOUR)
    assert not after(5 * HOUR, sent).nags
    assert reminded(after(30 * HOUR, Nag("qa", HEAD.head_sha, (ANA.id,), NOW - 25 * HOUR))) == [
        ((ANA.id, BO.id), False)
    ]


def test_who_is_looking_or_abstains_is_not_reminded() -> None:
    words = (a_word("looking", by="ana"), a_word("abstain", by="bo"))
    assert not after(5 * HOUR, words=words).nags
    assert reminded(after(5 * HOUR, words=words[:1])) == [((BO.id,), False)]


def test_nobody_is_reminded_twice_in_one_interval_whatever_it_is_about() -> None:
    elsewhere = {ANA.id: NOW - HOUR}
    assert reminded(after(5 * HOUR, nagged=elsewhere)) == [((BO.id,), False)]
    assert not after(5 * HOUR, nagged={ANA.id: NOW - HOUR, BO.id: NOW - 2 * HOUR}).nags


def test_after_a_while_somebody_else_is_told_once() -> None:
    before = Nag("qa", HEAD.head_sha, (ANA.id, BO.id), NOW - HOUR)
    assert reminded(after(48 * HOUR, before)) == [((MO.id,), True)]
    told = Nag("qa", HEAD.head_sha, (MO.id,), NOW - HOUR, escalated=True)
    assert not after(49 * HOUR, before, told).nags


@pytest.mark.parametrize(("minutes", "due"), [(241, False), (240, True)])
def test_only_working_time_counts(minutes: int, due: bool) -> None:
    """NOW is a Wednesday noon in UTC, 13:00 in Berlin: the day began four working hours ago."""
    working = Remind(after=timedelta(minutes=minutes), hours=hours("Mon-Fri 09:00-17:00 Europe/Berlin"))
    asked = timedelta(hours=14)
    assert bool(after(asked, remind=working).nags) is due
    asleep = Remind(after=HOUR, hours=hours("Mon-Fri 15:00-17:00 Europe/Berlin"))
    waits = after(timedelta(hours=3), remind=asleep)
    assert not waits.nags
    assert waits.next_at is not None
    assert waits.next_at <= NOW + 3 * HOUR
