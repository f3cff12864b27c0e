"""Regular expressions from policy files, matched in a time that grows only with the text: policies are others' words.

Python's `re` backtracks: `.*.*x` on 8 KiB of other letters keeps it, and every thread beside it, busy for minutes, and
nothing can stop it. So the usual syntax is read here and run as a finite automaton (Thompson's construction, its
subsets made as they are needed); `re` only tells single characters apart. What no automaton can do is refused at load.
Add syntax in `_Reader`; the property test holds every answer against `re`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

MAX_PATTERN = 200
MAX_TEXT = 64 * 1024
"""Characters that are searched; what comes after is not looked at."""
MAX_NODES = 300
"""Size of an automaton. Text times this bounds the work: some seconds at the very worst."""
_MAX_STEPS_KEPT = 5_000
_ATOM = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\(?:[dDwWsSntrfv]|[^A-Za-z0-9])|[^\\]", re.DOTALL)
_SET = re.compile(r"\\.|\[\^?(\]?(?:\\.|[^\]\\])*)\]?", re.DOTALL)
_UNCLEAR = re.compile(r"\[|--|&&|\|\||~~")
_COUNT = re.compile(r"\{(?=\d|,)(\d*)(,?)(\d*)\}")
_GROUP = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")

Node = int
Build = Callable[[Node], Node]
"""A piece of an expression: given the node that follows it, the node at which it begins."""


def checked_pattern(pattern: str) -> str:
    """The pattern itself. Raises ValueError that says where it is wrong and what to write."""
    if not pattern or len(pattern) > MAX_PATTERN:
        raise ValueError(f"expected a regular expression of 1 to {MAX_PATTERN} characters")
    unclear = next((held for held in _SET.finditer(pattern) if held[1] and _UNCLEAR.search(held[1])), None)
    if unclear:
        # Python announces that these will mean set operations one day; a policy should outlive that day.
        raise ValueError(f"the set at column {unclear.start() + 1}: write `[ - & | ~` in it with a backslash in front")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error.msg} at column {(error.pos or 0) + 1}") from None
    except (RecursionError, OverflowError):
        raise ValueError("not a regular expression: it is nested too deeply or counts too far") from None
    _automaton(pattern)
    return pattern


def found(pattern: str, text: str) -> bool:
    """Whether the pattern, checked before, occurs in the first `MAX_TEXT` characters."""
    return _automaton(pattern).occurs_in(text)


@dataclass
class _Automaton:
    """tests: what a character must be, at the nodes that take one.   turns: where the other nodes lead, at no cost."""

    tests: dict[Node, re.Pattern[str]] = field(default_factory=dict)
    turns: dict[Node, tuple[Node, ...]] = field(default_factory=dict)
    starts: set[Node] = field(default_factory=set)
    ends: set[Node] = field(default_factory=set)
    first: Node = 0

    DONE = 0

    def add(self, *turns: Node) -> Node:
        """A node that leads there. Raises ValueError where the automaton grows too large."""
        node = len(self.turns) + 1
        if node > MAX_NODES:
            raise ValueError("the regular expression counts too far; repeat fewer times, or without an upper bound")
        self.turns[node] = turns
        return node

    def occurs_in(self, text: str) -> bool:
        """Whether any part of the text is accepted."""
        searched = text[:MAX_TEXT]
        # As in `re`, `$` is the end, or just before a newline that ends the text. A cut is not an end.
        ends = {len(text), len(text) - 1 if text.endswith("\n") else len(text)}
        anew = self._reached((self.first,))
        state = self._reached((self.first,), start=True)
        steps: dict[tuple[frozenset[Node], str], frozenset[Node]] = {}
        for at, character in enumerate(searched):
            if at in ends:
                state = self._reached(state, start=at == 0, end=True)
            if self.DONE in state:
                return True
            step = steps.get((state, character))
            if step is None:
                if len(steps) >= _MAX_STEPS_KEPT:
                    steps.clear()
                step = steps[state, character] = anew | self._after(state, character)
            state = step
        return self.DONE in self._reached(state, start=not searched, end=len(searched) in ends)

    def _after(self, state: frozenset[Node], character: str) -> frozenset[Node]:
        taken = (node for node in state if node in self.tests and self.tests[node].fullmatch(character))
        return self._reached(follow for node in taken for follow in self.turns[node])

    def _reached(self, nodes: Iterable[Node], start: bool = False, end: bool = False) -> frozenset[Node]:
        """These nodes and all that can be reached from them without a character. start/end: whether this is one."""
        seen: set[Node] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            closed = node in self.tests or (node in self.starts and not start) or (node in self.ends and not end)
            if node != self.DONE and not closed:
                waiting += self.turns[node]
        return frozenset(seen)


class _Reader:
    """Reads an expression that `re` accepts into an automaton. Raises ValueError for what no automaton can do."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._flags = re.IGNORECASE if pattern.startswith("(?i)") else re.RegexFlag(0)
        self._at = 4 if self._flags else 0
        self.made = _Automaton()
        self.made.first = self._choice()(_Automaton.DONE)

    def _choice(self) -> Build:
        branches = [self._sequence()]
        while self._next("|"):
            branches.append(self._sequence())
        return lambda follow: self.made.add(*[branch(follow) for branch in branches])

    def _sequence(self) -> Build:
        parts: list[Build] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._one()))

        def build(follow: Node) -> Node:
            for part in reversed(parts):
                follow = part(follow)
            return follow

        return build

    def _one(self) -> Build:
        group = _GROUP.match(self._text, self._at)
        if group:
            self._at = group.end()
            inner = self._choice()
            self._next(")")
            return inner
        for sign, nodes in (("^", self.made.starts), ("$", self.made.ends)):
            if self._next(sign):
                return lambda follow, nodes=nodes: self._marked(nodes, follow)  # type: ignore[misc]  # bound per sign
        atom = _ATOM.match(self._text, self._at)
        if atom is None or atom[0] == "(":
            raise self._not_offered()
        self._at = atom.end()
        test = re.compile(atom[0], self._flags)
        return lambda follow: self._taking(test, follow)

    def _repeated(self, one: Build) -> Build:
        least, most = self._counts()
        if (least, most) == (1, 1):
            return one
        self._next("?")  # fewest first or most first: it occurs or it does not
        if self._at < len(self._text) and self._text[self._at] == "+":
            raise self._not_offered()

        def build(follow: Node) -> Node:
            begin = self._endless(one, follow) if most is None else follow
            for _ in range((most or least) - least):
                begin = self.made.add(one(begin), follow)
            for _ in range(least):
                begin = self.made.add(one(begin))
            return begin

        return build

    def _counts(self) -> tuple[int, int | None]:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._next(sign):
                return counts
        count = _COUNT.match(self._text, self._at)
        if count is None:
            return 1, 1
        self._at = count.end()
        least = int(count[1] or 0)
        return least, int(count[3]) if count[3] else None if count[2] else least

    def _endless(self, one: Build, follow: Node) -> Node:
        loop = self.made.add()
        self.made.turns[loop] = (one(loop), follow)
        return loop

    def _taking(self, test: re.Pattern[str], follow: Node) -> Node:
        node = self.made.add(follow)
        self.made.tests[node] = test
        return node

    def _marked(self, nodes: set[Node], follow: Node) -> Node:
        node = self.made.add(follow)
        nodes.add(node)
        return node

    def _next(self, sign: str) -> bool:
        here = self._text.startswith(sign, self._at)
        self._at += here
        return here

    def _not_offered(self) -> ValueError:
        return ValueError(
            f"{self._text[self._at : self._at + 3]!r} at column {self._at + 1} is not offered here; use literals, "
            "classes, groups, `|`, `* + ? {n,m}`, `^`, `$`, `\\d \\w \\s`, and `(?i)` in front"
        )


@lru_cache(maxsize=512)
def _automaton(pattern: str) -> _Automaton:
    return _Reader(pattern).made
