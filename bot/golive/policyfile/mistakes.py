"""Located mistakes and the list they are gathered in. New sentences belong where the rule is, never here.

A mistake says where (path, line, column, key), what is so, and how to mend it. One place of one key gets one mistake:
the first to be found, because the later ones usually follow from it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from golive.core.errors import Said

_SHOWN = 48
_HINTED = 200


@dataclass(frozen=True)
class Place:
    """A span of the file. Lines and columns count from 1; columns count characters, as editors do."""

    line: int
    column: int
    end_line: int


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in a policy file. `at`: the key path, for example `checks[0].severity`; empty for the whole file.

    line, column, end_line: from 1 and inside the file.   what: what is so.   mend: what to do, or empty.
    """

    path: str
    line: int
    column: int
    what: str
    mend: str = ""
    end_line: int = 0
    at: str = ""

    def __str__(self) -> str:
        """One line, clickable in terminals and editors: `.github/golive.yml:7:9: checks[0].severity: what. mend`."""
        return f"{self.path}:{self.line}:{self.column}: {self.text}"

    @property
    def text(self) -> str:
        """The same where the place stands beside it: `checks[0].severity: what. mend`."""
        return (f"{self.at}: " if self.at else "") + ". ".join(part for part in (self.what, self.mend) if part)


class PolicyMistakes(Said):
    """The file is no policy. `mistakes`: all of them, in the order of the file; the text is one line for each."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class Report:
    """Gathers the mistakes of one file."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
        self._found: dict[tuple[int, int, str], Mistake] = {}
        self._hints = 0

    def add(self, place: Place, at: str, what: str, mend: str = "") -> None:
        """Keep a mistake. Places past the end, as parsers give them for what is missing there, move to the end."""
        line = min(max(place.line, 1), len(self.lines))
        width = len(self.lines[line - 1])
        column = min(max(place.column, 1), width + 1) if line == place.line else width + 1
        end_line = min(max(place.end_line, line), len(self.lines))
        mistake = Mistake(self.path, line, column, what.rstrip("."), mend, end_line, at)
        self._found.setdefault((line, column, at), mistake)

    def did_you_mean(self, word: str, known: Iterable[str], otherwise: str) -> str:
        """The nearest known word as a mend. Only the first 200 are searched for, so that no file makes this slow."""
        self._hints += 1
        near = nearest(word, known) if self._hints <= _HINTED else ""
        return f"Did you mean `{near}`?" if near else otherwise

    def line(self, number: int) -> str:
        """The text of a line, empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What was found, in the order of the file."""
        return tuple(sorted(self._found.values(), key=lambda m: (m.line, m.column, m.at)))

    def refuse_if_any(self) -> None:
        """Raise PolicyMistakes where anything was found."""
        if self._found:
            raise PolicyMistakes(self.mistakes)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, or empty where none is."""
    if len(word) > _SHOWN:
        return ""
    found = difflib.get_close_matches(word.casefold(), list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def listed(words: Iterable[str]) -> str:
    """Words for a sentence, or `none`."""
    return ", ".join(words) or "none"


def shown(text: str) -> str:
    """A text of the file, short and on one line, for a sentence."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


def below(at: str, key: str | int) -> str:
    """The key path one step further down: `checks[0]`, `checks[0].with`, `checks[0].with.json["a.b"]`."""
    if isinstance(key, int):
        return f"{at}[{key}]"
    if not re.fullmatch(r"[\w-]+", key):
        return f'{at}["{shown(key)}"]'
    return f"{at}.{shown(key)}" if at else shown(key)


def mistaken(what: str, mend: str = "") -> PydanticCustomError:
    """An error for our own field validators to raise: its sentence and mend reach the person as they are."""
    return PydanticCustomError("golive", "{what}. {mend}", {"what": what, "mend": mend})
