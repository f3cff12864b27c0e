"""What a link to a release shows in Slack: name, title, verdict and headline, in two lines."""

from __future__ import annotations

from golive.core.listing import Brief
from golive.ports import MessageView
from golive.render import blocks as kit
from golive.render.escaping import mrkdwn
from golive.render.vocabulary import VERDICTS


def unfurled(one: Brief) -> MessageView:
    """The summary beneath a link."""
    label = VERDICTS[one.verdict]
    name = f"{kit.link(one.url, one.name)} {mrkdwn(one.title, 150)}"
    verdict = f"{label.sign} *{label.word}* " if one.is_open else ""  # what is over has none
    told = f"{verdict}{mrkdwn(one.headline, 300)}"
    return MessageView(f"{mrkdwn(one.name, 200)}: {mrkdwn(one.headline, 300)}", (kit.section([name, told]),))
