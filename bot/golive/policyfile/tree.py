"""YAML text to a tree in which every value knows its place. Nothing here knows what a policy is.

Built from parser events, so that nesting, anchors and size are refused before they cost anything. Scalars that YAML 1.1
reads as something else than they look like (`on`, `010`, `1:30`) are mistakes rather than surprises.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.resolver import Resolver

from golive.policyfile.mistakes import Place, Report, below, shown

MAX_BYTES = 256 * 1024
MAX_DEPTH = 50
MAX_VALUES = 20_000
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_START = Place(1, 1, 1)
_UNSEEN = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)
_CONTROL = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_FRACTION = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_TRUE = frozenset({"yes", "on", "true"})


@dataclass(frozen=True)
class Scalar:
    """A single value. value: text, a number, true/false, or None for nothing; `text` is how it was written."""

    place: Place
    text: str
    value: str | int | float | bool | None


@dataclass(frozen=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Entry:
    """A key and what stands under it."""

    key: Scalar
    value: Node


@dataclass(frozen=True)
class Mapping:
    """Keys and values; of a key written twice the first counts (and the second is a mistake already)."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """What stands under the key, or None."""
        entry = self.entries.get(key)
        return entry.value if entry else None


Node = Scalar | Sequence | Mapping


def decode(raw: str | bytes, path: str) -> tuple[str, Report]:
    """The text and the report for it. Raises PolicyMistakes for too large, not UTF-8, or unseen characters."""
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "surrogatepass")
    text = raw[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    report = Report(path, text)
    if len(raw) > MAX_BYTES:
        report.add(_START, "", "the file is larger than 256 KiB", "Move long texts out of the policy")
        report.refuse_if_any()
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace").removeprefix("\ufeff").split("\n")
        place = Place(len(before), len(before[-1]) + 1, len(before))
        report.add(place, "", "the file is not UTF-8 here", "Save it as UTF-8")
    else:
        _refuse_unseen(text, report)
    report.refuse_if_any()
    return text, report


def _refuse_unseen(text: str, report: Report) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if found := _UNSEEN.search(line + "\n"):
            code = f"U+{ord(found[0]):04X}"
            place = Place(number, found.start() + 1, number)
            report.add(place, "", f"there is a character here that nobody can see ({code})", "Delete it")


def read(text: str, report: Report, loader: Any = None) -> Mapping | None:
    """The tree of a decoded text, or None where the report says why there is none.

    loader: the PyYAML loader class to use; None: the C one where it is built, else the Python one.
    """
    parser = (loader or LOADER)(text)
    try:
        return _Reader(parser, report).document()
    except _TooMuch:
        return None
    except yaml.MarkedYAMLError as error:
        _syntax(error, report)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The pure Python scanner lets int() and chr() speak for themselves on absurd escapes and directives.
        report.add(_START, "", f"this is not YAML: {shown(str(error))}")
    finally:
        parser.dispose()
    return None


def _syntax(error: yaml.MarkedYAMLError, report: Report) -> None:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    indent = re.match(r"[ \t]*", report.line(line))
    if indent and "\t" in indent[0]:
        tab = indent[0].index("\t") + 1
        report.add(Place(line, tab, line), "", "a tab indents this line, and YAML allows only spaces", "Use spaces")
        return
    what = " ".join(part for part in (error.context, error.problem) if part)
    mend = "Look at this line and the one before it for a missing quote, bracket, colon or space"
    report.add(Place(line, column, line), "", f"this is not YAML: {what}", mend)


class _TooMuch(Exception):
    """Deeper or larger than anybody writes by hand; the report says so."""


class _Reader:
    """One pass over the parser's events. Recursion is bounded by MAX_DEPTH."""

    def __init__(self, parser: Any, report: Report) -> None:
        self._parser = parser
        self._report = report
        self._resolver: Any = Resolver()
        self._values = 0

    def document(self) -> Mapping | None:
        """The only document of the stream."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            self._report.add(_START, "", "the file is empty", "Begin with `version: 1`")
            return None
        root = self._node(self._next(), "", 0)
        self._next()
        if not isinstance(after := self._next(), yaml.StreamEndEvent):
            self._report.add(_place(after), "", "a second document begins here", "Keep one document in the file")
        if isinstance(root, Mapping):
            return root
        if root.place.line == 1 or not isinstance(root, Scalar) or root.value is not None:
            self._report.add(root.place, "", "the file must hold keys and values", "Begin with `version: 1`")
        else:
            self._report.add(_START, "", "the file is empty", "Begin with `version: 1`")
        return None

    def _next(self) -> Any:
        return self._parser.get_event()

    def _node(self, event: Any, at: str, depth: int) -> Node:
        place = _place(event)
        if depth > MAX_DEPTH:
            self._report.add(place, at, f"this is nested deeper than {MAX_DEPTH} levels", "Flatten it")
            raise _TooMuch
        self._values += 1
        if self._values > MAX_VALUES:
            self._report.add(place, at, f"the file holds more than {MAX_VALUES} values", "Make it smaller")
            raise _TooMuch
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._report.add(place, at, "anchors and aliases are not understood here", "Write the value out")
        if isinstance(event, yaml.AliasEvent):
            return Scalar(place, "", None)
        if event.tag is not None:
            self._report.add(place, at, f"the tag `{shown(event.tag)}` is not understood here", "Delete the tag")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(place, at, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place, at, depth)
        return self._scalar(event, place, at)

    def _sequence(self, place: Place, at: str, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, below(at, len(items)), depth + 1))
        return Sequence(_until(place, items), tuple(items))

    def _mapping(self, place: Place, at: str, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        values: list[Node] = []
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, at, depth)
            if key is None:
                self._node(self._next(), at, depth + 1)
                continue
            inside = below(at, key.text)
            if first := entries.get(key.text):
                what = f"the key `{shown(key.text)}` is here twice; the first is on line {first.key.place.line}"
                self._report.add(key.place, inside, what, "Delete one of them")
            values.append(self._node(self._next(), inside, depth + 1))
            entries.setdefault(key.text, Entry(key, values[-1]))
        return Mapping(_until(place, values), entries)

    def _key(self, event: Any, at: str, depth: int) -> Scalar | None:
        """The key, or None for what is no key at all; a key that YAML misreads is kept as the text it looks like."""
        if not isinstance(event, yaml.ScalarEvent):
            node = self._node(event, at, depth + 1)
            self._report.add(node.place, at, "a key must be text", "Write a plain word before the colon")
            return None
        place, tag = _place(event), self._tag(event)
        if tag == "merge":
            self._report.add(place, at, "merge keys are not understood here", "Write the values out")
            return None
        if event.anchor or event.tag is not None:
            self._report.add(place, at, "anchors and tags are not understood on keys", "Write the plain key")
        elif tag in _READS_AS:
            what = f"YAML reads the key `{shown(event.value)}` as {_reads_as(tag, event.value)}"
            self._report.add(place, below(at, event.value), what, f'Quote it: "{shown(event.value)}"')
        self._refuse_control(event.value, place, below(at, event.value))
        return Scalar(place, event.value, event.value)

    def _scalar(self, event: Any, place: Place, at: str) -> Scalar:
        text: str = event.value
        tag = self._tag(event)
        if tag == "null":
            return Scalar(place, text, None)
        if tag == "bool":
            if text.casefold() not in ("true", "false"):
                word = "true" if text.casefold() in _TRUE else "false"
                mend = f'Write {word}, or quote it if you mean the word: "{text}"'
                self._report.add(place, at, f"YAML reads `{text}` as {word}", mend)
            return Scalar(place, text, text.casefold() in _TRUE)
        if tag in ("int", "float"):
            return Scalar(place, text, self._number(text, place, at))
        self._refuse_control(text, place, at)
        return Scalar(place, text, text)

    def _number(self, text: str, place: Place, at: str) -> int | float:
        if _DECIMAL.match(text):
            return int(text)
        if _FRACTION.match(text) and math.isfinite(number := float(text)):
            return number
        mend = f'Quote it: "{shown(text)}", or write a plain decimal number'
        self._report.add(place, at, f"YAML reads `{shown(text)}` as a number of an unusual kind", mend)
        return 0

    def _refuse_control(self, text: str, place: Place, at: str) -> None:
        if _CONTROL.search(text):
            self._report.add(place, at, "the text holds a control character", "Delete the escape that makes it")

    def _tag(self, event: Any) -> str:
        if event.tag is not None:
            return "str"
        tag = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        return str(tag).rpartition(":")[2]


_READS_AS = {"null": "nothing", "int": "a number", "float": "a number", "bool": ""}


def _reads_as(tag: str, text: str) -> str:
    return _READS_AS[tag] or ("true" if text.casefold() in _TRUE else "false")


def _place(event: Any) -> Place:
    line = event.start_mark.line + 1
    end = event.end_mark.line + (1 if event.end_mark.column else 0)
    single = not isinstance(event, yaml.ScalarEvent)
    return Place(line, event.start_mark.column + 1, line if single else max(line, end))


def _until(place: Place, children: list[Node]) -> Place:
    return Place(place.line, place.column, max([place.end_line, *(child.place.end_line for child in children)]))


def plain(node: Node) -> Any:
    """The values alone: dicts, lists, text, numbers, true/false and None."""
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def items(node: Node | None) -> tuple[Node, ...]:
    """The entries of a list; empty for anything else."""
    return node.items if isinstance(node, Sequence) else ()


def text_of(node: Node | None) -> str:
    """The text of a text value; empty for anything else."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
