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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue, model_validator

from golive.checks.asking import HeaderName, Status, WebUrl, status_text
from golive.checks.jsonpaths import Expression, parsed, same_json, searched, short
from golive.checks.options import Options
from golive.core.model import Finding, Measure, Outcome, Strength
from golive.core.patterns import checked_pattern, found
from golive.ports import Answer, Look, Unreachable

_SECRET_HEADERS = frozenset({"set-cookie", "www-authenticate", "authorization", "authentication-info"})


def _header_value(text: str) -> str:
    if text.startswith("=~"):
        checked_pattern(text[2:].strip())
    return text




@dataclass(frozen=True)
class NoReply:
    """The service gave no usable answer; `why` says so in a sentence."""

    why: str


class HttpCheck(Options):
    """Options, collecting and judging of the kind `http`; the module's text is its reference."""

    kind: ClassVar[str] = "http"
    measures: ClassVar[Mapping[str, str]] = {"duration": "s", "status": "", "size": "B"}
    ran_against: ClassVar[str] = "HTTP servers over real sockets, with and without TLS"

    url: WebUrl
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
        measures = (
            Measure("duration", facts.seconds, "s"), Measure("status", facts.status),
            Measure("size", len(facts.body), "B"),
        )  # fmt: skip
        return Finding(
            "", outcome, summary, measured, self._expected(), facts.url, Strength.PROBE, measures=measures
        )

    def _wrong_status(self, answer: Answer) -> Iterator[str]:
        if not any(first <= answer.status <= last for first, last in self.status):
            yield f"the status is {answer.status}, not {status_text(self.status)}"

    def _wrong_headers(self, answer: Answer) -> Iterator[str]:
        for name, wanted in (self.headers or {}).items():
            value = answer.headers.get(name.lower())
            if value is None:
                yield f"there is no header {name}"
            elif not _header_holds(wanted, value):
                given = "another" if name.lower() in _SECRET_HEADERS else short(value)
                yield f"the header {name} is {given}, not {short(wanted)}"

    def _wrong_body(self, answer: Answer) -> Iterator[str]:
        text = answer.body.decode("utf-8", errors="replace")
        if self.body is not None and self.body not in text:
            yield f"the body does not contain {short(self.body)}"
        if self.body_matches is not None and not found(self.body_matches, text):
            yield f"the body does not match {short(self.body_matches)}"
        if self.json_:
            yield from _wrong_json(self.json_, text)

    def _expected(self) -> str:
        parts = [f"status {status_text(self.status)}"]
        parts += [f"{path} = {short(value)}" for path, value in (self.json_ or {}).items()]
        parts += [f"header {name} {short(value)}" for name, value in (self.headers or {}).items()]
        parts += [f"body contains {short(self.body)}"] if self.body else []
        parts += [f"body matches {short(self.body_matches)}"] if self.body_matches else []
        return ", ".join(parts)


def _wrong_json(wanted: dict[str, JsonValue], text: str) -> Iterator[str]:
    try:
        document = parsed(text)
    except ValueError:
        yield "the body is not JSON"
        return
    for path, value in wanted.items():
        try:
            got = searched(path, document)
        except ValueError as error:
            yield str(error)
            continue
        if not same_json(got, value):
            yield f"{path} is {short(got)}, not {short(value)}"


def _header_holds(wanted: str, value: str) -> bool:
    return found(wanted[2:].strip(), value) if wanted.startswith("=~") else value == wanted


