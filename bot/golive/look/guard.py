"""The one guarded connect: resolve once, check every address, connect to exactly that address.

A check's host comes from a policy file and from redirects, so it may name the machine's own network. Checking the
*name* proves nothing (DNS rebinding); checking the address and resolving again proves nothing either. So a socket is
opened here only, to an address that was checked. Grow it by a row in `addresses`, or by what `Allowed` understands.
"""

from __future__ import annotations

import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from golive.core.errors import Misconfigured
from golive.look.addresses import Address, Network, meant, refusal

SETTING = "GOLIVE_ALLOW_PRIVATE_HOSTS"

Resolve = Callable[[str, int], Sequence[str]]
"""Host name and port → address texts, best first. Raises OSError where the name does not resolve."""
Dial = Callable[[str, int, float], socket.socket]
"""Address text, port, seconds → a connected socket. Never resolves a name."""

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*", re.IGNORECASE)


class NoAnswer(Exception):  # the half of an `Unreachable` sentence that says why
    """Nothing usable came back; the text says why and where, without saying what was asked."""


@dataclass(frozen=True)
class Deadline:
    """The moment by which one whole request must be over. at: on the monotonic clock.   seconds: as it was given."""

    at: float
    seconds: float

    @classmethod
    def after(cls, timeout: timedelta) -> Deadline:
        """That long from now."""
        return cls(time.monotonic() + timeout.total_seconds(), timeout.total_seconds())

    def left(self, doing: str) -> float:
        """Seconds left, always above zero. Raises NoAnswer, naming what it was doing, when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise self.missed(doing)
        return left

    def missed(self, doing: str) -> NoAnswer:
        """The sentence for a missed deadline."""
        return NoAnswer(f"no complete answer within {self.seconds:.3g} s (while {doing})")


class Allowed:
    """The operator's list of inside places that checks may reach: networks, addresses and exact host names.

    A network or address opens whatever lies in it. A host name opens private, loopback and carrier-grade NAT addresses
    it resolves to, never link-local, metadata or reserved ones: a name's owner must not be able to point it there.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        networks: list[Network] = []
        names: set[str] = set()
        for entry in entries:
            text = entry.strip()
            try:
                networks.append(ip_network(text.strip("[]"), strict=False))
            except ValueError:
                # Dots and digits that are no address are a typing slip; as a name they would silently open nothing.
                if not _NAME.fullmatch(text.rstrip(".")) or re.fullmatch(r"[0-9.]+", text):
                    raise Misconfigured(
                        f"{SETTING}: {entry!r} is neither a host name, an address nor a network. Write for example "
                        "`prometheus.internal`, `10.1.2.3` or `10.0.0.0/8`, without scheme and port."
                    ) from None
                names.add(_plain(text))
        self._networks = tuple(networks)
        self._names = frozenset(names)

    def __call__(self, host: str, address: Address, by_name: bool) -> bool:
        """Whether this closed address is open for this host."""
        if by_name and _plain(host) in self._names:
            return True
        return any(address in network or meant(address) in network for network in self._networks)


def system_resolve(host: str, port: int) -> Sequence[str]:
    """The addresses the operating system gives for a name, in its order (RFC 6724), each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def system_dial(address: str, port: int, seconds: float) -> socket.socket:
    """A TCP connection to this very address."""
    family, kind, protocol, _, where = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.settimeout(seconds)
        opened.connect(where)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        opened.close()
        raise
    return opened


class Guard:
    """Opens connections for checks. allow: see `Allowed`.   resolve/dial: how, replaceable for another network."""

    def __init__(
        self, allow: Sequence[str] = (), *, resolve: Resolve = system_resolve, dial: Dial = system_dial
    ) -> None:
        self._allowed = Allowed(allow)
        self._resolve = resolve
        self._dial = dial

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """A connection to `host`, whose addresses are all allowed. Raises NoAnswer.

        One closed address among several refuses the host: an outsider who may add one address must gain nothing by it.
        """
        addresses = self.addresses(host, port, deadline)
        failures: list[str] = []
        for place, address in enumerate(addresses):
            # A share each, so that a dead first address (often IPv6) leaves time for the next.
            seconds = deadline.left("connecting") / (len(addresses) - place)
            try:
                return self._dial(address, port, seconds)
            except OSError as error:
                failures.append(f"{reason(error)} ({_at(ip_address(address), port)})")
        raise NoAnswer("; ".join(failures))

    def addresses(self, host: str, port: int, deadline: Deadline) -> tuple[str, ...]:
        """What `host` resolves to, best first, all of it allowed. Raises NoAnswer.

        For a library that opens its sockets itself: it is handed one of these and resolves nothing again.
        """
        found = [ip_address(text) for text in self._look_up(host, port, deadline)]
        for address in found:
            self._refuse_closed(host, address)
        if not found:
            raise NoAnswer(f"the name {host} has no address")
        return tuple(str(address) for address in found)

    def _refuse_closed(self, host: str, address: Address) -> None:
        why = refusal(address)
        if why is None or self._allowed(host, address, why.by_name):
            return
        named = not _is_address(host)
        entry = f"`{address}` or `{host}`" if named and why.by_name else f"`{address}`"
        which = f"{host} is {address}, {why.what}" if named else f"{address} is {why.what}"
        raise NoAnswer(f"{which}, and checks may not reach it. If they should, the operator adds {entry} to {SETTING}")

    def _look_up(self, host: str, port: int, deadline: Deadline) -> Sequence[str]:
        if _is_address(host):
            return [host]
        # The system's resolver takes no deadline, so it runs beside; an overdue one ends by its own time limit.
        answer: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                answer.put(self._resolve(host, port))
            except Exception as error:  # handed over below, where it is told apart
                answer.put(error)

        threading.Thread(target=run, name="look-resolve", daemon=True).start()
        try:
            found = answer.get(timeout=deadline.left("resolving the name"))
        except queue.Empty:
            raise deadline.missed(f"resolving {host}") from None
        if isinstance(found, (OSError, UnicodeError)):
            raise NoAnswer(f"the name {host} does not resolve ({reason(found)})") from found
        if isinstance(found, Exception):
            raise found
        return found


def reason(error: Exception) -> str:
    """An operating-system or TLS error in lower-case words, without its number."""
    if isinstance(error, TimeoutError):
        return "connection timed out"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _at(address: Address, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
