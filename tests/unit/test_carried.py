"""What a run without a database leaves for the next one: read back whole, and worth nothing once anybody touched it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.core import carried, ledger
from golive.core.carried import Carried, Stamp, Superseded
from golive.core.ledger import Entry
from golive.core.model import CheckResult, Finding, Outcome, Person, Revision, Subject, Surface, Word

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
KEY = "a key of thirty-two characters.."
HERE = Subject("github.com", 42, 7)
A, B, C = "a" * 40, "b" * 40, "c" * 40


def numbered(*entries: Entry) -> tuple[Entry, ...]:
    return tuple(Entry(e.kind, e.key, e.at, e.body, n) for n, e in enumerate(entries, 1))


def a_record(text: str = "approve qa") -> tuple[Entry, ...]:
    word = Word("comment:1:0", Person(5, "mina"), Surface.COMMENT, "approve", NOW, text)
    return numbered(
        ledger.became_release("production", "main", NOW), ledger.was_shown(Revision(A, "t" * 40, "main"), NOW, 0),
        ledger.said(word), ledger.asked_for(A, NOW),
    )  # fmt: skip


@given(text=st.text(max_size=200), counter=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_whatever_people_said_is_read_back_as_it_was_and_ends_no_comment(text: str, counter: int) -> None:
    state = Carried(counter, a_record(text.encode("utf-8", "replace").decode()))
    block = carried.block(KEY, HERE, state)
    assert block.count("-->") == 1, "nothing in it ends the comment that hides it"
    assert carried.read(KEY, HERE, f"anything\n{block}\nmore") == (state, "")


@pytest.mark.parametrize(
    ("key", "subject", "change"),
    [
        ("another key of thirty-two chars.", HERE, ("", "")),
        (KEY, Subject("github.com", 42, 8), ("", "")),
        (KEY, Subject("github.com", 43, 7), ("", "")),
        (KEY, Subject("ghe.acme.org", 42, 7), ("", "")),
        (KEY, HERE, ("golive-state:1 3 ", "golive-state:1 4 ")),
        (KEY, HERE, ("1 3 eN", "1 3 eM")),
    ],
    ids=["another key", "another pull request", "another repository", "another host", "counter", "content"],
)
def test_one_of_another_key_place_counter_or_content_does_not_count(
    key: str, subject: Subject, change: tuple[str, str]
) -> None:
    block = carried.block(KEY, HERE, Carried(3, a_record())).replace(*change)
    state, why = carried.read(key, subject, block)
    assert state is None
    assert "not written with this key" in why


def test_a_comment_without_one_says_nothing_and_the_last_of_two_is_ours() -> None:
    assert carried.read(KEY, HERE, "Hello <!-- golive-state:1 -->") == (None, "")
    old, new = (carried.block(KEY, HERE, Carried(n, a_record())) for n in (1, 2))
    state, _ = carried.read(KEY, HERE, f"{old} text {new}")
    assert state is not None
    assert state.counter == 2, "ours is written last: an earlier one in the text was quoted by somebody"


def test_of_results_the_newest_and_of_decisions_the_last_are_carried_in_brief() -> None:
    def found(attempt: int, said: str) -> Entry:
        finding = Finding("ci", Outcome.PASSED, said, taken_at=NOW)
        return ledger.found(CheckResult(finding, A, "d", attempt), NOW)

    decision = {"verdict": "WAIT", "headline": "…", "snapshot": {"huge": "x"}, "decision": {"reasons": [], "more": 1}}
    record = numbered(
        found(1, "slow"), ledger.decided(decision, NOW, 1), found(2, "fine"), ledger.decided(decision, NOW, 3), found(3, "fine"),
        ledger.stirred("check_run", "this run", NOW),
    )  # fmt: skip
    kept = carried.worth(record)
    assert [e.seq for e in kept] == [3, 4], "what was found again as it was is carried once"
    again = carried.worth(numbered(*record, ledger.decided(decision, NOW, 9)))
    assert carried.steady(kept, again) == kept, "a decision that says no other thing leaves the same"
    assert "snapshot" not in kept[-1].body
    assert ledger.fold(kept).last_verdict == "WAIT"


def test_a_record_too_long_for_a_comment_is_carried_without_what_is_looked_at_once_more() -> None:
    def noise(number: int) -> str:
        return "".join(sha256(f"{number} {n}".encode()).hexdigest() for n in range(20))

    results = [
        ledger.found(CheckResult(Finding(f"c{n}", Outcome.FAILED, noise(n), taken_at=NOW), A, "d", 1), NOW)
        for n in range(80)
    ]
    kept = carried.fitting(numbered(*a_record(), *results))
    assert [e.kind for e in kept] == ["release", "shown", "word", "request"]
    assert len(carried.block(KEY, HERE, Carried(1, kept))) <= carried.MOST + 200


def url(counter: int, entries: tuple[Entry, ...] = (), number: int = 7) -> str:
    return carried.stamped(
        "https://github.com/acme/shop/pull/7", [Stamp(number, counter, carried.digest(entries), "0" * 8)]
    )


RECORD = a_record()
STATE = Carried(3, RECORD)
GONE = carried.superseded(url(3, RECORD), HERE, 4, B)
EIGHT = replace(HERE, number=8)
CROWDED = carried.stamped("https://x/pull/90", [Stamp(n, 1, carried.NOTHING, "0" * 8) for n in range(40, 100)])


@pytest.mark.parametrize(
    ("head", "here", "there", "counts"),
    [
        (A, url(3, RECORD), None, True),
        (A, url(2), None, True),
        (A, url(4), None, False),
        (A, url(3, numbered(ledger.asked_for(B, NOW))), None, False),
        (A, url(9, number=8), None, False),
        (A, None, None, True),
        (A, GONE, None, False),
        (B, None, url(3, RECORD), True),
        (B, None, url(4), False),
        (B, None, GONE, True),
        (C, None, GONE, False),
        (B, url(4), GONE, False),
        (B, url(9, number=8), url(3, RECORD), True),
        (B, CROWDED, url(3, RECORD), False),
        (A, carried.superseded(url(3, RECORD), EIGHT, 4, B), None, True),
    ],
    ids=[
        "the newest", "written, and not yet published", "an older one", "the same number, of another record",
        "the head shows another pull request's", "nothing is published", "back on a head that another came after",
        "pushed since", "pushed since, and older", "pushed since, and the run was cut off", "a head between was shown",
        "the new head shows a newer one", "pushed to what another pull request shows",
        "pushed to what so many show that some are not named", "another pull request with this head was pushed away",
    ],
)  # fmt: skip
def test_only_the_newest_state_counts(head: str, here: str | None, there: str | None, counts: bool) -> None:
    why = carried.put_back(STATE, HERE, head, A, here, there)
    assert (why == "") is counts, why


def test_stamps_are_read_back_and_nothing_else_is() -> None:
    stamps = (Stamp(7, 3, "0123456789ab", "deadbeef", "1001"), Stamp(8, 0, carried.NOTHING, "00000000", "f"))
    address = carried.stamped("https://x/pull/7", stamps)
    assert carried.stamps(address) == {7: stamps[0], 8: stamps[1]}
    assert carried.stamps(carried.superseded(address, HERE, 3, B)) == {7: Superseded(7, 3, B), 8: stamps[1]}
    assert carried.stamps("https://x/pull/7#issuecomment-1") == {}
    assert carried.stamps("https://x/pull/7#golive-7.x.y.z") == {}
