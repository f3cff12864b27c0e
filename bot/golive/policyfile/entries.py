"""Entries of a list by their naming key, and what any such list is asked: that names differ and that no circle is in it.

Rules about one section or another are in `across` and `across_signoffs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from golive.policyfile.mistakes import Place, Report, shown
from golive.policyfile.tree import Mapping, Node, items, text_of


@dataclass(frozen=True)
class Named:
    """A list entry with the text of its naming key. at: the path of the entry."""

    node: Mapping
    at: str
    name: str
    place: Place


def named(node: Node | None, at: str, key: str) -> Iterator[Named]:
    """The entries of a list of mappings, each with its name; empty where it has none."""
    for index, item in enumerate(items(node)):
        if isinstance(item, Mapping):
            value = item.get(key)
            yield Named(item, f"{at}[{index}]", text_of(value), value.place if value else item.place)


def texts(node: Node | None, at: str) -> Iterator[tuple[str, Node, str]]:
    """The texts of a list: the path of each, its node, and the text."""
    for index, entry in enumerate(items(node)):
        if text := text_of(entry):
            yield f"{at}[{index}]", entry, text


def differ(entries: list[Named], key: str, report: Report) -> None:
    """Report every name that an earlier entry has."""
    first: dict[str, Named] = {}
    for entry in entries:
        earlier = first.setdefault(entry.name, entry)
        if entry.name and earlier is not entry:
            what = f"the {key} `{shown(entry.name)}` is already that of {earlier.at}, on line {earlier.place.line}"
            report.add(entry.place, f"{entry.at}.{key}", what, "Give one of them another name")


def cycle_text(cycle: list[str]) -> str:
    """A circle for a sentence; a long one is cut in its middle."""
    return " → ".join(shown(name) for name in (cycle if len(cycle) <= 12 else [*cycle[:10], "…", cycle[-1]]))


def cycles(needs: dict[str, list[str]]) -> list[list[str]]:
    """Cycles in a graph, each as a path that ends where it began; every node is in at most one of them.

    Depth first without recursion, in linear time: a file may hold thousands of checks in one chain.
    """
    found: list[list[str]] = []
    done: set[str] = set()
    told: set[str] = set()
    for start in needs:
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(needs[start])}
        while path:
            node = next(reversed(path))
            onward = next(path[node], None)
            if onward is None:
                del path[node]
                done.add(node)
            elif onward in path:
                if onward not in told and node not in told:
                    trail = list(path)
                    found.append([*trail[trail.index(onward) :], onward])
                    told.update(found[-1])
            elif onward in needs and onward not in done:
                path[onward] = iter(needs[onward])
    return found
