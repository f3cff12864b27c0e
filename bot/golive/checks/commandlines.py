"""Command lines in policies: a list of words, or a text taken apart as a shell would, but never given to a shell.

What only a shell can do (pipes, redirections, variables, globs stay literal) is refused when the policy is read.
"""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

_EXPANDED = re.compile(r"\$[A-Za-z_({0-9?@*#!$-]|`")
_OPERATORS = "|&;<>()\n"


def words(given: Any) -> Any:
    """The words of a command line. Raises ValueError for what needs a shell."""
    if not isinstance(given, str):
        return tuple(given) if isinstance(given, list) else given
    _needs_no_shell(given)
    try:
        return tuple(shlex.split(given))
    except ValueError as error:
        raise ValueError(f"the command line cannot be taken apart: {str(error).lower()}") from None


def _needs_no_shell(line: str) -> None:
    quote, at = "", 0
    while at < len(line):
        sign = line[at]
        if sign == "\\" and quote != "'":
            at += 2
            continue
        if quote != "'" and (found := _EXPANDED.match(line, at)):
            raise ValueError(_shell(found[0]))
        if not quote and sign in _OPERATORS:
            raise ValueError(_shell(sign))
        if sign in "'\"" and quote in ("", sign):
            quote = "" if quote else sign
        at += 1


def _shell(sign: str) -> str:
    return (
        f'no shell runs this, so {sign!r} would mean nothing; quote it, or say `[sh, -c, "…"]` where a shell is meant'
    )


def _nothing_empty(line: tuple[str, ...]) -> tuple[str, ...]:
    if not line or not line[0].strip():
        raise ValueError("name the program to run")
    if any("\0" in word for word in line):
        raise ValueError("a word of a command line holds no NUL")
    return line


CommandLine = Annotated[
    tuple[Annotated[str, Field(max_length=20_000)], ...],
    BeforeValidator(words),
    AfterValidator(_nothing_empty),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": "string"}},
            ]
        }
    ),
]


def shown(line: tuple[str, ...], most: int = 120) -> str:
    """The command line as people would type it, cut where it is long."""
    text = " ".join(map(shlex.quote, line))
    return text if len(text) <= most else text[: most - 1] + "…"
