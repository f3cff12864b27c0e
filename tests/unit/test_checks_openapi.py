"""What the kind `openapi` makes of a document and its routes, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.apidocuments import parsed, spelled
from golive.checks.openapi import OpenapiCheck, Read
from golive.checks.replies import NoReply
from golive.core.model import Outcome, Strength
from golive.look.files import Files
from golive.ports import Answer
from website import Asked, Said, lent, look_at, serving

URL = "https://shop.example/openapi.json"
OK: dict[str, Any] = {"responses": {"200": {"description": "fine"}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
NEEDED = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "2.4.0"},
    "paths": {
        "/orders": {"get": OK, "post": OK},
        "/orders/{id}": {"parameters": [ID], "get": OK},
        "/search": {"get": {**OK, "parameters": [{"$ref": "#/components/parameters/q"}]}},
    },
    "components": {"parameters": {"q": NEEDED}},
}


def a_check(**options: Any) -> OpenapiCheck:
    """A check of the shop's description."""
    return OpenapiCheck.model_validate(({"url": URL} if "file" not in options else {}) | options)


def read(change: dict[str, Any] | None = None, served: dict[str, int | str] | None = None) -> Read:
    """The document but for the change, and what its routes answered; a text is why they did not."""
    replies = {
        path: Answer(said, {}, b"", 0.01, URL) if isinstance(said, int) else NoReply(said)
        for path, said in (served or {}).items()
    }
    return Read(URL, parsed(json.dumps(DOCUMENT | (change or {}))), served=tuple(replies.items()))


@pytest.mark.parametrize(
    ("options", "facts", "outcome", "says"),
    [
        pytest.param({}, read(), "passed", "Valid OpenAPI 3.0.3, 3 paths", id="valid"),
        pytest.param({}, read({"openapi": "3.1.1"}), "passed", "3.1.1", id="3.1"),
        pytest.param({}, read({"info": {"title": "Shop"}}), "failed", "'version' is a required property", id="invalid"),
        pytest.param({"min_version": "3.0"}, read(), "passed", "", id="new enough"),
        pytest.param({"min_version": "3.1"}, read(), "failed", "is OpenAPI 3.0.3, not at least 3.1", id="too old"),
        pytest.param({"version": "2.4.0"}, read(), "passed", "", id="the release"),
        pytest.param({"version": "2.5.0"}, read(), "failed", "info.version is '2.4.0', not '2.5.0'", id="another one"),
        pytest.param({"min_paths": 3}, read(), "passed", "", id="enough paths"),
        pytest.param({"min_paths": 4}, read(), "failed", "describes 3 paths, not at least 4", id="too few"),
        pytest.param({"routes": ["/orders", "POST /orders", "/orders/{order}"]}, read(), "passed", "", id="routes"),
        pytest.param(
            {"routes": ["DELETE /orders"]}, read(), "failed", "does not describe DELETE /orders", id="no method"
        ),
        pytest.param({"routes": ["/users"]}, read(), "failed", "does not describe /users", id="no path"),
        pytest.param({"lacks": ["/debug"]}, read(), "passed", "", id="nothing that must not be"),
        pytest.param({"lacks": ["POST /orders"]}, read(), "failed", "it describes POST /orders", id="what must not be"),
        pytest.param({"serves": URL}, read(served={"/orders": 200}), "passed", "1 route served", id="served"),
        pytest.param({"serves": URL}, read(served={"/orders": 401}), "passed", "", id="a guarded route is there"),
        pytest.param({"serves": URL}, read(served={"/orders": 404}), "failed", "and answers 404", id="not there"),
        pytest.param({"serves": URL}, read(served={"/orders": 503}), "failed", "and answers 503", id="broken"),
        pytest.param({"serves": URL}, read(served={"/orders": "timed out"}), "unknown", "timed out", id="silent"),
        pytest.param({}, Read(URL, lacking="GET x: timed out"), "unknown", "timed out", id="no document"),
        pytest.param({}, Read(URL, wrong="GET x answered 404, not 200"), "failed", "404", id="not published"),
    ],
)
def test_a_document_is_held_against_the_options(options: dict[str, Any], facts: Read, outcome: str, says: str) -> None:
    finding = a_check(**options).judge(facts)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.strength is (Strength.PROBE if "serves" in options else Strength.DOCUMENT)
    assert {measure.name for measure in finding.measures} <= set(OpenapiCheck.measures)


