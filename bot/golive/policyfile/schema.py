"""The JSON Schema that editors use, made from the very classes that read the file and from every kind's options.

Nothing is added here by hand: a key or an option appears in the schema once it is a field of its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from golive.policyfile.options import model_of
from golive.policyfile.sections import CheckSection, PolicySection, WaiverSection
from golive.ports import Kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FORMS = {"pattern", "format", "enum", "const", "minLength", "maxLength"}


class _Lenient(GenerateJsonSchema):
    """A plug-in's field that has no JSON form becomes “anything” rather than leaving editors without a schema."""

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> dict[str, Any]:
        return {}

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Defaults without a JSON form are left out; that is no news to anybody."""


def json_schema(kinds: Mapping[str, type[Kind]]) -> dict[str, Any]:
    """JSON Schema 2020-12 of a policy file in which checks may use these kinds.

    What only two places together make (ids used twice, needs that lead nowhere) no schema can say; `load` says it.
    """
    models = {name: model_of(name, kind) for name, kind in sorted(kinds.items())}
    wanted = [(model, "validation") for model in (PolicySection, *models.values())]
    refs, whole = models_json_schema(wanted, schema_generator=_Lenient)  # type: ignore[arg-type]
    defs: dict[str, Any] = whole.get("$defs", {})
    ref_of = {name: refs[model, "validation"] for name, model in models.items()}
    for section in (CheckSection, WaiverSection):
        _offer(defs[section.__name__], section.also)
    for name, kind in models.items():
        _offer(defs[_target(ref_of[name])], getattr(kind, "also", {}))
    check = defs[CheckSection.__name__]
    check["properties"]["uses"]["enum"] = list(models)
    check["allOf"] = [_options_if(name, ref, defs) for name, ref in ref_of.items()]
    for name in _reachable(defs, list(ref_of.values())):
        defs[name] = _or_with_names(defs[name])
    return {"$schema": DIALECT, **defs.pop(PolicySection.__name__), "title": "golive policy", "$defs": defs}


def _offer(schema: dict[str, Any], also: Mapping[str, str]) -> None:
    """Editors offer the names of other tools too; what is required may then come under either name."""
    properties = schema.get("properties", {})
    known = {theirs: ours for theirs, ours in also.items() if ours in properties}
    properties.update({theirs: properties[ours] for theirs, ours in known.items()})
    required = [name for name in schema.get("required", ()) if name not in known.values()]
    if "required" in schema:
        schema["required"] = required


def _options_if(name: str, ref: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """`with:` of this kind where `uses` is this kind; and needed at all where the kind cannot do without."""
    then: dict[str, Any] = {"properties": {"with": ref}}
    if defs[_target(ref)].get("required"):
        then["required"] = ["with"]
    return {"if": {"properties": {"uses": {"const": name}}, "required": ["uses"]}, "then": then}


def _target(ref: Mapping[str, Any]) -> str:
    return str(ref["$ref"]).rpartition("/")[2]


def _reachable(defs: dict[str, Any], found: list[Any]) -> set[str]:
    """Names of the definitions these schemas lead to."""
    names: set[str] = set()
    while found:
        one = found.pop()
        if isinstance(one, dict):
            if isinstance(one.get("$ref"), str) and (name := _target(one)) not in names:
                names.add(name)
                found.append(defs[name])
            found.extend(one.values())
        elif isinstance(one, list):
            found.extend(one)
    return names


def _or_with_names(schema: Any) -> Any:
    """The same schema, in which a text with a form of its own may also hold `${name}`, filled in before it is read."""
    if isinstance(schema, list):
        return [_or_with_names(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string" and schema.keys() & _FORMS:
        return {"anyOf": [schema, {"type": "string", "pattern": r"\$\{[^{}]*\}"}]}
    return {key: value if key in ("default", "examples") else _or_with_names(value) for key, value in schema.items()}
