"""What GitHub's deliveries become, on GitHub's own examples and on cases they do not have. A new event needs its tests here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from builders import NOW
from golive.core.command import Command
from golive.core.event import (
    Asked,
    BaseMoved,
    Disturbed,
    EnvironmentWaits,
    Event,
    GroupFormed,
    GuardsTurned,
    HeadStirred,
    InstallationTurned,
    PeopleChanged,
    Pressed,
    ReachTurned,
    RepositoryKnown,
    Touched,
    Voided,
)
from golive.core.model import Named, Person, Subject, Surface
from golive.githubapp.intake import Intake, reads, words_of
from golive.githubapp.intake_accounts import FATES
from golive.ports import Comment, Delivery

EXAMPLES = Path(__file__).parents[1] / "data" / "github" / "webhooks"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.json") if path.name != "INDEX.json")
PEOPLE = ("member", "membership", "organization", "team")
HEARD = {"pull_request", "issue_comment", "pull_request_review", "pull_request_review_comment", "check_run", "check_suite",
         "status", "push", "pull_request_review_thread", "workflow_run", "deployment", "deployment_status",
         "deployment_protection_rule", "merge_group", "installation", "installation_repositories", "repository",
         "branch_protection_rule", "repository_ruleset",
         *PEOPLE}  # fmt: skip
SILENT = {RepositoryKnown}
SHOP = Subject("github.com", 42, 7)
MINA = {"id": 11, "login": "mina", "type": "User"}
OURS = {"id": 12, "login": "golive[bot]", "type": "Bot"}
APP = 3141
THEN = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)

Change = Callable[[dict[str, Any]], None]


def heard(kind: str, payload: Any, app_id: int = APP) -> list[Event]:
    """The events of one delivery, without those that only name its repository."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    events = Intake("github.com", app_id, "golive")(Delivery("github", "d1", kind, body, NOW))
    return [event for event in events if type(event) not in SILENT]


def example(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return payload


# ------------------------------------------------------------------ GitHub's own examples


@pytest.mark.parametrize("name", NAMES)
def test_every_example_of_githubs_is_read(name: str) -> None:
    kind = name.split(".")[0]
    for event in heard(kind, (EXAMPLES / name).read_bytes()):
        assert kind in HEARD, f"{kind} is read now: add it to HEARD and give it tests"
        assert event


def test_there_is_an_example_of_every_event_that_is_heard() -> None:
    assert {name.split(".")[0] for name in NAMES} >= HEARD, "record GitHub's example of the new event"


def test_a_push_to_a_pull_request_says_who_pushed_what() -> None:
    [event] = heard("pull_request", example("pull_request.synchronize"))
    assert event == Touched(
        Subject("github.com", 186853002, 2),
        head_sha="ec26c3e57ca3a959ca5aad62de7213c562f8c821",
        pushed_by=Person(21031067, "Codertocat"),
        named=Named(
            "ec26c3e57ca3a959ca5aad62de7213c562f8c821",
            "master",
            "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
            datetime(2019, 5, 15, 15, 20, 33, tzinfo=UTC),
            NOW,
        ),
    )


def test_an_installation_and_its_repository_are_remembered() -> None:
    delivery = Delivery("github", "d", "pull_request", (EXAMPLES / "pull_request.synchronize.json").read_bytes(), NOW)
    known = [e for e in Intake("github.com", APP, "golive")(delivery) if isinstance(e, RepositoryKnown)]
    assert known == [RepositoryKnown("github.com", 186853002, "Codertocat/Hello-World", 1, False)]


@pytest.mark.parametrize("name", ["installation.created", "installation_repositories.added"])
def test_the_repositories_an_installation_brings_are_remembered(name: str) -> None:
    payload = example(name)
    delivery = Delivery("github", "d", name.split(".")[0], json.dumps(payload).encode(), NOW)
    brought = payload.get("repositories") or payload.get("repositories_added")
    known = {e.repository for e in Intake("github.com", APP, "golive")(delivery) if isinstance(e, RepositoryKnown)}
    assert known == {repository["id"] for repository in brought}


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [("check_run", "check_run.rerequested", "check_run"), ("check_suite", "check_suite.rerequested", "check_suite")],
)
def test_a_rerun_of_ours_stirs_every_check(kind: str, name: str, field: str) -> None:
    payload = example(name)
    run = payload[field]
    expected = HeadStirred("github.com", payload["repository"]["id"], run["head_sha"], frozenset({"*"}))
    assert heard(kind, payload, app_id=run["app"]["id"]) == [expected]


