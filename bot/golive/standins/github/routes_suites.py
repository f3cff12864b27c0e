"""Check suites: what each App does for one commit, begun or not; and workflow runs that wait for a person.

GitHub makes a suite for every App that may write checks as soon as it sees the commit, and one for each run of its own
workflows ("Check suites" of its guide to the checks API).
"""

from __future__ import annotations

from datetime import datetime

from golive.standins.github.acts_checks import CheckActs
from golive.standins.github.base import Call
from golive.standins.github.hooks import act
from golive.standins.github.shapes import Json, stamp
from golive.standins.github.shapes_work import WorkShapes
from golive.standins.github.world import App, CheckRun, HeldSuite, RefusedError, Repo
from golive.standins.wire import Response, route

ACTIONS = "github-actions"
"""GitHub's own App for workflows, as it names itself."""
NO_COMMIT = "0" * 40


class SuiteRoutes(CheckActs):
    """Suites of commits."""

    @route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", "checks/list-suites-for-ref")
    def list_suites(self, call: Call, repo: Repo, ref: str) -> Response:
        """The suites of a commit."""
        sha, ask = self.world.commit(repo, ref), call.request.one
        found = [one for one in self._suites(repo, sha) if ask("app_id") in ("", str(one.app.id))]
        return self.listed(call, found, lambda one: one.shape(call.shapes, repo), "check_suites")

    def _suites(self, repo: Repo, sha: str) -> list[_Suite]:
        runs: dict[int, list[CheckRun]] = {}
        for run in self.latest_runs(repo, sha).values():
            runs.setdefault(run.app.id, []).append(run)
        told = [it.app for it in self.world.installations.values() if self.world.covers(it, repo)]
        doing = [app for app in told if app.permissions.get("checks") == "write" and app.slug != ACTIONS]
        doing += [one[0].app for one in runs.values() if one[0].app not in doing]
        made = self.world.now()
        suites = [
            _Suite(repo.suites.setdefault((app.id, sha), self.world.new_id()), app, sha, made, runs.get(app.id, []))
            for app in doing
        ]
        return suites + [_Suite(h.id, h.app, sha, h.made_at, [], h.held) for h in repo.held if h.head_sha == sha]

    @act
    def hold_run(self, repo: str, sha: str) -> int:
        """A workflow was to run for a commit, and waits until somebody who may write lets it; returns its suite's number."""
        where = self.world.repo(repo)
        app = self.world.apps.get(ACTIONS) or self.create_app(ACTIONS, permissions={"checks": "write"})
        held = HeldSuite(self.world.new_id(), app, self.world.commit(where, sha), self.world.now())
        where.held.append(held)
        suite = _Suite(held.id, app, held.head_sha, held.made_at, [], True)
        self.emit(
            "check_suite", "completed", where, app.bot, lambda shapes: {"check_suite": suite.shape(shapes, where)}
        )
        return held.id

    @act
    def approve_runs(self, repo: str, sha: str, *, by: str) -> int:
        """Press "Approve workflows to run"; returns how many go on. 403 for who may not write."""
        where, user = self.world.repo(repo), self.world.user(by)
        if self.world.role(where, user.login) not in ("write", "maintain", "admin"):
            raise RefusedError(403, "Must have write access to approve workflow runs")
        going = [h for h in where.held if h.head_sha == self.world.commit(where, sha) and h.held]
        for one in going:
            one.held = False
        return len(going)


class _Suite:
    """One App's suite on one commit. held: its run waits for a person."""

    def __init__(
        self, suite_id: int, app: App, sha: str, made: datetime, runs: list[CheckRun], held: bool = False
    ) -> None:  # fmt: skip
        self.id, self.app, self.sha, self.made, self.runs, self.held = suite_id, app, sha, made, runs, held

    def state(self) -> tuple[str, str | None]:
        """Status and conclusion, from its runs; queued where nothing has begun."""
        if self.held:
            return "completed", "action_required"
        if not self.runs:
            return "queued", None
        if any(run.status != "completed" for run in self.runs):
            return "in_progress", None
        said = {run.conclusion for run in self.runs}
        worst = [c for c in ("failure", "timed_out", "action_required", "cancelled", "success") if c in said]
        return "completed", worst[0] if worst else "neutral"

    def shape(self, shapes: WorkShapes, repo: Repo) -> Json:
        """As GitHub answers it."""
        pulls, commit = shapes.pulls_of(repo, self.sha), repo.git.commits[self.sha]
        (status, conclusion), url = self.state(), shapes.api(repo, f"check-suites/{self.id}")
        told = shapes.commit(repo, self.sha)["commit"]
        return {"id": self.id, "node_id": f"CS_{self.id}", "head_branch": pulls[0]["head"]["ref"] if pulls else None,
                "head_sha": self.sha, "status": status, "conclusion": conclusion, "url": url,
                "before": commit.parents[0] if commit.parents else NO_COMMIT, "after": self.sha,
                "pull_requests": pulls, "app": shapes.app(self.app), "repository": shapes.repo(repo),
                "created_at": stamp(self.made), "updated_at": stamp(self.made),
                "latest_check_runs_count": len(self.runs), "check_runs_url": f"{url}/check-runs",
                "head_commit": {"id": self.sha, "tree_id": told["tree"]["sha"], "message": told["message"],
                                "timestamp": told["author"]["date"],
                                **{who: {"name": told[who]["name"], "email": told[who]["email"]}
                                   for who in ("author", "committer")}}}  # fmt: skip
