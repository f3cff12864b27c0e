"""`authflow`: routes refuse who has no right, and let in who has.

Every route is asked without credentials (401), with credentials that nobody gave out (401), with those of each role that
may use it (2xx), and with those of each role that may not (403). The secrets of the roles are lent by the operator, for
the host alone; a policy never holds one. Redirects are not followed: a login page is not a refusal unless you say so.

Options:

- `url` (required): where the routes begin, for example `${target}`.
- `routes`: route → list of the roles that may use it, `{/orders: [customer, admin], "DELETE /orders/1": []}`. A route is a
  path, or a method and a path; methods that change something need `writes`.
- `roles`: role → name of the lent secret that a member of it would send, `{admin: shop-admin}`.
- `secret`: for a service without roles, the one lent secret that is let in. Then `routes` may be a list of routes, and
  without `routes` the `url` itself is the route.
- `secret_as`: how secrets are sent: `bearer` (default), `token`, `basic USER` or `header NAME`.
- `steps`: single questions, asked in order after the routes: `{route: /me, as: none, status: 401}`. `as` is `none`, `bad`,
  or a role (`good` stands for `secret`).
- `none`: status without credentials. Default `401`.
- `bad`: status with credentials that nobody gave out. Default `401`.
- `good`: status for who may. Default `2xx`.
- `denied`: status for a role that may not. Default `403`.
- `token`: a token endpoint: `{url: "https://id.example.com/oauth/token", clients: {admin: shop-admin-client}, scope: read}`.
  Each role's secret is then a client secret: it is posted there once (client credentials grant, RFC 6749 section 4.4, the
  client authenticated with HTTP Basic), and the token that comes back is sent as `bearer`. Needs `writes`, and the secret
  must be lent for both hosts.
- `writes`: `true` says that this check may change something there.

Measures: `wrong` (questions that were answered otherwise than expected), `right`.

Example:

    - id: orders-are-guarded
      uses: authflow
      with:
        url: "${target}"
        roles: {customer: shop-customer, admin: shop-admin}
        routes:
          /api/orders: [customer, admin]
          /api/admin/users: [admin]

Outcomes: `passed`; `failed` (somebody was let in who must not be, or kept out who must not be); `unknown` (a question got
no answer, or no token, and no other was answered wrongly). The statuses are those of RFC 9110: 401 asks for credentials,
403 refuses those that were given. The result counts for 15 minutes.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import quote_plus, urlencode

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from golive.checks.asking import Asks, Status, WebUrl, host_of, status_text
from golive.checks.options import SecretName, offered
from golive.checks.replies import Asker, NoReply, Reply, capped, counted, joined, url_text
from golive.checks.sending import READS, announced
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Look, Unreachable

NONE, BAD, GOOD = "none", "bad", "good"
MAX_QUESTIONS = 300

Route = Annotated[str, Field(pattern=r"^((GET|HEAD|POST|PUT|PATCH|DELETE) )?/[^\s#]*$", max_length=500)]


def _role(name: str) -> str:
    if name in (NONE, BAD):
        raise ValueError(f"{name!r} stands for credentials that nobody has; call the role something else")
    return name


RoleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100), AfterValidator(_role)]


class Step(BaseModel):
    """One question. as_: `none`, `bad`, or a role."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    route: Route
    as_: Annotated[str, Field(alias="as", min_length=1, max_length=100)]
    status: Status


