"""The pull requests of release-please, told by their branch. Pure; what is known of the tool stands here.

release-please keeps one pull request for each base, or for each component or group of it: from the branch
`release-please--branches--<base>`, with `--components--<name>` or `--groups--<name>` behind. It writes the branch anew with a
force push whenever the base moves, labels the pull request `autorelease: pending` after opening it and `autorelease: tagged`
once it has tagged what was merged; the title is `chore(<base>): release <component> <version>` unless it is told otherwise.
Titles and labels are settings of the tool, and a pull request has no label yet when it is opened: only the branch tells.
"""

from __future__ import annotations

import re

PENDING, TAGGED = "autorelease: pending", "autorelease: tagged"
"""The labels it gives by default, before and after what was merged is tagged."""
_PREFIX = "release-please--branches--"
_PART = re.compile(r"--(?:components|groups)--[^/\s]+(?:/[^/\s]+)*")
_VERSION = re.compile(r"(?<![\w.])v?(\d+\.\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.+-]*[0-9A-Za-z])?)(?![\w])")


def is_branch_of(head_ref: str, base_ref: str) -> bool:
    """Whether release-please brings its releases into this base by this branch."""
    if not base_ref or not head_ref.startswith(_PREFIX + base_ref):
        return False
    rest = head_ref[len(_PREFIX) + len(base_ref) :]
    return not rest or _PART.fullmatch(rest) is not None


def is_branch(head_ref: str) -> bool:
    """Whether release-please made this branch, for whatever base."""
    return head_ref.startswith(_PREFIX)


def component_of(head_ref: str) -> str:
    """The component or group of the branch; empty where it is for all of the base."""
    return re.split(r"--(?:components|groups)--", head_ref, maxsplit=1)[1] if _PART.search(head_ref) else ""


def version_in(title: str) -> str:
    """The version in a title, without a leading v: the last one, for the base's name comes first; empty where there is none.

    The branch names no version, because it stays the same from release to release.
    """
    found = _VERSION.findall(title[:1000])
    return found[-1] if found else ""
