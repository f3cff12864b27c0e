"""Decision in, wanted effects out. Pure, level-triggered: what already stands outside is skipped by `perform`, not here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from golive.core.command import VERBS, help_text
from golive.core.decide import Decision
from golive.core.effect import (
    AnswerEnvironment,
    AnswerWord,
    Deploy,
    Dequeue,
    Effect,
    Enqueue,
    Merge,
    OpenIssue,
    PutChatRequest,
    PutCheckRun,
    PutFacts,
    PutRef,
    PutReminder,
    PutRequest,
    PutRoot,
    PutSticky,
    RunCheck,
    UpdateBranch,
)
from golive.core.landing_rules import DEQUEUE, ENQUEUE, UPDATE
from golive.core.looks import EVERY, looks
from golive.core.model import PullState, Surface, Word
from golive.core.promotion import answer_key
from golive.core.reminders import directs, notices, told_alone
from golive.core.resuming import dispatching
from golive.core.snapshot import Kind, Snapshot
from golive.core.summaries import summaries


def plan(snapshot: Snapshot, decision: Decision, chat: bool) -> tuple[Effect, ...]:
    """Everything that should stand outside, in the order in which it is brought about; the merge comes last.

    chat: whether a chat is configured at all.
    """
    if decision.kind is Kind.UNGOVERNED:
        return ()
    head = snapshot.pull.revision.head_sha
    is_open = snapshot.pull.state is PullState.OPEN
    effects: list[Effect] = []
    if is_open:
        effects.extend(RunCheck(j.rule, head, j.digest, j.attempt) for j in decision.checks if j.due)
        effects.append(PutCheckRun(head))
    if snapshot.standing.is_release or decision.kind in (Kind.RELEASE, Kind.MISTAKEN):
        effects.append(PutSticky())
        effects.extend(_requests(snapshot, decision))
        if chat and snapshot.policy and snapshot.policy.notify.slack:
            effects.extend(_chat(snapshot, decision, snapshot.policy.notify.slack))
        else:
            facts = snapshot.standing.facts
            facts = tuple(f for f in facts if not (chat and told_alone(snapshot, f)))
            effects.extend(
                PutReminder(f.key, f.text) for f in facts if f.to or f.key.startswith(("disturbed:", "train_stopped:"))
            )
        if chat:
            effects.extend(directs(snapshot, decision))
            effects.extend(notices(snapshot))
        effects.extend(_issues(snapshot))
        effects.extend(summaries(snapshot, decision))
    effects.extend(_answers(snapshot, decision))
    effects.extend(_acts(snapshot, decision))
    if decision.merge and snapshot.policy and snapshot.policy.merge:
        effects.append(Merge(head, snapshot.policy.merge.method, snapshot.pull.title))
    effects.extend(_landing(decision, head))
    return tuple(effects)


def _landing(decision: Decision, head: str) -> Iterator[Effect]:
    """What else is done about landing."""
    if decision.act == UPDATE:
        yield UpdateBranch(head)
    if decision.act == ENQUEUE:
        yield Enqueue(head)
    if decision.act == DEQUEUE:
        yield Dequeue(head, decision.headline)


def _requests(snapshot: Snapshot, decision: Decision) -> Iterator[Effect]:
    head = snapshot.pull.revision.head_sha
    for asked in snapshot.standing.requests:
        if asked != head:
            yield PutRequest(asked, superseded_by=_successor(snapshot, asked))
    if decision.ask:
        yield PutRequest(head)


def _successor(snapshot: Snapshot, asked: str) -> str:
    """The head that came right after one that was asked about: it stays the same, so its request is edited once."""
    heads = [s.revision.head_sha for s in snapshot.standing.shown]
    later = heads[len(heads) - heads[::-1].index(asked) :] if asked in heads else []
    return next((head for head in later if head != asked), snapshot.pull.revision.head_sha)


def _chat(snapshot: Snapshot, decision: Decision, channel: str) -> Iterator[Effect]:
    head = snapshot.pull.revision.head_sha
    yield PutRoot(channel)
    if snapshot.standing.facts:
        facts = (replace(f, to=()) if told_alone(snapshot, f) else f for f in snapshot.standing.facts)
        yield PutFacts(channel, tuple(facts))
    for asked in snapshot.standing.requests:
        if asked != head:
            yield PutChatRequest(channel, asked, superseded_by=_successor(snapshot, asked))
    if decision.ask:
        yield PutChatRequest(channel, head)


def _issues(snapshot: Snapshot) -> Iterator[Effect]:
    """What went live by override is looked at afterwards, by everybody, in the open."""
    name = f"{snapshot.pull.repository}#{snapshot.pull.subject.number}"
    for key, said in snapshot.standing.broken_glass:
        body = (
            f"{said}\n\nThe pull request: {snapshot.pull.url}\n\n"
            "- [ ] What was overridden is mended\n- [ ] It is written down why it had to be"
        )
        yield OpenIssue(key, f"Follow up: the gate of {name} was overridden", body)
    landed = snapshot.standing.landing.landed
    if landed and landed.alarming:
        body = (
            f"{landed.why}\n\n{landed.revert}\n\nThe pull request: {snapshot.pull.url}\n\n"
            "- [ ] What landed is as it should be\n- [ ] It is written down how it came"
        )
        yield OpenIssue(f"landed:{landed.commit[:12]}", f"ALARM: what landed of {name} is not what was signed", body)


def _acts(snapshot: Snapshot, decision: Decision) -> Iterator[Effect]:
    """Answers to environments that wait, and the act whose turn it is."""
    for given in decision.promotion.answers:
        question = given.question
        yield AnswerEnvironment(
            answer_key(question), question.environment, question.sha, question.callback_url, given.approves,
            given.comment, given.number,
        )  # fmt: skip
    if (row := decision.promotion.start) is None:
        return
    act = row.act
    if act.kind == "deploy":
        yield Deploy(act.key, act.target, row.sha, row.attempt, act.title, landed=act.ref == "merge")
    elif act.git_ref:
        yield PutRef(act.key, act.git_ref, row.sha, row.attempt, act.title)
    elif act.kind in ("workflow", "event", "follows"):
        yield dispatching(snapshot, row)


def _answers(snapshot: Snapshot, decision: Decision) -> Iterator[Effect]:
    """Questions are answered, refusals explained; an accepted word is answered only where nothing public shows it."""
    for word in snapshot.standing.words:
        ruling = snapshot.standing.rulings.get(word.key)
        if ruling is None or word.undone or not word.origin:
            continue
        if word.verb in VERBS and VERBS[word.verb].asks:
            yield AnswerWord(word.key, word.origin, answer(word, decision, snapshot))
        elif not ruling.taken:
            yield AnswerWord(word.key, word.origin, ruling.said)
        elif word.surface not in (Surface.COMMENT, Surface.CHECK_RUN):
            yield AnswerWord(word.key, word.origin, f"{ruling.said}. {decision.headline}")


FOLLOWS = {
    "follow": "You follow this release: it stands on golive's own page in Slack, under Home.",
    "unfollow": "You do not follow this release any more.",
}


def answer(word: Word, decision: Decision, snapshot: Snapshot) -> str:
    """The answer to a question, as Markdown-free lines."""
    if word.verb == "help":
        return help_text(word.text)
    if word.verb in FOLLOWS:
        return FOLLOWS[word.verb]
    if word.verb == "list":
        return "\n".join(f"• #{one.number} {one.headline}" for one in snapshot.open_here) or "No release is open here."
    phase = next((p for p in decision.phases if word.verb == "why" and p.name == word.text.strip()), None)
    lines = [f"{phase.name}: {phase.headline}" if phase else decision.headline]
    lines += [f"• for {p.name}: {p.headline}" for p in decision.phases[1:] if phase is None]
    lines += [f"• {row.text}" for row in decision.promotion.rows if phase is None]
    told = phase.reasons if phase else decision.reasons
    reasons = told if word.verb == "why" else told[:3]
    for reason in reasons:
        clears = f" → {reason.clears}" if reason.clears else ""
        code = f"[{reason.code}] " if word.verb == "why" else ""
        lines.append(f"• {code}{reason.sentence}{clears}")
    if word.verb == "status":
        by_then = snapshot.now + EVERY
        lines.append(f"• {looks(snapshot.now, min(decision.next_at or by_then, by_then), snapshot.now)}")
    return "\n".join(lines)
