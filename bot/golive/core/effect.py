"""What golive wants outside: values that say what, never how. `perform` alone carries them out."""

from __future__ import annotations

from dataclasses import dataclass

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
class PutFact:
    """One line in the thread for one ledger entry, once. to: ids of the people who are notified."""

    channel: str
    key: str
    text: str
    to: tuple[int, ...] = ()


@dataclass(frozen=True)
class PutReminder:
    """One comment that reminds people, where there is no chat to do it in; once."""

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
class Merge:
    """Merge exactly this head."""

    head_sha: str
    method: str
    title: str


Effect = (
    RunCheck
    | PutCheckRun
    | PutSticky
    | PutRequest
    | PutRoot
    | PutChatRequest
    | PutFact
    | PutReminder
    | OpenIssue
    | AnswerWord
    | Merge
)
"""Closed set: `perform` matches it with assert_never."""
