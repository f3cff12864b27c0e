"""What a thread is told next: together what came together, so many replies an hour, and then a digest."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW
from golive.core.model import Fact
from golive.core.thread import HOUR, LINES, PER_HOUR, Told, next_reply, span, told, untold

MINUTE = timedelta(minutes=1)


def facts(*numbers: int, to: tuple[int, ...] = ()) -> tuple[Fact, ...]:
    return tuple(Fact(f"word:{n}", f"fact {n}", n, to) for n in numbers)


def a_reply(first: int, last: int, minutes_ago: float, *, digest: bool = False) -> Told:
    name = f"digest:{first}" if digest else f"facts:{first}-{last}"
    return Told(name, first, last, NOW - timedelta(minutes=minutes_ago), digest)


def test_one_fact_is_one_reply_in_its_own_words() -> None:
    reply = next_reply(facts(3), [], NOW)
    assert reply is not None
    assert (reply.name, reply.text) == ("facts:3-3", "fact 3")


def test_facts_that_come_together_are_one_reply_with_a_line_for_each() -> None:
    reply = next_reply(facts(9, 3, 5), [a_reply(1, 2, 5)], NOW)
    assert reply is not None
    assert (reply.name, reply.text) == ("facts:3-9", "• fact 3\n• fact 5\n• fact 9")


def test_nothing_is_told_twice() -> None:
    assert next_reply(facts(1, 2, 3), [a_reply(1, 2, 600), a_reply(3, 3, 599)], NOW) is None


def test_a_reply_to_one_fact_of_an_older_golive_counts_as_told() -> None:
    earlier = told("fact:word:7", NOW, 0)
    assert earlier is not None
    assert untold(facts(7, 8), [earlier]) == facts(8)


def test_of_very_many_facts_the_first_are_told_and_the_others_counted() -> None:
    reply = next_reply(facts(*range(1, LINES + 8)), [], NOW)
    assert reply is not None
    assert reply.text.count("• fact") == LINES
    assert "… and 7 more; the message above shows how it stands now." in reply.text


def test_whoever_a_fact_is_for_is_notified_once() -> None:
    reply = next_reply((*facts(1, to=(5, 6)), *facts(2, to=(6,))), [], NOW)
    assert reply is not None
    assert reply.to == (5, 6)


def test_the_last_reply_of_an_hour_is_a_digest_that_counts_on_in_place() -> None:
    full = [a_reply(n, n, 50 - n) for n in range(1, PER_HOUR)]
    first = next_reply(facts(*range(1, 33)), full, NOW)
    assert first is not None
    assert (first.name, first.edits) == ("digest:30", False)
    assert first.text == "3 more changes; the message above shows how it stands now."
    stands = a_reply(30, first.last, 0, digest=True)
    then = next_reply(facts(*range(1, 36)), [*full, stands], NOW + MINUTE)
    assert then is not None
    assert (then.name, then.edits, then.counted, then.last) == ("digest:30", True, 6, 35)
    assert next_reply(facts(*range(1, 36)), [*full, a_reply(30, 35, 0, digest=True)], NOW + 9 * MINUTE) is None


def test_after_the_hour_it_is_told_again() -> None:
    full = [a_reply(n, n, 50 - n) for n in range(1, PER_HOUR)]
    later = next_reply(facts(*range(1, 37)), [*full, a_reply(30, 35, 0, digest=True)], NOW + 2 * HOUR)
    assert later is not None
    assert (later.name, later.text) == ("facts:36-36", "fact 36")


def test_names_of_other_slots_are_no_replies() -> None:
    assert [told(name, NOW, 0) for name in ("chat-root", "chat-request:abc", "facts:x", "issue:facts:1-2")] == [
        None
    ] * 4
    assert (span("facts:3-9"), span("digest:4"), span("fact:nag:12"), span("sticky")) == (
        (3, 9),
        (4, 4),
        (12, 12),
        None,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), min_size=1, max_size=60))
def test_every_fact_is_told_or_counted_once_and_no_hour_has_more_replies_than_allowed(
    waves: list[tuple[int, int]],
) -> None:
    """waves: how many facts come, and how many minutes pass before them."""
    replies: dict[str, Told] = {}
    known: list[Fact] = []
    now, made = NOW, []
    for come, minutes in waves:
        now += timedelta(minutes=minutes)
        known += facts(*range(len(known), len(known) + come))
        reply = next_reply(known, list(replies.values()), now)
        if reply is None:
            continue
        assert reply.edits == (reply.name in replies)
        earlier = replies.get(reply.name)
        first = span(reply.name)
        assert first is not None
        at = earlier.at if earlier else now
        replies[reply.name] = Told(reply.name, first[0], reply.last, at, reply.name.startswith("digest"))
        made += [] if earlier else [now]
        assert sum(now - at < HOUR for at in made) <= PER_HOUR
        assert untold(known, list(replies.values())) == ()
        told_now = [n for one in replies.values() for n in range(one.first, one.last + 1)]
        assert len(told_now) == len(set(told_now)), "a fact is in two replies"


def test_whom_a_fact_is_for_is_mentioned_though_it_is_only_counted() -> None:
    full = [a_reply(n, n, 10) for n in range(1, PER_HOUR)]
    reminder = facts(30, to=(7,))
    digest = next_reply([*facts(*range(1, 30)), *reminder], full, NOW)
    assert digest is not None
    assert (digest.facts, digest.to) == ((), (7,))
    stands = [*full, a_reply(30, 30, 0, digest=True)]
    more = next_reply([*facts(*range(1, 30)), *reminder, *facts(31, to=(8,))], stands, NOW)
    assert more is not None
    assert (more.edits, more.to) == (True, (7, 8)), "an edited digest forgets whom it mentioned"
    at_once = next_reply([*facts(*range(1, LINES + 1)), *facts(LINES + 1, to=(9,))], [], NOW)
    assert at_once is not None
    assert at_once.to == (9,)
