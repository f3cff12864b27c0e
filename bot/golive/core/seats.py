"""Seats: which signer fills which, so that the most roles are complete. Pure.

One person fills one seat (augmenting paths, as in any bipartite matching). A role that needs several people is only worth
something when it is complete, so all choices of such roles are tried where there are few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from golive.core.model import Role, SignOff

TRIED = 8
"""Roles of several seats among which every choice is tried (256 of them); beyond, the smaller ones are filled first."""

Candidates = Mapping[str, Mapping[int, SignOff]]
"""Role → person → their approval."""
Seat = tuple[str, int]


def seated(roles: Sequence[Role], may: Candidates, distinct: bool) -> dict[str, list[SignOff]]:
    """Role → who fills its seats, the earliest words first where there is a choice."""
    ordered = {role.name: _earliest(may.get(role.name, {})) for role in roles}
    if not distinct:
        return {role.name: list(ordered[role.name].values())[: role.count] for role in roles}
    best: dict[int, Seat] = {}
    for held in _fillings(roles, ordered):
        if _worth(roles, held) > _worth(roles, best):
            best = held
        if _worth(roles, best)[0] == len(roles):
            break
    filled: dict[str, list[SignOff]] = {role.name: [] for role in roles}
    for (name, _), person in sorted((seat, person) for person, seat in best.items()):
        filled[name].append(ordered[name][person])
    return filled


def _earliest(found: Mapping[int, SignOff]) -> dict[int, SignOff]:
    return dict(sorted(found.items(), key=lambda item: (item[1].word.at, item[1].word.seq)))


def _worth(roles: Sequence[Role], held: Mapping[int, Seat]) -> tuple[int, int]:
    """Complete roles first, then filled seats."""
    sizes = Counter(name for name, _ in held.values())
    return sum(sizes[role.name] >= role.count for role in roles), len(held)


def _fillings(roles: Sequence[Role], ordered: Candidates) -> Iterator[dict[int, Seat]]:
    """Ways to fill the seats, each with another choice of the roles that come first."""
    plain = [role for role in roles if role.count <= 1]
    large = [role for role in roles if role.count > 1 and len(ordered[role.name]) >= role.count]
    rest = [role for role in roles if role.count > 1 and role not in large]
    by_size = sorted(large, key=lambda role: role.count)
    firsts = (
        [list(chosen) for size in range(len(large), -1, -1) for chosen in combinations(large, size)]
        if len(large) <= TRIED
        else [by_size, []]
    )
    for first in firsts:
        later = [role for role in by_size if role not in first]
        yield _filled([*first, *plain, *later, *rest], ordered)


def _filled(roles: Sequence[Role], ordered: Candidates) -> dict[int, Seat]:
    """Person → seat, for every seat that can be filled in this order of roles; once filled, a seat stays filled."""
    held: dict[int, Seat] = {}

    def place(seat: Seat, tried: set[int]) -> bool:
        for person in ordered[seat[0]]:
            if person in tried:
                continue
            tried.add(person)
            if person not in held or place(held[person], tried):
                held[person] = seat
                return True
        return False

    for role in roles:
        for number in range(role.count):
            if not place((role.name, number), set()):
                break
    return held
