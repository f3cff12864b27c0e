"""Commands in comments, found in the Markdown tree: at the start of a line of plain text, never in quotes, code or HTML."""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from golive.core.command import Command, parse
from golive.core.errors import NotUnderstood

PREFIX = "/golive"
LONGEST = 65_536
"""GitHub's own limit for a comment, in characters; what is longer did not come from GitHub."""

_MARKDOWN = MarkdownIt("commonmark", {"html": True})


def commands(body: str) -> list[Command]:
    """Every command of a comment, in order. One that cannot be read becomes the verb `misread` with the sentence to answer."""
    found = []
    for line in _lines(body[:LONGEST]):
        if "\0" in line or (line != PREFIX and not line.startswith(PREFIX + " ")):
            continue
        try:
            found.append(parse(line[len(PREFIX) :]))
        except NotUnderstood as misread:
            found.append(Command("misread", str(misread)))
    return found


def _lines(body: str) -> Iterator[str]:
    """Lines of top-level paragraphs that begin with plain text."""
    tokens = _MARKDOWN.parse(body)
    for index, token in enumerate(tokens):
        if token.type == "inline" and token.level == 1 and tokens[index - 1].type == "paragraph_open":
            yield from _of_paragraph(token.children or [])


def _of_paragraph(children: list[Token]) -> Iterator[str]:
    line: list[str] = []
    for child in [*children, None]:
        if child is None or child.type in ("softbreak", "hardbreak"):
            yield "".join(line).strip()
            line = []
        elif child.type == "text":
            line.append(child.content)
        elif child.type == "code_inline":
            line.append(f"`{child.content}`")  # visible, and never the start of a command
        elif child.type == "html_inline":
            line.append("\0")  # a line with hidden parts is not what a reader saw
        elif child.type in ("link_open", "link_close"):
            continue
        else:
            line.append("" if child.nesting else child.content)
