"""`junit`: tests ran, enough of them, and passed.

Asserts the results in JUnit XML files, as pytest, Gradle, Maven Surefire, Jest and most other runners write them. It counts
the test cases themselves, not what a file says of its own totals, and each failed one is a line of the evidence.

Options:

- `files` (required): a path or glob, or a list of them; the tests of all are counted together.
- `exclude`: globs of files to leave out.
- `min_tests`: at least so many tests ran. Default 1; skipped ones did not run.
- `min_pass`: at least this share of the tests that ran passed (`95%`).
- `max_failures`: at most so many failures and errors. Default 0, and without limit where `min_pass` is given.
- `max_skipped`: at most so many skipped.
- `suites`: names of test suites, each of which must have run at least one test.
- `max_age`: every file is at most so old (`24h`): by the time its suites give with an offset, or else by the file's time.

Example:

    - id: unit-tests
      uses: junit
      with:
        files: "build/test-results/**/*.xml"
        min_tests: 73
        min_pass: 100%
        max_age: 24h

Measures: `pass_rate` (of the tests that ran), `tests` (that ran), `failures`, `errors`, `skipped`, `duration` (the sum).

Outcomes: `passed`; `failed`, with a line for each failed test; `unknown` (no file matches, a file is no JUnit XML, or no test
ran at all). The evidence is an imported result. There is no standard; what is read is what the junitparser library reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from golive.checks.amounts import Percentage
from golive.checks.options import Duration, Options, offered
from golive.checks.paths import Paths, age_text, flaws_text, matched
from golive.checks.replies import Texts, capped, counted
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.units import amount
from golive.ports import Look

if TYPE_CHECKING:
    from junitparser import TestCase, TestSuite

_PLACE = re.compile(r"^\s*(?:File \")?([\w./\\-]+\.\w{1,5})(?:\", line |:)(\d{1,7})\b", re.MULTILINE)
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Test:
    """One test case. result: `passed`, `failed`, `error` or `skipped`; place: (path, line) where it says so."""

    suite: str
    name: str
    result: str
    message: str = ""
    place: tuple[str, int] = ("", 0)
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """One file. problem: why it cannot be read.   at: when it was made."""

    path: str
    tests: tuple[Test, ...] = ()
    at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class Reports:
    """All files that match, and when they were read."""

    files: tuple[Report, ...]
    at: datetime


class JunitCheck(Options):
    """Options, collecting and judging of the kind `junit`; the module's text is its reference."""

    kind: ClassVar[str] = "junit"
    measures: ClassVar[Mapping[str, str]] = {
        "pass_rate": "%", "tests": "", "failures": "", "errors": "", "skipped": "", "duration": "s",
    }  # fmt: skip
    also: ClassVar[Mapping[str, str]] = {"path": "files", "paths": "files", "file": "files"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "files that pytest writes"

    files: Paths
    exclude: Paths | None = None
    min_tests: Annotated[int, Field(ge=1)] = 1
    min_pass: Percentage | None = None
    max_failures: Annotated[int, Field(ge=0)] | None = None
    max_skipped: Annotated[int, Field(ge=0)] | None = None
    suites: Texts | None = None
    max_age: Duration | None = None

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"pass_rate": (0.0, 100.0)}

    def collect(self, look: Look) -> Reports:
        """Read every file."""
        files = offered(look.files, "files of this machine")
        found = []
        for path in matched(files, self.files, self.exclude or ()):
            facts = files.facts(path)
            found.append(read(path, files.read(path, _LARGEST), facts.modified_at if facts else None))
        return Reports(tuple(found), look.now)

    def judge(self, facts: Reports) -> Finding:
        """Count the tests and hold the counts against the options."""
        tests = [test for report in facts.files for test in report.tests]
        ran = [test for test in tests if test.result != "skipped"]
        bad = [test for test in ran if test.result != "passed"]
        rate = 100 * (len(ran) - len(bad)) / len(ran) if ran else None
        unknown = [Detail(one.problem, one.path, outcome=Outcome.UNKNOWN) for one in facts.files if one.problem]
        if not facts.files:
            unknown.append(Detail(f"no file matches {', '.join(self.files)}", outcome=Outcome.UNKNOWN))
        elif not ran and not unknown:
            unknown.append(Detail(f"0 tests ran, {len(tests)} were skipped", outcome=Outcome.UNKNOWN))
        wrong = [Detail(text) for text in self._wrong(tests, ran, len(bad), rate)] if ran else []
        wrong += self._old(facts)
        outcome = Outcome.FAILED if wrong else Outcome.UNKNOWN if unknown else Outcome.PASSED
        failed = [Detail(_told(test), *test.place) for test in bad] if outcome is Outcome.FAILED or not unknown else []
        if outcome is Outcome.PASSED:  # few enough failed; they are still worth knowing
            failed = [Detail(one.text, one.path, one.line, Outcome.WARNING) for one in failed]
        measured = _measured(tests, ran, bad)
        return Finding(
            "",
            outcome,
            flaws_text([*wrong, *unknown], most=3) or measured,
            measured=measured,
            expected=self._expected(),
            source=", ".join(self.files),
            strength=Strength.IMPORTED,
            measures=tuple(_measures(tests, rate)),
            samples=len(ran),
            details=capped([*wrong, *unknown, *failed]),
        )

    def _most_failures(self) -> int | None:
        return 0 if self.max_failures is None and self.min_pass is None else self.max_failures

    def _wrong(self, tests: list[Test], ran: list[Test], bad: int, rate: float | None) -> Iterator[str]:
        most, skipped = self._most_failures(), len(tests) - len(ran)
        if len(ran) < self.min_tests:
            yield f"{counted(len(ran), 'test')} ran, not at least {self.min_tests}"
        if most is not None and bad > most:
            yield f"{bad} of {counted(len(ran), 'test')} failed" + (f", not at most {most}" if most else "")
        if self.min_pass is not None and rate is not None and rate < self.min_pass:
            yield f"{amount(rate, '%')} of the tests passed, not at least {amount(self.min_pass, '%')}"
        if self.max_skipped is not None and skipped > self.max_skipped:
            yield f"{skipped} skipped, not at most {self.max_skipped}"
        for name in self.suites or ():
            if not any(test.suite.casefold() == name.casefold() for test in ran):
                yield f"no test of the suite {name} ran"

    def _old(self, facts: Reports) -> Iterator[Detail]:
        for report in facts.files if self.max_age else ():
            if self.max_age and report.at and facts.at - report.at > self.max_age:
                age = age_text(facts.at - report.at)
                yield Detail(f"made {age} ago, not within {duration_text(self.max_age)}", report.path)

    def _expected(self) -> str:
        most = self._most_failures()
        parts = [f"at least {counted(self.min_tests, 'test')}"]
        parts += [f"at least {amount(self.min_pass, '%')} passed"] if self.min_pass is not None else []
        parts += [f"at most {most} failed" if most else "none failed"] if most is not None else []
        parts += [f"at most {self.max_skipped} skipped"] if self.max_skipped is not None else []
        parts += [f"suites {', '.join(self.suites)}"] if self.suites else []
        parts += [f"at most {duration_text(self.max_age)} old"] if self.max_age else []
        return ", ".join(parts)


