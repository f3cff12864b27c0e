"""Bring the outside in line with a decision. Slots are edited in place, creation is fenced, an act is looked at first.

Whatever is done here may be interrupted between any two lines and done again: an intent is noted before anything is
created, and while it stands the outside is searched before creating again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from golive.core import effect as fx
from golive.core import ledger
from golive.core.errors import Gone, Misconfigured
from golive.core.gist import but_when_taken, calm, gist
from golive.core.model import Subject
from golive.engine.examine import Examiner
from golive.engine.landing import Lander
from golive.engine.promote import Promote
from golive.engine.summaries import Summaries
from golive.engine.thread import Thread
from golive.engine.turn import Turn
from golive.ports import Chat, CheckRunView, Clock, ForgeRepo, MessageView, Published, Render, SlotState, Store

log = structlog.get_logger()

STATES = ("success", "in_progress", "action_required", "failure")
"""What a check run shows, best first: the worst of all pull requests with the same head is shown."""
RENEW_AFTER = timedelta(days=13)
"""GitHub calls a run stale after 14 days in progress; before that a new one takes its place."""

TOO_LATE = timedelta(hours=1)
"""How long after it was due a reminder is still sent; the next one comes anyway."""


class Perform:
    """Carries effects out. `chat` is None where none is configured.

    owes: whether the record is kept in the comment and the comment is behind it; then it is written before an act is done,
    so that whoever goes on after an interruption knows what was begun.
    """

    def __init__(
        self, store: Store, chat: Chat | None, render: Render, examiner: Examiner, clock: Clock, marker: str = "golive",
        unreached: Callable[[str], None] = lambda _: None, summaries: Summaries | None = None, one_run: bool = False,
        owes: Callable[[Subject], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        self._owes = owes
        self._kept: set[tuple[Subject, str]] = set()
        self._quiet: set[Subject] | None = set() if one_run else None
        self._store = store
        self._chat = chat
        self._render = render
        self._examiner = examiner
        self._clock = clock
        self._marker = marker
        self._promote = Promote(store, clock, one_run, self._saved)
        self._one_run = one_run
        self._thread = Thread(store, chat, render, clock) if chat else None
        self._heads: dict[str, threading.Lock] = {}
        self._heads_lock = threading.Lock()
        self._unreached = unreached
        self._summaries = summaries
        self._lander = Lander(store, clock, self._append, self._saved)

    def __call__(self, turn: Turn, effects: Iterable[fx.Effect]) -> None:
        """Carry out every effect, in order. A chat that is down delays only what is said there.

        Raises what the forge raises: the turn is then taken again, and does what is left. What the chat raises stays in
        `turn.chat_down`: a release never waits for a chat.
        """
        turn.gist, turn.calm = gist(turn.snapshot, turn.decision), calm(turn.snapshot, turn.decision)
        effects = self._soon(turn, tuple(effects))
        merges = any(isinstance(effect, fx.Merge) for effect in effects)
        for effect in effects:
            if isinstance(effect, fx.PutSticky) and merges and self._told_after(turn):
                continue
            if self._is_chat(effect):
                if turn.chat_down is None:
                    self._in_chat(turn, effect)
                continue
            if isinstance(effect, fx.Merge | fx.Enqueue | fx.Deploy | fx.PutRef | fx.Dispatch):
                self._note_shown(turn)
            if isinstance(effect, fx.Merge | fx.Enqueue):
                self._note_others(turn)
            self._one(turn, effect)
        self._note_shown(turn)

    def _soon(self, turn: Turn, effects: tuple[fx.Effect, ...]) -> tuple[fx.Effect, ...]:
        """In a process that ends once all rests, only the checks to begin, if any: what they find is told with the rest.

        And of several with one head nothing at first: how each stands is told when all were looked at; see `speak`.
        """
        place = turn.subject.at(turn.snapshot.pull.revision.head_sha)
        checks = tuple(effect for effect in effects if isinstance(effect, fx.RunCheck))
        if not self._one_run or "check-run" not in self._store.slots(place):
            return effects
        if not checks and turn.snapshot.siblings and self._quiet is not None:
            self._quiet.add(turn.subject)
            return ()
        return checks or effects

    def speak(self) -> set[Subject]:
        """All were looked at: from now on they are told how it stands. Gives those of whom nothing was told until now."""
        waited, self._quiet = self._quiet or set(), None
        return waited

    def _told_after(self, turn: Turn) -> bool:
        """Whether the sticky comment is written after the merge, with what came of it; the check run says the go before."""
        return "sticky" in turn.slots and self._shown(turn) and not turn.snapshot.stuck

    @staticmethod
    def _is_chat(effect: fx.Effect) -> bool:
        return isinstance(
            effect, fx.PutRoot | fx.PutChatRequest | fx.PutFacts | fx.PutDirect | fx.PutNotice | fx.PutSummary
        )

    def _in_chat(self, turn: Turn, effect: fx.Effect) -> None:
        try:
            self._one(turn, effect)
        except Gone as error:  # somebody deleted the root: everything is said again under a new one
            with self._store.transaction() as tx:
                tx.drop_slot(turn.subject.key, "chat-root")
            turn.chat_down = error
        except Exception as error:  # whatever a chat does, a release does not wait for it
            turn.chat_down = error

    def _one(self, turn: Turn, effect: fx.Effect) -> None:
        match effect:
            case fx.RunCheck():
                self._examiner.start(turn.snapshot, effect)
            case fx.PutCheckRun(head_sha):
                self._check_run(turn, head_sha)
            case fx.PutSticky():
                view = self._render.sticky(turn.snapshot, turn.decision, turn.page_url, turn.chain)
                self._comment(turn, "sticky", view, shows=True)
            case fx.PutRequest(head_sha, superseded_by):
                view = self._render.request(turn.snapshot, turn.decision, head_sha, superseded_by)
                self._comment(turn, f"request:{head_sha}", view)
                if not superseded_by and head_sha not in turn.snapshot.standing.requests:
                    self._append(turn, ledger.asked_for(head_sha, self._clock()))
            case fx.PutRoot(channel):
                root = self._render.chat_root(turn.snapshot, turn.decision, turn.page_url)
                self._message(turn, "chat-root", channel, root, thread="")
            case fx.PutChatRequest(channel, head_sha, superseded_by):
                ask = self._render.chat_request(turn.snapshot, turn.decision, head_sha, superseded_by)
                self._message(turn, f"chat-request:{head_sha}", channel, ask, thread=self._root(turn))
            case fx.PutFacts(channel, facts):
                assert self._thread is not None  # noqa: S101  # plan says nothing in a chat that is not there
                self._thread(turn, channel, facts, self._root(turn))
            case fx.PutSummary():
                if self._summaries is not None:
                    self._summaries(turn.subject, turn.snapshot.pull.repository, turn.slots, effect)
            case fx.PutReminder(key, text):
                if f"fact:{key}" not in turn.slots:
                    self._comment(turn, f"fact:{key}", self._render.reminder(text))
            case fx.PutDirect():
                self._direct(turn, effect)
            case fx.PutNotice(channel, key, text):
                if f"notice:{key}" not in turn.slots:
                    self._message(turn, f"notice:{key}", channel, self._render.chat_line(text), thread="")
            case fx.OpenIssue():
                self._issue(turn, effect)
            case fx.AnswerWord():
                self._answer(turn, effect)
            case fx.Deploy() | fx.AnswerEnvironment() | fx.PutRef() | fx.Dispatch():
                self._promote(turn, effect)
            case fx.Merge():
                self._lander.merge(turn, effect)
            case fx.UpdateBranch():
                self._lander.update(turn, effect)
            case fx.Enqueue():
                self._lander.enqueue(turn, effect)
            case fx.Dequeue():
                self._lander.dequeue(turn, effect)
            case _:
                assert_never(effect)

    # -- the record

    def _saved(self, turn: Turn, what: str) -> None:
        """What is about to be done stands in the comment first, where that is the record; once, for acts are to be in time."""
        if (turn.subject, what) not in self._kept and self._owes(turn.subject):
            self._kept.add((turn.subject, what))
            turn.slots["sticky"] = replace(turn.slots["sticky"], gist="")  # it does not rest
            self._one(turn, fx.PutSticky())

    def _append(self, turn: Turn, *entries: ledger.Entry) -> None:
        with self._store.transaction() as tx:
            if tx.append(turn.subject, entries):
                turn.again = True

    def _note_others(self, turn: Turn) -> None:
        """Before the head goes anywhere: a pull request with it that nobody told us of is looked at first."""
        if turn.again:
            return
        here, head = turn.subject.number, turn.snapshot.pull.revision.head_sha
        there = set(turn.repo.open_pulls_at(head) or ()) - {here}
        known = {p.subject.number for p in self._store.pulls_at(turn.subject.host, turn.subject.repository, head)}
        turn.again = bool(there - known - {sibling.number for sibling in turn.snapshot.siblings})

    def _note_shown(self, turn: Turn) -> None:
        """The revision was shown: words said after this moment are about it."""
        shown, revision = turn.snapshot.standing.shown, turn.snapshot.pull.revision
        if turn.shown_at is None or not turn.snapshot.standing.is_release or (shown and shown[-1].revision == revision):
            return
        self._append(turn, ledger.was_shown(revision, turn.shown_at, len(shown)))
        turn.shown_at = None

    @staticmethod
    def _owes_shown(turn: Turn) -> bool:
        """Whether the moment of showing was lost between publishing and noting: writing once more gives another."""
        return turn.snapshot.standing.is_release and not Perform._shown(turn) and turn.shown_at is None

    @staticmethod
    def _shown(turn: Turn) -> bool:
        """Whether it is noted since when the head is shown."""
        shown = turn.snapshot.standing.shown
        return bool(shown) and shown[-1].revision == turn.snapshot.pull.revision

    # -- check run

    def _head_lock(self, place: str) -> threading.Lock:
        with self._heads_lock:
            return self._heads.setdefault(place, threading.Lock())

    def _check_run(self, turn: Turn, head_sha: str) -> None:
        """Publish if this pull request is the worst of those with this head; else leave it to that one."""
        place = turn.subject.at(head_sha)
        with self._head_lock(place):
            worst = self._worst(turn, head_sha)
            slot = self._store.slots(place).get("check-run")
            if worst != turn.subject:
                if slot is None or slot.owner != worst.key:
                    with self._store.transaction() as tx:
                        tx.touch(worst.key)
                return
            view = self._render.check_run(turn.snapshot, turn.decision, turn.page_url, turn.chain)
            self._put_check_run(turn, place, head_sha, slot, view)

    def _worst(self, turn: Turn, head_sha: str) -> Subject:
        """Of all open pull requests with this head, the one the check run shows. "Not a release" never outranks a release."""
        here = turn.subject
        pulls = self._store.pulls_at(here.host, here.repository, head_sha)
        ranked = [(p.is_release, STATES.index(p.state), -p.subject.number, p.subject) for p in pulls if p.state]
        return max(ranked)[3] if ranked else here

    def _put_check_run(self, turn: Turn, place: str, head_sha: str, slot: SlotState | None, view: CheckRunView) -> None:
        mark = mark_of(view, self._one_run)
        done = view.status == "completed"
        prefix = f"golive:{turn.subject.repository}:{head_sha}:"
        if slot is not None:
            too_old = not done and not slot.completed and self._clock() - slot.created_at > RENEW_AFTER
            if slot.fingerprint == mark and not too_old:
                return
            outdated = _outdated(turn.repo, slot, view, mark)
            if not (slot.completed and not done) and not too_old and not outdated:
                if turn.may_rest(slot, view, self._clock()):
                    return
                self._edit_check_run(turn, place, slot, view, mark)
                return
            if not slot.completed:  # no two runs in progress: the old one is ended before the new one begins
                ended = replace(view, status="completed", conclusion="action_required", annotations=(), actions=())
                turn.repo.edit_check_run(slot.ref, ended)
        counter = slot.counter + 1 if slot else 1
        published = self._created(
            place, "check-run",
            look=lambda: self._found_run(turn.repo, head_sha, prefix, counter),
            create=lambda: turn.repo.create_check_run(head_sha, f"{prefix}{counter}", view),
        )  # fmt: skip
        at = published.at or self._clock()
        # a run found after a fault may show an older state: an empty fingerprint makes the next turn write it
        mark = mark if published.fresh else ""
        written = SlotState(published.ref, mark, turn.subject.key, counter, done, at, turn.gist_of(view), self._clock())
        self._note(turn, place, "check-run", written)
        turn.shown_at = turn.shown_at or published.at
        turn.again = turn.again or not mark

    @staticmethod
    def _found_run(repo: ForgeRepo, head_sha: str, prefix: str, counter: int) -> Published | None:
        found = [p for external, _, p, _ in repo.find_check_runs(head_sha, prefix) if external == f"{prefix}{counter}"]
        return found[-1] if found else None

    def _edit_check_run(self, turn: Turn, place: str, slot: SlotState, view: CheckRunView, mark: str) -> None:
        told = replace(view, annotations=()) if _tail(mark) == _tail(slot.fingerprint) else view
        published = turn.repo.edit_check_run(slot.ref, told)
        done = view.status == "completed"
        self._note(
            turn, place, "check-run", replace(
                slot, fingerprint=mark, owner=turn.subject.key, completed=done, gist=turn.gist_of(view), written_at=self._clock()
            ),
        )  # fmt: skip
        turn.shown_at = turn.shown_at or published.at

    # -- comments and messages

    def _comment(self, turn: Turn, name: str, text: str, shows: bool = False) -> None:
        """One comment per name, found again by its marker and our authorship."""
        marker = f"<!-- {self._marker}:{name}:{turn.subject.number} -->"
        head = f"<!-- {self._marker}-head:{turn.snapshot.pull.revision.head_sha} -->"
        body = f"{text}\n\n{marker}\n{head}" if shows else f"{text}\n\n{marker}"
        slot = turn.slots.get(name)
        if slot is None and shows and turn.shown_at and turn.snapshot.standing.is_release and not self._shown(turn):
            return  # the next turn comes at once and knows since when the head is shown: it is written then, once
        if slot is not None:
            if slot.fingerprint == fingerprint(body) and not (shows and self._owes_shown(turn)):
                return
            if shows and not self._owes_shown(turn) and turn.may_rest(slot, body, self._clock(), new_head=True):
                return
            if shows and not self._owes_shown(turn) and turn.signing(slot, self._clock()):
                return  # the check run says it already
            try:
                edited = turn.repo.edit_comment(slot.ref, body)
            except Gone:  # somebody deleted it, or it is out of sight for a moment: it is looked for, then made anew
                with self._store.transaction() as tx:
                    tx.drop_slot(turn.subject.key, name)
                    tx.intend(turn.subject.key, name)
            else:
                written = replace(
                    slot, fingerprint=fingerprint(body), gist=turn.gist_of(body), written_at=self._clock()
                )
                self._note(turn, turn.subject.key, name, written)
                turn.shown_at = turn.shown_at or (edited.at if shows else None)
                return
        published = self._created(
            turn.subject.key, name,
            look=lambda: turn.repo.find_comment(turn.subject.number, marker),
            create=lambda: turn.repo.create_comment(turn.subject.number, body),
        )  # fmt: skip
        self._note_new(turn, name, published, body)
        if shows:
            turn.shown_at = turn.shown_at or published.at

    def _root(self, turn: Turn) -> str:
        """The root message, under which everything else is said."""
        return turn.slots["chat-root"].ref

    def _message(self, turn: Turn, name: str, channel: str, view: MessageView, thread: str) -> None:
        """One chat message per name, found again by the key in its metadata."""
        assert self._chat is not None  # noqa: S101  # plan says nothing in a chat that is not there
        slot = turn.slots.get(name)
        if slot is not None:
            if slot.fingerprint == fingerprint(view):
                return
            try:
                self._chat.edit(slot.ref, view)
            except Gone:
                with self._store.transaction() as tx:
                    tx.drop_slot(turn.subject.key, name)
            else:
                self._note(turn, turn.subject.key, name, replace(slot, fingerprint=fingerprint(view)))
                return
        chat, key = self._chat, f"{turn.subject.key}:{name}"
        since = self._store.intents(turn.subject.key).get(name, self._clock()) - timedelta(minutes=1)
        published = self._created(
            turn.subject.key, name,
            look=lambda: chat.find(channel, key, since, thread),
            create=lambda: chat.post(channel, key, view, thread),
        )  # fmt: skip
        self._note_new(turn, name, published, view)

    def _direct(self, turn: Turn, effect: fx.PutDirect) -> None:
        """A reminder to one person alone; one that could not be sent in time is not sent, for it may be night by then."""
        assert self._chat is not None  # noqa: S101  # plan says nothing in a chat that is not there
        name = f"direct:{effect.key}"
        slot, who = turn.slots.get(name), self._store.chat_accounts((effect.person,)).get(effect.person, "")
        if slot is None and (not who or not effect.waits or self._clock() - effect.at > TOO_LATE):
            return
        pull = turn.snapshot.pull
        view = self._render.chat_direct(turn.subject, effect, pull.url)
        if slot is not None and slot.fingerprint == fingerprint(view):
            return
        try:
            channel = slot.ref.partition(":")[0] if slot else self._chat.conversation(who)
            self._message(turn, name, channel, view, thread="")
        except (Misconfigured, Gone) as error:  # this person takes no messages: the others get theirs
            log.warning("not reached", release=turn.subject.key, who=who, why=str(error))
            if slot is None:
                self._unreached(who)

    def _note_new(self, turn: Turn, name: str, published: _Made, content: object) -> None:
        mark = fingerprint(content) if published.fresh else ""
        now = self._clock()
        slot = SlotState(
            published.ref, mark, turn.subject.key, 0, False, published.at or now, turn.gist_of(content), now
        )
        self._note(turn, turn.subject.key, name, slot)
        turn.again = turn.again or not mark

    def _note(self, turn: Turn, place: str, name: str, slot: SlotState) -> None:
        with self._store.transaction() as tx:
            tx.put_slot(place, name, slot)
        if place == turn.subject.key:
            turn.slots[name] = slot
        log.info("effect", release=turn.subject.key, slot=name, ref=slot.ref)

    def _created(
        self, place: str, name: str, look: Callable[[], Published | None], create: Callable[[], Published]
    ) -> _Made:
        """Create once: an intent that was noted before means that the outside is searched first."""
        intended_before = name in self._store.intents(place)
        if intended_before and (found := look()):
            return _Made(found.ref, found.at, fresh=False)
        if not intended_before:
            with self._store.transaction() as tx:
                tx.intend(place, name)
        made = create()
        return _Made(made.ref, made.at, fresh=True)

    # -- answers and acts

    def _answer(self, turn: Turn, effect: fx.AnswerWord) -> None:
        """A person gets one answer: in the pull request as a comment, in the chat seen by them alone."""
        if effect.reply_to.startswith("comment:"):
            name = f"answer:{effect.word}"
            if name not in turn.slots:
                self._comment(turn, name, self._render.answer(effect.text))
            return
        with self._store.transaction() as tx:
            tx.owe_answer(effect.word, effect.reply_to, effect.text)

    def _issue(self, turn: Turn, effect: fx.OpenIssue) -> None:
        """One issue for each key, found again by its marker and our authorship."""
        name = f"issue:{effect.key}"
        if name in turn.slots:
            return
        marker = f"<!-- {self._marker}:{turn.subject.number}:{name} -->"
        body = f"{self._render.reminder(effect.body)}\n\n{marker}"
        published = self._created(
            turn.subject.key, name,
            look=lambda: turn.repo.find_issue(marker),
            create=lambda: turn.repo.open_issue(effect.title, body),
        )  # fmt: skip
        self._note_new(turn, name, published, effect.key)


@dataclass(frozen=True)
class _Made:
    """What stands outside now. fresh: made just now, with the content of this turn; else found after a fault."""

    ref: str
    at: datetime | None
    fresh: bool


def mark_of(view: CheckRunView, one_run: bool = False) -> str:
    """The fingerprint of a check run; where it has annotations, theirs comes after a dot.

    one_run: for a process that looks at everything anew each time, and finds most of it as it was.
    """
    view = replace(view, text=but_when_taken(view.text)) if one_run else view
    return f"{fingerprint(view)}.{fingerprint(view.annotations)[:16]}" if view.annotations else fingerprint(view)


def _tail(mark: str) -> str:
    """What a fingerprint tells of a run's annotations: empty where it has none, or where that is not known."""
    return mark.partition(".")[2]


def _outdated(repo: ForgeRepo, slot: SlotState, view: CheckRunView, mark: str) -> bool:
    """Whether the run has annotations that nothing can take back; read only where they are others than before."""
    before = _tail(slot.fingerprint)
    return bool(before) and before != _tail(mark) and repo.outdated_annotations(slot.ref, view)


def fingerprint(content: object) -> str:
    """The same for the same content; what a slot keeps of what was published."""
    return hashlib.sha256(repr(content).encode()).hexdigest()
