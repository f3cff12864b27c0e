"""Bare connections for checks: does a port answer, what a TLS server shows, a few bytes said and read.

A TLS server is asked the way a careful client asks. Where that fails for its certificate, it is asked again without
trust, so that what is wrong with the certificate can be told from a certificate that was really sent. Add another way of
talking as a method that gets its socket from the guard.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache

from golive.look.guard import Deadline, Guard, NoAnswer, reason
from golive.look.transport import default_tls
from golive.ports import TlsFacts, Unreachable

VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
"""What `highest` may be, oldest first."""
_ALL, _CHAIN, _NOTHING = "chain and name", "chain", "nothing"
"""How much of a certificate is verified in one handshake."""
_OTHER_NAME = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""
_OURS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE", "UNSUPPORTED_PROTOCOL", "WRONG_VERSION_NUMBER")
"""OpenSSL's reasons that say nothing about which versions the other side would refuse."""


class Connect:
    """Implements `ports.LookConnect`. Safe to use from many threads. tls: another trust than the machine's own."""

    def __init__(self, guard: Guard, *, tls: ssl.SSLContext | None = None) -> None:
        self._guard = guard
        self._trust = tls

    def tcp(self, host: str, port: int, *, timeout: timedelta) -> float:
        """Connect and close; returns the seconds it took, the name's resolution included.

        Raises Unreachable; it says `connection refused` or `connection timed out` where that is what the port did.
        """
        with _told(host, port):
            started = time.monotonic()
            self._guard.connect(host, port, Deadline.after(timeout)).close()
            return time.monotonic() - started

    def tls(self, host: str, port: int, *, timeout: timedelta, server_name: str = "", highest: str = "") -> TlsFacts:
        """One handshake, which succeeds whatever the certificate is worth; where it is worth nothing, up to three.

        highest: one of `VERSIONS`. With it, a server that ends the handshake (an alert, or a closed connection) gives
        facts whose `version` is empty and whose `problem` says how it refused.   server_name: asked for and verified
        in place of `host`.   chain: all that was sent from Python 3.13 on, before that the server's own certificate.
        Raises Unreachable with a sentence for people, also where this machine cannot offer a version that old.
        """
        with _told(host, port):
            name = _askable(server_name or host)
            deadline = Deadline.after(timeout)
            problems: list[str] = []
            trust = _ALL
            while True:
                try:
                    facts = self._handshake(host, port, name, deadline, trust, highest)
                    return facts if not problems else _with(facts, "; ".join(problems))
                except ssl.SSLCertVerificationError as error:
                    problems.append(_sentence(error.verify_message))
                    trust = _CHAIN if trust == _ALL and error.verify_code in _OTHER_NAME else _NOTHING
                except (ssl.SSLError, ConnectionError) as error:
                    if highest:
                        return _refused(error)
                    if trust == _NOTHING:
                        raise NoAnswer(f"no TLS connection ({problems[0] if problems else reason(error)})") from error
                    problems.append(f"a usual client gets no connection ({reason(error)})")
                    trust = _NOTHING

    def talk(self, host: str, port: int, send: bytes, *, until: bytes, limit: int, timeout: timedelta) -> bytes:
        """Send bytes, and read until these come back, the other side closes, or the limit is reached."""
        with _told(host, port):
            deadline = Deadline.after(timeout)
            with self._guard.connect(host, port, deadline) as sock:
                return _exchange(sock, send, until, limit, deadline)

    def _handshake(self, host: str, port: int, name: str, deadline: Deadline, trust: str, highest: str) -> TlsFacts:
        context = self._context(trust, highest)
        started = time.monotonic()
        with self._guard.connect(host, port, deadline) as sock:
            sock.settimeout(deadline.left("the TLS handshake"))
            address = str(sock.getpeername()[0])
            try:
                secured = context.wrap_socket(sock, server_hostname=name)
            except TimeoutError:
                raise deadline.missed("the TLS handshake") from None
            with secured:
                cipher = secured.cipher()
                seconds = time.monotonic() - started
                return TlsFacts(
                    secured.version() or "", cipher[0] if cipher else "", _chain(secured), "", seconds, address
                )

    def _context(self, trust: str, highest: str) -> ssl.SSLContext:
        if trust == _ALL and not highest and self._trust is not None:
            return self._trust
        if trust == _NOTHING:
            return _untrusting(highest)
        if self._trust is None:
            return _trusting(trust, highest)
        return _adapted(_copy(self._trust), trust, highest)


@contextmanager
def _told(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except NoAnswer as error:
        raise Unreachable(f"{host}:{port}: {error}") from error


def _askable(name: str) -> str:
    """The name, if a handshake can carry it. Raises NoAnswer before anything is sent."""
    try:
        name.encode("idna")
    except UnicodeError as error:
        raise NoAnswer(f"{name[:100]!r} cannot be asked for as a server name") from error
    if not name.isprintable() or name.startswith("."):
        raise NoAnswer(f"{name[:100]!r} cannot be asked for as a server name")
    return name


def _exchange(sock: socket.socket, send: bytes, until: bytes, limit: int, deadline: Deadline) -> bytes:
    came = b""
    try:
        sock.settimeout(deadline.left("sending"))
        sock.sendall(send)
        while len(came) < limit and not (until and until in came):
            sock.settimeout(deadline.left("waiting for the answer"))
            part = sock.recv(min(65_536, limit - len(came)))
            if not part:
                break
            came += part
    except TimeoutError:
        raise deadline.missed("waiting for the answer") from None
    except OSError as error:
        raise NoAnswer(f"the connection broke ({reason(error)})") from error
    return came


@lru_cache(maxsize=16)
def _trusting(trust: str, highest: str) -> ssl.SSLContext:
    return _adapted(default_tls(), trust, highest)


@lru_cache(maxsize=8)
def _untrusting(highest: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _offering(context, highest)


def _adapted(context: ssl.SSLContext, trust: str, highest: str) -> ssl.SSLContext:
    context.check_hostname = trust == _ALL
    return _offering(context, highest) if highest else context


def _offering(context: ssl.SSLContext, highest: str) -> ssl.SSLContext:
    """Everything from the oldest version on, up to the highest: the facts are asked for, nothing is entrusted to it."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    if highest:
        context.maximum_version = VERSIONS[highest]
    return context


def _copy(context: ssl.SSLContext) -> ssl.SSLContext:
    """Another context that trusts the same authorities."""
    copied = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for certificate in context.get_ca_certs(binary_form=True):
        copied.load_verify_locations(cadata=certificate)
    return copied


def _chain(secured: ssl.SSLSocket) -> tuple[bytes, ...]:
    """DER certificates as the server sent them."""
    whole = getattr(secured, "get_unverified_chain", None)  # Python 3.13
    if whole is not None:
        return tuple(whole())
    own = secured.getpeercert(binary_form=True)
    return (own,) if own else ()


def _with(facts: TlsFacts, problem: str) -> TlsFacts:
    return TlsFacts(facts.version, facts.cipher, facts.chain, problem, facts.seconds, facts.address)


def _refused(error: OSError) -> TlsFacts:
    """No such version with this server. Raises NoAnswer where it was not the server that ended the handshake."""
    said = error.reason if isinstance(error, ssl.SSLError) else ""
    if any(own in (said or "") for own in _OURS):
        raise NoAnswer(f"whether an older TLS version is refused cannot be seen from here ({reason(error)})") from error
    return TlsFacts("", "", (), reason(error), 0.0)


def _sentence(words: str) -> str:
    return words.rstrip(".") or "the certificate is not trusted"
