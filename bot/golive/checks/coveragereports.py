"""Coverage reports read into lines: which of a file's lines ran. Pure. Add a format as a reader, and to `read`.

Read are Cobertura XML (as coverage.py's `coverage xml` and others write it), coverage.py's `coverage json`, and lcov tracefiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from golive.checks.jsonpaths import parsed

_CONDITIONS = re.compile(r"\((\d+)/(\d+)\)")


@dataclass
class Covered:
    """One source file. lines: number → whether it ran.   branches: (taken, all)."""

    lines: dict[int, bool] = field(default_factory=dict)
    branches: tuple[int, int] = (0, 0)

    def add(self, lines: Iterable[tuple[int, bool]], branches: tuple[int, int] = (0, 0)) -> None:
        """What another report says of it: a line ran where any report says so."""
        for number, ran in lines:
            self.lines[number] = ran or self.lines.get(number, False)
        self.branches = max(self.branches, branches, key=lambda one: (one[1], one[0]))


Files = dict[str, Covered]


def read(content: bytes, into: Files) -> None:
    """Add one report to the files. Raises ValueError with a sentence for what is none."""
    text = content.decode("utf-8-sig", errors="replace")
    try:
        if text.lstrip().startswith("<"):
            _cobertura(content, into)
        elif text.lstrip().startswith("{"):
            _coverage_json(parsed(text), into)
        else:
            _lcov(text, into)
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"it is no coverage report that can be read ({type(error).__name__}: {error})") from None


def _cobertura(content: bytes, into: Files) -> None:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        # Cobertura names its document type; it is not fetched, and what it may declare is refused
        root: Any = fromstring(content, forbid_entities=True, forbid_external=True)
    except ParseError as error:
        raise ValueError(f"it is not XML: {error}") from None
    except DefusedXmlException:
        raise ValueError("it declares entities, which are not read") from None
    if root.tag != "coverage":
        raise ValueError(f"it is no Cobertura report: its root is <{root.tag}>")
    for one in root.iter("class"):
        lines, taken, every = [], 0, 0
        for line in one.iterfind("lines/line"):
            lines.append((int(line.get("number")), int(line.get("hits")) > 0))
            conditions = _CONDITIONS.search(line.get("condition-coverage") or "")
            if conditions:
                taken, every = taken + int(conditions[1]), every + int(conditions[2])
        into.setdefault(one.get("filename"), Covered()).add(lines, (taken, every))


def _coverage_json(document: Any, into: Files) -> None:
    for path, one in document["files"].items():
        lines = [
            *((number, True) for number in one["executed_lines"]),
            *((number, False) for number in one["missing_lines"]),
        ]
        summary = one.get("summary", {})
        branches = (summary.get("covered_branches", 0), summary.get("num_branches", 0))
        into.setdefault(path, Covered()).add(lines, branches)


def _lcov(text: str, into: Files) -> None:
    path, taken, every, records = "", 0, 0, 0
    lines: list[tuple[int, bool]] = []
    for row in text.splitlines():
        key, _, value = row.strip().partition(":")
        if key == "SF":
            path, lines, taken, every = value, [], 0, 0
        elif key == "DA":
            number, hits = value.split(",")[:2]
            lines.append((int(number), int(hits) > 0))
        elif key == "BRH":
            taken = int(value)
        elif key == "BRF":
            every = int(value)
        elif key == "end_of_record" and path:
            into.setdefault(path, Covered()).add(lines, (taken, every))
            records += 1
    if not records:
        raise ValueError("it is neither Cobertura XML, nor coverage.py's JSON, nor an lcov tracefile")
