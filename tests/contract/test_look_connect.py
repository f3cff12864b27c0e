"""Bare connections over real sockets on loopback: ports, TLS servers with certificates good and bad, and a few bytes.

Servers and certificates are made in tests/tls_servers.py. Add a way in which a server behaves as a function.
"""

from __future__ import annotations

import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization

from golive.look.connect import Connect
from golive.look.guard import Guard
from golive.ports import Unreachable
from real_servers import refusing_port
from tls_servers import Authority, Open, doors, own, secured

LOOPBACK = ("127.0.0.0/8",)
LONG = timedelta(seconds=5)
NAMES = {"shop.test": ["127.0.0.1"], "other.test": ["127.0.0.1"], "metadata.test": ["169.254.169.254"]}


def resolve(host: str, port: int) -> Sequence[str]:
    return NAMES[host]


@pytest.fixture
def door() -> Iterator[Open]:
    """Opens doors that are closed afterwards."""
    with doors() as opened:
        yield opened


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def a_connect(*allow: str, tls: ssl.SSLContext | None = None) -> Connect:
    return Connect(Guard(allow or LOOPBACK, resolve=resolve), tls=tls)


# ------------------------------------------------------------------ ports


def test_a_port_that_answers_is_timed(door: Open) -> None:
    opened = door(lambda caller: None)
    assert 0 < a_connect().tcp("shop.test", opened.port, timeout=LONG) < 2


def test_a_port_where_nothing_listens_is_refused() -> None:
    port = refusing_port()
    with pytest.raises(Unreachable, match=rf"^shop\.test:{port}: connection refused \(127\.0\.0\.1:{port}\)$"):
        a_connect().tcp("shop.test", port, timeout=LONG)


def test_a_port_that_swallows_everything_times_out() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        where = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(where)
        with pytest.raises(Unreachable, match="connection timed out"):
            a_connect().tcp("127.0.0.1", where[1], timeout=timedelta(seconds=0.3))
        for one in waiting:
            one.close()


@pytest.mark.parametrize("way", ["tcp", "tls", "talk"])
@pytest.mark.parametrize(("host", "says"), [("metadata.test", "cloud metadata"), ("169.254.169.254", "cloud metadata")])
def test_every_way_goes_through_the_guard(way: str, host: str, says: str) -> None:
    look = a_connect()
    ways: dict[str, Callable[[], object]] = {
        "tcp": lambda: look.tcp(host, 80, timeout=LONG),
        "tls": lambda: look.tls(host, 80, timeout=LONG),
        "talk": lambda: look.talk(host, 80, b"x", until=b"", limit=1, timeout=LONG),
    }
    with pytest.raises(Unreachable, match=says):
        ways[way]()


# ------------------------------------------------------------------ TLS


@pytest.mark.parametrize("host", ["shop.test", "127.0.0.1"])
def test_a_good_certificate_has_no_problem(door: Open, authority: Authority, host: str) -> None:
    pem = authority.good()
    opened = door(secured(pem))
    facts = a_connect(tls=authority.context).tls(host, opened.port, timeout=LONG)
    assert (facts.problem, facts.version, facts.address) == ("", "TLSv1.3", "127.0.0.1")
    assert facts.chain[0] == own(pem)
    assert facts.cipher.startswith("TLS_")
    assert 0 < facts.seconds < 2
    assert opened.callers == 1


