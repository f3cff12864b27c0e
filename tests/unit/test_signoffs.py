"""Who fills which seat: latest words, what they cover, and the fullest assignment. Add a rule by adding a row."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HEAD, NOW, OLDER, a_person, a_policy, a_pull, a_snapshot, a_word
from golive.core.model import Person, Pull, Revision, Role, Ruling, Shown, Standing, Word
from golive.core.rules import RoleRule
from golive.core.signoffs import RoleStanding, could_fill, roster

QA, SECURITY = Role("qa", 1, (a_person("ana"), a_person("bo"))), Role("security", 1, (a_person("ana"), a_person("cy")))
MINUTE = timedelta(minutes=1)
SHOWN = (Shown(OLDER, NOW - 60 * MINUTE), Shown(HEAD, NOW - 30 * MINUTE))


def spoken(*words: Word, refused: tuple[str, ...] = (), **changes: object) -> Standing:
    """A ledger with these words, in the order of their times as the fold gives them."""
    ordered = tuple(sorted(words, key=lambda w: (w.at, w.seq)))
    rulings = {w.key: Ruling(w.key, w.key not in refused) for w in words}
    return replace(Standing(words=ordered, rulings=rulings, shown=SHOWN), **changes)  # type: ignore[arg-type]


def seats(
    standing: Standing, *roles: Role, pull: Pull | None = None, absent: tuple[str, ...] = ()
) -> dict[str, RoleStanding]:
    got = everybody(standing, roles or (QA, SECURITY), pull or a_pull(), frozenset(absent))
    return {seat.role.name: seat for seat in got}


def everybody(
    standing: Standing, roles: tuple[Role, ...], pull: Pull, absent: frozenset[str]
) -> tuple[RoleStanding, ...]:
    policy = a_policy(roles=[RoleRule(role.name, role.sources, role.count) for role in roles])
    return roster(a_snapshot(policy=policy, standing=standing, roles=roles, pull=pull, absent=absent), roles)


def logins(seat: RoleStanding) -> list[str]:
    return [s.word.person.login for s in seat.signed]


def at(minutes: float) -> datetime:
    """So many minutes before NOW; HEAD has been shown since minute 30, other code since minute 60."""
    return NOW - minutes * MINUTE


# ------------------------------------------------------------------ the latest word


YES, NO, BACK = a_word(at=at(9)), a_word("reject", at=at(8)), a_word("withdraw", at=at(7))


@pytest.mark.parametrize(
    ("standing", "signed", "rejected"),
    [
        pytest.param(spoken(), [], 0, id="silence"),
        pytest.param(spoken(YES), ["ana"], 0, id="yes"),
        pytest.param(spoken(NO), [], 1, id="no"),
        pytest.param(spoken(YES, NO), [], 1, id="yes, then no"),
        pytest.param(spoken(NO, a_word(at=at(3))), ["ana"], 0, id="no, then yes"),
        pytest.param(spoken(YES, BACK), [], 0, id="yes, taken back"),
        pytest.param(spoken(YES, NO, BACK), [], 0, id="taking back a no does not bring back the yes before it"),
        pytest.param(spoken(YES, a_word("withdraw", text="security", at=at(3))), ["ana"], 0, id="taken back elsewhere"),
        pytest.param(spoken(YES, a_word("withdraw", text="QA: no", at=at(3))), [], 0, id="role names in any case"),
        pytest.param(spoken(NO, a_word("reject", by="bo")), [], 2, id="two say no"),
        pytest.param(spoken(YES, a_word("reject", by="cy")), ["ana"], 0, id="the no of somebody of another role"),
        pytest.param(spoken(YES, a_word("reject", by="eve")), ["ana"], 0, id="the no of nobody"),
        pytest.param(spoken(a_word(by="eve")), [], 0, id="the yes of nobody"),
        pytest.param(spoken(YES, refused=(YES.key,)), [], 0, id="a yes that was refused"),
        pytest.param(spoken(YES, NO, refused=(NO.key,)), ["ana"], 0, id="a no that was refused"),
        pytest.param(spoken(a_word("hold", text="x")), [], 0, id="a hold signs nothing"),
        pytest.param(spoken(a_word("attest", text="qa")), [], 0, id="neither does an attestation"),
    ],
)
def test_of_one_person_the_latest_word_counts(standing: Standing, signed: list[str], rejected: int) -> None:
    seat = seats(standing)["qa"]
    assert (logins(seat), len(seat.rejected)) == (signed, rejected)


def test_a_word_not_ruled_on_yet_counts_for_nothing() -> None:
    assert not logins(seats(replace(spoken(YES), rulings={}), QA)["qa"])


def test_a_word_for_one_role_leaves_the_others_alone() -> None:
    got = seats(spoken(a_word(text="security"), a_word("reject", text="qa flaky", at=at(3))))
    assert logins(got["security"]) == ["ana"]
    assert got["qa"].rejected
    assert not got["security"].rejected


def test_an_approval_whose_comment_is_away_does_not_leave_the_one_before_it() -> None:
    later = a_word(at=at(3))
    assert not logins(seats(spoken(YES, later), QA, absent=(later.key,))["qa"])
    assert not logins(seats(spoken(later), QA, absent=(later.key,))["qa"])


@pytest.mark.parametrize(
    ("gone", "signed"),
    [
        pytest.param(a_word(at=at(3)), [], id="a yes"),
        pytest.param(a_word("reject", at=at(3)), [], id="a no"),
        pytest.param(a_word("withdraw", at=at(3)), [], id="a withdrawal"),
        pytest.param(a_word("hold", at=at(3)), ["ana"], id="a word about something else"),
        pytest.param(a_word("reject", text="security no", at=at(3)), ["ana"], id="a word for another role"),
        pytest.param(a_word("reject", by="bo", at=at(3)), ["ana"], id="a word of somebody else"),
        pytest.param(a_word("reject", at=at(20)), ["ana"], id="an earlier word"),
    ],
)
def test_a_word_that_was_unsaid_leaves_nothing_and_not_what_was_said_before_it(gone: Word, signed: list[str]) -> None:
    standing = replace(spoken(YES, gone), words=(YES,), unsaid=(gone,))
    seat = seats(standing)["qa"]
    assert (logins(seat), seat.rejected) == (signed, ())


@pytest.mark.parametrize("verb", ["reject", "withdraw"])
def test_a_no_stands_although_its_comment_is_away(verb: str) -> None:
    word = a_word(verb, at=at(3))
    assert not logins(seats(spoken(YES, word), QA, absent=(word.key,))["qa"])


@pytest.mark.parametrize(
    ("words", "signed", "rejected"),
    [
        pytest.param([a_word(text="securty")], [], 0, id="an approval opens nothing"),
        pytest.param([a_word("reject", text="securty bug", at=at(3))], [], 1, id="a rejection still stops"),
        pytest.param([YES, a_word("withdraw", text="securty", at=at(3))], [], 0, id="a withdrawal takes the yes back"),
        pytest.param([NO, a_word("withdraw", text="securty", at=at(3))], [], 1, id="and does not take a no back"),
    ],
)
def test_a_word_that_became_unclear_when_the_roles_changed_can_only_stop(
    words: list[Word], signed: list[str], rejected: int
) -> None:
    seat = seats(spoken(*words), QA, replace(SECURITY, people=(a_person("cy"),)))["qa"]
    assert (logins(seat), len(seat.rejected)) == (signed, rejected)


# ------------------------------------------------------------------ which code


@pytest.mark.parametrize(
    ("word", "current"),
    [
        pytest.param(a_word(at=at(29)), True, id="after the head was shown"),
        pytest.param(a_word(at=at(30)), False, id="in the very second in which it was shown"),
        pytest.param(a_word(at=at(31)), False, id="before it was shown"),
        pytest.param(a_word(at=at(61)), False, id="before anything was shown"),
        pytest.param(a_word(at=at(31), revision_sha=HEAD.head_sha), True, id="the surface names the head"),
        pytest.param(a_word(at=at(5), revision_sha=OLDER.head_sha), False, id="the surface names other code"),
        pytest.param(a_word(at=at(31), text="beefbee"), True, id="the person names the head"),
        pytest.param(a_word(at=at(31), text="qa BEEFBEEF fine"), True, id="with role and words, in capitals"),
        pytest.param(a_word(at=at(5), text="qa 01d001d"), False, id="the person names other code"),
        pytest.param(a_word(at=at(5), text="deadbee"), False, id="a commit that was never shown"),
        pytest.param(
            a_word(at=at(5), text="01d001d", revision_sha=HEAD.head_sha), False, id="the person's own word wins"
        ),
    ],
)
def test_a_sign_off_covers_what_was_shown_before_it_or_what_it_names(word: Word, current: bool) -> None:
    seat = seats(spoken(word), QA)["qa"]
    assert (len(seat.signed), len(seat.stale)) == ((1, 0) if current else (0, 1))
    assert seat.missing == (0 if current else 1)


def test_a_rejection_stops_whatever_code_it_was_about() -> None:
    assert len(seats(spoken(a_word("reject", at=at(50))), QA)["qa"].rejected) == 1


@pytest.mark.parametrize(
    ("head", "current"),
    [
        pytest.param(replace(HEAD, head_sha="c0de" * 10), True, id="another commit with the same tree"),
        pytest.param(replace(HEAD, tree_sha="c0de" * 10), False, id="another tree"),
        pytest.param(replace(HEAD, base_ref="next"), False, id="another base"),
    ],
)
def test_a_sign_off_is_for_a_tree_and_a_base(head: Revision, current: bool) -> None:
    seat = seats(spoken(a_word(at=at(5))), QA, pull=a_pull(revision=head))["qa"]
    assert bool(seat.signed) is current


@pytest.mark.parametrize(("minutes", "current"), [(6, True), (5, False), (4, False)])
def test_a_retarget_reopens_what_was_signed_before_it_even_when_aimed_back(minutes: float, current: bool) -> None:
    standing = spoken(a_word(at=at(5)), retargets=(at(minutes),))
    assert bool(seats(standing, QA)["qa"].signed) is current


# ------------------------------------------------------------------ who


def test_neither_the_author_nor_the_last_pusher_fills_a_seat() -> None:
    role = Role("qa", 1, (a_person("mallory"), a_person("ana"), a_person("bo")))
    standing = spoken(a_word(by="mallory"), a_word(by="bo"), pushers={HEAD.head_sha: (a_person("bo"),)})
    assert not logins(seats(standing, role)["qa"])
    assert could_fill(role, a_snapshot(standing=standing, roles=(role,))) == (a_person("ana"),)


def test_who_pushed_an_older_head_may_sign_for_this_one() -> None:
    standing = spoken(a_word(by="bo"), pushers={OLDER.head_sha: (a_person("bo"),)})
    assert logins(seats(standing, QA)["qa"]) == ["bo"]


def test_the_author_is_known_by_number_and_not_by_name() -> None:
    renamed = Person(a_person("mallory").id, "innocent")
    role = Role("qa", 1, (renamed,))
    assert not logins(seats(spoken(replace(a_word(), person=renamed)), role)["qa"])


def test_the_author_may_reject_as_a_member_of_a_role() -> None:
    role = Role("qa", 1, (a_person("mallory"),))
    assert seats(spoken(a_word("reject", by="mallory")), role)["qa"].rejected


def test_who_left_the_role_no_longer_signs_or_rejects_for_it() -> None:
    empty = replace(QA, people=())
    got = seats(spoken(a_word(), a_word("reject", by="bo")), empty)["qa"]
    assert (got.signed, got.rejected) == ((), ())


# ------------------------------------------------------------------ seats


def test_one_person_fills_one_seat_and_the_assignment_finds_the_second() -> None:
    got = seats(spoken(a_word(), a_word(by="bo")))
    assert (logins(got["qa"]), logins(got["security"])) == (["bo"], ["ana"])


def test_one_person_alone_never_fills_two_roles() -> None:
    got = seats(spoken(a_word()))
    assert len(got["qa"].signed) + len(got["security"].signed) == 1


def test_more_approvals_than_seats_fill_just_the_seats() -> None:
    got = seats(spoken(a_word(), a_word(by="bo")), QA)["qa"]
    assert (len(got.signed), got.missing) == (1, 0)


PEOPLE = tuple("abcde")
ROLES = st.lists(
    st.builds(
        lambda count, who: (count, tuple(a_person(p) for p in sorted(who))),
        st.integers(1, 3),
        st.sets(st.sampled_from(PEOPLE)),
    ),
    max_size=4,
)


def fullest(wanted: list[frozenset[int]]) -> int:
    """The most seats that different people can fill, by trying everything."""
    choices = [[None, *sorted(seat)] for seat in wanted]
    full = (pick for pick in itertools.product(*choices) if _all_different([p for p in pick if p is not None]))
    return max(sum(p is not None for p in pick) for pick in full)


def _all_different(people: list[int]) -> bool:
    return len(set(people)) == len(people)


@given(ROLES, st.sets(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 3))))
def test_no_assignment_fills_more_seats(
    roles: list[tuple[int, tuple[Person, ...]]], said: set[tuple[str, int]]
) -> None:
    named = [Role(f"role{n}of{len(roles)}", min(count, 2), people) for n, (count, people) in enumerate(roles)]
    words = [a_word(by=p, text=named[n].name, key=f"{p}{n}") for p, n in sorted(said) if n < len(named)]
    got = everybody(spoken(*words), tuple(named), a_pull(), frozenset())
    approved = [frozenset(p.id for p in role.people if (p.login, n) in said) for n, role in enumerate(named)]
    sits = [s.word.person.id for seat in got for s in seat.signed]
    assert _all_different(sits), "somebody fills two seats"
    assert len(sits) == fullest([approved[n] for n, role in enumerate(named) for _ in range(role.count)])
    for n, seat in enumerate(got):
        assert {s.word.person.id for s in seat.signed} <= approved[n], "somebody sits where they did not sign"
        assert len(seat.signed) + seat.missing == seat.role.count


def test_an_approval_for_a_role_that_was_renamed_since_counts_for_no_other() -> None:
    """`approve qa` reads as an approval without a role once the policy has no such role any more."""
    word = a_word(text="qa")
    standing = spoken(word, rulings={word.key: Ruling(word.key, True, "", roles=("qa",))})
    assert logins(seats(standing, SECURITY)["security"]) == []
    assert logins(seats(standing, QA)["qa"]) == ["ana"]
