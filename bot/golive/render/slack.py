"""What golive writes in Slack, as Block Kit: the root message, the sign-off request, facts and answers.

Every text of somebody else's is escaped, and `verbatim` keeps Slack from making links or mentions of what is left.
Slack's limits hold by folding whole lines. Source of the limits: Slack's reference of blocks and text objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from golive.core.decide import Decision
from golive.core.model import Role
from golive.core.signoffs import could_fill
from golive.core.snapshot import Kind, Snapshot
from golive.ports import MessageView
from golive.render import blocks as kit
from golive.render.escaping import href, mrkdwn
from golive.render.roster import changed_for
from golive.render.rows import (
    BannerRow,
    CheckRow,
    ConditionRow,
    MistakeRow,
    PhaseRow,
    ReasonRow,
    RoleRow,
    StaleRow,
)
from golive.render.view import ReleaseView, look, waits_for_promote

FALLBACK = 1_000
"""Characters of the text that notifications and screen readers get."""

APPROVE, REJECT, STATUS = "golive_approve", "golive_reject", "golive_status"
LOOKING, WITHDRAW, PROMOTE = "golive_looking", "golive_withdraw", "golive_promote"
"""`action_id`s of the buttons; the value of each is JSON with the head commit and the subject's key."""

_LABELS = {
    APPROVE: ("Approve", "primary"),
    REJECT: ("Reject", "danger"),
    LOOKING: ("Looking", ""),
    WITHDRAW: ("Withdraw", ""),
    PROMOTE: ("Go live", "primary"),
    STATUS: ("Status", ""),
}
"""What each button says, and its style."""

_HOW = (
    "React to this message with ✅ to approve, ❌ to reject or 👀 to say that you are looking at it; press a button; "
    "or type `/golive approve [role]`."
)

_USER = re.compile(r"[TE][A-Z0-9]+/[UW][A-Z0-9]+")


def root(snapshot: Snapshot, decision: Decision, *, page_url: str) -> MessageView:
    """The one message of a release, edited in place."""
    view = look(snapshot, decision)

    def blocks(most: int) -> list[kit.Block]:
        return [
            kit.header(f"{view.title} ({view.name})"),
            *_standing(view, most),
            kit.context(_links(view, page_url)),
            *kit.listed("Mistakes in the policy file", [_mistake(row) for row in view.mistakes], most),
            *_in_the_way(view, most),
            *kit.listed("Worth knowing", [_reason(row) for row in view.reasons if not row.blocks], most),
            *kit.listed(
                "Sign-offs", [_role(row) for row in sorted(view.roles, key=lambda r: r.label.tone == "good")], most
            ),
            *_agreed(view, most),
            *kit.listed(
                _checks_title(view), [_check(row) for row in view.worst_checks if row.label.tone != "good"], most
            ),
            *_buttons(snapshot, decision, view.head_sha, (APPROVE, REJECT, STATUS)),
        ]

    return MessageView(_fallback(view), kit.fitting(blocks))


def request(snapshot: Snapshot, decision: Decision, head_sha: str, superseded_by: str = "") -> MessageView:
    """The message in the thread that asks for sign-offs on one commit, or the one line of a superseded one."""
    view = look(snapshot, decision)
    if superseded_by:
        newer = kit.link(f"{view.url}/commits/{superseded_by}", superseded_by[:7])
        return kit.said([f"Superseded: sign-offs are now asked for on {newer}, no longer on {mrkdwn(head_sha[:7])}."])
    revision = next((s.revision for s in reversed(snapshot.standing.shown) if s.revision.head_sha == head_sha), None)
    base = revision.base_ref if revision else view.base_ref
    asks = f"Sign-offs are asked for on `{mrkdwn(head_sha[:12])}`, to go into `{mrkdwn(base, 100)}`."
    seats = {seat.role.name: seat.role for seat in decision.roster}
    roles = [_asked(row, seats[row.name], snapshot) for row in view.roles if not row.skipped]
    changed = [_changed(row) for row in changed_for(view.roles)]

    def blocks(most: int) -> list[kit.Block]:
        return [
            kit.section([f"*Sign-off request*: {asks}"]),
            *_banners(view, most),
            *kit.listed("Who is asked", roles, most),
            *kit.listed("What changed since you signed", changed, most),
            *_agreed(view, most),
            kit.context([_HOW]),
            *_buttons(snapshot, decision, head_sha, (APPROVE, REJECT, LOOKING, WITHDRAW, STATUS)),
        ]

    text = f"Sign-offs are asked for on {mrkdwn(head_sha[:7])} of {mrkdwn(view.name, 200)}: {mrkdwn(view.title)}"
    return MessageView(text, kit.fitting(blocks))


