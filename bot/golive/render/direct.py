"""A reminder to one person alone, with what they can do about it. A button is a row of `_buttons`."""

from __future__ import annotations

import json

from golive.core.effect import PutDirect
from golive.core.model import Subject
from golive.ports import MessageView
from golive.render import blocks as kit
from golive.render.escaping import href, mrkdwn

APPROVE, LOOKING, SNOOZE, OPEN = "golive_approve", "golive_looking", "golive_snooze", "golive_open"
"""`action_id`s; the value of each is JSON with the head commit, the subject's key and the words after the verb."""
LONGEST = 2000
"""Characters of a button's value that Slack takes ("Button element" of its Block Kit reference)."""
UNNAMED = "A release waits for you."
"""What is said where the text has nothing that can be seen."""


def direct(subject: Subject, told: PutDirect, url: str) -> MessageView:
    """The message. Where nobody waits any more nothing can be pressed."""
    line, page = mrkdwn(told.text, 600) or UNNAMED, href(url)
    shown = [kit.section([line])]
    if told.waits:
        shown.append(_buttons(subject, told, page))
    elif page:
        shown.append(kit.context([f"<{page}|Pull request>"]))
    return MessageView(line, tuple(shown))


def _buttons(subject: Subject, told: PutDirect, page: str) -> kit.Block:
    def value(words: str) -> str:
        return json.dumps({"head": told.head_sha, "subject": subject.key, "text": words}, ensure_ascii=False)

    made = []
    if told.may_sign and len(value(told.role)) <= LONGEST:  # a role with a longer name is signed by a command
        made.append(kit.button("Sign off", "primary", APPROVE, value(told.role)))
        made.append(kit.button("Looking", "", LOOKING, value(told.role)))
    made.append(kit.button("Snooze 4 h", "", SNOOZE, value("4h")))
    if page:
        made.append({**kit.button("Open", "", OPEN, value("")), "url": page})
    return {"type": "actions", "elements": made}
