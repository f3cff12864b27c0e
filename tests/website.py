"""A small real web service for tests of checks: a function answers, over sockets on loopback, with or without TLS.

with serving(lambda asked: Said(200, "ok")) as site:
    http_of(site).request("GET", site.url("/health"))
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from golive.look import Http
from golive.look.secrets import Secrets
from golive.ports import Look

HOST = "shop.example"
"""The name of a site with TLS; `look_at` resolves it to loopback and trusts its certificate."""


@dataclass(frozen=True)
class Asked:
    """One request. headers: lower-case names."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Said:
    """One answer. status 0: hang up instead.   headers: pairs, so that one may occur twice."""

    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


Page = Callable[[Asked], Said]


@dataclass
class Site:
    """A running service, and what it was asked so far."""

    base: str
    asked: list[Asked] = field(default_factory=list)
    trust: ssl.SSLContext | None = None

    def url(self, path: str = "/") -> str:
        """Where a page is."""
        return self.base + path


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves early is its own affair."""


def _handler(page: Page, asked: list[Asked]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(self.command, self.path, headers, body.decode("utf-8", errors="replace"))
            asked.append(request)
            said = page(request)
            if said.status == 0:
                self.close_connection = True
                return
            content = said.body.encode()
            self.send_response_only(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD" and said.status != 304:
                self.wfile.write(content)

        do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def serving(page: Page, tls_in: Path | None = None) -> Iterator[Site]:
    """The service, until the block ends. tls_in: a folder for its certificate, where it is to speak TLS."""
    asked: list[Asked] = []
    server = _Server(("127.0.0.1", 0), _handler(page, asked))
    site = Site(f"http://127.0.0.1:{server.server_port}", asked)
    if tls_in is not None:
        file = _certificate(tls_in)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        site.base = f"https://{HOST}:{server.server_port}"
        site.trust = ssl.create_default_context(cafile=file)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def look_at(site: Site | None = None, *, timeout: float = 20, secrets: Secrets | None = None, **parts: Any) -> Look:
    """The real way to look, which may reach loopback and trusts the site's certificate. timeout: in seconds."""

    def resolve(host: str, port: int) -> Sequence[str]:
        if host != HOST:
            raise OSError(f"{host} is not known here")
        return ["127.0.0.1"]

    http = Http(allow=("127.0.0.0/8",), tls=site.trust if site else None, resolve=resolve)
    lent = secrets.lent("acme/shop") if secrets else None
    span = timedelta(seconds=timeout)
    return Look(http=http, forge=None, now=datetime.now(UTC), timeout=span, secrets=lent, **parts)


def lent(folder: Path, host: str = "127.0.0.1", **values: str) -> Secrets:
    """Secrets that the operator lends to acme/shop for one host, by name; `_` stands for the dash."""
    names = {name.replace("_", "-"): value for name, value in values.items()}
    lines = [f"{name}: {{env: V_{at}, repositories: [acme/shop], hosts: ['{host}']}}" for at, name in enumerate(names)]
    file = folder / "secrets.yml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return Secrets.read(file, {f"V_{at}": value for at, value in enumerate(names.values())})


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "site.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return file
