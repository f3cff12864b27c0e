"""`ratelimit`: whoever asks too often is told so, and the service stands.

Sends a burst of requests, `concurrency` at a time, and stops at the first 429 (RFC 6585 section 4) or at the end of the
burst, never beyond. This is load, and it uses up the allowance of golive's address: choose a `burst` just above the limit.
A service that answers a burst with 5xx does not limit it, it breaks under it.

Options:

- `url` (required): what is asked.
- `burst` (required): requests that must hit the limit, 2 to 1000.
- `concurrency`: requests at the same time, 1 to 32. Default 10.
- `method`: `GET` (default) or `HEAD`.
- `status`: how the limit is said: a code, a range, or a list of them. Default `429`.
- `tells`: what the refusal must say: `retry_after` (a Retry-After header), `ratelimit` (RateLimit, RateLimit-Reset or
  X-RateLimit-Reset), `any` of them (default), or `nothing`.
- `min_allowed`: requests that must be let through before the limit.
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `limited_after` (answers before the first refusal; missing where there was none), `allowed` (of them, how many were
no error), `server_errors`, `retry_after` (seconds, where it is said in seconds). Samples: the requests that were answered.

Example:

    - id: rate-limiting
      uses: ratelimit
      with:
        url: "${target}/api/search?q=a"
        burst: 60
        min_allowed: 20

Outcomes: `passed`; `failed` (no refusal within the burst, a refusal that does not say until when, a server error, or a limit
that is hit too early); `unknown` (no answers, or the check's timeout came before the burst was over, so that it was none).
The result counts for 15 minutes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from golive.checks.asking import Asks, Status, WebUrl, host_of, status_text
from golive.checks.replies import Asker, NoReply, Reply, capped, counted, url_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Answer, Look

_LIMIT_HEADERS = ("ratelimit", "ratelimit-reset", "x-ratelimit-reset")
"""The headers of the IETF draft `RateLimit header fields for HTTP`, of its earlier versions, and of habit."""


@dataclass(frozen=True)
class Burst:
    """What came back, in the order in which it came."""

    replies: tuple[Reply, ...]


class RatelimitCheck(Asks):
    """Options, collecting and judging of the kind `ratelimit`; the module's text is its reference."""

    kind: ClassVar[str] = "ratelimit"
    measures: ClassVar[Mapping[str, str]] = {
        "limited_after": "",
        "allowed": "",
        "server_errors": "",
        "retry_after": "s",
    }
    ran_against: ClassVar[str] = "HTTP servers over real sockets"

    url: WebUrl
    burst: Annotated[int, Field(ge=2, le=1000)]
    concurrency: Annotated[int, Field(ge=1, le=32)] = 10
    method: Literal["GET", "HEAD"] = "GET"
    status: Status = ((429, 429),)
    tells: Literal["retry_after", "ratelimit", "any", "nothing"] = "any"
    min_allowed: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _can_be_met(self) -> RatelimitCheck:
        if self.min_allowed is not None and self.min_allowed >= self.burst:
            raise ValueError(f"of a burst of {self.burst}, {self.min_allowed} cannot be let through and one refused")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {
            "limited_after": (0, self.burst - 1),
            "allowed": (0, self.burst),
            "server_errors": (0, self.burst),
        }

    def collect(self, look: Look) -> Burst:
        """Send the burst, until somebody is refused."""
        asker = Asker(look)
        secret = self.credentials(look, self.url)
        came: list[Reply] = []
        turn = threading.Lock()
        tickets = iter(range(self.burst))
        refused = threading.Event()

        def work(_: int) -> None:
            while not refused.is_set() and asker.left() > 0 and next(tickets, None) is not None:
                reply = asker.ask(self.method, self.url, secret=secret, follow_redirects=False)
                with turn:
                    came.append(reply)
                if isinstance(reply, Answer) and self._is_refusal(reply):
                    refused.set()

        workers = min(self.concurrency, self.burst)
        with ThreadPoolExecutor(workers, thread_name_prefix="burst") as pool:
            list(pool.map(work, range(workers)))
        return Burst(tuple(came))

    def _is_refusal(self, answer: Answer) -> bool:
        return any(first <= answer.status <= last for first, last in self.status)

    def judge(self, facts: Burst) -> Finding:
        """Whether somebody was refused in time, in the right words, and nothing broke."""
        answers = [reply for reply in facts.replies if isinstance(reply, Answer)]
        silent = [reply for reply in facts.replies if isinstance(reply, NoReply)]
        at = next((number for number, answer in enumerate(answers) if self._is_refusal(answer)), None)
        before = answers if at is None else answers[:at]
        allowed = sum(answer.status < 400 for answer in before)
        broken = sum(answer.status >= 500 and not self._is_refusal(answer) for answer in answers)
        flaws = [f"{counted(broken, 'server error')} during the burst"] if broken else []
        cut = at is None and (len(facts.replies) < self.burst or bool(silent))
        if at is not None:
            flaws += self._wrong_refusal(answers[at])
            if self.min_allowed is not None and allowed < self.min_allowed:
                flaws.append(f"only {allowed} were let through before, not at least {self.min_allowed}")
        elif answers and not cut:
            flaws.append(f"none of {counted(len(answers), 'request')} was refused with {status_text(self.status)}")
        said = (
            f"Refused after {counted(at, 'answer')}" if at is not None else f"{len(answers)} of {self.burst} answered"
        )
        details = [*map(Detail, flaws), *(Detail(each.why, outcome=Outcome.UNKNOWN) for each in silent)]
        return Finding(
            "",
            Outcome.FAILED if flaws else Outcome.UNKNOWN if cut else Outcome.PASSED,
            self._summary(said, flaws, cut, silent),
            said.lower(),
            self._expected(),
            answers[0].url if answers else url_text(self.url),
            measures=self._measures(answers, at, allowed, broken),
            samples=len(answers),
            details=capped(details),
        )

    def _summary(self, said: str, flaws: list[str], cut: bool, silent: list[NoReply]) -> str:
        if flaws:
            return f"{said}: {'; '.join(flaws)}"
        if cut:
            why = (
                silent[0].why if silent else "the check's time was over, so it was no burst; give it a longer `timeout`"
            )
            return f"{said} and none refused: {why}"
        return said

    def _wrong_refusal(self, answer: Answer) -> list[str]:
        """What the refusal does not say."""
        after = _says_when(answer.headers.get("retry-after", ""))
        limit = any(answer.headers.get(name, "").strip() for name in _LIMIT_HEADERS)
        told = {"retry_after": after, "ratelimit": limit, "any": after or limit, "nothing": True}[self.tells]
        lacking = {"retry_after": "Retry-After", "ratelimit": "RateLimit"}.get(self.tells, "Retry-After or RateLimit")
        return [] if told else [f"the refusal has no usable {lacking} header, so nobody knows when to come back"]

    def _measures(self, answers: list[Answer], at: int | None, allowed: int, broken: int) -> tuple[Measure, ...]:
        rest = (Measure("allowed", allowed), Measure("server_errors", broken))
        if at is None:
            return rest
        after = answers[at].headers.get("retry-after", "").strip()
        seconds = (Measure("retry_after", float(after), "s"),) if re.fullmatch(r"[0-9]{1,9}", after) else ()
        return (Measure("limited_after", at), *rest, *seconds)

    def _expected(self) -> str:
        parts = [f"{status_text(self.status)} within {self.burst} requests", "no server error"]
        parts += [f"at least {self.min_allowed} let through"] if self.min_allowed is not None else []
        return ", ".join(parts)


def _says_when(text: str) -> bool:
    """Whether a Retry-After holds seconds or a date, RFC 9110 section 10.2.3."""
    return (
        re.fullmatch(r"[0-9]+|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", text.strip()) is not None
    )
