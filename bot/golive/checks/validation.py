"""`validation`: bad input is refused, with a 4xx that says so, and never with a 5xx.

Sends inputs that no service may take, one after the other, and looks at the status of each answer. The two questions are
those that schemathesis calls `not_a_server_error` and `negative_data_rejection`. A 401, 403, 404, 405, 408, 429 or a
redirect says that something else stopped the request before anybody looked at the input, so it proves nothing.

Options:

- `url` (required): what takes the input.
- `method`: `POST` (default), `PUT`, `PATCH`, `GET` or `DELETE`.
- `writes`: `true` says that this check may change something there: a service that takes a bad input does something with it.
  Needed for every method but GET.
- `good`: a good JSON object, never sent itself. From it bad ones are made: each of its members with a value of a type that
  cannot be right, and a list in place of the object.
- `required`: members of `good` without which the input is bad; each is left out once.
- `bad`: bad inputs of your own: `{name: no quantity, body: {sku: 7}}` with a JSON `body`, or a raw `text`, or a `query`
  (`"?limit=-1"`), with `headers`, and with a `status` of its own where another one is expected.
- `generic`: `true` (default, where the method has a body) also sends an empty body, broken JSON, and text instead of JSON.
- `status`: how bad input is refused: a code, a range, or a list of them. Default `4xx` but those above.
- `checks`: `not_a_server_error`, `negative_data_rejection`, or both (default).
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `refused`, `accepted`, `server_errors`, each a number of inputs. Samples: the inputs that were answered.

Example:

    - id: orders-are-validated
      uses: validation
      with:
        url: "${target}/api/orders"
        writes: true
        good: {sku: 7, quantity: 1}
        required: [sku]
        bad:
          - {name: negative quantity, body: {sku: 7, quantity: -1}}

Outcomes: `passed`; `failed` (a bad input was taken, or broke the service; each is named); `unknown` (an input got no answer,
or one that proves nothing). The result counts for 15 minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from golive.checks.asking import Asks, Status, WebUrl, host_of, status_text
from golive.checks.replies import Asker, NoReply, Reply, capped, counted, url_text
from golive.checks.sending import RequestHeaders, announced
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Answer, Look

PROVES_NOTHING = frozenset({401, 403, 404, 405, 407, 408, 429})
"""Statuses of what stands before the input: RFC 9110 section 15.5, RFC 6585 section 4."""
REFUSED = tuple((status, status) for status in range(400, 500) if status not in PROVES_NOTHING)
_WRONG_SCALAR: JsonValue = {"golive": "not what belongs here"}


class Bad(BaseModel):
    """One bad input of a policy."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    body: JsonValue = None
    text: Annotated[str | None, Field(max_length=100_000)] = None
    query: Annotated[str | None, Field(pattern=r"^\?[^\s#]+$", max_length=1000)] = None
    headers: RequestHeaders | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _one_input(self) -> Bad:
        if "body" in self.model_fields_set and self.text is not None:
            raise ValueError("`body` and `text` are two bodies of one request; keep one")
        if not {"body", "text", "query", "headers"} & self.model_fields_set:
            raise ValueError("expected a bad `body`, `text`, `query` or `headers`")
        return self


@dataclass(frozen=True)
class Input:
    """One input as it is sent. status: how it is to be refused, None for the check's own."""

    name: str
    body: bytes | None
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    status: tuple[tuple[int, int], ...] | None = None


