"""SQL statements in policies: exactly one, and one that reads. What it says is left to the database.

The database is asked in a transaction that may only read, so this is not what keeps it unchanged: it tells the author of
a policy early. Add a word that begins a reading statement to `READING`.
"""

from __future__ import annotations

import re

READING = frozenset({"select", "with", "explain", "show", "values", "table"})
PLANNED = frozenset({"select", "with", "values", "table"})
"""Those that EXPLAIN takes."""
_PIECE = re.compile(
    r"""(?P<comment>--[^\n]*)
    |(?P<long>/\*)
    |[eE]'(?:[^'\\]|\\.|'')*'
    |'(?:[^']|'')*'
    |"(?:[^"]|"")*"
    |\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    |(?P<end>;)
    |(?P<word>\w+)
    |(?P<open>\()
    |\S""",
    re.VERBOSE | re.DOTALL,
)
_LONG = re.compile(r"/\*|\*/")


def first_word(statement: str) -> str:
    """The word that says what the statement does, lower case. Raises ValueError where it is not exactly one statement.

    Comments, also nested ones as PostgreSQL has them, strings and dollar quotes are passed over.
    """
    word, began, ended, at = "", False, False, 0
    while match := _PIECE.search(statement, at):
        at = match.end()
        if match["comment"]:
            continue
        if match["long"]:
            at = _after_comment(statement, at)
            continue
        if match["end"]:
            ended = began
            continue
        if ended:
            raise ValueError("expected one statement; ask each question in a check of its own")
        if not began and not match["open"]:
            word, began = (match["word"] or "").lower(), True
    if not began:
        raise ValueError("expected a statement, like `SELECT 1`")
    return word


def reading(statement: str) -> str:
    """The statement without its closing `;`. Raises ValueError with a sentence where it does more than read."""
    word = first_word(statement)
    if word not in READING:
        known = ", ".join(sorted(READING)).upper()
        raise ValueError(f"a check only reads: expected a statement that begins with one of {known}")
    return statement.strip().rstrip(";").rstrip()


def _after_comment(statement: str, at: int) -> int:
    depth = 1
    while depth and (match := _LONG.search(statement, at)):
        depth += 1 if match[0] == "/*" else -1
        at = match.end()
    return at if not depth else len(statement)