def test_only_reads_that_need_nothing_are_asked_for() -> None:
    document = parsed(json.dumps(DOCUMENT))
    assert [route.path for route in document.routes if route.is_plain_get] == ["/orders"]
    assert [(route.method, route.path) for route in document.routes] == [
        ("GET", "/orders"), ("POST", "/orders"), ("GET", "/orders/{id}"), ("GET", "/search"),
    ]  # fmt: skip
    assert spelled("get", "/a/{b}/c") == spelled("GET", "/a/{x}/c") != spelled("GET", "/a/b/c")


YAML = """openapi: 3.1.0
info:
  title: Shop
  version: 2024-01-01
paths:
  /orders:
    get:
      responses:
        200: {description: fine}
    post:
      responses: []
"""


def test_yaml_is_read_as_openapi_means_it_and_flaws_have_their_line() -> None:
    document = parsed(YAML.replace("[]", "{200: {description: made}}"))
    assert (document.flaws, document.version) == ((), "2024-01-01")
    flawed = parsed(YAML)
    assert any(line == 11 and "responses" in text for text, line in flawed.flaws), flawed.flaws


def test_a_schema_may_refer_to_itself() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}
    assert (
        parsed(json.dumps(DOCUMENT | {"components": {**DOCUMENT["components"], "schemas": {"Tree": tree}}})).flaws == ()
    )


def test_a_reference_to_nothing_is_a_flaw() -> None:
    broken = DOCUMENT | {"components": {**DOCUMENT["components"], "schemas": {"A": {"$ref": "#/components/schemas/B"}}}}
    assert any("cannot be resolved" in text for text, _ in parsed(json.dumps(broken)).flaws)


@pytest.mark.parametrize("key", ["$ref", "$dynamicRef"])
@pytest.mark.parametrize("target", ["{site}/schema.json", "file:///etc/passwd", "other.yaml#/A"])
def test_nothing_outside_the_document_is_ever_fetched(key: str, target: str) -> None:
    with serving(lambda asked: Said(200, "{}")) as site:
        schemas = {"A": {key: target.format(site=site.base)}}
        document = parsed(json.dumps(DOCUMENT | {"components": {**DOCUMENT["components"], "schemas": schemas}}))
        assert site.asked == []
    assert "which is not in the document" in document.flaws[0][0]


