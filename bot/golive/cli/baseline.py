"""`golive baseline`: record what checks measure, look at it, and compare with it later."""

from __future__ import annotations

import math
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from golive.cli import writing
from golive.cli.check import Asked, taken
from golive.cli.recorded import BASELINE, read_file
from golive.cli.selecting import Wanted, words
from golive.core.baseline import Baseline, Comparison, Recorded, compare, dump
from golive.core.errors import Misconfigured
from golive.core.units import amount

if TYPE_CHECKING:
    from golive.core.report import Report


@click.group()
def baseline() -> None:
    """Record what checks measure, and compare with it later.

    \b
    golive baseline record                              keep it in .golive/baseline.json
    golive baseline compare --operation mixed-workload  run again, and say what changed
    golive baseline compare --from results.json         compare a saved report
    golive baseline show
    """


_FILE = click.option(
    "--file", type=click.Path(path_type=Path), default=BASELINE, show_default=True, help="The baseline."
)
_POLICY = click.option("--policy", type=click.Path(path_type=Path), help="The policy file; else the repository's own.")
_TARGET = click.option("--target", "--host", default="", metavar="URL", help="What is checked.")
_ONLY = click.option(
    "--only", "--operation", multiple=True, metavar="ID", help="Only these checks, and what they need."
)
_FROM = click.option("--from", "saved", type=click.Path(path_type=Path), help="A saved JSON report, instead of a run.")
_QUIET = click.option("--quiet", is_flag=True, help="No progress.")


@baseline.command()
@_FILE
@_POLICY
@_TARGET
@_ONLY
@_FROM
@_QUIET
def record(
    file: Path, policy: Path | None, target: str, only: tuple[str, ...], saved: Path | None, quiet: bool
) -> None:
    """Run the checks, and keep what they measured. Values of checks that were left out stay as they were."""
    found = measured(_report(policy, target, only, saved, quiet))
    if not found.values:
        raise Misconfigured("No check measured anything, so there is nothing to record.")
    before = read_file(file) if file.is_file() else Baseline({})
    kept = Baseline({**before.values, **found.values}, found.recorded_at, found.golive)
    writing.keep(file, dump(kept))
    click.echo(f"{len(found.values)} values recorded in {file}.")


@baseline.command("compare")
@_FILE
@_POLICY
@_TARGET
@_ONLY
@_FROM
@_QUIET
@click.option(
    "--tolerance", type=click.FloatRange(min=0), help="Exit 1 where a value changed by more percent than this."
)
def compare_(
    file: Path, policy: Path | None, target: str, only: tuple[str, ...], saved: Path | None, quiet: bool,
    tolerance: float | None,
) -> int:  # fmt: skip
    """Run the checks, and say how what they measure changed. Exits 0, or 1 where a tolerance is exceeded."""
    now = measured(_report(policy, target, only, saved, quiet))
    found = compare(_of(read_file(file), words(only)), now)
    click.echo(table(found, tolerance))
    return int(tolerance is not None and exceeds(found, tolerance))


@baseline.command()
@_FILE
def show(file: Path) -> None:
    """Say what was recorded, and when."""
    read = read_file(file)
    at = f"{read.recorded_at:%Y-%m-%d %H:%M} UTC" if read.recorded_at else "at an unknown time"
    click.echo(f"{file}: recorded {at} by {f'golive {read.golive}' if read.golive else 'another tool'}")
    width = max((len(name) for name in read.values), default=0)
    for name, one in sorted(read.values.items()):
        samples = f"  ({one.samples} samples)" if one.samples is not None else ""
        click.echo(f"  {name:{width}}  {amount(one.value, one.unit)}{samples}")


def _report(policy: Path | None, target: str, only: tuple[str, ...], saved: Path | None, quiet: bool) -> Report:
    if saved is None:
        return taken(Asked(policy, target=target, wanted=Wanted(words(only)), quiet=quiet))
    from golive.render.report.json import load

    try:
        return load(saved.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{saved} is no report of golive: {error}") from None


def measured(report: Report) -> Baseline:
    """What a report measured, as a baseline."""
    values = {
        f"{line.check}.{one.name}": Recorded(float(one.value), one.unit, line.samples)
        for line in report.lines
        for one in line.measures
        if not isinstance(one.value, bool | str) and math.isfinite(one.value)
    }
    return Baseline(values, report.run.started_at, report.run.golive)


def _of(read: Baseline, wanted: tuple[str, ...]) -> Baseline:
    """Only the values of these checks; all of them where none is named."""
    if not wanted:
        return read
    values = {
        name: one
        for name, one in read.values.items()
        if any(fnmatchcase(name.partition(".")[0], pattern) for pattern in wanted)
    }
    return Baseline(values, read.recorded_at, read.golive)


def table(found: Comparison, tolerance: float | None) -> str:
    """One line a value: then, now, and the change; what exceeds the tolerance is marked."""
    colour = sys.stdout.isatty()
    width = max((len(change.name) for change in found.changes), default=0)
    lines = []
    for change in found.changes:
        then, now = (amount(one.value, one.unit) for one in (change.before, change.after))
        percent = "from nothing" if change.percent is None else f"{change.percent:+.1f} %"
        over = tolerance is not None and _beyond(change.percent, tolerance)
        line = f"{'!' if over else ' '} {change.name:{width}}  {then:>10} → {now:>10}  {percent}"
        lines.append(click.style(line, fg="red") if over and colour else line)
    for what, names in (("not measured any more", found.missing), ("in another unit", found.unlike)):
        lines += [f"! {name}: {what}" for name in names]
    lines += [f"  {name}: new" for name in found.new]
    return "\n".join(lines) or "Nothing to compare."


def exceeds(found: Comparison, tolerance: float) -> bool:
    """A value that is not measured any more exceeds every tolerance: nobody knows how it is."""
    return bool(found.missing or found.unlike) or any(_beyond(one.percent, tolerance) for one in found.changes)


def _beyond(percent: float | None, tolerance: float) -> bool:
    return percent is None or abs(percent) > tolerance
