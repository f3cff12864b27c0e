"""Any one change of a chain's rows is found, and a chain that nobody touched holds. Add a kind of change as one row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from golive.core import ledger
from golive.core.chain import Link, faults, noted, says
from golive.core.ledger import GENESIS
from golive.core.model import Subject

SHOP = Subject("github.test", 42, 7)
Chain = list[Link]


def a_chain(*bodies: dict[str, Any], bare: bool = False) -> Chain:
    """The rows of a release whose entries say this. bare: without bodies, as an export has them."""
    made, prev = [], GENESIS
    for seq, body in enumerate(bodies, start=1):
        at, salt = NOW + timedelta(seconds=seq), f"{seq:032x}"
        hashed = ledger.body_hash(salt, body)
        linked = ledger.row_hash(prev, SHOP, seq, "word", at, hashed)
        told = None if bare else ledger.canonical(body).decode()
        made.append(Link(seq, "word", at, hashed, prev, linked, None if bare else salt, told))
        prev = linked
    return made


THREE = a_chain({"text": "approve"}, {"a": {"b": "hö"}}, {})


def found(chain: Chain, head: str = "") -> list[str]:
    return [fault.sentence for fault in faults(SHOP, chain, head)]


def test_a_chain_that_nobody_touched_holds() -> None:
    assert found([]) == found(THREE) == found(THREE, THREE[-1].hash) == []


def test_a_body_that_was_erased_leaves_the_chain_whole() -> None:
    assert found([THREE[0], THREE[1]._replace(salt=None, body=None), THREE[2]]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda c: [c[0], c[2]], "entry 3 does not follow entry 1", id="one was taken out"),
        pytest.param(lambda c: c[1:], "entry 2 does not follow entry 0", id="the first was taken out"),
        pytest.param(lambda c: [c[1], c[0], c[2]], "entry 2 does not follow entry 0", id="two changed places"),
        pytest.param(lambda c: [c[0], c[0], *c[1:]], "entry 1 does not follow entry 1", id="one came twice"),
        pytest.param(lambda c: [c[0], c[1]._replace(kind="ruling"), c[2]], "entry 2 was changed", id="another kind"),
        pytest.param(
            lambda c: [*c[:2], c[2]._replace(body='{"text":"hold"}')],
            "the body of entry 3 was changed",
            id="another body",
        ),
    ],
)
def test_a_fault_is_said_with_the_entry_at_which_it_shows(change: Callable[[Chain], Chain], said: str) -> None:
    assert said in found(change(THREE))


def test_an_end_that_was_cut_off_is_found_by_the_head_alone() -> None:
    cut = THREE[:2]
    assert found(cut) == [], "a shorter chain holds: only a head that was noted elsewhere tells"
    assert found(cut, THREE[-1].hash) == [
        f"it ends in {cut[-1].hash[:12]} at entry 2, and should end in {THREE[-1].hash[:12]}: entries are missing"
    ]
    assert found([], THREE[-1].hash), "everything was taken out"


@pytest.mark.parametrize(
    ("head", "seq"),
    [(THREE[0].hash, 1), (THREE[1].hash[:12].upper(), 2), (THREE[2].hash[:7], 3), ("0" * 12, None), (GENESIS, None)],
)
def test_a_head_that_was_noted_is_found_where_it_was(head: str, seq: int | None) -> None:
    assert noted(THREE, head) == seq


def test_a_chain_of_another_release_is_found() -> None:
    other = Subject("github.test", 42, 8)
    assert [fault.seq for fault in faults(other, THREE)] == [1, 2, 3]


def test_rows_are_walked_one_at_a_time_and_nothing_is_kept_of_them() -> None:
    seen: list[int] = []

    def passing() -> Iterator[Link]:
        for link in THREE:
            seen.append(link.seq)
            yield link._replace(prev=GENESIS)

    told = faults(SHOP, passing())
    assert (next(told).seq, seen) == (2, [1, 2]), "the third row was read before the fault of the second was told"


@pytest.mark.parametrize(
    ("salt", "body"),
    [
        pytest.param("5a17{", '"a":{"b":1}}', id="the brace moved into the salt"),
        pytest.param('5a17{"a":', '{"b":1}}', id="up to the next brace"),
        pytest.param("5a1", '7{"a":{"b":1}}', id="salt moved into the body"),
    ],
)
def test_no_character_moves_between_salt_and_body_unseen(salt: str, body: str) -> None:
    hashed = hashlib.sha256(b'5a17{"a":{"b":1}}').hexdigest()
    assert says("5a17", '{"a":{"b":1}}', hashed)
    assert not says(salt, body, hashed), f"{salt!r} and {body!r} hash alike, and say something else"


def test_a_lone_surrogate_in_a_body_is_a_fault_and_no_crash() -> None:
    assert not says("5a17", '{"a":"\ud800"}', "0" * 64)


# ------------------------------------------------------------------ any one change, of any row

BODIES = st.lists(
    st.dictionaries(st.text(max_size=5), st.text(max_size=8) | st.integers(), max_size=3), min_size=1, max_size=6
)
HEXES = st.text("0123456789abcdef", min_size=64, max_size=64)
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "seq": st.integers(-3, 9),
    "kind": st.text(max_size=12),
    "at": st.datetimes(min_value=datetime(1970, 1, 2)).map(lambda at: at.replace(tzinfo=NOW.tzinfo)),
    "body_hash": HEXES,
    "prev": HEXES,
    "hash": HEXES,
    "salt": st.text(max_size=34),
    "body": st.text(max_size=30),
}
"""Field of a row → what it may be changed into."""


@given(BODIES, st.data())
def test_any_one_change_of_a_row_is_found(bodies: list[dict[str, Any]], data: st.DataObject) -> None:
    chain = a_chain(*bodies)
    place = data.draw(st.integers(0, len(chain) - 1))
    name = data.draw(st.sampled_from(sorted(OTHERS)))
    value = data.draw(OTHERS[name])
    touched = [*chain[:place], chain[place]._replace(**{name: value}), *chain[place + 1 :]]
    assert bool(found(touched, chain[-1].hash)) == (touched != chain), f"{name} of entry {place + 1} became {value!r}"


@given(BODIES, st.data())
def test_any_row_taken_out_or_moved_is_found(bodies: list[dict[str, Any]], data: st.DataObject) -> None:
    chain = a_chain(*bodies, bare=True)
    moved = data.draw(st.permutations(chain))
    kept = data.draw(st.integers(0, len(chain)))
    assert bool(found(moved[:kept], chain[-1].hash)) == (moved[:kept] != chain)
