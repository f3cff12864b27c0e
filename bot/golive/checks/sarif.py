"""`sarif`: scanners found nothing that stands in the way.

Asserts the results in SARIF files, as CodeQL, Semgrep, Trivy, Bandit, gitleaks and most other scanners write them. Results that
are suppressed, that no longer exist, or that are no failures do not count.

Options:

- `files` (required): a path or glob, or a list of them.
- `max`: level or severity → at most so many. Levels are SARIF's `error`, `warning`, `note`; severities are `critical` (9.0 and
  more), `high` (7.0), `medium` (4.0) and `low`, by the rule's `security-severity`. Default `{error: 0}`.
- `tools`: names of tools, each of which must have run.
- `ignore`: ids of rules whose results do not count, or globs of them.
- `exclude`: globs of source files whose results do not count.
- `max_age`: every file is at most so old (`24h`), by its own time.

Example:

    - id: no-vulnerabilities
      uses: sarif
      with:
        files: "scans/*.sarif"
        tools: [Trivy, CodeQL]
        max: {critical: 0, high: 0, medium: 10}

Measures: `findings`, `error`, `warning`, `note`, `critical`, `high`, `medium`, `low`, `suppressed`.

Outcomes: `passed`; `failed`, with path and line of each result that counts; `unknown` (no file, no SARIF 2.1.0, no run in it, or a
tool that says itself that it did not succeed). The evidence is an imported result. Levels are found as section 3.27.10 of SARIF
2.1.0 (OASIS) says; severities as GitHub code scanning reads `security-severity`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import unquote

from pydantic import Field

from golive.checks.jsonpaths import parsed
from golive.checks.options import Duration, Options, offered
from golive.checks.paths import Paths, age_text, flaws_text, left_out, matched, text_of
from golive.checks.replies import Texts, capped, counted
from golive.core.durations import duration_text
from golive.core.globs import matches_glob
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look

Grade = Literal["error", "warning", "note", "critical", "high", "medium", "low"]
_GRADES: tuple[Grade, ...] = ("error", "warning", "note", "critical", "high", "medium", "low")
_FROM = (("critical", 9.0), ("high", 7.0), ("medium", 4.0), ("low", 0.1))
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Result:
    """One result. level: as SARIF has it; severity: of the rule, or empty."""

    rule: str
    level: str
    severity: str
    text: str
    path: str
    line: int
    suppressed: bool


@dataclass(frozen=True)
class Scan:
    """One file. tools: those that ran in it.   problem: why it cannot be used."""

    path: str
    results: tuple[Result, ...] = ()
    tools: tuple[str, ...] = ()
    problem: str = ""
    made: datetime | None = None


@dataclass(frozen=True)
class Scans:
    """All files, and when they were read."""

    files: tuple[Scan, ...]
    at: datetime


class SarifCheck(Options):
    """Options, collecting and judging of the kind `sarif`; the module's text is its reference."""

    kind: ClassVar[str] = "sarif"
    measures: ClassVar[Mapping[str, str]] = {"findings": "", **dict.fromkeys(_GRADES, ""), "suppressed": ""}
    also: ClassVar[Mapping[str, str]] = {"path": "files", "file": "files"}
    machine: ClassVar[bool] = True

    files: Paths
    max: Annotated[dict[Grade, Annotated[int, Field(ge=0)]], Field(min_length=1)] = {"error": 0}  # noqa: RUF012  # pydantic copies it
    tools: Texts | None = None
    ignore: Texts | None = None
    exclude: Paths | None = None
    max_age: Duration | None = None

    def collect(self, look: Look) -> Scans:
        """Read every file."""
        files = offered(look.files, "files of this machine")
        found = []
        for path in matched(files, self.files):
            facts = files.facts(path)
            found.append(read(path, text_of(files, path, _LARGEST), facts.modified_at if facts else None))
        return Scans(tuple(found), look.now)

    def judge(self, facts: Scans) -> Finding:
        """Count the results and hold the counts against what may be."""
        every = [one for scan in facts.files for one in scan.results if not self._left_out(one)]
        standing = [one for one in every if not one.suppressed]
        count = Counter(grade for one in standing for grade in {one.level, one.severity})
        flaws = [Detail(scan.problem, scan.path, outcome=Outcome.UNKNOWN) for scan in facts.files if scan.problem]
        if not facts.files:
            flaws.append(Detail(f"no file matches {', '.join(self.files)}", outcome=Outcome.UNKNOWN))
        flaws += self._wrong(facts, count)
        over = {grade for grade, most in self.max.items() if count[grade] > most}
        named = [_told(one) for one in standing if {one.level, one.severity} & over]
        outcomes = {flaw.outcome for flaw in flaws}
        outcome = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        grades = ", ".join(f"{count[grade]} {grade}" for grade in _GRADES if count[grade])
        measured = f"{counted(len(standing), 'result')}" + (f" ({grades})" if grades else "")
        return Finding(
            "",
            outcome,
            flaws_text(sorted(flaws, key=lambda flaw: flaw.outcome is not outcome), most=4) or measured,
            measured=measured,
            expected=self._expected(),
            source=", ".join(self.files),
            strength=Strength.IMPORTED,
            measures=(
                Measure("findings", len(standing)), *(Measure(grade, count[grade]) for grade in _GRADES),
                Measure("suppressed", len(every) - len(standing)),
            ) if facts.files else (),
            details=capped([*flaws, *named]),
        )  # fmt: skip

    def _left_out(self, one: Result) -> bool:
        ignored = any(matches_glob(pattern, one.rule) for pattern in self.ignore or ())
        return ignored or bool(one.path and left_out(one.path, self.exclude or ()))

    def _wrong(self, facts: Scans, count: Mapping[str, int]) -> Iterator[Detail]:
        for grade, most in self.max.items():
            if count[grade] > most:
                yield Detail(f"{counted(count[grade], 'result')} of {grade}, not at most {most}")
        ran = {tool.casefold() for scan in facts.files for tool in scan.tools}
        for tool in self.tools or ():
            if tool.casefold() not in ran:
                yield Detail(f"{tool} did not run: no file holds a run of it")
        for scan in facts.files if self.max_age else ():
            if self.max_age and scan.made and facts.at - scan.made > self.max_age:
                age = age_text(facts.at - scan.made)
                yield Detail(f"made {age} ago, not within {duration_text(self.max_age)}", scan.path)

    def _expected(self) -> str:
        parts = [f"at most {most} {grade}" for grade, most in self.max.items()]
        parts += [f"runs of {', '.join(self.tools)}"] if self.tools else []
        parts += [f"at most {duration_text(self.max_age)} old"] if self.max_age else []
        return ", ".join(parts)


