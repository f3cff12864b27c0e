"""GitHub's own log of what it sent to our App, and where the App is installed: read as the App itself, with its JWT.

The log goes back three days ("Redelivering webhooks" of GitHub's documentation).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from golive.core.errors import Gone, Later, Refused
from golive.core.reach import ACTIVE, ARCHIVED, REMOVED, SUSPENDED, Reached, Standing
from golive.githubapp.client import Clients
from golive.githubapp.forge import moment
from golive.ports import Clock, Delivery, Logged

MOST = 50_000
"""Deliveries of the log that one sweep reads, newest first."""


class HookLog:
    """`ports.HookLog` for one App."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    def since(self, at: datetime) -> Iterator[Logged]:
        """Every attempt to tell us something since then, newest first."""
        for told in islice(self._clients.app().pages("/app/hook/deliveries"), MOST):
            delivered_at = moment(told["delivered_at"])
            if delivered_at < at:
                return
            yield Logged(told["id"], told["guid"], told["event"], delivered_at, bool(told.get("redelivery")))

    def send_again(self, number: int) -> bool:
        """Ask for one more attempt; False where GitHub will not."""
        try:
            self._clients.app().send("POST", f"/app/hook/deliveries/{number}/attempts", {})
        except (Gone, Refused):
            return False
        return True

    def read(self, logged: Logged) -> Delivery | None:
        """What was to be told, from the log itself; None where it is not there any more."""
        try:
            told = self._clients.app().get(f"/app/hook/deliveries/{logged.number}")
        except (Gone, Refused):
            return None
        payload = (told.get("request") or {}).get("payload")
        if not isinstance(payload, dict):
            return None
        body = json.dumps(payload, separators=(",", ":")).encode()
        return Delivery("github", logged.guid, logged.event, body, self._clock(), logged.at)


class Installations:
    """`ports.Installations` for one App."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def standing(self, installation: int) -> Standing:
        """How the installation stands now, and every repository that it reaches."""
        try:
            told = self._clients.app().get(f"/app/installations/{installation}")
        except Gone as gone:  # what is out of sight for a moment is not removed: the list must not have it either
            if any(one["id"] == installation for one in self._clients.app().pages("/app/installations")):
                raise Later(str(gone)) from gone
            return Standing(REMOVED)
        account = (told.get("account") or {}).get("login") or ""
        if told.get("suspended_at"):
            return Standing(SUSPENDED, account)
        listed = self._clients.installation(installation).pages("/installation/repositories", under="repositories")
        reached = (
            Reached(
                one["id"], one["full_name"], installation, bool(one.get("private", True)),
                ARCHIVED if one.get("archived") else ACTIVE,
            )
            for one in listed
        )  # fmt: skip
        return Standing(ACTIVE, account, tuple(reached))

    def ended(self, installation: int) -> None:
        """Drop the installation's token and all that was read with it."""
        self._clients.forget(installation)
