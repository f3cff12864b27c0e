"""Sets of numbers as sorted unions of intervals, with open and closed ends: what a criterion lets through. Pure.

A set is kept as its borders: a border (x, 0) lies just before x, (x, 1) just after it; between an even and the next odd
border is inside. So a complement is a flip, and nothing needs a case for open ends.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

Border = tuple[float, int]
_FIRST: Border = (-math.inf, 0)
_LAST: Border = (math.inf, 1)


@dataclass(frozen=True)
class Intervals:
    """A set of numbers. borders: sorted and different, an even count."""

    borders: tuple[Border, ...] = ()

    @classmethod
    def between(cls, low: float, high: float) -> Intervals:
        """Both ends counted."""
        return cls(((low, 0), (high, 1))) if low <= high else cls()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not self.borders

    def contains(self, value: float) -> bool:
        """Whether this number is in it; NaN never is."""
        return not math.isnan(value) and bisect_right(self.borders, (value, 0)) % 2 == 1

    def complement(self) -> Intervals:
        """Every other number."""
        borders = list(self.borders)
        for end in (_FIRST, _LAST):
            if end in borders:
                borders.remove(end)
            else:
                borders.append(end)
        return Intervals(tuple(sorted(borders)))

    def union(self, other: Intervals) -> Intervals:
        """What is in one of them."""
        return self._swept(other, 1)

    def intersection(self, other: Intervals) -> Intervals:
        """What is in both."""
        return self._swept(other, 2)

    def overlaps(self, other: Intervals) -> bool:
        """Whether a number is in both."""
        return not self.intersection(other).is_empty

    def covers(self, other: Intervals) -> bool:
        """Whether all of the other is in it."""
        return other.intersection(self.complement()).is_empty

    def _swept(self, other: Intervals, needed: int) -> Intervals:
        steps: dict[Border, int] = {}
        for one in (self, other):
            for place, border in enumerate(one.borders):
                steps[border] = steps.get(border, 0) + (1 if place % 2 == 0 else -1)
        borders: list[Border] = []
        depth = 0
        for border in sorted(steps):
            before, depth = depth, depth + steps[border]
            if (before >= needed) != (depth >= needed):
                borders.append(border)
        return Intervals(tuple(borders))


EVERYTHING = Intervals((_FIRST, _LAST))


def below(value: float, *, closed: bool) -> Intervals:
    """Everything under it, and itself where closed."""
    return Intervals((_FIRST, (value, 1 if closed else 0)))


def above(value: float, *, closed: bool) -> Intervals:
    """Everything over it, and itself where closed."""
    return Intervals(((value, 0 if closed else 1), _LAST))
