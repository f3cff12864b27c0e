"""`golive work`: what the service owes a look, what fails, and trying again by hand. It works beside a running service.

Add a question about the work table in `store/overview.py`, and a command here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

ENV_FILE = click.option(
    "--env-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PATH",
    help="Settings, one NAME=value a line.",
)  # fmt: skip


@click.group()
def work() -> None:
    """List what the service owes a look, and try again what failed.

    A subject is a pull request (acme/shop#7), or one of golive's own chores (inbox, answers, people).
    """


@work.command("list")
@ENV_FILE
def list_(env_file: Path | None) -> None:
    """Say which subjects are due when, and which failed last time and why.

    Stuck releases are among the failing ones: `golive work retry acme/shop#7` tries one again.
    """
    from golive.cli import database
    from golive.store import overview

    with database.opened(env_file) as store:
        names, owed, faults = overview.named(store), overview.due(store), store.faults()
    now = datetime.now(UTC)
    click.echo(f"{len(owed)} due:")
    for subject, (at, claimed) in owed.items():
        click.echo(f"  {_named(subject, names)}  {'being worked on now' if claimed else _when(at, now)}")
    click.echo(f"{len(faults)} failing:")
    for fault in faults:
        times = f"{fault.attempts} time{'s' if fault.attempts > 1 else ''} in a row"
        click.echo(f"  {_named(fault.subject, names)}  {times}, last {_ago(now - fault.at)}: {fault.error}")


@work.command()
@click.argument("subject", required=False)
@ENV_FILE
def retry(subject: str | None, env_file: Path | None) -> None:
    """Look at SUBJECT again now; without SUBJECT, at everything that fails.

    \b
    golive work retry acme/shop#7
    """
    from golive.cli import database
    from golive.store import overview

    with database.opened(env_file) as store:
        subjects = [database.subject_of(store, subject)] if subject else [row.subject for row in store.faults()]
        with store.transaction() as tx:
            for one in subjects:
                tx.touch(one)
        told = database.wake_service(store) if subjects else False
        names = overview.named(store)
    if not subjects:
        click.echo("Nothing fails: there is nothing to try again.")
        return
    for one in subjects:
        click.echo(f"{_named(one, names)} is due now.")
    if not told:
        click.echo("It is looked at as soon as a golive serves this database.")


def _named(subject: str, names: dict[str, str]) -> str:
    return f"{names[subject]} ({subject})" if subject in names else subject


def _when(at: datetime, now: datetime) -> str:
    return "now" if at <= now else f"in {_span(at - now)}"


def _ago(span: timedelta) -> str:
    return f"{_span(span)} ago"


def _span(span: timedelta) -> str:
    seconds = max(round(span.total_seconds()), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
