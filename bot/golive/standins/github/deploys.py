"""What a deployment is here, and an environment that waits for an App's answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golive.standins.github.world import App, User

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
