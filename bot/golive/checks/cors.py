"""`cors`: browsers let the pages of the right origins read a service's answers, and of no others.

Asks as a browser does (WHATWG Fetch, CORS protocol): a plain GET with an `Origin`, and a preflight (OPTIONS) for each
method. An allowed origin must get itself, or `*`, in Access-Control-Allow-Origin, and its methods and headers allowed; a
denied one must get neither. Nothing but GET and OPTIONS is sent.

Options:

- `url` (required): what pages of other origins ask.
- `allow`: origins that may read it, for example `["https://shop.example.com"]`.
- `deny`: origins that may not. Default: one that nobody owns; a service that allows it allows everybody. Where everybody is
  meant to read it, write `deny: none`. `"null"` stands for sandboxed pages and local files.
- `methods`: methods that the allowed origins may use, asked for by preflight. Default `[GET]`.
- `request_headers`: names of request headers that they may send, for example `[authorization, content-type]`.
- `credentials`: `true` also asks that they may send cookies; then `*` is not enough, browsers refuse it.
- `preflight`: `false` leaves the preflights out. Default `true`.
- `secret`: name of a secret that the operator lends to this repository for this host; sent with the GET, not with the
  preflights, as browsers do.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `flaws`.

Example:

    - id: cors
      uses: cors
      with:
        url: "${target}/api/orders"
        allow: ["https://shop.example.com"]
        deny: ["https://shop.example.com.evil.example", "null"]
        methods: [GET, POST]
        request_headers: [content-type]

Outcomes: `passed`; `failed` (each origin that is treated otherwise is named); `unknown` (an answer is missing, and no other
was wrong). An answer that depends on the origin without saying `Vary: Origin` is mentioned: a cache may hand it to another
one. The result counts for 15 minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from golive.checks.asking import Asks, HeaderName, WebUrl, host_of
from golive.checks.replies import Asker, NoReply, Reply, capped, counted, url_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Answer, Look

NOBODY = "https://nobody.invalid"
"""An origin that nobody can own, RFC 2606 section 2."""
SIMPLE = frozenset({"GET", "HEAD", "POST"})
"""Methods that need no leave, Fetch's CORS-safelisted methods."""


def _origin(text: str) -> str:
    if text != "null" and not re.fullmatch(
        r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-fA-F:.]+\](:\d{1,5})?", text
    ):
        raise ValueError(f"expected an origin like `https://shop.example.com`, without a path, got {text!r}")
    return text


Origin = Annotated[str, AfterValidator(_origin)]


@dataclass(frozen=True)
class Question:
    """One request. method: of the preflight, empty for the plain GET."""

    origin: str
    allowed: bool
    method: str = ""

    @property
    def name(self) -> str:
        """How it is called in sentences."""
        return f"{self.origin}, preflight of {self.method}" if self.method else f"{self.origin}, GET"


