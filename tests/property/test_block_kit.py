"""Every message, form and page that golive sends to Slack keeps Block Kit's documented limits, whatever people write.

`SHOWN` is the one list: whoever adds something that is sent to Slack adds a row, and it is drawn from releases with 400
checks, 60 roles, names of 250 characters, and titles that are right-to-left or nothing but emoji.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import releases
from builders import HEAD, NOW
from golive.core.decide import decide
from golive.core.effect import PutDirect
from golive.core.forms import FORMS
from golive.core.home import Home
from golive.core.listing import Brief
from golive.core.reply import Listed, WhichOne, packed
from golive.core.snapshot import Snapshot
from golive.ports import MessageView
from golive.render import slack
from golive.render.dates import ago, dated
from golive.render.direct import direct
from golive.render.home import home
from golive.render.modals import modal
from golive.render.replies import answered
from golive.render.unfurls import unfurled
from golive.render.view import look
from golive.standins.slack.blocks import MESSAGE_TEXT, accepted, accepted_view
from golive.standins.slack.world import Refused
from releases import PAGE

TEXT = 40_000
"""Characters of a message's text; Slack cuts what is longer. Source: the page of `chat.postMessage`."""

Drawn = MessageView | dict[str, Any]


def _message(make: Callable[[Snapshot, Any], MessageView]) -> Callable[[Snapshot], Drawn]:
    return lambda snapshot: make(snapshot, decide(snapshot))


def _form(verb: str) -> Callable[[Snapshot], Drawn]:
    carried = {"subject": "github.com/42/7", "head": HEAD.head_sha, "channel": "C1"}
    return lambda snapshot: modal(verb, look(snapshot, decide(snapshot)), carried, NOW)


def _as_home(view: MessageView) -> Drawn:
    return {"type": "home", "blocks": list(view.blocks)}


def _brief(snapshot: Snapshot) -> Brief:
    """The release in a list, with a name nobody would give it."""
    title, decision = snapshot.pull.title, decide(snapshot)
    waits = {f"{title}{n}": ("ana",) for n in range(60)}
    return Brief(title or "x", title, snapshot.pull.url, decision.headline, decision.verdict, PAGE, waits)


def _lines(snapshot: Snapshot) -> tuple[tuple[str, str, str], ...]:
    return ((snapshot.pull.title, snapshot.pull.url, decide(snapshot).headline),) * 10


def _reminder(snapshot: Snapshot, waits: bool) -> MessageView:
    told = PutDirect("nag:1", 1, snapshot.pull.title or "x", snapshot.pull.title, HEAD.head_sha, NOW, waits=waits)
    return direct(snapshot.pull.subject, told, snapshot.pull.url)


SHOWN: dict[str, Callable[[Snapshot], Drawn]] = {
    "root": _message(lambda snapshot, decision: slack.root(snapshot, decision, page_url=PAGE)),
    "request": _message(lambda snapshot, decision: slack.request(snapshot, decision, HEAD.head_sha)),
    "older request": _message(lambda snapshot, decision: slack.request(snapshot, decision, HEAD.head_sha, "1" * 40)),
    "fact": lambda snapshot: slack.fact(snapshot.pull.title),
    "line": lambda snapshot: slack.answer(snapshot.pull.title, ["T1/U1"]),
    "long answer": lambda snapshot: slack.answer("\n".join([snapshot.pull.title] * 400)),
    "home": lambda snapshot: _as_home(home(Home("ana", snapshot.pull.title, True, *[(_brief(snapshot),) * 40] * 3))),
    "home of a stranger": lambda snapshot: _as_home(home(Home("", snapshot.pull.title, True))),
    "unfurl": lambda snapshot: unfurled(_brief(snapshot)),
    "reminder": lambda snapshot: _reminder(snapshot, waits=True),
    "reminder that is over": lambda snapshot: _reminder(snapshot, waits=False),
    "list": lambda snapshot: answered(packed(Listed(snapshot.pull.title, _lines(snapshot), "`/golive list page:2`"))),
    "picker": lambda snapshot: answered(packed(WhichOne(snapshot.pull.title, "d1", (("acme/shop#7", "v"),) * 100))),
} | {f"form: {verb}": _form(verb) for verb in FORMS}
"""Name → what is sent, drawn from a release."""

