"""`docs`: documents are there, and say what they must.

Asserts that every path matches at least one file, and of every file that matches: how much it says, which headings it
has, that nothing was left to fill in, and how long ago it was changed. It shows that a text exists, and nothing about
what people did: a check whose name says that something was *tested* or *reviewed* is only a warning with it.

Options:

- `paths` (required): a path or glob, or a list of them; `**` crosses folders. A path that matches nothing is a flaw.
- `exclude`: globs of files to leave out; one without `/` means a file's name in any folder.
- `min_files`: at least so many documents in all. Default 1.
- `min_words`: at least so many words in each document, HTML comments not counted.
- `headings`: Markdown headings that each document must have: the heading's text in any case, without its number, or
  `=~ ` and a regular expression.
- `contains`: text, or a list, that must occur in each document.
- `placeholders`: `refuse` (default), `warn` or `allow` what was left to fill in: `TODO`, `TBD`, `FIXME`, `XXX`,
  `[FILL IN]`, `[Emergency Contact]`, `lorem ipsum`. Code in Markdown is not searched.
- `max_age`: changed at most so long ago (`180d`): by its last commit, or by the file's time where git does not know it.
- `sli`: `true` for YAML files of service level objectives: each indicator must have an objective that is a number and
  a window. Read are OpenSLO (`kind: SLO`), and lists or tables called `slos`, `slis`, `indicators` or `objectives`.

Example:

    - id: runbooks
      uses: docs
      with:
        paths: ["docs/runbooks/*.md", docs/rollback.md]
        min_words: 150
        headings: [Symptoms, "=~ (?i)^(fix|mitigation)"]
        max_age: 180d

Measures: `flaws`, `files`, `words` (of the shortest document), `age` (of the one changed longest ago, with `max_age`).

Outcomes: `passed`; `warning` (only placeholders, with `placeholders: warn`); `failed`, with a line for every flaw;
`unknown` (a file cannot be read, or a shallow clone hides when it changed). The evidence is a document. Markdown is read
as CommonMark, objectives as in the OpenSLO specification v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from golive.checks.options import Duration, Options, offered
from golive.checks.paths import Paths, age_text, changed_at, flaws_text, matched, one_or_more, text_of
from golive.checks.placeholders import placeholders
from golive.checks.replies import Texts, capped, counted
from golive.checks.slos import unclear_objectives
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.patterns import checked_pattern, found
from golive.ports import Look

_LARGEST = 2 * 1024 * 1024
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_WORD = re.compile(r"[^\W_][\w'’-]*")
_NUMBER = re.compile(r"^(?:\d+[.)]?)(?:\d+[.)]?)*\s+")


def _wanted_heading(text: str) -> str:
    if text.startswith("=~"):
        checked_pattern(text[2:].strip())
    elif not text.strip():
        raise ValueError("an empty heading asserts nothing")
    return text


Headings = Annotated[
    tuple[Annotated[str, AfterValidator(_wanted_heading)], ...], BeforeValidator(one_or_more), Field(min_length=1)
]


@dataclass(frozen=True)
class Document:
    """One file as it was read. changed: None where nobody asked, or nobody knows."""

    path: str
    text: str
    changed: datetime | None = None

    @cached_property
    def prose(self) -> tuple[tuple[int, str], ...]:
        """Its lines with their numbers, without Markdown's code."""
        lines = self.text.split("\n")
        code: set[int] = set()
        if self.path.lower().endswith((".md", ".markdown")):
            from markdown_it import MarkdownIt

            blocks = [one for one in MarkdownIt().parse(self.text) if one.type in ("fence", "code_block") and one.map]
            code = {number for block in blocks if block.map for number in range(*block.map)}
        return tuple(
            (number + 1, re.sub(r"`[^`]*`", "``", line)) for number, line in enumerate(lines) if number not in code
        )

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """Its Markdown headings as plain text, without their numbers."""
        from markdown_it import MarkdownIt

        tokens = MarkdownIt().parse(self.text)
        after = (tokens[at + 1] for at, token in enumerate(tokens) if token.type == "heading_open")
        texts = ("".join(part.content for part in inline.children or ()).strip() for inline in after)
        return tuple(_NUMBER.sub("", text) for text in texts)

    @cached_property
    def words(self) -> int:
        """How many words it has."""
        return len(_WORD.findall(_COMMENT.sub(" ", self.text)))


@dataclass(frozen=True)
class Shelf:
    """What was found. missing: patterns that match nothing.   at: when."""

    documents: tuple[Document, ...]
    missing: tuple[str, ...]
    at: datetime


