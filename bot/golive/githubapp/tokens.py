"""One token per installation, shared by all threads for its whole life, and kept encrypted so that a restart keeps it.

ETags hold for the token that got them: a token thrown away throws them away, too.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from github import Auth

from golive.ports import Answers

log = structlog.get_logger()

MARGIN = timedelta(minutes=1)
"""A token with less life than this is not used any more."""
YOUNG = timedelta(minutes=1)
"""A token that was fetched this recently and is refused was not outlived: the App's own settings are wrong."""


class Vault:
    """Tokens in the store, encrypted with a key that comes from the App's private key: who has the database has no token."""

    def __init__(self, answers: Answers | None, host: str, private_key: str) -> None:
        self._answers = answers
        self._host = host
        derived = HKDF(hashes.SHA256(), 32, None, b"golive: tokens of installations").derive(private_key.encode())
        self._box = Fernet(base64.urlsafe_b64encode(derived))

    def take(self, installation: int) -> tuple[str, datetime] | None:
        """The token that is kept and until when it holds; None where there is none, or none that this key opens."""
        try:
            kept = self._answers.token(self._host, installation) if self._answers else None
            return (self._box.decrypt(kept[0]).decode(), kept[1]) if kept else None
        except InvalidToken:
            return None  # the App has another key now
        except Exception as error:
            log.warning("kept token not read", error=type(error).__name__)
            return None

    def put(self, installation: int, token: str, expires_at: datetime) -> None:
        """Keep it; a store that is down costs a token at the next start."""
        try:
            if self._answers:
                self._answers.put_token(self._host, installation, self._box.encrypt(token.encode()), expires_at)
        except Exception as error:
            log.warning("token not kept", error=type(error).__name__)


class SharedAuth(Auth.AppInstallationAuth):
    """One token per installation for all threads, fetched by one of them at a time. renewed: told of each new one."""

    def __init__(
        self, app_auth: Auth.AppAuth, installation: int, vault: Vault, renewed: Callable[[int, str], None]
    ) -> None:
        super().__init__(app_auth, installation)
        self._fetching = threading.RLock()
        self._joined = False
        self._vault = vault
        self._renewed = renewed
        self._held: tuple[str, datetime] | None = None
        self._fetched_at: datetime | None = None
        self._looked = False

    def withRequester(self, requester: Any) -> SharedAuth:  # noqa: N802  # PyGithub's own name
        """Joined to a client once: PyGithub would join it to every client that uses it, and forget the token."""
        if not self._joined:
            super().withRequester(requester)
            self._joined = True
        return self

    @property
    def token(self) -> str:
        """The installation's token, fresh for at least another minute."""
        with self._fetching:
            now = datetime.now(UTC)
            if self._held is None and not self._looked:
                self._looked = True
                self._held = self._vault.take(self._installation_id)
            if self._held is None or self._held[1] - MARGIN <= now:
                told = self._get_installation_authorization()
                self._held, self._fetched_at = (told.token, told.expires_at), now
                self._vault.put(self._installation_id, told.token, told.expires_at)
                self._renewed(self._installation_id, told.token)
            return self._held[0]

    def give_up(self) -> bool:
        """GitHub refused the token: fetch another next time. False where it was new, and another would do no better."""
        with self._fetching:
            if self._held is None or (self._fetched_at and datetime.now(UTC) - self._fetched_at < YOUNG):
                return False
            self._held = None
            return True
