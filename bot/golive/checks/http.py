"""`http`: a service answers as it should.

Asserts, on one answer to one GET or HEAD: the status always, and what else you name of its JSON, its text and its
headers. All that is named must hold. Nothing is sent twice, and an answer that never came is not a failed check but an
unknown one, which does not pass either.

Options:

- `url` (required): http or https, without user name and password.
- `method`: `GET` (default) or `HEAD`. A check only reads.
- `status`: a code (`200`), a range (`2xx`, `200-204`), or a list of them. Default `200`.
- `json`: JMESPath expression → the JSON value it must give. `true` is not `1`; `null` also means "not there".
- `body`: text that must occur in the body, read as UTF-8.
- `body_matches`: regular expression that must occur in the first 64 Ki characters of the body. The usual syntax
  without look-around, back references and `\\b`, so that no expression can keep golive busy.
- `headers`: name → the exact value, or `=~ ` and a regular expression that must occur in it.
- `follow_redirects`: `true` (default) or `false`. Each hop is checked; https never leads to http; at most five.

Example:

    - id: services-healthy
      uses: http
      with:
        url: "${target}/health"
        status: 2xx
        json: {status: ok, "length(workers[?alive])": 4}
        headers: {strict-transport-security: "=~ max-age=\\d{7,}"}

Outcomes: `passed`; `failed` (it answered, and not so); `unknown` (no usable answer within 10 s: refused, unreachable,
untrusted certificate, larger than 2 MiB). The result counts for 15 minutes. Addresses inside the operator's own network
are looked at only where the operator lists them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

import jmespath
from jmespath.exceptions import JMESPathError, ParseError
from jmespath.functions import Functions
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    JsonValue,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from golive.checks.options import Options
from golive.checks.patterns import checked_pattern, found
from golive.core.model import Finding, Outcome, Strength
from golive.ports import Answer, Look, Unreachable

_SECRET_HEADERS = frozenset({"set-cookie", "www-authenticate", "authorization", "authentication-info"})
_SHOWN = 80
_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


def _checked_url(text: str) -> str:
    if not re.match(r"https?://[^/?#]", text, re.IGNORECASE):
        raise ValueError("expected an http or https URL like `https://shop.example.com/health`")
    try:
        url = _URL.validate_python(text)
    except ValidationError as error:
        raise ValueError(f"expected an http or https URL: {error.errors()[0]['msg']}") from None
    if url.username or url.password:
        raise ValueError("a URL with a user name or password in it is refused; remove the part before the @")
    return text


def _statuses(given: Any) -> tuple[tuple[int, int], ...]:
    """Codes and ranges as sorted (first, last) pairs. Raises ValueError for anything else."""
    if given == [] or given == ():
        raise ValueError("an empty list asserts nothing; name at least one status, for example 200 or 2xx")
    items = given if isinstance(given, list | tuple) else (given,)
    return tuple(sorted({_status(item) for item in items}))


def _status(item: Any) -> tuple[int, int]:
    text = str(item) if isinstance(item, int | str) and not isinstance(item, bool) else ""
    if re.fullmatch(r"[1-5]xx", text):
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    match = re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", text)
    if match is None or (match[2] and match[2] < match[1]):
        raise ValueError(f"expected a status like 200, 2xx or 200-204, got {item!r}")
    return int(match[1]), int(match[2] or match[1])


def _expression(text: str) -> str:
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


def _header_value(text: str) -> str:
    if text.startswith("=~"):
        checked_pattern(text[2:].strip())
    return text


Status = Annotated[
    tuple[tuple[int, int], ...],
    BeforeValidator(_statuses),
    WithJsonSchema(
        {
            "$comment": "a code, a range, or a list of them",
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": r"^([1-5]xx|[1-5]\d\d(-[1-5]\d\d)?)$"},
                {"type": "array", "minItems": 1, "items": {"type": ["integer", "string"]}},
            ],
        }
    ),
]
Expression = Annotated[str, AfterValidator(_expression)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]


@dataclass(frozen=True)
class NoReply:
    """The service gave no usable answer; `why` says so in a sentence."""

    why: str


class HttpCheck(Options):
    """Options, collecting and judging of the kind `http`; the module's text is its reference."""

    kind: ClassVar[str] = "http"
    fresh: ClassVar[timedelta | None] = timedelta(minutes=15)
    stirred_by: ClassVar[frozenset[str]] = frozenset()
    reads_attestations: ClassVar[bool] = False

    url: Annotated[str, AfterValidator(_checked_url)]
    method: Literal["GET", "HEAD"] = "GET"
    status: Status = ((200, 200),)
    json_: Annotated[dict[Expression, JsonValue] | None, Field(alias="json", min_length=1)] = None
    body: Annotated[str | None, Field(min_length=1)] = None
    body_matches: Annotated[str, AfterValidator(checked_pattern)] | None = None
    headers: Annotated[dict[HeaderName, Annotated[str, AfterValidator(_header_value)]] | None, Field(min_length=1)] = (
        None
    )
    follow_redirects: bool = True

    @model_validator(mode="after")
    def _head_has_no_body(self) -> HttpCheck:
        if self.method == "HEAD" and (self.json_ or self.body or self.body_matches):
            raise ValueError("an answer to HEAD has no body; use method GET to assert json, body or body_matches")
        return self

    def collect(self, look: Look) -> Answer | NoReply:
        """Ask once."""
        try:
            return look.http.request(
                self.method, self.url, timeout=look.timeout, follow_redirects=self.follow_redirects
            )
        except Unreachable as error:
            return NoReply(str(error))

    def judge(self, facts: Answer | NoReply) -> Finding:
        """Compare the answer with what is expected; every mismatch is named."""
        if isinstance(facts, NoReply):
            asked = self.url.partition("#")[0].partition("?")[0]
            return Finding("", Outcome.UNKNOWN, facts.why, "no answer", self._expected(), asked)
        measured = f"{facts.status} in {facts.seconds * 1000:.0f} ms"
        wrong = [*self._wrong_status(facts), *self._wrong_headers(facts), *self._wrong_body(facts)]
        summary = f"Answered {measured}" + (f", but {'; '.join(wrong)}" if wrong else ", as expected")
        outcome = Outcome.FAILED if wrong else Outcome.PASSED
        return Finding("", outcome, summary, measured, self._expected(), facts.url, Strength.PROBE)

    def _wrong_status(self, answer: Answer) -> Iterator[str]:
        if not any(first <= answer.status <= last for first, last in self.status):
            yield f"the status is {answer.status}, not {_status_text(self.status)}"

    def _wrong_headers(self, answer: Answer) -> Iterator[str]:
        for name, wanted in (self.headers or {}).items():
            value = answer.headers.get(name.lower())
            if value is None:
                yield f"there is no header {name}"
            elif not _header_holds(wanted, value):
                given = "another" if name.lower() in _SECRET_HEADERS else _short(value)
                yield f"the header {name} is {given}, not {_short(wanted)}"

    def _wrong_body(self, answer: Answer) -> Iterator[str]:
        text = answer.body.decode("utf-8", errors="replace")
        if self.body is not None and self.body not in text:
            yield f"the body does not contain {_short(self.body)}"
        if self.body_matches is not None and not found(self.body_matches, text):
            yield f"the body does not match {_short(self.body_matches)}"
        if self.json_:
            yield from _wrong_json(self.json_, text)

    def _expected(self) -> str:
        parts = [f"status {_status_text(self.status)}"]
        parts += [f"{path} = {_short(value)}" for path, value in (self.json_ or {}).items()]
        parts += [f"header {name} {_short(value)}" for name, value in (self.headers or {}).items()]
        parts += [f"body contains {_short(self.body)}"] if self.body else []
        parts += [f"body matches {_short(self.body_matches)}"] if self.body_matches else []
        return ", ".join(parts)


def _wrong_json(wanted: dict[str, JsonValue], text: str) -> Iterator[str]:
    try:
        document = json.loads(text, parse_constant=_no_such_number)
    except (ValueError, RecursionError):
        yield "the body is not JSON"
        return
    for path, value in wanted.items():
        try:
            got = jmespath.search(path, document)
        except (JMESPathError, TypeError, RecursionError) as error:
            yield f"{path} cannot be read from it ({_short(str(error))})"
            continue
        if not same_json(got, value):
            yield f"{path} is {_short(got)}, not {_short(value)}"


def same_json(one: Any, other: Any) -> bool:
    """Equality as JSON has it: 1 and 1.0 are one number, true and 1 two values, and members have no order."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def _header_holds(wanted: str, value: str) -> bool:
    return found(wanted[2:].strip(), value) if wanted.startswith("=~") else value == wanted


def _status_text(ranges: tuple[tuple[int, int], ...]) -> str:
    def one(first: int, last: int) -> str:
        if first == last:
            return str(first)
        return f"{first // 100}xx" if (first % 100, last - first) == (0, 99) else f"{first}-{last}"

    return " or ".join(one(*pair) for pair in ranges)


def _short(value: Any) -> str:
    """A JSON value in one short line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _no_such_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
