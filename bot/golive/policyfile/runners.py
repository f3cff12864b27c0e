"""The workflows that a policy believes: each by its whole name at one branch, tag or commit that no pull request can change."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from golive.core.globs import matches_glob
from golive.policyfile.mistakes import Report, mistaken, shown
from golive.policyfile.tree import Mapping, items, text_of

MOST = 50
_WORKFLOW = re.compile(
    r"^[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9._-]{1,100}/\.github/workflows/[^/@\s]{1,200}\.ya?ml"
    r"@(refs/heads/[^\s@~^:?*\[\\]+|refs/tags/[^\s@~^:?*\[\\]+|[0-9a-f]{40})$"
)
_EXAMPLE = "acme/shop/.github/workflows/golive.yml@refs/heads/main"


def _workflow(text: str) -> str:
    path, _, ref = text.partition("@")
    if ref.startswith("refs/pull/"):
        what = "a pull request writes its own copy of a workflow, so one at refs/pull is believed by nobody"
        raise mistaken(what, f"Write the branch that it is on, for example `{path}@refs/heads/main`")
    if ref and not ref.startswith("refs/") and re.fullmatch(r"[\w./-]+", ref) and not re.fullmatch("[0-9a-f]{40}", ref):
        raise mistaken(
            f'"@{shown(ref)}" is not a whole ref', f"Write `{path}@refs/heads/{ref}`, or refs/tags/ for a tag"
        )
    if not _WORKFLOW.match(text):
        raise mistaken(f'expected a workflow at a ref, got "{shown(text)}"', f'Write it whole, as "{_EXAMPLE}"')
    return text


def _once(value: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((one for at, one in enumerate(value) if one in value[:at]), None)
    if twice is not None:
        raise mistaken(f"`{shown(twice)}` is here twice", "Name each once")
    return value


Workflow = Annotated[str, AfterValidator(_workflow), Field(json_schema_extra={"pattern": _WORKFLOW.pattern})]
Workflows = Annotated[tuple[Workflow, ...], Field(max_length=MOST), AfterValidator(_once)]


def look_across_runners(root: Mapping, report: Report) -> None:
    """A branch that releases come from is written by those whose work is to be judged."""
    releases = [one for one in items(root.get("releases")) if isinstance(one, Mapping)]
    bases = {text_of(one.get("base")) for one in releases}
    heads = [
        (text_of(head), text_of(one.get("name")))
        for one in releases
        for head in (items(one.get("head")) or [one.get("head")])
        if head is not None
    ]
    for at, runner in enumerate(items(root.get("runners"))):
        branch = text_of(runner).partition("@refs/heads/")[2]
        name = next(
            (name for head, name in heads if branch not in {*bases, ""} and head and matches_glob(head, branch)), None
        )
        if name is not None:
            what = f"releases of `{name}` come from `{shown(branch)}`, so whoever writes one could change this workflow"
            report.add(
                runner.place, f"runners[{at}]", what, "Name the workflow on the branch that they are merged into"
            )
