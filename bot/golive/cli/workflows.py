"""The workflows of `templates/workflows/`, made one repository's own: which of them, and what stands in for three words.

A template is a workflow that the linters read as it is. Its stand-ins are replaced as plain text, and nothing of a
repository is ever put into one, except what was checked to be the name of an action or an address, and names of workflows,
in quotes. Add a workflow as a template and its row in `PARTS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from golive import __version__
from golive.cli.surveying import origin, remote
from golive.core.errors import Misconfigured

FOLDER = ".github/workflows/"
OWNER, COMMIT, SERVER = "golive-owner/golive", "0" * 40, "https://golive.example.org"
"""What stands in the templates for the action's repository, its commit, and the address of a server."""
RELEASE = "v0.0.0"
"""What stands in the comment beside a commit."""
PARTS: Mapping[str, Sequence[str]] = {
    "gate": ("golive-gate.yml", "golive-review.yml"),
    "checks": ("golive-nightly.yml",),
    "deploy": ("golive-deploy.yml",),
}
"""What `--with` takes → its templates."""
HANDED_OVER = "golive-files.yml"
"""Comes with `checks` wherever somebody takes the results: a server, or the gate."""
REPORTS, GATE, DEPLOY = "golive-report.yml", "golive-gate.yml", "golive-deploy.yml"
GATE_WITH_CHECKS = "golive-gate-checks.yml"
"""The template of the gate where it takes results, too."""
AFTER = re.compile(r"workflows: \[(golive review(?:, golive files)?)\]")
"""What stands in the gate's templates for the workflows after which it looks again."""
MOST_AFTER = 20
_REF = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}"
_ACTION = re.compile(rf"(?P<name>[A-Za-z0-9][A-Za-z0-9-]{{0,98}}/[A-Za-z0-9._-]{{1,100}})(?:@(?P<ref>{_REF}))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Action:
    """Where golive's actions are. ref: a commit where one is known, else the tag of this version.   why: in words."""

    name: str
    ref: str
    why: str

    @property
    def pinned(self) -> bool:
        """Whether nobody can change what runs."""
        return _COMMIT.fullmatch(self.ref) is not None


def action(asked: str, host: str = "github.com", came: tuple[str, str] | None = None) -> Action | None:
    """The action as it was asked for, or as this golive was installed; None where neither says whose it is.

    host: the forge that will run the workflows, where the action must be.   came: address and commit of the repository
    that this golive came from; looked up when left out. Raises Misconfigured for what is no action.
    """
    tag = f"v{__version__}"
    if asked:
        found = _ACTION.fullmatch(asked)
        if found is None:
            raise Misconfigured(f"--action takes OWNER/NAME or OWNER/NAME@COMMIT, got {asked!r}.")
        why = "as it was asked for" if found["ref"] else "the tag of this version"
        return Action(found["name"], found["ref"] or tag, why)
    url, commit = came if came is not None else _installed_from()
    from_host, name = remote(url.removeprefix("git+"))
    if from_host != host.lower() or not _ACTION.fullmatch(name):
        return None
    if _COMMIT.fullmatch(commit):
        return Action(name, commit, "the commit that this golive was installed from")
    return Action(name, tag, "the tag of this version")


def _installed_from() -> tuple[str, str]:
    """Where this golive came from, and its commit: by pip's own record (PEP 610), or by the checkout that it lies in."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        told = json.loads(distribution("golive").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        told = {}
    if isinstance(told, dict) and isinstance(vcs := told.get("vcs_info"), dict):
        return str(told.get("url", "")), str(vcs.get("commit_id", ""))
    checkout = Path(__file__).resolve().parents[3]
    if not (checkout / "action.yml").is_file():
        return "", ""
    here = origin(checkout)
    return (f"https://{here.host}/{here.repository}", here.commit) if here.repository else ("", "")


def server(asked: str) -> str:
    """The address of a server without its last slash. Raises Misconfigured for what is none."""
    if not asked:
        return ""
    parts = urlsplit(asked)
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?", asked) or parts.username:
        raise Misconfigured(f"--server takes the address of a golive, like {SERVER}, got {asked!r}.")
    return asked.rstrip("/")


def templates(parts: Sequence[str], with_server: bool) -> dict[str, str]:
    """The file of every workflow that belongs to the parts → its template."""
    found = {name: name for part in parts for name in PARTS[part]}
    if "checks" in parts and with_server:
        found |= {HANDED_OVER: HANDED_OVER, REPORTS: REPORTS}
    elif {"checks", "gate"} <= set(parts):
        found |= {HANDED_OVER: HANDED_OVER, GATE: GATE_WITH_CHECKS}
    return found


def runner_of(parts: Sequence[str], with_server: bool) -> str:
    """The workflow that looks at files on a runner, as a path; empty where none does."""
    there = templates(parts, with_server)
    taken = REPORTS if with_server else GATE
    return FOLDER + taken if HANDED_OVER in there else ""


def workflows(parts: Sequence[str], use: Action, address: str, others: Iterable[str] = ()) -> dict[str, str]:
    """Path → text of every workflow that belongs to the parts. address: of the server, or empty.

    others: names of the repository's own workflows, after which the gate looks again.
    """
    from golive.render.templates import asset

    def after(found: re.Match[str]) -> str:
        names = list(dict.fromkeys([*found[1].split(", "), *(name for name in others if name)]))[:MOST_AFTER]
        return f"workflows: [{', '.join(json.dumps(name, ensure_ascii=False) for name in names)}]"

    there = templates(parts, bool(address)).items()
    return {FOLDER + name: _filled(AFTER.sub(after, asset(f"workflows/{of}")), use, address) for name, of in there}


def _filled(text: str, use: Action, address: str) -> str:
    comment = f" # {RELEASE}"
    said = f" # v{__version__}" if use.pinned else " # a tag can be moved: pin its commit"
    text = text.replace(f"@{COMMIT}{comment}", f"@{use.ref}{said}")
    return text.replace(OWNER, use.name).replace(SERVER, address or SERVER)