EXTREMES = {
    "as it is": "Release 1.4",
    "emoji only": "🚀👩‍👩‍👧👍🏽" * 60,
    "right to left": "إصدار المتجر الجديد " * 20,
    "turned around": "\u202eevil\u202c" * 50,
    "escapes": "<&>" * 100,
    "one long word": "x" * 250,
    "nothing that can be seen": "\u200b\u2060",
    "looks like Slack": "<!channel> <@U1> <https://evil.example|x> `" * 8,
    "a time": "2026-03-04 12:00 UTC " * 12,
}


def _keeps_limits(drawn: Drawn) -> None:
    """The stand-in takes it, and it is as strict as Slack's documentation."""
    try:
        if isinstance(drawn, dict):
            accepted_view(drawn)
            return
        accepted(list(drawn.blocks))
    except Refused as refused:
        pytest.fail(f"Slack would refuse it: {refused.code} {refused.extra}")
    assert 0 < len(drawn.text) <= TEXT, "there must be a text for notifications and screen readers"
    assert len(drawn.text) <= MESSAGE_TEXT


@pytest.mark.parametrize("text", EXTREMES.values(), ids=EXTREMES)
@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_whatever_is_sent_to_slack_keeps_its_limits(shown: Callable[[Snapshot], Drawn], text: str) -> None:
    _keeps_limits(shown(releases.enormous(text[:250], checks=400, roles=60, conditions=100)))
    _keeps_limits(shown(releases.hostile(text[:250])))


@pytest.mark.parametrize("state", releases.STATES)
@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_every_state_of_a_release_can_be_sent(shown: Callable[[Snapshot], Drawn], state: str) -> None:
    _keeps_limits(shown(releases.STATES[state]()))


_WORDS = st.lists(st.sampled_from([*EXTREMES.values(), "|", "*", "_", "\n", " ", "·"]), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None)
@given(_WORDS.map(lambda words: "".join(words)[:250]), st.sampled_from([0, 1, 40, 400]), st.sampled_from([0, 3, 60]))
def test_no_size_and_no_name_breaks_a_limit(name: str, checks: int, roles: int) -> None:
    snapshot = releases.enormous(name, checks=checks, roles=roles, conditions=20 if roles else 0)
    for shown in SHOWN.values():
        _keeps_limits(shown(snapshot))


def _shown(value: Any) -> list[str]:
    """Every text that a person sees; the values of options are not shown."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in _shown(inner)]
    return [text for inner in value for text in _shown(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("verb", FORMS)
def test_no_text_of_a_stranger_does_anything_in_a_form(verb: str) -> None:
    form = _form(verb)(releases.hostile("<!channel> <@U1> <https://evil.example|x>"))
    found = [link for text in _shown(form) for link in re.findall(r"<([^|>]*)[|>]", text)]
    assert all(link.startswith("https://github.com/acme/shop/pull/7") for link in found), found


def test_a_sign_never_stands_without_its_word() -> None:
    for make in releases.STATES.values():
        for block in slack.root(make(), decide(make()), page_url=PAGE).blocks:
            for line in (block.get("text") or {}).get("text", "").splitlines():
                assert re.search(r"\w", line), f"a line that a screen reader cannot read: {line!r}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("until 2026-03-04 12:00 UTC.", "until <!date^1772625600^{date_short_pretty}, {time}|2026-03-04 12:00 UTC>."),
        ("`2026-03-04 12:00 UTC`", "`2026-03-04 12:00 UTC`"),
        ("<https://x.example|2026-03-04 12:00 UTC>", "<https://x.example|2026-03-04 12:00 UTC>"),
        ("2026-13-04 12:00 UTC", "2026-13-04 12:00 UTC"),
        ("0000-00-00 99:99 UTC", "0000-00-00 99:99 UTC"),
    ],
)
def test_a_time_is_shown_in_each_readers_own_zone(text: str, shown: str) -> None:
    assert dated(text) == shown
    assert dated(shown) == shown, "a token is made once"


def test_how_long_ago_is_counted_by_the_readers_slack() -> None:
    assert ago("2026-03-04 12:00 UTC") == "<!date^1772625600^{ago}|2026-03-04 12:00 UTC>"
    assert ago("some day") == "some day"
