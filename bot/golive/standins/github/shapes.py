"""Accounts, repositories, teams and Apps as the JSON that GitHub gives, for answers and for webhook bodies alike.

`Shapes` is made per base URL. The parts that only depend on a name are kept ready, for every body repeats them.
Field names are those of GitHub's OpenAPI description and of the published webhook examples.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from golive.standins.github.state import World
from golive.standins.github.world import App, Installation, Label, Org, Reaction, Repo, Team, User

Json = dict[str, Any]

_REPO_PATHS = {
    "forks_url": "forks", "keys_url": "keys{/key_id}", "collaborators_url": "collaborators{/collaborator}",
    "teams_url": "teams", "hooks_url": "hooks", "issue_events_url": "issues/events{/number}",
    "events_url": "events", "assignees_url": "assignees{/user}", "branches_url": "branches{/branch}",
    "tags_url": "tags", "blobs_url": "git/blobs{/sha}", "git_tags_url": "git/tags{/sha}",
    "git_refs_url": "git/refs{/sha}", "trees_url": "git/trees{/sha}", "statuses_url": "statuses/{sha}",
    "languages_url": "languages", "stargazers_url": "stargazers", "contributors_url": "contributors",
    "subscribers_url": "subscribers", "subscription_url": "subscription", "commits_url": "commits{/sha}",
    "git_commits_url": "git/commits{/sha}", "comments_url": "comments{/number}",
    "issue_comment_url": "issues/comments{/number}", "contents_url": "contents/{+path}",
    "compare_url": "compare/{base}...{head}", "merges_url": "merges",
    "archive_url": "{archive_format}{/ref}", "downloads_url": "downloads", "issues_url": "issues{/number}",
    "pulls_url": "pulls{/number}", "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}", "labels_url": "labels{/name}",
    "releases_url": "releases{/id}", "deployments_url": "deployments",
}  # fmt: skip
_USER_PATHS = {
    "followers_url": "followers", "following_url": "following{/other_user}", "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}", "subscriptions_url": "subscriptions", "organizations_url": "orgs",
    "repos_url": "repos", "events_url": "events{/privacy}", "received_events_url": "received_events",
}  # fmt: skip
_QUIET: Json = {
    "fork": False, "homepage": None, "size": 1, "stargazers_count": 0, "watchers_count": 0, "language": None,
    "has_issues": True, "has_projects": True, "has_downloads": True, "has_wiki": True, "has_pages": False,
    "forks_count": 0, "mirror_url": None, "archived": False, "disabled": False, "license": None, "forks": 0,
    "watchers": 0, "is_template": False, "topics": [], "web_commit_signoff_required": False,
}  # fmt: skip
CONTENTS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def stamp(when: datetime | None) -> Any:
    """GitHub's spelling of a time, to the second; None stays None."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


