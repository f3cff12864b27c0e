"""What a developer does with git: commit, push, force-push, bring the base in, make and delete branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from golive.standins.github.git import PLAIN, Commit, Flat
from golive.standins.github.hooks import NO_COMMIT, Body, act
from golive.standins.github.merging import Merging
from golive.standins.github.shapes import Json, stamp
from golive.standins.github.shapes_work import WorkShapes
from golive.standins.github.world import Activity, Pull, RefusedError, Repo, User

Files = Mapping[str, str | bytes | None]


class GitActs(Merging):
    """Branches and commits; each push reaches the pull requests that have the branch as head or base."""

    @act
    def commit(
        self,
        repo: str,
        branch: str,
        files: Files,
        *,
        by: str,
        message: str = "Change",
        date: datetime | None = None,
        start: str | None = None,
        modes: Mapping[str, str] | None = None,
    ) -> str:
        """Commit onto a branch and push; a new branch grows from `start` (default: the default branch).

        `files` maps paths to contents; None deletes. `modes`: of paths that are to have another, such as 100755.
        `date` is what the commit claims as its own time. Returns its id.
        """
        where, user = self.world.repo(repo), self.world.user(by)
        at = where.git.refs.get(f"heads/{branch}")
        parent = at or self.world.commit(where, start or where.default_branch)
        sha = self._changed(where, parent, files, user, message, date, modes)
        self.moved(where, branch, at or NO_COMMIT, sha, user)
        return sha

    def _changed(self, repo: Repo, parent: str, files: Files, user: User, message: str, date: datetime | None,
                 modes: Mapping[str, str] | None = None) -> str:  # fmt: skip
        flat = _with(repo, repo.git.files(parent), files, modes or {})
        return repo.git.commit(repo.git.tree(flat), (parent,), message, self.world.signature(user, date))

    @act
    def merge_by_hand(self, repo: str, branch: str, others: Sequence[str], *, by: str, files: Files | None = None,
                      modes: Mapping[str, str] | None = None) -> str:  # fmt: skip
        """Merge refs into a branch on one's own machine and push: the merge commit may have any `files` besides.

        Where two sides conflict, the branch's own content stays unless `files` says otherwise. Returns the merge commit.
        """
        where, user = self.world.repo(repo), self.world.user(by)
        tip, shas = self.tip(where, branch), [self.world.commit(where, other) for other in others]
        tree = where.git.commits[tip].tree
        for sha in shas:
            shared = where.git.relation(tip, sha).base
            before = where.git.files(shared) if shared else Flat()
            tree = where.git.merge(before, where.git.flat(tree), where.git.files(sha)) or tree
        flat = _with(where, where.git.flat(tree), files or {}, modes or {})
        message = f"Merge {', '.join(others)} into {branch}"
        merged = where.git.commit(where.git.tree(flat), (tip, *shas), message, self.world.signature(user))
        self.moved(where, branch, tip, merged, user)
        return merged

    @act
    def force_push(self, repo: str, branch: str, to: str | Files, *, by: str, message: str = "Rewrite",
                   date: datetime | None = None) -> str:  # fmt: skip
        """Point a branch at another commit, or a new one of files `to` on the default branch. Returns the new tip."""
        where, user = self.world.repo(repo), self.world.user(by)
        if isinstance(to, str):
            sha = self.world.commit(where, to)
        else:
            sha = self._changed(where, self.tip(where, where.default_branch), to, user, message, date)
        self.moved(where, branch, where.git.refs.get(f"heads/{branch}", NO_COMMIT), sha, user)
        return sha

    @act
    def create_branch(self, repo: str, branch: str, *, start: str | None = None, by: str) -> str:
        """A new branch at `start` (default: the default branch's tip); returns its commit."""
        where = self.world.repo(repo)
        sha = self.world.commit(where, start or where.default_branch)
        self.moved(where, branch, NO_COMMIT, sha, self.world.user(by))
        return sha

    @act
    def delete_branch(self, repo: str, branch: str, *, by: str) -> None:
        """Delete a branch; pull requests from it or into it are closed."""
        where, user = self.world.repo(repo), self.world.user(by)
        before = where.git.refs.pop(f"heads/{branch}")
        self._note_move(where, branch, before, NO_COMMIT, user)
        self.emit("push", None, where, user, self._push_body(where, branch, before, NO_COMMIT, user))
        heads = self.world.heads(where, branch=branch)
        for pull in [*heads, *(p for p in where.open_pulls.values() if p.base.ref == branch and p not in heads)]:
            self.close(where, pull, user)

    @act
    def merge_base_into(self, repo: str, branch: str, *, by: str, base: str | None = None) -> str:
        """The "Update branch" button: merge the base's tip into a branch. Returns the merge commit."""
        where, user = self.world.repo(repo), self.world.user(by)
        pulls = self.world.heads(where, branch=branch)
        return self.update_branch(where, branch, base or (pulls[0].base.ref if pulls else where.default_branch), user)

    def update_branch(self, repo: Repo, branch: str, base: str, user: User) -> str:
        """Merge a base branch into another; 422 when the two conflict."""
        tip, other = self.tip(repo, branch), self.tip(repo, base)
        if repo.git.contains(tip, other):
            raise RefusedError(422, "There are no new commits on the base branch.")
        tree = repo.git.merged_tree(tip, other)
        if tree is None:
            raise RefusedError(422, "merge conflict between base and head")
        message = f"Merge branch '{base}' into {branch}"
        sha = repo.git.commit(tree, (tip, other), message, self.world.signature(user), self._web())
        self.moved(repo, branch, tip, sha, user)
        return sha

    def moved(self, repo: Repo, branch: str, before: str, after: str, user: User) -> None:
        """A push arrived: say so, bring pull requests of the branch up to date, and see whose work landed by it."""
        known = repo.git.refs.get(f"heads/{branch}")
        repo.git.refs[f"heads/{branch}"], repo.pushed_at = after, self.world.now()
        self._note_move(repo, branch, before, after, user)
        self.emit("push", None, repo, user, self._push_body(repo, branch, before, after, user))
        if known is None:
            self.emit("create", None, repo, user, lambda _: {
                "ref": branch, "ref_type": "branch", "master_branch": repo.default_branch,
                "description": repo.description, "pusher_type": "user"})  # fmt: skip
        for pull in self.world.heads(repo, branch=branch):
            self._synchronize(repo, pull, before, after, user)
        new = set(self._new_commits(repo, before, after))
        for pull in [p for p in repo.open_pulls.values() if p.base.ref == branch and p.head.sha in new]:
            self.mark_merged(repo, pull, user, after)

    def _note_move(self, repo: Repo, branch: str, before: str, after: str, user: User) -> None:
        number = repo.id * 10**6 + len(repo.activities)
        kind = self._kind_of_move(repo, before, after)
        repo.activities.append(Activity(number, branch, before, after, kind, user, self.world.now()))

    @staticmethod
    def _kind_of_move(repo: Repo, before: str, after: str) -> str:
        if NO_COMMIT in (before, after):
            return "branch_creation" if before == NO_COMMIT else "branch_deletion"
        if after in repo.landed:
            return repo.landed[after]
        return "push" if repo.git.contains(after, before) else "force_push"

    def _synchronize(self, repo: Repo, pull: Pull, before: str, after: str, user: User) -> None:
        self.world.stand(repo, pull, head=after)
        pull.base.sha = self.tip(repo, pull.base.ref)
        pull.updated_at = self.world.now()
        repo.git.refs[f"pull/{pull.number}/head"] = after
        if not repo.git.contains(after, before):
            self._carry_reviews(pull, before, after)
            self.note(pull, "head_ref_force_pushed", user, commit_id=after,
                      commit_url=self.shapes().api(repo, f"commits/{after}"))  # fmt: skip
        self.emit("pull_request", "synchronize", repo, user, self.pull_body(repo, pull, before=before, after=after))

    def _carry_reviews(self, pull: Pull, before: str, after: str) -> None:
        """After a force-push GitHub may show the reviews of the old head at the new one."""
        for review in pull.reviews.values():
            if review.commit_id == before:
                review.commit_id = after

    def _push_body(self, repo: Repo, branch: str, before: str, after: str, user: User) -> Body:
        def body(shapes: WorkShapes) -> Json:
            new = self._new_commits(repo, before, after)
            forced = NO_COMMIT not in (before, after) and not repo.git.contains(after, before)
            commits = [self._pushed(shapes, repo, sha) for sha in new[-2048:]]
            return {"ref": f"refs/heads/{branch}", "before": before, "after": after, "created": before == NO_COMMIT,
                    "deleted": after == NO_COMMIT, "forced": forced, "base_ref": None,
                    "compare": shapes.page(repo, f"compare/{before[:12]}...{after[:12]}"), "commits": commits,
                    "head_commit": self._pushed(shapes, repo, after) if after != NO_COMMIT else None,
                    "pusher": {"name": user.login, "email": self.world.signature(user).email}}  # fmt: skip

        return body

    def _new_commits(self, repo: Repo, before: str, after: str) -> tuple[str, ...]:
        if after == NO_COMMIT:
            return ()
        since = before if before != NO_COMMIT else repo.git.refs.get(f"heads/{repo.default_branch}", after)
        return repo.git.relation(since, after).right_only

    def _pushed(self, shapes: WorkShapes, repo: Repo, sha: str) -> Json:
        commit: Commit = repo.git.commits[sha]
        before = repo.git.files(commit.parents[0]) if commit.parents else Flat()
        changes = repo.git.changes(before, repo.git.files(sha))
        people = {role: {"name": s.name, "email": s.email, "username": s.login or s.name}
                  for role, s in (("author", commit.author), ("committer", commit.committer))}  # fmt: skip
        paths = {status: [c.path for c in changes if c.status == status] for status in ("added", "removed", "modified")}
        return {"id": sha, "tree_id": commit.tree, "distinct": True, "message": commit.message,
                "timestamp": stamp(commit.author.when), "url": shapes.page(repo, f"commit/{sha}"), **people,
                **paths}  # fmt: skip

    def close(self, repo: Repo, pull: Pull, user: User) -> None:
        """Close a pull request without merging it."""
        self.world.stand(repo, pull, state="closed")
        pull.closed_at, pull.closed_by = self.world.now(), user
        pull.updated_at, pull.mergeable = self.world.now(), None
        self.note(pull, "closed", user)
        self.emit("pull_request", "closed", repo, user, self.pull_body(repo, pull))


def _with(repo: Repo, flat: Flat, files: Files, modes: Mapping[str, str]) -> Flat:
    """A tree with other contents at some paths; one that is there keeps its mode."""
    out = Flat(flat, flat.modes)
    for path, content in files.items():
        out.put(path, None if content is None else (out.modes.get(path, PLAIN), repo.git.blob(content)))
    for path, mode in modes.items():
        out.put(path, (mode, out[path]))
    return out
