"""What a text must hold, written as goss writes it: `text`, `/expression/`, and `!` in front of what must not be there.

Every item is looked for line by line. `\\\\!` and `\\\\/` in front are a plain `!` and `/`. Add a form in `_read`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator

from golive.checks.jsonpaths import short
from golive.checks.replies import Texts
from golive.core.patterns import MAX_TEXT, checked_pattern, found


def _read(item: str) -> tuple[str, bool, bool]:
    """(what to look for, whether it is an expression, whether it must be absent)."""
    absent = item.startswith("!")
    rest = item[1:] if absent else item
    if len(rest) > 2 and rest.startswith("/") and rest.endswith("/"):
        return rest[1:-1], True, absent
    if rest.startswith(("\\!", "\\/")):
        rest = rest[1:]
    return rest, False, absent


def _checked(items: tuple[str, ...]) -> tuple[str, ...]:
    for item in items:
        text, is_pattern, _ = _read(item)
        if is_pattern:
            checked_pattern(text)
        elif not text:
            raise ValueError("`!` alone asserts nothing; name what must not be there")
    return items


Contents = Annotated[Texts, AfterValidator(_checked)]
"""One such item, or a list; all must hold."""


def unmet(items: Sequence[str] | None, text: str, subject: str) -> Iterator[str]:
    """Half a sentence for each item that does not hold. subject: what the text is, for people."""
    lines = text[:MAX_TEXT].splitlines()
    for item in items or ():
        wanted, is_pattern, absent = _read(item)
        if is_pattern:
            here = any(found(wanted, line) for line in lines)
            if absent and not here and len(text) > MAX_TEXT:
                yield f"{subject} is longer than the {MAX_TEXT // 1024} Ki characters in which {short(wanted)} is looked for"
        else:
            here = wanted in text
        if here and absent:
            yield f"{subject} {'matches' if is_pattern else 'contains'} {short(wanted)}"
        elif not here and not absent:
            yield f"{subject} does not {'match' if is_pattern else 'contain'} {short(wanted)}"


def contents_text(items: Sequence[str] | None, subject: str) -> list[str]:
    """What is expected, in words."""
    words = {
        (False, False): "contains",
        (True, False): "matches",
        (False, True): "lacks",
        (True, True): "does not match",
    }
    read = [_read(item) for item in items or ()]
    return [f"{subject} {words[is_pattern, absent]} {short(wanted)}" for wanted, is_pattern, absent in read]