# ------------------------------------------------------------------ pull requests


def a_pull_event(action: str, **more: Any) -> dict[str, Any]:
    pull = {"number": 7, "head": {"sha": "abc"}, "updated_at": "2026-03-04T11:00:00Z"}
    return {"action": action, "pull_request": pull, "repository": {"id": 42}, "sender": MINA} | more


PUSHED = {"head_sha": "abc", "pushed_by": Person(11, "mina")}


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        pytest.param(a_pull_event("opened"), Touched(SHOP, **PUSHED), id="opened"),
        pytest.param(a_pull_event("synchronize"), Touched(SHOP, **PUSHED), id="pushed, without `after`"),
        pytest.param(
            a_pull_event("synchronize", after="def"), Touched(SHOP, **PUSHED | {"head_sha": "def"}), id="pushed"
        ),
        pytest.param(a_pull_event("synchronize", sender=OURS), Touched(SHOP, head_sha="abc"), id="pushed by a bot"),
        pytest.param(a_pull_event("synchronize", sender=None), Touched(SHOP, head_sha="abc"), id="pushed by nobody"),
        pytest.param(a_pull_event("labeled"), Touched(SHOP), id="labelled"),
        pytest.param(a_pull_event("closed"), Touched(SHOP), id="closed"),
        pytest.param(a_pull_event("unheard_of"), Touched(SHOP), id="an action of tomorrow"),
        pytest.param(a_pull_event("edited", changes={"title": {}}), Touched(SHOP), id="another title"),
        pytest.param(a_pull_event("edited", changes=None), Touched(SHOP), id="edited, nobody knows how"),
        pytest.param(
            a_pull_event("edited", changes={"base": {}}), Touched(SHOP, retargeted_at=THEN), id="another base"
        ),
    ],
)  # fmt: skip
def test_anything_about_a_pull_request_is_a_look_again(payload: dict[str, Any], event: Touched) -> None:
    assert heard("pull_request", payload) == [event]


@pytest.mark.parametrize("action", ["submitted", "edited", "dismissed", "unheard_of"])
@pytest.mark.parametrize("kind", ["pull_request_review", "pull_request_review_comment"])
def test_anything_about_a_review_is_a_look_again(kind: str, action: str) -> None:
    assert heard(kind, a_pull_event(action)) == [Touched(SHOP)]


# ------------------------------------------------------------------ people


@pytest.mark.parametrize("kind", PEOPLE)
def test_who_may_sign_may_have_changed_wherever_the_installation_reaches(kind: str) -> None:
    told = {"action": "anything", "sender": MINA}
    assert heard(kind, told | {"installation": {"id": 3}}) == [PeopleChanged("github.com", 3)]
    assert heard(kind, told) == [], "without an installation nobody knows what it is about"


# ------------------------------------------------------------------ comments


def a_comment_event(action: str = "created", body: str | None = "/golive approve qa", **more: Any) -> dict[str, Any]:
    comment = {
        "id": 17, "user": MINA, "body": body, "html_url": "https://x.example/17",
        "created_at": "2026-03-04T11:00:00Z", "updated_at": "2026-03-04T11:00:00Z",
    }  # fmt: skip
    return {
        "action": action,
        "issue": more.pop("issue", {"number": 7, "pull_request": {}}),
        "comment": comment | more.pop("comment", {}),
        "repository": {"id": 42},
        "sender": MINA,
    } | more


def test_the_commands_of_a_comment_are_words_said_when_it_was_written() -> None:
    asked, other = heard("issue_comment", a_comment_event(body="/golive approve qa\n/golive status"))
    assert isinstance(asked, Asked)
    assert isinstance(other, Asked)
    assert (asked.key, asked.surface, asked.at, asked.person, asked.subject) == (
        "comment:17:0", Surface.COMMENT, THEN, Person(11, "mina"), SHOP,
    )  # fmt: skip
    assert (asked.command.verb, asked.command.text, asked.link) == ("approve", "qa", "https://x.example/17")
    assert asked.reply_to == "comment:17"
    assert (other.key, other.command.verb) == ("comment:17:1", "status")


