"""Endpoints of organisations: teams and who is in them. Pending people are members nowhere until they accept."""

from __future__ import annotations

from golive.standins.github.base import Base, Call
from golive.standins.github.shapes import Json
from golive.standins.github.world import Membership, RefusedError
from golive.standins.wire import Response, route


class OrgRoutes(Base):
    """Organisations and teams."""

    def _inside(self, call: Call, org: str) -> None:
        """An installation sees the organisation that it is on, a person the one they are in; others see nothing."""
        it, account = call.caller.installation, self.world.org(org).account
        if it is not None:
            within = it.account is account
        else:
            membership = self.world.membership(org, call.actor.login)
            within = membership is not None and membership.state == "active"
        if not within:
            raise RefusedError(404, "Not Found")

    @route("GET", "/orgs/{org}", "orgs/get")
    def get_org(self, call: Call, org: str) -> Response:
        """An organisation."""
        return Response.of(200, call.shapes.org_full(self.world.org(org)))

    @route("GET", "/orgs/{org}/teams", "teams/list")
    def list_teams(self, call: Call, org: str) -> Response:
        """An organisation's teams."""
        self._inside(call, org)
        return self.listed(call, list(self.world.org(org).teams.values()), call.shapes.team)

    @route("GET", "/orgs/{org}/teams/{team_slug}", "teams/get-by-name")
    def get_team(self, call: Call, org: str, team_slug: str) -> Response:
        """A team."""
        self._inside(call, org)
        return Response.of(200, call.shapes.team_full(self.world.team(f"{org}/{team_slug}")))

    @route("GET", "/orgs/{org}/teams/{team_slug}/members", "teams/list-members-in-org")
    @route("GET", "/organizations/{org}/team/{team_slug}/members", "teams/list-members-in-org")
    def list_team_members(self, call: Call, org: str, team_slug: str) -> Response:
        """A team's active people and those of its child teams, by login, in one role or all."""
        org, team_slug = self._by_number(org, team_slug)
        self._inside(call, org)
        return self._active(call, self._team_people(org, team_slug))

    def _by_number(self, org: str, team_slug: str) -> tuple[str, str]:
        """SDKs follow a team's own URL, which has numbers where people write names."""
        account = self.world.users_by_id.get(int(org)) if org.isdigit() else None
        if account is None:
            return org, team_slug
        teams = self.world.org(account.login).teams.values()
        slug = next((t.slug for t in teams if str(t.id) == team_slug), None)
        if slug is None:
            raise RefusedError(404, "Not Found")
        return account.login, slug

    def _team_people(self, org: str, slug: str) -> dict[str, Membership]:
        team = self.world.team(f"{org}/{slug}")
        people: dict[str, Membership] = {}
        for child in self.world.org(org).teams.values():
            if child.parent == team.slug:
                people |= self._team_people(org, child.slug)
        return people | team.members

    def _active(self, call: Call, members: dict[str, Membership]) -> Response:
        role = call.request.one("role", "all")
        active = [self.world.user(login) for login, m in sorted(members.items())
                  if m.state == "active" and role in ("all", m.role)]  # fmt: skip
        return self.listed(call, active, call.shapes.user)

    @route("GET", "/orgs/{org}/teams/{team_slug}/memberships/{username}", "teams/get-membership-for-user-in-org")
    @route("GET", "/organizations/{org}/team/{team_slug}/memberships/{username}",
           "teams/get-membership-for-user-in-org")  # fmt: skip
    def get_team_membership(self, call: Call, org: str, team_slug: str, username: str) -> Response:
        """A person's place in a team, pending or active; 404 for none."""
        org, team_slug = self._by_number(org, team_slug)
        self._inside(call, org)
        found = self._team_people(org, team_slug).get(username.lower())
        if found is None:
            raise RefusedError(404, "Not Found")
        url = f"{call.shapes.team(self.world.team(f'{org}/{team_slug}'))['url']}/memberships/{username}"
        return Response.of(200, {"url": url, "role": found.role, "state": found.state})

    @route("GET", "/orgs/{org}/members", "orgs/list-members")
    def list_members(self, call: Call, org: str) -> Response:
        """An organisation's active people."""
        self._inside(call, org)
        return self._active(call, self.world.org(org).members)

    @route("GET", "/orgs/{org}/members/{username}", "orgs/check-membership-for-user")
    def is_member(self, call: Call, org: str, username: str) -> Response:
        """204 for an active member, 404 for anyone else."""
        self._inside(call, org)
        found = self.world.membership(org, username)
        if found is None or found.state != "active":
            raise RefusedError(404, "Not Found")
        return Response(204)

    @route("GET", "/orgs/{org}/memberships/{username}", "orgs/get-membership-for-user")
    def get_membership(self, call: Call, org: str, username: str) -> Response:
        """A person's place in an organisation, pending or active."""
        self._inside(call, org)
        found, home = self.world.membership(org, username), self.world.org(org)
        if found is None:
            raise RefusedError(404, "Not Found")
        url = f"{call.request.base}/orgs/{org}"
        body: Json = {"url": f"{url}/memberships/{username}", "state": found.state, "role": found.role,
                      "organization_url": url, "organization": call.shapes.org(home),
                      "user": call.shapes.user(self.world.user(username)), "direct_membership": True}  # fmt: skip
        return Response.of(200, body)
