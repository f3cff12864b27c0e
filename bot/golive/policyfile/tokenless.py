"""What a policy may not ask for without a server: of a workflow's own token, to look people up; without a key, to be remembered.

Each is a located mistake with its mend.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from golive.policyfile import tree
from golive.policyfile.mistakes import Mistake, Report, below, shown
from golive.policyfile.tree import Mapping, Node, Scalar, Sequence

WHO = ("from", "to")
"""Keys whose values name people."""
_TEAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9_.-]+\Z")
MEND = (
    'Name people ("@mona") or who has a permission (permission:write), or give golive an App (GOLIVE_GITHUB_APP_ID), which '
    "may look teams up"
)


def beyond_token(text: str | bytes, path: str) -> tuple[Mistake, ...]:
    """A mistake for every team and organisation that a whole policy names, in the order of the file."""
    root, report = _read(text, path)
    if root is not None:
        _look(root, "", report)
    return report.mistakes


def beyond_memory(text: str | bytes, path: str) -> tuple[Mistake, ...]:
    """A mistake for what a run that remembers nothing would do again each time."""
    root, report = _read(text, path)
    promotion = root.entries.get("promotion") if isinstance(root, Mapping) else None
    within = promotion.value if promotion else None
    resume = within.entries.get("resume") if isinstance(within, Mapping) else None
    if resume is not None:
        what = "without a state key each run of the gate would start it again"
        report.add(resume.value.place, "promotion.resume", what, "Set `GOLIVE_STATE_KEY`, 32 characters or more")
    return report.mistakes


def _read(text: str | bytes, path: str) -> tuple[Node | None, Report]:
    decoded, report = tree.decode(text, path)
    return tree.read(decoded, report), report


def _look(node: Node, at: str, report: Report) -> None:
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            if key in WHO:
                _named(entry.value, below(at, key), report)
            _look(entry.value, below(at, key), report)
    elif isinstance(node, Sequence):
        for place, one in enumerate(node.items):
            _look(one, below(at, place), report)


def _named(node: Node, at: str, report: Report) -> None:
    for one in _texts(node):
        team = _TEAM.match(one.text)
        if team or one.text.startswith("org:"):
            kind = "team" if team else "organisation"
            what = f"a workflow's own token may not read who is in the {kind} {shown(one.text)}"
            report.add(one.place, at, what, MEND)


def _texts(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        yield from (one for one in node.items if isinstance(one, Scalar))
