"""Holds HTTP exchanges against a published OpenAPI 3.0 description: was it asked rightly, was it answered rightly?

`OpenAPI(path)` reads the description; `request_errors` and `response_errors` give sentences, none when all is well.
Stricter than the description in one way: an unknown query parameter or body field is an error, for it is a typo.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from golive.standins.wire import Exchange, Request, Response

Json = dict[str, Any]
COMMON = frozenset({304, 401, 403, 404, 422})
"""Any endpoint may give these, described or not: not modified, no token, no right, no such thing, no sense."""
ALIASES = {
    "/organizations/{org}/team/{team_slug}": "/orgs/{org}/teams/{team_slug}",
    "/repos/{owner}/{repo}/statuses/{ref}": "/repos/{owner}/{repo}/commits/{ref}/statuses",
}
"""Older addresses that answers themselves contain (`url`, `statuses_url`) but the description leaves out."""


def _an_account_is_a_person_or_an_enterprise(paths: Json) -> None:
    """The list of installations says "both", which nothing can be; one installation says "either"."""
    answer = paths.get("/app/installations", {}).get("get", {}).get("responses", {}).get("200", {})
    if answer:
        account = answer["content"]["application/json"]["schema"]["items"]["properties"]["account"]
        account["anyOf"] = account.pop("allOf", account.get("anyOf"))


def _labels_come_as_a_list_too(paths: Json) -> None:
    """The words of the parameter allow "an array of labels directly"; the schema forgets it."""
    labels = paths.get("/repos/{owner}/{repo}/issues/{issue_number}/labels", {}).get("post")
    if labels:
        kinds = labels["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
        kinds.append({"type": "array", "items": {"type": "string"}})


def _issues_are_opened_and_listed(paths: Json) -> None:
    """The kept part of the description lacks these two; the parts we use are as GitHub's REST reference of issues has them."""
    known = paths.get("/repos/{owner}/{repo}/issues/{issue_number}", {}).get("get")
    if not known or "/repos/{owner}/{repo}/issues" in paths:
        return
    issue = known["responses"]["200"]["content"]["application/json"]["schema"]
    here = [p for p in known["parameters"] if not p.get("$ref", "").endswith("/issue-number")]

    def answers(status: str, schema: Json) -> Json:
        return {status: {"content": {"application/json": {"schema": schema}}}}

    asked = {"creator": {"type": "string"}, "state": {"type": "string", "enum": ["open", "closed", "all"]},
             "per_page": {"type": "integer", "maximum": 100}, "page": {"type": "integer"}}  # fmt: skip
    fields = {"title": {"type": "string"}, "body": {"type": "string"}}
    whole = {"type": "object", "required": ["title"], "properties": fields}
    paths["/repos/{owner}/{repo}/issues"] = {
        "get": {
            "operationId": "issues/list-for-repo",
            "parameters": [*here, *({"name": name, "in": "query", "schema": s} for name, s in asked.items())],
            "responses": answers("200", {"type": "array", "items": issue}),
        },
        "post": {
            "operationId": "issues/create", "parameters": here,
            "requestBody": {"required": True, "content": {"application/json": {"schema": whole}}},
            "responses": answers("201", issue),
        },
    }  # fmt: skip


def _what_workflows_may_is_read(paths: Json) -> None:
    """The kept part lacks it; it is as GitHub's REST reference of GitHub Actions permissions has it."""
    known = paths.get("/repos/{owner}/{repo}/rulesets", {}).get("get")
    if not known or "/repos/{owner}/{repo}/actions/permissions/workflow" in paths:
        return
    here = [p for p in known["parameters"] if p.get("$ref", "").endswith(("/owner", "/repo"))]
    fields = {
        "default_workflow_permissions": {"type": "string", "enum": ["read", "write"]},
        "can_approve_pull_request_reviews": {"type": "boolean"},
    }
    schema = {"type": "object", "required": list(fields), "properties": fields}
    paths["/repos/{owner}/{repo}/actions/permissions/workflow"] = {
        "get": {
            "operationId": "actions/get-github-actions-default-workflow-permissions-repository",
            "parameters": here,
            "responses": {"200": {"content": {"application/json": {"schema": schema}}}},
        }
    }


