"""YAML of other tools: every document of a file as plain values that know their lines, and files that options name.

Strict where a reader that is not would be misled: a key written twice is a mistake, since most readers silently keep the
last. Dates stay texts. Add nothing of one tool's meaning here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from golive.checks.options import offered
from golive.checks.webapi import shortened
from golive.ports import Look, Unreachable

MOST_BYTES = 4 * 1024 * 1024
_MOST_FILES = 2000


class Table(dict[Any, Any]):
    """A mapping. line: where it begins; lines: where each key stands."""

    line: int = 0
    lines: dict[Any, int]

    def at(self, key: Any) -> int:
        """The line of a key, or of the mapping where the key is not there."""
        return self.lines.get(key, self.line)


class Row(list[Any]):
    """A sequence. lines: where each item begins."""

    line: int = 0
    lines: tuple[int, ...] = ()


class NotYaml(ValueError):
    """A text that is no YAML, or has a key twice; `line` says where, 0 where nobody can tell."""

    def __init__(self, said: str, line: int = 0) -> None:
        super().__init__(said)
        self.line = line


def documents(text: str) -> list[Any]:
    """Every document of the text that is not empty. Raises NotYaml."""
    import yaml

    try:
        return [one for one in yaml.load_all(text, Loader=_loader()) if one is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(shortened(str(error.problem or error.context), 200), mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        raise NotYaml(shortened(str(error), 200), getattr(error, "line", 0)) from None
    except RecursionError:
        raise NotYaml("it is nested too deeply") from None


@cache
def _loader() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Located(base):  # type: ignore[misc]  # the C loader where it is built, else the Python one
        """Makes `Table` and `Row`."""

    Located.add_constructor("tag:yaml.org,2002:map", _table)
    Located.add_constructor("tag:yaml.org,2002:seq", _row)
    Located.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
    return Located


def _table(loader: Any, node: Any) -> Iterator[Table]:
    made = Table()
    made.line, made.lines = node.start_mark.line + 1, {}
    yield made
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = None if key_node.tag == "tag:yaml.org,2002:merge" else loader.construct_object(key_node, deep=True)
        if isinstance(key, list | dict):
            raise NotYaml("a key is a list or a mapping", key_node.start_mark.line + 1)
        if key is not None and key in seen:
            raise NotYaml(f"the key {key!r} is there twice; most readers keep the last", key_node.start_mark.line + 1)
        seen.add(key)
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        made[key] = loader.construct_object(value_node, deep=True)
        made.lines[key] = key_node.start_mark.line + 1


def _row(loader: Any, node: Any) -> Iterator[Row]:
    made = Row()
    made.line, made.lines = node.start_mark.line + 1, tuple(child.start_mark.line + 1 for child in node.value)
    yield made
    made.extend(loader.construct_object(child, deep=True) for child in node.value)


def as_table(value: Any) -> Table:
    """The value where it is a mapping, else an empty one. One that came as JSON has no lines: they are 0."""
    if isinstance(value, Table):
        return value
    made = Table(value) if isinstance(value, dict) else Table()
    made.lines = {}
    return made


def rows(value: Any) -> list[tuple[Any, int]]:
    """The items of a sequence with their lines, 0 where it came as JSON; nothing where it is none."""
    if isinstance(value, Row):
        return list(zip(value, value.lines, strict=True))
    return [(item, 0) for item in value] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """The value where it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


# ------------------------------------------------------------------ files that options name


@dataclass(frozen=True)
class FileText:
    """One file. problem: why it cannot be read, in a sentence, or empty."""

    path: str
    text: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Gathered:
    """The files that patterns match, and the patterns that match none."""

    files: tuple[FileText, ...]
    without: tuple[str, ...] = ()


def gathered(look: Look, patterns: Sequence[str]) -> Gathered:
    """Read every file, each once. Raises Unreachable where files are not offered here, or far too many match."""
    files = offered(look.files, "files of this machine")
    found: dict[str, FileText] = {}
    without = []
    for pattern in patterns:
        paths = [path for path in files.glob(pattern) if not _is_folder(files, path)]
        without += [] if paths else [pattern]
        if len(found) + len(paths) > _MOST_FILES:
            raise Unreachable(f"{pattern}: matches more than {_MOST_FILES} files; name fewer")
        found |= {path: _read(files, path) for path in paths if path not in found}
    return Gathered(tuple(found[path] for path in sorted(found)), tuple(without))


def _is_folder(files: Any, path: str) -> bool:
    facts = files.facts(path)
    return facts is not None and facts.kind == "directory"


def _read(files: Any, path: str) -> FileText:
    try:
        return FileText(path, files.read(path, MOST_BYTES).decode("utf-8").removeprefix("\ufeff"))
    except Unreachable as error:
        return FileText(path, problem=str(error))
    except UnicodeDecodeError:
        return FileText(path, problem=f"{path}: is not UTF-8")
