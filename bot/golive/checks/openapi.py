"""`openapi`: an API description is valid, says what it must, and the service answers what it says.

Reads an OpenAPI document (2.0, 3.0, 3.1 or 3.2, JSON or YAML) and checks it against the specification's own schema with
openapi-spec-validator. References to other files or addresses are not followed: publish one document that holds it all.

Options:

- `url`: where the service publishes its document. Or `file`, one of the two.
- `file`: path of the document below the working directory; only a runner or the command line reads files.
- `min_version`: oldest version of the specification that is good enough (`3.0`, `3.1`).
- `version`: what `info.version` must be, exactly; for example the version that is released.
- `min_paths`: paths that it must describe at least.
- `routes`: routes that must be described, a path (`/orders/{id}`) or a method and a path (`POST /orders`). Names of parameters
  do not matter.
- `lacks`: routes that must not be described, written alike.
- `serves`: base URL at which every described GET without required parameters is asked once; none may answer 404, 405 or 5xx.
  At most 100 of them are asked. A 401 or 403 is an answer: the route is there.
- `secret`: name of a secret that the operator lends to this repository for the hosts of `url` and `serves`.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `paths`, `operations`, `flaws`, `served` (routes that answered).

Example:

    - id: api-is-described
      uses: openapi
      with:
        url: "${target}/openapi.json"
        min_version: "3.0"
        min_paths: 10
        routes: [/orders, "POST /orders", "/orders/{id}"]
        serves: "${target}"

Outcomes: `passed`; `failed` (not valid, something lacks, or a described route is not served; each flaw is named); `unknown`
(the document or a route could not be read). What only reads a document shows that it says so: its evidence is a document;
with `serves` it is a probe. The result counts for 15 minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from golive.checks.apidocuments import Document, parsed, spelled
from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.options import FilePattern, offered
from golive.checks.replies import Asker, NoReply, Reply, capped, counted, joined, side_by_side, url_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look, Unreachable

MAX_ASKED = 100
_NOT_SERVED = frozenset({404, 405, 501})
RouteText = Annotated[
    str, Field(pattern=r"^((GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE) )?/[^\s?#]*$", max_length=500)
]


@dataclass(frozen=True)
class Read:
    """The document as read, and what its routes answered. lacking: why there is no document."""

    source: str
    document: Document | None = None
    lacking: str = ""
    wrong: str = ""
    served: tuple[tuple[str, Reply], ...] = ()


class OpenapiCheck(Asks):
    """Options, collecting and judging of the kind `openapi`; the module's text is its reference."""

    kind: ClassVar[str] = "openapi"
    measures: ClassVar[Mapping[str, str]] = {"paths": "", "operations": "", "flaws": "", "served": ""}
    ran_against: ClassVar[str] = "HTTP servers over real sockets and files, with openapi-spec-validator"

    url: WebUrl | None = None
    file: FilePattern | None = None
    min_version: Annotated[str | None, Field(pattern=r"^[0-9]+\.[0-9]+(\.[0-9]+)?$")] = None
    version: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    min_paths: Annotated[int | None, Field(ge=1)] = None
    routes: Annotated[list[RouteText] | None, Field(min_length=1, max_length=500)] = None
    lacks: Annotated[list[RouteText] | None, Field(min_length=1, max_length=500)] = None
    serves: WebUrl | None = None

    @model_validator(mode="after")
    def _one_document(self) -> OpenapiCheck:
        if (self.url is None) == (self.file is None):
            raise ValueError("expected exactly one of `url` and `file`")
        if self.secret and not (self.url or self.serves):
            raise ValueError("a `secret` is sent to a `url` or to what `serves` names")
        if self.serves and (urlsplit(self.serves).query or urlsplit(self.serves).fragment):
            raise ValueError("`serves` is a base URL without a query")
        return self

    def on_machine(self) -> bool:
        """See `ports.Kind`."""
        return self.file is not None

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return tuple(host_of(url) for url in (self.url, self.serves) if url)

    def collect(self, look: Look) -> Read:
        """Read the document, then ask for its routes."""
        asker = Asker(look)
        read = self._from_file(look) if self.file else self._from_url(asker, look)
        if read.document is None or not self.serves:
            return read
        base, secret = self.serves, self.credentials(look, self.serves)
        routes = [route for route in read.document.routes if route.is_plain_get][:MAX_ASKED]
        replies = side_by_side(lambda route: asker.ask("GET", joined(base, route.path), secret=secret), routes)
        return Read(read.source, read.document, served=tuple(zip((r.path for r in routes), replies, strict=True)))

    def _from_file(self, look: Look) -> Read:
        files = offered(look.files, "files of this machine")
        path = self.file or ""
        try:
            return _read(path, files.read(path))
        except Unreachable as error:
            return Read(path, lacking=str(error))

    def _from_url(self, asker: Asker, look: Look) -> Read:
        url = self.url or ""
        reply = asker.ask("GET", url, headers={"accept": "application/json, application/yaml, */*;q=0.5"},
                          secret=self.credentials(look, url))  # fmt: skip
        if isinstance(reply, NoReply):
            return Read(url_text(url), lacking=reply.why)
        if reply.status != 200:
            return Read(reply.url, wrong=f"GET {reply.url} answered {reply.status}, not 200")
        return _read(reply.url, reply.body)

    def judge(self, facts: Read) -> Finding:
        """Every flaw of the document, and every route that is not served."""
        if facts.lacking:
            return self._finding(facts, Outcome.UNKNOWN, facts.lacking, [])
        flaws = [Detail(facts.wrong, self._path())] if facts.wrong else []
        silent: list[Detail] = []
        if facts.document is not None:
            flaws += self._invalid(facts.document)
            flaws += [Detail(text, self._path()) for text in self._missing(facts.document)]
            for path, reply in facts.served:
                if isinstance(reply, NoReply):
                    silent.append(Detail(reply.why, outcome=Outcome.UNKNOWN))
                elif reply.status in _NOT_SERVED or reply.status >= 500:
                    flaws.append(Detail(f"GET {path} is described and answers {reply.status}"))
        named = "; ".join(detail.text for detail in (flaws or silent)[:5]) + ("; …" if len(flaws or silent) > 5 else "")
        if flaws:
            return self._finding(facts, Outcome.FAILED, f"{counted(len(flaws), 'flaw')}: {named}", flaws + silent)
        if silent:
            return self._finding(facts, Outcome.UNKNOWN, named, silent)
        return self._finding(facts, Outcome.PASSED, _good(facts), [])

    def _path(self) -> str:
        return self.file or ""

    def _invalid(self, document: Document) -> list[Detail]:
        return [Detail(text, self._path(), line) for text, line in document.flaws]

    def _missing(self, document: Document) -> Iterator[str]:
        """What the document does not say."""
        if self.min_version and _numbers(document.openapi) < _numbers(self.min_version):
            yield f"it is OpenAPI {document.openapi}, not at least {self.min_version}"
        if self.version is not None and document.version != self.version:
            yield f"info.version is {document.version[:100]!r}, not {self.version!r}"
        if self.min_paths is not None and document.paths < self.min_paths:
            yield f"it describes {counted(document.paths, 'path')}, not at least {self.min_paths}"
        described = {spelled(route.method, route.path) for route in document.routes}
        paths = {text.partition(" ")[2] for text in described}
        for wanted in self.routes or ():
            if not _is_described(wanted, described, paths):
                yield f"it does not describe {wanted}"
        for unwanted in self.lacks or ():
            if _is_described(unwanted, described, paths):
                yield f"it describes {unwanted}"

    def _finding(self, facts: Read, outcome: Outcome, summary: str, details: list[Detail]) -> Finding:
        document = facts.document
        measures: list[Measure] = []
        if document is not None:
            measures = [Measure("paths", document.paths), Measure("operations", len(document.routes))]
            flaws = sum(detail.outcome is Outcome.FAILED for detail in details)
            measures += [Measure("flaws", flaws)]
        if self.serves and document is not None:
            measures.append(Measure("served", sum(_is_served(reply) for _, reply in facts.served)))
        measured = f"OpenAPI {document.openapi}, {counted(document.paths, 'path')}" if document else "no document"
        return Finding(
            "",
            outcome,
            summary,
            measured,
            self._expected(),
            facts.source,
            Strength.PROBE if self.serves else Strength.DOCUMENT,
            measures=tuple(measures),
            samples=len(facts.served) if self.serves else None,
            details=capped(details),
        )

    def _expected(self) -> str:
        parts = ["a valid OpenAPI document"]
        parts += [f"at least {self.min_version}"] if self.min_version else []
        parts += [f"info.version {self.version}"] if self.version else []
        parts += [f"at least {counted(self.min_paths, 'path')}"] if self.min_paths else []
        parts += [counted(len(self.routes), "route") + " described"] if self.routes else []
        return ", ".join([*parts, *(["every plain GET served"] if self.serves else [])])


def _read(source: str, content: bytes) -> Read:
    try:
        return Read(source, parsed(content.decode("utf-8-sig")))
    except UnicodeDecodeError:
        return Read(source, wrong="the document is not text in UTF-8")
    except ValueError as error:
        return Read(source, wrong=str(error))


def _good(facts: Read) -> str:
    document = facts.document
    if document is None:
        return ""
    said = f"Valid OpenAPI {document.openapi}, {counted(document.paths, 'path')}"
    return said + (f", {counted(len(facts.served), 'route')} served" if facts.served else "")


def _is_described(text: str, described: set[str], paths: set[str]) -> bool:
    method, blank, path = text.partition(" ")
    return spelled(method, path) in described if blank else spelled("", text).strip() in paths


def _is_served(reply: Reply) -> bool:
    return not isinstance(reply, NoReply) and reply.status not in _NOT_SERVED and reply.status < 500


def _numbers(version: str) -> tuple[int, ...]:
    parts: Any = version.split(".")
    return tuple(int(part) for part in parts if part.isdecimal())
