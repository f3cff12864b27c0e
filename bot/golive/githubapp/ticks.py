"""Boxes of our comment that a person ticked: read from its text before and after the edit. Pure.

A box is one line, `- [ ] **qa** … <!-- golive:tick:qa -->`, in a list of its own level; the commit it is for stands in the
same text as `<!-- golive-head:SHA -->`. An edit says something only where ticked boxes are all it changed: whoever
writes anything else into our words has not said what we asked. A new mark in our comment needs its rule here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from markdown_it import MarkdownIt

from golive.githubapp.comments import LONGEST, deeper

_BOX = re.compile(r"- \[(?P<mark>[ x])\] \*\*(?P<shown>[^*]+)\*\*(?P<rest>.*)<!-- golive:tick:(?P<role>[^\s<>]+) -->\Z")
_HEAD = re.compile(r"<!-- golive-head:([0-9a-f]{40}) -->")
_MARKDOWN = MarkdownIt("commonmark", {"html": True})


@dataclass(frozen=True)
class Ticks:
    """What one edit ticked. roles: in the order of their lines; head_sha: the commit that the boxes were for."""

    roles: tuple[str, ...]
    head_sha: str


NOTHING = Ticks((), "")


def new_ticks(before: str, after: str) -> Ticks:
    """The boxes that went from empty to ticked; nothing where anything else differs, line endings aside."""
    old, new = _lines(before), _lines(after)
    heads = set(_HEAD.findall(before))
    if len(old) != len(new) or len(heads) != 1 or len(before) > LONGEST:
        return NOTHING
    boxes = _boxes(old)
    named = Counter(boxes.values())
    ticked = []
    for place, (was, now) in enumerate(zip(old, new, strict=True)):
        if was == now:
            continue
        role = boxes.get(place, "")
        if not role or named[role] > 1 or now != was.replace("[ ]", "[x]", 1) or not was.startswith("- [ ]"):
            return NOTHING
        ticked.append(role)
    return Ticks(tuple(ticked), heads.pop()) if ticked else NOTHING


def cleared(body: str) -> str:
    """The text with every box of ours empty and plain line endings: what golive itself had written, if nobody else wrote."""
    lines = _lines(body)
    for place in _boxes(lines):
        lines[place] = lines[place].replace("- [x]", "- [ ]", 1)
    return "\n".join(lines)


def _lines(body: str) -> list[str]:
    return body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def _boxes(lines: list[str]) -> dict[int, str]:
    """Line number → role, of the boxes that a reader sees as boxes of this comment."""
    found = {}
    for place in _top_items("\n".join(lines)):
        box = _BOX.match(lines[place])
        # the name that people read is the role that counts; Markdown's escapes are not read
        if box and box["shown"].replace("\\", "") == box["role"]:
            found[place] = box["role"]
    return found


def _top_items(body: str) -> list[int]:
    """First lines of the items of bullet lists, outside of code and of HTML that hides or quotes."""
    places, inside = [], 0
    for token in _MARKDOWN.parse(body):
        if token.type == "html_block":
            inside = deeper(inside, token.content)
        elif token.type == "list_item_open" and token.markup == "-" and token.map and not inside:
            places.append(token.map[0])
    return places
