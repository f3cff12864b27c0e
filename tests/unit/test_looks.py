"""When golive looked and looks next, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders import NOW
from golive.core.looks import looks


@pytest.mark.parametrize(
    ("ago", "ahead", "said"),
    [
        (12, 40, "last looked 12 s ago, next look in 40 s"),
        (0, 600, "looked just now, next look in 10 min"),
        (119, 0, "last looked 119 s ago, next look any moment"),
        (120, -5, "last looked 2 min ago, next look any moment"),
        (7200, 7199, "last looked 2 h ago, next look in 119 min"),
        (172_800, None, "last looked 2 days ago"),
    ],
)
def test_it_says_when_it_looked_and_when_it_looks_next(ago: int, ahead: int | None, said: str) -> None:
    next_at = None if ahead is None else NOW + timedelta(seconds=ahead)
    assert looks(NOW - timedelta(seconds=ago), next_at, NOW) == said
