"""`golive init`: look at a repository, and propose its policy and its workflows.

`surveying` walks, `recognise` tells what is what, `policyfile.propose` makes the policy, `workflows` fills the templates,
`writing` writes. Here is only what the person sees; add to what is shown in `_tree`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.tree import Tree

    from golive.cli.workflows import Action
    from golive.cli.writing import Proposed
    from golive.policyfile.propose import Proposal
    from golive.policyfile.seen import Seen

POLICY = ".github/golive.yml"
PARTS = ("gate", "checks", "deploy")
"""The parts of `workflows.PARTS`; a test holds the two together, so that help imports nothing."""
SCHEMA_VERSION = 1
PLAIN_WIDTH = 260
"""Columns of the tree where there is no terminal to ask."""
COLOURS = {"new": "green", "replaced": "yellow", "kept": "red", "same": "dim"}
STATES = {
    "new": "new", "replaced": "replaces what is there", "same": "is there already, just so",
    "kept": "is there and stays as it is; --force replaces it",
}  # fmt: skip


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--with", "parts", metavar="PARTS", default="",
    help="Workflows to write too: gate, checks, deploy, separated by commas. Without it, the policy alone.",
)  # fmt: skip
@click.option(
    "--server", metavar="URL", default="", help="The golive server that decides; without one, a workflow does."
)
@click.option(
    "--action", "asked", metavar="OWNER/NAME[@COMMIT]", default="",
    help="Where the workflows get golive; else where this golive came from, at its commit or its version's tag.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Write nothing; print the files instead.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Tell everything as JSON.")
def init(path: Path, parts: str, server: str, asked: str, dry_run: bool, force: bool, as_json: bool) -> int:
    """Look at the repository in PATH, and propose how it goes live: .github/golive.yml, and workflows for it.

    Nothing is run, nothing leaves this machine, and no file that is there is changed without --force. What cannot be
    known stands in the policy in its safe form, which blocks; `golive validate` points at it.

    \b
    golive init --dry-run                     look first
    golive init                               the policy
    golive init --with gate                   and golive as a workflow, without a server
    golive init --with checks --server https://golive.example.org
                                              with a server: its checks that need a runner

    Exits 1 where a file that is there was left as it is.
    """
    from golive.cli import workflows
    from golive.cli.recognise import seen
    from golive.cli.surveying import origin, walked
    from golive.cli.writing import KEPT, compared, write
    from golive.policyfile.propose import Around, propose

    wanted, address = _parts(parts), workflows.server(server)
    if "gate" in wanted and address:
        raise click.UsageError("--with gate is golive without a server: take out --server, or gate")
    here = origin(path)
    use = workflows.action(asked, here.host or "github.com") if wanted else None
    if wanted and use is None:
        raise Misconfigured(
            "Workflows name the repository that golive's actions are in, and this golive does not say where it came from. "
            "Name it: --action OWNER/golive@COMMIT."
        )
    found = seen(walked(path), here)
    around = Around(
        serverless="gate" in wanted, server=address,
        runner=workflows.runner_of(wanted, bool(address)),
        deploys=workflows.DEPLOY if "deploy" in wanted else "",
    )  # fmt: skip
    proposal = propose(found, around)
    _whole(proposal.text)
    made = {POLICY: proposal.text} | (
        workflows.workflows(wanted, use, address, [job.title for job in found.jobs]) if use else {}
    )
    files = compared(path, made, force)
    if not dry_run:
        write(path, files)
    if as_json:
        click.echo(json.dumps(_told(found, files, proposal, use, dry_run), indent=2, ensure_ascii=False))
    else:
        _show(found, files, proposal, use, dry_run)
    return int(any(one.state == KEPT for one in files))


def _parts(text: str) -> tuple[str, ...]:
    named = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in named if part not in PARTS]
    if unknown:
        raise click.UsageError(f"--with takes {', '.join(PARTS)}, separated by commas; got {unknown[0]!r}")
    return tuple(part for part in PARTS if part in named)


def _whole(text: str) -> None:
    """Raises PolicyMistakes where what is proposed would not validate: a fault of ours, and nothing is written then."""
    from golive.checks.registry import installed
    from golive.policyfile import load

    load(text, installed(), POLICY)


# ------------------------------------------------------------------ what the person sees


def _told(
    found: Seen, files: Sequence[Proposed], proposal: Proposal, use: Action | None, dry_run: bool
) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "schema_version": SCHEMA_VERSION,
        "found": asdict(found),
        "files": [{"path": one.path, "state": one.state, "text": one.text} for one in files],
        "written": not dry_run,
        "fill_in": list(proposal.fill_in),
        "action": {"name": use.name, "ref": use.ref, "pinned": use.pinned} if use else None,
        "next": list(_next(files, proposal, use, dry_run)),
    }


def _show(found: Seen, files: Sequence[Proposed], proposal: Proposal, use: Action | None, dry_run: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:  # plain output is not wrapped, so that a line of it stays a line wherever it is read
        console = Console(highlight=False, markup=False, emoji=False, width=PLAIN_WIDTH)
    if dry_run:
        for one in files:
            console.print(Text(f"── {one.path}", "bold"))
            console.print(Text(one.text), soft_wrap=True)
    console.print(_tree(found, files))
    for number, step in enumerate(_next(files, proposal, use, dry_run), 1):
        console.print(Text(f"{number}. {step}"))


def _tree(found: Seen, files: Sequence[Proposed]) -> Tree:
    """What was found, and what is written for it."""
    from rich.text import Text
    from rich.tree import Tree

    from golive.policyfile.propose_text import said

    root = Tree(Text(said(found.repository or found.name) or "this repository", "bold"))
    there = root.add(Text("found", "bold"))
    nothing = True
    for what, words in _found(found):
        nothing = False
        there.add(Text.assemble((what, "cyan"), ": ", said(words, 200)))
    if nothing:
        there.add(Text("nothing that golive knows", "dim"))
    write = root.add(Text("proposed", "bold"))
    for one in files:
        write.add(Text.assemble((one.path, COLOURS[one.state]), "  ", (STATES[one.state], "dim")))
    return root


def _found(found: Seen) -> Iterator[tuple[str, str]]:
    """Subject and words, for whatever is there."""
    yield "goes live from", found.branch
    for language, folders in found.languages:
        yield language, ", ".join("the root" if folder == "." else folder for folder in folders)
    lists = (
        ("checks on pull requests", [job.check for job in found.jobs]),
        ("jobs whose checks cannot be told", found.unsure),
        ("other services", found.other_ci),
        ("containers", found.containers),
        ("compose", [f"{one.path} ({', '.join(one.services)})" for one in found.compose]),
        ("API descriptions", [f"{one.path} (OpenAPI {one.version}, {one.paths} paths)" for one in found.apis]),
        ("alert rules", found.alerts),
        ("Kubernetes manifests", found.manifests),
        ("test reports", [one.files for one in found.tests]),
        ("coverage reports", [one.files for one in found.coverage]),
        ("runbooks", found.runbooks),
    )
    for what, words in lists:
        if words:
            yield what, ", ".join(words)
    if found.owners:
        yield (
            "code owners",
            f"{found.owners.path}: {', '.join((*found.owners.people, *found.owners.teams)) or 'nobody'}",
        )
    if found.odd:
        yield "left out for their names", f"{found.odd} files or folders"
    if found.cut:
        yield "not looked at", "what lies deeper: the repository is very large"


def _next(files: Sequence[Proposed], proposal: Proposal, use: Action | None, dry_run: bool) -> Iterator[str]:
    """What a person does now, in sentences."""
    if dry_run:
        yield "Nothing was written. The same without --dry-run writes it."
        return
    if kept := [one.path for one in files if one.state == "kept"]:
        yield f"Compare what is there with what is proposed: golive init --dry-run ({', '.join(kept)})."
    if proposal.fill_in:
        places = "one place" if len(proposal.fill_in) == 1 else f"{len(proposal.fill_in)} places"
        yield f"Fill in {places} of {POLICY} that only people know: golive validate names them."
    yield "See what stands in the way today: golive check"
    if use and not use.pinned:
        yield f"Pin golive: put the commit of {use.name}@{use.ref} in its place, so that nobody can change what runs."
    elif use:
        yield f"The workflows use {use.name} at {use.ref[:12]}: {use.why}."
    if any(one.path.endswith("/golive-gate.yml") for one in files):
        yield "Give the gate its environment and its key: the head of .github/workflows/golive-gate.yml says how."
    yield "Commit it to the branch that releases go into. From then on the policy is read from there."