class DocsCheck(Options):
    """Options, collecting and judging of the kind `docs`; the module's text is its reference."""

    kind: ClassVar[str] = "docs"
    measures: ClassVar[Mapping[str, str]] = {"flaws": "", "files": "", "words": "", "age": "s"}
    also: ClassVar[Mapping[str, str]] = {"path": "paths", "glob": "paths", "files": "paths"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "Markdown and YAML files in real folders and git checkouts"

    paths: Paths
    exclude: Paths | None = None
    min_files: Annotated[int, Field(ge=1)] = 1
    min_words: Annotated[int, Field(ge=1)] | None = None
    headings: Headings | None = None
    contains: Texts | None = None
    placeholders: Literal["refuse", "warn", "allow"] = "refuse"
    max_age: Duration | None = None
    sli: bool = False

    def collect(self, look: Look) -> Shelf:
        """Read every file that matches."""
        files = offered(look.files, "files of this machine")
        missing = tuple(pattern for pattern in self.paths if not matched(files, (pattern,), self.exclude or ()))
        documents = []
        for path in matched(files, self.paths, self.exclude or ()):
            facts = files.facts(path)
            if facts is None or facts.kind != "directory":
                changed = changed_at(files, path) if self.max_age else None
                documents.append(Document(path, text_of(files, path, _LARGEST), changed))
        return Shelf(tuple(documents), missing, look.now)

    def judge(self, facts: Shelf) -> Finding:
        """Hold every document against every option."""
        flaws = [Detail(f"no file matches {pattern}") for pattern in facts.missing]
        if len(facts.documents) < self.min_files and not facts.missing:
            flaws.append(Detail(f"{counted(len(facts.documents), 'document')}, not at least {self.min_files}"))
        for document in facts.documents:
            flaws += self._flaws(document, facts.at)
        failed = any(flaw.outcome is Outcome.FAILED for flaw in flaws)
        outcome = Outcome.FAILED if failed else Outcome.WARNING if flaws else Outcome.PASSED
        number = counted(len(facts.documents), "document")
        summary = f"{number} as expected" if not flaws else f"{counted(len(flaws), 'flaw')} in {number}: "
        return Finding(
            "",
            outcome,
            summary + flaws_text(flaws),
            measured=f"{number}, {counted(len(flaws), 'flaw')}",
            expected=self._expected(),
            source=", ".join(self.paths),
            strength=Strength.DOCUMENT,
            measures=tuple(self._measures(facts, len(flaws))),
            samples=len(facts.documents),
            details=capped(flaws),
        )

    def _measures(self, facts: Shelf, flaws: int) -> Iterator[Measure]:
        yield Measure("flaws", flaws)
        yield Measure("files", len(facts.documents))
        if facts.documents:
            yield Measure("words", min(document.words for document in facts.documents))
        ages = [(facts.at - one.changed).total_seconds() for one in facts.documents if one.changed]
        if ages:
            yield Measure("age", max(0.0, *ages), "s")

    def _flaws(self, document: Document, now: datetime) -> Iterator[Detail]:
        path = document.path
        if not document.words:
            yield Detail("it is empty", path)
        elif self.min_words and document.words < self.min_words:
            yield Detail(f"{counted(document.words, 'word')}, not at least {self.min_words}", path)
        for wanted in self.headings or ():
            if not _has(document.headings, wanted):
                yield Detail(f"there is no heading “{wanted}”", path)
        for text in self.contains or ():
            if text not in document.text:
                yield Detail(f"it does not contain “{text}”", path)
        if self.placeholders != "allow":
            outcome = Outcome.WARNING if self.placeholders == "warn" else Outcome.FAILED
            for line, left in placeholders(document.prose):
                yield Detail(f"“{left}” was left to fill in", path, line, outcome)
        if self.max_age and document.changed and now - document.changed > self.max_age:
            age = age_text(now - document.changed)
            yield Detail(f"changed {age} ago, not within {duration_text(self.max_age)}", path)
        if self.sli:
            yield from (Detail(flaw, path) for flaw in unclear_objectives(document.text))

    def _expected(self) -> str:
        parts = ["there"]
        parts += [f"at least {self.min_words} words"] if self.min_words else []
        parts += [f"headings {', '.join(self.headings)}"] if self.headings else []
        parts += [f"containing {', '.join(self.contains)}"] if self.contains else []
        parts += ["nothing left to fill in"] if self.placeholders != "allow" else []
        parts += [f"changed within {duration_text(self.max_age)}"] if self.max_age else []
        parts += ["each indicator with objective and window"] if self.sli else []
        return "; ".join(parts)


def _has(headings: tuple[str, ...], wanted: str) -> bool:
    if wanted.startswith("=~"):
        pattern = wanted[2:].strip()
        return any(found(pattern, heading) for heading in headings)
    return wanted.strip().casefold() in (heading.casefold().rstrip(":") for heading in headings)
