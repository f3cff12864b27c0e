"""Lists of contacts in Markdown and YAML: who, and how they are reached. Pure. Add a way to reach somebody in `WAYS`.

In Markdown: tables with a column of names and one of a way, and lines like `- Database: Ana, +44 …` below headings about contacts.
In YAML: a list of tables, or a table of roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WAYS = {
    "phone": re.compile(
        r"(?<![\w.@#/-])(?:(?:\+|00)[1-9](?:[ ().-]{0,2}\d){6,14}|0(?:[ ().-]{0,2}\d){7,12}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?!\w)"
    ),
    "email": re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"),
    "slack": re.compile(r"(?<![\w&/#])#[a-z0-9][a-z0-9_-]{0,79}\b|(?<![\w.])@[A-Za-z][\w.-]{1,79}"),
    "url": re.compile(r"https?://[^\s|)>\]]+"),
}  # fmt: skip
"""How somebody is reached, by what it looks like: E.164 and national numbers, addresses, Slack channels and people, pages."""
_WHO = re.compile(r"(?i)\b(role|name|who|team|contact|responsib\w+|function|person|area|owner|level)\b")
_HOW = re.compile(
    r"(?i)\b(phone|mobile|tel\w*|e-?mail|mail|slack|channel|contact|reach\w*|pager\w*|url|link|number|details)\b"
)
_ABOUT = re.compile(r"(?i)\b(contacts?|escalation|on-?call|emergency|who to call|responders?)\b")
_LINE = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)")
_ROLE = re.compile(r"\*{0,2}([^:*|]{2,80}?)\*{0,2}\s*:\s*\*{0,2}\s*(.*)")
_KEYS = ("role", "name", "title", "team", "contact", "id")
_UNREAL = re.compile(
    r"(?i)@(?:[\w-]+\.)*(?:example\.(?:com|org|net)|[\w-]+\.(?:example|invalid|test|localhost))\b|\b555[ .-]?01\d\d\b"
)
"""Addresses and numbers that never reach anybody: RFC 2606, and the numbers 555-0100 to 555-0199 kept for fiction."""


@dataclass(frozen=True)
class Contact:
    """One line of a list. who: the role or name; text: all the rest of it."""

    who: str
    text: str
    line: int = 0

    def ways(self) -> set[str]:
        """How they can be reached; what never reaches anybody does not count."""
        plain = WAYS["url"].sub(" ", self.text) if "http" in self.text else self.text
        found = {name for name, pattern in WAYS.items() if name != "url" and _real(pattern, plain)}
        return found | ({"url"} if _real(WAYS["url"], self.text) else set())

    def unreal(self) -> str:
        """The part that never reaches anybody, or an empty text."""
        found = _UNREAL.search(self.text)
        return found[0].lstrip("@") if found else ""


def _real(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _UNREAL.search(found[0]) for found in pattern.finditer(text))


def contacts(path: str, text: str) -> tuple[Contact, ...]:
    """The contacts of one file. Raises ValueError for YAML that is none."""
    if path.lower().endswith((".yml", ".yaml", ".json")):
        return tuple(_yaml(text))
    tables = tuple(_tables(text))
    return (*tables, *_lines(text))


def _yaml(text: str) -> Iterator[Contact]:
    import yaml

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(
            f"it is not YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}"
        ) from None
    if isinstance(document, dict):
        document = next((document[key] for key in ("contacts", "escalation", "people") if key in document), document)
    yield from _entries(document)


def _entries(document: Any) -> Iterator[Contact]:
    if isinstance(document, dict):
        for who, entry in document.items():
            if isinstance(entry, list):
                yield from (Contact(str(who), _flat(one)) for one in entry)
            else:
                yield Contact(str(who), _flat(entry))
    for number, entry in enumerate(document if isinstance(document, list) else (), 1):
        fields = entry if isinstance(entry, dict) else {}
        key = next((key for key in _KEYS if fields.get(key)), None)
        rest = {name: value for name, value in fields.items() if name != key} if fields else entry
        yield Contact(str(fields[key]) if key else f"number {number}", _flat(rest))


def _flat(entry: Any, depth: int = 0) -> str:
    if isinstance(entry, dict) and depth < 4:
        return " | ".join(_flat(value, depth + 1) for value in entry.values())
    if isinstance(entry, list) and depth < 4:
        return " | ".join(_flat(value, depth + 1) for value in entry)
    return "" if entry is None else str(entry)


def _tables(text: str) -> Iterator[Contact]:
    header: list[str] = []
    rows = text.splitlines()
    for number, row in enumerate(rows):
        cells = _cells(row)
        if not cells:
            header = []
        elif not header:
            below = _cells(rows[number + 1]) if number + 1 < len(rows) else []
            if below and all(re.fullmatch(r":?-+:?", cell) for cell in below) and _is_about(cells):
                header = cells
        elif not all(re.fullmatch(r":?-*:?", cell) for cell in cells):
            at = next((place for place, name in enumerate(header) if _WHO.search(name)), 0)
            who = cells[at] if at < len(cells) else ""
            rest = [cell for place, cell in enumerate(cells) if place != at]
            yield Contact(_plain(who) or f"the row at line {number + 1}", " | ".join(rest), number + 1)


def _cells(row: str) -> list[str]:
    row = row.strip()
    if "|" not in row:
        return []
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip("|"))]


def _is_about(header: Iterable[str]) -> bool:
    names = list(header)
    who = next((name for name in names if _WHO.search(name)), None)
    return who is not None and any(_HOW.search(name) for name in names if name is not who)


def _lines(text: str) -> Iterator[Contact]:
    about, depth, headed = False, 7, False
    rows = text.splitlines()
    any_heading = any(row.startswith("#") and _ABOUT.search(row) for row in rows)
    for number, row in enumerate(rows, 1):
        heading = re.match(r"(#{1,6})\s+(.*)", row)
        if heading:
            level, named = len(heading[1]), _ABOUT.search(heading[2]) is not None
            headed = named or (about and level > depth)
            about, depth = headed, level if named else depth
            continue
        item = _LINE.fullmatch(row.strip()) if about or not any_heading else None
        role = _ROLE.fullmatch(item[1]) if item else None
        if role:
            yield Contact(_plain(role[1]), role[2], number)


def _plain(text: str) -> str:
    return re.sub(r"[*_`]", "", text).strip()


def roles_missing(wanted: Iterable[str], found: Mapping[str, Contact]) -> Iterator[str]:
    """Those roles that no contact is called by; a role's name may be part of a longer one."""
    for role in wanted:
        if not any(re.search(rf"(?<!\w){re.escape(role.casefold())}(?!\w)", who) for who in found):
            yield role