def fact(text: str) -> MessageView:
    """One line in the thread."""
    return kit.said([mrkdwn(text, kit.SECTION)])


def answer(text: str, users: Sequence[str] = ()) -> MessageView:
    """The answer to one person, which only they see, or a line in the thread; the lines of `text` stay lines.

    users: `team/user` of those who are mentioned, so that Slack notifies them.
    """
    lines = [mrkdwn(line, 600) for line in text.splitlines() if line.strip()]
    mentions = " ".join(f"<@{user.rpartition('/')[2]}>" for user in users if _USER.fullmatch(user))
    if mentions:
        lines = [f"{mentions} {lines[0]}" if lines else mentions, *lines[1:]]
    return kit.said(lines, most_lines=40)


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
    have = f", {row.have}" if row.have else ""
    parts = [f"{row.label.sign} {kit.bold(row.name, 100)} {row.label.word}{have}"]
    if row.signed:
        parts.append("by " + _names([s.login for s in row.signed]))
    if row.rejected:
        parts.append("rejected by " + _names([s.login for s in row.rejected]))
    parts += [mrkdwn(note, 200) for note in row.notes]
    parts += [_stale(s) for s in row.stale[:3]]
    if row.could:
        could = row.could if len(row.could) <= 4 else row.sources[:4]
        parts.append("still asked: " + _names(could))
    return "; ".join(parts)


def _names(logins: Sequence[str]) -> str:
    return ", ".join(mrkdwn(login, 100) for login in logins[:5])


def _stale(row: StaleRow) -> str:
    link = f" ({kit.link(row.link, 'what changed')})" if row.link else ""
    return f"{mrkdwn(row.login, 50)} does not count: {mrkdwn(row.why, 150)}{link}"


def _changed(row: StaleRow) -> str:
    """What changed since one person signed."""
    paths = ", ".join(f"`{mrkdwn(path.replace('`', '’'), 100)}`" for path in row.paths)
    more = f" and {row.more} more" if row.more else ""
    told = f"{paths}{more}" or row.note
    since = kit.link(row.link, f"what changed since {row.signed[:7]}")
    return f"• {mrkdwn(row.login, 50)}, {mrkdwn(row.why, 150)}: {since}{f': {told}' if told else ''}"


def _asked(row: RoleRow, role: Role, snapshot: Snapshot) -> str:
    people = [p.login for p in could_fill(role, snapshot)]
    names = people if len(people) <= 4 else role.sources[:4]
    parts = [f"{row.count} needed" if row.count else "may reject"]
    parts += [f"after {mrkdwn(' and '.join(row.after), 200)}"] if row.after else []
    parts += [f"before {mrkdwn(row.due, 100)}"] if row.due else []
    parts += [f"to be named: `/golive approve {mrkdwn(row.name, 100)}`"] if row.explicit else []
    return f"• {kit.bold(row.name, 100)}, {', '.join(parts)}: {_names(names) or 'nobody may sign yet'}"


def _condition(row: ConditionRow) -> str:
    return (
        f"{row.label.sign} *{row.id}* {mrkdwn(row.text, 300)} ({mrkdwn(row.terms, 150)}): {mrkdwn(row.standing, 150)}"
    )


