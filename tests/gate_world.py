"""acme/shop without a server: every webhook of the stand-in becomes one run of `golive gate`, as a workflow would start it.

`GateWorld` is a `World` in which nobody serves. `run` takes one run; `settle` runs once for each event that waits, as the
workflow does that listens to `pull_request_target` and `issue_comment`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from golive.ports import Delivery
from golive.settings import Settings
from golive.standins.wire import Outgoing, Response
from golive.wiring.serverless import Asked, Looked, Pool, Serverless
from world import IN_PROCESS, World, scratch

KEY = "a key of an environment that only the default branch may use"
STARTS = {"pull_request": "pull_request_target", "issue_comment": "issue_comment"}
"""Webhook → the trigger of a workflow that runs for it."""
POLICY = """\
version: 1
project: Shop
releases:
  - name: production
    base: main
    head: ["release/**"]
checks:
  - id: ci
    name: CI is green
    uses: github_check
    with: {name: build, app: ci}
signoffs:
  - group: people
    roles:
      - {role: qa, from: ["@mina", "@zoe"]}
      - {role: security, from: ["@sam", "@sue"]}
promotion:
  merge: {method: squash, when: go}
"""


class GateWorld(World):
    """A `World` that is served by runs. token: no App, but the workflow's own token.   key: empty: nothing is carried."""

    def __init__(
        self, folder: Path, policy: str = POLICY, *, token: bool = False, key: str = KEY, **options: Any
    ) -> None:
        self.token, self.key = token, key
        self.events: list[tuple[str, bytes]] = []
        self.looked: list[Looked] = []
        self.last: Serverless | None = None
        self.automatic = True
        self.results: object = None
        self.pool: Pool | None = None
        super().__init__(folder, re.sub(r"([{}])", r"\1\1", policy), slack=False, **options)

    def _mount(self) -> None:
        """Under a name of its own, so that a world with a server can stand beside it."""
        others = dict(IN_PROCESS)
        super()._mount()
        if not self.sockets:
            IN_PROCESS.update({**others, "gate.test": self.github})
            self.github_url = self.github.web = "http://gate.test"

    def start(self, *, wakes: bool = True) -> None:
        """Nobody serves."""
        if self.token and "github-actions" not in self.github.world.apps:
            self.actions = self.github.create_app(
                "github-actions", permissions={
                    "checks": "write", "contents": "write", "pull_requests": "write", "issues": "write",
                    "statuses": "write", "actions": "write",
                },
            )  # fmt: skip
            self.github.install(self.actions, "acme")
            self.github.protect("acme/shop", "main", required=[("golive", self.actions.id)])

    def workflow_token(self) -> str:
        """A fresh GITHUB_TOKEN."""
        installation = next(i for i in self.github.world.installations.values() if i.app is self.actions)
        gate, now = self.github.gate, self.github.wall()
        permissions = {k: v for k, v in self.actions.permissions.items() if k not in ("members", "administration")}
        return gate.give(self.actions.bot, now, installation, permissions).text

    def settings(self) -> Settings:
        app: dict[str, Any] = (
            {"github_token": self.workflow_token()} if self.token
            else {"github_app_id": self.app.id, "github_private_key": self.app.private_key}
        )  # fmt: skip
        return Settings(
            _env_file=None, github_api_url=self.github_url, github_write_pause=timedelta(0), state_key=self.key or None,
            allow_private_hosts=("127.0.0.1",), check_threads=2, **app,
        )  # fmt: skip

    def _post(self, outgoing: Outgoing) -> Response:
        """What a workflow listens to waits for its run; everything else is heard by nobody."""
        event = outgoing.headers.get("X-GitHub-Event") or outgoing.headers.get("x-github-event") or ""
        payload = json.loads(outgoing.body)
        bot = (payload.get("sender") or {}).get("type") == "Bot"
        if event in STARTS and not bot:  # what a workflow's token or golive itself does starts no run
            self.events.append((event, outgoing.body))
        return Response(202)

    # -- running

    def run(self, *pulls: int, event: tuple[str, bytes] | None = None) -> list[Looked]:
        """One run: for a pull request, for what an event names, or for all that are open."""
        delivery = None
        if event is not None:
            kind, body = event
            told = json.loads(body)
            told.pop("installation", None)
            number = (told.get("pull_request") or told.get("issue"))["number"]
            pulls = (number,)
            delivery = Delivery(
                "github", f"run {len(self.events)} {hash(body)}", kind, json.dumps(told).encode(), self.clock()
            )
        asked = Asked("acme/shop", self.repo_id, pulls, delivery=delivery)
        self.last = Serverless(
            self.settings(), asked, self.clock, lambda seconds: self.clock.pass_(seconds=seconds), self.results,
            self.pool,
        )  # fmt: skip
        self.looked = self.last.run()
        return self.looked

    def settle(self) -> None:
        """One run for every event that waits."""
        for _ in range(50):
            self.github.courier.pump()
            if not self.automatic or not self.events:
                return
            self.run(event=self.events.pop(0))
        raise AssertionError("runs start runs for ever")

    def later(self, **span: float) -> None:
        """Let time pass; nothing happens by itself but what is scheduled: see `scheduled`."""
        self.clock.pass_(**(span or {"seconds": 2}))
        self.settle()

    def scheduled(self, **span: float) -> None:
        """Let time pass, and take the scheduled run."""
        self.clock.pass_(**(span or {"seconds": 2}))
        self.settle()
        self.run()

    # -- reading

    @property
    def bot(self) -> str:
        return "github-actions[bot]" if self.token else "golive[bot]"

    def our_comments(self, number: int, marker: str = "") -> list[str]:
        told = self.github.comments("acme/shop", number)
        return [c.body for c in told if c.user.login == self.bot and marker in c.body]

    def our_runs(self, sha: str) -> list[Any]:
        ours = self.actions.id if self.token else self.app.id
        return [r for r in self.github.check_runs("acme/shop", sha, "golive") if r.app.id == ours]

    def sticky(self, number: int) -> Any:
        """The comment that shows where it stands."""
        found = [c for c in self.github.comments("acme/shop", number) if "golive:sticky" in c.body]
        assert len(found) == 1, f"{len(found)} comments show where #{number} stands; there is one for each pull request"
        return found[0]

    def verdict(self, number: int) -> str:
        """What the last run decided."""
        one = next(one for one in self.looked if one.number == number)
        assert one.decision is not None, one.failed
        return one.decision.verdict.name

    def reasons(self, number: int) -> list[str]:
        """Codes of the last run's reasons, worst first."""
        one = next(one for one in self.looked if one.number == number)
        assert one.decision is not None, one.failed
        return [reason.code for reason in one.decision.reasons]


@contextmanager
def a_gate(**options: Any) -> Iterator[GateWorld]:
    """A world without a server in a scratch folder, taken down at the end."""
    with scratch() as folder:
        world = GateWorld(Path(folder), **options)
        try:
            yield world
        finally:
            world.close()
