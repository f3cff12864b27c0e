"""GitHub deliveries in, golive events out. Add an event by adding one function.

Readers take the few fields they need and tolerate missing and unknown ones: GitHub's own examples do not all have them.
What our own App did is not echoed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from golive.core.command import Command
from golive.core.event import (
    Asked,
    BaseMoved,
    Disturbed,
    Event,
    HeadStirred,
    PeopleChanged,
    RepositoryKnown,
    Touched,
    Voided,
)
from golive.core.model import Person, Subject, Surface, Word
from golive.githubapp.comments import commands
from golive.githubapp.forge import moment
from golive.githubapp.ticks import cleared, new_ticks
from golive.ports import Comment, Delivery

Payload = dict[str, Any]
Reader = Callable[[Payload, "Hearing"], Iterator[Event]]

_READERS: dict[str, Reader] = {}


class Hearing:
    """What every reader knows: the forge's name and who we are there."""

    def __init__(self, host: str, app_id: int, slug: str) -> None:
        self.host = host
        self.app_id = app_id
        self.bot = f"{slug}[bot]"

    def subject(self, payload: Payload, number: int) -> Subject:
        """The pull request of this number in the payload's repository."""
        return Subject(self.host, payload["repository"]["id"], number)


def reads(event: str) -> Callable[[Reader], Reader]:
    """Mark the one reader of a GitHub event; a second one is a mistake of ours."""

    def mark(reader: Reader) -> Reader:
        if event in _READERS:
            raise ValueError(f"two readers for {event}")
        _READERS[event] = reader
        return reader

    return mark


class Intake:
    """Reads deliveries of one App on one GitHub."""

    def __init__(self, host: str, app_id: int, slug: str) -> None:
        self._hearing = Hearing(host, app_id, slug)

    def __call__(self, delivery: Delivery) -> Iterator[Event]:
        """Events of one delivery; none for what we do not read."""
        payload = json.loads(delivery.body)
        if not isinstance(payload, dict):
            return
        yield from _repositories(payload, self._hearing)
        if reader := _READERS.get(delivery.kind):
            yield from reader(payload, self._hearing)


def words_of(comment: Comment) -> Iterator[Word]:
    """The commands in a comment as words; the comment's own creation time is when they were said."""
    for place, command in enumerate(commands(comment.body)):
        yield Word(
            key=f"comment:{comment.id}:{place}", person=comment.author, surface=Surface.COMMENT, verb=command.verb,
            at=comment.created_at, text=command.text, link=comment.url, origin=f"comment:{comment.id}",
        )  # fmt: skip


