"""`http`: a service answers as it should.

Asserts, on the answer to each request: the status always, and what else you name of its JSON, its text, its headers and
its format. All that is named must hold. Nothing is sent twice unless you ask for it, and an answer that never came is not
a failed check but an unknown one, which does not pass either.

Options:

- `url`: http or https, without user name and password. This or `urls` is required.
- `urls`: a list of such URLs.
- `paths`: paths below `url` that are asked for instead of it, `[/health, /ready]`.
- `need`: how many of the `urls` or `paths` must answer as expected. Default: all of them.
- `method`: `GET` (default), `HEAD`, or with `writes` also `POST`, `PUT`, `PATCH`, `DELETE`.
- `writes`: `true` says that this check may change something there. Needed for those methods and for a body.
- `request_headers`: name → value, or lines `Name: value`. Credentials are refused here; that is what `secret` is for.
- `request_body`: a text, sent as it is, or anything else, sent as JSON.
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.
- `status`: a code (`200`), a range (`2xx`, `200-204`), or a list of them. Default `200`.
- `json`: JMESPath expression → the JSON value it must give. `true` is not `1`; `null` also means "not there".
- `body`: text, or a list of texts, that must occur in the body, read as UTF-8.
- `body_matches`: regular expression, or a list of them, that must occur in the first 64 Ki characters of the body. The
  usual syntax without look-around, back references and `\\b`, so that no expression can keep golive busy.
- `body_lacks`: text, or a list of texts, of which none may occur in the body.
- `body_lacks_matches`: regular expression, or a list of them, of which none may occur.
- `headers`: name → the exact value, or `=~ ` and a regular expression that must occur in it.
- `format`: `prometheus_text`: the body parses as Prometheus' text exposition format and holds at least one sample.
- `follow_redirects`: `true` (default) or `false`. Each hop is checked; https never leads to http; at most five. A write
  is never redirected.
- `streak`: ask this often, one after the other; every answer must be as expected. Default 1. Not for writes.
- `repeat_with_key`: name of a header, for example `Idempotency-Key`: the same write is sent twice with one new key in it,
  and the second answer must have the status and the body of the first.

Names of other tools for the same:

- `request-headers`: `request_headers`, as goss calls it.
- `request-body`: `request_body`, as goss calls it.
- `valid_status_codes`: `status`, as the blackbox exporter calls it, and so the next three.
- `fail_if_body_not_matches_regexp`: `body_matches`.
- `fail_if_body_matches_regexp`: `body_lacks_matches`.
- `fail_if_header_not_matches`: `headers`, also as a list of `{header: NAME, regexp: EXPRESSION}`.

Measures: `duration` (of the slowest answer), `status` and `size` (the largest), `answered` (how many of the URLs answered
as expected), `series` (with `format`: samples on the page, the fewest).

Example:

    - id: services-healthy
      uses: http
      with:
        url: "${target}"
        paths: [/health, /ready]
        status: 2xx
        json: {status: ok, "length(workers[?alive])": 4}
        headers: {strict-transport-security: '=~ max-age=\\d{7,}'}

Outcomes: `passed`; `failed` (it answered, and not so); `unknown` (no usable answer within the check's timeout: refused,
unreachable, untrusted certificate, larger than 2 MiB). The result counts for 15 minutes. Addresses inside the operator's
own network are looked at only where the operator lists them.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, model_validator

from golive.checks.amounts import shown_seconds
from golive.checks.asking import HeaderName, WebUrl, host_of, status_text
from golive.checks.expecting import Expects, series
from golive.checks.jsonpaths import parsed, same_json
from golive.checks.replies import Asker, NoReply, Reply, UrlPath, capped, joined, side_by_side, url_text
from golive.checks.sending import READS, RequestHeaders, announced, content
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Answer, Look

__all__ = ["Heard", "HttpCheck", "NoReply"]


@dataclass(frozen=True)
class Heard:
    """What one URL answered, in order; it was asked again only while the answers were as expected."""

    url: str
    replies: tuple[Reply, ...]


class HttpCheck(Expects):
    """Options, collecting and judging of the kind `http`; the module's text is its reference."""

    kind: ClassVar[str] = "http"
    measures: ClassVar[Mapping[str, str]] = {"duration": "s", "status": "", "size": "B", "answered": "", "series": ""}
    also: ClassVar[Mapping[str, str]] = {
        "request-headers": "request_headers",
        "request-body": "request_body",
        "valid_status_codes": "status",
        "fail_if_body_not_matches_regexp": "body_matches",
        "fail_if_body_matches_regexp": "body_lacks_matches",
        "fail_if_header_not_matches": "headers",
    }
    ran_against: ClassVar[str] = "HTTP servers over real sockets, with and without TLS"

    url: WebUrl | None = None
    urls: Annotated[list[WebUrl] | None, Field(min_length=1, max_length=100)] = None
    paths: Annotated[list[UrlPath] | None, Field(min_length=1, max_length=100)] = None
    need: Annotated[int | None, Field(ge=1)] = None
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    writes: bool = False
    request_headers: RequestHeaders | None = None
    request_body: JsonValue = None
    follow_redirects: bool = True
    streak: Annotated[int, Field(ge=1, le=100)] = 1
    repeat_with_key: HeaderName | None = None

    @model_validator(mode="after")
    def _what_is_asked(self) -> HttpCheck:
        if (self.url is None) == (self.urls is None):
            raise ValueError("expected exactly one of `url` and `urls`")
        if self.paths and (self.url is None or urlsplit(self.url).query or urlsplit(self.url).fragment):
            raise ValueError("`paths` go below one `url` without a query")
        targets = self.targets()
        if len(set(targets)) < len(targets):
            raise ValueError("the same address is named twice; `streak` asks more than once")
        if self.need is not None and self.need > len(targets):
            raise ValueError(f"`need` is {self.need}, and only {len(targets)} are asked")
        return self

    @model_validator(mode="after")
    def _what_is_sent(self) -> HttpCheck:
        announced(self.method, self.writes)
        if self.request_body is not None and not self.writes:
            raise ValueError("a request body may change something there; say `writes: true` where that is meant")
        if self.method == "HEAD" and self.reads_body():
            raise ValueError("an answer to HEAD has no body; use method GET to assert json, body or body_matches")
        if self.streak > 1 and self.method not in READS:
            raise ValueError("a write is not sent in a streak; `repeat_with_key` sends it twice")
        if self.repeat_with_key and self.method in READS:
            raise ValueError("`repeat_with_key` is for a write; a read may be repeated by anyone, see `streak`")
        return self

    def targets(self) -> tuple[str, ...]:
        """Every URL that is asked."""
        if self.url is None:
            return tuple(self.urls or ())
        return tuple(joined(self.url, path) for path in self.paths) if self.paths else (self.url,)

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return tuple(host_of(url) for url in self.targets())

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"answered": (0, len(self.targets())), "status": (100, 599)}

    def collect(self, look: Look) -> tuple[Heard, ...]:
        """Ask every URL, side by side."""
        asker = Asker(look)
        return side_by_side(lambda url: self._hear(asker, look, url), self.targets())

    def _hear(self, asker: Asker, look: Look, url: str) -> Heard:
        secret = self.credentials(look, url)
        headers = {name.lower(): value for name, value in (self.request_headers or {}).items()}
        body = None
        if self.request_body is not None:
            body, media = content(self.request_body)
            headers.setdefault("content-type", media)
        if self.repeat_with_key:
            headers[self.repeat_with_key.lower()] = f"golive-{uuid.uuid4()}"
        replies: list[Reply] = []
        times = 2 if self.repeat_with_key else self.streak
        while len(replies) < times:
            if replies and (isinstance(replies[-1], NoReply) or self._wrong(replies[-1])):
                break
            replies.append(
                asker.ask(
                    self.method,
                    url,
                    headers=headers,
                    secret=secret,
                    body=body,
                    writes=self.writes,
                    follow_redirects=self.follow_redirects,
                )
            )
        return Heard(url, tuple(replies))

    def judge(self, facts: tuple[Heard, ...]) -> Finding:
        """Compare the answers with what is expected; every mismatch is named."""
        answers = [reply for heard in facts for reply in heard.replies if isinstance(reply, Answer)]
        lines = [self._line(heard) for heard in facts]
        good = sum(line.outcome is Outcome.PASSED for line in lines)
        source = self._source(facts)
        measured = shown_seconds(max(answer.seconds for answer in answers)) if answers else "no answer"
        if len(facts) == 1:
            measured = f"{answers[-1].status} in {measured}" if answers else measured
            outcome, summary = lines[0].outcome, lines[0].text
            lines = self._flaws(facts[0]) if outcome is Outcome.FAILED else []
        else:
            outcome, summary = self._of_several(lines, good)
            measured = f"{good}/{len(facts)}" + (f", slowest {measured}" if answers else "")
        return Finding(
            "",
            outcome,
            summary,
            measured,
            self._expected(),
            source,
            measures=self._measures(answers, good),
            samples=len(answers) if len(facts) > 1 or self.streak > 1 else None,
            details=capped(lines),
        )

    def _source(self, facts: tuple[Heard, ...]) -> str:
        first = facts[0].replies[-1]
        where = first.url if isinstance(first, Answer) else url_text(facts[0].url)
        return where if len(facts) == 1 else f"{where} and {len(facts) - 1} more"

    def _measures(self, answers: list[Answer], good: int) -> tuple[Measure, ...]:
        if not answers:
            return (Measure("answered", good),)
        measures = [
            Measure("duration", max(answer.seconds for answer in answers), "s"),
            Measure("status", max(answer.status for answer in answers)),
            Measure("size", max(len(answer.body) for answer in answers), "B"),
            Measure("answered", good),
        ]
        if self.format:
            try:
                fewest = min(series(answer.body.decode("utf-8", errors="replace")) for answer in answers)
                measures.append(Measure("series", fewest))
            except ValueError:
                pass  # the page that is in no such format is named in the summary
        return tuple(measures)

    def _of_several(self, lines: list[Detail], good: int) -> tuple[Outcome, str]:
        """How many answered, and what the others lack. Unknown where those without an answer could make the difference."""
        need = self.need or len(lines)
        silent = sum(line.outcome is Outcome.UNKNOWN for line in lines)
        count = f"{good}/{len(lines)} answered as expected"
        count += f" ({need} needed)" if need < len(lines) else ""
        lacking = "; ".join(line.text for line in lines if line.outcome is not Outcome.PASSED)
        if good >= need:
            return Outcome.PASSED, count + (f"; {lacking}" if lacking else "")
        return Outcome.UNKNOWN if good + silent >= need else Outcome.FAILED, f"{count}: {lacking}"

    def _line(self, heard: Heard) -> Detail:
        """What came of one URL, in one line."""
        name = "" if len(self.targets()) == 1 else self._name(heard.url) + ": "
        last = heard.replies[-1]
        if isinstance(last, NoReply):
            return Detail(last.why, outcome=Outcome.UNKNOWN)
        wrong = self._wrong(last) or self._repeated(heard)
        many = self.streak > 1
        took = f"{last.status} in {shown_seconds(last.seconds)}"
        if not wrong:
            said = f"answered {last.status} {self.streak} times in a row" if many else f"answered {took}"
            said += " twice, the same" if self.repeat_with_key else ""
            return Detail(_upper(f"{name}{said}, as expected"), outcome=Outcome.PASSED)
        which = f"answer {len(heard.replies)} of {self.streak} was" if many else "answered"
        status_is_wrong = not self.right_status(last)
        return Detail(_upper(f"{name}{which} {took}, {'' if status_is_wrong else 'but '}{'; '.join(wrong)}"))

    def _flaws(self, heard: Heard) -> list[Detail]:
        """Each thing that is wrong with the only URL, where there are several."""
        last = heard.replies[-1]
        if isinstance(last, NoReply):
            return []
        content_flaws = [Detail(text) for text in self.wrong_content(last)]
        status = [] if self.right_status(last) else [Detail(f"status {last.status}, not {status_text(self.status)}")]
        return [*status, *content_flaws] if len(status) + len(content_flaws) > 1 else []

    def _name(self, url: str) -> str:
        return url_text(url)[len((self.url or "").rstrip("/")) :] if self.paths else url_text(url)

    def _wrong(self, answer: Reply) -> list[str]:
        """Everything that is not as expected; the status first, as `not 200`."""
        if isinstance(answer, NoReply):
            return []
        status = [] if self.right_status(answer) else [f"not {status_text(self.status)}"]
        return [*status, *self.wrong_content(answer)]

    def _repeated(self, heard: Heard) -> list[str]:
        """How the second answer to the same write differs from the first."""
        if not self.repeat_with_key or len(heard.replies) < 2:
            return []
        first, second = heard.replies
        if isinstance(first, NoReply) or isinstance(second, NoReply):
            return []
        if first.status != second.status:
            return [f"the first one with the same {self.repeat_with_key} was {first.status}"]
        same = first.body == second.body or _same_document(first.body, second.body)
        return [] if same else [f"the body is not that of the first one with the same {self.repeat_with_key}"]

    def _expected(self) -> str:
        number = len(self.targets())
        parts = [self.expected()]
        parts += [f"{self.need or number} of {number}"] if number > 1 else []
        parts += [f"{self.streak} in a row"] if self.streak > 1 else []
        parts += [f"the same answer twice with one {self.repeat_with_key}"] if self.repeat_with_key else []
        return ", ".join(parts)


def _same_document(one: bytes, other: bytes) -> bool:
    try:
        return same_json(parsed(one.decode()), parsed(other.decode()))
    except ValueError:
        return False


def _upper(text: str) -> str:
    return text if text.startswith(("/", "http")) else text[:1].upper() + text[1:]
