"""Merging: can this pull request be merged, may it, and the landed tree of each method.

Rules in the order GitHub says them: open, not a draft, the asked head, required checks, up to date, no conflict.
"""

from __future__ import annotations

from golive.standins.github.git import Signature
from golive.standins.github.hooks import Hooks
from golive.standins.github.world import (
    CheckRun,
    Happening,
    Merge,
    Protection,
    Pull,
    RefusedError,
    Repo,
    Status,
    User,
)

_MET = frozenset({"success", "neutral", "skipped"})
"""Conclusions that satisfy a required check (GitHub's "About status checks")."""
_WEB = "noreply@github.com"


class Merging(Hooks):
    """Test merges, rules and landings; used by the merge button and by the API alike."""

    def tip(self, repo: Repo, branch: str) -> str:
        """The commit a branch points at."""
        sha = repo.git.refs.get(f"heads/{branch}")
        if sha is None:
            raise RefusedError(404, f"Branch not found: {branch}")
        return sha

    def try_merge(self, repo: Repo, pull: Pull) -> None:
        """Work out `mergeable` and the test merge for the present tips; `lazy_mergeable` puts it off by one look."""
        if pull.state != "open":
            return
        tips = (self.tip(repo, pull.base.ref), pull.head.sha)
        if pull.tested == tips and pull.mergeable is not None:
            return
        if self.lazy_mergeable and pull.tested != tips:
            pull.tested, pull.mergeable = tips, None
            return
        tree = repo.git.merged_tree(*tips)
        pull.tested, pull.mergeable = tips, tree is not None
        pull.merge_commit_sha = None
        if tree is not None:
            message = f"Merge {pull.head.sha} into {tips[0]}"
            sha = repo.git.commit(tree, tips, message, self.world.signature(pull.user), self._web())
            pull.merge_commit_sha = repo.git.refs[f"pull/{pull.number}/merge"] = sha

    def _web(self) -> Signature:
        return Signature("GitHub", _WEB, self.world.now(), "web-flow")

    def merge_state(self, repo: Repo, pull: Pull) -> str:
        """GitHub's `mergeable_state`."""
        if pull.state != "open" or pull.mergeable is None:
            return "unknown"
        if not pull.mergeable:
            return "dirty"
        if pull.draft:
            return "draft"
        protection = repo.protection.get(pull.base.ref, Protection())
        if self._unmet(repo, pull.head.sha, protection, pull.base.ref):
            return "blocked"
        if protection.strict and not repo.git.contains(pull.head.sha, self.tip(repo, pull.base.ref)):
            return "behind"
        latest = self.latest_runs(repo, pull.head.sha).values()
        shaky = any(r.conclusion not in _MET for r in latest) or self.combined(repo, pull.head.sha) != "success"
        return "unstable" if shaky else "clean"

    def latest_runs(self, repo: Repo, sha: str) -> dict[tuple[str, int], CheckRun]:
        """The newest check run of each name and App on a commit."""
        return {(run.name, run.app.id): run for run in repo.runs_of.get(sha, ())}

    def latest_statuses(self, repo: Repo, sha: str) -> dict[str, Status]:
        """The newest status of each context on a commit."""
        return {status.context: status for status in repo.statuses.get(sha, ())}

    def combined(self, repo: Repo, sha: str) -> str:
        """The combined state of a commit's statuses, success when there are none that say otherwise."""
        states = {status.state for status in self.latest_statuses(repo, sha).values()}
        if states & {"failure", "error"}:
            return "failure"
        return "pending" if "pending" in states else "success"

    def _unmet(self, repo: Repo, sha: str, protection: Protection, base: str = "") -> list[tuple[str, str]]:
        """Required checks that are not met: context, and expected, pending or failing."""
        out = []
        of_rulesets = ((c, app) for rules in repo.rulesets.values() if rules.enforcement == "active"
                       and base in rules.branches for c, app in rules.required.items())  # fmt: skip
        for context, app_id in (*protection.required.items(), *of_rulesets):
            said = [run.conclusion or "pending" for (name, app), run in self.latest_runs(repo, sha).items()
                    if name == context and app_id in (None, app)]  # fmt: skip
            status = self.latest_statuses(repo, sha).get(context)
            if status and (app_id is None or (status.app and status.app.id == app_id)):
                said.append(status.state)
            if not said:
                out.append((context, "expected"))
            elif not _MET.issuperset(said):
                out.append((context, "pending" if _MET.union({"pending"}).issuperset(said) else "failing"))
        return out

    def land(self, repo: Repo, pull: Pull, user: User, *, sha: str | None = None, method: str = "merge",
             title: str | None = None, message: str | None = None) -> str:  # fmt: skip
        """Merge, or refuse as GitHub refuses. Either way it is kept in `merges`."""
        base = repo.git.refs.get(f"heads/{pull.base.ref}", "")
        record = Merge(self.world.now(), repo.full_name, pull.number, sha, method, user.login, pull.head.sha, base,
                       repo.git.commits[pull.head.sha].tree)  # fmt: skip
        self.merges.append(record)
        try:
            self._rules(repo, pull, sha, method)
            landed = self._landed(repo, pull, user, method, title, message)
        except RefusedError as error:
            record.status, record.message = error.status, error.message
            raise
        record.status, record.message, record.sha = 200, "Pull Request successfully merged", landed
        record.tree = repo.git.commits[landed].tree
        self.mark_merged(repo, pull, user, landed)
        self.moved(repo, pull.base.ref, base, landed, user)
        return landed

    def moved(self, repo: Repo, branch: str, before: str, after: str, user: User) -> None:
        """Point a branch at another commit and say so; `acts_git` gives it its meaning for pull requests."""
        repo.git.refs[f"heads/{branch}"] = after

    def _rules(self, repo: Repo, pull: Pull, sha: str | None, method: str) -> None:
        if method not in ("merge", "squash", "rebase"):
            words = f'Invalid request.\n\n{method} is not a member of ["merge", "squash", "rebase"].'
            raise RefusedError(422, words)
        if pull.state != "open":
            raise RefusedError(405, "Pull Request is not mergeable")
        if pull.draft:
            raise RefusedError(405, "Pull Request is still a draft")
        if sha is not None and sha != pull.head.sha:
            raise RefusedError(409, "Head branch was modified. Review and try the merge again.")
        protection = repo.protection.get(pull.base.ref, Protection())
        if unmet := self._unmet(repo, pull.head.sha, protection, pull.base.ref):
            raise RefusedError(405, _unmet_sentence(unmet, max(len(protection.required), len(unmet))))
        if protection.strict and not repo.git.contains(pull.head.sha, self.tip(repo, pull.base.ref)):
            raise RefusedError(405, "Head branch is out of date with the base branch.")

    def _landed(self, repo: Repo, pull: Pull, user: User, method: str, title: str | None, message: str | None) -> str:
        git, base = repo.git, self.tip(repo, pull.base.ref)
        if method == "rebase":
            return self._rebased(repo, base, pull.head.sha)
        tree = git.merged_tree(base, pull.head.sha)
        if tree is None:
            raise RefusedError(405, "Pull Request is not mergeable")
        if method == "squash":
            said = [f"* {git.commits[c].message}" for c in git.relation(base, pull.head.sha).right_only]
            message = "\n\n".join(said) if message is None else message
            text = f"{title or f'{pull.title} (#{pull.number})'}\n\n{message}"
            return git.commit(tree, (base,), text, self.world.signature(pull.user), self._web())
        title = title or f"Merge pull request #{pull.number} from {repo.owner.login}/{pull.head.ref}"
        text = f"{title}\n\n{pull.title if message is None else message}"
        return git.commit(tree, (base, pull.head.sha), text, self.world.signature(user), self._web())

    def _rebased(self, repo: Repo, base: str, head: str) -> str:
        git, onto = repo.git, base
        for sha in git.relation(base, head).right_only:
            commit = git.commits[sha]
            if len(commit.parents) != 1:
                continue
            tree = git.merge(git.files(commit.parents[0]), git.files(onto), git.files(sha))
            if tree is None:
                raise RefusedError(405, "This branch can't be rebased")
            onto = git.commit(tree, (onto,), commit.message, commit.author, self._web())
        return onto

    def mark_merged(self, repo: Repo, pull: Pull, user: User, landed: str) -> None:
        """Close a pull request as merged and say so."""
        now = self.world.now()
        pull.base.sha = self.tip(repo, pull.base.ref) if pull.state == "open" else pull.base.sha
        self.world.stand(repo, pull, state="closed")
        pull.closed_at = pull.merged_at = pull.updated_at = now
        pull.closed_by = pull.merged_by = user
        pull.merge_commit_sha, pull.mergeable = landed, None
        repo.landed[landed] = "merge_queue_merge" if user.type == "Bot" and repo.queues else "pr_merge"
        self.note(pull, "merged", user, commit_id=landed, commit_url=self.shapes().api(repo, f"commits/{landed}"))
        self.note(pull, "closed", user)
        self.emit("pull_request", "closed", repo, user, self.pull_body(repo, pull))

    def note(self, pull: Pull, event: str, user: User, **facts: object) -> None:
        """Add a row to a pull request's timeline."""
        pull.timeline.append(Happening(self.world.new_id(), event, user, self.world.now(), dict(facts)))


def _unmet_sentence(unmet: list[tuple[str, str]], of: int) -> str:
    context, how = unmet[0]
    if len(unmet) == 1:
        return f'Required status check "{context}" is {how}.'
    counts = [f"{sum(h == kind for _, h in unmet)} {kind}" for kind in ("failing", "pending", "expected")]
    return (
        f"{len(unmet)} of {of} required status checks have not succeeded: "
        + ", ".join(c for c in counts if not c.startswith("0 "))
        + "."
    )
