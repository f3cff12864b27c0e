"""X.509 certificates as checks read them: how long they hold, for whom, how strong their keys are. Pure.

Add a fact as a field of `Certificate`. Key strengths: NIST SP 800-57 part 1 revision 5, table 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

_AS_RSA = ((512, 15_360), (384, 7_680), (256, 3_072), (224, 2_048), (160, 1_024))
"""Bits of an elliptic curve key → bits of the RSA key that is as strong."""


@dataclass(frozen=True)
class Certificate:
    """One certificate. names: DNS names and addresses it is for, lower case.   key: as people name it, `RSA 2048`.

    key_bits: of an RSA key that is as strong; 0 where that is not known.   own: whether it is signed by itself.
    """

    subject: str
    issuer: str
    begins: datetime
    ends: datetime
    names: tuple[str, ...]
    key: str
    key_bits: int
    own: bool

    def covers(self, name: str) -> bool:
        """Whether it is for this host name or address; `*.` stands for exactly one label (RFC 9525)."""
        wanted = _plain(name)
        return any(wanted == one or _under(one, wanted) for one in self.names)


def from_der(raw: bytes) -> Certificate:
    """One certificate. Raises ValueError."""
    from cryptography import x509

    return _read(x509.load_der_x509_certificate(raw))


def from_pem(raw: bytes) -> tuple[Certificate, ...]:
    """Every certificate of a PEM text, in its order; keys between them are passed over. Raises ValueError."""
    from cryptography import x509

    return tuple(_read(one) for one in x509.load_pem_x509_certificates(raw))


def first_to_end(chain: Sequence[Certificate]) -> Certificate:
    """The one that ends first. Roots that are sent along do not matter: everybody uses the copy they have."""
    return min((one for one in chain if one is chain[0] or not one.own), key=lambda one: one.ends)


def _read(raw: x509.Certificate) -> Certificate:
    key, bits = _key(raw)
    return Certificate(
        raw.subject.rfc4514_string(),
        raw.issuer.rfc4514_string(),
        raw.not_valid_before_utc,
        raw.not_valid_after_utc,
        tuple(_names(raw)),
        key,
        bits,
        raw.subject == raw.issuer,
    )


def _names(raw: x509.Certificate) -> Iterator[str]:
    from cryptography import x509

    try:
        alternative = raw.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in alternative.get_values_for_type(x509.DNSName))
    yield from (str(address) for address in alternative.get_values_for_type(x509.IPAddress))


def _key(raw: x509.Certificate) -> tuple[str, int]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    try:
        key = raw.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "of a kind not known here", 0
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.key_size}", next((rsa_bits for bits, rsa_bits in _AS_RSA if key.key_size >= bits), 0)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 3_072
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 7_680
    return "of a kind not known here", 0


def _under(pattern: str, name: str) -> bool:
    label, dot, rest = name.partition(".")
    return (
        pattern.startswith("*.") and bool(label and dot) and "." in rest and pattern[2:] == rest and not _numeric(name)
    )


def _plain(name: str) -> str:
    text = name.lower().rstrip(".")
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        return text


def _numeric(name: str) -> bool:
    return name.replace(".", "").isdecimal()