def a_bomb() -> str:
    """A few hundred bytes that stand for 10^12 values."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(["openapi: 3.0.0", "l0: &l0 [x, x, x, x, x, x, x, x, x, x]", *levels])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not one JSON or YAML object"),
        ("[]", "not one JSON or YAML object"),
        ("openapi: 3.0.0\n---\nopenapi: 3.0.0", "not one JSON or YAML object"),
        ("<html>", "not one JSON or YAML object"),
        ("{}", "`openapi` is None"),
        ("openapi: 9.0.0", "`openapi` is '9.0.0'"),
        ("openapi: 3.0", "`openapi` is 3.0"),
        ("a: [", "neither JSON nor YAML"),
        ("openapi: 3.0.0\nopenapi: 3.1.0", "is there twice"),
        ("openapi: 3.0.0\na: &a [*a]", "recursive"),
        ("[" * 5000, "neither JSON nor YAML"),
        (a_bomb(), "too large or too deep"),
    ],
)
def test_what_is_no_document_is_said_and_soon(text: str, says: str) -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match=r"document") as refused:
        parsed(text)
    assert says in str(refused.value)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"url": None}, (), "exactly one of `url` and `file`"),
        ({"file": "a.yaml", "url": URL}, (), "exactly one of `url` and `file`"),
        ({"min_version": "three"}, ("min_version",), "pattern"),
        ({"min_version": 3.0}, ("min_version",), "valid string"),
        ({"min_paths": 0}, ("min_paths",), "greater than or equal to 1"),
        ({"routes": []}, ("routes",), "at least 1"),
        ({"routes": ["orders"]}, ("routes", 0), "pattern"),
        ({"lacks": []}, ("lacks",), "at least 1"),
        ({"file": "a.yaml", "secret": "shop"}, (), "is sent to a `url`"),
        ({"serves": URL + "?a=1"}, (), "without a query"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


def test_only_a_file_is_of_this_machine() -> None:
    assert a_check(file="openapi.yaml").on_machine()
    assert not a_check().on_machine()
    assert a_check(secret="shop", serves="https://api.example").lent_secrets() == (
        ("shop", "shop.example"),
        ("shop", "api.example"),
    )


# ------------------------------------------------------------------ real files and services


@pytest.mark.parametrize(
    ("content", "outcome", "says"),
    [
        (json.dumps(DOCUMENT), Outcome.PASSED, "Valid OpenAPI 3.0.3"),
        ("\ufeff" + json.dumps(DOCUMENT), Outcome.PASSED, ""),
        (YAML, Outcome.FAILED, "flaw"),
        ("a: [", Outcome.FAILED, "neither JSON nor YAML"),
        (None, Outcome.UNKNOWN, "openapi.yaml"),
    ],
)
def test_a_real_file_is_read(tmp_path: Path, content: str | None, outcome: Outcome, says: str) -> None:
    if content is not None:
        (tmp_path / "openapi.yaml").write_text(content, encoding="utf-8")
    check = a_check(file="openapi.yaml")
    finding = check.judge(check.collect(look_at(files=Files(tmp_path))))
    assert finding.outcome is outcome, finding.summary
    assert says in finding.summary
    assert finding.source == "openapi.yaml"
    assert {detail.path for detail in finding.details} <= {"openapi.yaml"}


def a_shop(asked: Asked) -> Said:
    """Serves what it describes, for who has the key; `/lying` describes what it does not serve."""
    if asked.headers.get("authorization") != "Bearer hush-hush":
        return Said(401)
    lying = {"/gone": {"get": OK}} if asked.path == "/lying.json" else {}
    if asked.path.endswith(".json"):
        return Said(200, json.dumps(DOCUMENT | {"paths": DOCUMENT["paths"] | lying}))
    return Said(200 if asked.path == "/v1/orders" else 404, "[]")


@pytest.mark.parametrize(
    ("page", "outcome", "says"),
    [
        ("/openapi.json", Outcome.PASSED, "1 route served"),
        ("/lying.json", Outcome.FAILED, "GET /gone is described and answers 404"),
    ],
)
def test_a_real_service_is_held_to_its_description(tmp_path: Path, page: str, outcome: Outcome, says: str) -> None:
    with serving(a_shop) as site:
        check = a_check(url=site.url(page), serves=site.url("/v1"), secret="shop")
        finding = check.judge(check.collect(look_at(secrets=lent(tmp_path, shop="hush-hush"))))
        without = a_check(url=site.url(page))
        assert "answered 401, not 200" in without.judge(without.collect(look_at())).summary
    assert finding.outcome is outcome, finding.summary
    assert says in finding.summary
    assert {asked.method for asked in site.asked} == {"GET"}
    assert "hush" not in repr(finding)


def test_a_service_that_does_not_answer() -> None:
    with serving(lambda asked: Said(0)) as site:
        check = a_check(url=site.url())
        assert check.judge(check.collect(look_at())).outcome is Outcome.UNKNOWN
