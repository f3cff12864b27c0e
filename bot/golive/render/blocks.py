"""Block Kit in small: sections, lists, links and buttons that keep to Slack's limits by folding whole lines.

Source of the limits: Slack's reference of blocks and text objects. Texts come in escaped, by `escaping.mrkdwn`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from golive.ports import MessageView
from golive.render.dates import dated
from golive.render.escaping import href, mrkdwn
from golive.render.folding import lines_within

HEADER = 150
"""Characters of a header block."""

SECTION = 2_000
"""Characters of one section here. Slack takes 3,000, and about 12,000 for all texts of a message together."""

SMALLER = (SECTION, 1_300, 700)
"""Characters of one section, tried in this order until the message fits."""

MESSAGE = 11_000
"""Characters of all texts of one message together."""

Block = dict[str, Any]


def said(lines: list[str], most_lines: int = 10) -> MessageView:
    """A message of nothing but lines, its fallback the same words."""
    lines = [dated(line) for line in lines if line] or ["(nothing)"]
    kept = _within(lines[:most_lines])
    sections = [section(part, most_lines) for part in _parts(kept)]
    if more := len(lines) - len(kept):
        sections += [section([f"… and {more} more"])] if more > 0 else []
    return MessageView("\n".join(block["text"]["text"] for block in sections), tuple(sections))


def _within(lines: Sequence[str]) -> Sequence[str]:
    """As many of the lines as fit into one message, at least the first."""
    sizes = itertools.accumulate(len(line) + 1 for line in lines)
    return lines[: max(1, sum(size <= MESSAGE for size in sizes))]


def _parts(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines in runs that fit into one section each."""
    part: list[str] = []
    for line in lines:
        if part and sum(map(len, part)) + len(part) + len(line) > SECTION:
            yield part
            part = []
        part.append(line)
    yield part


def link(url: str, label: str) -> str:
    """A link; only its label where the URL is none for the web."""
    safe, text = href(url), mrkdwn(label, 200).replace("|", "¦")
    return f"<{safe}|{text}>" if safe else text


def bold(text: str, most: int) -> str:
    """In bold, whatever asterisks it has of its own."""
    return f"*{mrkdwn(text.replace('*', '∗'), most)}*"


def _text(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str, most: int = 75) -> Block:
    """A plain text, such as an option's."""
    return {"type": "plain_text", "text": mrkdwn(text, most) or "…", "emoji": True}


def header(text: str) -> Block:
    """A heading of one line."""
    return {"type": "header", "text": {"type": "plain_text", "text": mrkdwn(text, HEADER) or "Release", "emoji": True}}


def section(lines: Sequence[str], most_lines: int = 10, most: int = SECTION) -> Block:
    """Lines, as many as fit into `most` characters."""
    return {"type": "section", "text": _text(lines_within([dated(line) for line in lines], most, most_lines))}


def context(texts: Sequence[str]) -> Block:
    """Small print."""
    return {"type": "context", "elements": [_text(dated(text)) for text in texts]}


def listed(title: str, lines: Sequence[str], most: int = SECTION) -> list[Block]:
    """A titled section; a title alone says that nothing needs listing, no title that there is no such section."""
    if not title or not (lines or title.startswith("Checks")):
        return []
    return [section([f"*{title}*", *lines], 11, most)]


def fitting(blocks: Callable[[int], list[Block]]) -> tuple[Block, ...]:
    """The blocks with the largest sections with which the whole message fits."""
    made = [blocks(SMALLER[0])]
    for most in SMALLER[1:]:
        if _size(made[-1]) > MESSAGE:
            made.append(blocks(most))
    return tuple(made[-1])


def _size(blocks: Sequence[Block]) -> int:
    texts = [text for block in blocks for text in (block.get("text"), *block.get("elements", ())) if text]
    return sum(len(text["text"]) for text in texts if isinstance(text.get("text"), str))


def button(label: str, style: str, action: str, value: str) -> Block:
    """A button. style: `primary`, `danger` or empty; value: what comes back when it is pressed."""
    made: Block = {
        "type": "button",
        "action_id": action,
        "value": value,
        "text": {"type": "plain_text", "text": label},
    }
    return {**made, "style": style} if style else made
