"""The forms of Slack: what a button opens, drawn from the stored view of a release alone.

Add a form as one entry in `_BLOCKS`; its fields and their mistakes are in `core.forms`. Each input's `block_id` is the
field's name, so that a mistake is shown at it. Source of the limits: Slack's reference of views and block elements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from golive.core.forms import FORMS, Known
from golive.render import blocks as kit
from golive.render.escaping import fold, mrkdwn
from golive.render.view import ReleaseView

CALLBACK = "golive_form"
"""`callback_id` of every form of ours."""
OPTIONS = 100
"""Most options of a select."""
OPTION, VALUE = 75, 150
"""Most characters of an option's words, and of its value."""
WORDS, CONDITIONS = 1_000, 2_000
"""Most characters of what people write into a field."""

_TITLES = {
    "approve": ("Approve", "Approve"),
    "reject": ("Reject", "Reject"),
    "waive": ("Waive a check", "Waive"),
    "hold": ("Hold the release", "Hold"),
    "freeze": ("Freeze all releases", "Freeze"),
    "override": ("Break the glass", "Override"),
}
"""Title and what the button says; Slack takes 24 characters of each."""
_SAYS = {
    "approve": "Signs off for this very commit. A condition is something still to be done.",
    "reject": "Stops the release until you withdraw it.",
    "waive": "Lets the release go although the check does not hold, until that day is over. A critical check needs two people.",
    "hold": "Stops the release until the hold is lifted.",
    "freeze": "Stops every release of this repository until then.",
    "override": (
        "Lets the release go although it is not ready, once as many people as the policy asks for have said so. "
        "Everybody is told, and it stays on record."
    ),
}


def known(view: ReleaseView) -> Known:
    """What a form of this release is checked against."""
    return Known(
        name=view.name,
        roles=frozenset(row.name for row in view.roles),
        checks=frozenset(row.id for row in view.checks),
        phases=frozenset(row.name for row in view.phases),
        longest=view.longest_override,
    )


def modal(verb: str, view: ReleaseView, carried: dict[str, str], now: datetime) -> dict[str, Any]:
    """The form of a verb. carried: what comes back with it: subject, head and where it was opened."""
    title, submit = _TITLES[verb]
    head = mrkdwn(carried.get("head", "")[:7])
    lines = [f"{kit.link(view.url, view.name)} {kit.bold(view.title, 200)}", f"Commit `{head}`. {_SAYS[verb]}"]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": kit.plain(title, 24),
        "submit": kit.plain(submit, 24),
        "close": kit.plain("Cancel", 24),
        "private_metadata": json.dumps({"verb": verb, **carried}),
        "blocks": [kit.section(lines), *(_BLOCKS[(verb, field)](view, now) for field in FORMS[verb])],
    }


# ------------------------------------------------------------------ fields


def _input(name: str, label: str, element: kit.Block, hint: str = "", optional: bool = False) -> kit.Block:
    made: kit.Block = {
        "type": "input",
        "block_id": name,
        "label": kit.plain(label, 2_000),
        "element": {**element, "action_id": f"golive_field_{name}"},
        "optional": optional,
    }
    return {**made, "hint": kit.plain(hint, 2_000)} if hint else made


def _typed(placeholder: str, most: int = WORDS, lines: bool = True) -> kit.Block:
    return {
        "type": "plain_text_input", "multiline": lines, "max_length": most, "placeholder": kit.plain(placeholder, 150),
    }  # fmt: skip


def _select(placeholder: str, options: Iterable[tuple[str, str]]) -> kit.Block:
    listed = [{"text": kit.plain(words, OPTION), "value": value} for value, words in options if 0 < len(value) <= VALUE]
    return {"type": "static_select", "placeholder": kit.plain(placeholder, 150), "options": listed[:OPTIONS]}


