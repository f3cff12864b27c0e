"""What golive writes in Slack, as Block Kit: the root message, the sign-off request, facts and answers.

Every text of somebody else's is escaped, and `verbatim` keeps Slack from making links or mentions of what is left.
Slack's limits hold by folding whole lines. Source of the limits: Slack's reference of blocks and text objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from golive.core.decide import Decision
from golive.core.model import Outcome, Role, Verdict
from golive.core.signoffs import could_fill
from golive.core.snapshot import Kind, Snapshot
from golive.ports import MessageView
from golive.render import blocks as kit
from golive.render.checkrun import CategoryRow, categories
from golive.render.dates import ago, dated
from golive.render.escaping import href, mrkdwn, when
from golive.render.roster import changed_for
from golive.render.rows import (
    ActRow,
    BannerRow,
    CheckRow,
    ConditionRow,
    MistakeRow,
    PhaseRow,
    ReasonRow,
    RoleRow,
    StaleRow,
    TrainRow,
)
from golive.render.view import ReleaseView, look, waits_for_promote

FALLBACK = 1_000
"""Characters of the text that notifications and screen readers get."""

APPROVE, STATUS, RESUME = "golive_approve", "golive_status", "golive_resume"
LOOKING, WITHDRAW, PROMOTE = "golive_looking", "golive_withdraw", "golive_promote"
"""`action_id`s of the buttons; the value of each is JSON with the head commit and the subject's key."""
APPROVE_FORM, REJECT_FORM, HOLD_FORM = "golive_form_approve", "golive_form_reject", "golive_form_hold"
"""Those that open a form; the value is the same."""
MORE = "golive_more"
"""The menu of the other forms; the value of each choice is `verb head subject`."""

_LABELS = {
    APPROVE: ("Approve", "primary"),
    APPROVE_FORM: ("Approve with conditions…", ""),
    REJECT_FORM: ("Reject…", "danger"),
    LOOKING: ("Looking", ""),
    WITHDRAW: ("Withdraw", ""),
    PROMOTE: ("Go live", "primary"),
    HOLD_FORM: ("Hold…", ""),
    RESUME: ("Resume", ""),
    STATUS: ("Status", ""),
}
"""What each button says, and its style; one that opens a form ends in dots."""
_MORE = {
    "approve": "Approve with conditions…",
    "waive": "Waive a check…",
    "freeze": "Freeze all releases…",
    "override": "Break the glass…",
}
"""What the menu offers: a form of each of these verbs."""
_OPTION = 150
"""Characters of an option's value."""
_WAIVABLE = frozenset({Outcome.FAILED, Outcome.UNKNOWN, Outcome.BLOCKED, Outcome.WARNING})
_CELLS = 8
"""Of the bar of a category."""

_HOW = (
    "React to this message with ✅ to approve, ❌ to reject or 👀 to say that you are looking at it; press a button; "
    "or type `/golive approve [role]`."
)

_USER = re.compile(r"[TE][A-Z0-9]+/[UW][A-Z0-9]+")


