"""What is said to a Redis server and how its answers are read: the protocol RESP2, on one connection. Pure.

PING, INFO and QUIT are documented by Redis; Valkey and KeyDB answer alike. Nothing is written. Add a question as a row of
`_QUESTIONS`; its answer is found by its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

UNTIL = b"$15\r\ngolive-was-here\r\n"
"""The answer to the last question but one: once it is there, everything is."""
LIMIT = 256 * 1024
_QUESTIONS = (("PING",), ("INFO",), ("ECHO", "golive-was-here"), ("QUIT",))


@dataclass(frozen=True)
class Redis:
    """What a server said. refused: its own words where it did not answer.   info: the fields of INFO."""

    refused: str
    info: dict[str, str]

    def number(self, name: str) -> float | None:
        """A field that is a number, None where there is none."""
        text = self.info.get(name, "")
        return float(text) if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,9})?", text) else None


def questions(user: str, password: str) -> bytes:
    """What is sent. user: empty for the default one; password: empty for none, then nobody logs in."""
    login: list[Sequence[str]] = [("AUTH", *([user] if user else []), password)] if password else []
    return b"".join(_command(words) for words in [*login, *_QUESTIONS])


def _command(words: Sequence[str]) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def read(answer: bytes, logged_in: bool) -> Redis:
    """The answers in their places. Raises ValueError where this is no Redis, or it broke off."""
    replies = list(_replies(answer))
    if not replies:
        raise ValueError("it answers nothing" if not answer else "it does not speak Redis' protocol")
    refused = next((text[1:] for text in replies if text.startswith("-")), "")
    if refused:
        return Redis(refused[:200], {})
    expected = 3 if logged_in else 2
    if len(replies) < expected or replies[expected - 2] != "+PONG":
        raise ValueError("it broke off in the middle, or does not answer PING with PONG")
    lines = (line.partition(":") for line in replies[expected - 1].splitlines() if ":" in line and line[0] != "#")
    return Redis("", {name.strip(): value.strip() for name, _, value in lines})


def _replies(answer: bytes) -> Iterator[str]:
    """Simple strings and errors with their sign, bulk strings without; ends at the first that is not whole."""
    rest = answer
    while rest:
        line, end, rest = rest.partition(b"\r\n")
        if not end or line[:1] not in (b"+", b"-", b"$"):
            return
        if line[:1] != b"$":
            yield line.decode("utf-8", errors="replace")
            continue
        if not re.fullmatch(rb"[0-9]{1,7}", line[1:]) or len(rest) < int(line[1:]) + 2:
            return
        yield rest[: int(line[1:])].decode("utf-8", errors="replace")
        rest = rest[int(line[1:]) + 2 :]
