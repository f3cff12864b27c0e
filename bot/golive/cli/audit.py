"""`golive audit`: is the record of releases whole? Add a question about the record as one more command."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from golive.cli.work import ENV_FILE
from golive.core.errors import Misconfigured

BROKEN = 1


@click.group()
def audit() -> None:
    """Verify the record of releases: an append-only chain of hashes for each of them."""


@audit.command()
@click.argument("subject", required=False)
@click.option("--all", "everything", is_flag=True, help="Every release that was ever recorded.")
@ENV_FILE
def verify(subject: str | None, everything: bool, env_file: Path | None) -> None:
    """Walk the chain of SUBJECT, or of every release with --all, and say what does not hold. Exits 0, or 1.

    \b
    golive audit verify acme/shop#7
    golive audit verify --all
    """
    from golive.cli import database

    if bool(subject) == everything:
        raise click.UsageError("Name one release like acme/shop#7, or use --all.")
    broken = 0
    with database.opened(env_file) as store:
        recorded, names = database.recorded(store), database.named(store)
        if subject:
            key = database.subject_of(store, subject)
            recorded = [one for one in recorded if one.key == key]
            if not recorded:
                raise Misconfigured(f"{subject} has no record: golive has not taken it for a release.")
        for one in recorded:
            faults = store.broken_links(one)
            broken += bool(faults)
            name = names.get(one.key, one.key)
            holds = f"{name}: the chain holds, its head is {store.chain_head(one)[:12]}"
            click.echo("\n".join(f"{name}: {fault}" for fault in faults) or holds)
    if not recorded:
        click.echo("Nothing is recorded yet.")
    if broken:
        click.echo(
            f"{broken} of {len(recorded)} records do not hold. Keep this database, and restore a backup beside it."
        )
        sys.exit(BROKEN)
