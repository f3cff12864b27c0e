"""Endpoints of pull requests: lists, files, commits, reviews, reviewers, and the merge."""

from __future__ import annotations

from golive.standins.github.acts_talk import TalkActs
from golive.standins.github.base import Call, needed, number
from golive.standins.github.git import Flat
from golive.standins.github.shapes import Json
from golive.standins.github.world import Pull, RefusedError, Repo
from golive.standins.wire import Response, route


class PullRoutes(TalkActs):
    """Pull requests."""

    most_files = 3000
    """Changed files that are shown ("List pull requests files" of GitHub's REST API)."""

    def _whole(self, call: Call, repo: Repo, pull: Pull) -> Json:
        self.try_merge(repo, pull)
        return call.shapes.pull(repo, pull, self.merge_state(repo, pull))

    def _pull(self, repo: Repo, pull_number: str) -> Pull:
        return self.world.pull(repo, number(pull_number))

    @route("GET", "/repos/{owner}/{repo}/pulls", "pulls/list")
    def list_pulls(self, call: Call, repo: Repo) -> Response:
        """Pull requests by state, head and base; newest first unless told otherwise."""
        ask = call.request.one
        state, base = ask("state", "open"), ask("base")
        head = ask("head").rpartition(":")[2]
        found = [p for p in repo.pulls.values() if state in ("all", p.state)
                 and base in ("", p.base.ref) and head in ("", p.head.ref)]  # fmt: skip
        sort = ask("sort", "created")
        newest_first = ask("direction", "desc" if sort == "created" else "asc") == "desc"
        found.sort(key=lambda p: (p.updated_at if sort == "updated" else p.created_at, p.number), reverse=newest_first)
        return self.listed(call, found, lambda p: call.shapes.pull_simple(repo, p))

    @route("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", "repos/list-pull-requests-associated-with-commit")
    def pulls_of_commit(self, call: Call, repo: Repo, commit_sha: str) -> Response:
        """Open pull requests with this head, and those that landed as this commit."""
        found = [p for p in repo.pulls.values() if commit_sha in (p.head.sha, p.merge_commit_sha if p.merged else "")]
        return self.listed(call, found, lambda p: call.shapes.pull_simple(repo, p))

    @route("POST", "/repos/{owner}/{repo}/pulls", "pulls/create")
    def create_pull(self, call: Call, repo: Repo) -> Response:
        """Open a pull request."""
        body = call.body()
        head = needed(body, "head", str).rpartition(":")[2]
        pull = self.new_pull(repo, call.actor, head, needed(body, "base", str), body.get("title") or head,
                             body.get("body") or "", draft=bool(body.get("draft")))  # fmt: skip
        return Response.of(201, self._whole(call, repo, pull))

    @route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", "pulls/get")
    def get_pull(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """One pull request, its mergeability worked out."""
        return Response.of(200, self._whole(call, repo, self._pull(repo, pull_number)))

    @route("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", "pulls/update")
    def update_pull(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """Change title, text, base or state."""
        pull, body = self._pull(repo, pull_number), call.body()
        self.change_pull(repo, pull, call.actor, body.get("title"), body.get("body"), body.get("base"))
        if body.get("state") == "closed" and pull.state == "open":
            self.close(repo, pull, call.actor)
        elif body.get("state") == "open" and pull.state == "closed":
            self.reopen(repo, pull, call.actor)
        return Response.of(200, self._whole(call, repo, pull))

    @route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", "pulls/list-files")
    def list_files(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """What changed since the branch left its base."""
        pull, git = self._pull(repo, pull_number), repo.git
        since = git.relation(pull.base.sha, pull.head.sha).base
        changes = git.changes(git.files(since) if since else Flat(), git.files(pull.head.sha))
        return self.listed(
            call, git.with_renames(changes)[: self.most_files], lambda c: call.shapes.file(repo, pull.head.sha, c)
        )

    @route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", "pulls/list-commits")
    def list_commits(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """The commits that the base has not, oldest first; 250 at most, as GitHub."""
        pull = self._pull(repo, pull_number)
        commits = repo.git.relation(pull.base.sha, pull.head.sha).right_only[:250]
        return self.listed(call, commits, lambda sha: call.shapes.commit(repo, sha))

    @route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pulls/list-reviews")
    def list_reviews(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """Reviews, oldest first."""
        pull = self._pull(repo, pull_number)
        return self.listed(call, list(pull.reviews.values()), lambda r: call.shapes.review(repo, pull, r))

    @route("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pulls/create-review")
    def create_review(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """Submit a review."""
        pull, body = self._pull(repo, pull_number), call.body()
        text = body.get("body") or ""
        if body.get("event") in ("REQUEST_CHANGES", "COMMENT") and not text:
            raise RefusedError(422, "Unprocessable Entity: a body is required for this event")
        review = self.write_review(repo, pull, call.actor, body.get("event", ""), text, body.get("commit_id"))
        return Response.of(200, call.shapes.review(repo, pull, review))

    @route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", "pulls/get-review")
    def get_review(self, call: Call, repo: Repo, pull_number: str, review_id: str) -> Response:
        """One review."""
        pull = self._pull(repo, pull_number)
        review = pull.reviews.get(number(review_id))
        if review is None:
            raise RefusedError(404, "Not Found")
        return Response.of(200, call.shapes.review(repo, pull, review))

    @route("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals", "pulls/dismiss-review")
    def remove_review(self, call: Call, repo: Repo, pull_number: str, review_id: str) -> Response:
        """Dismiss a review; only one that approves or asks for changes can be."""
        pull = self._pull(repo, pull_number)
        review = self.drop_review(repo, pull, number(review_id), call.actor, needed(call.body(), "message", str))
        return Response.of(200, call.shapes.review(repo, pull, review))

    @route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pulls/list-requested-reviewers")
    def list_reviewers(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """Who was asked and has not answered."""
        pull = self._pull(repo, pull_number)
        return Response.of(200, {"users": [call.shapes.user(u) for u in pull.requested_reviewers],
                                 "teams": [call.shapes.team(t) for t in pull.requested_teams]})  # fmt: skip

    @route("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pulls/request-reviewers")
    def request_reviewers(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """Ask people and teams for a review."""
        pull, body = self._pull(repo, pull_number), call.body()
        for login in body.get("reviewers", []):
            self.ask_reviewer(repo, pull, self.world.user(login), call.actor)
        for slug in body.get("team_reviewers", []):
            self.request_review(repo.full_name, pull.number, of=f"{repo.owner.login}/{slug}", by=call.actor.login)
        return Response.of(201, call.shapes.pull_simple(repo, pull))

    @route("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "pulls/check-if-merged")
    def is_merged(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """204 when it has landed, 404 when not."""
        if not self._pull(repo, pull_number).merged:
            raise RefusedError(404, "Not Found")
        return Response(204)

    @route("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "pulls/merge")
    def merge_pull(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """Merge, if the asked head is still the head and every rule is met."""
        body = call.body()
        landed = self.land(repo, self._pull(repo, pull_number), call.actor, sha=body.get("sha"),
                           method=body.get("merge_method", "merge"), title=body.get("commit_title"),
                           message=body.get("commit_message"))  # fmt: skip
        return Response.of(200, {"sha": landed, "merged": True, "message": "Pull Request successfully merged"})

    @route("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch", "pulls/update-branch")
    def update_pull_branch(self, call: Call, repo: Repo, pull_number: str) -> Response:
        """Merge the base into the head."""
        pull = self._pull(repo, pull_number)
        expected = call.body().get("expected_head_sha")
        if expected and expected != pull.head.sha:
            raise RefusedError(422, "expected head sha didn't match current head ref.")
        self.update_branch(repo, pull.head.ref, pull.base.ref, call.actor)
        return Response.of(202, {"message": "Updating pull request branch.",
                                 "url": call.shapes.page(repo, f"pull/{pull.number}")})  # fmt: skip
