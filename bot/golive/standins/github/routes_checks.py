"""Endpoints of check runs and commit statuses. Only Apps make check runs, and only the maker changes one."""

from __future__ import annotations

from golive.standins.github.acts_checks import CheckActs
from golive.standins.github.base import Call, needed, number
from golive.standins.github.shapes import Json
from golive.standins.github.world import App, CheckRun, RefusedError, Repo, Status
from golive.standins.wire import Response, route


class CheckRoutes(CheckActs):
    """Check runs and statuses."""

    @route("POST", "/repos/{owner}/{repo}/check-runs", "checks/create")
    def create_check_run(self, call: Call, repo: Repo) -> Response:
        """A new check run by the calling App."""
        app, body = _checker(call), call.body()
        needed(body, "name", str)
        sha = needed(body, "head_sha", str)
        if sha not in repo.git.commits:
            raise RefusedError(422, f"No commit found for SHA: {sha}")
        return Response.of(201, call.shapes.check_run(repo, self.make_run(repo, app, sha, body)))

    def _run(self, repo: Repo, check_run_id: str) -> CheckRun:
        run = repo.check_runs.get(number(check_run_id))
        if run is None:
            raise RefusedError(404, "Not Found")
        return run

    @route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks/get")
    def get_check_run(self, call: Call, repo: Repo, check_run_id: str) -> Response:
        """One check run."""
        return Response.of(200, call.shapes.check_run(repo, self._run(repo, check_run_id)))

    @route("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks/update")
    def update_check_run(self, call: Call, repo: Repo, check_run_id: str) -> Response:
        """Change a check run of one's own."""
        run = self._run(repo, check_run_id)
        if run.app is not _checker(call):
            raise RefusedError(403, "Invalid app_id `" f"{_checker(call).id}` - check run can only be modified by the "
                               "GitHub App that created it.")  # fmt: skip
        self.change_run(repo, run, call.body())
        return Response.of(200, call.shapes.check_run(repo, run))

    @route("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", "checks/list-annotations")
    def list_annotations(self, call: Call, repo: Repo, check_run_id: str) -> Response:
        """A check run's annotations."""
        run = self._run(repo, check_run_id)
        blank = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))

        def shape(annotation: Json) -> Json:
            href = call.shapes.page(repo, f"blob/{run.head_sha}/{annotation['path']}")
            return {**blank, **annotation, "blob_href": href}

        return self.listed(call, run.annotations, shape)

    @route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", "checks/list-for-ref")
    def list_check_runs(self, call: Call, repo: Repo, ref: str) -> Response:
        """Check runs of a commit, newest first: the latest of each name and App, or all."""
        ask = call.request.one
        sha = self.world.commit(repo, ref)
        latest = ask("filter", "latest") == "latest"
        runs = list(self.latest_runs(repo, sha).values()) if latest else list(repo.runs_of.get(sha, ()))
        runs = [r for r in runs if ask("check_name") in ("", r.name) and ask("status") in ("", r.status)
                and ask("app_id") in ("", str(r.app.id))]  # fmt: skip
        runs.sort(key=lambda r: r.id, reverse=True)
        return self.listed(call, runs, lambda r: call.shapes.check_run(repo, r), "check_runs")

    @route("GET", "/repos/{owner}/{repo}/commits/{ref}/status", "repos/get-combined-status-for-ref")
    def combined_status(self, call: Call, repo: Repo, ref: str) -> Response:
        """The newest status of each context and what they come to; pending when there are none, as on GitHub."""
        sha = self.world.commit(repo, ref)
        newest = list(self.latest_statuses(repo, sha).values())
        url = call.shapes.api(repo, f"commits/{sha}")
        statuses = [{k: v for k, v in call.shapes.status(repo, s).items() if k != "creator"} for s in newest]
        state = self.combined(repo, sha) if newest else "pending"
        return Response.of(200, {"state": state, "sha": sha, "total_count": len(statuses), "statuses": statuses,
                                 "repository": call.shapes.repo(repo), "commit_url": url,
                                 "url": f"{url}/status"})  # fmt: skip

    @route("GET", "/repos/{owner}/{repo}/statuses/{ref}", "repos/list-commit-statuses-for-ref")
    @route("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", "repos/list-commit-statuses-for-ref")
    def list_statuses(self, call: Call, repo: Repo, ref: str) -> Response:
        """All statuses of a commit, newest first."""
        found = repo.statuses.get(self.world.commit(repo, ref), [])
        return self.listed(call, found[::-1], lambda s: call.shapes.status(repo, s))

    @route("POST", "/repos/{owner}/{repo}/statuses/{sha}", "repos/create-commit-status")
    def create_status(self, call: Call, repo: Repo, sha: str) -> Response:
        """A new commit status."""
        body = call.body()
        state = needed(body, "state", str)
        if state not in ("error", "failure", "pending", "success"):
            raise RefusedError(422, "Validation Failed: state")
        if sha not in repo.git.commits:
            raise RefusedError(422, f"No commit found for SHA: {sha}")
        status = Status(self.world.new_id(), sha, body.get("context", "default"), state, call.actor, self.world.now(),
                        body.get("description"), body.get("target_url"), call.caller.app)  # fmt: skip
        self.give_status(repo, status)
        return Response.of(201, call.shapes.status(repo, status))


def _checker(call: Call) -> App:
    if call.caller.installation is None:
        raise RefusedError(403, "You must authenticate via a GitHub App.")
    return call.caller.installation.app
