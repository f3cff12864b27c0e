"""How a proposed policy is laid out: lines with their reasons in a column, and texts that stay one text whatever they hold.

Nothing here knows what the lines mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OFF = "#|"
FILL_IN = "# FILL IN: "
_COLUMN = 58
_LONGEST = 120


@dataclass(frozen=True)
class Line:
    """One line of YAML and why it is there. off: written behind `#|`, so that it says nothing yet."""

    text: str
    why: str
    off: bool = False


@dataclass(frozen=True)
class Block:
    """Lines that belong together, after an empty line. fill_in: what only people know, in one sentence."""

    lines: tuple[Line, ...]
    fill_in: str = ""


def laid_out(blocks: Iterable[Block]) -> str:
    """The text of all blocks; ends in one newline."""
    out: list[str] = []
    for block in blocks:
        out.append("")
        if block.fill_in:
            out.append(FILL_IN + said(block.fill_in, 300))
        column = min(_COLUMN, max((len(_written(line)) for line in block.lines), default=0)) + 2
        out += [f"{_written(line):<{column - 2}}  # {said(line.why, 200)}" for line in block.lines]
    return "\n".join(out).rstrip("\n") + "\n"


def _written(line: Line) -> str:
    return f"{OFF}{line.text}" if line.off else line.text


def switched_on(text: str) -> str:
    """The same policy with every line that was off."""
    return "\n".join(line.removeprefix(OFF) for line in text.split("\n"))


def said(text: str, longest: int = _LONGEST) -> str:
    """A text on one line for a comment or a terminal: what cannot be seen is a question mark, what is too long is cut."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def quoted(text: str) -> str:
    """The text in double quotes, as JSON writes it and YAML reads it."""
    return json.dumps(text, ensure_ascii=False)


def listed(texts: Iterable[str]) -> str:
    """A list in brackets; plain words stay plain."""
    return f"[{', '.join(one if one.isascii() and one.isalpha() else quoted(one) for one in texts)}]"


def mapped(values: Mapping[str, object]) -> str:
    """A mapping in braces: texts in quotes, lists of texts, numbers as they are."""
    return f"{{{', '.join(f'{key}: {_value(value)}' for key, value in values.items())}}}"


def _value(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list | tuple):
        return listed(str(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
