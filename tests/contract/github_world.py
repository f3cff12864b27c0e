"""A GitHub with one organisation, one repository and one App, for the contract tests of the stand-in.

`a_github()` builds it; `Asked` talks to it through the real SDK over a loopback socket.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from github import Auth, Github, GithubIntegration
from github.Repository import Repository

from golive.standins.github import App, GitHub
from golive.standins.wire import Served, serve

DATA = Path(__file__).parents[1] / "data" / "github"
SHOP = "acme/shop"
PERMISSIONS = {"checks": "write", "contents": "write", "issues": "write", "pull_requests": "write",
               "statuses": "write", "members": "read", "administration": "read",
               "deployments": "write", "actions": "write"}  # fmt: skip
EVENTS = ("check_run", "create", "issue_comment", "member", "membership", "organization", "pull_request",
          "pull_request_review", "push", "status")  # fmt: skip
POEM = "".join(f"line {n}\n" for n in range(1, 21))


def a_github(**options: Any) -> tuple[GitHub, App, int]:
    """acme/shop with ana, bo and cy, teams, an App and its installation; nobody answers at the App's address."""
    github = GitHub(**options)
    for login in ("ana", "bo", "cy"):
        github.add_user(login)
    github.add_org("acme", admins=["cy"])
    github.add_team("acme/security", members=["ana"])
    files = {"poem.txt": POEM, "docs/guide.md": "# Guide\n", ".github/golive.yml": "version: 1\n"}
    github.add_repo(SHOP, files=files, writers=["bo"], readers=["ana"])
    app = github.create_app(permissions=PERMISSIONS, events=EVENTS, webhook_url="http://127.0.0.1:9/hook",
                            webhook_secret="between us")  # fmt: skip
    return github, app, github.install(app, "acme")


def a_pull(github: GitHub, branch: str = "release/1", text: str | None = None) -> int:
    """A pull request of bo that changes the poem's last line; returns its number."""
    github.commit(SHOP, branch, {"poem.txt": text or POEM.replace("line 20", "the end")}, by="bo", message="End it")
    return github.open_pull(SHOP, head=branch, title=f"Release of {branch}", by="bo", body="What changed")


class Asked:
    """The stand-in on a socket with real SDK clients: as the App, as its installation, as anyone's token."""

    def __init__(self, github: GitHub, app: App, installation: int) -> None:
        self.github, self.app, self.installation = github, app, installation
        self.served: Served = serve(github.asgi)
        github.web = self.served.url
        self._clients: list[Github] = []
        self.auth = Auth.AppAuth(app.id, app.private_key)
        self.as_app = GithubIntegration(auth=self.auth, **self._options())
        token = self.auth.get_installation_auth(installation)
        self.client, self.lazy = self.as_client(token), self.as_client(token, lazy=True)

    def _options(self) -> dict[str, Any]:
        return {"base_url": self.served.url, "seconds_between_requests": None, "seconds_between_writes": None,
                "retry": None}  # fmt: skip

    def as_client(self, auth: Auth.Auth | None, lazy: bool = False) -> Github:
        """A client with some other authentication, or none; a lazy one asks for nothing before it must."""
        client = Github(auth=auth, lazy=lazy, **self._options())
        self._clients.append(client)
        return client

    @property
    def shop(self) -> Repository:
        """The repository as the installation sees it."""
        return self.client.get_repo(SHOP)

    def stop(self) -> None:
        """Close every connection and stop listening."""
        for client in self._clients:
            client.close()
        self.as_app.close()
        self.served.stop()
