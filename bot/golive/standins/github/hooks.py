"""Webhooks going out: who gets one, what is in it, how it is signed, and the log of what was sent.

An act calls `emit` with the event's own part of the body; the envelope (repository, organization, sender,
installation), the signature and the delivery log are made here. Reactions never call it, as on GitHub.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from golive.standins.github.base import Base, scrubbed
from golive.standins.github.shapes import Json, stamp
from golive.standins.github.shapes_work import WorkShapes
from golive.standins.github.state import Clock, utc_now
from golive.standins.github.world import App, CheckRun, Installation, Pull, RefusedError, Repo, Review, User
from golive.standins.wire import Outgoing, Standin

S = TypeVar("S", bound=Standin)
P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[[WorkShapes], Json]
ALWAYS = frozenset({"installation", "installation_repositories", "github_app_authorization", "ping"})
"""Events that an App gets without asking."""
NO_COMMIT = "0" * 40


def act(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Mark what a person can do: it changes the world alone, as a request does."""

    def alone(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    update_wrapper(alone, method)
    return alone


@dataclass(frozen=True)
class Delivery:
    """One attempt to tell an App. A redelivery has the same `guid` and a new `id`."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    at: datetime
    outgoing: Outgoing
    installation_id: int | None
    repository_id: int | None
    redelivery: bool = False


@dataclass(frozen=True)
class Sent:
    """What came of a delivery; status 0 is a receiver that did not answer."""

    delivery: Delivery
    status_code: int
    answer: bytes

    @property
    def status(self) -> str:
        """As the delivery log words it; anything but OK was not delivered."""
        if self.status_code == 0:
            return "failed to connect to host"
        return "OK" if 200 <= self.status_code < 300 else f"Invalid HTTP Response: {self.status_code}"


class Hooks(Base):
    """Sends webhooks through `courier`, one `Outgoing` for each App that is installed and subscribed."""

    def __init__(self, clock: Clock = utc_now, web: str = "http://127.0.0.1", wall: Clock = utc_now) -> None:
        super().__init__(clock, web, wall)
        self.deliveries: dict[int, Delivery] = {}
        self._by_outgoing: dict[int, Delivery] = {}

    def emit(
        self, event: str, action: str | None, repo: Repo, sender: User, body: Body, only: App | None = None
    ) -> None:
        """Tell every App on a repository that subscribed to the event, or `only` one of them."""
        told = [i for i in self.world.installed_on(repo) if only in (None, i.app) and _wants(i.app, event)]
        if told:
            shapes = self.shapes()
            self._tell(told, event, action, sender, body(shapes) | {"repository": shapes.repo(repo)}, repo)

    def emit_account(self, event: str, action: str, account: User, sender: User, body: Body) -> None:
        """Tell every App on an account of something that belongs to no repository."""
        told = [i for i in self.world.installations.values() if i.account is account and _wants(i.app, event)]
        if told:
            self._tell(told, event, action, sender, body(self.shapes()), None)

    def emit_installation(self, event: str, action: str, it: Installation, sender: User, body: Body) -> None:
        """Tell one App about its own installation."""
        if it.app.webhook_url:
            shapes = self.shapes()
            whole = {"installation": shapes.installation(it)} | body(shapes)
            self._send(it, event, action, {"action": action, **whole, "sender": shapes.user(sender)}, None)

    def _tell(
        self, told: list[Installation], event: str, action: str | None, sender: User, body: Json, repo: Repo | None
    ) -> None:
        shapes = self.shapes()
        whole = {"action": action, **body} if action else body
        org = self.world.orgs.get((repo.owner if repo else told[0].account).login.lower())
        if org:
            whole["organization"] = shapes.org(org)
        whole["sender"] = shapes.user(sender)
        for it in told:
            self._send(it, event, action, whole | {"installation": {"id": it.id, "node_id": f"I_{it.id}"}}, repo)

    def _send(self, it: Installation, event: str, action: str | None, body: Json, repo: Repo | None) -> None:
        app, guid, data = it.app, str(uuid.uuid4()), scrubbed(body).encode()
        outgoing = Outgoing(app.webhook_url, _headers(app, event, guid, data), data)
        self._keep(Delivery(self.world.new_id(), guid, app, event, action, self.world.now(), outgoing, it.id,
                            repo.id if repo else None))  # fmt: skip

    def _keep(self, delivery: Delivery) -> None:
        self.deliveries[delivery.id] = delivery
        self._by_outgoing[id(delivery.outgoing)] = delivery
        self.courier.put(delivery.outgoing)

    @act
    def redeliver(self, delivery_id: int) -> int:
        """Send a delivery again: same guid and body, new number."""
        old = self.deliveries.get(delivery_id)
        if old is None:
            raise RefusedError(404, "Not Found")
        outgoing = Outgoing(old.outgoing.url, old.outgoing.headers, old.outgoing.body)
        new = Delivery(self.world.new_id(), old.guid, old.app, old.event, old.action, self.world.now(), outgoing,
                       old.installation_id, old.repository_id, redelivery=True)  # fmt: skip
        self._keep(new)
        return new.id

    @act
    def lose_waiting(self) -> int:
        """The network eats what waits to be sent: nobody hears it, the log says so. Returns how many."""
        lost = 0
        while self.courier.waiting:
            self.courier.done.append((self.courier.waiting.popleft(), 0, b""))
            lost += 1
        return lost

    def sent(self, app: App) -> list[Sent]:
        """The delivery log of an App, newest first: what was attempted, and what came of it."""
        log = [Sent(known, status, answer) for outgoing, status, answer in list(self.courier.done)
               if (known := self._by_outgoing.get(id(outgoing))) and known.app is app]  # fmt: skip
        return sorted(log, key=lambda s: s.delivery.id, reverse=True)

    def pull_body(self, repo: Repo, pull: Pull, **more: Any) -> Body:
        """The body of a `pull_request` event. GitHub has not tried the merge yet when it sends one."""

        def body(shapes: WorkShapes) -> Json:
            untried = {} if pull.merged else {"mergeable": None, "rebaseable": None}
            return {"number": pull.number, "pull_request": shapes.pull(repo, pull, "unknown") | untried, **more}

        return body

    def review_body(self, repo: Repo, pull: Pull, review: Review) -> Body:
        """The body of a `pull_request_review` event; it spells the state small."""
        return lambda shapes: {
            "review": shapes.review(repo, pull, review) | {"state": review.state.lower()},
            "pull_request": shapes.pull_simple(repo, pull),
        }

    def check_body(self, repo: Repo, run: CheckRun, **more: Any) -> Body:
        """The body of a `check_run` event, with its suite in full."""
        return lambda shapes: {
            "check_run": shapes.check_run(repo, run) | {"check_suite": suite(shapes, repo, run)},
            **more,
        }


def suite(shapes: WorkShapes, repo: Repo, run: CheckRun) -> Json:
    """A check suite: the runs of one App on one commit."""
    pulls, parents = shapes.pulls_of(repo, run.head_sha), repo.git.commits[run.head_sha].parents
    made, branch = stamp(run.started_at), pulls[0]["head"]["ref"] if pulls else None
    return {"id": run.suite_id, "node_id": f"CS_{run.suite_id}", "head_branch": branch,
            "head_sha": run.head_sha, "status": run.status, "conclusion": run.conclusion,
            "url": shapes.api(repo, f"check-suites/{run.suite_id}"), "before": parents[0] if parents else NO_COMMIT,
            "after": run.head_sha, "pull_requests": pulls, "app": shapes.app(run.app), "created_at": made,
            "updated_at": made}  # fmt: skip


def _wants(app: App, event: str) -> bool:
    return bool(app.webhook_url) and (event in app.events or event in ALWAYS)


def _headers(app: App, event: str, guid: str, data: bytes) -> dict[str, str]:
    """GitHub's headers of a delivery ("Webhook events and payloads", section Delivery headers)."""
    signature = hmac.new(app.webhook_secret.encode(), data, hashlib.sha256).hexdigest()
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": f"GitHub-Hookshot/{app.hook_id:07x}",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
