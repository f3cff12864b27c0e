"""The whole of this GitHub's memory and how to find things in it.

Grow it by adding a table here and its entity in `world`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from golive.standins.github.git import Signature
from golive.standins.github.world import (
    ROLES,
    App,
    Comment,
    Installation,
    Issue,
    Label,
    Membership,
    Org,
    Pull,
    RefusedError,
    Repo,
    Team,
    User,
)

T = TypeVar("T")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of the wall, in UTC."""
    return datetime.now(UTC)


class World:
    """Accounts, repositories, Apps. Look-ups by name raise `RefusedError` 404 with the name that was not found."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.users: dict[str, User] = {}
        self.users_by_id: dict[int, User] = {}
        self.orgs: dict[str, Org] = {}
        self.repos: dict[str, Repo] = {}
        self.repos_by_id: dict[int, Repo] = {}
        self.apps: dict[str, App] = {}
        self.apps_by_id: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self._ids = itertools.count(1001)

    def new_id(self) -> int:
        """A number that nothing else has, larger than every one before."""
        return next(self._ids)

    def now(self) -> datetime:
        """The clock's time."""
        return self.clock()

    def user(self, login: str) -> User:
        """An account of any type."""
        return _found(self.users.get(login.lower()), f"account {login!r}")

    def org(self, login: str) -> Org:
        """An organisation."""
        return _found(self.orgs.get(login.lower()), f"organisation {login!r}")

    def team(self, name: str) -> Team:
        """A team as `org/slug`."""
        org, _, slug = name.partition("/")
        return _found(self.org(org).teams.get(slug.lower()), f"team {name!r}")

    def repo(self, full_name: str) -> Repo:
        """A repository as `owner/name`."""
        return _found(self.repos.get(full_name.lower()), f"repository {full_name!r}")

    def pull(self, repo: Repo, number: int) -> Pull:
        """A pull request of a repository."""
        return _found(repo.pulls.get(number), f"pull request {repo.full_name}#{number}")

    def plain_issue(self, repo: Repo, number: int) -> Issue:
        """An issue of a repository that is no pull request."""
        return _found(repo.issues.get(number), f"issue {repo.full_name}#{number}")

    def comment(self, repo: Repo, comment_id: int) -> Comment:
        """A comment of a repository."""
        return _found(repo.comments.get(comment_id), f"comment {comment_id} in {repo.full_name}")

    def app(self, slug: str) -> App:
        """An App by slug."""
        return _found(self.apps.get(slug), f"App {slug!r}")

    def commit(self, repo: Repo, ref: str) -> str:
        """The full id of the commit that a ref names."""
        return _found(repo.git.find(ref), f"commit {ref!r} in {repo.full_name}", status=404)

    def label(self, repo: Repo, name: str) -> Label:
        """A repository's label; made when it is new, as the web form does."""
        return repo.labels.setdefault(name, Label(self.new_id(), name))

    def membership(self, org: str, login: str) -> Membership | None:
        """A person's place in an organisation, or None."""
        known = self.orgs.get(org.lower())
        return known.members.get(login.lower()) if known else None

    def role(self, repo: Repo, login: str) -> str:
        """A person's strongest role there: own grant, teams' grants, membership, or the public's reading."""
        key = login.lower()
        if key == repo.owner.login.lower():
            return "admin"
        roles = [repo.roles.get(key, "none"), "none" if repo.private else "read"]
        if org := self.orgs.get(repo.owner.login.lower()):
            member = org.members.get(key)
            if member and member.state == "active":
                roles.append("admin" if member.role == "admin" else "read")
            roles += [team.repos.get(repo.full_name, "none") for team in org.teams.values()
                      if key in team.members and team.members[key].state == "active"]  # fmt: skip
        return max(roles, key=ROLES.index)

    def collaborators(self, repo: Repo) -> list[tuple[User, str]]:
        """Everybody who has a role there by more than that all may read it, by login."""
        org = self.orgs.get(repo.owner.login.lower())
        logins = {repo.owner.login.lower(), *(login for login, role in repo.roles.items() if role != "none")}
        if org:
            logins |= {login for login, member in org.members.items() if member.state == "active"}
            logins |= {login for team in org.teams.values() if repo.full_name in team.repos
                       for login, member in team.members.items() if member.state == "active"}  # fmt: skip
        people = [self.users[login] for login in sorted(logins)]
        return [(user, self.role(repo, user.login)) for user in people if user.type != "Organization"]

    def may(self, repo: Repo, login: str, role: str) -> bool:
        """Whether a person has at least that role."""
        return ROLES.index(self.role(repo, login)) >= ROLES.index(role)

    def association(self, repo: Repo, user: User) -> str:
        """GitHub's `author_association`."""
        if user is repo.owner:
            return "OWNER"
        member = self.membership(repo.owner.login, user.login)
        if member and member.state == "active":
            return "MEMBER"
        if user.login.lower() in repo.roles:
            return "COLLABORATOR"
        return "CONTRIBUTOR" if any(p.merged and p.user is user for p in repo.pulls.values()) else "NONE"

    def covers(self, installation: Installation, repo: Repo) -> bool:
        """Whether an installation reaches a repository."""
        if installation.account is not repo.owner or installation.suspended_at:
            return False
        return installation.repos is None or repo.full_name in installation.repos

    def installed_on(self, repo: Repo) -> Iterator[Installation]:
        """Every installation that reaches a repository."""
        return (i for i in self.installations.values() if self.covers(i, repo))

    def stand(self, repo: Repo, pull: Pull, *, state: str = "", head: str = "") -> None:
        """Give a pull request another state or another head, and keep the look-ups by both."""
        if state:
            pull.state = state
        if head:
            repo.at_head.get(pull.head.sha, set()).discard(pull.number)
            pull.head.sha = head
            repo.at_head.setdefault(head, set()).add(pull.number)
        if pull.state == "open":
            repo.open_pulls[pull.number] = pull
        else:
            repo.open_pulls.pop(pull.number, None)

    def heads(self, repo: Repo, *, sha: str = "", branch: str = "") -> list[Pull]:
        """Open pull requests whose head is that commit or that branch."""
        if sha:
            return [repo.open_pulls[n] for n in sorted(repo.at_head.get(sha, ())) if n in repo.open_pulls]
        return [p for p in repo.open_pulls.values() if p.head.ref == branch and not p.head.fork]

    def signature(self, user: User, when: datetime | None = None) -> Signature:
        """A person's name in a commit, with the private address that GitHub gives out."""
        address = f"{user.id}+{user.login}@users.noreply.github.com"
        return Signature(user.name or user.login, address, when or self.now(), user.login)


def _found(value: T | None, what: str, status: int = 404) -> T:
    if value is None:
        raise RefusedError(status, f"Not Found: {what}")
    return value
