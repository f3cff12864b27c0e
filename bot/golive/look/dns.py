"""Reads the domain name system for checks, with dnspython.

A server that a policy names is reached over TCP through the guard, like every other place a policy names. Without one,
the system's own resolvers are asked: the operator configured those, so they may lie inside.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from golive.look.guard import Deadline, Guard, NoAnswer
from golive.ports import Unreachable

if TYPE_CHECKING:
    import dns.message
    import dns.resolver

PORT = 53


class Dns:
    """Implements `ports.LookDns`. Safe to use from many threads. system: the resolver that is asked without a server."""

    def __init__(self, guard: Guard, *, system: Callable[[], dns.resolver.Resolver] | None = None) -> None:
        self._guard = guard
        self._system = system

    def records(self, name: str, kind: str, *, server: str = "", timeout: timedelta) -> tuple[str, ...]:
        """The records of one type as texts, sorted; empty where the name has none, or is not there at all.

        server: a host or address, with `:port` where that is not 53.   Names in records end without a dot; the parts of
        a TXT record are one text. Raises Unreachable with a sentence for people.
        """
        asked = f"{kind} of {name}" + (f" at {server}" if server else "")
        try:
            deadline = Deadline.after(timeout)
            message = self._ask(name, kind, server, deadline) if server else self._resolve(name, kind, deadline)
        except NoAnswer as error:
            raise Unreachable(f"{asked}: {error}") from error
        return _texts(message, asked) if message is not None else ()

    def _ask(self, name: str, kind: str, server: str, deadline: Deadline) -> dns.message.QueryMessage:
        import dns.exception
        import dns.query

        query = _query(name, kind)
        host, port = _place(server)
        with self._guard.connect(host, port, deadline) as sock:
            try:
                sock.setblocking(False)
                answer = dns.query.tcp(query, host, timeout=deadline.left("waiting for the answer"), sock=sock)
                return cast("dns.message.QueryMessage", answer)
            except dns.exception.Timeout:
                raise deadline.missed("waiting for the answer") from None
            except (dns.exception.DNSException, OSError, EOFError) as error:
                raise NoAnswer(f"no usable answer ({_words(error)})") from error

    def _resolve(self, name: str, kind: str, deadline: Deadline) -> dns.message.QueryMessage | None:
        """The answer of the system's resolvers, None where they say that there is no such name."""
        import dns.exception
        import dns.resolver

        query = _query(name, kind)
        try:
            resolver = self._system() if self._system else dns.resolver.Resolver()
            left = deadline.left("resolving")
            name_asked = query.question[0].name
            found = resolver.resolve(name_asked, kind, lifetime=left, search=False, raise_on_no_answer=False)
            return found.response
        except dns.resolver.NXDOMAIN:
            return None
        except dns.resolver.LifetimeTimeout:
            raise deadline.missed("waiting for the system's resolvers") from None
        except (dns.exception.DNSException, OSError) as error:
            raise NoAnswer(f"the system's resolvers gave no usable answer ({_words(error)})") from error


def _query(name: str, kind: str) -> dns.message.QueryMessage:
    import dns.exception
    import dns.message

    try:
        return dns.message.make_query(name, kind)
    except (dns.exception.DNSException, ValueError) as error:
        raise NoAnswer(f"this cannot be asked for ({_words(error)})") from error


def _texts(message: dns.message.QueryMessage, asked: str) -> tuple[str, ...]:
    import dns.exception
    import dns.rcode

    if message.rcode() == dns.rcode.NXDOMAIN:
        return ()
    if message.rcode() != dns.rcode.NOERROR:
        raise Unreachable(f"{asked}: the server answered {dns.rcode.to_text(message.rcode())}")
    try:
        answer = message.resolve_chaining().answer
    except dns.exception.DNSException as error:
        raise Unreachable(f"{asked}: the answer makes no sense ({_words(error)})") from error
    return tuple(sorted(_text(record) for record in answer)) if answer is not None else ()


def _text(record: Any) -> str:
    """One record as people write it."""
    strings = getattr(record, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    text: str = record.to_text()
    return text[:-1] if text.endswith(".") and len(text) > 1 else text


def _place(server: str) -> tuple[str, int]:
    """Host and port. Raises NoAnswer."""
    try:
        socket.inet_pton(socket.AF_INET6, server.strip("[]"))
        return server.strip("[]"), PORT
    except OSError:
        host, colon, port = server.rpartition(":")
    if not colon:
        return server, PORT
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise NoAnswer(f"{port[:20]!r} is not a port")
    return host.strip("[]"), int(port)


def _words(error: Exception) -> str:
    return str(error).rstrip(".")[:300] or type(error).__name__
