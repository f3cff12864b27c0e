"""What an organisation's owner does: accounts, teams, repositories, Apps and where they are installed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from golive.standins.github.access import Caller, private_key
from golive.standins.github.git import Git
from golive.standins.github.hooks import Body, Hooks, act
from golive.standins.github.shapes import Json
from golive.standins.github.shapes_work import WorkShapes
from golive.standins.github.world import App, Installation, Membership, Org, Repo, Team, User


class AccountActs(Hooks):
    """Set up and change who is who. Names are `login`, `org/team` and `owner/repo`."""

    @act
    def add_user(self, login: str, *, type: str = "User", name: str | None = None) -> int:
        """A new account; returns its number. An account that exists stays as it is."""
        return self._account(login, type, name).id

    def _account(self, login: str, kind: str = "User", name: str | None = None) -> User:
        if known := self.world.users.get(login.lower()):
            return known
        user = User(self.world.new_id(), login, kind, self.world.now(), name)
        self.world.users[login.lower()] = self.world.users_by_id[user.id] = user
        return user

    @act
    def add_org(self, login: str, *, admins: Iterable[str] = ()) -> int:
        """A new organisation; returns its number."""
        account = self._account(login, "Organization")
        org = self.world.orgs.setdefault(login.lower(), Org(account))
        for admin in admins:
            org.members[self.world.user(admin).login.lower()] = Membership(role="admin")
        return account.id

    @act
    def set_org_member(self, org: str, login: str, *, state: str = "active", role: str = "member") -> None:
        """Put a person into an organisation; `state` pending is an invitation that was not accepted."""
        home, user = self.world.org(org), self.world.user(login)
        before = home.members.get(login.lower())
        home.members[login.lower()] = place = Membership(state, role)
        if state == "active" and (before is None or before.state != "active"):
            self.emit_account("organization", "member_added", home.account, home.account, _place(home, user, place))

    @act
    def remove_org_member(self, org: str, login: str) -> None:
        """Take a person out of an organisation and of all its teams."""
        home, user = self.world.org(org), self.world.user(login)
        if place := home.members.pop(login.lower(), None):
            self.emit_account("organization", "member_removed", home.account, home.account, _place(home, user, place))
        for team in home.teams.values():
            self._leave(team, login.lower(), user)

    @act
    def add_team(
        self,
        name: str,
        *,
        members: Iterable[str] = (),
        repos: Mapping[str, str] | None = None,
        parent: str | None = None,
    ) -> int:
        """A new team `org/slug`; its members join the organisation. `repos`: full name to role. Returns its number."""
        org_login, _, slug = name.partition("/")
        org = self.world.org(org_login)
        team = Team(self.world.new_id(), org.account.login, slug.lower(), slug, self.world.now(), parent=parent)
        org.teams[slug.lower()] = team
        team.repos.update(repos or {})
        self.set_team(name, members=members)
        return team.id

    @act
    def set_team(
        self,
        name: str,
        *,
        members: Iterable[str] = (),
        pending: Iterable[str] = (),
        maintainers: Iterable[str] = (),
        by: str | None = None,
    ) -> None:
        """Make exactly these people the team; sends `membership` for whoever joined or left."""
        team = self.world.team(name)
        org = self.world.org(team.org)
        sender = self.world.user(by) if by else org.account
        wanted = {login.lower(): Membership() for login in members}
        wanted |= {login.lower(): Membership(role="maintainer") for login in maintainers}
        wanted |= {login.lower(): Membership("pending") for login in pending}
        for login in set(team.members) - set(wanted):
            self._leave(team, login, sender)
        for login, membership in wanted.items():
            user, fresh = self.world.user(login), login not in team.members
            org.members.setdefault(login, Membership(membership.state))
            team.members[login] = membership
            if fresh and membership.state == "active":
                self.emit_account("membership", "added", org.account, sender, _membership(team, user))

    def _leave(self, team: Team, login: str, sender: User) -> None:
        if team.members.pop(login, None):
            account = self.world.org(team.org).account
            self.emit_account("membership", "removed", account, sender, _membership(team, self.world.user(login)))

    @act
    def add_repo(
        self,
        full_name: str,
        *,
        files: Mapping[str, str | bytes] | None = None,
        private: bool = False,
        writers: Iterable[str] = (),
        admins: Iterable[str] = (),
        readers: Iterable[str] = (),
        default_branch: str = "main",
    ) -> int:
        """A new repository with one commit on its default branch; returns its number. The owner must exist."""
        owner_login, _, name = full_name.partition("/")
        owner, git = self.world.user(owner_login), Git()
        repo = Repo(self.world.new_id(), owner, name, private, self.world.now(), git, default_branch)
        tree = git.tree({path: git.blob(content) for path, content in (files or {"README.md": f"# {name}\n"}).items()})
        git.refs[f"heads/{default_branch}"] = git.commit(tree, (), "Initial commit", self.world.signature(owner))
        self.world.repos[full_name.lower()] = self.world.repos_by_id[repo.id] = repo
        for role, logins in (("read", readers), ("write", writers), ("admin", admins)):
            for login in logins:
                self.grant(full_name, login, role)
        return repo.id

    @act
    def grant(self, repo: str, login: str, role: str) -> None:
        """Give a person a role in a repository: read, triage, write, maintain, admin; none takes it away."""
        where, user = self.world.repo(repo), self.world.user(login)
        before = where.roles.get(login.lower(), "none")
        where.roles[login.lower()] = role
        if role != before:
            action = "added" if before == "none" else "removed" if role == "none" else "edited"
            self.emit("member", action, where, where.owner, lambda shapes: {"member": shapes.user(user)})

    @act
    def create_app(
        self,
        slug: str = "golive",
        *,
        name: str | None = None,
        permissions: Mapping[str, str],
        events: Iterable[str] = (),
        webhook_url: str = "",
        webhook_secret: str = "",
        owner: str | None = None,
    ) -> App:
        """A new App with its bot account. Apps of one process share one RSA key, made once because it takes a while."""
        bot = self._account(f"{slug}[bot]", "Bot")
        keeper = self.world.user(owner) if owner else self._account("app-owner")
        app_id = self.world.new_id()
        app = App(app_id, slug, name or slug, keeper, bot, private_key(), {"metadata": "read", **permissions},
                  list(events), webhook_url, webhook_secret, self.world.now(), client_id=f"Iv1.{app_id:016x}",
                  client_secret=secrets.token_hex(20), hook_id=self.world.new_id())  # fmt: skip
        self.world.apps[slug] = self.world.apps_by_id[app.id] = app
        return app

    @act
    def install(
        self, app: App | str, account: str, repos: Iterable[str] | None = None, *, by: str | None = None
    ) -> int:
        """Install an App on an account, for all its repositories or those named; returns the installation's number."""
        it = Installation(self.world.new_id(), self._app(app), self.world.user(account), None, self.world.now())
        it.repos = None if repos is None else {self.world.repo(name).full_name for name in repos}
        self.world.installations[it.id] = it
        self._announce(it, "created", by)
        return it.id

    @act
    def set_installed_repos(self, installation_id: int, repos: Iterable[str], *, by: str | None = None) -> None:
        """Choose which repositories an installation reaches."""
        it = self.world.installations[installation_id]
        before = {r.full_name for r in self.world.repos_by_id.values() if self.world.covers(it, r)}
        it.repos = {self.world.repo(name).full_name for name in repos}
        sender = self.world.user(by) if by else it.account
        for action, names in (("added", it.repos - before), ("removed", before - it.repos)):
            if names:
                self.emit_installation(
                    "installation_repositories", action, it, sender, self._chosen_body(action, names)
                )

    def _chosen_body(self, action: str, names: set[str]) -> Body:
        def body(shapes: WorkShapes) -> Json:
            listed = [shapes.repo_short(self.world.repo(name)) for name in sorted(names)]
            both = {"repositories_added": [], "repositories_removed": [], f"repositories_{action}": listed}
            return {"repository_selection": "selected", **both, "requester": None}

        return body

    @act
    def suspend(self, installation_id: int, *, by: str | None = None) -> None:
        """Suspend an installation: its tokens stop working."""
        it = self.world.installations[installation_id]
        it.suspended_at = self.world.now()
        self._announce(it, "suspend", by)

    @act
    def unsuspend(self, installation_id: int, *, by: str | None = None) -> None:
        """Let a suspended installation work again."""
        it = self.world.installations[installation_id]
        it.suspended_at = None
        self._announce(it, "unsuspend", by)

    @act
    def uninstall(self, installation_id: int, *, by: str | None = None) -> None:
        """Take an App off an account: its tokens stop working."""
        it = self.world.installations.pop(installation_id)
        for text in [t.text for t in self.gate.tokens.values() if t.installation is it]:
            del self.gate.tokens[text]
        self._announce(it, "deleted", by)

    def _announce(self, it: Installation, action: str, by: str | None) -> None:
        def body(shapes: WorkShapes) -> Json:
            reached = [r for r in self.world.repos_by_id.values()
                       if r.owner is it.account and (it.repos is None or r.full_name in it.repos)]  # fmt: skip
            return {"repositories": [shapes.repo_short(r) for r in reached]}

        self.emit_installation("installation", action, it, self.world.user(by) if by else it.account, body)

    def _app(self, app: App | str) -> App:
        return self.world.app(app) if isinstance(app, str) else app

    @act
    def personal_token(self, login: str) -> str:
        """A person's own access token, without end."""
        return self.gate.give(self.world.user(login), self.wall()).text

    @act
    def set_quota(self, installation_id: int, remaining: int) -> None:
        """Leave an installation that many requests until its hour is over."""
        quota = self.gate.quota(Caller(f"installation {installation_id}", ""), self.wall())
        quota.used = quota.limit - remaining


def _place(org: Org, user: User, place: Membership) -> Body:
    def body(shapes: WorkShapes) -> Json:
        url = shapes.org(org)["url"]
        said = {"url": f"{url}/memberships/{user.login}", "state": place.state, "role": place.role,
                "organization_url": url, "user": shapes.user(user)}  # fmt: skip
        return {"membership": said}

    return body


def _membership(team: Team, user: User) -> Body:
    return lambda shapes: {"scope": "team", "member": shapes.user(user), "team": shapes.team_simple(team)}
