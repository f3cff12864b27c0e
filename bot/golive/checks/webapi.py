"""What an API said: one JSON document of a web service, or in a sentence why there is none.

`asked` never raises for a service that does not answer or answers with an error: that is `Told.problem`, a fact like any
other, in the service's own words where it has some. Add what a service's errors look like as a function beside its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from golive.checks.jsonpaths import parsed
from golive.checks.replies import Asker, NoReply, url_text
from golive.ports import Answer

Words = Callable[[Any], str]
"""A service's own words for an error, from the JSON document it came with; empty where it has none."""
_SHOWN = 400


@dataclass(frozen=True)
class Told:
    """One answer. document: its JSON.   problem: why there is no usable one, in a sentence, or empty.

    status: 0 where there was no answer.   headers: lower-case names.
    """

    url: str
    document: Any = None
    problem: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


def asked(
    asker: Asker, url: str, secret: Mapping[str, str], words: Words, headers: Mapping[str, str] | None = None
) -> Told:
    """GET a JSON document. words: how this service says what is wrong."""
    return told(asker.ask("GET", url, headers={"accept": "application/json", **(headers or {})}, secret=secret), words)


def told(reply: Answer | NoReply, words: Words) -> Told:
    """What an answer says."""
    if isinstance(reply, NoReply):
        return Told("", problem=reply.why)
    url = url_text(reply.url)
    try:
        document = parsed(reply.body.decode("utf-8", errors="replace")) if reply.body else None
    except ValueError:
        document = None
        readable = False
    else:
        readable = document is not None
    if not 200 <= reply.status <= 299:
        said = shortened(words(document)) if readable else ""
        answered = f"{url} answered {reply.status}"
        return Told(url, document, f"{answered}: {said}" if said else answered, reply.status, reply.headers)
    if not readable:
        return Told(url, None, f"{url} answered {reply.status} with what is not JSON", reply.status, reply.headers)
    return Told(url, document, "", reply.status, reply.headers)


def shortened(text: str, most: int = _SHOWN) -> str:
    """At most so many characters, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def table(value: Any) -> Mapping[str, Any]:
    """The value where it is a JSON object, else an empty one: what a service sends is not to be trusted."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The value where it is a JSON list, else an empty one."""
    return value if isinstance(value, list) else []