def _phase(row: PhaseRow) -> str:
    return f"{row.label.sign} {kit.bold(row.name, 100)}: *{row.label.word}*. {mrkdwn(row.headline, 300)}"


def _banner(row: BannerRow) -> str:
    until = f" until {row.until}" if row.until else ""
    by = f" by {mrkdwn(' and '.join(row.by), 200)}" if row.by else ""
    return f"{row.label.sign} *{row.label.word}*{until}{by}: {mrkdwn(row.text, 400)}"


def _check(row: CheckRow) -> str:
    measured = f" ({mrkdwn(row.measured, 100)}; expected {mrkdwn(row.expected, 100)})" if row.expected else ""
    return f"{row.label.sign} *{row.label.word}* {mrkdwn(row.title, 150)}: {mrkdwn(row.summary, 200)}{measured}"


def _checks_title(view: ReleaseView) -> str:
    return f"Checks: {view.check_counts}" if view.checks else ""


def _links(view: ReleaseView, page_url: str) -> list[str]:
    parts = [kit.link(view.url, view.name), mrkdwn(view.revision, 200)]
    if view.release:
        parts.append(f"release {mrkdwn(view.release, 100)}")
    if page := href(page_url):
        parts.append(f"<{page}|Release page>")
    return [" · ".join(parts)]


# ------------------------------------------------------------------ parts


def _banners(view: ReleaseView, most: int) -> list[kit.Block]:
    """What must be seen first."""
    return [kit.section([_banner(row) for row in view.banners], most=most)] if view.banners else []


def _standing(view: ReleaseView, most: int) -> list[kit.Block]:
    """The headline, what must be seen first, and what happens next."""
    headline = f"{view.label.sign} {kit.bold(view.headline, 600)}"
    next_step = [mrkdwn(view.next_step)] if view.next_step else []
    if not view.banners:
        return [kit.section([headline, *next_step])]
    return [kit.section([headline]), *_banners(view, most), *([kit.section(next_step)] if next_step else [])]


def _in_the_way(view: ReleaseView, most: int) -> list[kit.Block]:
    blocking = [] if view.kind == Kind.MISTAKEN.value else [row for row in view.reasons if row.blocks]
    return kit.listed("In the way", [_reason(row) for row in blocking], most)


def _agreed(view: ReleaseView, most: int) -> list[kit.Block]:
    """Conditions, the open ones first, and phases."""
    conditions = sorted(view.conditions, key=lambda row: bool(row.closed))
    return [
        *kit.listed("Conditions", [_condition(row) for row in conditions], most),
        *kit.listed("Phases", [_phase(row) for row in view.phases], most),
    ]


# ------------------------------------------------------------------ buttons


def _buttons(snapshot: Snapshot, decision: Decision, head_sha: str, wanted: Sequence[str]) -> list[kit.Block]:
    """Those of the wanted buttons that are of use now; `Go live` whenever that is waited for."""
    if decision.kind is not Kind.RELEASE:
        return []
    value = json.dumps({"head": head_sha, "subject": snapshot.pull.subject.key})
    useful = _useful(snapshot, decision)
    shown = [action for action in _LABELS if action in useful and action in (*wanted, PROMOTE)]
    return [{"type": "actions", "elements": [kit.button(*_LABELS[action], action, value) for action in shown]}]


def _useful(snapshot: Snapshot, decision: Decision) -> set[str]:
    """Buttons that would do something: who has not spoken may, who has may take it back."""
    seats = decision.roster
    said = any(seat.signed or seat.rejected or seat.looking or seat.abstained for seat in seats)
    useful = {
        STATUS: True,
        REJECT: bool(seats),
        APPROVE: any(seat.missing for seat in seats),
        LOOKING: any(seat.missing for seat in seats),
        WITHDRAW: said,
        PROMOTE: waits_for_promote(snapshot, decision),
    }
    return {action for action, of_use in useful.items() if of_use}
