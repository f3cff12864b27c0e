"""`backup`: backups are made, young enough, often enough, large enough and kept long enough.

Asserts what can be seen of backups from outside: their times and sizes. It does not show that one can be restored; that is
what a drill and the kind `attest` are for.

Options:

- `files`: a path or glob of backup files, or a list of them; or else
- `command`: a command line that lists them: JSON (a list of objects with a time, and maybe a size and a name), or lines with a
  time and a size like those of `aws s3 ls` or `gsutil ls -l`. No shell runs it.
- `exclude`: globs of files to leave out; one without `/` means a file's name in any folder.
- `time`: what says when a file was made: `file` (default), its own time; or `name`, the date in its name
  (`shop_20241201_121000.dump`).
- `max_age`: the newest is at most so old (`26h`).
- `rpo`: what may be lost at most (`1h`): neither two neighbours nor the newest and now may be further apart.
- `min_keep`: the oldest is at least so old (`30d`), as a retention of that length shows.
- `min_count`: at least so many.
- `min_size`: the newest is at least so large (`10MB`).

Example:

    - id: database-backups
      uses: backup
      with:
        files: "/backups/shop_*.dump"
        time: name
        max_age: 26h
        min_keep: 30d
        min_size: 10MB

Measures: `age` (of the newest), `count`, `size` (of the newest), `oldest` (its age), `gap` (the longest between neighbours and
now).

Outcomes: `passed`; `failed`; `unknown` (no backup is listed at all, a time or size that is asked for is not said, or the command
did not succeed). Times without an offset are read as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from golive.checks.commandlines import CommandLine, shown
from golive.checks.filemodes import Size
from golive.checks.jsonpaths import parsed
from golive.checks.options import Duration, Options, offered
from golive.checks.paths import Paths, age_text, flaws_text, matched
from golive.checks.replies import capped, counted
from golive.core.baseline import moment_in
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.core.units import amount
from golive.ports import Look, Unreachable

_TIME = r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)"
_LINES = (
    re.compile(rf"\s*{_TIME}\s+(?P<size>\d+)\s+(?P<name>\S.*?)\s*"),
    re.compile(rf"\s*(?P<size>\d+)\s+{_TIME}\s+(?P<name>\S.*?)\s*"),
)
_TIMES = ("time", "modified_at", "LastModified", "last_modified", "created_at", "mtime", "date", "timestamp")
_SIZES = ("size", "Size", "bytes", "ContentLength")
_NAMES = ("name", "Key", "key", "path", "id", "short_id")


@dataclass(frozen=True)
class Backup:
    """One backup. at: None where nothing says when; size: None where nothing says it."""

    name: str
    at: datetime | None
    size: int | None


@dataclass(frozen=True)
class Backups:
    """All of them, and when they were listed."""

    all: tuple[Backup, ...]
    at: datetime


class BackupCheck(Options):
    """Options, collecting and judging of the kind `backup`; the module's text is its reference."""

    kind: ClassVar[str] = "backup"
    measures: ClassVar[Mapping[str, str]] = {"age": "s", "count": "", "size": "B", "oldest": "s", "gap": "s"}
    also: ClassVar[Mapping[str, str]] = {"glob": "files", "path": "files"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "real files, and real processes that list them"

    files: Paths | None = None
    command: CommandLine | None = None
    exclude: Paths | None = None
    time: Literal["file", "name"] = "file"
    max_age: Duration | None = None
    rpo: Duration | None = None
    min_keep: Duration | None = None
    min_count: Annotated[int, Field(ge=1)] | None = None
    min_size: Size | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> BackupCheck:
        if (self.files is None) == (self.command is None):
            raise ValueError("name either the `files` or the `command` that lists the backups")
        if self.command and (self.exclude or self.time == "name"):
            raise ValueError("`exclude` and `time` belong to `files`")
        if self.rpo and self.max_age and self.max_age > self.rpo:
            raise ValueError(
                f"a newest backup of {duration_text(self.max_age)} would lose more than the rpo of {duration_text(self.rpo)}; "
                "leave `max_age` out, or make it shorter"
            )
        return self

    def asserts(self) -> bool:
        """See `ports.Kind`."""
        return any((self.max_age, self.rpo, self.min_keep, self.min_count, self.min_size))

    def collect(self, look: Look) -> Backups:
        """List them."""
        if self.command:
            process = offered(look.process, "programs of this machine")
            ran = process.run(self.command, timeout=look.timeout * 0.9)
            if ran.exit_code:
                raise Unreachable(f"`{shown(self.command)}` ended with exit status {ran.exit_code}")
            return Backups(tuple(listed(ran.stdout)), look.now)
        files = offered(look.files, "files of this machine")
        found = []
        for path in matched(files, self.files or (), self.exclude or ()):
            facts = files.facts(path)
            if facts is not None and facts.kind == "file":
                at = facts.modified_at if self.time == "file" else moment_in(path.rpartition("/")[2])
                found.append(Backup(path, at, facts.size))
        return Backups(tuple(found), look.now)

    def judge(self, facts: Backups) -> Finding:
        """Hold their times and sizes against the options."""
        dated = sorted((one for one in facts.all if one.at), key=lambda one: (one.at, one.name))
        times = [one.at for one in dated if one.at]
        flaws = list(self._flaws(facts, dated, times))
        outcomes = {flaw.outcome for flaw in flaws}
        outcome = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        measured = counted(len(facts.all), "backup")
        if times:
            measured += f", the newest {age_text(facts.at - times[-1])} old"
        return Finding(
            "",
            outcome,
            flaws_text(sorted(flaws, key=lambda flaw: flaw.outcome is not outcome)) or measured,
            measured=measured,
            expected=self._expected(),
            source=", ".join(self.files) if self.files else f"`{shown(self.command or ())}`",
            measures=tuple(_measures(facts, dated, times)),
            samples=len(facts.all),
            details=capped(flaws),
        )

    def _flaws(self, facts: Backups, dated: list[Backup], times: list[datetime]) -> Iterator[Detail]:
        if not facts.all:
            what = f"no file matches {', '.join(self.files)}" if self.files else "the command lists no backup"
            yield Detail(f"{what}: 0 backups", outcome=Outcome.UNKNOWN)
            return
        if len(dated) < len(facts.all) and (self.max_age or self.rpo or self.min_keep):
            undated = next(one for one in facts.all if one.at is None)
            yield Detail("nothing says when it was made", undated.name, outcome=Outcome.UNKNOWN)
        if self.min_count and len(facts.all) < self.min_count:
            yield Detail(f"{counted(len(facts.all), 'backup')}, not at least {self.min_count}")
        if times:
            yield from self._late(facts.at, dated, times)
        newest = dated[-1] if dated else facts.all[-1]
        if self.min_size is not None and newest.size is None:
            yield Detail("nothing says how large it is", newest.name, outcome=Outcome.UNKNOWN)
        elif self.min_size is not None and newest.size is not None and newest.size < self.min_size:
            text = f"it has {amount(newest.size, 'B')}, not at least {amount(self.min_size, 'B')}"
            yield Detail(text, newest.name)

    def _late(self, now: datetime, dated: list[Backup], times: list[datetime]) -> Iterator[Detail]:
        age, name = now - times[-1], dated[-1].name
        if age < timedelta(0):
            yield Detail("it was made in the future, it says", name, outcome=Outcome.UNKNOWN)
        if self.max_age and age > self.max_age:
            yield Detail(f"the newest is {age_text(age)} old, not at most {duration_text(self.max_age)}", name)
        if self.min_keep and now - times[0] < self.min_keep:
            oldest = age_text(now - times[0])
            yield Detail(f"the oldest is {oldest} old, not at least {duration_text(self.min_keep)}", dated[0].name)
        if self.rpo:
            gap, before = _longest(now, dated, times)
            if gap > self.rpo:
                text = f"nothing for {age_text(gap)} after it, where at most {duration_text(self.rpo)} may be lost"
                yield Detail(text, before)

    def _expected(self) -> str:
        parts = [f"the newest at most {duration_text(self.max_age)} old"] if self.max_age else []
        parts += [f"never more than {duration_text(self.rpo)} apart"] if self.rpo else []
        parts += [f"kept for {duration_text(self.min_keep)}"] if self.min_keep else []
        parts += [f"at least {counted(self.min_count, 'backup')}"] if self.min_count else []
        parts += [f"at least {amount(self.min_size, 'B')}"] if self.min_size is not None else []
        return ", ".join(parts)


def listed(text: str) -> Iterator[Backup]:
    """The backups in a listing, JSON or lines. Raises Unreachable for JSON that is no list of objects."""
    if text.lstrip().startswith(("[", "{")):
        try:
            document = parsed(text)
        except ValueError as error:
            raise Unreachable(f"the list of backups is not JSON: {error}") from None
        rows = (
            next((one for one in document.values() if isinstance(one, list)), None)
            if isinstance(document, dict)
            else document
        )
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreachable("the list of backups is no JSON list of objects")
        for number, row in enumerate(rows, 1):
            size = _first(row, _SIZES)
            whole = size if isinstance(size, int) and not isinstance(size, bool) else None
            yield Backup(str(_first(row, _NAMES) or f"number {number}"), _moment(_first(row, _TIMES)), whole)
        return
    for line in text.splitlines():
        found = next((match for pattern in _LINES if (match := pattern.fullmatch(line))), None)
        if found:
            yield Backup(found["name"], _moment(found["time"]), int(found["size"]))


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _moment(given: Any) -> datetime | None:
    if not isinstance(given, str):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", given.strip())  # restic gives nanoseconds
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _longest(now: datetime, dated: list[Backup], times: list[datetime]) -> tuple[timedelta, str]:
    """The longest time without a backup, and the one before it."""
    gaps = zip(times, [*times[1:], now], dated, strict=True)
    return max(((after - before, one.name) for before, after, one in gaps), key=lambda gap: gap[0])


def _measures(facts: Backups, dated: list[Backup], times: list[datetime]) -> Iterator[Measure]:
    if times:
        yield Measure("age", max(0.0, (facts.at - times[-1]).total_seconds()), "s")
    yield Measure("count", len(facts.all))
    newest = dated[-1] if dated else None
    if newest is not None and newest.size is not None:
        yield Measure("size", newest.size, "B")
    if times:
        yield Measure("oldest", max(0.0, (facts.at - times[0]).total_seconds()), "s")
        yield Measure("gap", max(0.0, _longest(facts.at, dated, times)[0].total_seconds()), "s")