def read(path: str, text: str, made: datetime | None) -> Scan:
    """The results in one file, or why there are none."""
    try:
        document = parsed(text)
        version = document.get("version")
        if version != "2.1.0":
            return Scan(path, problem=f"it says it is version {version!r}, not SARIF 2.1.0", made=made)
        runs = document["runs"]
        if not runs:
            return Scan(path, problem="it holds no run", made=made)
        results = tuple(one for run in runs for one in _results(run))
        failed = next((run["tool"]["driver"]["name"] for run in runs if _failed(run)), None)
        problem = f"{failed} says that its run did not succeed" if failed else ""
        return Scan(path, results, tuple(run["tool"]["driver"]["name"] for run in runs), problem, made)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        return Scan(path, problem=f"it is no SARIF ({type(error).__name__}: {str(error)[:80]})", made=made)


def _failed(run: Mapping[str, Any]) -> bool:
    return any(one.get("executionSuccessful") is False for one in run.get("invocations", ()))


def _results(run: Mapping[str, Any]) -> Iterator[Result]:
    driver = run["tool"]["driver"]
    extensions = run["tool"].get("extensions", [])
    by_id = {rule["id"]: rule for part in (driver, *extensions) for rule in part.get("rules", [])}
    for one in run.get("results") or ():
        if one.get("kind", "fail") != "fail" or one.get("baselineState") == "absent":
            continue
        rule = _rule(one, driver, extensions, by_id)
        path, line = _place(one)
        yield Result(
            one.get("ruleId") or rule.get("id", ""),
            one.get("level") or rule.get("defaultConfiguration", {}).get("level", "warning"),
            _severity(one, rule),
            " ".join(str(one.get("message", {}).get("text", "")).split())[:200],
            path,
            line,
            _suppressed(one),
        )


def _rule(one: Mapping[str, Any], driver: Any, extensions: list[Any], by_id: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = one.get("rule") or {}
    index = one.get("ruleIndex", reference.get("index", -1))
    component = reference.get("toolComponent", {}).get("index")
    rules = (driver if component is None else extensions[component]).get("rules", [])
    if isinstance(index, int) and 0 <= index < len(rules):
        return rules[index] or {}
    found: Mapping[str, Any] = by_id.get(one.get("ruleId") or reference.get("id", ""), {})
    return found


def _severity(one: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    given = one.get("properties", {}).get("security-severity", rule.get("properties", {}).get("security-severity"))
    try:
        score = float(given)
    except (TypeError, ValueError):
        return ""
    return next((name for name, least in _FROM if score >= least), "")


def _suppressed(one: Mapping[str, Any]) -> bool:
    """A suppression counts once it is accepted, which it is where it does not say otherwise."""
    return any(given.get("status", "accepted") == "accepted" for given in one.get("suppressions") or ())


def _place(one: Mapping[str, Any]) -> tuple[str, int]:
    first: Mapping[str, Any] = next(iter(one.get("locations") or ()), {})
    location = first.get("physicalLocation", {})
    uri = str(location.get("artifactLocation", {}).get("uri", ""))
    line = location.get("region", {}).get("startLine", 0)
    return unquote(re.sub(r"^file://", "", uri)), line if isinstance(line, int) else 0


def _told(one: Result) -> Detail:
    grade = one.severity or one.level
    return Detail(f"{grade}: {one.rule}: {one.text}" if one.rule else f"{grade}: {one.text}", one.path, one.line)
