"""What golive wants outside: values that say what, never how. `perform` alone carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from golive.core.model import Fact
from golive.core.policy import CheckRule


@dataclass(frozen=True)
class RunCheck:
    """Take one attempt of one check on one revision, beside the turn."""

    rule: CheckRule
    head_sha: str
    digest: str
    attempt: int


@dataclass(frozen=True)
class PutCheckRun:
    """The one current check run of this head shows the worst of all open pull requests with it."""

    head_sha: str


@dataclass(frozen=True)
class PutSticky:
    """The one comment on the pull request shows where it stands."""


@dataclass(frozen=True)
class PutRequest:
    """The sign-off request of one revision stands; `superseded_by` is a newer head, which it then points to."""

    head_sha: str
    superseded_by: str = ""


@dataclass(frozen=True)
class PutRoot:
    """The one message in the chat channel shows where the release stands."""

    channel: str


@dataclass(frozen=True)
class PutChatRequest:
    """The sign-off request of one revision stands in the thread."""

    channel: str
    head_sha: str
    superseded_by: str = ""


@dataclass(frozen=True)
class PutFacts:
    """Each of these is told in the thread once; `core.thread` says how many of them make one reply."""

    channel: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class PutSummary:
    """One message through an incoming webhook, at most once for each `key`. secret: the name of the webhook's address."""

    secret: str
    key: str
    text: str


@dataclass(frozen=True)
class PutReminder:
    """One comment that reminds people, where there is no chat to do it in; once."""

    key: str
    text: str


@dataclass(frozen=True)
class PutDirect:
    """One person is told in a conversation of their own that they are awaited, once for each `key`; edited when that ends.

    at: since when it is due.   role: for which, empty for several.   head_sha: what its buttons are about.
    may_sign: whether it is theirs to sign.   waits: whether they are awaited still; if not, `text` says so.
    """

    key: str
    person: int
    text: str
    role: str
    head_sha: str
    at: datetime
    may_sign: bool = True
    waits: bool = True


@dataclass(frozen=True)
class PutNotice:
    """One line in another channel than the release's, once."""

    channel: str
    key: str
    text: str


@dataclass(frozen=True)
class OpenIssue:
    """One issue that follows up on something done in a hurry; once for each `key`."""

    key: str
    title: str
    body: str


@dataclass(frozen=True)
class AnswerWord:
    """Tell one person what became of their word, where they said it, once."""

    word: str
    reply_to: str
    text: str


@dataclass(frozen=True)
class Deploy:
    """A deployment of this commit, with our key, which somebody else then carries out. landed: it came by a merge."""

    act: str
    environment: str
    sha: str
    attempt: int
    title: str
    landed: bool = False


@dataclass(frozen=True)
class AnswerEnvironment:
    """Answer one question of an environment, once: yes, or no with the reason as its comment."""

    act: str
    environment: str
    sha: str
    callback_url: str
    approves: bool
    comment: str
    attempt: int = 1


@dataclass(frozen=True)
class PutRef:
    """A tag or branch is at this commit. ref: `tags/v1.3` or `heads/live`; a tag is never moved, a branch only forward."""

    act: str
    ref: str
    sha: str
    attempt: int
    title: str


@dataclass(frozen=True)
class Dispatch:
    """Start a workflow by its file, or by an event, once. told: what it is told of the release, `decision` names this very act.

    workflow: the file's name, or empty; event: the event's name, or empty.   ref: the branch whose copy of it runs.
    may_omit: a workflow that has no such inputs is started without them.
    """

    act: str
    workflow: str
    event: str
    ref: str
    told: Mapping[str, str]
    sha: str
    attempt: int
    title: str
    may_omit: bool = False


@dataclass(frozen=True)
class Merge:
    """Merge exactly this head."""

    head_sha: str
    method: str
    title: str


@dataclass(frozen=True)
class UpdateBranch:
    """Have the base brought into exactly this head, once."""

    head_sha: str


@dataclass(frozen=True)
class Enqueue:
    """Put exactly this head into the forge's merge queue."""

    head_sha: str


@dataclass(frozen=True)
class Dequeue:
    """Take this head out of the merge queue. why: for people."""

    head_sha: str
    why: str


Effect = (
    RunCheck
    | PutCheckRun
    | PutSticky
    | PutRequest
    | PutRoot
    | PutChatRequest
    | PutFacts
    | PutReminder
    | PutSummary
    | PutDirect
    | PutNotice
    | OpenIssue
    | AnswerWord
    | Deploy
    | AnswerEnvironment
    | PutRef
    | Dispatch
    | Merge
    | UpdateBranch
    | Enqueue
    | Dequeue
)
"""Closed set: `perform` matches it with assert_never."""
