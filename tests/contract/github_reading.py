"""The forge port on the GitHub stand-in over a loopback socket, through the real SDK, for the contract tests of reading.

`reading(address)` gives the repository as golive sees it; every exchange is held against GitHub's own description afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contract.github_world import DATA, SHOP, a_github
from contract.openapi import OpenAPI
from golive.githubapp.client import Clients
from golive.githubapp.forge import GitHubForge, GitHubRepo
from golive.standins.github import GitHub
from golive.standins.wire import Exchange, serve
from golive.store.migrate import migrate
from golive.store.store import Store, engine_for

DESCRIPTION = OpenAPI(DATA / "openapi-subset.json")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Reading:
    """A stand-in and the repository in it as golive reads it. seen: every exchange so far, oldest first."""

    github: GitHub
    repo: GitHubRepo
    seen: list[Exchange]

    def asked(self, operation: str) -> int:
        """How often an endpoint, by its name in GitHub's description, was asked."""
        return sum(e.operation == operation for e in self.seen)


class Address:
    """One place on a socket where one GitHub after another answers: starting and stopping takes longer than a test."""

    def __init__(self) -> None:
        self.github: GitHub | None = None
        self.served = serve(self._asgi)

    async def _asgi(self, scope: Any, receive: Any, send: Any) -> None:
        if self.github is not None:
            await self.github.asgi(scope, receive, send)


@contextmanager
def reading(address: Address) -> Iterator[Reading]:
    """acme/shop, read with the App's installation; afterwards every exchange must be one that GitHub describes."""
    github, app, installation = a_github(web=address.served.url)
    address.github = github
    seen: list[Exchange] = []
    github.observers.append(seen.append)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(engine_for(f"sqlite:///{Path(folder) / 'golive.db'}"), utc_now)
        try:
            migrate(store.engine)
            clients = Clients(app.id, app.private_key, github.web, timedelta())
            forge = GitHubForge(clients, store, github.web, app.id, app.slug, utc_now)
            shop = github.world.repo(SHOP).id
            with store.transaction() as tx:
                tx.know_repository(forge.host, shop, SHOP, installation)
            yield Reading(github, forge.repo(shop), seen)
        finally:
            store.close()
    errors = [error for e in seen for error in (*DESCRIPTION.request_errors(e), *DESCRIPTION.response_errors(e))]
    assert not errors, "\n".join(["ask as GitHub describes it:", *dict.fromkeys(errors)])
