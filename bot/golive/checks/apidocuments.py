"""OpenAPI documents: read as plain values, validated, and told route by route.

The document is others' words, so it is read with a budget (a few kilobytes of YAML can stand for gigabytes), and nothing
that it points to outside itself is fetched: validators follow such references by themselves unless they are kept from it.
Add a version of the specification as a row of `_VALIDATORS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from golive.checks.yamltexts import NotYaml, Row, Table, documents

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
MAX_VALUES = 200_000
"""Values a document may stand for; the largest published ones have some ten thousand."""
MAX_DEPTH = 100
MAX_FLAWS = 201
_VALIDATORS = {
    "2.0": "OpenAPIV2SpecValidator",
    "3.0": "OpenAPIV30SpecValidator",
    "3.1": "OpenAPIV31SpecValidator",
    "3.2": "OpenAPIV32SpecValidator",
}
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_PARAMETER = re.compile(r"\{[^/{}]*\}")


@dataclass(frozen=True)
class Route:
    """One operation. is_plain_get: a GET that can be asked for as it stands, without required parameters."""

    method: str
    path: str
    is_plain_get: bool


@dataclass(frozen=True)
class Document:
    """A document that could be read. openapi: the specification's version; version: of the API.   flaws: (text, line)."""

    openapi: str
    version: str
    paths: int
    routes: tuple[Route, ...]
    flaws: tuple[tuple[str, int], ...] = field(default=())


def spelled(method: str, path: str) -> str:
    """A route with nameless parameters, so that `/orders/{id}` and `/orders/{order}` are one."""
    return f"{method.upper()} {_PARAMETER.sub('{}', path)}"


def parsed(text: str) -> Document:
    """The document with its flaws. Raises ValueError where it is none, or too large to be looked at."""
    try:
        found = documents(text)  # JSON is YAML, but for escapes that nobody writes
    except NotYaml as error:
        raise ValueError(f"the document is neither JSON nor YAML: {error}" + _at(error.line)) from None
    if len(found) != 1 or not isinstance(found[0], Table):
        raise ValueError("the document is not one JSON or YAML object")
    lines: dict[tuple[str, ...], int] = {}
    budget = [MAX_VALUES]
    plain = _plain(found[0], (), lines, budget)
    given = plain.get("openapi", plain.get("swagger"))
    if not isinstance(given, str) or given.rpartition(".")[0] not in _VALIDATORS | {"2": ""} or given == "2.1":
        raise ValueError(f"the document does not say which OpenAPI it is: `openapi` is {_short(given)}")
    flaws = list(_references(plain, ()))
    if not flaws:
        flaws = list(_invalid(plain, given))
    routes = tuple(_routes(plain))
    info, paths = plain.get("info"), plain.get("paths")
    version = info.get("version") if isinstance(info, dict) else None
    return Document(
        given,
        version if isinstance(version, str) else "",
        sum(path.startswith("/") for path in paths) if isinstance(paths, dict) else 0,
        routes,
        tuple((f"{text}{_in(place)}", _line(lines, place)) for text, place in flaws),
    )


def _plain(value: Any, place: tuple[str, ...], lines: dict[tuple[str, ...], int], budget: list[int]) -> Any:
    """The value without what YAML adds: keys are texts (`200:` too), and what is repeated by reference is repeated."""
    budget[0] -= 1
    if budget[0] < 0 or len(place) > MAX_DEPTH:
        raise ValueError(f"the document is too large or too deep to be looked at (over {MAX_VALUES:,} values)")
    if isinstance(value, Table):
        found: dict[str, Any] = {}
        for key, each in value.items():
            name = str(key).lower() if isinstance(key, bool) else str(key)
            lines[(*place, name)] = value.at(key)
            found[name] = _plain(each, (*place, name), lines, budget)
        return found
    if isinstance(value, Row):
        return [_plain(each, (*place, str(number)), lines, budget) for number, each in enumerate(value)]
    return value


def _references(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """References that lead out of the document, which nobody follows."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        inside = (*place, str(key))
        if key in _REFERENCES and isinstance(each, str) and not each.startswith("#"):
            yield f"it refers to {_short(each)}, which is not in the document", inside
        else:
            yield from _references(each, inside)


def _invalid(plain: dict[str, Any], version: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the validator finds. Its own limits (recursion, references to nothing) are flaws of the document too."""
    import openapi_spec_validator
    from jsonschema_path.paths import SchemaPath

    series = ".".join(version.split(".")[:2])
    validator = getattr(openapi_spec_validator, _VALIDATORS[series])
    try:
        # No handler: whatever would still be looked up outside is an error, not a request.
        found = validator(SchemaPath.from_dict(plain, handlers={})).iter_errors()
        for number, error in enumerate(found):
            if number >= MAX_FLAWS:
                return
            yield _sentence(error.message), tuple(str(part) for part in error.absolute_path)
    except RecursionError:
        yield "it refers to itself without an end", ()
    except Exception as error:  # the libraries below raise each their own for a reference to nothing
        yield _sentence(f"it cannot be resolved: {str(error).partition(' within {')[0]}"), ()


def _routes(plain: Mapping[str, Any]) -> Iterator[Route]:
    paths = plain.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        if not isinstance(item, dict) or not path.startswith("/"):
            continue
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                needs = [*_listed(item.get("parameters")), *_listed(operation.get("parameters"))]
                plain_get = method == "get" and "{" not in path and not any(_is_required(each, plain) for each in needs)
                yield Route(method.upper(), path, plain_get)


def _is_required(parameter: Any, plain: Mapping[str, Any]) -> bool:
    """Whether a parameter must be given; one that cannot be found is taken for required."""
    seen = 0
    while isinstance(parameter, dict) and isinstance(parameter.get("$ref"), str):
        found: Any = plain
        for part in parameter["$ref"].removeprefix("#/").split("/"):
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        parameter, seen = found, seen + 1
        if seen > 20:
            return True
    return not isinstance(parameter, dict) or parameter.get("required") is True


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _in(place: tuple[str, ...]) -> str:
    return f" (in {' › '.join(place)[:200]})" if place else ""


def _line(lines: Mapping[tuple[str, ...], int], place: tuple[str, ...]) -> int:
    """The line of the nearest place that has one."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 0)


def _at(line: int) -> str:
    return f" (line {line})" if line else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:99] + "…"


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:199] + "…"
