"""What golive writes in Slack, as Block Kit: the root message, the sign-off request, facts and answers.

Every text of somebody else's is escaped, and `verbatim` keeps Slack from making links or mentions of what is left.
Slack's limits hold by folding whole lines. Source of the limits: Slack's reference of blocks and text objects.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from golive.core.decide import Decision, Kind, Snapshot
from golive.core.model import Role
from golive.core.signoffs import could_fill
from golive.ports import MessageView
from golive.render.escaping import href, mrkdwn
from golive.render.folding import lines_within
from golive.render.view import CheckRow, MistakeRow, ReasonRow, ReleaseView, RoleRow, look

HEADER = 150
"""Characters of a header block."""

SECTION = 2_000
"""Characters of one section here. Slack takes 3,000, and about 12,000 for all texts of a message together."""

FALLBACK = 1_000
"""Characters of the text that notifications and screen readers get."""

APPROVE, REJECT, STATUS = "golive_approve", "golive_reject", "golive_status"
"""`action_id`s of the buttons; the value of each is JSON with the head commit and the subject's key."""

Block = dict[str, Any]


def root(snapshot: Snapshot, decision: Decision, *, page_url: str) -> MessageView:
    """The one message of a release, edited in place."""
    view = look(snapshot, decision)
    standing = f"{view.label.sign} {_bold(view.headline, 600)}"
    blocks = [
        _header(f"{view.title} ({view.name})"),
        _section([standing, *([mrkdwn(view.next_step)] if view.next_step else [])]),
        _context(_links(view, page_url)),
        *_list("Mistakes in the policy file", [_mistake(row) for row in view.mistakes]),
        *_list("In the way", [_reason(row) for row in view.reasons if row.blocks and view.kind != Kind.MISTAKEN.value]),
        *_list("Worth knowing", [_reason(row) for row in view.reasons if not row.blocks]),
        *_list("Sign-offs", [_role(row) for row in sorted(view.roles, key=lambda r: r.label.tone == "good")]),
        *_list(_checks_title(view), [_check(row) for row in view.worst_checks if row.label.tone != "good"]),
        *_buttons(snapshot, decision, view.head_sha),
    ]
    return MessageView(_fallback(view), tuple(blocks))


def request(snapshot: Snapshot, decision: Decision, head_sha: str, superseded_by: str = "") -> MessageView:
    """The message in the thread that asks for sign-offs on one commit, or the one line of a superseded one."""
    view = look(snapshot, decision)
    if superseded_by:
        newer = _link(f"{view.url}/commits/{superseded_by}", superseded_by[:7])
        return _said([f"Superseded: sign-offs are now asked for on {newer}, no longer on {mrkdwn(head_sha[:7])}."])
    revision = next((s.revision for s in reversed(snapshot.standing.shown) if s.revision.head_sha == head_sha), None)
    base = revision.base_ref if revision else view.base_ref
    asks = f"Sign-offs are asked for on `{mrkdwn(head_sha[:12])}`, to go into `{mrkdwn(base, 100)}`."
    how = "React to this message with ✅ to approve or ❌ to reject, press a button, or type `/golive approve [role]`."
    roles = [_asked(role, snapshot) for role in snapshot.roles]
    blocks = [
        _section([f"*Sign-off request*: {asks}"]),
        *_list("Who is asked", roles),
        _context([how]),
        *_buttons(snapshot, decision, head_sha),
    ]
    text = f"Sign-offs are asked for on {mrkdwn(head_sha[:7])} of {mrkdwn(view.name, 200)}: {mrkdwn(view.title)}"
    return MessageView(text, tuple(blocks))


def fact(text: str) -> MessageView:
    """One line in the thread."""
    return _said([mrkdwn(text, SECTION)])


def answer(text: str) -> MessageView:
    """The answer to one person, which only they see; the lines of `text` stay lines."""
    return _said([mrkdwn(line, 600) for line in text.splitlines() if line.strip()], most_lines=30)


def _said(lines: list[str], most_lines: int = 10) -> MessageView:
    """A message of nothing but lines, its fallback the same words."""
    lines = [line for line in lines if line] or ["(nothing)"]
    section = _section(lines, most_lines)
    return MessageView(section["text"]["text"], (section,))


def _fallback(view: ReleaseView) -> str:
    return f"{mrkdwn(view.name, 200)} {mrkdwn(view.title, 200)}: {mrkdwn(view.headline, FALLBACK - 402)}"


# ------------------------------------------------------------------ lines


