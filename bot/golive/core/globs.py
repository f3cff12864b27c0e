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
            reached = _after_star(name, reached, part == "**")
        elif part == "?":
            reached = {at + 1 for at in reached if at < len(name) and name[at] != "/"}
        else:
            reached = {at + len(part) for at in reached if name.startswith(part, at)}
    return len(name) in reached


def _after_star(name: str, reached: set[int], crosses: bool) -> set[int]:
    """Where a star may end that begins at any of these places; each place of the name is visited once."""
    ends: set[int] = set()
    covered = -1
    for at in sorted(reached):
        if at > covered:
            slash = -1 if crosses else name.find("/", at)
            covered = len(name) if slash < 0 else slash
            ends.update(range(at, covered + 1))
    return ends
