"""`contacts`: everybody who may have to be called can be reached, on paper.

Asserts that a list of contacts is filled in: nobody is `[Emergency Contact]` or `[FILL IN]`, everybody has a way to be reached that
looks like one, and the roles you name are there. It calls nobody: it shows that a list exists.

Options:

- `files` (required): a path or glob, or a list of them. Markdown: tables with a column of names and one of a way, and lines like
  `- Database: Ana, +44 20 7946 0018` below headings about contacts or escalation. YAML: a list of tables, or a table of roles.
- `min`: at least so many contacts. Default 1.
- `roles`: names, each of which one contact must be called by; in any case, also as part of a longer name.
- `ways`: which ways count: a list of `phone`, `email`, `slack` (a `#channel` or `@person`), `url`. Default: all of them.
- `min_ways`: each contact must have at least so many of them. Default 1.
- `max_age`: each list was changed at most so long ago (`180d`), by its last commit or else by the file's time.

Example:

    - id: emergency-contacts
      uses: contacts
      with:
        files: docs/CONTACTS.md
        min: 4
        roles: [Security, Database, "On-call"]
        ways: [phone, slack]

Measures: `flaws`, `contacts`, `reachable`.

Outcomes: `passed`; `failed`, with a line for each contact; `unknown` (no file, or no contact is found in it). The evidence is a
document. Numbers are those of E.164 and national ones; addresses that RFC 2606 keeps for examples, and numbers kept for fiction,
reach nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from golive.checks.contactlists import Contact, contacts, roles_missing
from golive.checks.options import Duration, Options, offered
from golive.checks.paths import Paths, age_text, changed_at, flaws_text, matched, one_or_more, text_of
from golive.checks.placeholders import placeholders
from golive.checks.replies import Texts, capped, counted
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look

Way = Literal["phone", "email", "slack", "url"]
_EVERY: tuple[Way, ...] = ("phone", "email", "slack", "url")
_LARGEST = 2 * 1024 * 1024


@dataclass(frozen=True)
class Page:
    """One file. changed: None where nobody asked, or nobody knows."""

    path: str
    text: str
    changed: datetime | None = None


@dataclass(frozen=True)
class Pages:
    """All files, and when they were read."""

    files: tuple[Page, ...]
    at: datetime


class ContactsCheck(Options):
    """Options, collecting and judging of the kind `contacts`; the module's text is its reference."""

    kind: ClassVar[str] = "contacts"
    measures: ClassVar[Mapping[str, str]] = {"flaws": "", "contacts": "", "reachable": ""}
    also: ClassVar[Mapping[str, str]] = {"file": "files", "path": "files"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "Markdown and YAML files in real folders"

    files: Paths
    min: Annotated[int, Field(ge=1)] = 1
    roles: Texts | None = None
    ways: Annotated[tuple[Way, ...], BeforeValidator(one_or_more), Field(min_length=1)] = _EVERY
    min_ways: Annotated[int, Field(ge=1, le=4)] = 1
    max_age: Duration | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> ContactsCheck:
        if self.min_ways > len(set(self.ways)):
            raise ValueError(f"`min_ways` is {self.min_ways}, and only {len(set(self.ways))} of the ways count")
        return self

    def collect(self, look: Look) -> Pages:
        """Read every file."""
        files = offered(look.files, "files of this machine")
        paths = matched(files, self.files)
        return Pages(
            tuple(
                Page(path, text_of(files, path, _LARGEST), changed_at(files, path) if self.max_age else None)
                for path in paths
            ),
            look.now,
        )

    def judge(self, facts: Pages) -> Finding:
        """Everybody who cannot be reached is a flaw."""
        flaws: list[Detail] = []
        found: list[Contact] = []
        reachable = 0
        for page in facts.files:
            try:
                listed = contacts(page.path, page.text)
            except ValueError as error:
                flaws.append(Detail(str(error), page.path, outcome=Outcome.UNKNOWN))
                continue
            for contact in listed:
                wrong = list(self._wrong(contact))
                reachable += not wrong
                flaws += [Detail(f"{contact.who} {text}", page.path, contact.line) for text in wrong]
            found += listed
            flaws += self._old(page, facts.at)
        flaws += self._enough(facts, found, bool(flaws))
        outcomes = {flaw.outcome for flaw in flaws}
        outcome = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        measured = f"{reachable} of {counted(len(found), 'contact')} can be reached"
        return Finding(
            "",
            outcome,
            flaws_text(sorted(flaws, key=lambda flaw: flaw.outcome is not outcome), most=3) or measured,
            measured=measured,
            expected=self._expected(),
            source=", ".join(self.files),
            strength=Strength.DOCUMENT,
            measures=(
                Measure("flaws", len(flaws)), Measure("contacts", len(found)), Measure("reachable", reachable),
            ),
            samples=len(found),
            details=capped(flaws),
        )  # fmt: skip

    def _wrong(self, contact: Contact) -> Iterator[str]:
        left = next((words for _, words in placeholders([(1, contact.text)])), "")
        if left or not contact.text.strip(" |-–—"):
            yield f"is still “{left}”" if left else "is left empty"
            return
        unreal = contact.unreal()
        ways = contact.ways() & set(self.ways)
        if len(ways) < self.min_ways and unreal:
            yield f"has {unreal}, which reaches nobody"
        elif len(ways) < self.min_ways:
            needed = "no" if not ways else f"only {' and '.join(sorted(ways))} of"
            yield f"has {needed} {', '.join(self.ways)}" + (f", not {self.min_ways}" if self.min_ways > 1 else "")

    def _enough(self, facts: Pages, found: list[Contact], told: bool) -> Iterator[Detail]:
        if not facts.files:
            yield Detail(f"no file matches {', '.join(self.files)}", outcome=Outcome.UNKNOWN)
        elif not found:
            if not told:
                yield Detail("no contact is found in it", facts.files[0].path, outcome=Outcome.UNKNOWN)
        elif len(found) < self.min:
            yield Detail(f"{counted(len(found), 'contact')}, not at least {self.min}")
        if found:
            for role in roles_missing(self.roles or (), {one.who.casefold(): one for one in found}):
                yield Detail(f"nobody is listed for {role}")

    def _old(self, page: Page, now: datetime) -> Iterator[Detail]:
        if self.max_age and page.changed and now - page.changed > self.max_age:
            age = age_text(now - page.changed)
            yield Detail(f"changed {age} ago, not within {duration_text(self.max_age)}", page.path)

    def _expected(self) -> str:
        parts = [f"at least {counted(self.min, 'contact')}", f"each with {self.min_ways} of {', '.join(self.ways)}"]
        parts += [f"roles {', '.join(self.roles)}"] if self.roles else []
        parts += [f"changed within {duration_text(self.max_age)}"] if self.max_age else []
        return ", ".join(parts)
