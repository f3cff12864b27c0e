"""HTTP/1.1 over guarded sockets: one connection per request, closed with its answer.

One connection each, because a probe should see what a newcomer sees, a kept connection would skip the address check,
and a stale one would break for reasons that say nothing about the service. The TLS context, the dear part, is shared.
Another protocol is another `httpx.BaseTransport` over the same `GuardedBackend`.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from golive.look.guard import Deadline, Guard, NoAnswer, reason
from golive.look.urls import port_of


def default_tls() -> ssl.SSLContext:
    """Certificates and names are verified, against the bundled authorities and those installed on the machine."""
    context = httpx.create_ssl_context(verify=True, trust_env=False)
    context.load_default_certs()
    return context


_making = threading.Lock()


def _shared_tls() -> ssl.SSLContext:
    """The default, made once, and only where somebody speaks TLS: reading all authorities takes its time."""
    with _making:
        return _default_once()


@lru_cache(maxsize=1)
def _default_once() -> ssl.SSLContext:
    return default_tls()


class DeadlineStream(httpcore.NetworkStream):
    """A socket on which every wait ends at the request's deadline, so that one drip a second does not prolong it."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._sock.settimeout(self._deadline.left("waiting for the answer"))
        try:
            return self._sock.recv(max_bytes)
        except TimeoutError:
            raise self._deadline.missed("waiting for the answer") from None
        except OSError as error:
            raise NoAnswer(f"the connection broke ({reason(error)})") from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        while buffer:
            self._sock.settimeout(self._deadline.left("sending the request"))
            try:
                buffer = buffer[self._sock.send(buffer) :]
            except TimeoutError:
                raise self._deadline.missed("sending the request") from None
            except OSError as error:
                # httpcore then still reads: a server may answer before it has read everything.
                raise httpcore.WriteError(reason(error)) from error

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._sock.settimeout(self._deadline.left("the TLS handshake"))
            wrapped = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise NoAnswer(f"its TLS certificate is not trusted ({error.verify_message})") from error
        except TimeoutError:
            self.close()
            raise self._deadline.missed("the TLS handshake") from None
        except (OSError, ValueError) as error:
            self.close()
            raise NoAnswer(f"no TLS connection ({reason(error)})") from error
        except NoAnswer:
            self.close()
            raise
        return DeadlineStream(wrapped, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._sock if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket) else None


class GuardedBackend(httpcore.NetworkBackend):
    """Where httpcore gets its sockets: from the guard, for one request."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return DeadlineStream(self._guard.connect(host, port, self._deadline), self._deadline)


class GuardedTransport(httpx.BaseTransport):
    """Sends one request on a connection of its own. Safe to use from many threads.

    The request's extension `deadline` holds its `Deadline`. Raises NoAnswer, or what httpcore raises for bad HTTP.
    """

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None) -> None:
        self._guard = guard
        self._tls = tls

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        connection = httpcore.HTTPConnection(
            httpcore.Origin(url.raw_scheme, url.raw_host, port_of(url)),
            ssl_context=(self._tls or _shared_tls()) if url.scheme == "https" else None,
            network_backend=GuardedBackend(self._guard, request.extensions["deadline"]),
        )
        try:
            answer = connection.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.content,
                )
            )
        except BaseException:
            connection.close()
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, connection))


class _Body(httpx.SyncByteStream):
    """The raw bytes as they come; closing it closes the connection."""

    def __init__(self, answer: httpcore.Response, connection: httpcore.HTTPConnection) -> None:
        self._answer = answer
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._connection.close()
