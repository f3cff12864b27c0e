"""JSON bodies as Slack gives them: messages, channels, people, views, and the references inside payloads.

Field names follow Slack's published Web API description and its SDKs' recorded samples. Add a shape as one function.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from golive.standins.slack.world import App, Channel, Json, Message, Team, User, View, World


def message(shown: Message, app: App, *, metadata: bool = False) -> Json:
    """A message as `conversations.history` lists it; `metadata` only when the caller asked for it."""
    body: Json = {"type": "message", "user": shown.user, "text": shown.text, "ts": shown.ts, "team": app.team_id}
    if shown.deleted:
        return body | {"subtype": "tombstone", "user": "USLACKBOT", "hidden": True} | _thread(shown)
    if shown.by_app:
        profile = {"id": app.bot_id, "app_id": app.id, "name": app.name, "team_id": app.team_id, "deleted": False}
        body |= {"bot_id": app.bot_id, "app_id": app.id, "bot_profile": profile}
    if shown.broadcast:
        body["subtype"] = "thread_broadcast"
    if shown.blocks:
        body["blocks"] = shown.blocks
    if shown.edited_ts:
        body["edited"] = {"user": shown.user, "ts": shown.edited_ts}
    if shown.reactions:
        body["reactions"] = [{"name": n, "users": list(u), "count": len(u)} for n, u in shown.reactions.items()]
    if metadata and shown.metadata:
        body["metadata"] = shown.metadata
    return body | _thread(shown)


def _thread(shown: Message) -> Json:
    if shown.is_reply:
        return {"thread_ts": shown.thread_ts, "parent_user_id": shown.parent_user}
    if not shown.replies:
        return {}
    people = list(dict.fromkeys(reply.user for reply in shown.replies))
    return {
        "thread_ts": shown.ts,
        "reply_count": len(shown.replies),
        "reply_users_count": len(people),
        "latest_reply": shown.replies[-1].ts,
        "reply_users": people,
        "is_locked": False,
        "subscribed": False,
    }


def channel(shown: Channel, app: App) -> Json:
    """A channel as `conversations.info` gives it."""
    body: Json = {
        "id": shown.id,
        "created": shown.created,
        "is_archived": shown.archived,
        "is_im": shown.kind == "im",
        "is_org_shared": False,
        "context_team_id": app.team_id,
        "updated": shown.created * 1000,
    }
    if shown.kind == "im":
        return body | {"user": next(m for m in shown.members if m != app.bot_user_id), "is_user_deleted": False}
    nothing = {"value": "", "creator": "", "last_set": 0}
    return body | {
        "name": shown.name,
        "name_normalized": shown.name,
        "is_channel": shown.kind == "channel",
        "is_group": shown.kind == "group",
        "is_mpim": False,
        "is_private": shown.kind == "group",
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_member": app.bot_user_id in shown.members,
        "creator": shown.members[0] if shown.members else "USLACKBOT",
        "topic": nothing,
        "purpose": nothing,
        "previous_names": [],
        "num_members": len(shown.members),
    }


def user(shown: User, world: World, app: App, *, email: bool) -> Json:
    """A person as `users.info` gives them; the e-mail address only for an app that may read it."""
    offset = world.now().astimezone(ZoneInfo(shown.tz)).utcoffset()
    profile: Json = {
        "real_name": shown.real_name,
        "real_name_normalized": shown.real_name,
        "display_name": shown.name,
        "display_name_normalized": shown.name,
        "status_text": "",
        "status_emoji": "",
        "team": shown.team_id,
    }
    if shown.is_bot:
        profile |= {"bot_id": shown.bot_id, "api_app_id": app.id if shown.id == app.bot_user_id else ""}
    elif email:
        profile["email"] = shown.email
    return {
        "id": shown.id,
        "team_id": shown.team_id,
        "name": shown.name,
        "deleted": shown.deleted,
        "real_name": shown.real_name,
        "tz": shown.tz,
        "tz_label": shown.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": profile,
        "is_admin": shown.is_admin,
        "is_owner": shown.is_owner,
        "is_primary_owner": False,
        "is_restricted": shown.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": shown.is_bot,
        "is_app_user": False,
        "is_stranger": shown.team_id != app.team_id,
        "updated": int(world.now().timestamp()),
    }


def view(shown: View, app: App) -> Json:
    """A view as `views.open` answers it and as a submission carries it."""
    body: Json = {
        "id": shown.id,
        "team_id": app.team_id,
        "type": shown.kind,
        "blocks": shown.blocks,
        "private_metadata": shown.body.get("private_metadata", ""),
        "callback_id": shown.body.get("callback_id", ""),
        "state": {"values": shown.values},
        "hash": shown.hash,
        "title": shown.body.get("title"),
        "clear_on_close": shown.body.get("clear_on_close", False),
        "notify_on_close": shown.body.get("notify_on_close", False),
        "close": shown.body.get("close"),
        "submit": shown.body.get("submit"),
        "previous_view_id": shown.previous_id,
        "root_view_id": shown.root_id,
        "app_id": app.id,
        "external_id": shown.external_id,
        "app_installed_team_id": app.team_id,
        "bot_id": app.bot_id,
    }
    return body


def team_reference(team: Team) -> Json:
    """A workspace inside a payload."""
    return {"id": team.id, "domain": team.domain}


def user_reference(shown: User) -> Json:
    """A person inside a payload."""
    return {"id": shown.id, "username": shown.name, "name": shown.name, "team_id": shown.team_id}


def channel_reference(shown: Channel) -> Json:
    """A channel inside a payload; a conversation of two has no name of its own."""
    return {"id": shown.id, "name": {"im": "directmessage", "group": "privategroup"}.get(shown.kind, shown.name)}
