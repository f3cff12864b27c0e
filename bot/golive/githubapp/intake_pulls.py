"""Deliveries about pull requests and what people say in them."""

from __future__ import annotations

from collections.abc import Iterator

from golive.core.command import Command
from golive.core.event import Asked, Disturbed, Event, Touched, Voided
from golive.core.model import Named, Subject, Surface, Word
from golive.githubapp.comments import commands
from golive.githubapp.forge import moment
from golive.githubapp.hearing import Hearing, Payload, human, reads
from golive.githubapp.ticks import cleared, new_ticks
from golive.ports import Comment


def words_of(comment: Comment) -> Iterator[Word]:
    """The commands in a comment as words; the comment's own creation time is when they were said."""
    for place, command in enumerate(commands(comment.body)):
        yield Word(
            key=f"comment:{comment.id}:{place}", person=comment.author, surface=Surface.COMMENT, verb=command.verb,
            at=comment.created_at, text=command.text, link=comment.url, origin=f"comment:{comment.id}",
        )  # fmt: skip


@reads("pull_request")
def pull_request(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """Anything about a pull request: look again; who pushed and when it was aimed elsewhere is said only here."""
    pull, action = payload["pull_request"], payload.get("action")
    subject = hearing.subject(payload, pull["number"])
    if action == "synchronize":
        head = payload.get("after") or pull["head"]["sha"]
        named = _named(pull, hearing, head, payload.get("before") or "")
        yield Touched(subject, head_sha=head, pushed_by=human(payload.get("sender")), named=named)
    elif action == "edited" and (base := (payload.get("changes") or {}).get("base")) is not None:
        before = ((base or {}).get("ref") or {}).get("from") or ""
        named = _named(pull, hearing, pull["head"]["sha"], before)
        yield Touched(subject, retargeted_at=moment(pull["updated_at"]), named=named)
    elif action == "opened":
        sender = human(payload.get("sender"))
        by_bot = (pull.get("user") or {}).get("type") == "Bot"
        yield Touched(
            subject, head_sha=pull["head"]["sha"], pushed_by=sender, opened_by=sender if by_bot else None
        )  # fmt: skip
    else:
        yield Touched(subject)


def _named(pull: Payload, hearing: Hearing, head: str, before: str) -> Named | None:
    """What the delivery itself says of head and base; None where it lacks a part of that."""
    base, at = (pull.get("base") or {}).get("ref"), pull.get("updated_at")
    return Named(head, base, before, moment(at), hearing.received_at) if base and at else None


@reads("issue_comment")
def issue_comment(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A comment in a pull request's conversation: its commands, or that it no longer says what it said."""
    issue, comment, action = payload["issue"], payload["comment"], payload.get("action")
    if "pull_request" not in issue:
        return
    subject = hearing.subject(payload, issue["number"])
    author = human(comment.get("user"))
    if author is None:
        sender = (payload.get("sender") or {}).get("login")
        if (comment.get("user") or {}).get("login") == hearing.bot and sender != hearing.bot:
            ticks = list(_ticked(payload, subject)) if action == "edited" else []
            by = "" if ticks else sender or "somebody"
            yield Disturbed(subject, str(comment["id"]), by, deleted=action == "deleted")
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
    for word in words_of(said):  # talk that says nothing to golive changes nothing
        yield Asked(
            key=word.key, command=Command(word.verb, word.text), surface=word.surface, at=word.at, person=author,
            subject=subject, link=word.link, reply_to=word.origin,
        )  # fmt: skip


def _ticked(payload: Payload, subject: Subject) -> Iterator[Event]:
    """Boxes of our comment that a person ticked: their approval for these roles, of the commit that the comment was about."""
    comment, person = payload["comment"], human(payload.get("sender"))
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


@reads("pull_request_review_thread")
def pull_request_review_thread(payload: Payload, hearing: Hearing) -> Iterator[Event]:
    """A conversation was resolved or opened again: GitHub may let the pull request merge now, or no longer."""
    yield Touched(hearing.subject(payload, payload["pull_request"]["number"]))
