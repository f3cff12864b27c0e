"""`golive report`: a saved report, told again in another format."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from golive.cli.check import FORMATS, keep, told
from golive.core.errors import Misconfigured


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to tell.")
@click.option("--save", multiple=True, type=click.Path(path_type=Path), help="Keep it; the suffix says the format.")
def report(file: Path, form: str, save: tuple[Path, ...]) -> None:
    """Tell a report that `golive check --save results.json` kept.

    \b
    golive report results.json
    golive report results.json --format markdown >> "$GITHUB_STEP_SUMMARY"
    golive report results.json --save report.html --save junit.xml
    """
    from golive.render.report.json import load

    try:
        read = load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Misconfigured(f"{file} cannot be read: {why}.") from None
    except ValueError as error:
        raise Misconfigured(f"{file} is no report of golive: {error}") from None
    for path in save:
        keep(read, path)
    click.echo(told(read, form, sys.stdout.isatty()), nl=False)
