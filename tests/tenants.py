"""Two Slack workspaces for one golive, each free to install the app: there is no bot token in the settings.

`Tenants` is a `World`; `two` makes one in a scratch folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import SecretStr

from golive.settings import Settings
from golive.standins.wire import Request
from world import World, scratch

HOME, OTHER = "T0ACME", "T0OTHER"


class Tenants(World):
    """acme's workspace and another one, both free to install the app. bo owns acme on GitHub and its workspace; ana is an
    admin of the workspace alone, sam owns acme on GitHub alone; mel owns the other workspace, and nothing of acme."""

    def _people(self) -> None:
        super()._people()
        for login in ("bo", "sam"):
            self.github.set_org_member("acme", login, role="admin")
        self.github.add_user("mel")
        for login in ("bo", "ana"):
            self.slack.world.user(login).is_admin = True
        self.slack.add_team(OTHER, "other")
        self.users["mel"] = self.slack.add_user("mel", team_id=OTHER, is_owner=True)
        self.users["twin"] = self.slack.add_user("twin", team_id=OTHER, is_owner=True)
        for name in ("mel", "twin"):
            self.slack.world.channel(self.channel).members.append(self.users[name])
        self.slack.sends_back_to(["http://golive.test/slack/oauth_redirect"])
        named = {HOME: {self.users[n]: n for n in ("ana", "mina", "zoe", "sam", "sue", "bo")},
                 OTHER: {self.users["mel"]: "mel", self.users["twin"]: "bo"}}  # fmt: skip
        self.people_file = json.dumps(named)
        (self.folder / "people.yml").write_text(self.people_file)

    def settings(self) -> Settings:
        return super().settings().model_copy(update={
            "slack_bot_token": None, "slack_client_id": self.slack.client_id,
            "slack_client_secret": SecretStr(self.slack.client_secret), "secret_key": SecretStr("s" * 40),
        })  # fmt: skip

    def begin(self) -> dict[str, str]:
        assert self.client is not None
        answer = self.client.get("/slack/install", follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def agree(self, asked: dict[str, str], team: str, allow: str = "1") -> str:
        """What Slack sends the browser back to."""
        form = urlencode(asked | {"team": team, "allow": allow})
        told = self.slack.respond(Request.of("POST", f"{self.slack.web}/oauth/v2/authorize",
            {"content-type": "application/x-www-form-urlencoded"}, form))  # fmt: skip
        return str(told.headers["location"]).removeprefix("http://golive.test")

    def install(self, team: str) -> Any:
        assert self.client is not None
        return self.client.get(self.agree(self.begin(), team))

    def join(self, by: str, account: str = "acme", verb: str = "connect") -> str:
        before = len(self.whispers(by))
        self.slack_says(by, f"{verb} {account}")
        self.settle()
        said = self.whispers(by)
        assert len(said) > before, f"{by} was not answered"
        return said[-1]


@contextmanager
def two() -> Iterator[Tenants]:
    """The two workspaces, taken down at the end."""
    with scratch() as folder:
        world = Tenants(Path(folder))
        try:
            yield world
        finally:
            world.close()


def posted(w: Tenants) -> set[str]:
    """The workspaces in which golive has said something."""
    return {team for method, team in w.slack.spoken_for if method.startswith("chat.")}
