"""The key that signs exported evidence: an operator's own, or one that is made once beside the SQLite file.

Ed25519 (RFC 8032) alone: one kind of key leaves nothing to choose wrongly. A key's id is the SHA-256 of its public half
in DER (SubjectPublicKeyInfo), in hex. Another place for keys is another branch of `where`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.engine import make_url

from golive.core.envelope import IN_TOTO, Envelope, pae
from golive.core.errors import Misconfigured
from golive.settings import Settings

SUFFIX = ".audit-key.pem"
"""Behind the name of the SQLite file."""
MAKE_ONE = "openssl genpkey -algorithm ed25519 -out audit-key.pem"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class PublicKey:
    """What tells whether a signature is ours."""

    key: Ed25519PublicKey

    @property
    def id(self) -> str:
        """SHA-256 of the key in DER, in hex."""
        der = self.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    @property
    def pem(self) -> str:
        """The key as people hand it on."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_bytes(serialization.Encoding.PEM, form).decode()

    def signed(self, envelope: Envelope) -> bool:
        """Whether the owner of this key signed this payload as this type."""
        try:
            self.key.verify(envelope.signature, pae(envelope.payload_type, envelope.payload))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A key that signs."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return PublicKey(self.key.public_key())

    def sealed(self, payload: bytes, payload_type: str = IN_TOTO) -> Envelope:
        """The payload with a signature over it and its type."""
        return Envelope(payload, self.public.id, self.key.sign(pae(payload_type, payload)), payload_type)


def where(settings: Settings) -> Path | None:
    """The file of the key, whether it is there or not; None where a setting has to name one first."""
    if settings.audit_key_file is not None:
        return settings.audit_key_file
    url = make_url(settings.database_url)
    file = url.database if url.get_backend_name() == "sqlite" else None
    return Path(file + SUFFIX) if file and file != ":memory:" else None


def own(settings: Settings) -> SigningKey | None:
    """The key of this installation, if there is one already. Raises Misconfigured where it cannot be used."""
    path = where(settings)
    if path is None or (settings.audit_key_file is None and not path.exists()):
        return None
    return _read(path, made_by_us=settings.audit_key_file is None)


def own_or_new(settings: Settings) -> SigningKey:
    """The key of this installation; made where there is none. Raises Misconfigured where that cannot be."""
    path = where(settings)
    if path is None:
        raise Misconfigured(
            "There is no SQLite file beside which a key for evidence could lie. Make one, readable by golive alone, and "
            f"name it in GOLIVE_AUDIT_KEY_FILE: {MAKE_ONE}"
        )
    if (found := own(settings)) is not None:
        return found
    _make(path)
    return _read(path, made_by_us=True)


def public_in(path: Path) -> PublicKey:
    """A public key in PEM, as `golive audit key` prints it. Raises Misconfigured for anything else."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Misconfigured(f"{path} is no Ed25519 public key in PEM. `golive audit key` prints the one to give.")
    return PublicKey(key)


def _read(path: Path, made_by_us: bool) -> SigningKey:
    """made_by_us: then nobody else may read it; an operator's own file may be shared with a group, as mounted secrets are."""
    said = f"The key for evidence, {path},"
    try:
        mode, pem = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{said} cannot be read: {error.strerror}. GOLIVE_AUDIT_KEY_FILE names another.") from None
    if made_by_us and mode & OTHERS:
        raise Misconfigured(
            f"{said} can be read by others: chmod 600 {path}. If somebody did, delete it: a new one is made."
        )
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{said} is no Ed25519 private key in PEM without a password. Make one: {MAKE_ONE}")
    return SigningKey(key)


def _make(path: Path) -> None:
    """Write a new key, whole before it has its name, and never over another: two at once end with one key."""
    raw = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    half = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        file = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, raw)
            os.fsync(file)
        finally:
            os.close(file)
        with suppress(FileExistsError):
            os.link(half, path)
        half.unlink()
    except OSError as error:
        raise Misconfigured(
            f"No key for evidence could be written to {path}: {error.strerror}. Make that folder writable, or name a key "
            "in GOLIVE_AUDIT_KEY_FILE."
        ) from None
