"""`golive kinds`: which kinds of checks are installed, and what each one does, from its own docstring."""

from __future__ import annotations

import difflib
import inspect
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from golive.ports import Kind

NOT_YET = "not yet run against the real service"


@click.command()
@click.argument("names", nargs=-1, metavar="[KIND]...")
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@click.option("--markdown", is_flag=True, help="The reference page of the documentation.")
def kinds(names: tuple[str, ...], as_json: bool, markdown: bool) -> None:
    """List the kinds of checks, or explain some of them.

    \b
    golive kinds
    golive kinds http sql
    """
    from golive.checks.registry import installed

    known = installed()
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"The kinds are: {', '.join(known)}."
            raise Misconfigured(f"There is no kind {name!r}. {hint}")
    if as_json:
        click.echo(json.dumps([described(known[name]) for name in names or known], indent=2, ensure_ascii=False))
    elif markdown:
        click.echo(as_markdown(known), nl=False)
    elif names:
        click.echo("\n\n".join(page(known[name]) for name in names))
    else:
        _listing(known)


def reference(kind: type[Kind]) -> str:
    """The text of a kind's own module."""
    module = sys.modules[kind.__module__]
    return inspect.cleandoc(module.__doc__ or kind.__doc__ or "")


def sentence(kind: type[Kind]) -> str:
    """What it is for, without its name."""
    return reference(kind).partition("\n")[0].partition(": ")[2].rstrip(".")


def page(kind: type[Kind]) -> str:
    """All there is to know about a kind, as text."""
    told = described(kind)
    lines = [
        reference(kind), "",
        f"Measures: {', '.join(f'{name} ({unit})' if unit else name for name, unit in kind.measures.items()) or 'nothing'}",
        f"Runs: {told['runs']}", f"Run against: {told['run_against']}",
    ]  # fmt: skip
    also = getattr(kind, "also", {})
    if also:
        lines.append(f"Also understood: {', '.join(f'{theirs} = {ours}' for theirs, ours in also.items())}")
    return "\n".join(lines)


def as_markdown(known: Mapping[str, type[Kind]]) -> str:
    """Every kind on one page, as the documentation has it."""
    ours = {name: kind for name, kind in known.items() if kind.__module__.startswith("golive.")}
    lines = [
        "# Kinds of checks", "",
        "Made from the kinds themselves by `golive kinds --markdown`. How they are used is said in [Checks](../checks.md).",
        "", "| kind | what it asserts | runs | run against |", "|---|---|---|---|",
    ]  # fmt: skip
    for name, kind in ours.items():
        told = described(kind)
        lines.append(f"| [`{name}`](#{name}) | {told['sentence']} | {told['runs']} | {told['run_against']} |")
    for name, kind in ours.items():
        lines += ["", f"## {name}", "", *_body(kind)]
        if also := getattr(kind, "also", {}):
            lines += ["", f"Also understood: {', '.join(f'`{theirs}` for `{ours}`' for theirs, ours in also.items())}."]
    return "\n".join(lines) + "\n"


def _body(kind: type[Kind]) -> list[str]:
    """The reference without its first line, with a blank line before a list as Markdown wants it."""
    lines = reference(kind).split("\n")
    return [f"{sentence(kind)[:1].upper()}{sentence(kind)[1:]}.", *lines[1:]]


def described(kind: type[Kind]) -> dict[str, object]:
    """A kind for programs."""
    return {
        "kind": kind.kind,
        "sentence": sentence(kind),
        "measures": dict(kind.measures),
        "runs": "on a runner or with `golive check`" if getattr(kind, "machine", False) else "anywhere",
        "run_against": getattr(kind, "ran_against", "") or NOT_YET,
        "reference": reference(kind),
    }


def _listing(known: Mapping[str, type[Kind]]) -> None:
    width = max(len(name) for name in known)
    for name, kind in known.items():
        real = "" if getattr(kind, "ran_against", "") else click.style(f"  ({NOT_YET})", fg="yellow")
        click.echo(f"{click.style(name.ljust(width), bold=True)}  {sentence(kind)}{real}")
    click.echo(f"\n{len(known)} kinds. `golive kinds NAME` explains one, with its options and an example.")