def _role(view: ReleaseView, now: datetime, all_of_mine: str) -> kit.Block:
    rows = sorted(view.roles, key=lambda row: row.complete)
    roles = [(row.name, f"{row.name} ({row.label.word})") for row in rows if len(row.name) <= VALUE]
    if not roles:  # a select must offer something
        roles = [("-", "This release asks for no sign-offs")]
    element = _select(all_of_mine, roles)
    return _input(
        "role", "For which role?", element, hint="Leave it empty for every role that you fill.", optional=True
    )


def _check(view: ReleaseView, now: datetime) -> kit.Block:
    rows = [row for row in view.worst_checks if row.label.tone != "good"] or list(view.worst_checks)
    checks = [(row.id, f"{row.label.word}: {row.title}") for row in rows if len(row.id) <= VALUE]
    hint = f"The {OPTIONS} worst are listed; for another one type `/golive waive`." if len(checks) > OPTIONS else ""
    return _input("check", "Which check?", _select("Choose a check", checks or [("-", "There is no check")]), hint=hint)


def _until_day(view: ReleaseView, now: datetime) -> kit.Block:
    in_a_fortnight = f"{now + timedelta(days=14):%Y-%m-%d}"
    return _input(
        "until", "Until the end of which day (UTC)?", {"type": "datepicker", "initial_date": in_a_fortnight},
        hint="It ends by itself then; a year ahead at most.",
    )  # fmt: skip


def _until_moment(view: ReleaseView, now: datetime) -> kit.Block:
    tomorrow = int((now + timedelta(days=1)).timestamp()) // 3600 * 3600
    return _input(
        "until", "Until when?", {"type": "datetimepicker", "initial_date_time": tomorrow},
        hint="In your own time zone; 92 days ahead at most.",
    )  # fmt: skip


def _conditions(view: ReleaseView, now: datetime) -> kit.Block:
    phases = [row.name for row in view.phases]
    due = f", due {fold(phases[-1], 60)}" if phases else ""
    return _input(
        "conditions", "Conditions", _typed("rotate the keys owner @ana", CONDITIONS), optional=True,
        hint=f"One on each line. At its end may stand: owner @login{due}, check and the id of a check that closes it.",
    )  # fmt: skip


def _why(label: str, placeholder: str, optional: bool = False) -> Callable[[ReleaseView, datetime], kit.Block]:
    def block(view: ReleaseView, now: datetime) -> kit.Block:
        return _input("words", label, _typed(placeholder), optional=optional)

    return block


def _minutes(view: ReleaseView, now: datetime) -> kit.Block:
    longest = max(1, view.longest_override)
    element = {
        "type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": str(longest),
        "initial_value": str(min(30, longest)),
    }  # fmt: skip
    return _input("minutes", "For how many minutes?", element, hint=f"The policy allows {longest} at most.")


def _confirm(view: ReleaseView, now: datetime) -> kit.Block:
    return _input(
        "confirm", f"Type {fold(view.name, 300)} to confirm", _typed("owner/repository#number", 500, lines=False)
    )


_BLOCKS: dict[tuple[str, str], Callable[[ReleaseView, datetime], kit.Block]] = {
    ("approve", "role"): lambda view, now: _role(view, now, "Every role that I fill"),
    ("approve", "conditions"): _conditions,
    ("approve", "words"): _why("Words", "ran the smoke tests", optional=True),
    ("reject", "role"): lambda view, now: _role(view, now, "Every role that I fill"),
    ("reject", "words"): _why("Why?", "the token is in the log"),
    ("waive", "check"): _check,
    ("waive", "until"): _until_day,
    ("waive", "words"): _why("Why may it go without?", "the old module goes next month"),
    ("hold", "words"): _why("Why?", "waiting for the DBA"),
    ("freeze", "until"): _until_moment,
    ("freeze", "words"): _why("Why?", "the shop is full"),
    ("override", "minutes"): _minutes,
    ("override", "words"): _why("Why?", "the site is down and this mends it"),
    ("override", "confirm"): _confirm,
}