@pytest.mark.parametrize(
    ("payload", "events"),
    [
        pytest.param(a_comment_event(body="Nice."), [], id="no command: talk costs no turn"),
        pytest.param(a_comment_event(body=None), [], id="no body"),
        pytest.param(a_comment_event(issue={"number": 7}), [], id="on an issue"),
        pytest.param(a_comment_event("edited"), [Voided(SHOP, "comment:17:", THEN)], id="edited"),
        pytest.param(a_comment_event("deleted"), [Voided(SHOP, "comment:17:", THEN)], id="deleted"),
        pytest.param(
            a_comment_event(comment={"updated_at": "2026-03-04T11:00:01Z"}), [], id="edited before we heard of it"
        ),
        pytest.param(a_comment_event(comment={"user": OURS}, sender=OURS), [], id="our own"),
        pytest.param(
            a_comment_event("edited", comment={"user": OURS}), [Disturbed(SHOP, "17", "mina")], id="somebody edits ours"
        ),
        pytest.param(
            a_comment_event("deleted", comment={"user": OURS}), [Disturbed(SHOP, "17", "mina", deleted=True)],
            id="somebody deletes ours",
        ),
        pytest.param(a_comment_event("edited", comment={"user": OURS}, sender=OURS), [], id="we edit ours"),
        pytest.param(
            a_comment_event(comment={"user": {"id": 9, "login": "x[bot]", "type": "Bot"}}), [], id="another bot"
        ),
        pytest.param(a_comment_event(comment={"user": None}), [], id="by nobody"),
        pytest.param(a_comment_event(comment={"user": {"id": 9, "login": "Org", "type": "Organization"}}), [], id="org"),
    ],
)  # fmt: skip
def test_what_a_comment_is_not(payload: dict[str, Any], events: list[Event]) -> None:
    assert heard("issue_comment", payload) == events


def test_a_comment_read_later_gives_the_same_words_as_its_delivery() -> None:
    body = "/golive approve qa\n/golive hold wait\n/golive aprove"
    asked = [e for e in heard("issue_comment", a_comment_event(body=body)) if isinstance(e, Asked)]
    comment = Comment(17, Person(11, "mina"), False, body, THEN, THEN, "https://x.example/17")
    words = list(words_of(comment))
    assert [(w.key, w.verb, w.text, w.at, w.origin) for w in words] == [
        (a.key, a.command.verb, a.command.text, a.at, a.reply_to) for a in asked
    ]


# ------------------------------------------------------------------ boxes of ours that were ticked

HEAD = "c0ffee" * 6 + "abcd"
BOX = "- [ ] **qa** <!-- golive:tick:qa -->\n- [ ] **dba** <!-- golive:tick:dba -->"
STICKY = f"<!-- golive-head:{HEAD} -->\n\n{BOX}\n"
LATER = datetime(2026, 3, 4, 11, 5, tzinfo=UTC)


def an_edit(before: str | None, after: str, **more: Any) -> dict[str, Any]:
    """Somebody changed our comment's text."""
    comment = {"user": OURS, "body": after, "updated_at": "2026-03-04T11:05:00Z"}
    return a_comment_event("edited", comment=comment, changes={"body": {"from": before}}) | more


def a_tick(role: str) -> Asked:
    return Asked(
        key=f"tick:17:2026-03-04T11:05:00Z:{role}:11", command=Command("approve", role), surface=Surface.CHECKBOX,
        at=LATER, person=Person(11, "mina"), subject=SHOP, revision_sha=HEAD, link="https://x.example/17",
        rests_on=("17", STICKY.rstrip()),
    )  # fmt: skip


TICKED = STICKY.replace("[ ] **qa", "[x] **qa")
DISTURBED = Disturbed(SHOP, "17")
"""Only ticked."""
UNDONE = Disturbed(SHOP, "17", "mina")


@pytest.mark.parametrize(
    ("payload", "events"),
    [
        pytest.param(an_edit(STICKY, TICKED), [DISTURBED, a_tick("qa")], id="one"),
        pytest.param(
            an_edit(STICKY, STICKY.replace("[ ]", "[x]")), [DISTURBED, a_tick("qa"), a_tick("dba")], id="two at once"
        ),
        pytest.param(an_edit(STICKY, TICKED + "and more"), [UNDONE], id="and something else"),
        pytest.param(an_edit(TICKED, STICKY), [UNDONE], id="taken away"),
        pytest.param(an_edit(STICKY, TICKED, changes={}), [UNDONE], id="nobody says what it was"),
        pytest.param(an_edit(None, TICKED), [UNDONE], id="it was nothing"),
        pytest.param(
            an_edit(STICKY, TICKED, sender={"id": 9, "login": "x[bot]", "type": "Bot"}),
            [replace(UNDONE, by="x[bot]")],
            id="a bot",
        ),
        pytest.param(an_edit(STICKY, TICKED, sender=None), [replace(UNDONE, by="somebody")], id="nobody"),
        pytest.param(an_edit(STICKY, TICKED, sender=OURS), [], id="we ourselves"),
        pytest.param(an_edit(STICKY, TICKED, action="deleted"), [replace(UNDONE, deleted=True)], id="deleted"),
        pytest.param(an_edit(STICKY, TICKED, issue={"number": 7}), [], id="on an issue"),
    ],
)
def test_a_box_of_ours_that_a_person_ticks_is_their_approval_for_the_commit_it_was_about(
    payload: dict[str, Any], events: list[Event]
) -> None:
    assert heard("issue_comment", payload) == events


