"""The merge queue, auto-merge, and the ways a repository lets things land: people's acts, and the GraphQL that a queue needs.

A queue makes a group commit for each entry on top of the entry before it, asks for the checks of that commit, and lands
entries from the front while theirs are green; one whose checks fail leaves it, and the rest are made anew. GraphQL answers
the three documents that golive sends and nothing else. Fault: `lands_otherwise`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from golive.standins.github.acts_checks import CheckActs
from golive.standins.github.git import PLAIN, Flat
from golive.standins.github.hooks import act
from golive.standins.github.shapes import Json
from golive.standins.github.world import App, CheckRun, Protection, Pull, Queued, RefusedError, Repo, Status, User
from golive.standins.wire import Request, Response, route

QUEUE_BOT = "github-merge-queue[bot]"
NOT_ALLOWED = {
    "merge": "Merge commits are not allowed on this repository.",
    "squash": "Squash merges are not allowed on this repository.",
    "rebase": "Rebase merges are not allowed on this repository.",
}
"""GitHub's words for a method that the repository's settings do not have."""
BY_QUEUE = "Changes must be made through the merge queue"
PARAMETERS: Json = {
    "check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5,
    "max_entries_to_merge": 5, "merge_method": "SQUASH", "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 5,
}  # fmt: skip


class QueueRoutes(CheckActs):
    """What stands between a pull request and its landing besides checks."""

    lands_otherwise: Mapping[str, str] | None = None
    """A fault: whatever is merged next lands with these files as well, as if GitHub had merged something else."""

    # -- what an administrator sets

    @act
    def allow_methods(self, repo: str, methods: Iterable[str]) -> None:
        """The ways of merging in the repository's settings: merge, squash, rebase."""
        self.world.repo(repo).methods = frozenset(methods)

    @act
    def require_reviews(self, repo: str, branch: str, count: int) -> None:
        """So many approving reviews before anything is merged into a branch."""
        self.world.repo(repo).protection.setdefault(branch, Protection()).reviews = count

    @act
    def require_linear_history(self, repo: str, branch: str) -> None:
        """No merge commits on a branch."""
        self.world.repo(repo).protection.setdefault(branch, Protection()).linear = True

    @act
    def require_queue(self, repo: str, branch: str, *, by_ruleset: bool = True) -> None:
        """Whatever lands on a branch goes through its merge queue. by_ruleset: else classic protection, which is not told."""
        where = self.world.repo(repo)
        where.queues.setdefault(branch, [])
        if by_ruleset:
            where.queue_rules.add(branch)

    # -- what people do

    @act
    def enable_auto_merge(self, repo: str, number: int, *, by: str, method: str = "merge") -> None:
        """The "Enable auto-merge" button: GitHub merges once the branch's rules are met."""
        where, user = self.world.repo(repo), self.world.user(by)
        pull = self.world.pull(where, number)
        pull.auto_merge = (user, method)
        self.emit("pull_request", "auto_merge_enabled", where, user, self.pull_body(where, pull))

    @act
    def enqueue(self, repo: str, number: int, *, by: str) -> None:
        """The "Merge when ready" button of a branch with a queue."""
        where = self.world.repo(repo)
        self.put_in(where, self.world.pull(where, number), self.world.user(by))

    @act
    def queue_of(self, repo: str, branch: str = "main") -> list[Queued]:
        """What waits in a branch's queue, in order."""
        return list(self.world.repo(repo).queues.get(branch, ()))

    # -- the queue

    def put_in(self, repo: Repo, pull: Pull, user: User, expected: str | None = None) -> Queued:
        """Put a pull request at the end of its base's queue, or refuse it as GitHub does."""
        queue = repo.queues.get(pull.base.ref)
        if queue is None:
            raise RefusedError(422, "The merge queue is not enabled for this branch")
        if expected and expected != pull.head.sha:
            raise RefusedError(422, "The head of the pull request is not the expected commit")
        if any(entry.number == pull.number for entry in queue):
            raise RefusedError(422, "Pull request is already in the queue")
        self.try_merge(repo, pull)
        if pull.state != "open" or pull.draft or not pull.mergeable:
            raise RefusedError(422, "Pull request is not mergeable")
        protection = repo.protection.get(pull.base.ref, Protection())
        if unmet := self._unmet(repo, pull.head.sha, protection, pull.base.ref):
            raise RefusedError(422, f'Required status check "{unmet[0][0]}" is {unmet[0][1]}.')
        entry = Queued(self.world.new_id(), pull.number, pull.head.sha)
        queue.append(entry)
        self.emit("pull_request", "enqueued", repo, user, self.pull_body(repo, pull))
        self._form(repo, pull.base.ref)
        return entry

    def take_out(self, repo: Repo, pull: Pull, user: User, reason: str) -> Queued:
        """Take a pull request out of its queue; those behind it are tried again without it."""
        queue = repo.queues.get(pull.base.ref, [])
        entry = next((one for one in queue if one.number == pull.number), None)
        if entry is None:
            raise RefusedError(422, "Pull request is not in the merge queue")
        at = queue.index(entry)
        for later in queue[at:]:
            self._dissolve(repo, pull.base.ref, later, "invalidated" if later is not entry else "dequeued")
        queue.remove(entry)
        self.emit("pull_request", "dequeued", repo, user, self.pull_body(repo, pull, reason=reason))
        self._form(repo, pull.base.ref)
        return entry

    def _form(self, repo: Repo, branch: str) -> None:
        """Make the group commit of every entry that has none, each on top of the one before it."""
        onto = self.tip(repo, branch)
        for entry in list(repo.queues.get(branch, ())):
            if not entry.group:
                pull = repo.pulls[entry.number]
                tree = repo.git.merged_tree(onto, entry.head_sha)
                if tree is None:
                    self.take_out(repo, pull, self._queue_bot(), "MERGE_CONFLICT")
                    return
                text = f"{pull.title} (#{pull.number})"
                entry.base = onto
                entry.group = repo.git.commit(tree, (onto,), text, self.world.signature(pull.user), self._web())
                entry.ref = f"gh-readonly-queue/{branch}/pr-{entry.number}-{onto}"
                repo.git.refs[f"heads/{entry.ref}"] = entry.group
                self.emit("merge_group", "checks_requested", repo, self._queue_bot(), self._group(repo, branch, entry))
            onto = entry.group
        self._turn(repo, branch)

    def _dissolve(self, repo: Repo, branch: str, entry: Queued, reason: str) -> None:
        if entry.group:
            self.emit("merge_group", "destroyed", repo, self._queue_bot(),
                      self._group(repo, branch, entry, reason=reason))  # fmt: skip
            repo.git.refs.pop(f"heads/{entry.ref}", None)
            entry.group = ""

    def _group(self, repo: Repo, branch: str, entry: Queued, **more: str) -> Any:
        head, base, ref = entry.group, entry.base, entry.ref
        return lambda shapes: {
            "merge_group": {"head_sha": head, "head_ref": f"refs/heads/{ref}", "base_sha": base,
                            "base_ref": f"refs/heads/{branch}", "head_commit": self._pushed(shapes, repo, head)},
            **more,
        }  # fmt: skip

    def _turn(self, repo: Repo, branch: str) -> None:
        """Land from the front what is green; take out what is red."""
        queue = repo.queues.get(branch, [])
        while queue and queue[0].group:
            entry = queue[0]
            pull, protection = repo.pulls[entry.number], repo.protection.get(branch, Protection())
            unmet = self._unmet(repo, entry.group, protection, branch)
            if any(how == "failing" for _, how in unmet):
                self.take_out(repo, pull, self._queue_bot(), "FAILED_CHECKS")
                return
            if unmet:
                return
            queue.remove(entry)
            landed, before = entry.group, self.tip(repo, branch)
            self._dissolve(repo, branch, entry, "merged")
            if self.lands_otherwise:
                landed = self._otherwise(repo, landed)
            self.mark_merged(repo, pull, self._queue_bot(), landed)
            self.moved(repo, branch, before, landed, self._queue_bot())

    def _queue_bot(self) -> User:
        if QUEUE_BOT not in self.world.users:
            bot = User(self.world.new_id(), QUEUE_BOT, "Bot", self.world.now())
            self.world.users[QUEUE_BOT] = self.world.users_by_id[bot.id] = bot
        return self.world.users[QUEUE_BOT]

    # -- what the parts below do, and then the queue

    def make_run(self, repo: Repo, app: App, sha: str, body: Mapping[str, Any]) -> CheckRun:
        """A new check run may be the one that a group, or an auto-merge, waited for."""
        run = super().make_run(repo, app, sha, body)
        self._heard(repo, sha)
        return run

    def change_run(self, repo: Repo, run: CheckRun, body: Mapping[str, Any]) -> None:
        """So may one that turns."""
        super().change_run(repo, run, body)
        self._heard(repo, run.head_sha)

    def give_status(self, repo: Repo, status: Status) -> None:
        """So may a status."""
        super().give_status(repo, status)
        self._heard(repo, status.sha)

    def _heard(self, repo: Repo, sha: str) -> None:
        for branch, queue in repo.queues.items():
            if any(entry.group == sha for entry in queue):
                self._turn(repo, branch)
        for pull in self.world.heads(repo, sha=sha):
            if pull.auto_merge:
                self._auto_merge(repo, pull, *pull.auto_merge)

    def _auto_merge(self, repo: Repo, pull: Pull, user: User, method: str) -> None:
        try:
            self.land(repo, pull, user, method=method)
        except RefusedError:
            self.merges.pop()  # GitHub only looks whether it may; nobody asked

    def moved(self, repo: Repo, branch: str, before: str, after: str, user: User) -> None:
        """A head that was pushed to leaves its queue; a base that moved has its groups made anew."""
        super().moved(repo, branch, before, after, user)
        for base, queue in repo.queues.items():
            for entry in list(queue):
                if repo.pulls[entry.number].head.sha != entry.head_sha:
                    self.take_out(repo, repo.pulls[entry.number], self._queue_bot(), "BRANCH_PROTECTIONS")
            if base == branch and queue and queue[0].base != after:
                for entry in queue:
                    self._dissolve(repo, base, entry, "invalidated")
                self._form(repo, base)

    def _rules(self, repo: Repo, pull: Pull, sha: str | None, method: str) -> None:
        super()._rules(repo, pull, sha, method)
        protection = repo.protection.get(pull.base.ref, Protection())
        if pull.base.ref in repo.queues:
            raise RefusedError(405, BY_QUEUE)
        if method not in repo.methods:
            raise RefusedError(405, NOT_ALLOWED[method])
        if protection.linear and method == "merge":
            raise RefusedError(405, "This branch must not contain merge commits.")
        approving = {r.user.login for r in pull.reviews.values() if r.state == "APPROVED" and r.user is not pull.user}
        if len(approving) < protection.reviews:
            few = (
                f"At least {protection.reviews} approving review{'s are' if protection.reviews > 1 else ' is'} required"
            )
            raise RefusedError(405, f"{few} by reviewers with write access.")

    def _landed(self, repo: Repo, pull: Pull, user: User, method: str, title: str | None, message: str | None) -> str:
        landed = super()._landed(repo, pull, user, method, title, message)
        return self._otherwise(repo, landed) if self.lands_otherwise else landed

    def _otherwise(self, repo: Repo, landed: str) -> str:
        git, commit = repo.git, repo.git.commits[landed]
        flat = Flat(git.files(landed), git.files(landed).modes)
        for path, content in (self.lands_otherwise or {}).items():
            flat.put(path, (flat.modes.get(path, PLAIN), git.blob(content)))
        return git.commit(git.tree(flat), commit.parents, commit.message, commit.author, self._web())

    # -- GraphQL

    @route("POST", "/graphql", "page/graphql")
    def graphql(self, request: Request) -> Response:
        """The queue's entries, `enqueuePullRequest` and `dequeuePullRequest` (GitHub's GraphQL reference, "Pulls")."""
        try:
            caller = self.gate.caller(request.headers.get("authorization", ""), self.world.apps_by_id, self.wall())
            user = caller.acting()
        except RefusedError as error:
            return Response.of(error.status, {"message": error.message})
        asked = request.json()
        query, given = str(asked.get("query", "")), asked.get("variables") or {}
        field = next((f for f in ("enqueuePullRequest", "dequeuePullRequest", "mergeQueue") if f"{f}(" in query), "")
        held = caller.token.permissions.get("merge_queues", "") if caller.token and caller.installation else "write"
        if field in ("enqueuePullRequest", "dequeuePullRequest") and held != "write":
            return _errors("FORBIDDEN", field, "Resource not accessible by integration")
        try:
            if field == "mergeQueue":
                return Response.of(200, {"data": {"repository": {"mergeQueue": self._entries(given)}}})
            if field == "enqueuePullRequest":
                repo, pull = self._pull_of(given["input"]["pullRequestId"])
                entry = self.put_in(repo, pull, user, given["input"].get("expectedHeadOid"))
                shown = {"id": f"MQE_{entry.id}", "position": repo.queues[pull.base.ref].index(entry) + 1 if entry in
                         repo.queues[pull.base.ref] else 1, "state": "QUEUED"}  # fmt: skip
                return Response.of(200, {"data": {field: {"mergeQueueEntry": shown}}})
            if field == "dequeuePullRequest":
                repo, pull = self._pull_of(given["input"]["id"])
                gone = self.take_out(repo, pull, user, "MANUAL")
                return Response.of(200, {"data": {field: {"mergeQueueEntry": {"id": f"MQE_{gone.id}"}}}})
        except RefusedError as error:
            return _errors("NOT_FOUND" if error.status == 404 else "UNPROCESSABLE", field, error.message)
        return _errors("UNANSWERED", "", "this stand-in answers only the merge queue's documents")

    def _entries(self, given: Mapping[str, Any]) -> Json | None:
        repo = self.world.repo(f"{given['owner']}/{given['name']}")
        queue = repo.queues.get(given["branch"])
        if queue is None:
            return None
        return {"entries": {"nodes": [
            {"position": place, "state": "AWAITING_CHECKS" if entry.group else "QUEUED",
             "headCommit": {"oid": entry.group} if entry.group else None,
             "pullRequest": {"number": entry.number, "headRefOid": repo.pulls[entry.number].head.sha}}
            for place, entry in enumerate(queue, 1)]}}  # fmt: skip

    def _pull_of(self, node_id: str) -> tuple[Repo, Pull]:
        for repo in self.world.repos.values():
            for pull in repo.pulls.values():
                if f"PR_{pull.id}" == node_id:
                    return repo, pull
        raise RefusedError(404, f"Could not resolve to a node with the global id of '{node_id}'")


def _errors(kind: str, field: str, message: str) -> Response:
    return Response.of(200, {"data": {field: None} if field else None,
                             "errors": [{"type": kind, "path": [field], "message": message}]})  # fmt: skip
