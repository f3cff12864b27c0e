"""`golive validate`: is this policy file whole? For people, for editors (JSON), and for annotations in a workflow.

Add an output format as one function and its row in `FORMATS`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from golive.cli.workflow_commands import annotation
from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from golive.cli.owners import Warned
    from golive.policyfile import Mistake

SEARCHED = (Path(".github/golive.yml"), Path("golive.yml"))
"""Where a repository's policy is looked for, first come first taken."""
MISTAKEN = 3


def as_text(mistakes: Sequence[Mistake], files: Sequence[str], warnings: Sequence[Warned] = ()) -> str:
    """One line per mistake and warning, clickable in terminals and editors; a line per file where there is no mistake."""
    told = [str(m) for m in mistakes] or [f"{file}: a whole policy" for file in files]
    return "\n".join([*told, *(str(one) for one in warnings)])


def as_github(mistakes: Sequence[Mistake], files: Sequence[str], warnings: Sequence[Warned] = ()) -> str:
    """Workflow commands that put each mistake and warning on its line of a pull request."""
    lines = [
        annotation(
            "failure", m.text, path=m.path, line=m.line, end_line=max(m.line, m.end_line),
            # GitHub refuses a column where the span has several lines
            column=m.column if m.end_line <= m.line else 0, title="golive policy",
        )
        for m in mistakes
    ] or [as_text((), files)]  # fmt: skip
    for one in warnings:
        title = "golive code owners" if one.path not in files else "golive policy"
        lines.append(annotation("warning", one.what, path=one.path, line=one.line, title=title))
    return "\n".join(lines)


def as_json(mistakes: Sequence[Mistake], files: Sequence[str], warnings: Sequence[Warned] = ()) -> str:
    """`{"valid": …, "files": […], "mistakes": [{file, line, column, end_line, at, what, mend}], "warnings": […]}`.

    A warning is `{file, line, what}`.
    """
    told = [
        {
            "file": m.path, "line": m.line, "column": m.column, "end_line": max(m.line, m.end_line),
            "at": m.at, "what": m.what, "mend": m.mend,
        }
        for m in mistakes
    ]  # fmt: skip
    also = [{"file": one.path, "line": one.line, "what": one.what} for one in warnings]
    whole = {"valid": not mistakes, "files": list(files), "mistakes": told, "warnings": also}
    return json.dumps(whole, indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[Sequence[Mistake], Sequence[str], Sequence[Warned]], str]] = {
    "text": as_text,
    "github": as_github,
    "json": as_json,
}
"""How the outcome can be told."""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="How to tell."
)
@click.option(
    "--serverless", is_flag=True, help="For `golive gate` with a workflow's own token: teams are mistakes, too."
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of policy files instead, for editors.")
def validate(paths: tuple[Path, ...], form: str, serverless: bool, schema: bool) -> None:
    """Check policy files. Without PATH: the first of .github/golive.yml and golive.yml.

    Every mistake is told with its file, line and column, and how to mend it. Where a role is asked of code owners, the
    CODEOWNERS file beside the policy is read too; what is odd in it is a warning. So is each place that `golive init` left
    to be filled in. Exits 0 without mistakes, 3 otherwise.

    \b
    golive validate
    golive validate --serverless                    for a gate with GITHUB_TOKEN alone
    golive validate --format github                 in a workflow: annotations on the lines
    golive validate --schema > golive.schema.json   for your editor
    """
    from golive.checks.registry import installed
    from golive.cli.marked import marked
    from golive.cli.owners import warned
    from golive.policyfile import PolicyMistakes, json_schema, load

    kinds = installed()
    if schema:
        click.echo(json.dumps(json_schema(kinds), indent=2, ensure_ascii=False))
        return
    files = paths or (_found(),)
    mistakes: list[Mistake] = []
    warnings: list[Warned] = []
    for file in files:
        try:
            text = _read(file)
            warnings += [*warned(load(text, kinds, str(file)), file), *marked(text, str(file))]
            mistakes += _beyond(text, str(file)) if serverless else ()
        except PolicyMistakes as found:
            mistakes += found.mistakes
    click.echo(FORMATS[form](mistakes, [str(file) for file in files], warnings))
    if serverless and form == "text":
        from golive.cli.serverless_terms import ANYBODY, NO_WORKFLOWS

        click.echo(f"{ANYBODY}\n{NO_WORKFLOWS}")
    if mistakes:
        sys.exit(MISTAKEN)


def _beyond(text: bytes, file: str) -> Sequence[Mistake]:
    """Mistakes of a whole policy where a workflow's own token is all there is."""
    from golive.policyfile.tokenless import beyond_token

    return beyond_token(text, file)


def _found() -> Path:
    for path in SEARCHED:
        if path.is_file():
            return path
    raise Misconfigured(
        f"There is no policy here: neither {SEARCHED[0]} nor {SEARCHED[1]}. Name the file, or go to the repository."
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}. Name a policy file.") from None
