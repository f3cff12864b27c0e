"""What a check sends: request headers and bodies that a policy may name, none of them a credential.

A policy is read by everybody who sees the repository, so headers that carry credentials are refused here; a secret that
the operator lends goes another way (`asking.Asks`).
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, WithJsonSchema

from golive.checks.asking import HeaderName

READS = ("GET", "HEAD")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"})
_TRAVEL = frozenset({
    "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "trailer", "upgrade", "expect",
    "keep-alive", "proxy-connection",
})  # fmt: skip
_VALUE = re.compile(r"[!-~]([\t -~]*[!-~])?")


def _as_lines(given: Any) -> Any:
    """`["Accept: text/html"]`, as goss writes it, as ours."""
    if not isinstance(given, list):
        return given
    named: dict[str, str] = {}
    for line in given:
        name, colon, value = line.partition(":") if isinstance(line, str) else ("", "", "")
        if not colon or name.strip() in named:
            raise ValueError(f"expected each header once, as `Name: value`, got {line!r}")
        named[name.strip()] = value.strip()
    return named


def _sendable(given: dict[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if name.lower() in _CREDENTIALS:
            raise ValueError(f"{name} is a credential, and a policy is read by many; use `secret` and `secret_as`")
        if name.lower() in _TRAVEL:
            raise ValueError(f"{name} says how the request travels and cannot be set")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the value of {name} is not plain visible text")
    return given


RequestHeaders = Annotated[
    dict[HeaderName, str],
    Field(min_length=1),
    BeforeValidator(_as_lines),
    AfterValidator(_sendable),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
                {"type": "array", "minItems": 1, "items": {"type": "string"}},
            ]
        }
    ),
]


def content(body: JsonValue) -> tuple[bytes, str]:
    """The bytes of a body as a policy writes it and their media type: a text as it is, anything else as JSON."""
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), "application/json"


def announced(method: str, writes: bool) -> None:
    """Raises ValueError for a method that changes something there and a policy that does not say so."""
    if method in WRITES and not writes:
        raise ValueError(f"{method} changes something there; say `writes: true` where that is meant")