def _repositories(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    installation = (payload.get("installation") or {}).get("id")
    if not installation:
        return
    added = [*(payload.get("repositories") or ()), *(payload.get("repositories_added") or ())]
    named = [payload.get("repository"), *added]
    for repository in named:
        if isinstance(repository, dict) and "id" in repository and "full_name" in repository:
            yield RepositoryKnown(hearing.host, repository["id"], repository["full_name"], installation)


def _human(user: Payload | None) -> Person | None:
    if not user or user.get("type") != "User":
        return None
    return Person(user["id"], user["login"])


@reads("pull_request")
def pull_request(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Anything about a pull request: look again; who pushed and when it was aimed elsewhere is said only here."""
    pull, action = payload["pull_request"], payload.get("action")
    subject = hearing.subject(payload, pull["number"])
    if action == "synchronize":
        yield Touched(
            subject, head_sha=payload.get("after") or pull["head"]["sha"], pushed_by=_human(payload.get("sender"))
        )
    elif action == "edited" and "base" in (payload.get("changes") or {}):
        yield Touched(subject, retargeted_at=moment(pull["updated_at"]))
    elif action == "opened":
        yield Touched(subject, head_sha=pull["head"]["sha"], pushed_by=_human(payload.get("sender")))
    else:
        yield Touched(subject)


@reads("issue_comment")
def issue_comment(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A comment in a pull request's conversation: its commands, or that it no longer says what it said."""
    issue, comment, action = payload["issue"], payload["comment"], payload.get("action")
    if "pull_request" not in issue:
        return
    subject = hearing.subject(payload, issue["number"])
    author = _human(comment.get("user"))
    if author is None:
        sender = (payload.get("sender") or {}).get("login")
        if (comment.get("user") or {}).get("login") == hearing.bot and sender != hearing.bot:
            ticks = list(_ticked(payload, subject)) if action == "edited" else []
            yield Disturbed(subject, str(comment["id"]), "" if ticks else sender or "somebody")
            yield from ticks
        return
    if action in ("edited", "deleted"):
        yield Voided(subject, f"comment:{comment['id']}:", moment(comment["updated_at"]))
        return
    said = Comment(
        comment["id"], author, False, comment.get("body") or "", moment(comment["created_at"]),
        moment(comment["updated_at"]), comment.get("html_url") or "",
    )  # fmt: skip
    if said.updated_at > said.created_at:
        return  # it was edited before we heard of it: it says nothing
    yield Touched(subject)
    for word in words_of(said):
        yield Asked(
            key=word.key, command=Command(word.verb, word.text), surface=word.surface, at=word.at, person=author,
            subject=subject, link=word.link, reply_to=word.origin,
        )  # fmt: skip


def _ticked(payload: Payload, subject: Subject) -> Iterator[Event]:
    """Boxes of our comment that a person ticked: their approval for these roles, of the commit that the comment was about."""
    comment, person = payload["comment"], _human(payload.get("sender"))
    before = ((payload.get("changes") or {}).get("body") or {}).get("from")
    if person is None or not isinstance(before, str):
        return
    ticks, at = new_ticks(before, comment.get("body") or ""), comment["updated_at"]
    for role in ticks.roles:
        yield Asked(
            key=f"tick:{comment['id']}:{at}:{role}:{person.id}", command=Command("approve", role),
            surface=Surface.CHECKBOX, at=moment(at), person=person, subject=subject, revision_sha=ticks.head_sha,
            link=comment.get("html_url") or "", rests_on=(str(comment["id"]), cleared(before)),
        )  # fmt: skip


@reads("pull_request_review")
def pull_request_review(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A review was submitted, edited or dismissed: look again. What it says is read from GitHub's list."""
    yield Touched(hearing.subject(payload, payload["pull_request"]["number"]))


@reads("pull_request_review_comment")
def pull_request_review_comment(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Somebody talks about a line; a review of comments alone comes with it: look again."""
    yield Touched(hearing.subject(payload, payload["pull_request"]["number"]))


@reads("team")
@reads("membership")
@reads("member")
@reads("organization")
def people(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Teams, their people, an organisation's people or somebody's rights in a repository: other people may sign now."""
    if installation := (payload.get("installation") or {}).get("id"):
        yield PeopleChanged(hearing.host, installation)


@reads("check_run")
def check_run(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Another app's check turned, or somebody pressed Re-run on ours."""
    run = payload["check_run"]
    ours = (run.get("app") or {}).get("id") == hearing.app_id
    if ours and payload.get("action") not in ("rerequested", "requested_action"):
        return
    stirs = frozenset({"*"}) if ours else frozenset({"check_run"})
    yield HeadStirred(hearing.host, payload["repository"]["id"], run["head_sha"], stirs)


@reads("check_suite")
def check_suite(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Somebody pressed Re-run all on our suite."""
    suite = payload["check_suite"]
    if payload.get("action") == "rerequested" and (suite.get("app") or {}).get("id") == hearing.app_id:
        yield HeadStirred(hearing.host, payload["repository"]["id"], suite["head_sha"], frozenset({"*"}))


@reads("status")
def status(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A commit status turned: GitHub may let the pull request merge now."""
    yield HeadStirred(hearing.host, payload["repository"]["id"], payload["sha"])


@reads("push")
def push(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A branch moved: its policy may be another, and what lands on it may conflict."""
    ref = payload.get("ref", "")
    if ref.startswith("refs/heads/"):
        yield BaseMoved(hearing.host, payload["repository"]["id"], ref.removeprefix("refs/heads/"))
