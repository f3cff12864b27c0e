"""Pydantic's verdict on a tree, told in the file's own places and in sentences. Serves our sections and every kind's options.

The values go through pydantic as JSON, because that is what a policy holds: lists are accepted for tuples, text for
enums, and strict models stay strict. Add a sentence for an error type to `_EXPECTED`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from golive.policyfile.mistakes import Place, Report, below, listed, shown
from golive.policyfile.sections import ID_PATTERN, Section
from golive.policyfile.tree import Mapping, Node, Scalar, Sequence, plain

M = TypeVar("M", bound=BaseModel)

_TEXT, _LIST, _KEYS = "text", "a list", "keys and values"
_EXPECTED = {
    "string_type": _TEXT, "string_sub_type": _TEXT, "int_type": "a whole number", "int_parsing": "a whole number",
    "int_from_float": "a whole number", "float_type": "a number", "float_parsing": "a number",
    "bool_type": "true or false", "bool_parsing": "true or false", "list_type": _LIST, "tuple_type": _LIST,
    "set_type": _LIST, "frozen_set_type": _LIST, "dict_type": _KEYS, "model_type": _KEYS, "dataclass_type": _KEYS,
    "none_required": "nothing",
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """Where in the tree an error belongs. key: the place of the key it stands under; rest: what has no place there."""

    node: Node
    key: Place
    at: str
    depth: int
    rest: tuple[str | int, ...]


@dataclass(frozen=True)
class Complaint:
    """One error, in words. `expected` completes “expected …, got …”; where it is empty, `what` is the whole sentence."""

    spot: Spot
    place: Place
    at: str
    expected: str = ""
    what: str = ""
    mend: str = ""


def validate(model: type[M], node: Mapping, values: Any, report: Report, at: str = "", key: Place | None = None) -> M | None:
    """The model of these values, or None where the report now says why not.

    node: the tree the values came from.   values: the plain values.   at, key: path and place of the key it stands under.
    """
    try:
        return model.model_validate_json(json.dumps(values))
    except ValidationError as error:
        reader = _Reader(model, node, report, at, key or node.place)
        _tell([reader.complaint(one) for one in error.errors(include_url=False)], report)
    except Exception as error:  # a kind's own validator; whatever it raises, the file's author is told
        report.add(key or node.place, at, f"these options were not understood: {shown(str(error) or type(error).__name__)}")
    return None


def _tell(complaints: Seq[Complaint], report: Report) -> None:
    """Report them; the alternatives of a union become one sentence, unless one alternative fails further inside."""
    groups: dict[tuple[Place, str], list[Complaint]] = {}
    for one in complaints:
        groups.setdefault((one.place, one.at), []).append(one)
    for (place, at), group in groups.items():
        first = group[0]
        deeper = any(o.at.startswith((at + ".", at + "[")) for o in complaints) if first.spot.rest else False
        if deeper and all(one.expected for one in group):
            continue
        whole = [one for one in group if not one.expected]
        if whole:
            report.add(place, at, "; or ".join(dict.fromkeys(one.what for one in whole)), whole[0].mend)
            continue
        expected = " or ".join(dict.fromkeys(one.expected for one in group))
        report.add(place, at, f"expected {expected}, got {_got(first.spot.node)}", _mend(group, report))


def _mend(group: Seq[Complaint], report: Report) -> str:
    node, expected = group[0].spot.node, {one.expected for one in group}
    if not isinstance(node, Scalar):
        return next((one.mend for one in group if one.mend), "")
    if node.value is None:
        behind = report.line(node.place.line)[node.place.column - 1 :].strip()
        if behind.startswith("#"):
            return f'In YAML a # after a space begins a comment; quote it: "{shown(behind)}"'
        return "Give it a value, or delete the line"
    if _TEXT in expected and not isinstance(node.value, str):
        return f'Quote it: "{shown(node.text)}"'
    if isinstance(node.value, str) and _LIST in expected:
        return f"Write it as a list: [{shown(node.text)}]"
    unquoted = ("a whole number", "a number", "true or false")
    if isinstance(node.value, str) and expected & set(unquoted) and re.fullmatch(r"true|false|-?\d+(\.\d+)?", node.text):
        return f"Write {node.text} without quotes"
    return next((one.mend for one in group if one.mend), "")


def _got(node: Node) -> str:
    if isinstance(node, Mapping):
        return _KEYS
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}"
    if isinstance(node.value, str):
        return f'"{shown(node.value)}"'
    if node.value is None:
        return "nothing"
    kind = "true or false" if isinstance(node.value, bool) else "a number"
    return f"{shown(node.text)}, which YAML reads as {kind}"


class _Reader:
    """Turns pydantic's errors on one model and tree into complaints."""

    def __init__(self, model: type[BaseModel], node: Mapping, report: Report, at: str, key: Place) -> None:
        self._model, self._node, self._report, self._at, self._key = model, node, report, at, key

    def complaint(self, error: Any) -> Complaint:
        """The complaint for one entry of `ValidationError.errors()`."""
        kind, context = error["type"], error.get("ctx", {})
        spot = self._spot(error["loc"])
        if kind == "missing":
            return self._missing(spot)
        if kind == "extra_forbidden":
            return self._extra(spot, str(error["loc"][-1]))
        place = spot.key if spot.rest and spot.rest[-1] == "[key]" or spot.depth == 0 else spot.node.place
        if kind == "golive":
            return Complaint(spot, place, spot.at, what=context["what"], mend=context["mend"])
        if kind in ("value_error", "assertion_error"):
            return Complaint(spot, place, spot.at, what=str(context.get("error", error["msg"])))
        expected, mend = self._expected(kind, context, spot)
        if spot.rest and spot.rest[-1] == "[key]":
            return Complaint(spot, place, spot.at, what=f"the key must be {expected}", mend=mend)
        if expected:
            return Complaint(spot, place, spot.at, expected=expected, mend=mend)
        message = error["msg"].replace("Input should be", "expected")
        return Complaint(spot, place, spot.at, what=message[:1].lower() + message[1:])

    def _spot(self, loc: Seq[str | int]) -> Spot:
        node: Node = self._node
        key, at, depth = self._key, self._at, 0
        rest: list[str | int] = []
        for part in loc:
            if isinstance(node, Mapping) and isinstance(part, str) and part in node.entries:
                key, node = node.entries[part].key.place, node.entries[part].value
            elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                key = node.place
            else:
                rest.append(part)
                continue
            at, depth = below(at, part), depth + 1
        return Spot(node, key, at, depth, tuple(rest))

    def _missing(self, spot: Spot) -> Complaint:
        name = str(spot.rest[-1]) if spot.rest else ""
        model = self._model_of(spot.at)
        described = next((f.description for n, f in _fields(model).items() if n == name and f.description), "")
        mend = f"Add `{name}`: {described}" if described else f"Add `{name}`"
        return Complaint(spot, spot.key, spot.at, what=f"`{name}` is missing", mend=mend)

    def _extra(self, spot: Spot, name: str) -> Complaint:
        model = self._model_of(spot.at, parent=True)
        if issubclass(model, Section) and name in model.later:
            what = f"`{shown(name)}` is not understood by this version of golive"
            return Complaint(spot, spot.key, spot.at, what=what, mend="Delete it until then")
        known = sorted(_fields(model))
        mend = self._report.did_you_mean(name, known, f"The keys here are: {listed(known)}")
        return Complaint(spot, spot.key, spot.at, what=f"unknown key `{shown(name)}`", mend=mend)

    def _model_of(self, at: str, parent: bool = False) -> type[BaseModel]:
        """The model that reads the mapping at this path, or whose key stands there."""
        steps = re.findall(r"\.?([\w-]+)|\[", at.removeprefix(self._at))
        names = [step for step in steps if step and not step.isdecimal()]
        model = self._model
        for name in names[:-1] if parent else names:
            model = _inside(_fields(model)[name].annotation) or model if name in _fields(model) else model
        return model

    def _expected(self, kind: str, context: Any, spot: Spot) -> tuple[str, str]:
        node = spot.node
        if kind in ("literal_error", "enum"):
            return self._one_of(context["expected"], node)
        if kind == "string_pattern_mismatch":
            if context["pattern"] != ID_PATTERN:
                return f"text like {context['pattern']}", ""
            slug = re.sub(r"[^a-z0-9]+", "-", str(plain(node)).casefold()).strip("-")
            return "lower-case letters, digits and dashes", f"Did you mean `{shown(slug)}`?" if slug else ""
        if kind == "too_short":
            return f"at least {context['min_length']} {'entry' if context['min_length'] == 1 else 'entries'}", ""
        if kind == "string_too_short":
            return "text that is not empty", ""
        if kind == "string_too_long":
            return f"at most {context['max_length']} characters", ""
        if kind == "greater_than_equal":
            return f"{context['ge']} or more", ""
        return _EXPECTED.get(kind, ""), ""

    def _one_of(self, expected: str, node: Node) -> tuple[str, str]:
        words = re.findall(r"'([^']*)'", expected)
        value = plain(node)
        if words:
            mend = self._report.did_you_mean(value, words, "") if isinstance(value, str) else ""
            return (f"one of {listed(words)}" if len(words) > 1 else f"`{words[0]}`"), mend
        return expected, f"Write {value} without quotes" if str(value) == expected else ""


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model by the key that people write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _inside(annotation: Any) -> type[BaseModel] | None:
    """The model somewhere inside an annotation such as `tuple[Model, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inside(argument) for argument in get_args(annotation))
    return next((model for model in found if model), None)
