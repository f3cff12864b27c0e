"""Decision in, wanted effects out. Pure, level-triggered: what already stands outside is skipped by `perform`, not here."""

from __future__ import annotations

from collections.abc import Iterator

from golive.core.command import VERBS, help_text
from golive.core.decide import Decision
from golive.core.effect import (
    AnswerWord,
    Effect,
    Merge,
    OpenIssue,
    PutChatRequest,
    PutCheckRun,
    PutFact,
    PutReminder,
    PutRequest,
    PutRoot,
    PutSticky,
    RunCheck,
)
from golive.core.model import PullState, Surface, Word
from golive.core.snapshot import Kind, Snapshot


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
            effects.extend(PutReminder(f.key, f.text) for f in facts if f.to or f.key.startswith("disturbed:"))
        effects.extend(_issues(snapshot))
    effects.extend(_answers(snapshot, decision))
    if decision.merge and snapshot.policy and snapshot.policy.merge:
        effects.append(Merge(head, snapshot.policy.merge.method, snapshot.pull.title))
    return tuple(effects)


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
    for fact in snapshot.standing.facts:
        yield PutFact(channel, fact.key, fact.text, fact.to)
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
        elif word.surface is not Surface.COMMENT:
            yield AnswerWord(word.key, word.origin, f"{ruling.said}. {decision.headline}")


def answer(word: Word, decision: Decision, snapshot: Snapshot) -> str:
    """The answer to a question, as Markdown-free lines."""
    if word.verb == "help":
        return help_text(word.text)
    if word.verb == "list":
        return "\n".join(f"• #{one.number} {one.headline}" for one in snapshot.open_here) or "No release is open here."
    phase = next((p for p in decision.phases if word.verb == "why" and p.name == word.text.strip()), None)
    lines = [f"{phase.name}: {phase.headline}" if phase else decision.headline]
    lines += [f"• for {p.name}: {p.headline}" for p in decision.phases[1:] if phase is None]
    told = phase.reasons if phase else decision.reasons
    reasons = told if word.verb == "why" else told[:3]
    for reason in reasons:
        clears = f" → {reason.clears}" if reason.clears else ""
        code = f"[{reason.code}] " if word.verb == "why" else ""
        lines.append(f"• {code}{reason.sentence}{clears}")
    return "\n".join(lines)
