"""What one HTTP answer is held against: status, headers, JSON, text, format. Add an expectation as a field of `Expects`
with its sentence in `wrong_content` and in `expected`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, WithJsonSchema

from golive.checks.asking import Asks, HeaderName, Status, status_text
from golive.checks.jsonpaths import Expression, parsed, same_json, searched, short
from golive.checks.replies import Texts
from golive.core.patterns import checked_pattern, found
from golive.ports import Answer

_SECRET_HEADERS = frozenset({"set-cookie", "www-authenticate", "authorization", "authentication-info"})


def _header_value(text: str) -> str:
    if text.startswith("=~"):
        checked_pattern(text[2:].strip())
    return text


def _blackbox_headers(given: Any) -> Any:
    """`[{header: X, regexp: Y}]`, as the blackbox exporter writes it, as ours: `{X: "=~ Y"}`."""
    if not isinstance(given, list):
        return given
    wanted: dict[str, str] = {}
    for item in given:
        if not isinstance(item, dict) or not isinstance(item.get("header"), str) or "regexp" not in item:
            raise ValueError("expected header names with values, or a list of `{header: NAME, regexp: EXPRESSION}`")
        if item.get("allow_missing"):
            raise ValueError("`allow_missing: true` asserts nothing where the header is missing; leave it out")
        if item["header"] in wanted:
            raise ValueError(f"the header {item['header']} is there twice; write one expression for it")
        wanted[item["header"]] = f"=~ {item['regexp']}"
    return wanted


def _patterns(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(checked_pattern(pattern) for pattern in given)


Patterns = Annotated[Texts, AfterValidator(_patterns)]
WantedHeaders = Annotated[
    dict[HeaderName, Annotated[str, AfterValidator(_header_value)]],
    Field(min_length=1),
    BeforeValidator(_blackbox_headers),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
                {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["header", "regexp"]}},
            ]
        }
    ),
]


class Expects(Asks):
    """The part of a kind's options that says what an answer must be like."""

    status: Status = ((200, 200),)
    json_: Annotated[dict[Expression, JsonValue] | None, Field(alias="json", min_length=1)] = None
    body: Texts | None = None
    body_matches: Patterns | None = None
    body_lacks: Texts | None = None
    body_lacks_matches: Patterns | None = None
    headers: WantedHeaders | None = None
    format: Literal["prometheus_text"] | None = None

    def reads_body(self) -> bool:
        """Whether anything is asserted of the body."""
        texts = (self.json_, self.body, self.body_matches, self.body_lacks, self.body_lacks_matches, self.format)
        return any(part is not None for part in texts)

    def right_status(self, answer: Answer) -> bool:
        """Whether its status is among those expected."""
        return any(first <= answer.status <= last for first, last in self.status)

    def wrong_content(self, answer: Answer) -> Iterator[str]:
        """Everything but the status that is not as it should be, each as half a sentence."""
        yield from self._wrong_headers(answer)
        if self.reads_body():
            yield from self._wrong_body(answer.body.decode("utf-8", errors="replace"))

    def _wrong_headers(self, answer: Answer) -> Iterator[str]:
        for name, wanted in (self.headers or {}).items():
            value = answer.headers.get(name.lower())
            if value is None:
                yield f"there is no header {name}"
            elif not _header_holds(wanted, value):
                given = "another" if name.lower() in _SECRET_HEADERS else short(value)
                yield f"the header {name} is {given}, not {short(wanted)}"

    def _wrong_body(self, text: str) -> Iterator[str]:
        for part in self.body or ():
            if part not in text:
                yield f"the body does not contain {short(part)}"
        for pattern in self.body_matches or ():
            if not found(pattern, text):
                yield f"the body does not match {short(pattern)}"
        for part in self.body_lacks or ():
            if part in text:
                yield f"the body contains {short(part)}"
        for pattern in self.body_lacks_matches or ():
            if found(pattern, text):
                yield f"the body matches {short(pattern)}"
        if self.json_:
            yield from _wrong_json(self.json_, text)
        if self.format:
            yield from _wrong_metrics(text)

    def expected(self) -> str:
        """All of it in words."""
        parts = [f"status {status_text(self.status)}"]
        parts += [f"{path} = {short(value)}" for path, value in (self.json_ or {}).items()]
        parts += [f"header {name} {short(value)}" for name, value in (self.headers or {}).items()]
        parts += [f"body contains {short(text)}" for text in self.body or ()]
        parts += [f"body matches {short(pattern)}" for pattern in self.body_matches or ()]
        parts += [f"body lacks {short(text)}" for text in self.body_lacks or ()]
        parts += [f"body does not match {short(pattern)}" for pattern in self.body_lacks_matches or ()]
        parts += ["body in the Prometheus text format"] if self.format else []
        return ", ".join(parts)


def series(text: str) -> int:
    """How many samples a page in the Prometheus text format has. Raises ValueError where it is in no such format."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        return sum(len(family.samples) for family in text_string_to_metric_families(text))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:  # what its parser raises for prose
        raise ValueError(short(str(error))) from None


def _wrong_metrics(text: str) -> Iterator[str]:
    try:
        if not series(text):
            yield "the body holds no metric"
    except ValueError as error:
        yield f"the body is not in the Prometheus text format ({error})"


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