MENDS = (
    _an_account_is_a_person_or_an_enterprise,
    _labels_come_as_a_list_too,
    _issues_are_opened_and_listed,
    _what_workflows_may_is_read,
)
"""Where GitHub's description contradicts itself, the reading that agrees with its other half; and what its kept part lacks."""
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@dataclass(frozen=True)
class Operation:
    """One described endpoint."""

    method: str
    template: str
    described: Json

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Paths of this endpoint; a path or ref parameter may hold slashes."""
        names = re.split(r"\{([^}]+)\}", self.template)
        out = re.escape(names[0])
        for name, literal in zip(names[1::2], names[2::2], strict=True):
            many = name in ("path", "ref", "basehead", "branch")
            out += f"(?P<{name}>{'.+' if many else '[^/]+'})" + re.escape(literal)
        return re.compile(out + r"\Z")


class OpenAPI:
    """A description and what it says of exchanges."""

    def __init__(self, path: Path) -> None:
        document: Json = json.loads(path.read_text())
        for mend in MENDS:
            mend(document["paths"])
        self.document: Json = _with_null(document)
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:described", resource)
        self.operations = {
            described["operationId"]: Operation(method.upper(), template, described)
            for template, methods in self.document["paths"].items()
            for method, described in methods.items()
            if isinstance(described, dict) and "operationId" in described
        }
        self._validators: dict[str, Draft202012Validator] = {}

    def request_errors(self, exchange: Exchange) -> list[str]:
        """What is wrong with how the endpoint was asked: path, query, body."""
        operation = self.operations.get(exchange.operation or "")
        if operation is None:
            return [f"{_said(exchange.request)}: {exchange.operation!r} is not in the description"]
        found = _path(exchange.request, operation)
        if found is None or exchange.request.method != operation.method:
            return [f"{_said(exchange.request)} is not {operation.method} {operation.template}"]
        errors = [*self._parameter_errors(operation, found, exchange.request),
                  *self._body_errors(operation, exchange.request)]  # fmt: skip
        return [f"{_said(exchange.request)}: {error}" for error in errors]

    def response_errors(self, exchange: Exchange) -> list[str]:
        """What is wrong with the answer: status, body."""
        operation = self.operations.get(exchange.operation or "")
        if operation is None:
            return [f"{_said(exchange.request)}: {exchange.operation!r} is not in the description"]
        status = exchange.response.status
        described = operation.described["responses"].get(str(status))
        if described is None and status not in COMMON:
            return [f"{_said(exchange.request)}: the description has no answer {status}"]
        errors = self._answer_errors(self._resolved(described) if described else {}, exchange.response)
        return [f"{_said(exchange.request)} → {status}: {error}" for error in errors]

    def _parameter_errors(self, operation: Operation, path: Mapping[str, str], request: Request) -> Iterator[str]:
        known = [self._resolved(p) for p in operation.described.get("parameters", [])]
        query = {p["name"]: p for p in known if p["in"] == "query"}
        for name, values in request.query.items():
            if name not in query:
                yield f"query parameter {name!r} is not in the description; known are {sorted(query)}"
            else:
                yield from self._value_errors(f"query {name}", values[0], query[name]["schema"])
        for p in known:
            if p["in"] == "query" and p.get("required") and p["name"] not in request.query:
                yield f"query parameter {p['name']!r} is missing"
            if p["in"] == "path" and p["name"] in path:
                yield from self._value_errors(f"path {p['name']}", path[p["name"]], p["schema"])

    def _value_errors(self, what: str, text: str, schema: Json) -> Iterator[str]:
        schema = self._resolved(schema)
        kinds = schema.get("type", "string")
        kind = next(k for k in ([kinds] if isinstance(kinds, str) else kinds) if k != "null")
        value: Any = text
        if kind == "integer" and text.lstrip("-").isdigit():
            value = int(text)
        elif kind == "boolean" and text in ("true", "false"):
            value = text == "true"
        yield from (f"{what}: {error}" for error in self._schema_errors(schema, value))

    def _body_errors(self, operation: Operation, request: Request) -> Iterator[str]:
        described = operation.described.get("requestBody")
        if described is None:
            if request.body and request.body not in (b"{}", b"null"):
                yield f"a body was sent where none is described: {request.body[:80]!r}"
            return
        schema = described["content"]["application/json"]["schema"]
        if not request.body:
            if described.get("required"):
                yield "the body is missing"
            return
        if "json" not in request.headers.get("content-type", ""):
            yield f"content-type is {request.headers.get('content-type')!r}, not JSON"
        value = request.json()
        yield from self._schema_errors(schema, value)
        known = self._fields(schema)
        if isinstance(value, dict) and known:
            yield from (f"body field {name!r} is not in the description" for name in value if name not in known)

    def _fields(self, schema: Json) -> set[str]:
        """Every field that a schema, or any of its alternatives, knows."""
        schema = self._resolved(schema)
        below = [s for word in ("oneOf", "anyOf", "allOf") for s in schema.get(word, ())]
        return set(schema.get("properties", ())).union(*(self._fields(s) for s in below))

    def _answer_errors(self, described: Json, response: Response) -> Iterator[str]:
        content = described.get("content", {}).get("application/json")
        if response.status >= 400:
            body = response.json()
            if not isinstance(body, dict) or not body.get("message"):
                yield "a refusal needs a message"
            return
        if content is None or response.status == 304:
            if response.body not in (b"", b"{}"):
                yield f"a body where none is described: {response.body[:80]!r}"
            return
        yield from self._schema_errors(content["schema"], response.json())

    def _schema_errors(self, schema: Json, value: Any) -> Iterator[str]:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            absolute = json.loads(key.replace('"#/', '"urn:described#/'))
            self._validators[key] = Draft202012Validator(absolute, registry=self._registry, format_checker=_FORMATS)
        for error in self._validators[key].iter_errors(value):
            # the best guess at which alternative was meant says more than "matches none of them"
            deepest = max(error.context or [error], key=lambda e: len(e.absolute_path))
            yield f"{deepest.json_path}: {deepest.message[:300]}"

    def _resolved(self, value: Json) -> Json:
        while "$ref" in value:
            found: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value


def _with_null(value: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema: the value or null."""
    if isinstance(value, list):
        return [_with_null(v) for v in value]
    if not isinstance(value, dict):
        return value
    out = {name: _with_null(v) for name, v in value.items()}
    return {"anyOf": [out, {"type": "null"}]} if out.pop("nullable", None) is True else out


def _path(request: Request, operation: Operation) -> Mapping[str, str] | None:
    for template, real in ALIASES.items():
        alias = Operation(operation.method, operation.template.replace(real, template), operation.described)
        for candidate in (operation, alias):
            if found := candidate.pattern.match(request.path):
                return {} if candidate is alias else found.groupdict()
    return None


def _said(request: Request) -> str:
    return f"{request.method} {request.path}"
