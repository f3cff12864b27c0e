"""What the stand-in answers, where the shape of each answer comes from, and which test holds it.

One row for each Web API method; `PAGES` are the stand-in's own pages. A contract test keeps both equal to the routes.
"Description": Slack's published OpenAPI description of the Web API; "SDK": samples recorded for Slack's own SDKs;
"docs": the method's page at docs.slack.dev.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One answered method: its source and the test in `tests/contract/test_slack_standin.py` that drives it."""

    operation: str
    source: str
    test: str


_POSTING = "test_a_message_is_posted_edited_and_deleted_by_its_author"
_HISTORY = "test_history_pages_backwards_and_shows_metadata_only_when_asked"
_CHANNELS = "test_channels_are_listed_looked_up_joined_and_opened"
_PEOPLE = "test_people_groups_team_and_bots_are_looked_up"
_VIEWS = "test_views_are_opened_pushed_updated_and_published"
_SIGNING_IN = "test_a_person_signs_in_with_slack_once_per_code"
_REACTIONS = "test_reactions_are_added_read_and_removed"

COVERAGE = (
    Row("api.test", "description", _PEOPLE),
    Row("apps.connections.open", "docs", "test_a_websocket_is_opened_with_the_app_level_token_alone"),
    Row("auth.test", "SDK", _PEOPLE),
    Row("bots.info", "SDK", _PEOPLE),
    Row("chat.delete", "SDK", _POSTING),
    Row("chat.getPermalink", "SDK", _POSTING),
    Row("chat.postEphemeral", "SDK", "test_an_ephemeral_message_is_seen_by_one_person_only"),
    Row("chat.postMessage", "description", _POSTING),
    Row("chat.unfurl", "SDK", "test_a_shared_link_is_told_and_unfurled"),
    Row("chat.update", "description, docs", _POSTING),
    Row("conversations.history", "description", _HISTORY),
    Row("conversations.info", "SDK", _CHANNELS),
    Row("conversations.join", "SDK", _CHANNELS),
    Row("conversations.list", "SDK", _CHANNELS),
    Row("conversations.members", "SDK", _CHANNELS),
    Row("conversations.open", "description", _CHANNELS),
    Row("conversations.replies", "description", "test_a_thread_is_read_from_its_root_or_any_reply"),
    Row("dnd.info", "SDK", _PEOPLE),
    Row("incoming webhook", "docs", "test_an_incoming_webhook_takes_a_message_from_whoever_knows_it"),
    Row("oauth.v2.access", "docs", "test_an_install_gives_a_token_for_each_code_once_and_rotates_it"),
    Row("openid.connect.token", "docs", _SIGNING_IN),
    Row("openid.connect.userInfo", "docs", _SIGNING_IN),
    Row("reactions.add", "SDK", _REACTIONS),
    Row("reactions.get", "description", _REACTIONS),
    Row("reactions.remove", "SDK", _REACTIONS),
    Row("response_url", "docs", "test_a_response_url_takes_five_posts_within_thirty_minutes"),
    Row("team.info", "SDK", _PEOPLE),
    Row("usergroups.list", "SDK", _PEOPLE),
    Row("usergroups.users.list", "SDK", _PEOPLE),
    Row("users.info", "SDK", _PEOPLE),
    Row("users.list", "SDK", _PEOPLE),
    Row("users.lookupByEmail", "SDK", _PEOPLE),
    Row("views.open", "SDK, docs", _VIEWS),
    Row("views.publish", "SDK, docs", _VIEWS),
    Row("views.push", "SDK, docs", _VIEWS),
    Row("views.update", "SDK, docs", _VIEWS),
)

PAGES = frozenset(
    {
        "page: act",
        "page: authorize",
        "page: authorized",
        "page: channel",
        "page: channels",
        "page: home",
        "page: install",
        "page: installed",
        "page: open home",
        "page: permalink",
        "page: view act",
    }
)
