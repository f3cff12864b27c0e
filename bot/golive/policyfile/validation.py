"""Pydantic's verdict on a tree, told in the file's own places and in sentences; for sections and every kind's options.

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

from golive.policyfile.fields import ID_PATTERN, VAR_PATTERN, Section
from golive.policyfile.mistakes import Place, Report, below, listed, shown
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
_UNQUOTED = frozenset({"a whole number", "a number", "true or false"})


@dataclass(frozen=True)
class Spot:
    """Where in the tree an error belongs.

    key: the place of the key it stands under.   path: the steps that lead there.   rest: steps the tree does not have.
    """

    node: Node
    key: Place
    at: str
    path: tuple[str | int, ...]
    rest: tuple[str | int, ...]

    @property
    def of_key(self) -> bool:
        """Whether the error is about the key itself rather than its value."""
        return self.rest[-1:] == ("[key]",)


@dataclass(frozen=True)
class Complaint:
    """One error, in words. `expected` completes “expected …, got …”; where empty, `what` is the whole sentence."""

    spot: Spot
    place: Place
    at: str
    expected: str = ""
    what: str = ""
    mend: str = ""


def validate(
    model: type[M], node: Mapping, values: Any, report: Report, at: str = "", key: Place | None = None
) -> M | None:
    """The model of these values, or None where the report now says why not.

    node: the tree the values came from.   values: the plain values.   at, key: path and place of the key above them.
    """
    try:
        return model.model_validate_json(json.dumps(values))
    except ValidationError as error:
        reader = _Reader(model, node, report, at, key or node.place)
        complaints = (reader.complaint(one) for one in error.errors(include_url=False))
        _tell([one for one in complaints if one], report)
    except Exception as error:  # a kind's own validator; whatever it raises, the file's author is told
        told = shown(str(error) or type(error).__name__)
        report.add(key or node.place, at, f"these options were not understood: {told}")
    return None


def _tell(complaints: Seq[Complaint], report: Report) -> None:
    """Report them; the alternatives of a union become one sentence, unless one alternative fails further inside."""
    groups: dict[tuple[Place, str], list[Complaint]] = {}
    for one in complaints:
        groups.setdefault((one.place, one.at), []).append(one)
    above = {one.spot.path[:steps] for one in complaints for steps in range(len(one.spot.path))}
    for (place, at), group in groups.items():
        first = group[0]
        if first.spot.rest and first.spot.path in above and all(one.expected for one in group):
            continue
        whole = [one for one in group if not one.expected]
        if whole:
            report.add(place, at, "; or ".join(dict.fromkeys(one.what for one in whole)), whole[0].mend)
            continue
        expected = " or ".join(dict.fromkeys(one.expected for one in group))
        got = _got(first.spot.node, _TEXT in {one.expected for one in group})
        report.add(place, at, f"expected {expected}, got {got}", _mend(group, report))


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
    if isinstance(node.value, str) and expected & _UNQUOTED and re.fullmatch(r"true|false|-?\d+(\.\d+)?", node.text):
        return f"Write {node.text} without quotes"
    if isinstance(node.value, str) and _LIST in expected:
        return f"Write it as a list: [{shown(node.text)}]"
    return next((one.mend for one in group if one.mend), "")


def _got(node: Node, text_was_meant: bool) -> str:
    if isinstance(node, Mapping):
        return _KEYS
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}"
    if isinstance(node.value, str):
        return f'"{shown(node.value)}"'
    if node.value is None:
        return "nothing"
    kind = "true or false" if isinstance(node.value, bool) else "a number"
    return f"{shown(node.text)}, which YAML reads as {kind}" if text_was_meant else shown(node.text)


class _Reader:
    """Turns pydantic's errors on one model and tree into complaints."""

    def __init__(self, model: type[BaseModel], node: Mapping, report: Report, at: str, key: Place) -> None:
        self._model, self._node, self._report, self._at, self._key = model, node, report, at, key

    def complaint(self, error: Any) -> Complaint | None:
        """The complaint for one entry of `ValidationError.errors()`, or None where it only follows from others."""
        kind, context = error["type"], error.get("ctx", {})
        spot = self._spot(error["loc"])
        if kind == "missing":
            return self._missing(spot)
        if kind == "too_short" and isinstance(spot.node, Sequence) and len(spot.node.items) >= context["min_length"]:
            return None  # pydantic does not count the entries it has complained about already
        if kind == "extra_forbidden":
            return self._extra(spot, str(error["loc"][-1]))
        place = spot.key if spot.of_key or spot.at == self._at else spot.node.place
        if kind == "golive":
            return Complaint(spot, place, spot.at, what=context["what"], mend=context["mend"])
        if kind in ("value_error", "assertion_error"):
            return Complaint(spot, place, spot.at, what=str(context.get("error", error["msg"])))
        expected, mend = self._expected(kind, context, spot)
        if spot.of_key:
            return Complaint(spot, place, spot.at, what=f"the key must be {expected}", mend=mend)
        if expected:
            return Complaint(spot, place, spot.at, expected=expected, mend=mend)
        message = error["msg"].replace("Input should be", "expected")
        return Complaint(spot, place, spot.at, what=message[:1].lower() + message[1:])

    def _spot(self, loc: Seq[str | int]) -> Spot:
        node: Node = self._node
        key, at = self._key, self._at
        path: list[str | int] = []
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
            at = below(at, part)
            path.append(part)
        return Spot(node, key, at, tuple(path), tuple(rest))

    def _missing(self, spot: Spot) -> Complaint:
        name = str(spot.rest[-1]) if spot.rest else ""
        field = _fields(self._model_at(spot.path)).get(name)
        described = f": {field.description}" if field and field.description else ""
        at = below(spot.at, name)
        return Complaint(spot, spot.key, at, what="this key is missing", mend=f"Add `{name}`{described}")

    def _extra(self, spot: Spot, name: str) -> Complaint:
        model = self._model_at(spot.path[:-1])
        if issubclass(model, Section) and name in model.later:
            what = f"`{name}` is not understood by this version of golive"
            return Complaint(spot, spot.key, spot.at, what=what, mend="Delete it until then")
        known = sorted(_fields(model))
        mend = self._report.did_you_mean(name, known, f"The keys here are: {listed(known)}")
        return Complaint(spot, spot.key, spot.at, what=f"unknown key `{shown(name)}`", mend=mend)

    def _model_at(self, path: Seq[str | int]) -> type[BaseModel]:
        """The model that reads the mapping this path leads to."""
        model = self._model
        for step in path:
            field = _fields(model).get(str(step))
            model = (_inside(field.annotation) if field else None) or model
        return model

    def _expected(self, kind: str, context: Any, spot: Spot) -> tuple[str, str]:
        node = spot.node
        if kind in ("literal_error", "enum"):
            return self._one_of(context["expected"], node)
        if kind == "string_pattern_mismatch":
            if context["pattern"] == VAR_PATTERN:
                return "lower-case letters, digits, dashes and underscores, beginning with a letter", ""
            if context["pattern"] != ID_PATTERN:
                return f"text like {context['pattern']}", ""
            slug = re.sub(r"[^a-z0-9]+", "-", str(plain(node)).casefold()).strip("-")
            return "lower-case letters, digits and dashes", f"Did you mean `{shown(slug)}`?" if slug else ""
        if kind == "too_short":
            return f"at least {context['min_length']} {'entry' if context['min_length'] == 1 else 'entries'}", ""
        if kind == "too_long":
            return f"at most {context['max_length']} entries", ""
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
        return expected, f"Write {value} without quotes" if str(value) == expected else f"Write {expected}"


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model by the key that people write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _inside(annotation: Any) -> type[BaseModel] | None:
    """The model somewhere inside an annotation such as `tuple[Model, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inside(argument) for argument in get_args(annotation))
    return next((model for model in found if model), None)
