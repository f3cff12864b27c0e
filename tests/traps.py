"""The page of traps, written from the tests: `python tests/traps.py > docs/security/traps.md`.

A trap is a hole that gates and bots of this kind really had. A test that shows one closed is named `test_trap_NN_…`, in any
test file; it is found by its name and told by the rest of it. Add a trap as a row of `HOLES`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parent
COMMAND = "python tests/traps.py > docs/security/traps.md"

HOLES: Mapping[int, str] = {
    1: "After a force-push the forge tells that a review is of the new head, so code that nobody read counts as reviewed",
    2: "A commit's dates are whatever its author writes, so an old date makes new code older than its approval",
    3: "The forge no longer says when a commit was pushed, so what was said around a push is put on the wrong side of it",
    4: "A merge that does not name its commit merges whatever was pushed since the decision",
    5: "A merge that is left to the forge for later rests on a decision that is old by then",
    6: "A command in a comment names no commit, so it is carried out on one that its writer never saw",
    7: "An approval for a branch with weak rules is kept when the pull request is aimed at one with strict rules",
    8: "A pull request brings the configuration that it is judged by",
    9: "A comment is edited or deleted after it was counted, perhaps by somebody else",
    10: "Words are searched for anywhere in a text, so a quote, a code block or a “not approved” approves",
    11: "Dismissing somebody's later no brings their earlier yes back to life",
    12: "A check is known by its name alone, so that anybody who may write posts it green",
    13: "CI that cannot be read, or only its first page, is taken for CI without a failure",
    14: "A merge queue is passed as a whole, and nobody looks at the pull requests in it again",
    15: "A bot, or the token of a workflow, approves what it made itself",
    16: "Who wrote the change approves it, because nobody said otherwise",
    17: "Somebody who may only read has the bot do for them what they may not do themselves",
    18: "What people write is run as a template or an expression",
    19: "A label is taken for an approval, and labels are put on by people who may not approve",
    20: "Of a team only its first page is read, or people count who were invited and never joined, or who left",
    21: "A button in a chat works for whoever can see it",
    22: "An equal e-mail address makes a chat account somebody on the forge",
    23: "A signed request from the chat is sent once more, or breaks the door with a time that is none",
    24: "A reaction is not announced and names no commit: it counts when it is gone, or for later code",
    25: "An error text shows a secret",
    26: "A merge from the base branch hides a change that neither side has",
    27: "A renamed file is only seen under its new name, so a rule about the old one sleeps",
    28: "The forge shows only so many files or commits, and what is beyond them passes unseen",
    29: "The forge itself merges something else than what was decided on, and nobody compares",
    30: "Protection is lifted for a moment to merge one pull request, and others slip in",
    31: "A requirement that is not asked disappears, and with it the no that it was there for",
}
"""Number → the hole, as a clause."""

HEAD = f"""\
<!-- Written from the tests. After a change: {COMMAND} -->

# Traps

Holes that gates and bots of this kind really had, and the tests that show each one closed here. A test belongs to a trap by
its name, `test_trap_NN_…`. **missing** means that no test shows it yet, not that it was seen open.

| | the hole | closed, as shown by |
|---|---|---|
"""


class Shown(NamedTuple):
    """A test that shows a trap closed. path: below the folder of the tests."""

    path: str
    name: str

    @property
    def sentence(self) -> str:
        """The test's name as words, without its number."""
        return self.name.split("_", 3)[3].replace("_", " ")


def found(tests: Path = TESTS) -> dict[int, list[Shown]]:
    """Trap → its tests, by file and then as they stand there."""
    shown: dict[int, list[Shown]] = defaultdict(list)
    for file in sorted(tests.rglob("test_*.py")):
        for name in _functions(file):
            if number := re.match(r"test_trap_(\d+)_.", name):
                shown[int(number[1])].append(Shown(file.relative_to(tests).as_posix(), name))
    return dict(shown)


def _functions(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    yield from (node.name for node in sorted(functions, key=lambda node: node.lineno))


def page(shown: Mapping[int, Sequence[Shown]]) -> str:
    """The page as Markdown. Raises ValueError for a test of a trap that is not in `HOLES`."""
    if unknown := sorted(set(shown) - set(HOLES)):
        names = [test.name for number in unknown for test in shown[number]]
        raise ValueError(f"no such trap: {', '.join(names)}; the traps are in HOLES of tests/traps.py")
    return HEAD + "".join(f"| {number} | {hole} | {_cell(shown.get(number, ()))} |\n" for number, hole in HOLES.items())


def _cell(tests: Sequence[Shown]) -> str:
    return "<br>".join(f"[{test.sentence}](../../tests/{test.path})" for test in tests) or "**missing**"


if __name__ == "__main__":
    sys.stdout.write(page(found()))
