"""What a policy may not ask for where golive has no App: whom a workflow's own token cannot look up. Located, with the mend."""

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
    decoded, report = tree.decode(text, path)
    root = tree.read(decoded, report)
    if root is not None:
        _look(root, "", report)
    return report.mistakes


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