class Shapes:
    """JSON of accounts, repositories, teams and Apps; every URL starts with `base`."""

    def __init__(self, world: World, base: str) -> None:
        self.world, self.base = world, base
        self._users: dict[str, Json] = {}
        self._repo_urls: dict[str, Json] = {}

    def user(self, user: User) -> Json:
        """The short form of an account."""
        if (known := self._users.get(user.login)) is None:
            url = f"{self.base}/users/{user.login}"
            bot = user.type == "Bot"
            page = f"{self.base}/apps/{user.login.removesuffix('[bot]')}" if bot else f"{self.base}/{user.login}"
            known = {"login": user.login, "id": user.id, "node_id": f"U_{user.id}", "gravatar_id": "",
                     "avatar_url": f"{self.base}/avatars/{user.id}", "url": url, "html_url": page,
                     **{name: f"{url}/{path}" for name, path in _USER_PATHS.items()},
                     "type": user.type, "site_admin": False}  # fmt: skip
            self._users[user.login] = known
        return known

    def user_or_none(self, user: User | None) -> Json | None:
        """The short form, or null."""
        return self.user(user) if user else None

    def profile(self, user: User) -> Json:
        """The public profile of an account."""
        blank = dict.fromkeys(("company", "email", "hireable", "bio", "location"))
        return {**self.user(user), **blank, "name": user.name, "blog": "", "public_repos": 0, "public_gists": 0,
                "followers": 0, "following": 0, "created_at": stamp(user.created_at),
                "updated_at": stamp(user.created_at)}  # fmt: skip

    def org(self, org: Org) -> Json:
        """The short form of an organisation."""
        login, url = org.account.login, f"{self.base}/orgs/{org.account.login}"
        return {"login": login, "id": org.account.id, "node_id": f"O_{org.account.id}", "url": url,
                "repos_url": f"{url}/repos", "events_url": f"{url}/events", "hooks_url": f"{url}/hooks",
                "issues_url": f"{url}/issues", "members_url": f"{url}/members{{/member}}",
                "public_members_url": f"{url}/public_members{{/member}}",
                "avatar_url": f"{self.base}/avatars/{org.account.id}", "description": ""}  # fmt: skip

    def org_full(self, org: Org) -> Json:
        """An organisation's own page as JSON."""
        made = stamp(org.account.created_at)
        return {**self.org(org), "html_url": f"{self.base}/{org.account.login}",
                "name": org.account.name or org.account.login,
                "has_organization_projects": True, "has_repository_projects": True, "public_repos": 0,
                "public_gists": 0, "followers": 0, "following": 0, "type": "Organization",
                "created_at": made, "updated_at": made, "archived_at": None}  # fmt: skip

    def repo(self, repo: Repo) -> Json:
        """A repository as webhooks and pull requests hold it."""
        api, page = f"{self.base}/repos/{repo.full_name}", f"{self.base}/{repo.full_name}"
        if (urls := self._repo_urls.get(repo.full_name)) is None:
            host = self.base.partition("//")[2]
            urls = {"url": api, "html_url": page, **{name: f"{api}/{path}" for name, path in _REPO_PATHS.items()},
                    "git_url": f"git://{host}/{repo.full_name}.git", "ssh_url": f"git@{host}:{repo.full_name}.git",
                    "clone_url": f"{page}.git", "svn_url": page}  # fmt: skip
            self._repo_urls[repo.full_name] = urls
        is_open = len(repo.open_pulls)
        made = stamp(repo.created_at)
        return {"id": repo.id, "node_id": f"R_{repo.id}", "name": repo.name, "full_name": repo.full_name,
                "private": repo.private, "owner": self.user(repo.owner), "description": repo.description,
                **urls, **_QUIET, "archived": repo.archived, "created_at": made, "updated_at": made,
                "pushed_at": stamp(repo.pushed_at or repo.created_at), "open_issues_count": is_open,
                "open_issues": is_open, "visibility": "private" if repo.private else "public",
                "default_branch": repo.default_branch}  # fmt: skip

    def repo_full(self, repo: Repo) -> Json:
        """A repository asked for by itself."""
        rest: Json = {"has_discussions": False, "network_count": 0, "subscribers_count": 0,
                      "allow_squash_merge": "squash" in repo.methods, "allow_merge_commit": "merge" in repo.methods,
                      "allow_rebase_merge": "rebase" in repo.methods,
                      "allow_auto_merge": False, "delete_branch_on_merge": False, "allow_forking": True}  # fmt: skip
        if repo.owner.type == "Organization":
            rest["organization"] = self.user(repo.owner)
        return self.repo(repo) | rest

    def repo_short(self, repo: Repo) -> Json:
        """A repository as an installation's webhook lists it."""
        return {"id": repo.id, "node_id": f"R_{repo.id}", "name": repo.name, "full_name": repo.full_name,
                "private": repo.private}  # fmt: skip

    def team_simple(self, team: Team) -> Json:
        """A team without its parent, as a webhook holds it."""
        org = self.world.org(team.org).account
        url = f"{self.base}/organizations/{org.id}/team/{team.id}"
        return {"id": team.id, "node_id": f"T_{team.id}", "name": team.name, "slug": team.slug,
                "description": "", "privacy": "closed", "permission": "pull", "url": url,
                "html_url": f"{self.base}/orgs/{team.org}/teams/{team.slug}",
                "members_url": f"{url}/members{{/member}}", "repositories_url": f"{url}/repos"}  # fmt: skip

    def team(self, team: Team) -> Json:
        """A team as lists give it."""
        return {**self.team_simple(team), "notification_setting": "notifications_enabled", **self._owned(team),
                "parent": self._parent(team)}  # fmt: skip

    def team_full(self, team: Team) -> Json:
        """A team asked for by itself."""
        org = self.world.org(team.org)
        active = sum(m.state == "active" for m in team.members.values())
        made = stamp(team.created_at)
        return {**self.team(team), "created_at": made, "updated_at": made, "members_count": active,
                "repos_count": len(team.repos), "organization": self.org_full(org)}  # fmt: skip

    def _owned(self, team: Team) -> Json:
        return {"type": "organization", "organization_id": self.world.org(team.org).account.id}

    def _parent(self, team: Team) -> Json | None:
        if team.parent is None:
            return None
        parent = self.world.team(f"{team.org}/{team.parent}")
        return {**self.team_simple(parent), "notification_setting": "notifications_enabled", **self._owned(parent)}

    def app(self, app: App) -> Json:
        """An App as anyone sees it."""
        made = stamp(app.created_at)
        return {"id": app.id, "slug": app.slug, "node_id": f"A_{app.id}", "owner": self.user(app.owner),
                "name": app.name, "description": app.description, "external_url": app.external_url or self.base,
                "html_url": f"{self.base}/apps/{app.slug}", "created_at": made, "updated_at": made,
                "permissions": dict(app.permissions), "events": list(app.events)}  # fmt: skip

    def app_own(self, app: App) -> Json:
        """An App as it sees itself."""
        count = sum(i.app is app for i in self.world.installations.values())
        return {**self.app(app), "client_id": app.client_id, "installations_count": count}

    def installation(self, it: Installation) -> Json:
        """An installation."""
        url = f"{self.base}/app/installations/{it.id}"
        return {"id": it.id, "account": self.user(it.account), "access_tokens_url": f"{url}/access_tokens",
                "repository_selection": "all" if it.repos is None else "selected",
                "repositories_url": f"{self.base}/installation/repositories",
                "html_url": f"{self.base}/organizations/{it.account.login}/settings/installations/{it.id}",
                "app_id": it.app.id, "app_slug": it.app.slug, "target_id": it.account.id,
                "target_type": it.account.type, "permissions": dict(it.app.permissions),
                "events": list(it.app.events), "created_at": stamp(it.created_at), "updated_at": stamp(it.created_at),
                "single_file_name": None, "suspended_at": stamp(it.suspended_at), "suspended_by": None}  # fmt: skip

    def label(self, repo: Repo, label: Label) -> Json:
        """A label."""
        return {"id": label.id, "node_id": f"LA_{label.id}", "name": label.name, "color": label.color,
                "url": f"{self.base}/repos/{repo.full_name}/labels/{label.name}", "default": False,
                "description": label.description}  # fmt: skip

    def reaction(self, reaction: Reaction) -> Json:
        """One person's emoji."""
        return {"id": reaction.id, "node_id": f"RE_{reaction.id}", "user": self.user(reaction.user),
                "content": reaction.content, "created_at": stamp(reaction.created_at)}  # fmt: skip

    def rollup(self, url: str, reactions: dict[int, Reaction]) -> Json:
        """How many of each emoji."""
        given = [r.content for r in reactions.values()]
        return {"url": f"{url}/reactions", "total_count": len(given), **{c: given.count(c) for c in CONTENTS}}
