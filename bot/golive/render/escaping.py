"""Text by strangers, made harmless for each surface. Add a surface by adding one function that takes a text and a cap.

Every function folds the text to one line first and cuts it before it escapes, so that an escape is never cut in half.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

from markupsafe import Markup

_JOINER = "\u200d"
"""Joins emoji into one; the only invisible character that is let through."""

_APART = "&#8203;"
"""A zero-width space. Put inside a mention or a URL it stops the forge from making a link of it; it cannot be seen.

An entity for `@` itself would not do: mentions are looked for in the finished HTML, where entities are characters.
"""

_MARKDOWN = re.compile(r"GH-(?=\d)|://|www(?=\.)|[@&<>\"\\`*_\[\]|~#$]", re.IGNORECASE)
_LIVE = re.compile(r"GH-(?=\d)|://|www(?=\.)|[@#$]", re.IGNORECASE)
_CODE = re.compile(r"`([^`]+)`")
_OPENS_BLOCK = re.compile(r"(\d{1,9})([.)])|([-+=])")
_IN_MARKDOWN = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "@": f"@{_APART}",
    "#": f"\\#{_APART}",
    "://": f":{_APART}//",
    "$": "<span>$</span>",  # GitHub's own advice against `$…$` being read as mathematics
}
_IN_SLACK = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_URL = re.compile(r"https?://[^\s\x00-\x20]+\Z", re.IGNORECASE)
_URL_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&*+,;=%]")


def fold(text: str, most: int = 300) -> str:
    """The text on one line, without control and other invisible characters, cut to `most` with an ellipsis."""
    shown = text if text.isprintable() else "".join(map(_visible, text))
    words = " ".join(shown.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs") and char != _JOINER else char


def md(text: str, most: int = 300) -> Markup:
    """Text for GitHub Markdown: shown as it was written, with no mention, link, HTML or structure of its own.

    What stands between backticks becomes code, so that commands in our own sentences can be read and copied.
    """
    folded = fold(str(text), most)
    out, end = [], 0
    for code in _CODE.finditer(folded):
        out += [_in_markdown(folded[end : code.start()]), f"<code>{_in_markdown(code[1])}</code>"]
        end = code.end()
    out.append(_in_markdown(folded[end:]))
    whole = "".join(out)
    return Markup(_OPENS_BLOCK.sub(_as_plain_start, whole, count=1) if _OPENS_BLOCK.match(whole) else whole)  # noqa: S704


def _as_plain_start(found: re.Match[str]) -> str:
    """A first word that would open a list or a rule, kept as a word."""
    return f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}"


def _in_markdown(text: str) -> str:
    return _MARKDOWN.sub(lambda m: _IN_MARKDOWN.get(m[0]) or _plain_in_markdown(m[0]), text)


def _plain_in_markdown(found: str) -> str:
    return f"{found}{_APART}" if len(found) > 1 else f"\\{found}"


def quiet(text: str, most: int = 300) -> Markup:
    """Text for HTML inside GitHub Markdown, where backslashes would show: no mention or link of its own."""
    parts, end, folded = [], 0, fold(str(text), most)
    for found in _LIVE.finditer(folded):
        live = _IN_MARKDOWN[found[0]] if found[0] in ("://", "$") else f"{found[0]}{_APART}"
        parts += [html.escape(folded[end : found.start()]), live]
        end = found.end()
    return Markup("".join([*parts, html.escape(folded[end:])]))  # noqa: S704  # escaped just above


def words(text: str, most: int = 1000) -> Markup:
    """Text for a web page: escaped, and what stands between backticks as code."""
    parts, end, folded = [], 0, fold(str(text), most)
    for code in _CODE.finditer(folded):
        parts += [html.escape(folded[end : code.start()]), f"<code>{html.escape(code[1])}</code>"]
        end = code.end()
    return Markup("".join([*parts, html.escape(folded[end:])]))  # noqa: S704  # escaped just above


def mrkdwn(text: str, most: int = 300) -> str:
    """Text for Slack: no mention, channel or link can be written. `most` counts characters as sent, escapes included.

    Runs of backticks become one, so that no text turns what follows it into a code block.
    """
    folded = re.sub(r"`{2,}", "`", fold(text, most))
    return _cut(folded, most, lambda char: _IN_SLACK.get(char, char))


def _cut(text: str, most: int, escape: Callable[[str], str]) -> str:
    """As much of the text as fits once every character is escaped; an ellipsis where something is missing."""
    escaped = [escape(char) for char in text]
    if sum(map(len, escaped)) <= most:
        return "".join(escaped)
    kept, size = [], 1
    for piece in escaped:
        size += len(piece)
        if size > most:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def href(url: str) -> str:
    """A URL fit for a link on every surface, unsafe characters percent-encoded; empty unless it is http or https."""
    if len(url) > 2000 or not _URL.match(url):
        return ""
    return _URL_UNSAFE.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), url)


def when(at: datetime | None) -> str:
    """A time for people, to the minute, in UTC: `2026-03-04 12:00 UTC`; empty for None."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""