class CorsCheck(Asks):
    """Options, collecting and judging of the kind `cors`; the module's text is its reference."""

    kind: ClassVar[str] = "cors"
    measures: ClassVar[Mapping[str, str]] = {"flaws": ""}
    ran_against: ClassVar[str] = "HTTP servers over real sockets"

    url: WebUrl
    allow: Annotated[list[Origin] | None, Field(min_length=1, max_length=20)] = None
    deny: Annotated[list[Origin], Field(min_length=1, max_length=20)] | Literal["none"] = Field(default=[NOBODY])
    methods: Annotated[
        list[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]], Field(min_length=1, max_length=6)
    ] = Field(default=["GET"])
    request_headers: Annotated[list[HeaderName] | None, Field(min_length=1, max_length=50)] = None
    credentials_: bool = Field(default=False, alias="credentials")
    preflight: bool = True

    @model_validator(mode="after")
    def _something_to_ask(self) -> CorsCheck:
        if self.allow is None and self.deny == "none":
            raise ValueError("nothing is asserted; name origins under `allow` or `deny`")
        both = set(self.allow or ()) & set(self._denied())
        if both:
            raise ValueError(f"{min(both)} is both allowed and denied")
        if self.allow is None and {"methods", "request_headers", "credentials_"} & self.model_fields_set:
            raise ValueError("methods, request_headers and credentials are those of the origins under `allow`")
        if not self.preflight and {"methods", "request_headers"} & self.model_fields_set:
            raise ValueError("methods and request_headers are asked for by preflight; leave `preflight: false` out")
        return self

    def _denied(self) -> list[str]:
        return [] if self.deny == "none" else list(self.deny)

    def questions(self) -> tuple[Question, ...]:
        """All that is asked, in order."""
        return (*self._of(self.allow or (), True), *self._of(self._denied(), False))

    def _of(self, origins: list[str] | tuple[()], allowed: bool) -> Iterator[Question]:
        for origin in origins:
            yield Question(origin, allowed)
            yield from (Question(origin, allowed, method) for method in self.methods if self.preflight)

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    def collect(self, look: Look) -> tuple[Reply, ...]:
        """Ask one question after the other."""
        asker = Asker(look)
        secret = self.credentials(look, self.url)
        return tuple(self._ask(asker, question, secret) for question in self.questions())

    def _ask(self, asker: Asker, question: Question, secret: Mapping[str, str]) -> Reply:
        headers = {"origin": question.origin}
        if not question.method:
            return asker.ask("GET", self.url, headers=headers, secret=secret, follow_redirects=False)
        headers["access-control-request-method"] = question.method
        if self.request_headers:
            headers["access-control-request-headers"] = ",".join(sorted(name.lower() for name in self.request_headers))
        return asker.ask("OPTIONS", self.url, headers=headers, follow_redirects=False)

    def judge(self, facts: tuple[Reply, ...]) -> Finding:
        """What browsers would make of the answers."""
        flaws: list[Detail] = []
        silent: list[Detail] = []
        hints: dict[str, Detail] = {}
        for question, reply in zip(self.questions(), facts, strict=True):
            if isinstance(reply, NoReply):
                silent.append(Detail(reply.why, outcome=Outcome.UNKNOWN))
                continue
            wrong = self._refused(question, reply) if question.allowed else self._let_in(reply)
            flaws += [Detail(f"{question.name}: {text}") for text in wrong]
            if _depends(question, reply):
                text = "the answer depends on the origin and does not say `Vary: Origin`, so a cache may mix them up"
                hints[text] = Detail(text, outcome=Outcome.WARNING)
        summary = "; ".join(detail.text for detail in (flaws or silent)[:5])
        summary += "; …" if len(flaws or silent) > 5 else ""
        good = f"{counted(len(facts), 'request')} answered as browsers need it"
        return Finding(
            "",
            Outcome.FAILED if flaws else Outcome.UNKNOWN if silent else Outcome.PASSED,
            summary or good,
            counted(len(flaws), "flaw"),
            self._expected(),
            next((reply.url for reply in facts if isinstance(reply, Answer)), url_text(self.url)),
            measures=(Measure("flaws", len(flaws)),),
            samples=len(facts) - len(silent),
            details=capped([*flaws, *silent, *hints.values()]),
        )

    def _refused(self, question: Question, reply: Answer) -> Iterator[str]:
        """Why a browser would not let an allowed origin go on."""
        if question.method and not 200 <= reply.status <= 299:
            yield f"the preflight is answered with {reply.status}, not 2xx"
            return
        given = reply.headers.get("access-control-allow-origin")
        if given is None:
            yield "there is no Access-Control-Allow-Origin"
        elif given != question.origin and (given != "*" or self.credentials_):
            with_cookies = " (not enough for cookies)" if given == "*" else ""
            yield f"Access-Control-Allow-Origin is {given[:100]!r}{with_cookies}, not {question.origin!r}"
        if self.credentials_ and reply.headers.get("access-control-allow-credentials") != "true":
            yield "Access-Control-Allow-Credentials is not true"
        if question.method:
            yield from self._not_allowed(question.method, reply)

    def _not_allowed(self, method: str, reply: Answer) -> Iterator[str]:
        """What a preflight was refused. A `*` stands for all only without cookies, and never for Authorization."""
        methods = _listed(reply, "access-control-allow-methods")
        if method not in SIMPLE and method not in methods and ("*" not in methods or self.credentials_):
            yield f"the method {method} is not in Access-Control-Allow-Methods"
        names = {name.lower() for name in _listed(reply, "access-control-allow-headers")}
        for name in self.request_headers or ():
            by_star = "*" in names and not self.credentials_ and name.lower() != "authorization"
            if name.lower() not in names and not by_star:
                yield f"the header {name} is not in Access-Control-Allow-Headers"

    def _let_in(self, reply: Answer) -> Iterator[str]:
        """How a denied origin is let in."""
        given = reply.headers.get("access-control-allow-origin")
        asked = reply.headers.get("access-control-allow-credentials") == "true"
        if given == "*":
            yield "everybody is let in, Access-Control-Allow-Origin is '*'"
        elif given is not None and given in self._denied():
            yield "it is let in" + (", even with cookies" if asked else "")

    def _expected(self) -> str:
        parts = [f"{', '.join(self.allow)} let in"] if self.allow else []
        parts += [f"with {', '.join(self.methods)}"] if self.allow and self.preflight else []
        parts += [f"{', '.join(self._denied())} not let in"] if self._denied() else []
        return ", ".join(parts)


def _listed(reply: Answer, name: str) -> set[str]:
    return {part.strip() for part in reply.headers.get(name, "").split(",")}


def _depends(question: Question, reply: Answer) -> bool:
    """Whether the plain answer names this one origin without a word to caches."""
    named = reply.headers.get("access-control-allow-origin") == question.origin
    varies = {part.lower() for part in _listed(reply, "vary")}
    return named and not question.method and not varies & {"origin", "*"}
