"""Whom Alertmanager tells: its route tree walked as it walks it itself, for an alert with given labels.

https://prometheus.io/docs/alerting/latest/configuration/#route. A node takes an alert when all its matchers do; its children
are tried in order, the first that takes it wins unless it says `continue`, and where none does the node itself is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from golive.checks.yamltexts import Table, as_table, documents, rows, text_of
from golive.core.patterns import checked_pattern, found

_MATCHER = re.compile(
    r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|([A-Za-z_:][\w:.-]*))\s*(=~|!~|!=|=)\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\",{}]*?))\s*(?:,|$)"
)


@dataclass(frozen=True)
class Routes:
    """Alertmanager's configuration as far as it says who is told. silent: receivers that send nothing anywhere."""

    root: Table
    receivers: tuple[str, ...]
    silent: frozenset[str]
    inhibit_rules: int


def read_routes(configuration: str) -> Routes:
    """The routes of a configuration file. Raises ValueError where it is none; never with words of the file."""
    try:
        held = documents(configuration)
    except ValueError:
        raise ValueError("its configuration is no YAML that can be read") from None
    root = as_table(held[0] if held else None)
    receivers = [as_table(one) for one, _ in rows(root.get("receivers"))]
    return Routes(
        as_table(root.get("route")),
        tuple(text_of(one.get("name")) for one in receivers),
        frozenset(text_of(one.get("name")) for one in receivers if not any(map(_sends, one.values()))),
        len(rows(root.get("inhibit_rules"))),
    )


def _sends(value: Any) -> bool:
    """Whether it is a list of integrations that is not empty."""
    return isinstance(value, list) and bool(value)


def told_of(routes: Routes, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The receivers of an alert with these labels, in order. Raises ValueError for a matcher that cannot be read."""
    return tuple(dict.fromkeys(_walk(routes.root, labels, text_of(routes.root.get("receiver")))))


def _walk(node: Table, labels: Mapping[str, str], inherited: str) -> Iterator[str]:
    receiver = text_of(node.get("receiver")) or inherited
    taken = False
    for child, _ in rows(node.get("routes")):
        table = as_table(child)
        if not all(one.takes(labels) for one in matchers_of(table)):
            continue
        taken = True
        yield from _walk(table, labels, receiver)
        if table.get("continue") is not True:
            break
    if not taken:
        yield receiver


@dataclass(frozen=True)
class Matcher:
    """`name op value`; a label that an alert has not is an empty text. Expressions match whole values."""

    name: str
    op: str
    value: str

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is taken."""
        have = labels.get(self.name, "")
        if self.op in ("=", "!="):
            return (have == self.value) is (self.op == "=")
        pattern = f"^(?:{self.value})$"
        try:
            held = found(checked_pattern(pattern), have)
        except ValueError:
            raise ValueError(f"a route's expression for {self.name} cannot be followed here") from None
        return held is (self.op == "=~")


def matchers_of(route: Table) -> list[Matcher]:
    """The matchers of one route, in the three ways to write them. Raises ValueError for one that cannot be read."""
    given = route.get("matchers")
    texts = [text_of(one) for one, _ in rows(given)] if not isinstance(given, str) else [given]
    made = [matcher for text in texts for matcher in read_matchers(text)]
    made += [Matcher(str(name), "=", str(value)) for name, value in as_table(route.get("match")).items()]
    made += [Matcher(str(name), "=~", str(value)) for name, value in as_table(route.get("match_re")).items()]
    return made


def read_matchers(text: str) -> list[Matcher]:
    """`severity="critical", team=~"a|b"`, with or without braces. Raises ValueError for anything else."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
    made, at = [], 0
    while at < len(inner):
        match = _MATCHER.match(inner, at)
        if match is None:
            raise ValueError("a route has a matcher that cannot be read")
        name = match[2] or _plain(match[1] or "")
        made.append(Matcher(name, match[3], match[5] if match[4] is None else _plain(match[4])))
        at = match.end()
    return made


def _plain(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda sign: "\n" if sign[1] == "n" else sign[1], quoted)
