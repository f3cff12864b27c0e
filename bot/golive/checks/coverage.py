"""`coverage`: tests ran enough of the code.

Asserts the share of lines, and of branches, that ran while the tests did, in all and package by package. Lines are counted from
the reports themselves; a line that any of several reports saw running ran.

Options:

- `files` (required): a path or glob of reports, or a list of them: Cobertura XML, coverage.py's JSON, lcov.
- `min`: at least this share of the lines (`80%`).
- `min_branches`: at least this share of the branches.
- `packages`: package → at least this share of its lines. A package is a folder (`src/api`), a dotted name (`shop.api`), or a
  glob (`src/**/api/*.py`); a folder counts wherever in the path it is.
- `exclude`: globs of source files that do not count.
- `max_age`: every report is at most so old (`24h`), by its file's time.

Example:

    - id: coverage
      uses: coverage
      with:
        files: build/coverage.xml
        min: 85%
        packages: {shop.api: 90%, shop.engine: 90%, shop.scheduler: 80%}

Measures: `coverage`, `branches` (where the reports tell), `lines` (how many there are), `<package>.coverage`.

Outcomes: `passed`; `failed`; `unknown` (no report, one that cannot be read, 0 lines, a package of which there is no line, or no
branches where they are asked for). The evidence is an imported result. Formats: Cobertura's coverage-04.dtd, coverage.py's
`coverage json` format 2 and 3, and geninfo(1) of lcov.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from golive.checks.amounts import Percentage
from golive.checks.coveragereports import Covered, read
from golive.checks.options import Duration, Options, offered
from golive.checks.paths import Paths, age_text, flaws_text, left_out, matched
from golive.checks.replies import capped, counted
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.units import amount
from golive.ports import Look

_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Reports:
    """What the reports say together. problems: (path, why it cannot be read); made: (path, when)."""

    files: Mapping[str, Covered]
    made: tuple[tuple[str, datetime | None], ...]
    problems: tuple[tuple[str, str], ...]
    at: datetime


class CoverageCheck(Options):
    """Options, collecting and judging of the kind `coverage`; the module's text is its reference."""

    kind: ClassVar[str] = "coverage"
    measures: ClassVar[Mapping[str, str]] = {"coverage": "%", "branches": "%", "lines": "", "*": "%"}
    also: ClassVar[Mapping[str, str]] = {"path": "files", "file": "files", "min_lines": "min"}
    machine: ClassVar[bool] = True

    files: Paths
    min: Percentage | None = None
    min_branches: Percentage | None = None
    packages: Annotated[dict[Annotated[str, Field(min_length=1)], Percentage], Field(min_length=1)] | None = None
    exclude: Paths | None = None
    max_age: Duration | None = None

    def asserts(self) -> bool:
        """See `ports.Kind`."""
        return any(part is not None for part in (self.min, self.min_branches, self.packages, self.max_age))

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"coverage": (0.0, 100.0), "branches": (0.0, 100.0)}

    def collect(self, look: Look) -> Reports:
        """Read every report."""
        files = offered(look.files, "files of this machine")
        found: dict[str, Covered] = {}
        problems, made = [], []
        for path in matched(files, self.files):
            facts = files.facts(path)
            made.append((path, facts.modified_at if facts else None))
            try:
                read(files.read(path, _LARGEST), found)
            except ValueError as error:
                problems.append((path, str(error)))
        return Reports(found, tuple(made), tuple(problems), look.now)

    def judge(self, facts: Reports) -> Finding:
        """Hold the shares against what was asked for."""
        counted_files = {path: one for path, one in facts.files.items() if not left_out(path, self.exclude or ())}
        flaws = [Detail(problem, path, outcome=Outcome.UNKNOWN) for path, problem in facts.problems]
        measures: list[Measure] = []
        if not facts.made:
            flaws.append(Detail(f"no file matches {', '.join(self.files)}", outcome=Outcome.UNKNOWN))
        flaws += self._all(counted_files, measures, bool(flaws))
        flaws += self._of_packages(counted_files, measures) if counted_files else []
        flaws += self._old(facts)
        outcomes = {flaw.outcome for flaw in flaws}
        outcome = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        covered = f"{amount(measures[0].value, '%')} of the lines ran" if measures else "no line"
        return Finding(
            "",
            outcome,
            flaws_text(sorted(flaws, key=lambda flaw: flaw.outcome is not outcome), most=3) or covered,
            measured=covered,
            expected=self._expected(),
            source=", ".join(self.files),
            strength=Strength.IMPORTED,
            measures=tuple(measures),
            samples=int(next((one.value for one in measures if one.name == "lines"), 0)),
            details=capped(flaws),
        )

    def _all(self, files: Mapping[str, Covered], measures: list[Measure], told: bool) -> Iterator[Detail]:
        """Fills `measures` with the totals. told: there is a reason already why there are none."""
        ran, lines = _lines(files.values())
        if not lines:
            if not told:
                yield Detail("0 lines in the reports", outcome=Outcome.UNKNOWN)
            return
        share = 100 * ran / lines
        measures.append(Measure("coverage", share, "%"))
        if self.min is not None and share < self.min:
            yield Detail(f"{amount(share, '%')} of {counted(lines, 'line')} ran, not at least {amount(self.min, '%')}")
        taken = sum(one.branches[0] for one in files.values())
        every = sum(one.branches[1] for one in files.values())
        if every:
            measures.append(Measure("branches", 100 * taken / every, "%"))
            if self.min_branches is not None and 100 * taken / every < self.min_branches:
                least = amount(self.min_branches, "%")
                yield Detail(f"{amount(100 * taken / every, '%')} of the branches ran, not at least {least}")
        elif self.min_branches is not None:
            yield Detail("the reports tell nothing of branches", outcome=Outcome.UNKNOWN)
        measures.append(Measure("lines", lines))

    def _of_packages(self, files: Mapping[str, Covered], measures: list[Measure]) -> Iterator[Detail]:
        for name, least in (self.packages or {}).items():
            ran, lines = _lines(one for path, one in files.items() if _is_in(path, name))
            if not lines:
                yield Detail(f"{name}: no line of it is in the reports", outcome=Outcome.UNKNOWN)
                continue
            share = 100 * ran / lines
            measures.append(Measure(f"{re.sub(r'[^A-Za-z0-9_./-]+', '_', name).strip('_/')}.coverage", share, "%"))
            if share < least:
                yield Detail(
                    f"{name}: {amount(share, '%')} of {counted(lines, 'line')} ran, not at least {amount(least, '%')}"
                )

    def _old(self, facts: Reports) -> Iterator[Detail]:
        for path, made in facts.made if self.max_age else ():
            if self.max_age and made and facts.at - made > self.max_age:
                yield Detail(f"made {age_text(facts.at - made)} ago, not within {duration_text(self.max_age)}", path)

    def _expected(self) -> str:
        parts = [f"at least {amount(self.min, '%')} of the lines"] if self.min is not None else []
        parts += [f"at least {amount(self.min_branches, '%')} of the branches"] if self.min_branches is not None else []
        parts += [f"{name} at least {amount(least, '%')}" for name, least in (self.packages or {}).items()]
        parts += [f"at most {duration_text(self.max_age)} old"] if self.max_age else []
        return ", ".join(parts)


def _lines(files: Iterable[Covered]) -> tuple[int, int]:
    """(how many ran, how many there are)."""
    ran, every = 0, 0
    for one in files:
        ran, every = ran + sum(one.lines.values()), every + len(one.lines)
    return ran, every


def _is_in(path: str, package: str) -> bool:
    """Whether a source file belongs to a package."""
    path = path.replace("\\", "/")
    if re.search(r"[*?]", package):
        return left_out(path, (package,))
    folders = package.strip("/") if "/" in package else package.replace(".", "/")
    return f"/{folders}/" in f"/{path}" or f"/{path}".endswith((f"/{folders}", f"/{folders}.py"))
