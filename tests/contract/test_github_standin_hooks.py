"""Webhooks that the GitHub stand-in sends: to whom, signed how, and with no field that GitHub's own examples lack."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract.github_world import DATA, EVENTS, POEM, SHOP, a_github, a_pull
from golive.standins.github import GitHub
from golive.standins.wire import Outgoing

BEYOND_THE_EXAMPLES = (
    # GitHub's description of an issue has it; the examples are all of plain issues
    "issue_comment issue.pull_request",
    # the examples have null here; GitHub's description of a comment has an App
    "issue_comment comment.performed_via_github_app",
    # "Webhook events and payloads", pull_request edited: what title, body or base was before
    "pull_request changes",
    # same page, pull_request review_requested of a team
    "pull_request requested_team",
    "pull_request pull_request.requested_teams[]",
    # same page, pull_request_review edited
    "pull_request_review changes",
    # the examples have null here; GitHub's description of a pull request has an account
    "pull_request pull_request.merged_by",
    # the examples are of a person's repository; the page above has them for an organisation's
    "status organization",
    "member organization",
    # maps by permission, not fields
    "check_run check_run.app.permissions",
    "check_run check_run.check_suite.app.permissions",
    "installation installation.permissions",
    "installation_repositories installation.permissions",
    # an App's name is in every event about installations but the oldest examples
    "installation_repositories installation.app_slug",
)
"""Event and path of what we send though no example shows it, and where it is from."""


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from _paths(below, here)
    elif isinstance(value, list):
        for below in value:
            yield from _paths(below, f"{path}[]")


def _examples() -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    index = json.loads((DATA / "webhooks" / "INDEX.json").read_text())
    for name, about in index.items():
        if "CONSTRUCTED" not in name:
            body = json.loads((DATA / "webhooks" / name).read_text())
            known.setdefault(about["event"], set()).update(_paths(body))
    return known


def _everything_happens(github: GitHub, installation: int) -> None:
    """Each act that GitHub tells Apps about, once."""
    pull = a_pull(github)
    head = github.pull(SHOP, pull).head.sha
    comment = github.comment(SHOP, pull, by="ana", body="Hello")
    github.edit_comment(SHOP, comment, by="ana", body="Hello there")
    github.react(SHOP, comment, by="cy")
    github.delete_comment(SHOP, comment, by="ana")
    github.write_comment(github.world.repo(SHOP), github.pull(SHOP, pull), github.world.app("golive").bot, "Hi",
                         github.world.app("golive"))  # fmt: skip
    review = github.review(SHOP, pull, by="ana", state="APPROVE", body="Good")
    github.edit_review(SHOP, pull, review, by="ana", body="Very good")
    github.dismiss_review(SHOP, pull, review, by="bo")
    github.label(SHOP, pull, "release", by="bo")
    github.unlabel(SHOP, pull, "release", by="bo")
    github.request_review(SHOP, pull, of="cy", by="bo")
    github.request_review(SHOP, pull, of="acme/security", by="bo")
    github.set_draft(SHOP, pull, True, by="bo")
    github.set_draft(SHOP, pull, False, by="bo")
    github.edit_pull(SHOP, pull, by="bo", title="Other", body="Other")
    github.create_branch(SHOP, "next", by="bo")
    github.edit_pull(SHOP, pull, by="bo", base="next")
    run = github.check_run(SHOP, head, name="golive", app="golive", status="in_progress")
    github.world.repo(SHOP).check_runs[run].actions = [{"label": "Hold", "description": "Stop", "identifier": "hold"}]
    github.check_run(SHOP, head, name="golive", app="golive", conclusion="success", id=run)
    github.rerequest(SHOP, run, by="bo")
    github.press(SHOP, run, "hold", by="bo")
    github.status(SHOP, head, "lint", "success", by="bo")
    github.commit(SHOP, "release/1", {"new.txt": "new\n"}, by="bo")
    github.force_push(SHOP, "release/1", {"new.txt": "newer\n"}, by="bo")
    github.close_pull(SHOP, pull, by="bo")
    github.reopen_pull(SHOP, pull, by="bo")
    github.merge(SHOP, pull, by="bo")
    github.delete_branch(SHOP, "release/1", by="bo")
    github.set_team("acme/security", members=["bo"], by="cy")
    for role in ("write", "triage", "none"):
        github.grant(SHOP, "cy", role)
    github.add_user("dan")
    github.set_org_member("acme", "dan")
    github.remove_org_member("acme", "dan")
    github.set_installed_repos(installation, [])
    github.set_installed_repos(installation, [SHOP])
    github.suspend(installation)
    github.unsuspend(installation)
    github.uninstall(installation)


def _sent(github: GitHub) -> list[tuple[str, dict[str, Any], Outgoing]]:
    return [(o.headers["X-GitHub-Event"], json.loads(o.body), o) for o in github.courier.waiting]


@pytest.fixture(scope="module")
def told() -> list[tuple[str, dict[str, Any], Outgoing]]:
    github, _, installation = a_github()
    _everything_happens(github, installation)
    return _sent(github)


def test_no_webhook_has_a_field_that_githubs_examples_lack(told: list[tuple[str, dict[str, Any], Outgoing]]) -> None:
    known = _examples()
    unknown = {
        f"{event} {path}"
        for event, body, _ in told
        for path in _paths(body)
        if path not in known.get(event, set()) and not f"{event} {path}".startswith(BEYOND_THE_EXAMPLES)
    }
    assert not unknown, f"GitHub sends no such field; take it out of hooks.py or shapes: {sorted(unknown)}"


def test_every_kind_of_event_and_action_is_sent(told: list[tuple[str, dict[str, Any], Outgoing]]) -> None:
    actions: dict[str, set[str]] = {}
    for event, body, _ in told:
        actions.setdefault(event, set()).add(body.get("action", ""))
    assert actions == {
        "check_run": {"created", "completed", "rerequested", "requested_action"},
        "create": {""},
        "installation": {"created", "suspend", "unsuspend", "deleted"},
        "installation_repositories": {"added", "removed"},
        "issue_comment": {"created", "edited", "deleted"},
        "member": {"added", "edited", "removed"},
        "membership": {"added", "removed"},
        "organization": {"member_added", "member_removed"},
        "pull_request": {"opened", "closed", "reopened", "edited", "labeled", "unlabeled", "synchronize",
                         "review_requested", "converted_to_draft", "ready_for_review"},
        "pull_request_review": {"submitted", "edited", "dismissed"},
        "push": {""},
        "status": {""},
    }  # fmt: skip


def test_a_delivery_is_signed_and_says_what_it_is(told: list[tuple[str, dict[str, Any], Outgoing]]) -> None:
    for event, body, outgoing in told:
        mac = hmac.new(b"between us", outgoing.body, hashlib.sha256).hexdigest()
        assert outgoing.headers["X-Hub-Signature-256"] == f"sha256={mac}"
        assert outgoing.headers["Content-Type"] == "application/json"
        assert outgoing.headers["User-Agent"].startswith("GitHub-Hookshot/")
        assert outgoing.headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
        assert body["installation"]["id"], event
    guids = [outgoing.headers["X-GitHub-Delivery"] for _, _, outgoing in told]
    assert len(set(guids)) == len(guids)


def test_reactions_tell_nobody() -> None:
    github, _, _ = a_github()
    comment = github.comment(SHOP, a_pull(github), by="ana", body="Thumbs here")
    before = len(github.courier.waiting)
    github.react(SHOP, comment, by="bo")
    github.unreact(SHOP, comment, by="bo")
    assert len(github.courier.waiting) == before


def test_only_subscribed_and_installed_apps_hear_and_buttons_reach_only_their_own_app() -> None:
    github, app, _ = a_github()
    deaf = github.create_app("deaf", permissions={}, events=[], webhook_url="http://127.0.0.1:9/deaf")
    other = github.create_app("other", permissions={}, events=EVENTS, webhook_url="http://127.0.0.1:9/other")
    away = github.create_app("away", permissions={}, events=EVENTS, webhook_url="http://127.0.0.1:9/away")
    github.install(deaf, "acme")
    github.install(other, "acme")
    github.courier.waiting.clear()
    pull = a_pull(github)
    assert {o.url.rpartition("/")[2] for o in github.courier.waiting} == {"hook", "other"}, away.slug
    run = github.check_run(SHOP, github.pull(SHOP, pull).head.sha, name="golive", app=app, conclusion="failure")
    github.courier.waiting.clear()
    github.rerequest(SHOP, run, by="bo")
    assert [(o.url, e) for e, _, o in _sent(github)] == [("http://127.0.0.1:9/hook", "check_run")]


def test_a_push_synchronizes_its_pull_request_with_before_after_and_sender() -> None:
    github, _, _ = a_github()
    pull = github.pull(SHOP, a_pull(github))
    before = pull.head.sha
    github.courier.waiting.clear()
    after = github.commit(SHOP, "release/1", {"poem.txt": POEM + "coda\n"}, by="cy")
    (push, pushed, _), (event, body, _) = _sent(github)
    assert (push, pushed["before"], pushed["after"], pushed["forced"]) == ("push", before, after, False)
    assert pushed["commits"][0]["modified"] == ["poem.txt"]
    assert (event, body["action"], body["before"], body["after"]) == ("pull_request", "synchronize", before, after)
    assert (body["sender"]["login"], body["pull_request"]["head"]["sha"]) == ("cy", after)
    assert pull.head.sha == after


def test_a_retarget_says_what_the_base_was() -> None:
    github, _, _ = a_github()
    number = a_pull(github)
    was = github.create_branch(SHOP, "next", by="bo")
    github.courier.waiting.clear()
    github.edit_pull(SHOP, number, by="bo", base="next")
    assert _sent(github)[0][1]["changes"] == {"base": {"ref": {"from": "main"}, "sha": {"from": was}}}


def test_what_an_app_does_over_the_api_is_told_under_its_bot() -> None:
    github, app, installation = a_github()
    number = a_pull(github)
    github.courier.waiting.clear()
    github.write_comment(github.world.repo(SHOP), github.pull(SHOP, number), app.bot, "From the App", app)
    body = _sent(github)[0][1]
    assert (body["sender"]["login"], body["sender"]["type"]) == ("golive[bot]", "Bot")
    assert body["comment"]["performed_via_github_app"]["slug"] == "golive"
    assert body["installation"]["id"] == installation
    assert body["issue"]["pull_request"]["url"].endswith(f"/pulls/{number}")
