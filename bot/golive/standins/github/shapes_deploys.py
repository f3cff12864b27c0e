"""The JSON that GitHub gives of deployments and their statuses."""

from __future__ import annotations

from typing import Any

from golive.standins.github.deploys import Deployment, DeploymentStatus
from golive.standins.github.shapes import stamp
from golive.standins.github.shapes_work import WorkShapes
from golive.standins.github.world import Repo


def deployment(shapes: WorkShapes, repo: Repo, one: Deployment) -> dict[str, Any]:
    """As answers and webhooks show it."""
    url = shapes.api(repo, f"deployments/{one.id}")
    at = stamp(one.at)
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
    at = stamp(one.at)
    return {
        "url": f"{url}/statuses/{one.id}", "id": one.id, "node_id": f"DES_{one.id}", "state": one.state,
        "creator": shapes.user(one.creator), "description": one.description, "environment": of.environment,
        "target_url": one.log_url, "log_url": one.log_url, "environment_url": "", "created_at": at, "updated_at": at,
        "deployment_url": url, "repository_url": shapes.api(repo, "").rstrip("/"),
    }  # fmt: skip