def read(path: str, content: bytes, modified: datetime | None) -> Report:
    """The tests in one file; entities and outside references, with which XML can do harm, are refused."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring
    from junitparser import JUnitXml, JUnitXmlError

    try:
        root: Any = fromstring(content, forbid_dtd=True)
        suites = list(JUnitXml.fromroot(root))
        tests = tuple(test for suite in suites for test in _tests(suite))
    except ParseError as error:
        return Report(path, problem=f"it is not XML: {error}")
    except DefusedXmlException:
        return Report(path, problem="it declares entities or a document type, which are not read")
    except (JUnitXmlError, ValueError, TypeError, RecursionError) as error:
        return Report(path, problem=f"it is no JUnit XML: {str(error).rstrip('.') or type(error).__name__}")
    stamps = [at for suite in suites if (at := _moment(suite.timestamp))]
    return Report(path, tests, max(stamps, default=modified))


def _tests(suite: TestSuite) -> Iterator[Test]:
    """The suite's own tests and those of suites in it, which the parser lists among its own too."""
    inner: list[TestSuite] = list(suite.testsuites())  # type: ignore[no-untyped-call]  # junitparser says no types
    theirs = {id(case._elem) for one in inner for case in one}
    for one in inner:
        yield from _tests(one)
    for case in suite:
        if id(case._elem) not in theirs:
            yield _test(suite.name or "", case)


def _test(suite: str, case: TestCase) -> Test:
    from junitparser import Error, Failure, Skipped

    name = f"{case.classname}.{case.name}" if case.classname else str(case.name)
    order = ((Failure, "failed"), (Error, "error"), (Skipped, "skipped"))
    for kind, result in order:
        for one in case.result or ():
            if isinstance(one, kind):
                message = next(
                    (line.strip() for line in f"{one.message or one.text or ''}".splitlines() if line.strip()), ""
                )
                return Test(suite, name, result, message[:200], _place(case, one.text or ""), case.time or 0.0)
    return Test(suite, name, "passed", seconds=case.time or 0.0)


def _place(case: TestCase, text: str) -> tuple[str, int]:
    """Where the test failed: the last line of the test's own text that names one, or else what its case says."""
    file, line = case._elem.get("file") or "", case._elem.get("line") or ""
    named = [found for found in _PLACE.findall(text) if not file or found[0] == file]
    if named:
        return named[-1][0], int(named[-1][1])
    return file, int(line) if re.fullmatch(r"\d{1,7}", line) else 0


def _moment(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _told(test: Test) -> str:
    what = "failed" if test.result == "failed" else "ended in an error"
    return f"{test.name} {what}: {test.message}" if test.message else f"{test.name} {what}"


def _measured(tests: list[Test], ran: list[Test], bad: list[Test]) -> str:
    skipped = f", {len(tests) - len(ran)} skipped" if len(tests) > len(ran) else ""
    return f"{len(ran) - len(bad)} of {counted(len(ran), 'test')} passed{skipped}"


def _measures(tests: list[Test], rate: float | None) -> Iterator[Measure]:
    if rate is not None:
        yield Measure("pass_rate", rate, "%")
    count = {result: sum(test.result == result for test in tests) for result in ("failed", "error", "skipped")}
    yield Measure("tests", len(tests) - count["skipped"])
    yield Measure("failures", count["failed"])
    yield Measure("errors", count["error"])
    yield Measure("skipped", count["skipped"])
    yield Measure("duration", sum(test.seconds for test in tests), "s")
