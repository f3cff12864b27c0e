"""TLS servers on loopback with certificates of an authority of their own, and doors that treat callers in one way.

Add a kind of certificate as a method of `Authority`.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """A certificate authority of its own, and what it signs, as PEM files of certificate, issuer and key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed("Test Authority", self._key, 900, None)
        self.context = ssl.create_default_context(cadata=self._pem(self.certificate).decode())

    def good(self) -> Path:
        """For shop.test and 127.0.0.1, with its issuer."""
        return self.made("good", chain=True)

    def expired(self) -> Path:
        """Until yesterday."""
        return self.made("expired", days=-1)

    def self_signed(self) -> Path:
        """Signed by itself."""
        return self.made("own", by_itself=True)

    def made(
        self,
        file: str,
        days: float = 30,
        names: Sequence[str] = ("shop.test", "127.0.0.1"),
        since: float = 90,
        rsa_bits: int = 0,
        by_itself: bool = False,
        chain: bool = False,
    ) -> Path:
        """A certificate that holds for so many days, since so many days ago. rsa_bits: 0 makes a key of EC 256."""
        key: PrivateKey = ec.generate_private_key(ec.SECP256R1())
        if rsa_bits:
            key = rsa.generate_private_key(65_537, rsa_bits)
        leaf = self._signed("shop.test", key, days, names, since, by_itself)
        return self._file(file, leaf, key, *([self.certificate] if chain else []))

    def _signed(
        self,
        name: str,
        key: PrivateKey,
        days: float,
        names: Sequence[str] | None,
        since: float = 90,
        by_itself: bool = False,
    ) -> x509.Certificate:
        """names: None makes an authority, which signs itself."""
        alone = by_itself or names is None
        issuer, signer = (subject(name), key) if alone else (subject("Test Authority"), self._key)
        now, ca = datetime.now(UTC), names is None
        made = x509.CertificateBuilder(
            issuer, subject(name), key.public_key(), x509.random_serial_number(), now - since * DAY, now + days * DAY
        )
        usage = x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        made = made.add_extension(usage, critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        made = made.add_extension(known, critical=False)
        if names is not None:
            made = made.add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)
        return made.sign(signer, hashes.SHA256())

    def _file(self, name: str, leaf: x509.Certificate, key: PrivateKey, *chain: x509.Certificate) -> Path:
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = self._folder / f"{name}.pem"
        file.write_bytes(b"".join(map(self._pem, (leaf, *chain))) + key.private_bytes(*form))
        return file

    @staticmethod
    def _pem(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(serialization.Encoding.PEM)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def own(pem: Path) -> bytes:
    """The first certificate of a file, as DER."""
    return x509.load_pem_x509_certificates(pem.read_bytes())[0].public_bytes(serialization.Encoding.DER)


class Door:
    """A listening socket that treats every caller in one way, in a thread of its own, until it is closed."""

    def __init__(self, treat: Callable[[socket.socket], None]) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.callers = 0
        self._treat = treat
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            self.callers += 1
            caller.settimeout(10)
            with caller, suppress(OSError):
                self._treat(caller)

    def close(self) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._door.close()


def secured(
    pem: Path, lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2, highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Callable[[socket.socket], None]:
    """A TLS server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(pem)
    context.minimum_version, context.maximum_version = lowest, highest

    def treat(caller: socket.socket) -> None:
        with context.wrap_socket(caller, server_side=True) as told:
            told.recv(1)

    return treat


Open = Callable[[Callable[[socket.socket], None]], Door]


@contextmanager
def doors() -> Iterator[Open]:
    """Opens doors that are closed afterwards."""
    with ExitStack() as stack:

        def opened(treat: Callable[[socket.socket], None]) -> Door:
            made = Door(treat)
            stack.callback(made.close)
            return made

        yield opened