class ValidationCheck(Asks):
    """Options, collecting and judging of the kind `validation`; the module's text is its reference."""

    kind: ClassVar[str] = "validation"
    measures: ClassVar[Mapping[str, str]] = {"refused": "", "accepted": "", "server_errors": ""}
    ran_against: ClassVar[str] = "HTTP servers over real sockets"

    url: WebUrl
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = "POST"
    writes: bool = False
    good: Annotated[dict[str, JsonValue] | None, Field(min_length=1, max_length=50)] = None
    required: Annotated[list[str] | None, Field(min_length=1)] = None
    bad: Annotated[list[Bad] | None, Field(min_length=1, max_length=100)] = None
    generic: bool = True
    status: Status = REFUSED
    checks: list[Literal["not_a_server_error", "negative_data_rejection"]] = Field(
        default=["not_a_server_error", "negative_data_rejection"], min_length=1
    )

    @model_validator(mode="after")
    def _what_is_sent(self) -> ValidationCheck:
        announced(self.method, self.writes)
        if self.required and not set(self.required) <= (self.good or {}).keys():
            raise ValueError("`required` names members of `good`; one of them is not there")
        has_body = self.good or any(bad.text is not None or "body" in bad.model_fields_set for bad in self.bad or ())
        if self.method == "GET" and has_body:
            raise ValueError("GET has no body; use `query`, or another method")
        if "?" in self.url and any(bad.query for bad in self.bad or ()):
            raise ValueError("`query` follows a url without a query")
        if not self.inputs():
            raise ValueError("there is no bad input; name `bad` or `good`")
        return self

    def inputs(self) -> tuple[Input, ...]:
        """All that is sent, in order."""
        takes_body = self.method in ("POST", "PUT", "PATCH")
        return (
            *(_GENERIC if self.generic and takes_body else ()),
            *self._of_good(),
            *(_own(number, bad) for number, bad in enumerate(self.bad or (), 1)),
        )

    def _of_good(self) -> Iterator[Input]:
        if self.good is None:
            return
        yield _json("a list in place of the object", [])
        for name, value in self.good.items():
            wrong = "golive" if isinstance(value, dict) else _WRONG_SCALAR
            yield _json(f"{name} of another type", {**self.good, name: wrong})
        for name in self.required or ():
            yield _json(f"without {name}", {other: value for other, value in self.good.items() if other != name})

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return dict.fromkeys(self.measures, (0, len(self.inputs())))

    def collect(self, look: Look) -> tuple[Reply, ...]:
        """Send one input after the other."""
        asker = Asker(look)
        secret = self.credentials(look, self.url)
        return tuple(
            asker.ask(
                self.method,
                self.url + given.query,
                headers={"accept": "application/json", **dict(given.headers)},
                secret=secret,
                body=given.body,
                writes=self.writes,
                follow_redirects=False,
            )
            for given in self.inputs()
        )

    def judge(self, facts: tuple[Reply, ...]) -> Finding:
        """Which inputs were refused, taken, or too much for the service."""
        came: dict[str, list[str]] = {"refused": [], "accepted": [], "broke": [], "unclear": []}
        for given, reply in zip(self.inputs(), facts, strict=True):
            how, said = self._came_to(given, reply)
            came[how].append(said)
        flaws = came["broke"] if "not_a_server_error" in self.checks else []
        flaws = flaws + (came["accepted"] if "negative_data_rejection" in self.checks else [])
        details = [*map(Detail, flaws), *(Detail(said, outcome=Outcome.UNKNOWN) for said in came["unclear"])]
        count = f"{len(came['refused'])} of {counted(len(facts), 'bad input')} refused"
        named = "; ".join([detail.text for detail in details[:5]] + (["…"] if len(details) > 5 else []))
        outcome = Outcome.FAILED if flaws else Outcome.UNKNOWN if came["unclear"] else Outcome.PASSED
        return Finding(
            "",
            outcome,
            f"{count}: {named}" if named else count,
            f"{len(came['refused'])}/{len(facts)} refused",
            self._expected(),
            next((reply.url for reply in facts if isinstance(reply, Answer)), url_text(self.url)),
            measures=(
                Measure("refused", len(came["refused"])),
                Measure("accepted", len(came["accepted"])),
                Measure("server_errors", len(came["broke"])),
            ),
            samples=sum(isinstance(reply, Answer) for reply in facts),
            details=capped(details),
        )

    def _came_to(self, given: Input, reply: Reply) -> tuple[str, str]:
        """(refused, accepted, broke or unclear, a line about it)."""
        if isinstance(reply, NoReply):
            return "unclear", f"{given.name}: {reply.why}"
        wanted = given.status or self.status
        if any(first <= reply.status <= last for first, last in wanted):
            return "refused", given.name
        if reply.status >= 500:
            return "broke", f"{given.name}: {reply.status}, a server error"
        if reply.status in PROVES_NOTHING or 300 <= reply.status < 400:
            return "unclear", f"{given.name}: {reply.status}, so nobody looked at the input"
        if reply.status < 300:
            return "accepted", f"{given.name}: {reply.status}, it was taken"
        return "accepted", f"{given.name}: {reply.status}, not {status_text(wanted)}"

    def _expected(self) -> str:
        said = "4xx" if self.status == REFUSED else status_text(self.status)
        parts = [f"refused with {said}"] if "negative_data_rejection" in self.checks else []
        return ", ".join([*parts, *(["never a 5xx"] if "not_a_server_error" in self.checks else [])])


_JSON = (("content-type", "application/json"),)
_GENERIC = (
    Input("an empty body", b"", headers=_JSON),
    Input("broken JSON", b'{"golive": ', headers=_JSON),
    Input("text in place of JSON", b"golive", headers=_JSON),
)


def _json(name: str, body: JsonValue) -> Input:
    return Input(name, json.dumps(body).encode(), headers=_JSON)


def _own(number: int, bad: Bad) -> Input:
    """A bad input as a policy writes it."""
    body: bytes | None = None
    media: tuple[tuple[str, str], ...] = ()
    if bad.text is not None:
        body, media = bad.text.encode(), (("content-type", "text/plain; charset=utf-8"),)
    elif "body" in bad.model_fields_set:
        body, media = json.dumps(bad.body).encode(), _JSON
    headers = dict(media) | {name.lower(): value for name, value in (bad.headers or {}).items()}
    name = bad.name or bad.query or f"bad input number {number}"
    return Input(name, body, bad.query or "", tuple(headers.items()), bad.status)
