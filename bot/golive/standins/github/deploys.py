"""What a deployment is here, and an environment that waits for an App's answer; with the JSON that GitHub gives of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golive.standins.github.shapes_work import WorkShapes
    from golive.standins.github.world import App, Repo, User

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
"""States of a deployment status ("Create a deployment status" of GitHub's REST API)."""


@dataclass(frozen=True)
class DeploymentStatus:
    """One word about a deployment."""

    id: int
    state: str
    creator: User
    at: datetime
    description: str = ""
    log_url: str = ""


@dataclass
class Deployment:
    """A deployment; who carries it out is somebody else's matter."""

    id: int
    sha: str
    ref: str
    task: str
    environment: str
    creator: User
    at: datetime
    payload: Any = field(default_factory=dict)
    description: str | None = None
    statuses: list[DeploymentStatus] = field(default_factory=list)


@dataclass
class EnvironmentGate:
    """A workflow's run that waits before an environment until an App answers. answers: (state, comment), oldest first."""

    run: int
    environment: str
    app: App
    answers: list[tuple[str, str]] = field(default_factory=list)


def deployment(shapes: WorkShapes, repo: Repo, one: Deployment) -> dict[str, Any]:
    """As answers and webhooks show it."""
    url = shapes.api(repo, f"deployments/{one.id}")
    at = stamp_of(one.at)
    return {
        "url": url, "id": one.id, "node_id": f"DE_{one.id}", "sha": one.sha, "ref": one.ref, "task": one.task,
        "payload": one.payload, "original_environment": one.environment, "environment": one.environment,
        "description": one.description, "creator": shapes.user(one.creator), "created_at": at, "updated_at": at,
        "statuses_url": f"{url}/statuses", "repository_url": shapes.api(repo, "").rstrip("/"),
        "transient_environment": False, "production_environment": one.environment == "production",
    }  # fmt: skip


def status(shapes: WorkShapes, repo: Repo, of: Deployment, one: DeploymentStatus) -> dict[str, Any]:
    """As answers and webhooks show it."""
    url = shapes.api(repo, f"deployments/{of.id}")
    at = stamp_of(one.at)
    return {
        "url": f"{url}/statuses/{one.id}", "id": one.id, "node_id": f"DES_{one.id}", "state": one.state,
        "creator": shapes.user(one.creator), "description": one.description, "environment": of.environment,
        "target_url": one.log_url, "log_url": one.log_url, "environment_url": "", "created_at": at, "updated_at": at,
        "deployment_url": url, "repository_url": shapes.api(repo, "").rstrip("/"),
    }  # fmt: skip


def stamp_of(when: datetime) -> str:
    """GitHub's spelling of a time, to the second."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
