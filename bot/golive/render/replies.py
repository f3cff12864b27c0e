"""Answers to one person in Slack: plain words, a list of releases, or the picker that asks which one was meant.

Add a kind as a `case` of `answered`. Every text is escaped; limits hold by folding.
"""

from __future__ import annotations

from golive.core.reply import Listed, WhichOne, unpacked
from golive.ports import MessageView
from golive.render import blocks as kit
from golive.render import slack
from golive.render.escaping import fold, mrkdwn

PICK = "golive_pick"
"""`action_id` of the picker; the id of its block ends in the delivery that asked."""
LABEL = 75
"""Characters of an option. Source: Slack's reference of option objects."""


def answered(text: str) -> MessageView:
    """What was kept as an answer, as a message."""
    match unpacked(text):
        case Listed() as found:
            return _listed(found)
        case WhichOne() as question:
            return _which(question)
        case None:
            return slack.answer(text)


def _listed(found: Listed) -> MessageView:
    lines = [
        f"• {kit.link(url, name) if url else mrkdwn(name, 200)}: {mrkdwn(said, 400)}" for name, url, said in found.lines
    ]
    told = [f"*{mrkdwn(found.title)}*", *lines]

    def blocks(most: int) -> list[kit.Block]:
        more = [kit.context([mrkdwn(found.more)])] if found.more else []
        return [kit.section(told, 12, most), *more]

    spoken = [found.title, *(f"{name}: {fold(said, 120)}" for name, _, said in found.lines), found.more]
    return MessageView("\n".join(mrkdwn(part, 250) for part in spoken if part), kit.fitting(blocks))


def _which(question: WhichOne) -> MessageView:
    options = [
        {"text": {"type": "plain_text", "text": fold(label, LABEL)}, "value": value}
        for label, value in question.options
    ]
    select = {
        "type": "static_select", "action_id": PICK, "options": options,
        "placeholder": {"type": "plain_text", "text": "Choose a release"},
    }  # fmt: skip
    picker = {"type": "actions", "block_id": f"{PICK}:{question.origin}", "elements": [select]}
    said = mrkdwn(question.said, 1500) or "Which release?"
    more = [kit.context([mrkdwn(question.more)])] if question.more else []
    return MessageView(said, (kit.section([said]), picker, *more))
