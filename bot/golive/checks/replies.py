"""Asking a web service several times within one check's time, and showing what came of it.

`Asker.ask` never raises for a service that does not answer: that is a `NoReply`, a fact like any other, so that one dead
page among ten does not hide the nine. What it hands back holds no secret that was sent.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from golive.core.model import Detail
from golive.ports import Answer, Look, Unreachable

MAX_DETAILS = 200
AT_ONCE = 8
"""Pages of one check that are asked for at the same time."""
_LEAST = timedelta(milliseconds=1)
_SPARE = timedelta(milliseconds=250)
"""Kept back for judging: at the timeout itself the engine stops waiting, and all that was heard would be lost."""
_SHORT_SECRET = 6
"""Shorter ones are not searched for in answers: `ok` as a password would blank every page."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class NoReply:
    """The service gave no usable answer; `why` says so in a sentence."""

    why: str


Reply = Answer | NoReply


class Asker:
    """Asks for one check, within the time that its policy gives it in all. Safe to use from many threads."""

    def __init__(self, look: Look) -> None:
        self._http = look.http
        self._timeout = look.timeout
        self._until = time.monotonic() + spared(look).total_seconds()

    def left(self) -> float:
        """Seconds left, below zero once there are none."""
        return self._until - time.monotonic()

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
        body: bytes | None = None,
        writes: bool = False,
        follow_redirects: bool = True,
    ) -> Reply:
        """Ask once. secret: request headers that present a secret, see `Asks.credentials`; taken out of the answer."""
        seconds = self.left()
        left = timedelta(seconds=int(seconds * 10) / 10 if seconds > 1 else seconds)  # a sentence may show it
        if left < _LEAST:
            total = f"{self._timeout.total_seconds():g} s"
            return NoReply(f"{method} {url_text(url)}: not asked, the {total} of this check were over")
        try:
            answer = self._http.request(
                method,
                url,
                headers={**(headers or {}), **(secret or {})},
                body=body,
                writes=writes,
                timeout=left,
                follow_redirects=follow_redirects,
            )
        except Unreachable as error:
            return NoReply(str(error))
        return without_secrets(answer, secret) if secret else answer


def spared(look: Look) -> timedelta:
    """The time that a check may use for asking: its timeout, less a moment for judging."""
    return look.timeout - min(_SPARE, look.timeout / 20)


def side_by_side(run: Callable[[T], R], items: Sequence[T]) -> tuple[R, ...]:
    """What `run` gives for each item, in their order; several at once where there are several."""
    if len(items) < 2:
        return tuple(run(item) for item in items)
    with ThreadPoolExecutor(min(len(items), AT_ONCE), thread_name_prefix="ask") as pool:
        return tuple(pool.map(run, items))


def without_secrets(answer: Answer, credentials: Mapping[str, str]) -> Answer:
    """The answer with `***` where it echoes a secret that was sent with the request."""
    body, headers = answer.body, dict(answer.headers)
    for value in _values(credentials):
        body = body.replace(value.encode(), b"***")
        headers = {name: text.replace(value, "***") for name, text in headers.items()}
    return replace(answer, body=body, headers=headers)


def _values(credentials: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    for value in credentials.values():
        how, _, rest = value.partition(" ")
        found |= {value, rest}
        if how == "Basic":
            found.add(base64.b64decode(rest).decode().partition(":")[2])
    return {value for value in found if len(value) >= _SHORT_SECRET}


def url_text(url: str) -> str:
    """A URL for people where nothing masked it: without query and fragment, which may hold a secret."""
    return url.partition("#")[0].partition("?")[0]


def capped(details: Iterable[Detail]) -> tuple[Detail, ...]:
    """At most 200 lines, and one that says how many more there are."""
    lines = tuple(details)
    if len(lines) <= MAX_DETAILS:
        return lines
    return (*lines[:MAX_DETAILS], Detail(f"… and {len(lines) - MAX_DETAILS} more"))


def counted(number: int, noun: str) -> str:
    """`1 page`, `3 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _one_or_more(given: Any) -> Any:
    if isinstance(given, str):
        return (given,)
    return tuple(given) if isinstance(given, list) else given


def _not_empty(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given or not all(given):
        raise ValueError("an empty text or list asserts nothing; name at least 1 text")
    return given


Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_more),
    AfterValidator(_not_empty),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
"""One text, or a list of them."""
UrlPath = Annotated[str, Field(pattern=r"^/[^\s?#]*(\?[^\s#]*)?$", max_length=500)]
"""A path below a URL, maybe with a query: it cannot name another host."""


def joined(base: str, path: str) -> str:
    """A path below a base URL."""
    return base.rstrip("/") + path