def test_boxes_in_somebody_elses_comment_are_only_their_words() -> None:
    payload = an_edit(STICKY, TICKED)
    payload["comment"]["user"] = {"id": 13, "login": "zoe", "type": "User"}
    assert heard("issue_comment", payload) == [Voided(SHOP, "comment:17:", LATER)]


# ------------------------------------------------------------------ checks, statuses, pushes


def a_run(action: str, app: Any, field: str = "check_run") -> dict[str, Any]:
    return {"action": action, field: {"head_sha": "abc", "app": app}, "repository": {"id": 42}}


def a_suite(action: str, conclusion: str) -> dict[str, Any]:
    payload = a_run(action, {"id": 9}, "check_suite")
    payload["check_suite"]["conclusion"] = conclusion
    return payload


def a_press(button: str) -> Pressed:
    return Pressed("github.com", 42, "abc", button, Person(11, "mina"), NOW, "button:d1")


A_QUESTION = {
    "action": "requested", "environment": "production", "repository": {"id": 42}, "deployment": {"sha": "abc"},
    "deployment_callback_url": "https://api.github.com/repos/a/b/actions/runs/9/deployment_protection_rule",
}  # fmt: skip
ASKED = EnvironmentWaits(
    "github.com", 42, "production", "abc", str(A_QUESTION["deployment_callback_url"]), 9, "d1"
)  # fmt: skip
A_GROUP = {
    "action": "checks_requested", "repository": {"id": 42},
    "merge_group": {"head_sha": "abc", "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-1",
                    "base_ref": "refs/heads/main", "base_sha": "def"},
}  # fmt: skip


def stirred(*kinds: str) -> list[Event]:
    return [HeadStirred("github.com", 42, "abc", frozenset(kinds))]