@pytest.mark.skipif(sys.version_info < (3, 13), reason="older Pythons show the server's own certificate alone")
def test_the_whole_chain_is_there_from_python_3_13_on(door: Open, authority: Authority) -> None:
    facts = a_connect(tls=authority.context).tls("shop.test", door(secured(authority.good())).port, timeout=LONG)
    assert len(facts.chain) == 2
    assert facts.chain[1] == authority.certificate.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("kind", "host", "trusted", "problem"),
    [
        ("good", "shop.test", False, "certificate"),
        ("good", "other.test", True, "Hostname mismatch, certificate is not valid for 'other.test'"),
        ("good", "other.test", False, "certificate"),
        ("expired", "shop.test", True, "certificate has expired"),
        (
            "expired",
            "other.test",
            True,
            "Hostname mismatch, certificate is not valid for 'other.test'; certificate has",
        ),
        ("self_signed", "shop.test", True, "self"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said_beside_the_facts(
    door: Open, authority: Authority, kind: str, host: str, trusted: bool, problem: str
) -> None:
    pem = getattr(authority, kind)()
    opened = door(secured(pem))
    facts = a_connect(tls=authority.context if trusted else None).tls(host, opened.port, timeout=LONG)
    assert problem in facts.problem
    assert facts.chain[0] == own(pem)
    assert facts.version == "TLSv1.3"


def test_another_name_can_be_asked_for(door: Open, authority: Authority) -> None:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.good())
    context.sni_callback = lambda _sock, name, _context: names.append(name)

    def treat(caller: socket.socket) -> None:
        context.wrap_socket(caller, server_side=True).close()

    facts = a_connect(tls=authority.context).tls("127.0.0.1", door(treat).port, timeout=LONG, server_name="shop.test")
    assert (facts.problem, names) == ("", ["shop.test"])


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    ("lowest", "highest", "asked", "version"),
    [
        ("TLSv1_2", "TLSv1_3", "", "TLSv1.3"),
        ("TLSv1_2", "TLSv1_3", "TLSv1.3", "TLSv1.3"),
        ("TLSv1_2", "TLSv1_3", "TLSv1.2", "TLSv1.2"),
        ("TLSv1_2", "TLSv1_3", "TLSv1.1", ""),
        ("TLSv1_3", "TLSv1_3", "TLSv1.2", ""),
        ("TLSv1", "TLSv1_3", "TLSv1.1", "TLSv1.1"),
        ("TLSv1", "TLSv1_3", "TLSv1", "TLSv1"),
        ("TLSv1", "TLSv1_1", "", "TLSv1.1"),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_version_that_is_refused_is_told_from_one_that_is_spoken(
    door: Open, authority: Authority, lowest: str, highest: str, asked: str, version: str, trusted: bool
) -> None:
    opened = door(secured(authority.good(), ssl.TLSVersion[lowest], ssl.TLSVersion[highest]))
    look = a_connect(tls=authority.context if trusted else None)
    facts = look.tls("shop.test", opened.port, timeout=LONG, highest=asked)
    assert facts.version == version
    assert bool(facts.problem) == (not version or not trusted or highest == "TLSv1_1")
    if not version:
        assert "protocol version" in facts.problem


def test_a_server_that_hangs_up_on_an_old_version_refuses_it(door: Open) -> None:
    facts = a_connect().tls("shop.test", door(lambda caller: None).port, timeout=LONG, highest="TLSv1.2")
    assert (facts.version, bool(facts.problem)) == ("", True)


@pytest.mark.parametrize("highest", ["", "TLSv1.2"])
def test_a_server_that_does_not_speak_tls_is_unreachable(door: Open, highest: str) -> None:
    opened = door(lambda caller: caller.sendall(b"220 mail.test ready for more than five bytes\r\n"))
    with pytest.raises(Unreachable, match=r"(no TLS connection|cannot be seen from here) \(.+\)"):
        a_connect().tls("shop.test", opened.port, timeout=LONG, highest=highest)


def test_a_port_where_nothing_listens_refuses_no_version() -> None:
    with pytest.raises(Unreachable, match="connection refused"):
        a_connect().tls("shop.test", refusing_port(), timeout=LONG, highest="TLSv1.2")


@pytest.mark.parametrize("highest", ["", "TLSv1.2"])
def test_a_handshake_that_is_never_answered_delays_nobody(door: Open, highest: str) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"no complete answer within 0\.3 s \(while the TLS handshake\)"):
        a_connect().tls(
            "shop.test",
            door(lambda caller: caller.recv(100_000) and caller.recv(1) and None).port,
            timeout=timedelta(seconds=0.3),
            highest=highest,
        )
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("name", ["", "a\0b", "." * 3, "x" * 300])
def test_a_name_that_cannot_be_asked_for_is_told(door: Open, authority: Authority, name: str) -> None:
    opened = door(secured(authority.good()))
    look = a_connect(tls=authority.context)
    if not name:
        assert look.tls("shop.test", opened.port, timeout=LONG, server_name=name).problem == ""
        return
    with pytest.raises(Unreachable, match="cannot be asked for as a server name"):
        look.tls("shop.test", opened.port, timeout=LONG, server_name=name)


# ------------------------------------------------------------------ a few bytes


def redis(caller: socket.socket) -> None:
    """Answers one PING, in two pieces."""
    assert caller.recv(100) == b"PING\r\n"
    caller.sendall(b"+PO")
    caller.sendall(b"NG\r\nmore that nobody reads")
    caller.recv(1)


def test_bytes_are_read_until_the_end_that_was_named(door: Open) -> None:
    said = a_connect().talk("shop.test", door(redis).port, b"PING\r\n", until=b"\r\n", limit=1000, timeout=LONG)
    assert said.startswith(b"+PONG\r\n")


def test_bytes_are_read_until_the_other_side_closes(door: Open) -> None:
    opened = door(lambda caller: caller.sendall(b"220 ready\r\n"))
    assert a_connect().talk("shop.test", opened.port, b"", until=b"", limit=1000, timeout=LONG) == b"220 ready\r\n"


def test_no_more_than_the_limit_is_read(door: Open) -> None:
    opened = door(lambda caller: caller.sendall(b"x" * 100_000))
    assert a_connect().talk("shop.test", opened.port, b"", until=b"y", limit=70_000, timeout=LONG) == b"x" * 70_000


def test_a_talk_that_is_never_answered_delays_nobody(door: Open) -> None:
    started = time.monotonic()
    opened = door(lambda caller: caller.recv(100) and caller.recv(1) and None)
    with pytest.raises(Unreachable, match=r"no complete answer within 0\.3 s"):
        a_connect().talk("shop.test", opened.port, b"x", until=b"y", limit=9, timeout=timedelta(seconds=0.3))
    assert time.monotonic() - started < 2
