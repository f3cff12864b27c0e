"""Where the demo plays: a GitHub, a Slack and a small shop on loopback, with a team and a policy. No golive in it.

ana writes the release; mina and zoe are QA, sam and sue security, bo runs the shop. Add a person in `TEAM`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path

from golive.cli import envfile
from golive.standins.github import CheckRun, GitHub
from golive.standins.sample import Sample
from golive.standins.slack import Slack
from golive.standins.slack.world import Message
from golive.standins.wire import Served, serve
from golive.wiring import manifests

TEAM = ("ana", "bo", "mina", "sam", "sue", "zoe")
REPOSITORY, CHANNEL, BRANCH = "acme/shop", "#releases", "release/1.4"
POLICY = """\
version: 1
project: The shop
releases:
  - name: production
    base: main
    head: ["release/**"]
    target: {target}
notify: {{slack: "#releases"}}
checks:
  - id: shop-answers
    name: The shop answers
    severity: critical
    uses: http
    with: {{url: "${{target}}/health", status: 200, json: {{status: ok}}}}
    impact: Nobody can buy anything
    action: Start the shop, then press Re-run
    owner: bo
  - id: tests
    name: The tests pass
    severity: high
    uses: github_check
    with: {{name: tests, app: ci}}
signoffs:
  - group: people
    roles:
      - {{role: qa, from: ["@mina", "@zoe"]}}
      - {{role: security, from: [acme/security]}}
promotion:
  merge: {{method: squash, when: go}}
"""


class Town:
    """The stand-ins, served and peopled. golive_url: where golive will listen; ports: of the three, 0 for any."""

    def __init__(self, golive_url: str, ports: Sequence[int] = (0, 0, 0)) -> None:
        self.golive_url = golive_url
        self.shop, self.github, self.slack = Sample(), GitHub(), Slack()
        apps = (self.github.asgi, self.slack.asgi, self.shop.asgi)
        self.served: list[Served] = [serve(app, port) for app, port in zip(apps, ports, strict=True)]
        self.github.web, self.slack.web, self.shop_url = (served.url for served in self.served)
        self.secret = secrets.token_hex(20)
        self._people_github()
        self._people_slack()
        self.github.courier.start()
        self.slack.courier.start()

    def _people_github(self) -> None:
        hub = self.github
        for login in TEAM:
            hub.add_user(login)
        hub.add_org("acme")
        hub.add_team("acme/security", members=["sam", "sue"])
        files = {".github/golive.yml": POLICY.format(target=self.shop_url), "shop.py": "VERSION = '1.3'\n"}
        writers = [login for login in TEAM if login != "bo"]
        self.repository = hub.add_repo(REPOSITORY, files=files, writers=writers, admins=["bo"])
        shipped = manifests.github_app(name="golive", public_url=self.golive_url, redirect_url=self.golive_url)
        self.app = hub.create_app(
            "golive", permissions=shipped["default_permissions"], events=shipped["default_events"],
            webhook_url=shipped["hook_attributes"]["url"], webhook_secret=self.secret,
        )  # fmt: skip
        hub.create_app("ci", name="CI", permissions={"checks": "write"})
        hub.install(self.app, "acme")
        hub.install("ci", "acme")
        hub.protect(REPOSITORY, "main", required=[("golive", self.app.id)])

    def _people_slack(self) -> None:
        self.users = {name: self.slack.add_user(name) for name in TEAM}
        self.channel = self.slack.add_channel(CHANNEL, members=list(TEAM))
        base = f"{self.golive_url}/slack"
        self.slack.listen(events=f"{base}/events", commands=f"{base}/commands", interactions=f"{base}/interactions")

    def write_settings(self, folder: Path) -> Path:
        """The settings file of a golive that serves this town. Everything not named here is as in production."""
        people = folder / "people.yml"
        people.write_text(json.dumps({self.slack.app.team_id: {user: name for name, user in self.users.items()}}))
        file = folder / "demo.env"
        values = {
            "GOLIVE_GITHUB_APP_ID": str(self.app.id),
            "GOLIVE_GITHUB_PRIVATE_KEY": self.app.private_key,
            "GOLIVE_GITHUB_WEBHOOK_SECRET": self.secret,
            "GOLIVE_GITHUB_API_URL": self.github.web,
            "GOLIVE_GITHUB_WRITE_PAUSE": "PT0S",
            "GOLIVE_SLACK_BOT_TOKEN": self.slack.bot_token,
            "GOLIVE_SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "GOLIVE_SLACK_API_URL": f"{self.slack.web}/api/",
            "GOLIVE_SLACK_PEOPLE": str(people),
            "GOLIVE_DATABASE_URL": f"sqlite:///{folder / 'golive.db'}",
            "GOLIVE_PUBLIC_URL": self.golive_url,
            "GOLIVE_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
            "GOLIVE_SIGN_OFF_REST": "PT2S",
            "GOLIVE_REACTIONS_EVERY": "PT1S",
        }
        envfile.write(file, values, force=True)
        return file

    def stop(self) -> None:
        """Stop serving."""
        self.github.courier.stop()
        self.slack.courier.stop()
        for served in self.served:
            served.stop()

    # -- what a person would see

    def runs(self, number: int) -> list[CheckRun]:
        """golive's check runs on the pull request's head, oldest first."""
        return self.github.check_runs(REPOSITORY, self.github.pull(REPOSITORY, number).head.sha, "golive")

    def roots(self) -> list[Message]:
        """golive's messages in the channel itself."""
        return [m for m in self.slack.messages(self.channel) if m.by_app and not m.is_reply]

    def thread(self) -> list[Message]:
        """Everything in the threads under them, oldest first."""
        return [reply for root in self.roots() for reply in self.slack.thread(self.channel, root.ts)[1:]]

    def comments(self, number: int) -> list[tuple[int, str]]:
        """golive's comments on the pull request: (id, body), oldest first."""
        said = self.github.comments(REPOSITORY, number)
        return [(c.id, c.body) for c in said if c.app is not None and c.app.id == self.app.id]
