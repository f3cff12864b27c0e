"""Commands in comments, found in the Markdown tree: at the start of a line of plain text, never in quotes, code or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from golive.core.command import Command, parse
from golive.core.errors import NotUnderstood

PREFIX = "/golive"
LONGEST = 65_536
"""GitHub's own limit for a comment, in characters; what is longer did not come from GitHub."""

_HIDING = re.compile(r"<(/?)(?:blockquote|code|del|details|kbd|pre|s|samp|strike|table)\b", re.IGNORECASE)
"""HTML elements that quote, strike, fold away or show code, as Markdown's own marks do."""
_REMARK = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARKDOWN = MarkdownIt("commonmark", {"html": True})


def commands(body: str) -> list[Command]:
    """Every command of a comment, in order. One that cannot be read becomes the verb `misread` with the sentence to answer."""
    found = []
    for line in lines(body[:LONGEST]):
        after = line.removeprefix(PREFIX)
        if "\0" in line or after == line or after[:1].strip():
            continue
        try:
            found.append(parse(after, in_chat=False))
        except NotUnderstood as misread:
            found.append(Command("misread", str(misread)))
    return found


def lines(body: str, within: tuple[str, ...] = ("paragraph_open",)) -> Iterator[str]:
    """Lines of top-level paragraphs that begin with plain text, outside of HTML that hides or quotes them.

    within: the kinds of blocks that are read.   A line with hidden parts has a NUL in it.
    """
    tokens, inside = _MARKDOWN.parse(body), 0
    for index, token in enumerate(tokens):
        if token.type == "html_block":
            inside = deeper(inside, token.content)
        elif inside:
            continue
        elif token.type == "inline" and token.level == 1 and tokens[index - 1].type in within:
            yield from _of_paragraph(token.children or [])


def _of_paragraph(children: list[Token]) -> Iterator[str]:
    line: list[str] = []
    inside = 0
    for child in [*children, None]:
        if child is None or child.type in ("softbreak", "hardbreak"):
            yield "".join(line).strip()
            line = ["\0"] if inside else []
        elif child.type == "text":
            line.append(child.content)
        elif child.type == "code_inline":
            line.append(f"`{child.content}`")  # visible, and never the start of a command
        elif child.type == "html_inline":
            line.append("\0")  # a line with hidden parts is not what a reader saw
            inside = deeper(inside, child.content)
        elif child.type == "image":
            line.append(f"![{child.content}]")  # its words show only where the image does not
        elif child.type in ("link_open", "link_close"):
            continue
        else:
            line.append("" if child.nesting else child.content)


def deeper(inside: int, html: str) -> int:
    """How many hiding elements are open after this HTML."""
    for closing in _HIDING.findall(_REMARK.sub("", html)):
        inside = max(0, inside - 1) if closing else inside + 1
    return inside
