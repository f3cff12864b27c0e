"""What one turn read and the next may still believe, where nothing but golive's own writing came between.

A turn that publishes something is followed by another at once, and so is one that began a check which is quick. Our own comment
changes the pull request's ETag and that of its comments, so both would be read again for nothing. They are taken over where the
turn before only published, nothing at all was heard since they were read, and that is a moment ago. What may land, or lets
others land it, never rests on them: see `binding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from golive.core import effect as fx
from golive.core.decide import ACT_WITHIN, Decision
from golive.core.model import Pull, PullState, Standing, Subject, Surface
from golive.ports import Clock, Comment, ForgeRepo, Store

PUBLISHED = (
    fx.RunCheck, fx.PutCheckRun, fx.PutSticky, fx.PutRequest, fx.PutRoot, fx.PutChatRequest, fx.PutFacts, fx.PutReminder,
    fx.PutDirect, fx.PutNotice, fx.AnswerWord,
)  # fmt: skip
"""Effects that tell, and change nothing that is decided on."""
MOST = 4096


@dataclass(frozen=True)
class _Read:
    """The pull request and its comments (None: not read). at: when reading began.   heard: deliveries kept until then.

    taken_over: from the turn before.   short: what was not there by the pull request's own word was not asked for.
    """

    pull: Pull
    comments: Sequence[Comment] | None
    at: datetime
    heard: int
    taken_over: bool = False
    short: bool = False


def binding(decision: Decision) -> bool:
    """Whether something may land by this decision, or is done outside: then everything is read for it."""
    step = decision.promotion
    return bool(decision.state == "success" or decision.merge or decision.act or step.start or step.answers)


def only_published(effects: Iterable[fx.Effect]) -> bool:
    """Whether nothing but telling was done."""
    return all(isinstance(effect, PUBLISHED) for effect in effects)


class Kept:
    """By release, from one turn to the next; a restart forgets it all."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._now: dict[Subject, _Read] = {}
        self._next: dict[Subject, _Read] = {}
        self._primed: dict[Subject, _Read] = {}

    def prime(self, subject: Subject, pull: Pull, comments: Sequence[Comment]) -> None:
        """What was read a moment before the first turn, for it: the turn has read it itself, as it were."""
        self._primed[subject] = _Read(pull, comments, self._clock(), self._store.heard)

    def pull(self, repo: ForgeRepo, subject: Subject, fresh: bool) -> Pull:
        """The pull request; begins a turn. fresh: nothing is taken over. Raises what the forge raises."""
        self._now.pop(subject, None)
        before, now, heard = self._next.pop(subject, None), self._clock(), self._store.heard
        primed = self._primed.pop(subject, None)
        if not fresh and primed is not None and now - primed.at <= ACT_WITHIN:
            self._now[subject] = primed
            return primed.pull
        if not fresh and before is not None and before.heard == heard and now - before.at <= ACT_WITHIN:
            self._now[subject] = replace(before, taken_over=True)
            return before.pull
        pull = repo.pull(subject.number)
        if len(self._now) > MOST:
            self._now.clear()
        self._now[subject] = _Read(pull, None, now, heard)
        return pull

    def comments(self, repo: ForgeRepo, subject: Subject, standing: Standing, fresh: bool) -> Sequence[Comment]:
        """Its comments. Where it says that it has no more than ours, the list is not asked for unless all is to be fresh."""
        read = self._now.get(subject)
        if read is not None and read.comments is not None:
            return read.comments
        short = not fresh and read is not None and not read.taken_over and self._only_ours(read.pull, standing)
        comments = () if short else repo.comments(subject.number)
        if read is not None:
            self._now[subject] = replace(read, comments=comments, short=short)
        return comments

    def _only_ours(self, pull: Pull, standing: Standing) -> bool:
        """Whether nobody but golive wrote a comment, by the pull request's own count and by all that was heard."""
        if pull.comments is None or any(word.surface is Surface.COMMENT for word in standing.words):
            return False
        slots = self._store.slots(pull.subject.key)
        return pull.comments == sum(name == "sticky" or name.startswith("request:") for name in slots)

    def in_use(self, subject: Subject) -> bool:
        """Whether this turn rests on anything that was not read for it."""
        read = self._now.get(subject)
        return read is not None and (read.taken_over or read.short)

    def end(self, subject: Subject, told: bool) -> None:
        """The turn is over. told: nothing was done but telling."""
        read = self._now.pop(subject, None)
        if told and read is not None and read.pull.state is PullState.OPEN:
            if len(self._next) > MOST:
                self._next.clear()
            self._next[subject] = read
