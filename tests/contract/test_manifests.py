"""The app manifests that operators paste at GitHub and Slack: what they ask for, and that golive answers there.

A permission, an event or a scope that is added needs its reason in the tables below.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from golive.wiring import manifests
from golive.wiring.signin import FROM_GITHUB, FROM_SLACK
from golive.wiring.tenancy import REDIRECT
from world import World

ROOT = Path(__file__).parents[2]
PUBLIC = "https://golive.example.org"

# Permission → what golive does with it. A permission without a reason is one that an intruder would enjoy.
PERMISSIONS = {
    ("actions", "read"): "read which workflow a check run belongs to",
    ("administration", "read"): "see whether branch protection requires our check from our App",
    ("checks", "write"): "publish the check run that blocks the merge",
    ("contents", "write"): "merge; read the policy file",
    ("deployments", "write"): "create a deployment, hear how it goes, answer an environment that waits",
    ("issues", "write"): "the sticky comment and the sign-off request",
    ("members", "read"): "who is in the teams that sign",
    ("merge_queues", "write"): "put a release into the merge queue, take it out, and hear of its groups",
    ("metadata", "read"): "given with every other one",
    ("pull_requests", "write"): "read pull requests and reviews; merge",
    ("statuses", "read"): "commit statuses beside check runs",
}

# Event → the permission without which GitHub does not deliver it. Source: GitHub's "Webhook events and payloads".
EVENTS = {
    "branch_protection_rule": "administration",
    "check_run": "checks",
    "check_suite": "checks",
    "deployment_protection_rule": "deployments",
    "deployment_status": "deployments",
    "issue_comment": "issues",
    "member": "members",
    "membership": "members",
    "merge_group": "merge_queues",
    "organization": "members",
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "pull_request_review_thread": "pull_requests",
    "push": "contents",
    "repository": "metadata",
    "repository_ruleset": "administration",
    "status": "statuses",
    "team": "members",
    "workflow_run": "actions",
}

# Bot scope → what golive does with it.
SCOPES = {
    "chat:write": "the release's message, its thread, answers",
    "commands": "/golive",
    "app_mentions:read": "commands in a thread, where Slack takes no slash command",
    "links:read": "links to releases",
    "links:write": "what they show",
    "reactions:read": "reactions on a sign-off request",
    "channels:read": "find the channel of the policy",
    "dnd:read": "when a person is not to be disturbed",
    "im:write": "reminders to one person alone",
    "im:history": "a lost answer to one of those",
    "usergroups:read": "roles from user groups",
    "groups:read": "the same for private channels",
    "channels:history": "find an own message again after a fault",
    "groups:history": "the same for private channels",
    "users:read": "names and kinds of accounts",
}


@pytest.fixture(scope="module")
def github() -> dict:
    return manifests.github_app(name="golive", public_url=PUBLIC, redirect_url="http://127.0.0.1:1/callback")


@pytest.fixture(scope="module")
def slack() -> dict:
    return yaml.safe_load(manifests.slack_app(public_url=PUBLIC))


def test_the_github_app_asks_for_what_golive_uses_and_nothing_more(github: dict) -> None:
    assert set(github["default_permissions"].items()) == set(PERMISSIONS)


def test_every_event_of_the_github_app_comes_with_its_permission(github: dict) -> None:
    assert set(github["default_events"]) == set(EVENTS)
    lacking = {e: p for e, p in EVENTS.items() if p not in github["default_permissions"]}
    assert not lacking, f"GitHub does not deliver these without the permission: {lacking}"


def test_every_event_of_the_github_app_has_an_example_delivery() -> None:
    named = {path.name.split(".")[0] for path in (ROOT / "tests/data/github/webhooks").glob("*.json")}
    assert set(EVENTS) <= named, f"no example to hold the reader against: {set(EVENTS) - named}"


def test_the_github_app_is_private_and_sends_to_golives_door(github: dict) -> None:
    assert github["public"] is False
    assert github["hook_attributes"] == {"url": f"{PUBLIC}/github/webhook", "active": True}
    assert github["redirect_url"] == "http://127.0.0.1:1/callback"
    assert github["callback_urls"] == [PUBLIC + FROM_GITHUB], "people come back there who link their Slack account"
    assert len(github["name"]) <= 34


def test_the_slack_app_asks_for_what_golive_uses_and_nothing_more(slack: dict) -> None:
    assert slack["oauth_config"]["scopes"]["user"] == ["openid", "profile"], "golive never acts as a person"
    assert set(slack["oauth_config"]["scopes"]["bot"]) == set(SCOPES)


def test_slack_sends_people_who_link_themselves_back_to_golive(slack: dict) -> None:
    assert slack["oauth_config"]["redirect_urls"] == [PUBLIC + FROM_SLACK, PUBLIC + REDIRECT]


def test_slack_sends_to_golives_doors_and_not_over_a_socket(slack: dict) -> None:
    assert [c["url"] for c in slack["features"]["slash_commands"]] == [f"{PUBLIC}/slack/commands"]
    assert [c["command"] for c in slack["features"]["slash_commands"]] == ["/golive"]
    events = slack["settings"]["event_subscriptions"]
    assert events["request_url"] == f"{PUBLIC}/slack/events"
    assert set(events["bot_events"]) >= {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "link_shared",
        "reaction_added",
        "reaction_removed",
        "tokens_revoked",
    }
    assert slack["settings"]["interactivity"] == {"is_enabled": True, "request_url": f"{PUBLIC}/slack/interactions"}
    assert slack["settings"]["socket_mode_enabled"] is False


def test_slack_shows_what_links_to_releases_are_of_and_has_golives_own_page(slack: dict) -> None:
    assert slack["features"]["unfurl_domains"] == ["github.com", "golive.example.org"]
    assert slack["features"]["app_home"]["home_tab_enabled"] is True
    here = yaml.safe_load(manifests.slack_app(public_url="http://127.0.0.1:8080"))
    assert here["features"]["unfurl_domains"] == ["github.com"], "a link to this machine is of use to nobody else"


def test_no_placeholder_is_left_in_a_filled_manifest(github: dict) -> None:
    assert "${" not in str(github) + manifests.slack_app(public_url=PUBLIC)


def test_a_name_with_quotes_cannot_break_out_of_the_manifest() -> None:
    hostile = 'x","public":true,"y":"${public_url}'
    made = manifests.github_app(name=hostile, public_url=PUBLIC, redirect_url="http://127.0.0.1:1/")
    assert made["name"] == hostile
    assert made["public"] is False


def test_golive_answers_at_each_door_that_the_manifests_name(tmp_path: Path) -> None:
    """An unsigned delivery is refused there, and not merely unknown."""
    named = set(re.findall(re.escape(PUBLIC) + r"(/[a-z_/]+)", manifests.slack_app(public_url=PUBLIC))) - {
        FROM_SLACK,
        REDIRECT,
    }
    world = World(tmp_path)
    try:
        assert world.client is not None
        answers = {door: world.client.post(door, content=b"{}").status_code for door in {*named, "/github/webhook"}}
    finally:
        world.close()
    assert len(answers) == 4
    assert set(answers.values()) <= {400, 401, 403}, f"a manifest sends where nothing verifies: {answers}"


def test_the_manifest_for_socket_mode_gives_slack_no_address_of_ours_to_send_to() -> None:
    slack = yaml.safe_load(manifests.slack_app(public_url=PUBLIC, socket=True))
    assert slack["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in slack["settings"]["event_subscriptions"]
    assert "request_url" not in slack["settings"]["interactivity"]
    assert [set(one) & {"url"} for one in slack["features"]["slash_commands"]] == [set()]
    http = yaml.safe_load(manifests.slack_app(public_url=PUBLIC))
    assert slack["oauth_config"] == http["oauth_config"]
    assert (
        slack["settings"]["event_subscriptions"]["bot_events"] == http["settings"]["event_subscriptions"]["bot_events"]
    )
