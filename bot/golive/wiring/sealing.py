"""What golive keeps secret in its database is sealed first; the key lies outside of it.

The key comes from `GOLIVE_SECRET_KEY`, else from a file beside the SQLite file that is made when it is first needed and
that nobody else may read. Fernet (AES-128 in CBC with HMAC-SHA256) from `cryptography`: what was changed does not open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.engine import make_url

from golive.core.errors import Misconfigured
from golive.settings import Settings

SUFFIX = ".secret-key"
"""Behind the name of the SQLite file."""
SHORTEST = 32
"""Characters of GOLIVE_SECRET_KEY."""
MAKE_ONE = "openssl rand -base64 32"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Seal:
    """Seals and opens with one key. name: where the key is from, for errors."""

    def __init__(self, key: bytes, name: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"golive sealing " + key).digest()))
        self._name = name

    def close(self, secret: str) -> bytes:
        """The secret, sealed."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """The secret. Raises Misconfigured where this key did not seal it, or it was changed."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise Misconfigured(
                f"What the database holds sealed does not open with {self._name}. Put the key back that sealed it."
            ) from None


def where(settings: Settings) -> Path | None:
    """The file of the key, whether it is there or not; None where there is no place for one."""
    url = make_url(settings.database_url)
    file = url.database if url.get_backend_name() == "sqlite" else None
    return Path(file + SUFFIX) if file and file != ":memory:" else None


def own(settings: Settings, *, make: bool) -> Seal:
    """The seal of this installation. make: a key file is made where there is none.

    Raises Misconfigured where there is no key, or it cannot be used.
    """
    if settings.secret_key is not None:
        text = settings.secret_key.get_secret_value()
        if len(text) < SHORTEST:
            raise Misconfigured(f"GOLIVE_SECRET_KEY is shorter than {SHORTEST} characters. Make one: {MAKE_ONE}")
        return Seal(text.encode(), "GOLIVE_SECRET_KEY")
    path = where(settings)
    if path is None:
        raise Misconfigured(
            f"There is no SQLite file beside which a key could lie. Set GOLIVE_SECRET_KEY, and keep it: {MAKE_ONE}"
        )
    if make and not path.exists():
        _make(path)
    return Seal(_read(path), str(path))


def _read(path: Path) -> bytes:
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"The key that seals secrets, {path}, cannot be read: {error.strerror}. Put it back beside the database."
        ) from None
    if mode & OTHERS:
        raise Misconfigured(f"The key that seals secrets, {path}, can be read by others: chmod 600 {path}.")
    if len(key) < SHORTEST:
        raise Misconfigured(f"The key that seals secrets, {path}, was cut short. Put back the one that was there.")
    return key


def _make(path: Path) -> None:
    """Write a new key, whole before it has its name, and never over another: two at once end with one key."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_urlsafe(48).encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    except OSError as error:
        raise Misconfigured(f"No key that seals secrets can be written to {path}: {error.strerror}.") from None
    finally:
        fresh.unlink(missing_ok=True)
