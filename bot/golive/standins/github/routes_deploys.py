"""Deployments and their statuses, environments that wait for an answer, and branches that are moved by their ref.

Acts come first: what a CI bot says of a deployment, and a workflow that waits before an environment.
"""

from __future__ import annotations

from typing import Any

from golive.standins.github import shapes_deploys
from golive.standins.github.acts_checks import CheckActs
from golive.standins.github.base import Call, needed, number
from golive.standins.github.deploys import STATES, Deployment, DeploymentStatus, EnvironmentGate
from golive.standins.github.hooks import act
from golive.standins.github.world import RefusedError, Repo, User
from golive.standins.wire import Response, route


class DeployRoutes(CheckActs):
    """Everything about going live."""

    # -- acts

    @act
    def deployments(self, repo: str, environment: str = "") -> list[Deployment]:
        """All deployments, oldest first; of one environment where given."""
        found = self.world.repo(repo).deployments.values()
        return [one for one in found if environment in ("", one.environment)]

    @act
    def deployment_status(self, repo: str, deployment_id: int, state: str, *, by: str, description: str = "") -> int:
        """What whoever deploys says of it: `in_progress`, `success`, `failure`, … Returns the status' number."""
        where = self.world.repo(repo)
        return self._say(where, where.deployments[deployment_id], state, self.world.user(by), description).id

    @act
    def environment_waits(
        self, repo: str, environment: str, sha: str, *, by: str, app: str = "golive", callback_url: str = ""
    ) -> int:
        """A workflow's run on a commit comes to an environment that an App guards, and waits. Returns the run's number.

        callback_url: another than GitHub's own, for who must not follow it.
        """
        where, user = self.world.repo(repo), self.world.user(by)
        commit, run, guard = self.world.commit(where, sha), self.world.new_id(), self.world.apps[app]
        made = Deployment(self.world.new_id(), commit, commit, "deploy", environment, user, self.world.now())
        where.deployments[made.id] = made
        where.gates[run] = EnvironmentGate(run, environment, guard)
        self.emit("deployment_protection_rule", "requested", where, user, lambda shapes: {
            "environment": environment, "event": "push", "sha": commit, "ref": where.default_branch,
            "deployment_callback_url": callback_url
            or shapes.api(where, f"actions/runs/{run}/deployment_protection_rule"),
            "deployment": shapes_deploys.deployment(shapes, where, made), "pull_requests": []}, only=guard)  # fmt: skip
        return run

    @act
    def gate_answers(self, repo: str, run: int) -> list[tuple[str, str]]:
        """What Apps answered for a waiting run: (state, comment), oldest first."""
        return list(self.world.repo(repo).gates[run].answers)

    def _say(self, repo: Repo, of: Deployment, state: str, user: User, said: str, log: str = "") -> DeploymentStatus:
        made = DeploymentStatus(self.world.new_id(), state, user, self.world.now(), said, log)
        of.statuses.append(made)
        self.emit("deployment_status", "created", repo, user, lambda shapes: {
            "deployment_status": shapes_deploys.status(shapes, repo, of, made),
            "deployment": shapes_deploys.deployment(shapes, repo, of)})  # fmt: skip
        return made

    # -- deployments

    @route("POST", "/repos/{owner}/{repo}/deployments", "repos/create-deployment")
    def create_deployment(self, call: Call, repo: Repo) -> Response:
        """A new deployment of a ref; 409 where its contexts have not succeeded. Nothing is merged into it here."""
        body = call.body()
        ref = needed(body, "ref", str)
        sha = repo.git.find(ref)
        if sha is None:
            raise RefusedError(422, f"No ref found for: {ref}")
        if body.get("auto_merge", True):
            raise RefusedError(422, "this stand-in merges nothing into what is deployed; send auto_merge: false")
        statuses = {s.context: s.state for s in self.latest_statuses(repo, sha).values()}
        wanted = body.get("required_contexts")
        missing = [c for c in (statuses if wanted is None else wanted) if statuses.get(c) != "success"]
        if missing:
            raise RefusedError(409, f"Conflict: Commit status checks failed for {ref}.")
        made = Deployment(
            self.world.new_id(), sha, ref, body.get("task", "deploy"), body.get("environment", "production"),
            call.actor, self.world.now(), body.get("payload") or {}, body.get("description"),
        )  # fmt: skip
        repo.deployments[made.id] = made
        self.emit("deployment", "created", repo, call.actor,
                  lambda shapes: {"deployment": shapes_deploys.deployment(shapes, repo, made)})  # fmt: skip
        return Response.of(201, shapes_deploys.deployment(call.shapes, repo, made))

    @route("GET", "/repos/{owner}/{repo}/deployments", "repos/list-deployments")
    def list_deployments(self, call: Call, repo: Repo) -> Response:
        """Deployments, newest first; by commit, ref, task or environment."""
        ask = call.request.one
        found = [
            one for one in reversed(repo.deployments.values())
            if all(ask(name) in ("", getattr(one, name)) for name in ("sha", "ref", "task", "environment"))
        ]  # fmt: skip
        return self.listed(call, found, lambda one: shapes_deploys.deployment(call.shapes, repo, one))

    @staticmethod
    def _deployment(repo: Repo, deployment_id: str) -> Deployment:
        found = repo.deployments.get(number(deployment_id))
        if found is None:
            raise RefusedError(404, "Not Found")
        return found

    @route("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", "repos/list-deployment-statuses")
    def list_deployment_statuses(self, call: Call, repo: Repo, deployment_id: str) -> Response:
        """What was said of a deployment, newest first."""
        of = self._deployment(repo, deployment_id)
        return self.listed(call, of.statuses[::-1], lambda one: shapes_deploys.status(call.shapes, repo, of, one))

    @route("POST", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", "repos/create-deployment-status")
    def create_deployment_status(self, call: Call, repo: Repo, deployment_id: str) -> Response:
        """Say how a deployment goes."""
        of, body = self._deployment(repo, deployment_id), call.body()
        state = needed(body, "state", str)
        if state not in STATES:
            raise RefusedError(422, f"Validation Failed: {state} is not included in the list")
        log = body.get("log_url") or body.get("target_url") or ""
        made = self._say(repo, of, state, call.actor, body.get("description", ""), log)
        return Response.of(201, shapes_deploys.status(call.shapes, repo, of, made))

    # -- environments

    def _gate(self, repo: Repo, run_id: str) -> EnvironmentGate:
        found = repo.gates.get(number(run_id))
        if found is None:
            raise RefusedError(404, "Not Found")
        return found

    @route("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments",
           "actions/get-pending-deployments-for-run")  # fmt: skip
    def pending_deployments(self, call: Call, repo: Repo, run_id: str) -> Response:
        """The environments that a run waits before."""
        gate = self._gate(repo, run_id)
        page = call.shapes.page(repo, f"deployments/activity_log?environments_filter={gate.environment}")
        environment: dict[str, Any] = {
            "id": gate.run, "node_id": f"EN_{gate.run}", "name": gate.environment,
            "url": call.shapes.api(repo, f"environments/{gate.environment}"), "html_url": page,
        }  # fmt: skip
        waiting = {"environment": environment, "wait_timer": 0, "wait_timer_started_at": None,
                   "current_user_can_approve": False, "reviewers": []}  # fmt: skip
        return Response.of(200, [] if gate.answers else [waiting])

    @route("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule",
           "actions/review-custom-gates-for-run")  # fmt: skip
    def review_gate(self, call: Call, repo: Repo, run_id: str) -> Response:
        """An App's answer for an environment it guards. What GitHub says to a second one is not written down; here it is no."""
        gate, body = self._gate(repo, run_id), call.body()
        name = needed(body, "environment_name", str)
        if call.caller.installation is None or call.caller.installation.app is not gate.app or name != gate.environment:
            raise RefusedError(404, "Not Found")
        state = body.get("state")
        if state not in ("approved", "rejected") or gate.answers:
            raise RefusedError(422, "Validation Failed")
        gate.answers.append((state, body.get("comment", "")))
        return Response(204)

    # -- refs

    @route("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}", "git/update-ref")
    def update_ref(self, call: Call, repo: Repo, ref: str) -> Response:
        """Point a ref at another commit; only forward, unless `force` says otherwise."""
        body = call.body()
        sha, before = needed(body, "sha", str), repo.git.refs.get(ref)
        if before is None:
            raise RefusedError(422, "Reference does not exist")
        if sha not in repo.git.commits:
            raise RefusedError(422, "Object does not exist")
        if not body.get("force", False) and not repo.git.contains(sha, before):
            raise RefusedError(422, "Update is not a fast forward")
        if ref.startswith("heads/"):
            self.moved(repo, ref.removeprefix("heads/"), before, sha, call.actor)
        repo.git.refs[ref] = sha
        target = {"type": "commit", "sha": sha, "url": call.shapes.api(repo, f"git/commits/{sha}")}
        return Response.of(200, {"ref": f"refs/{ref}", "node_id": f"REF_{ref}",
                                 "url": call.shapes.api(repo, f"git/refs/{ref}"), "object": target})  # fmt: skip