def root(snapshot: Snapshot, decision: Decision, *, page_url: str) -> MessageView:
    """The one message of a release, edited in place."""
    view = look(snapshot, decision)
    asked = when(snapshot.standing.requests.get(view.head_sha))

    def blocks(most: int) -> list[kit.Block]:
        return [
            kit.header(f"{view.title} ({view.name})"),
            *_standing(view, most),
            *kit.listed("By category" if view.checks else "", _bars(view), most),
            kit.context(_links(view, page_url)),
            *kit.listed("Mistakes in the policy file", [_mistake(row) for row in view.mistakes], most),
            *_in_the_way(view, most),
            *kit.listed("Worth knowing", [_reason(row) for row in view.reasons if not row.blocks], most),
            *kit.listed(
                "Sign-offs",
                [_role(row, asked) for row in sorted(view.roles, key=lambda r: r.label.tone == "good")],
                most,
            ),
            *_agreed(view, most),
            *kit.listed(
                _checks_title(view), [_check(row) for row in view.worst_checks if row.label.tone != "good"], most
            ),
            *_buttons(snapshot, decision, view.head_sha, (APPROVE, REJECT_FORM, HOLD_FORM, RESUME, STATUS, MORE)),
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
            *_buttons(snapshot, decision, head_sha, (APPROVE, APPROVE_FORM, REJECT_FORM, LOOKING, WITHDRAW, STATUS)),
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
    told = f"{mrkdwn(view.name, 200)} {mrkdwn(view.title, 200)}: {mrkdwn(view.headline, FALLBACK - 402)}"
    return dated(told)


# ------------------------------------------------------------------ lines


def _reason(row: ReasonRow) -> str:
    clears = f" → {mrkdwn(row.clears)}" if row.clears else ""
    word = f"*{row.label.word}* " if row.blocks else ""
    return f"• {word}{mrkdwn(row.sentence, 400)}{clears}"


def _mistake(row: MistakeRow) -> str:
    where = "this pull request brings it" if row.in_head else "in force now"
    return f"• `{mrkdwn(row.path, 200)}:{row.line}:{row.column}` {mrkdwn(row.text, 400)} ({where})"


def _bars(view: ReleaseView) -> list[str]:
    """One line for each category: how much of it is in order, as a bar and in words."""
    rows = categories(view.checks)
    return [_bar(row, "all checks" if len(rows) == 1 and row.name == "other" else row.name) for row in rows]


def _bar(row: CategoryRow, name: str) -> str:
    fine = row.passed + row.let_through
    total = fine + row.failed + row.waiting + row.warnings
    filled = fine * _CELLS // total or min(fine, 1)
    others = ((row.failed, "failed or unknown"), (row.waiting, "waiting"), (row.warnings, "warning"))
    told = [f"{fine} of {total} in order", *(f"{count} {word}" for count, word in others if count)]
    return f"{'▰' * filled}{'▱' * (_CELLS - filled)} {kit.bold(name, 100)}: {', '.join(told)}"


def _role(row: RoleRow, asked: str) -> str:
    """asked: when sign-offs were asked for on this commit."""
    have = f", {row.have}" if row.have else ""
    parts = [f"{row.label.sign} {kit.bold(row.name, 100)} {row.label.word}{have}"]
    if row.signed:
        parts.append("by " + ", ".join(f"{mrkdwn(s.login, 100)} {ago(s.at)}" for s in row.signed[:5]))
    if row.rejected:
        parts.append("rejected by " + _names([s.login for s in row.rejected]))
    parts += [mrkdwn(note, 200) for note in row.notes]
    parts += [_stale(s) for s in row.stale[:3]]
    if row.could:
        could = row.could if len(row.could) <= 4 else row.sources[:4]
        since = f" ({ago(asked)})" if asked and row.asks else ""
        parts.append(f"still asked{since}: {_names(could)}")
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


def _acts(rows: Sequence[ActRow]) -> list[str]:
    """All of them on one line."""
    return [" · ".join(f"{row.label.sign} {kit.bold(row.title, 100)}: {mrkdwn(row.standing, 200)}" for row in rows)]


def _phase(row: PhaseRow) -> str:
    return f"{row.label.sign} {kit.bold(row.name, 100)}: *{row.label.word}*. {mrkdwn(row.headline, 300)}"


def _car(row: TrainRow) -> str:
    name = kit.link(row.url, row.name) if row.url else mrkdwn(row.name, 200)
    return f"{row.label.sign} {name}: {row.label.word}{f'. {mrkdwn(row.text, 300)}' if row.text else ''}"


def _banner(row: BannerRow) -> str:
    until = f" until {row.until}" if row.until else ""
    by = f" by {mrkdwn(' and '.join(row.by), 200)}" if row.by else ""
    return f"{row.label.sign} *{row.label.word}*{until}{by}: {mrkdwn(row.text, 400)}"


def _check(row: CheckRow) -> str:
    mend = f" → {mrkdwn(row.action, 200)}" if row.action and row.label.tone == "bad" else ""
    measured = f" ({mrkdwn(row.measured, 100)}; expected {mrkdwn(row.expected, 100)})" if row.expected else ""
    return f"{row.label.sign} *{row.label.word}* {mrkdwn(row.title, 150)}: {mrkdwn(row.summary, 200)}{measured}{mend}"


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
        *kit.listed("Train", [_car(row) for row in view.train], most),
        *(kit.listed("Going live", _acts(view.acts), most) if view.acts else ()),
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
    elements = [kit.button(*_LABELS[action], action, value) for action in shown]
    if MORE in wanted:
        elements += _menu(snapshot, decision, f"{head_sha} {snapshot.pull.subject.key}")
    return [{"type": "actions", "elements": elements}] if elements else []


def _menu(snapshot: Snapshot, decision: Decision, about: str) -> list[kit.Block]:
    """The forms that are asked for less often. A host's name that is too long for a value leaves the commands."""
    policy = snapshot.policy
    useful = {
        "approve": any(seat.missing for seat in decision.roster),
        "waive": any(judged.finding.outcome in _WAIVABLE for judged in decision.checks),
        "freeze": True,
        "override": policy is not None and policy.overrides is not None and decision.verdict is not Verdict.GO,
    }
    options = [
        {"text": kit.plain(words), "value": f"{verb} {about}"}
        for verb, words in _MORE.items()
        if useful[verb] and len(f"{verb} {about}") <= _OPTION
    ]
    return [{"type": "overflow", "action_id": MORE, "options": options}] if options else []


def _useful(snapshot: Snapshot, decision: Decision) -> set[str]:
    """Buttons that would do something: who has not spoken may, who has may take it back."""
    seats = decision.roster
    said = any(seat.signed or seat.rejected or seat.looking or seat.abstained for seat in seats)
    useful = {
        STATUS: True,
        REJECT_FORM: bool(seats),
        APPROVE_FORM: any(seat.missing for seat in seats),
        HOLD_FORM: True,
        RESUME: any(reason.code == "held" for reason in decision.reasons),
        APPROVE: any(seat.missing for seat in seats),
        LOOKING: any(seat.missing for seat in seats),
        WITHDRAW: said,
        PROMOTE: waits_for_promote(snapshot, decision),
    }
    return {action for action, of_use in useful.items() if of_use}
