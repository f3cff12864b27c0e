"""`users.*`, `usergroups.*`, `bots.*`, `team.*`, `dnd.*`, `auth.test`, `api.test`: who is who.

Add a method as `api.py` says.
"""

from __future__ import annotations

from golive.standins.slack import shapes
from golive.standins.slack.api import Arguments, method
from golive.standins.slack.conversations import ConversationMethods, page
from golive.standins.slack.world import Json, Refused, User


class PeopleMethods(ConversationMethods):
    """People, groups, the workspace and the app itself, through the API."""

    @method("api.test", token=False)
    def api_test(self, given: Arguments) -> Json:
        """Echo; `error` in the arguments makes it fail."""
        if given.text("error"):
            raise Refused(given.text("error"), args=dict(given.given))
        return {"args": {name: value for name, value in given.given.items() if name != "token"}}

    @method("auth.test")
    def auth_test(self, _given: Arguments) -> Json:
        """Who the token belongs to."""
        team = self.world.teams[self.spoken_for[-1][1]]
        return {
            "url": f"https://{team.domain}.slack.com/",
            "team": team.name,
            "user": self.world.users[self.app.bot_user_id].name,
            "team_id": team.id,
            "user_id": self.app.bot_user_id,
            "bot_id": self.app.bot_id,
            "is_enterprise_install": False,
        }

    @method("users.info", "users:read")
    def users_info(self, given: Arguments) -> Json:
        """One person, by id."""
        found = self.world.users.get(given.need("user"))
        if found is None:
            raise Refused("user_not_found")
        team = self.spoken_for[-1][1] if self.spoken_for else self.app.team_id
        return {"user": self._person(found) | {"is_stranger": found.team_id != team}}

    @method("users.list", "users:read")
    def users_list(self, given: Arguments) -> Json:
        """Everybody in the app's workspace, bots too."""
        shown, following = page([u for u in self.world.users.values() if u.team_id == self.app.team_id], given)
        now = int(self.world.now().timestamp())
        members = [self._person(u) for u in shown]
        return {"members": members, "cache_ts": now, "response_metadata": {"next_cursor": following}}

    @method("users.lookupByEmail", "users:read.email")
    def lookup_by_email(self, given: Arguments) -> Json:
        """One person of the workspace, by e-mail address; letters' case does not matter."""
        wanted = given.need("email").lower()
        for user in self.world.users.values():
            if user.email.lower() == wanted and user.team_id == self.app.team_id and not user.deleted:
                return {"user": self._person(user)}
        raise Refused("users_not_found")

    @method("usergroups.list", "usergroups:read")
    def usergroups_list(self, given: Arguments) -> Json:
        """Every user group; members with `include_users`, their number with `include_count`."""
        groups: list[Json] = []
        for group in self.world.usergroups.values():
            body: Json = {"id": group.id, "team_id": self.app.team_id, "is_usergroup": True, "handle": group.handle}
            body |= {"name": group.name, "description": "", "is_external": False, "date_delete": 0}
            if given.flag("include_users"):
                body["users"] = list(group.users)
            if given.flag("include_count"):
                body["user_count"] = len(group.users)
            groups.append(body)
        return {"usergroups": groups}

    @method("usergroups.users.list", "usergroups:read")
    def usergroups_users(self, given: Arguments) -> Json:
        """Who is in a user group."""
        group = self.world.usergroups.get(given.need("usergroup"))
        if group is None:
            raise Refused("no_such_subteam")
        return {"users": list(group.users)}

    @method("team.info", "team:read")
    def team_info(self, given: Arguments) -> Json:
        """The workspace."""
        team = self.world.teams.get(given.text("team", self.app.team_id))
        if team is None:
            raise Refused("team_not_found")
        url = f"https://{team.domain}.slack.com/"
        body = {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "url": url}
        return {"team": body | {"is_verified": False}}

    @method("bots.info", "users:read")
    def bots_info(self, given: Arguments) -> Json:
        """A bot, by its bot id; ours when not said."""
        wanted = given.text("bot", self.app.bot_id)
        for user in self.world.users.values():
            if user.is_bot and user.bot_id == wanted:
                body = {"id": user.bot_id, "deleted": user.deleted, "name": user.name, "user_id": user.id}
                return {"bot": body | {"app_id": self.app.id, "updated": int(self.world.now().timestamp())}}
        raise Refused("bot_not_found")

    @method("dnd.info", "dnd:read")
    def dnd_info(self, given: Arguments) -> Json:
        """When a person is next not to be disturbed; who set nothing has it off, and both times are 1."""
        found = self.world.users.get(given.text("user", self.app.bot_user_id))
        if found is None:
            raise Refused("user_not_found")
        if found.quiet is None:
            return {"dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
        starts, ends = (int(moment.timestamp()) for moment in found.quiet)
        return {"dnd_enabled": True, "next_dnd_start_ts": starts, "next_dnd_end_ts": ends}

    def _person(self, user: User) -> Json:
        return shapes.user(user, self.world, self.app, email="users:read.email" in self.app.scopes)
