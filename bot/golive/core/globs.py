"""Branch and path globs. Pure, and linear in pattern times name, whatever they are."""

from __future__ import annotations

import re


def matches_glob(pattern: str, name: str) -> bool:
    """Whether a branch glob fits the whole name: `*` and `?` stay inside one segment, `**` crosses segments.

    Takes time in proportion to pattern times name, whatever they are.
    """
    reached = {0}
    for part in re.split(r"(\*\*|\*|\?)", pattern):
        if part in ("*", "**"):
            reached = {end for at in reached for end in _ends(name, at, part == "**")}
        elif part == "?":
            reached = {at + 1 for at in reached if at < len(name) and name[at] != "/"}
        else:
            reached = {at + len(part) for at in reached if name.startswith(part, at)}
    return len(name) in reached


def _ends(name: str, at: int, crosses: bool) -> range:
    """Where a star that begins at `at` may end."""
    slash = -1 if crosses else name.find("/", at)
    return range(at, (len(name) if slash < 0 else slash) + 1)
