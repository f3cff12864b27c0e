"""The acts by which a release goes live, what was tried of them, and what the forge says about them. Values only.

Add an act as a class with a `key` and a `title`, a reader in `policyfile.promotion`, and a branch in `core.promotion`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from golive.core.releaseplease import is_branch, version_in

MERGE = "merge"
"""The key of the act that merges."""


@dataclass(frozen=True)
class Act:
    """One step of going live. kind: `merge`, `deploy`, `environment`, `tag`, `branch`, `workflow`, `event` or `follows` (a
    workflow that only follows the merge); one `merge`.

    target: the environment, the tag's or branch's name, the file of the workflow to start, or the event's name.
    ref: for `deploy`: of which commit, `head` or `merge`.
    wait: for `deploy`: how long its success is waited for.
    """

    kind: str
    target: str = ""
    ref: str = "head"
    wait: timedelta = timedelta(minutes=30)

    @property
    def key(self) -> str:
        """What tells it from the other acts of its policy."""
        return f"{self.kind}:{self.target}" if self.target else self.kind

    @property
    def title(self) -> str:
        """`Deploy to production`."""
        words = {
            "merge": "Merge",
            "deploy": f"Deploy to {self.target}",
            "environment": f"Let it into {self.target}",
            "tag": f"Tag {self.target}",
            "branch": f"Branch {self.target}",
            "workflow": f"Start {self.target}",
            "event": f"Send {self.target}",
            "follows": f"Start {self.target}",
        }
        return words[self.kind]

    @property
    def git_ref(self) -> str:
        """`tags/v1.3` or `heads/live`; empty for what is no name in git."""
        return {"tag": f"tags/{self.target}", "branch": f"heads/{self.target}"}.get(self.kind, "")


@dataclass(frozen=True)
class Begun:
    """A promotion that began: of which head, what it does, in which order; so that no later policy changes it."""

    head_sha: str
    acts: tuple[Act, ...]
    at: datetime
    seq: int = 0


@dataclass(frozen=True)
class Attempt:
    """What came of trying one act at one commit. number: counts from 1; state: `tried`, `started`, `done` or `failed`.

    `tried`: golive set out to do it, and what came of it is not noted yet.   `unknown`: its answer is overdue.
    said: a clause for people.   ref: the forge's id of what was made, for example of the deployment.   at: when it began.
    seq: of the newest entry about it.   code: of a failure, stable and for machines.
    """

    act: str
    sha: str
    number: int
    state: str
    at: datetime
    said: str = ""
    ref: str = ""
    url: str = ""
    seq: int = 0
    code: str = ""


@dataclass(frozen=True)
class Question:
    """An environment waits for an answer about a commit. key: unique per question.   callback_url: where it is expected."""

    key: str
    environment: str
    sha: str
    callback_url: str
    at: datetime


@dataclass(frozen=True)
class DeploymentSeen:
    """The newest word of a deployment. state: `success`, `failed`, or `waiting` with what it says of itself in `said`."""

    state: str
    said: str = ""
    url: str = ""


@dataclass(frozen=True)
class RunSeen:
    """A workflow's run that may have come of an act. certain: it names the act; else it only began after it, and by us."""

    url: str
    certain: bool


@dataclass(frozen=True)
class Outside:
    """What the forge says about the acts. deployments: by their id.   questions: of the release's commits, all of them."""

    deployments: Mapping[str, DeploymentSeen]
    questions: tuple[Question, ...] = ()


NOTHING = Outside({})
"""Nothing was asked, or nothing is there."""

# ------------------------------------------------------------------ names that are filled in

NAMES = ("version", "number", "sha")
"""What `${name}` in a tag or a branch may stand for."""
PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_VERSION = r"\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.-]+)?"
_OF_BRANCH = re.compile(rf"(?:.*/)?(?:[A-Za-z_-]*[_-])?v?({_VERSION})\Z")
_OF_TITLE = re.compile(r"(?:\A|[\s(:])v?(\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.-]*[0-9A-Za-z])?)(?=\Z|[\s),.:;])")
_GIT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
MOST_DIGITS = 64


def version_of(head_ref: str, title: str) -> str:
    """`release/1.3` → `1.3`, else the first version in the title; empty where there is neither. A leading v is left off."""
    if is_branch(head_ref):  # it stays the same from release to release, and may hold the version of its base
        named = version_in(title)
        return named if len(named) <= MOST_DIGITS else ""
    for found in (_OF_BRANCH.match(head_ref[:255]), _OF_TITLE.search(title[:1000])):
        if found and len(found[1]) <= MOST_DIGITS:
            return found[1]
    return ""


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its names filled in; empty where one of them has no value."""
    names = PLACEHOLDER.findall(template)
    if any(not values.get(name) for name in names):
        return ""
    return PLACEHOLDER.sub(lambda found: values[found[1]], template)


def git_name_problem(name: str) -> str:
    """Why git would not have a tag or branch of this name, a clause; empty where it would."""
    if not _GIT_NAME.fullmatch(name):
        return "git takes letters, digits and ._/+- here, beginning with a letter or a digit"
    if ".." in name or "//" in name or name.endswith(("/", ".", ".lock")) or "/." in name or ".lock/" in name:
        return "git does not take `..`, `//`, `/.`, or an end in `/`, `.` or `.lock`"
    return ""
