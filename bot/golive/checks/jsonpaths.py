"""JMESPath in policies: expressions checked when the policy is read, and answers compared as JSON has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError, ParseError
from jmespath.functions import Functions
from pydantic import AfterValidator

_SHOWN = 80


def checked_expression(text: str) -> str:
    """The expression itself. Raises ValueError that says where it is wrong."""
    try:
        parsed = jmespath.compile(text).parsed
    except ParseError as error:
        raise ValueError(f"not JMESPath: {_words(error)} at column {(error.lex_position or 0) + 1}") from None
    except (JMESPathError, RecursionError) as error:
        raise ValueError(f"not JMESPath: {error}") from None
    for name in _called(parsed):
        if name not in Functions.FUNCTION_TABLE:
            raise ValueError(f"not JMESPath: there is no function {name}() at column {text.find(name) + 1}")
    return text


def _words(error: ParseError) -> str:
    token = getattr(error, "token_value", None)
    return "the expression ends too early" if token in (None, "") else f"{token!r} is not expected"


def _called(node: Any) -> Iterator[str]:
    """Names of the functions that a parsed expression calls."""
    if isinstance(node, dict):
        if node.get("type") == "function_expression":
            yield str(node["value"])
        for child in node.get("children", ()):
            yield from _called(child)


Expression = Annotated[str, AfterValidator(checked_expression)]


def parsed(text: str) -> Any:
    """The document. Raises ValueError where the text is not JSON (NaN and Infinity are not)."""
    try:
        return json.loads(text, parse_constant=_no_such_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def searched(path: str, document: Any) -> Any:
    """What the expression gives. Raises ValueError where it cannot be read from this document."""
    try:
        return jmespath.search(path, document)
    except (JMESPathError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read from it ({short(str(error))})") from None


def same_json(one: Any, other: Any) -> bool:
    """Equality as JSON has it: 1 and 1.0 are one number, true and 1 two values, and members have no order."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def short(value: Any) -> str:
    """A JSON value in one short line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _no_such_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
