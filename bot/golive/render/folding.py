"""Texts that must fit: sections give way by whole rows, all of them a little before any of them much, the last one first.

A surface lists its sections from the most to the least important and names its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SMALLER = (50, 20, 5, 0)
"""How many rows a section keeps when all of them are too many; with 0 it only says how many there are."""


@dataclass(frozen=True)
class Section:
    """A part of a text that may shrink.

    rows: in reading order.   ranked: the same, the most pressing first; those are kept.
    write: (rows to show, how many more there are) → the text.
    """

    rows: Sequence[Any]
    write: Callable[[Sequence[Any], int], str]
    ranked: Sequence[Any] = ()

    def keeping(self, most: int) -> str:
        """The text with at most so many rows."""
        if len(self.rows) <= most:
            return self.write(self.rows, 0)
        kept = (self.ranked or self.rows)[:most]
        return self.write(kept, len(self.rows) - len(kept))


def fixed(text: str) -> Section:
    """A part that never shrinks."""
    return Section((), lambda rows, more: text)


def fit(sections: Sequence[Section], most: int) -> str:
    """The sections, apart by a blank line, in at most `most` bytes of UTF-8; empty ones leave no gap.

    Raises ValueError where even the smallest form is too long: then a section that cannot shrink is not capped.
    """
    texts = [section.write(section.rows, 0) for section in sections]
    for keep in SMALLER:
        for place in reversed(range(len(sections))):
            if _size(texts) <= most:
                break
            if keep < len(sections[place].rows):
                texts[place] = sections[place].keeping(keep)
    if _size(texts) > most:
        raise ValueError(f"{_size(texts)} bytes do not fit into {most}")
    return _joined(texts)


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(text for text in texts if text)


def _size(texts: Iterable[str]) -> int:
    return len(_joined(texts).encode())


def lines_within(lines: Sequence[str], most: int, most_lines: int = 10) -> str:
    """As many whole lines as fit into `most` characters and `most_lines`, then `… and N more`."""
    for kept in range(min(len(lines), most_lines), -1, -1):
        more = len(lines) - kept
        text = "\n".join([*lines[:kept], *([f"… and {more} more"] if more else [])])
        if len(text) <= most:
            return text
    return ""
