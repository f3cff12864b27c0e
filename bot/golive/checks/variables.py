"""Environment variables that policies name: their names, values that count as expected, and dotenv files.

No value of a variable is ever shown; a sentence names the variable and what was expected. Add what a second kind needs.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from golive.checks.paths import one_or_more
from golive.core.patterns import checked_pattern, found

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?""", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def _names(given: Any) -> Any:
    return one_or_more(given)


Names = Annotated[
    tuple[VariableName, ...],
    BeforeValidator(_names),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
                {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}},
            ]
        }
    ),
]
"""One name, or a list of them."""


def _wanted(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value.startswith("=~"):
            checked_pattern(value[2:].strip())
    return values


Wanted = Annotated[
    tuple[str, ...],
    BeforeValidator(one_or_more),
    AfterValidator(_wanted),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]}),
]
"""Values of which one must be there, exactly, or `=~ ` and a regular expression that must occur."""


def is_wanted(wanted: tuple[str, ...], value: str) -> bool:
    """Whether the value is one of those."""
    return any(found(one[2:].strip(), value) if one.startswith("=~") else value == one for one in wanted)


def dotenv(text: str) -> dict[str, str]:
    """The variables of a dotenv file: `NAME=value`, quotes taken off, comments left out, nothing filled in."""
    variables: dict[str, str] = {}
    for line in text.splitlines():
        match = None if line.lstrip().startswith("#") else _LINE.fullmatch(line)
        if match:
            quoted = _QUOTED.fullmatch(match[2])
            if quoted is None:
                variables[match[1]] = re.sub(r"\s+#.*", "", match[2])
            elif quoted[1] is not None:
                variables[match[1]] = quoted[1]
            else:
                variables[match[1]] = re.sub(r"\\(.)", lambda sign: _ESCAPES.get(sign[1], sign[1]), quoted[2])
    return variables
