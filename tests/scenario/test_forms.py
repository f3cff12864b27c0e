"""What people fill in in Slack, from the button to the release: in by the doors, read from the stand-ins."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from world import POLICY, World, a_world

MAY_OVERRIDE = POLICY + 'overrides: {{from: ["@mina", "@bo", "@zoe"], people: 2, longest: 60m}}\n'


def opened(w: World, who: str, action: str, value: str | None = None, *, ts: str = "") -> Any:
    """The form that a button of the root message opens."""
    w.later(seconds=2)
    place = ts or w.roots()[-1].ts
    chosen = next((o["value"] for o in _choices(w, place) if value and o["value"].startswith(value)), None)
    assert not value or chosen, f"the menu does not offer {value}"
    w.slack.click(action, by=w.users[who], channel=w.channel, ts=place, value=chosen)
    w.settle()
    return w.slack.modal(w.users[who])


def _choices(w: World, ts: str) -> list[Any]:
    message = next(m for m in w.slack.thread(w.channel, w.roots()[-1].ts) if m.ts == ts)
    elements = [e for block in message.blocks if block["type"] == "actions" for e in block["elements"]]
    return [option for e in elements if e["type"] == "overflow" for option in e["options"]]


def sent(w: World, who: str, view: Any, **values: Any) -> dict[str, str]:
    """Fill in and send; what was told at the fields."""
    w.later(seconds=2)
    w.slack.submit_view(view.id, w.users[who], values)
    w.settle()
    return dict(view.errors) if view.open else {}


def test_an_approval_with_conditions_is_filled_in_and_waits_for_them() -> None:
    with a_world() as w:
        number = w.asked()
        form = opened(w, "mina", "golive_more", "approve")
        wrong = sent(w, "mina", form, role="qa", conditions="rotate the keys check unheard-of", words="fine")
        assert "no check “unheard-of”" in wrong["conditions"]
        assert form.open
        assert w.title(number).startswith("0/2"), "a form with a mistake was kept"
        assert not sent(w, "mina", form, role="qa", conditions="rotate the keys owner @zoe\nwrite notes", words="fine")
        assert not form.open
        assert any("slack form" in line and "mina" in line for line in w.thread()), w.thread()
        assert "rotate the keys" in str(w.roots()[-1].blocks)
        w.signed_by("sam", number, "security")
        assert not w.merged(number)
        w.says("zoe", number, "/golive condition close C1")
        w.says("mina", number, "/golive condition close C2")
        assert w.merged(number), w.title(number)


def test_a_rejection_needs_a_reason_and_says_it_everywhere() -> None:
    with a_world() as w:
        number = w.asked()
        form = opened(w, "sam", "golive_form_reject")
        assert "Say why" in sent(w, "sam", form, words="   ")["words"]
        assert not sent(w, "sam", form, role="security", words="the token is in the log")
        assert w.shows(number) == "failure"
        assert any("the token is in the log" in line for line in w.thread())


def test_a_form_is_about_the_commit_it_was_opened_for() -> None:
    with a_world() as w:
        number = w.asked()
        form = opened(w, "mina", "golive_more", "approve")
        w.push(number)
        w.later(seconds=61)
        assert not sent(w, "mina", form, role="qa")
        assert w.title(number).startswith("0/2"), "a form opened for the old commit signed the new one"


def test_a_form_of_somebody_who_may_not_is_refused_when_it_is_worked_and_says_who_could() -> None:
    with a_world() as w:
        number = w.asked()
        w.sample.status = 503
        w.says("ana", number, "/golive check healthy")
        form = opened(w, "mina", "golive_more", "waive")
        day = f"{w.clock() + timedelta(days=3):%Y-%m-%d}"
        assert not sent(w, "mina", form, check="healthy", until=day, words="it is known")
        assert "maintainer" in w.whispers("mina")[-1]
        refused = [ruling for ruling in w.standing(number).rulings.values() if not ruling.taken]
        assert [ruling.said for ruling in refused] == ["Only a maintainer of the repository may waive a check."]
        assert w.shows(number) == "failure"


def test_a_waiver_ends_on_a_day_ahead() -> None:
    with a_world() as w:
        number = w.asked()
        w.ci_says("failure", number)
        w.settle()
        form = opened(w, "bo", "golive_more", "waive")
        assert "must lie ahead" in sent(w, "bo", form, check="ci", until="2020-01-01", words="known")["until"]
        day = f"{w.clock() + timedelta(days=3):%Y-%m-%d}"
        assert not sent(w, "bo", form, check="ci", until=day, words="the runner is broken")
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_hold_and_its_end_are_buttons_of_the_state() -> None:
    with a_world() as w:
        number = w.asked()
        assert not sent(w, "zoe", opened(w, "zoe", "golive_form_hold"), words="waiting for the DBA")
        assert w.shows(number) == "action_required"
        assert "waiting for the DBA" in w.title(number)
        w.slack.click("golive_resume", by=w.users["zoe"], channel=w.channel, ts=w.roots()[-1].ts)
        w.later()
        assert w.shows(number) == "in_progress"
        with pytest.raises(ValueError, match="no 'golive_resume' to press"):
            w.slack.click("golive_resume", by=w.users["zoe"], channel=w.channel, ts=w.roots()[-1].ts)


def test_a_freeze_is_filled_in_with_a_moment() -> None:
    with a_world() as w:
        number = w.asked()
        form = opened(w, "bo", "golive_more", "freeze")
        past = int((w.clock() - timedelta(hours=1)).timestamp())
        assert "must lie ahead" in sent(w, "bo", form, until=past, words="full")["until"]
        until = int((w.clock() + timedelta(hours=3)).timestamp())
        assert not sent(w, "bo", form, until=until, words="the shop is full")
        w.signed(number)
        assert not w.merged(number)
        assert "the shop is full" in str(w.roots()[-1].blocks)
        w.later(hours=4)
        assert w.merged(number), w.title(number)


def test_breaking_the_glass_needs_the_typed_name_and_a_second_person() -> None:
    with a_world(policy=MAY_OVERRIDE) as w:
        number = w.asked()
        w.ci_says("failure", number)
        w.settle()
        form = opened(w, "bo", "golive_more", "override")
        wrong = sent(w, "bo", form, minutes="30", words="the site is down", confirm="yes")
        assert wrong == {"confirm": f"Type acme/shop#{number} to confirm that you mean this release."}
        assert (
            "at most 60 minutes"
            in sent(w, "bo", form, minutes="90", words="the site is down", confirm=f"acme/shop#{number}")["minutes"]
        )
        assert not sent(w, "bo", form, minutes="30", words="the site is down", confirm=f"acme/shop#{number}")
        assert not w.merged(number), "one person alone broke the glass"
        again = opened(w, "zoe", "golive_more", "override")
        assert not sent(w, "zoe", again, minutes="30", words="I saw it, too", confirm=f"acme/shop#{number}")
        assert w.merged(number), w.title(number)


def test_breaking_the_glass_is_offered_only_where_the_policy_names_people() -> None:
    with a_world() as w:
        w.asked()
        assert "override" not in {o["value"].split()[0] for o in _choices(w, w.roots()[-1].ts)}


def test_a_press_and_a_form_that_are_sent_again_do_nothing() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.click("golive_form_hold", by=w.users["zoe"], channel=w.channel, ts=w.roots()[-1].ts)
        [press] = w.late(w.slack.courier)
        w.hand_over(w.slack.courier, [press])
        assert w.redeliver(press).status == 409
        assert len(w.slack.calls("views.open")) == 1, "a press that was sent again opened another form"
        form = w.slack.modal(w.users["zoe"])
        assert form is not None
        w.slack.submit_view(form.id, w.users["zoe"], {"words": "waiting"})
        [first] = w.late(w.slack.courier)
        form.open = True
        w.slack.submit_view(form.id, w.users["zoe"], {"words": "waiting still"})
        [second] = w.late(w.slack.courier)  # the same form, sent twice in a hurry
        w.hand_over(w.slack.courier, [first])
        w.hand_over(w.slack.courier, [second])
        assert w.redeliver(first).status == 409
        held = [word for word in w.standing(number).words if word.verb == "hold"]
        assert [word.text for word in held] == ["waiting"]


def test_who_gets_no_form_is_told_what_to_type() -> None:
    with a_world() as w:
        w.asked()
        w.slack.click("golive_form_hold", by=w.users["zoe"], channel=w.channel, ts=w.roots()[-1].ts)
        [press] = w.late(w.slack.courier)
        w.clock.pass_(seconds=10)  # the permission to open a form is over
        w.hand_over(w.slack.courier, [press])
        assert w.slack.modal(w.users["zoe"]) is None
        assert "/golive hold &lt;reason&gt;" in w.whispers("zoe")[-1]


def test_a_form_that_was_opened_outside_of_channels_is_answered_in_the_persons_own_conversation() -> None:
    with a_world() as w:
        number = w.asked()
        form = opened(w, "ana", "golive_form_hold")
        carried = json.loads(form.body["private_metadata"])
        form.body["private_metadata"] = json.dumps(carried | {"channel": ""})  # as from App Home, which is no channel
        sent(w, "ana", form, words="not before noon")
        held = [word for word in w.standing(number).words if word.verb == "hold"]
        assert [word.text for word in held] == ["not before noon"]
        w.slack.click("golive_resume", by=w.users["ana"], channel=w.channel, ts=w.roots()[-1].ts)
        w.settle()
        form = opened(w, "eve", "golive_form_hold")
        form.body["private_metadata"] = json.dumps(carried | {"channel": ""})
        sent(w, "eve", form, words="mine")
        alone = w.slack.messages(w.slack.world.direct(w.slack.world.user("eve"), w.slack.app.bot_user_id).id)
        assert alone, "whoever may not was told nothing"
        assert "GitHub" in alone[-1].text
