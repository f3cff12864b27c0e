"""A button works for whoever can see it: who may not is refused when the click is worked, told who could, and on record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from golive.core.model import Ruling
from world import POLICY, World, a_world


def click(w: World, user: str, action: str = "golive_approve") -> None:
    w.later(seconds=2)
    w.slack.click(action, by=user, channel=w.channel, ts=w.roots()[0].ts)
    w.settle()


def ruled(w: World, number: int) -> list[Ruling]:
    standing = w.standing(number)
    return [standing.rulings[word.key] for word in standing.words if word.key in standing.rulings]


def told(w: World, user: str) -> list[str]:
    return [said.text for said in w.slack.ephemerals_for(user)]


def named(w: World, user: str, login: str, team: str = "") -> None:
    """The operator's file says that this account is somebody on GitHub."""
    people = json.loads(w.people_file)
    people.setdefault(team or w.slack.app.team_id, {})[user] = login
    w.people_file = json.dumps(people)
    (w.folder / "people.yml").write_text(w.people_file)
    w.restart()
    w.settle()


def refused(w: World, number: int, user: str, why: str) -> None:
    """Nobody signed, the clicker knows why and who could, and the record has it as refused."""
    assert w.title(number).startswith("0/2"), w.title(number)
    assert not w.merges(number)
    said = told(w, user)[-1]
    assert why in said, said
    assert "mina" in said, f"the refusal does not say who could: {said}"
    last = ruled(w, number)[-1]
    assert not last.taken
    assert why in last.said


def test_trap_21_a_button_pressed_by_somebody_whom_nobody_linked_is_refused_and_on_record() -> None:
    with a_world() as w:
        number = w.asked()
        click(w, w.users["eve"])
        refused(w, number, w.users["eve"], "I do not know who you are on GitHub")
        assert w.standing(number).words[-1].account == f"{w.slack.app.team_id}/{w.users['eve']}"


def test_trap_21_a_button_pressed_by_a_linked_person_without_a_role_is_refused_and_on_record() -> None:
    with a_world() as w:
        number = w.asked()
        click(w, w.users["bo"])
        refused(w, number, w.users["bo"], "You fill none of this release's roles")


KINDS: list[tuple[str, dict[str, Any], str]] = [
    ("a guest", {"is_restricted": True}, "guest"),
    ("a bot", {"is_bot": True}, "bot"),
    ("somebody deactivated", {"deleted": True}, "deactivated"),
]


@pytest.mark.parametrize(("change", "why"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
def test_trap_21_a_signer_whose_account_became_no_members_is_refused_when_the_click_is_worked(
    change: dict[str, Any], why: str
) -> None:
    with a_world() as w:
        number = w.asked()
        w.later(seconds=2)
        w.slack.click("golive_approve", by=w.users["mina"], channel=w.channel, ts=w.roots()[0].ts)
        for name, value in change.items():  # between the click and its being worked
            setattr(w.slack.world.users[w.users["mina"]], name, value)
        w.settle()
        refused(w, number, w.users["mina"], why)


def test_trap_21_somebody_of_another_workspace_in_a_shared_channel_is_refused_whatever_the_file_says() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.add_team("T0OTHER", "other")
        stranger = w.slack.add_user("mina.other", team_id="T0OTHER")
        w.slack.world.channel(w.channel).members.append(stranger)
        named(w, stranger, "mina", "T0OTHER")
        click(w, stranger)
        refused(w, number, stranger, "another Slack workspace")


def test_trap_21_a_click_waits_while_slack_cannot_say_whose_it_is_and_blocks_nobody_else() -> None:
    with a_world() as w:
        number = w.asked()
        down = True

        def silent(request: Any, answer: Any) -> Any:
            if down and request.path.endswith("users.info"):
                raise ConnectionError("Slack is down")
            return answer(request)

        w.slack.interceptors.append(silent)
        click(w, w.users["mina"])
        assert w.title(number).startswith("0/2")
        w.says("sam", number, "/golive approve security")
        assert w.title(number).startswith("1/2")
        down = False
        w.later(seconds=16)
        assert w.merged(number)


def test_trap_21_a_button_outlives_a_restart_and_still_asks_who_pressed_it() -> None:
    with a_world() as w:
        number = w.asked()
        w.restart()
        click(w, w.users["eve"])
        click(w, w.users["mina"])
        assert w.title(number).startswith("1/2"), w.title(number)


# ------------------------------------------------------------------ groups and channels that a policy names

GROUP = POLICY.replace('from: ["@mina", "@zoe"]', 'from: ["slack:qa-people"]')


def test_a_role_from_a_user_group_is_filled_by_its_linked_people_alone() -> None:
    with a_world(policy=GROUP) as w:
        group = w.slack.add_usergroup("qa-people", [w.users["mina"], w.users["eve"]])
        number = w.asked()
        w.says("zoe", number, "/golive approve qa")
        click(w, w.users["eve"])
        assert w.title(number).startswith("0/2"), w.title(number)
        w.slack.world.usergroups[group].users = [w.users["zoe"]]
        w.later(minutes=2)
        w.says("mina", number, "/golive approve qa")
        assert w.title(number).startswith("0/2"), "somebody who left the group signed"
        w.says("zoe", number, "/golive approve qa")
        assert w.title(number).startswith("1/2"), w.title(number)


def test_a_user_group_that_is_not_there_is_said() -> None:
    with a_world(policy=GROUP) as w:
        number = w.asked()
        assert "Slack has no user group" in w.summary(number)


def test_a_channel_that_is_not_there_is_said_where_people_look_until_it_is() -> None:
    with a_world(policy=POLICY.replace("#releases", "#relaeses")) as w:
        number = w.asked()
        assert "Slack has no channel" in w.summary(number)
        w.slack.add_channel("#relaeses", members=[w.users["bo"]])
        w.later(minutes=2)
        w.signed(number)
        assert w.merged(number)
        assert "no channel" not in w.summary(number)
