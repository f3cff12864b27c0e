"""Workflows that are started from outside: by name (`workflow_dispatch`) or by an event (`repository_dispatch`), and their runs.

A workflow is its file in the repository; what it would do is nobody's matter here. Only what decides whether and as what
it starts is read: its triggers, the inputs that it names, and its `run-name`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from golive.standins.github.base import Call, needed
from golive.standins.github.hooks import Hooks, act
from golive.standins.github.shapes import stamp
from golive.standins.github.shapes_work import WorkShapes
from golive.standins.github.world import RefusedError, Repo, User
from golive.standins.wire import Response, route

FOLDER = ".github/workflows/"


@dataclass(frozen=True)
class Run:
    """A workflow's run. event: that started it.   told: its inputs, or the event's payload."""

    id: int
    path: str
    event: str
    title: str
    branch: str
    sha: str
    actor: User
    at: datetime
    told: Mapping[str, Any] = field(default_factory=dict)


class DispatchRoutes(Hooks):
    """Starting workflows."""

    @act
    def runs(self, repo: str, event: str = "") -> list[Run]:
        """Runs that were started from outside, oldest first; by one event where given."""
        return [one for one in self.world.repo(repo).runs if event in ("", one.event)]

    @act
    def start_workflow(self, repo: str, file: str, *, by: str, inputs: Mapping[str, str] | None = None) -> int:
        """Press "Run workflow" on the default branch; returns the run's number."""
        where = self.world.repo(repo)
        return self._dispatched(where, file, where.default_branch, self.world.user(by), inputs or {}).id

    @route(
        "POST", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", "actions/create-workflow-dispatch"
    )
    def dispatch_workflow(self, call: Call, repo: Repo, workflow_id: str) -> Response:
        """Start a workflow by its file's name."""
        body = call.body()
        self._dispatched(repo, workflow_id, needed(body, "ref", str), call.actor, body.get("inputs") or {})
        return Response(204)

    @route("POST", "/repos/{owner}/{repo}/dispatches", "repos/create-dispatch-event")
    def dispatch_event(self, call: Call, repo: Repo) -> Response:
        """An event of any name, for every workflow of the default branch that listens to it."""
        body = call.body()
        name, told = needed(body, "event_type", str), body.get("client_payload") or {}
        if len(told) > 10:
            raise RefusedError(422, "Invalid request.\n\nNo more than 10 properties are allowed; 11 were supplied.")
        sha = repo.git.refs[f"heads/{repo.default_branch}"]
        for path, text in self._workflows(repo, sha).items():
            if re.search(r"^\s*repository_dispatch\b", text, re.MULTILINE) and _listens(text, name):
                title = _title(text, "github.event.client_payload.", told) or name
                self._ran(repo, path, "repository_dispatch", title, repo.default_branch, sha, call.actor, told)
        return Response(204)

    @route("GET", "/repos/{owner}/{repo}/actions/runs", "actions/list-workflow-runs-for-repo")
    def list_runs(self, call: Call, repo: Repo) -> Response:
        """Runs, newest first; by event, actor or branch."""
        ask = call.request.one
        found = [
            one for one in reversed(repo.runs)
            if ask("event") in ("", one.event) and ask("actor") in ("", one.actor.login) and ask("branch") in ("", one.branch)
        ]  # fmt: skip
        return self.listed(call, found, lambda one: _shape(call.shapes, repo, one), "workflow_runs")

    def _workflows(self, repo: Repo, sha: str) -> dict[str, str]:
        files = repo.git.files(sha)
        return {path: repo.git.blobs[blob].decode() for path, blob in files.items() if path.startswith(FOLDER)}

    def _dispatched(self, repo: Repo, file: str, ref: str, user: User, inputs: Mapping[str, Any]) -> Run:
        branch = ref.removeprefix("refs/heads/")
        sha = repo.git.refs.get(f"heads/{branch}")
        if sha is None:
            raise RefusedError(422, f"No ref found for: {ref}")
        text = self._workflows(repo, sha).get(f"{FOLDER}{file}")
        if text is None:
            raise RefusedError(404, "Not Found")
        if not re.search(r"\bworkflow_dispatch\b", text):
            raise RefusedError(422, "Workflow does not have 'workflow_dispatch' trigger")
        strange = [name for name in inputs if not re.search(rf"\b{re.escape(name)}\s*:", text)]
        if strange:
            raise RefusedError(422, f"Unexpected inputs provided: {strange}")
        title = _title(text, "inputs.", inputs) or _name(text, file)
        return self._ran(repo, f"{FOLDER}{file}", "workflow_dispatch", title, branch, sha, user, inputs)

    def _ran(
        self, repo: Repo, path: str, event: str, title: str, branch: str, sha: str, user: User, told: Mapping[str, Any]
    ) -> Run:
        made = Run(self.world.new_id(), path, event, title, branch, sha, user, self.world.now(), dict(told))
        repo.runs.append(made)
        return made


def _listens(text: str, name: str) -> bool:
    """Whether its `types:` hold this name; without any it hears all."""
    types = re.search(r"^\s*types:\s*\[([^\]]*)\]", text, re.MULTILINE)
    return types is None or name in [one.strip(" '\"") for one in types[1].split(",")]


def _name(text: str, file: str) -> str:
    found = re.search(r"^name:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else f"{FOLDER}{file}"


def _title(text: str, prefix: str, told: Mapping[str, Any]) -> str:
    """Its `run-name`, filled in; empty where it has none."""
    found = re.search(r"^run-name:\s*(.+)$", text, re.MULTILINE)
    if not found:
        return ""
    return re.sub(
        r"\$\{\{\s*" + re.escape(prefix) + r"(\w+)\s*\}\}", lambda m: str(told.get(m[1], "")), found[1].strip(" '\"")
    )


def _shape(shapes: WorkShapes, repo: Repo, one: Run) -> dict[str, Any]:
    url, at = shapes.api(repo, f"actions/runs/{one.id}"), stamp(one.at)
    return {
        "id": one.id, "name": one.title, "node_id": f"WFR_{one.id}", "head_branch": one.branch, "head_sha": one.sha,
        "path": one.path, "run_number": one.id, "run_attempt": 1, "event": one.event, "display_title": one.title,
        "status": "queued", "conclusion": None, "workflow_id": 1, "url": url,
        "html_url": shapes.page(repo, f"actions/runs/{one.id}"), "pull_requests": [], "created_at": at,
        "updated_at": at, "run_started_at": at, "actor": shapes.user(one.actor),
        "triggering_actor": shapes.user(one.actor), "jobs_url": f"{url}/jobs", "logs_url": f"{url}/logs",
        "check_suite_url": shapes.api(repo, "check-suites/1"), "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel", "rerun_url": f"{url}/rerun", "workflow_url": shapes.api(repo, "actions/workflows/1"),
        "head_commit": None, "repository": shapes.repo(repo), "head_repository": shapes.repo(repo),
    }  # fmt: skip