class TokenEndpoint(BaseModel):
    """Where roles get their tokens. clients: role → client id."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    url: WebUrl
    clients: Annotated[dict[RoleName, Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1)]
    scope: Annotated[str | None, Field(min_length=1, max_length=500, pattern=r"^[!-~ ]+$")] = None


def _by_route(given: Any) -> Any:
    """A list of routes is for a service without roles: each for who is let in."""
    if isinstance(given, list) and all(isinstance(route, str) for route in given):
        return {route: [GOOD] for route in given}
    return given


@dataclass(frozen=True)
class Question:
    """Who asks for which route, and what must come."""

    route: str
    who: str
    wanted: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Asked:
    """A question with what came; `why` where it could not be asked."""

    question: Question
    status: int
    why: str = ""


class AuthflowCheck(Asks):
    """Options, collecting and judging of the kind `authflow`; the module's text is its reference."""

    kind: ClassVar[str] = "authflow"
    measures: ClassVar[Mapping[str, str]] = {"wrong": "", "right": ""}
    ran_against: ClassVar[str] = "HTTP servers over real sockets, with and without a token endpoint"

    url: WebUrl
    routes: Annotated[
        dict[Route, list[RoleName]] | None,
        Field(min_length=1, max_length=100),
        BeforeValidator(_by_route),
        WithJsonSchema(
            {
                "anyOf": [
                    {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    },
                    {"type": "array", "minItems": 1, "items": {"type": "string"}},
                ]
            }
        ),
    ] = None
    roles: Annotated[dict[RoleName, SecretName] | None, Field(min_length=1, max_length=20)] = None
    steps: Annotated[list[Step] | None, Field(min_length=1, max_length=100)] = None
    none: Status = ((401, 401),)
    bad: Status = ((401, 401),)
    good: Status = ((200, 299),)
    denied: Status = ((403, 403),)
    token: TokenEndpoint | None = None
    writes: bool = False

    @model_validator(mode="after")
    def _who_is_there(self) -> AuthflowCheck:
        if self.secret and self.roles:
            raise ValueError("`secret` is for a service without roles; name it under `roles`, or leave `roles` out")
        if not (self.secret or self.roles or self.steps):
            raise ValueError("nobody is let in: name `roles`, one `secret`, or `steps`")
        known = self._secrets().keys()
        for route, allowed in (self.routes or {}).items():
            for role in allowed:
                if role not in known:
                    raise ValueError(f"{route} is for {role!r}, and {_named(known)}")
        for step in self.steps or ():
            if step.as_ not in {NONE, BAD, *known}:
                raise ValueError(f"a step asks as {step.as_!r}; expected none, bad, or a role: {_named(known)}")
        if self.roles and not (self.routes or self.steps):
            raise ValueError("`roles` alone assert nothing; say under `routes` which of them may use what")
        return self

    @model_validator(mode="after")
    def _what_is_sent(self) -> AuthflowCheck:
        for question in self.questions():
            announced(_split(question.route)[0], self.writes)
        if len(self.questions()) > MAX_QUESTIONS:
            raise ValueError(
                f"these are {len(self.questions())} questions, at most {MAX_QUESTIONS}; make two checks of it"
            )
        if self.token and not self.writes:
            raise ValueError("a token endpoint hands out a token, which is a change; say `writes: true`")
        if self.token and self.secret_as != "bearer":  # noqa: S105  # the way a secret is sent
            raise ValueError("a token is sent as bearer; leave `secret_as` out")
        if self.token and self.token.clients.keys() != self._secrets().keys():
            raise ValueError(f"`token` names clients for {_named(self.token.clients)}, and {_named(self._secrets())}")
        return self

    def _secrets(self) -> dict[str, str]:
        """Role → name of its secret."""
        return {GOOD: self.secret} if self.secret else dict(self.roles or {})

    def questions(self) -> tuple[Question, ...]:
        """All that is asked, in order."""
        return (*self._of_routes(), *(Question(step.route, step.as_, step.status) for step in self.steps or ()))

    def _of_routes(self) -> Iterator[Question]:
        routes = self.routes or ({"": [GOOD]} if self.secret and not self.steps else {})
        for route, allowed in routes.items():
            yield Question(route, NONE, self.none)
            yield Question(route, BAD, self.bad)
            for role in self._secrets():
                yield Question(route, role, self.good if role in allowed else self.denied)

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`; a token that a secret buys is as good as the secret, so both hosts must be allowed for it."""
        return (host_of(self.url), *([host_of(self.token.url)] if self.token else []))

    def lent_secrets(self) -> tuple[tuple[str, str], ...]:
        """See `ports.Kind`."""
        hosts = dict.fromkeys(self.asked_hosts())
        return tuple((name, host) for name in dict.fromkeys(self._secrets().values()) for host in hosts)

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        number = len(self.questions())
        return {"wrong": (0, number), "right": (0, number)}

    def collect(self, look: Look) -> tuple[Asked, ...]:
        """Get every role's credentials, then ask one question after the other."""
        asker = Asker(look)
        wanted = {question.who for question in self.questions()}
        held: dict[str, Mapping[str, str] | str] = {NONE: {}, BAD: self._nobodys()}
        for role, name in self._secrets().items():
            if role in wanted:
                held[role] = self._credentials(asker, look, role, name)
        return tuple(self._ask(asker, question, held[question.who]) for question in self.questions())

    def _ask(self, asker: Asker, question: Question, held: Mapping[str, str] | str) -> Asked:
        if isinstance(held, str):
            return Asked(question, 0, held)
        method, path = _split(question.route)
        url = joined(self.url, path) if path else self.url
        writes = method not in READS
        reply = asker.ask(method, url, secret=held, writes=writes, follow_redirects=False)
        return Asked(question, 0, reply.why) if isinstance(reply, NoReply) else Asked(question, reply.status)

    def _nobodys(self) -> dict[str, str]:
        """Credentials in the right form that nobody gave out."""
        value = f"golive-nobody-{uuid.uuid4().hex}"
        how, _, name = self.secret_as.partition(" ")
        if how == "header":
            return {name.lower(): value}
        if how == "basic":
            return {"authorization": "Basic " + base64.b64encode(f"{name}:{value}".encode()).decode()}
        return {"authorization": f"{'Bearer' if how == 'bearer' else how} {value}"}

    def _credentials(self, asker: Asker, look: Look, role: str, name: str) -> Mapping[str, str] | str:
        """The request headers of one role, or why there are none."""
        if self.token is None:
            return self.model_copy(update={"secret": name}).credentials(look, self.url)
        lent = offered(look.secrets, "the secrets that the operator lends")
        lent.value(name, host_of(self.url))  # what it buys is sent there
        client = f"{quote_plus(self.token.clients[role])}:{quote_plus(lent.value(name, host_of(self.token.url)))}"
        form = {"grant_type": "client_credentials", **({"scope": self.token.scope} if self.token.scope else {})}
        reply = asker.ask(
            "POST",
            self.token.url,
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            secret={"authorization": "Basic " + base64.b64encode(client.encode()).decode()},
            body=urlencode(form).encode(),
            writes=True,
        )
        try:
            return {"authorization": f"Bearer {_access_token(reply)}"}
        except Unreachable as error:
            return f"no token for {role}: {error}"

    def judge(self, facts: tuple[Asked, ...]) -> Finding:
        """Hold every answer against what must come."""
        wrong = [asked for asked in facts if not asked.why and not _is(asked.question.wanted, asked.status)]
        silent = [asked for asked in facts if asked.why]
        right = len(facts) - len(wrong) - len(silent)
        details = [Detail(_mistaken(asked)) for asked in wrong]
        details += [Detail(why, outcome=Outcome.UNKNOWN) for why in dict.fromkeys(asked.why for asked in silent)]
        count = f"{right} of {counted(len(facts), 'question')} answered as expected"
        if wrong:
            outcome, summary = Outcome.FAILED, f"{count}; {'; '.join(detail.text for detail in details[:5])}"
            summary += "; …" if len(details) > 5 else ""
        elif silent:
            outcome, summary = Outcome.UNKNOWN, f"{count}; {silent[0].why}"
        else:
            outcome, summary = Outcome.PASSED, f"All {count}" if len(facts) > 1 else count
        return Finding(
            "",
            outcome,
            summary,
            f"{right}/{len(facts)}",
            self._expected(),
            url_text(self.url),
            measures=(Measure("wrong", len(wrong)), Measure("right", right)),
            samples=len(facts) - len(silent),
            details=capped(details),
        )

    def _expected(self) -> str:
        if not self._secrets() or not tuple(self._of_routes()):
            return "the status of every step"
        said = {"without credentials": self.none, "with bad ones": self.bad, "with good ones": self.good}
        said |= {"for other roles": self.denied} if len(self._secrets()) > 1 else {}
        return ", ".join(f"{status_text(wanted)} {when}" for when, wanted in said.items())


def _named(roles: Any) -> str:
    return f"the roles are {', '.join(sorted(roles))}" if roles else "no role is named"


def _split(route: str) -> tuple[str, str]:
    """Method and path of a route."""
    method, blank, path = route.partition(" ")
    return (method, path) if blank else ("GET", route)


def _is(wanted: tuple[tuple[int, int], ...], status: int) -> bool:
    return any(first <= status <= last for first, last in wanted)


def _mistaken(asked: Asked) -> str:
    who = {NONE: "without credentials", BAD: "with credentials that nobody gave out", GOOD: "with the lent secret"}
    question = asked.question
    role = who.get(question.who, f"as {question.who}")
    where = " ".join(_split(question.route)).strip()
    return f"{where} {role}: {asked.status}, not {status_text(question.wanted)}"


def _access_token(reply: Reply) -> str:
    """The token of a token endpoint's answer, RFC 6749 section 5.1. Raises Unreachable without showing the answer."""
    if isinstance(reply, NoReply):
        raise Unreachable(reply.why)
    if reply.status != 200:
        raise Unreachable(f"POST {reply.url} answered {reply.status}, not 200")
    try:
        given = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise Unreachable(f"POST {reply.url} did not answer with JSON") from None
    token = given.get("access_token") if isinstance(given, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise Unreachable(f"POST {reply.url} answered without a usable access_token")
    return token
