"""What people leave in a document for later, or in a variable for a start. Add a word as part of an expression."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_MARKS = r"TODO|TBD|TBC|TBA|FIXME|XXX+"
_BLANK = (
    _MARKS
    + r"|fill[ _-]?(?:this[ _-]?)?in|to be (?:filled|completed|determined|defined|announced|confirmed)[^\]>]{0,80}"
    r"|insert\b[^\]>]{0,80}|your\b[^\]>]{0,80}|placeholder|emergency contact|pending|_+| +"
)
_FIELD = (
    r"contact(?: (?:name|info|information|number|details|person))?|(?:full )?name|date|phone(?: number)?|e-?mail"
    r"(?: address)?|link|url|address|number|title|role|team|version|n/a"
)
_LEFT = re.compile(
    rf"\b(?:{_MARKS})\b|\blorem ipsum\b|\bto be (?:determined|filled in|announced)\b"
    rf"|\[(?:{_BLANK})\](?![\[(:])"
    rf"|(?-i:\[(?=[A-Z]))(?:{_FIELD})\](?![\[(:])"
    r"|<(?:fill[ _-]?in|insert [^>]{0,80}|your [^>]{0,80}|placeholder|tbd|todo)>"
    r"|\{\{\s*(?:placeholder|fill[ _-]?in|todo|tbd)\s*\}\}",
    re.IGNORECASE,
)
_UPPER = re.compile(rf"(?:{_MARKS})")
_TASK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[ \]")

_WORD_LIST = """
abc admin administrator api apikey auth bar change changeme default demo dev development dummy example fake fixme foo for
goes guest hello here in insecure insert jwt key letmein live local localhost me mock my mysecret nil none not null only
pass passphrase password passwd passw pk placeholder postgres private prod production qwerty replace root sample secret
secrets set sk some staging super supersecret temp test testing tests the this tmp tbd to todo token undefined unsafe use
user value welcome with xx xxx xxxx your
"""
_WORDS = frozenset(_WORD_LIST.split())
"""Words of which made-up secrets are put together: `changeme`, `your-secret-key-here`, `test123`."""
_LONGEST = 100
_DIGITS = "01234567890123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"


def placeholders(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """(number, words) of each line in which something was left to fill in. lines: (number, text)."""
    for number, line in lines:
        searched = _TASK.sub("", line)
        for left in _LEFT.finditer(searched):
            # `todo` in a sentence is a word; the mark is written in capitals or in brackets
            if left[0][0] not in "[<{" and _UPPER.fullmatch(left[0].upper()) and not left[0].isupper():
                continue
            yield number, left[0].strip()
            break


def is_made_up(value: str) -> bool:
    """Whether a value is no secret but a stand-in for one: words like `changeme`, a run, or one part repeated."""
    lower = value.strip().lower()
    if not lower or (len(lower) >= 4 and any(lower in run for run in (_DIGITS, _LETTERS, _LETTERS[::-1]))):
        return True
    letters = re.findall(r"[a-z]+", lower)
    if letters and len(lower) <= _LONGEST and all(map(_of_words, letters)):
        return True
    return any(lower == (lower[:size] * len(lower))[: len(lower)] for size in range(1, min(8, len(lower) // 2) + 1))


def _of_words(letters: str) -> bool:
    """Whether the letters are known words in a row."""
    reached = {0}
    for at in range(len(letters)):
        if at in reached:
            reached |= {at + size for size in range(1, 16) if letters[at : at + size] in _WORDS}
    return len(letters) in reached
