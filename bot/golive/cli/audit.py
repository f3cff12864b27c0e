"""`golive audit`: is the record of releases whole, and what of it can be handed on? Add a question as one more command."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from golive.cli.work import ENV_FILE
from golive.core.chain import NEVER_AT, noted
from golive.core.errors import Misconfigured

_HEAD = re.compile(r"[0-9a-fA-F]{7,64}")
BROKEN = 1
NOT_TOLD = 3
"""Nothing was found wrong, and not everything could be looked at."""


@click.group()
def audit() -> None:
    """Verify the record of releases, and export it as signed evidence.

    The record is an append-only chain of hashes for each release; its head stands on the check run and in the comment
    that golive keeps on the pull request. Exported evidence is one signed file, which an auditor verifies anywhere.

    \b
    golive audit verify --all                       is the record whole?
    golive audit export acme/shop#7 -o shop-7.json  hand on the evidence of a release
    golive audit key > golive.pem                   hand on the key, by another way than the file
    golive audit verify shop-7.json --key golive.pem
    """


@audit.command()
@click.argument("subject", required=False, metavar="[SUBJECT | FILE]")
@click.option("--all", "everything", is_flag=True, help="Every release that was ever recorded.")
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PUBLIC.pem",
    help="The public key with which FILE must be signed; without it, this installation's own.",
)  # fmt: skip
@click.option("--head", metavar="HASH", default="", help="A head that the chain had once, as the check run shows it.")
@ENV_FILE
def verify(subject: str | None, everything: bool, key: Path | None, head: str, env_file: Path | None) -> None:
    """Verify the record of SUBJECT, of every release with --all, or the exported evidence in FILE.

    Says what holds and what could not be looked at. A chain alone cannot show that its end was cut off, or that all of it
    was written anew: give the --head that the check run shows. Exits 0; 1 where something does not hold; 3 where the
    signature could not be checked.

    \b
    golive audit verify acme/shop#7
    golive audit verify acme/shop#7 --head 3ec0a8d142b3
    golive audit verify --all
    golive audit verify shop-7.json --key golive.pem
    """
    if bool(subject) == everything or (everything and (key or head)):
        raise click.UsageError("Name one release like acme/shop#7, or one exported file, or use --all.")
    if head and not _HEAD.fullmatch(head):
        raise click.UsageError("--head is a hash, or how it begins: at least 7 digits of 0-9 and a-f.")
    if subject and (key or Path(subject).is_file()):
        _verify_file(Path(subject), key, head, env_file)
    else:
        _verify_records(subject, head, env_file)


@audit.command()
@click.argument("subject")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Instead of printing it."
)
@click.option("--with-logins", is_flag=True, help="Name people by login, too; without it by numeric id alone.")
@ENV_FILE
def export(subject: str, output: Path | None, with_logins: bool, env_file: Path | None) -> None:
    """Export the evidence of SUBJECT as one signed file: an in-toto statement in a DSSE envelope.

    It holds what was decided and on what: commits, policy, sign-offs, findings, waivers, holds, conditions, and the whole
    chain of the record, without the texts behind it. Its subject is the commit that was decided on, and the one it landed
    as. Secrets are masked. A record that does not hold is not exported.

    \b
    golive audit export acme/shop#7 -o shop-7.json
    """
    from golive.cli import database, evidence

    settings = evidence.settings_of(env_file)
    with database.opened(env_file) as store:
        text, key_id = evidence.exported(store, settings, subject, with_logins)
    if output is None:
        click.echo(text, nl=False)
        return
    from golive.cli import writing

    writing.keep(output, text, "Name another file with -o.")
    click.echo(
        f"{output}: the evidence of {subject}, signed with key {key_id[:16]}. Verify it: golive audit verify {output}"
    )


@audit.command()
@ENV_FILE
def key(env_file: Path | None) -> None:
    """Print the public key that signs exports, and its id: the SHA-256 of the key in DER, as it stands in each file.

    Without GOLIVE_AUDIT_KEY_FILE, the key is made once beside the SQLite file, readable by golive alone. Back it up with
    the database. What this prints can be saved as it is, and given to --key.
    """
    from golive.cli import evidence
    from golive.wiring import audit_key

    public = audit_key.own_or_new(evidence.settings_of(env_file)).public
    click.echo(f"key id: {public.id}\n{public.pem}", nl=False)


def _verify_file(file: Path, key: Path | None, head: str, env_file: Path | None) -> None:
    from golive.cli import evidence

    seen = evidence.verified(file, key, head, env_file)
    for line in (*seen.holds, *seen.wrong, *seen.unchecked):
        click.echo(f"{file}: {line}")
    if seen.wrong:
        click.echo("Do not rely on it: ask for it again, where it was exported.")
        sys.exit(BROKEN)
    if seen.unchecked:
        sys.exit(NOT_TOLD)


def _verify_records(subject: str | None, head: str, env_file: Path | None) -> None:
    from golive.cli import database
    from golive.store import overview

    broken = 0
    with database.opened(env_file) as store:
        recorded, names = overview.recorded(store), overview.named(store)
        if subject:
            key = database.subject_of(store, subject)
            recorded = [one for one in recorded if one.key == key]
            if not recorded:
                raise Misconfigured(f"{subject} has no record: golive has not taken it for a release.")
        for one in recorded:
            faults = store.broken_links(one)
            if head and noted(store.links(one), head) is None:
                faults.append(NEVER_AT.format(head=head))
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