@pytest.mark.parametrize(
    ("kind", "payload", "events"),
    [
        ("check_run", a_run("completed", {"id": 9}), stirred("check_run")),
        ("check_run", a_run("created", {"id": 9}), stirred("check_run")),
        ("check_run", a_run("completed", None), stirred("check_run")),
        ("check_run", a_run("completed", {"id": APP}), []),
        ("check_run", a_run("created", {"id": APP}), []),
        ("check_run", a_run("rerequested", {"id": APP}), stirred("*")),
        ("check_run", a_run("requested_action", {"id": APP}) | {"sender": MINA}, [a_press("")]),
        (
            "check_run",
            a_run("requested_action", {"id": APP}) | {"sender": MINA, "requested_action": {"identifier": "sign"}},
            [a_press("sign")],
        ),
        ("check_run", a_run("requested_action", {"id": APP}) | {"sender": OURS}, []),
        ("check_run", a_run("requested_action", {"id": 9}) | {"sender": MINA}, stirred("check_run")),
        ("check_suite", a_suite("completed", "action_required"), stirred()),
        ("check_suite", a_suite("completed", "success"), []),
        (
            "workflow_run",
            {"workflow_run": {"head_sha": "abc", "conclusion": "action_required"}, "repository": {"id": 42}},
            stirred(),
        ),
        ("workflow_run", {"workflow_run": {"head_sha": "abc", "conclusion": "success"}, "repository": {"id": 42}}, []),
        ("workflow_run", {"repository": {"id": 42}}, []),
        ("deployment_status", {"deployment": {"sha": "abc"}, "repository": {"id": 42}}, stirred("deployment")),
        ("deployment_status", {"deployment": {"sha": "abc"}, "repository": {"id": 42}, "sender": OURS}, []),
        ("deployment", {"deployment": {"sha": "abc"}, "repository": {"id": 42}, "sender": OURS}, []),
        ("deployment_protection_rule", A_QUESTION, [ASKED]),
        ("deployment_protection_rule", A_QUESTION | {"deployment_callback_url": "https://x.test/"}, []),
        ("deployment_protection_rule", A_QUESTION | {"action": "answered"}, []),
        (
            "merge_group",
            A_GROUP,
            [GroupFormed("github.com", 42, "abc", "gh-readonly-queue/main/pr-7-1", "main", "def")],
        ),
        ("merge_group", A_GROUP | {"action": "destroyed"}, []),
        (
            "installation",
            {"action": "created", "installation": {"id": 3}},
            [InstallationTurned("github.com", 3, "active")],
        ),
        (
            "installation",
            {"action": "deleted", "installation": {"id": 3, "account": {"login": "acme"}}},
            [InstallationTurned("github.com", 3, "removed", "acme")],
        ),
        ("installation", {"action": "suspend", "installation": {"id": 3}}, [InstallationTurned("github.com", 3)]),
        ("installation", {"action": "unsuspend", "installation": {"id": 3}}, [InstallationTurned("github.com", 3)]),
        (
            "installation",
            {"action": "new_permissions_accepted", "installation": {"id": 3}},
            [InstallationTurned("github.com", 3), PeopleChanged("github.com", 3)],
        ),
        ("installation", {"action": "deleted"}, []),
        (
            "installation_repositories",
            {"installation": {"id": 3}, "repositories_removed": [{"id": 1}]},
            [ReachTurned("github.com", 3)],
        ),
        ("installation_repositories", {"installation": {"id": 3}, "repositories_removed": []}, []),
        *(
            (
                "repository",
                {"action": fate, "installation": {"id": 3}, "repository": {"id": 42}},
                [ReachTurned("github.com", 3)],
            )
            for fate in sorted(FATES)
        ),
        ("repository", {"action": "edited", "installation": {"id": 3}, "repository": {"id": 42}}, []),
        (
            "release",
            {"release": {"target_commitish": "a" * 40}, "repository": {"id": 42}},
            [HeadStirred("github.com", 42, "a" * 40)],
        ),
        ("release", {"release": {"target_commitish": "main"}, "repository": {"id": 42}}, []),
        ("star", {"repository": {"id": 42}}, []),
        ("check_suite", a_run("rerequested", {"id": APP}, "check_suite"), stirred("*")),
        ("check_suite", a_run("rerequested", {"id": 9}, "check_suite"), []),
        ("check_suite", a_run("completed", {"id": APP}, "check_suite"), []),
        ("check_suite", a_run("rerequested", None, "check_suite"), []),
        ("status", {"sha": "abc", "repository": {"id": 42}}, stirred()),
        ("push", {"ref": "refs/heads/main", "repository": {"id": 42}}, [BaseMoved("github.com", 42, "main")]),
        ("push", {"ref": "refs/heads/a/b", "repository": {"id": 42}}, [BaseMoved("github.com", 42, "a/b")]),
        ("push", {"ref": "refs/tags/v1", "after": "abc", "repository": {"id": 42}}, stirred()),
        ("push", {"ref": "refs/tags/v1", "after": "0" * 40, "repository": {"id": 42}}, []),
        ("push", {"repository": {"id": 42}}, []),
        ("branch_protection_rule", {"action": "deleted", "repository": {"id": 42}}, [GuardsTurned("github.com", 42)]),
        ("repository_ruleset", {"action": "edited", "repository": {"id": 42}}, [GuardsTurned("github.com", 42)]),
        ("repository_ruleset", {"action": "edited", "organization": {"id": 3}}, []),
        ("unheard_of", {"action": "x"}, []),
        ("ping", {"zen": "x"}, []),
        ("push", [], []),
        ("push", "x", []),
    ],
)
def test_what_becomes_of_checks_statuses_and_pushes(kind: str, payload: Any, events: list[Event]) -> None:
    assert heard(kind, payload) == events


@pytest.mark.parametrize(
    "more",
    [
        {"installation": None},
        {"installation": {}},
        {"installation": {"id": 3}, "repository": {"id": 42}},
        {"installation": {"id": 3}, "repository": None},
        {"installation": {"id": 3}, "repositories": None, "repositories_added": None},
    ],
)
def test_a_repository_is_remembered_only_with_its_name_and_installation(more: dict[str, Any]) -> None:
    delivery = Delivery("github", "d", "ping", json.dumps({"zen": "x"} | more).encode(), NOW)
    assert list(Intake("github.com", APP, "golive")(delivery)) == []


def test_a_second_reader_of_an_event_is_refused() -> None:
    with pytest.raises(ValueError, match="two readers for push"):
        reads("push")(lambda payload, hearing: iter(()))
