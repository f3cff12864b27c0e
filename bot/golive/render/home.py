"""The App Home: what waits for this person, what they signed and follow, and who they are. Add a section as one line.

Every text is escaped. At most `SHOWN` releases stand in a section, so that a view's hundred blocks are never reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from golive.core.home import SHOWN, Home
from golive.core.listing import Brief
from golive.ports import MessageView
from golive.render import blocks as kit
from golive.render.escaping import mrkdwn
from golive.render.vocabulary import VERDICTS

LINK = "golive_link"
"""`action_id` of the button that links one's account."""


def home(page: Home) -> MessageView:
    """The page, as the blocks of a home tab."""
    if not page.login:
        return MessageView("golive does not know who you are on GitHub.", tuple(_unknown(page)))
    blocks = [
        kit.section([f"You are *{mrkdwn(page.login, 100)}* on GitHub. {mrkdwn(page.how)}"]),
        *([kit.section([mrkdwn(page.note, 400)])] if page.note else []),
        *_listed("Waits for you", page.waits, "Nothing waits for you.", lambda one: _awaited(one, page.login)),
        *_listed("You signed", page.signed, "No open release has a word of yours.", _standing),
        *_listed("You follow", page.follows, "Nothing; `/golive follow acme/shop#7` adds a release.", _standing),
        kit.context(["`/golive list` shows every open release, `/golive help` what can be said."]),
    ]
    return MessageView(f"{len(page.waits)} releases wait for you.", tuple(blocks))


def _unknown(page: Home) -> list[kit.Block]:
    told = [
        "*golive does not know who you are on GitHub*, so nothing you say here counts.",
        mrkdwn(page.how),
    ]
    button = kit.button("Link your GitHub account", "primary", LINK, "link")
    return [kit.section(told), *([{"type": "actions", "elements": [button]}] if page.can_link else [])]


def _listed(
    title: str, found: Sequence[Brief], nothing: str, tells: Callable[[Brief], str]
) -> list[kit.Block]:  # fmt: skip
    """A heading, and a section for each release, or what to say where there is none."""
    if not found:
        return [kit.header(title), kit.context([mrkdwn(nothing)])]
    more = [kit.context([f"… and {len(found) - SHOWN} more: `/golive list mine`"])] if len(found) > SHOWN else []
    return [kit.header(f"{title} ({len(found)})"), *(kit.section([tells(one)]) for one in found[:SHOWN]), *more]


def _standing(one: Brief) -> str:
    label = VERDICTS[one.verdict]
    page = f" · {kit.link(one.page, 'release page')}" if one.page else ""
    return (
        f"{label.sign} *{label.word}* {kit.link(one.url, one.name)} {mrkdwn(one.title, 150)}\n"
        f"{mrkdwn(one.headline, 300)}{page}"
    )


def _awaited(one: Brief, login: str) -> str:
    """With the command that signs it."""
    roles = one.awaits(login)
    command = f"/golive approve {one.name} {roles[0]}" if len(roles) == 1 else f"/golive approve {one.name}"
    asked = f"\nYour sign-off is awaited for {mrkdwn(', '.join(roles), 200)}: `{mrkdwn(command.replace('`', ''), 200)}`"
    return _standing(one) + asked
