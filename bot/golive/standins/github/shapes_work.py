"""Pull requests, conversation, commits and checks as the JSON that GitHub gives."""

from __future__ import annotations

from typing import Any

from golive.standins.github.git import Change, Flat, Signature
from golive.standins.github.shapes import Json, Shapes, stamp
from golive.standins.github.world import (
    CheckRun,
    Comment,
    Happening,
    Issue,
    Protection,
    Pull,
    Repo,
    Review,
    Side,
    Status,
    User,
)


class WorkShapes(Shapes):
    """JSON of everything that happens in a repository; the full set for answers and webhooks."""

    def api(self, repo: Repo, path: str = "") -> str:
        """An API address in a repository."""
        return f"{self.base}/repos/{repo.full_name}{'/' if path else ''}{path}"

    def page(self, repo: Repo, path: str) -> str:
        """A human address in a repository."""
        return f"{self.base}/{repo.full_name}/{path}"

    def side(self, repo: Repo, side: Side) -> Json:
        """Head or base of a pull request."""
        if side.fork:
            owner, named = self.world.user(side.fork), f"{side.fork}/{repo.name}"
            told = {key: of.replace(repo.full_name, named) if isinstance(of, str) else of
                    for key, of in self.repo(repo).items()}  # fmt: skip
            fork = {**told, "id": repo.id * 1000 + owner.id, "fork": True, "owner": self.user(owner)}
            return {"label": f"{side.fork}:{side.ref}", "ref": side.ref, "sha": side.sha,
                    "user": self.user(owner), "repo": fork}  # fmt: skip
        return {"label": f"{repo.owner.login}:{side.ref}", "ref": side.ref, "sha": side.sha,
                "user": self.user(repo.owner), "repo": self.repo(repo)}  # fmt: skip

    def pull_simple(self, repo: Repo, pull: Pull) -> Json:
        """A pull request as lists and review webhooks hold it."""
        url, issue = self.api(repo, f"pulls/{pull.number}"), self.api(repo, f"issues/{pull.number}")
        page, statuses = self.page(repo, f"pull/{pull.number}"), self.api(repo, f"statuses/{pull.head.sha}")
        links = {"self": url, "html": page, "issue": issue, "comments": f"{issue}/comments",
                 "review_comments": f"{url}/comments", "review_comment": self.api(repo, "pulls/comments{/number}"),
                 "commits": f"{url}/commits", "statuses": statuses}  # fmt: skip
        return {"url": url, "id": pull.id, "node_id": f"PR_{pull.id}", "html_url": page, "diff_url": f"{page}.diff",
                "patch_url": f"{page}.patch", "issue_url": issue, "number": pull.number, "state": pull.state,
                "locked": False, "title": pull.title, "user": self.user(pull.user), "body": pull.body,
                "created_at": stamp(pull.created_at), "updated_at": stamp(pull.updated_at),
                "closed_at": stamp(pull.closed_at), "merged_at": stamp(pull.merged_at),
                "merge_commit_sha": pull.merge_commit_sha, "assignee": None, "assignees": [],
                "requested_reviewers": [self.user(u) for u in pull.requested_reviewers],
                "requested_teams": [self.team_simple(t) for t in pull.requested_teams],
                "labels": [self.label(repo, one) for one in pull.labels], "milestone": None, "draft": pull.draft,
                "commits_url": links["commits"], "review_comments_url": links["review_comments"],
                "review_comment_url": links["review_comment"], "comments_url": links["comments"],
                "statuses_url": statuses, "head": self.side(repo, pull.head), "base": self.side(repo, pull.base),
                "_links": {name: {"href": href} for name, href in links.items()},
                "author_association": self.world.association(repo, pull.user),
                "auto_merge": self._auto_merge(pull),
                "active_lock_reason": None}  # fmt: skip

    def _auto_merge(self, pull: Pull) -> Json | None:
        if pull.auto_merge is None:
            return None
        by, method = pull.auto_merge
        return {"enabled_by": self.user(by), "merge_method": method, "commit_title": pull.title, "commit_message": ""}

    def pull(self, repo: Repo, pull: Pull, mergeable_state: str) -> Json:
        """A pull request asked for by itself; its numbers are counted from the merge base."""
        relation = repo.git.relation(pull.base.sha, pull.head.sha)
        before = repo.git.files(relation.base) if relation.base else Flat()
        counts = [repo.git.patch(c)[:2] for c in repo.git.changes(before, repo.git.files(pull.head.sha))]
        return {**self.pull_simple(repo, pull), "merged": pull.merged, "mergeable": pull.mergeable,
                "rebaseable": pull.mergeable, "mergeable_state": mergeable_state,
                "merged_by": self.user_or_none(pull.merged_by), "comments": len(repo.talk.get(pull.number, ())),
                "review_comments": 0, "maintainer_can_modify": False, "commits": len(relation.right_only),
                "additions": sum(a for a, _ in counts), "deletions": sum(d for _, d in counts),
                "changed_files": len(counts)}  # fmt: skip

    def issue(self, repo: Repo, pull: Pull) -> Json:
        """A pull request seen as an issue."""
        url, page = self.api(repo, f"issues/{pull.number}"), self.page(repo, f"pull/{pull.number}")
        return {"url": url, "repository_url": self.api(repo), "labels_url": f"{url}/labels{{/name}}",
                "comments_url": f"{url}/comments", "events_url": f"{url}/events", "html_url": page, "id": pull.id,
                "node_id": f"PR_{pull.id}", "number": pull.number, "title": pull.title, "user": self.user(pull.user),
                "labels": [self.label(repo, one) for one in pull.labels], "state": pull.state, "locked": False,
                "assignee": None, "assignees": [], "milestone": None, "comments": len(repo.talk.get(pull.number, ())),
                "created_at": stamp(pull.created_at), "updated_at": stamp(pull.updated_at),
                "closed_at": stamp(pull.closed_at), "author_association": self.world.association(repo, pull.user),
                "active_lock_reason": None, "draft": pull.draft, "body": pull.body,
                "pull_request": {"url": self.api(repo, f"pulls/{pull.number}"), "html_url": page,
                                 "diff_url": f"{page}.diff", "patch_url": f"{page}.patch",
                                 "merged_at": stamp(pull.merged_at)},
                "reactions": self.rollup(url, pull.reactions), "performed_via_github_app": None}  # fmt: skip

    def issue_full(self, repo: Repo, pull: Pull) -> Json:
        """An issue asked for by itself."""
        return self.issue(repo, pull) | {"closed_by": self.user_or_none(pull.closed_by), "state_reason": None}

    def plain_issue(self, repo: Repo, issue: Issue) -> Json:
        """An issue that is no pull request, open and with nothing said in it."""
        url, made = self.api(repo, f"issues/{issue.number}"), stamp(issue.created_at)
        return {"url": url, "repository_url": self.api(repo), "labels_url": f"{url}/labels{{/name}}",
                "comments_url": f"{url}/comments", "events_url": f"{url}/events", "id": issue.id,
                "html_url": self.page(repo, f"issues/{issue.number}"), "node_id": f"I_{issue.id}",
                "number": issue.number, "title": issue.title, "user": self.user(issue.user), "labels": [],
                "state": "open", "locked": False, "assignee": None, "assignees": [], "milestone": None, "comments": 0,
                "created_at": made, "updated_at": made, "closed_at": None, "body": issue.body,
                "author_association": self.world.association(repo, issue.user), "active_lock_reason": None,
                "reactions": self.rollup(url, {}), "closed_by": None, "state_reason": None,
                "performed_via_github_app": self.app(issue.app) if issue.app else None}  # fmt: skip

    def comment(self, repo: Repo, comment: Comment) -> Json:
        """A comment of the conversation."""
        url = self.api(repo, f"issues/comments/{comment.id}")
        return {"url": url, "html_url": self.page(repo, f"pull/{comment.number}#issuecomment-{comment.id}"),
                "issue_url": self.api(repo, f"issues/{comment.number}"), "id": comment.id,
                "node_id": f"IC_{comment.id}", "user": self.user(comment.user), "body": comment.body,
                "created_at": stamp(comment.created_at), "updated_at": stamp(comment.updated_at),
                "author_association": self.world.association(repo, comment.user),
                "reactions": self.rollup(url, comment.reactions),
                "performed_via_github_app": self.app(comment.app) if comment.app else None}  # fmt: skip

    def review(self, repo: Repo, pull: Pull, review: Review) -> Json:
        """A submitted review. Webhooks spell `state` small; see `hooks`."""
        page = self.page(repo, f"pull/{pull.number}#pullrequestreview-{review.id}")
        url = self.api(repo, f"pulls/{pull.number}")
        return {"id": review.id, "node_id": f"PRR_{review.id}", "user": self.user(review.user), "body": review.body,
                "state": review.state, "html_url": page, "pull_request_url": url, "commit_id": review.commit_id,
                "author_association": self.world.association(repo, review.user),
                "submitted_at": stamp(review.submitted_at),
                "_links": {"html": {"href": page}, "pull_request": {"href": url}}}  # fmt: skip

    def happening(self, repo: Repo, number: int, row: Happening) -> Json:
        """One row of a timeline."""
        facts = {k: self.user(v) if isinstance(v, User) else v for k, v in row.facts.items()}
        return {"id": row.id, "node_id": f"EV_{row.id}", "url": self.api(repo, f"issues/events/{row.id}"),
                "actor": self.user(row.actor), "event": row.event, "commit_id": None, "commit_url": None,
                "created_at": stamp(row.created_at), "performed_via_github_app": None, **facts}  # fmt: skip

    def _person(self, login: str | None) -> Json | None:
        return self.user_or_none(self.world.users.get((login or "").lower()))

    def git_commit(self, repo: Repo, sha: str) -> Json:
        """A commit as git holds it."""
        commit = repo.git.commits[sha]
        return {"sha": sha, "node_id": f"C_{sha}", "url": self.api(repo, f"git/commits/{sha}"),
                "html_url": self.page(repo, f"commit/{sha}"), **self._said(repo, sha),
                "parents": [{"sha": p, "url": self.api(repo, f"git/commits/{p}"),
                             "html_url": self.page(repo, f"commit/{p}")} for p in commit.parents]}  # fmt: skip

    def _said(self, repo: Repo, sha: str) -> Json:
        commit = repo.git.commits[sha]
        return {"author": _signed(commit.author), "committer": _signed(commit.committer), "message": commit.message,
                "tree": {"sha": commit.tree, "url": self.api(repo, f"git/trees/{commit.tree}")},
                "verification": {"verified": False, "reason": "unsigned", "signature": None, "payload": None,
                                 "verified_at": None}}  # fmt: skip

    def commit(self, repo: Repo, sha: str) -> Json:
        """A commit with the accounts behind it."""
        commit = repo.git.commits[sha]
        url, page = self.api(repo, f"commits/{sha}"), self.page(repo, f"commit/{sha}")
        said = {**self._said(repo, sha), "url": self.api(repo, f"git/commits/{sha}"), "comment_count": 0}
        parents = [{"sha": p, "url": self.api(repo, f"commits/{p}"), "html_url": self.page(repo, f"commit/{p}")}
                   for p in commit.parents]  # fmt: skip
        return {"sha": sha, "node_id": f"C_{sha}", "commit": said, "url": url, "html_url": page,
                "comments_url": f"{url}/comments", "author": self._person(commit.author.login),
                "committer": self._person(commit.committer.login), "parents": parents}  # fmt: skip

    def file(self, repo: Repo, sha: str, change: Change) -> Json:
        """A changed file, with its patch; `sha` is the commit it is seen at."""
        added, deleted, patch = repo.git.patch(change)
        contents = self.api(repo, f"contents/{change.path}?ref={sha}")
        return {"sha": change.after or change.before, "filename": change.path, "status": change.status,
                "additions": added, "deletions": deleted, "changes": added + deleted,
                "blob_url": self.page(repo, f"blob/{sha}/{change.path}"),
                "raw_url": self.page(repo, f"raw/{sha}/{change.path}"), "contents_url": contents,
                "patch": patch, **({"previous_filename": change.previous} if change.previous else {})}  # fmt: skip

    def pulls_of(self, repo: Repo, sha: str) -> list[Json]:
        """The open pull requests whose head is a commit, as check runs list them: none from forks, as GitHub documents."""
        here = {"id": repo.id, "url": self.api(repo), "name": repo.name}
        return [{"url": self.api(repo, f"pulls/{p.number}"), "id": p.id, "number": p.number,
                 "head": {"ref": p.head.ref, "sha": p.head.sha, "repo": here},
                 "base": {"ref": p.base.ref, "sha": p.base.sha, "repo": here}}
                for p in self.world.heads(repo, sha=sha) if not p.head.fork]  # fmt: skip

    def check_run(self, repo: Repo, run: CheckRun) -> Json:
        """A check run."""
        url = self.api(repo, f"check-runs/{run.id}")
        output = {**run.output, "annotations_count": len(run.annotations), "annotations_url": f"{url}/annotations"}
        page = self.page(repo, f"runs/{run.id}")
        return {"id": run.id, "node_id": f"CR_{run.id}", "head_sha": run.head_sha, "name": run.name, "url": url,
                "html_url": page, "external_id": run.external_id, "details_url": run.details_url or page,
                "status": run.status, "conclusion": run.conclusion, "started_at": stamp(run.started_at),
                "completed_at": stamp(run.completed_at), "output": output, "check_suite": {"id": run.suite_id},
                "app": self.app(run.app), "pull_requests": self.pulls_of(repo, run.head_sha)}  # fmt: skip

    def status(self, repo: Repo, status: Status) -> Json:
        """A commit status."""
        made = stamp(status.created_at)
        return {"url": self.api(repo, f"statuses/{status.sha}"), "id": status.id, "node_id": f"SC_{status.id}",
                "avatar_url": self.user(status.creator)["avatar_url"], "state": status.state,
                "description": status.description, "target_url": status.target_url, "context": status.context,
                "created_at": made, "updated_at": made, "creator": self.user(status.creator)}  # fmt: skip

    def required_checks(self, repo: Repo, branch: str, protection: Protection) -> Json:
        """What a branch's protection asks for."""
        url = self.api(repo, f"branches/{branch}/protection/required_status_checks")
        checks: list[Any] = [{"context": c, "app_id": app} for c, app in protection.required.items()]
        return {"url": url, "strict": protection.strict, "contexts": list(protection.required), "checks": checks,
                "contexts_url": f"{url}/contexts"}  # fmt: skip


def _signed(signature: Signature) -> Json:
    return {"name": signature.name, "email": signature.email, "date": stamp(signature.when)}