def _reason(row: ReasonRow) -> str:
    clears = f" → {mrkdwn(row.clears)}" if row.clears else ""
    word = f"*{row.label.word}* " if row.blocks else ""
    return f"• {word}{mrkdwn(row.sentence, 400)}{clears}"


def _mistake(row: MistakeRow) -> str:
    where = "this pull request brings it" if row.in_head else "in force now"
    return f"• `{mrkdwn(row.path, 200)}:{row.line}:{row.column}` {mrkdwn(row.text, 400)} ({where})"


def _role(row: RoleRow) -> str:
    parts = [f"{row.label.sign} {_bold(row.name, 100)} {row.label.word}, {row.have}"]
    if row.signed:
        parts.append("by " + ", ".join(mrkdwn(s.login, 50) for s in row.signed[:5]))
    if row.rejected:
        parts.append("rejected by " + ", ".join(mrkdwn(s.login, 50) for s in row.rejected[:5]))
    if row.stale:
        parts.append("for other code: " + ", ".join(mrkdwn(login, 50) for login in row.stale[:5]))
    if row.could:
        could = row.could if len(row.could) <= 4 else row.sources[:4]
        parts.append("still asked: " + ", ".join(mrkdwn(name, 100) for name in could))
    return "; ".join(parts)


def _asked(role: Role, snapshot: Snapshot) -> str:
    people = [p.login for p in could_fill(role, snapshot.pull, snapshot.standing)]
    names = people if len(people) <= 4 else role.sources[:4]
    whom = ", ".join(mrkdwn(name, 100) for name in names) or "nobody may sign yet"
    return f"• {_bold(role.name, 100)}, {role.count} needed: {whom}"


def _check(row: CheckRow) -> str:
    measured = f" ({mrkdwn(row.measured, 100)}; expected {mrkdwn(row.expected, 100)})" if row.expected else ""
    return f"{row.label.sign} *{row.label.word}* {mrkdwn(row.title, 150)}: {mrkdwn(row.summary, 200)}{measured}"


def _checks_title(view: ReleaseView) -> str:
    return f"Checks: {view.check_counts}" if view.checks else ""


def _links(view: ReleaseView, page_url: str) -> list[str]:
    parts = [_link(view.url, view.name), mrkdwn(view.revision, 200)]
    if view.release:
        parts.append(f"release {mrkdwn(view.release, 100)}")
    if page := href(page_url):
        parts.append(f"<{page}|Release page>")
    return [" · ".join(parts)]


def _link(url: str, label: str) -> str:
    safe, text = href(url), mrkdwn(label, 200).replace("|", "¦")
    return f"<{safe}|{text}>" if safe else text


# ------------------------------------------------------------------ blocks


def _bold(text: str, most: int) -> str:
    """In bold, whatever asterisks it has of its own."""
    return f"*{mrkdwn(text.replace('*', '∗'), most)}*"


def _text(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": mrkdwn(text, HEADER) or "Release", "emoji": True}}


def _section(lines: Sequence[str], most_lines: int = 10) -> Block:
    return {"type": "section", "text": _text(lines_within(lines, SECTION, most_lines))}


def _context(texts: Sequence[str]) -> Block:
    return {"type": "context", "elements": [_text(text) for text in texts]}


def _list(title: str, lines: Sequence[str]) -> list[Block]:
    """A titled section; a title alone says that nothing needs listing, no title that there is no such section."""
    if not title or not (lines or title.startswith("Checks")):
        return []
    return [_section([f"*{title}*", *lines], most_lines=11)]


def _buttons(snapshot: Snapshot, decision: Decision, head_sha: str) -> list[Block]:
    """Buttons while the release is open; Approve only while a seat is empty, Reject only where there are roles."""
    if decision.kind is not Kind.RELEASE:
        return []
    value = json.dumps({"head": head_sha, "subject": snapshot.pull.subject.key})
    buttons = [_button("Status", STATUS, value)]
    if decision.roster:
        buttons.insert(0, _button("Reject", REJECT, value, "danger"))
    if any(seat.missing for seat in decision.roster):
        buttons.insert(0, _button("Approve", APPROVE, value, "primary"))
    return [{"type": "actions", "elements": buttons}]


def _button(label: str, action: str, value: str, style: str = "") -> Block:
    button: Block = {
        "type": "button",
        "action_id": action,
        "value": value,
        "text": {"type": "plain_text", "text": label},
    }
    return {**button, "style": style} if style else button
