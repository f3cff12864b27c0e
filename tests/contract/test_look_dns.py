"""Name servers as checks read them: a small real one on loopback, over TCP where a policy names it, over UDP as the system's.

`ZONE` is all it knows; add a row for a record. Names that begin with an `_answer` of their own misbehave in one way each.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from golive.look.dns import Dns
from golive.look.guard import Guard
from golive.ports import Unreachable

SECOND = timedelta(seconds=1)
LONG = timedelta(seconds=5)
ZONE: dict[tuple[str, str], list[str]] = {
    ("shop.test.", "A"): ["192.0.2.20", "192.0.2.10"],
    ("shop.test.", "AAAA"): ["2001:db8::1"],
    ("shop.test.", "MX"): ["20 mail2.shop.test.", "10 mail.shop.test."],
    ("shop.test.", "TXT"): ['"v=spf1 -all"', '"one" " and two"'],
    ("shop.test.", "NS"): ["ns1.shop.test."],
    ("shop.test.", "CAA"): ['0 issue "ca.test"'],
    ("_sip._tcp.shop.test.", "SRV"): ["1 5 5060 sip.shop.test."],
    ("www.shop.test.", "CNAME"): ["shop.test."],
    ("loop.shop.test.", "CNAME"): ["pool.shop.test."],
    ("pool.shop.test.", "CNAME"): ["loop.shop.test."],
}


def answered(question: bytes) -> bytes:
    """The answer of the zone, with every alias followed as a resolver does."""
    query = dns.message.from_wire(question)
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    asked = query.question[0]
    name, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
    if name.startswith("broken."):
        response.set_rcode(dns.rcode.SERVFAIL)
        return response.to_wire()
    for _ in range(20):
        alias = ZONE.get((name, "CNAME"))
        if alias is None or kind == "CNAME":
            break
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *alias))
        name = alias[0]
    if records := ZONE.get((name, kind)):
        response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
    elif not any(known == name for known, _ in ZONE):
        response.set_rcode(dns.rcode.NXDOMAIN)
    wire: bytes = response.to_wire()
    return wire


def silent(_question: bytes) -> bytes:
    return b""


def babbling(_question: bytes) -> bytes:
    return b"\0" * 5


def of_another(question: bytes) -> bytes:
    return answered(bytes([question[0] ^ 1]) + question[1:])


class Tcp(socketserver.ThreadingTCPServer):
    """A name server over TCP, RFC 7766: each message after its length."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    asked = 0

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.answer = answer
        self.where = f"127.0.0.1:{self.server_address[1]}"

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.server.asked += 1  # type: ignore[attr-defined]
            (length,) = struct.unpack("!H", self.request.recv(2, socket.MSG_WAITALL))
            said = self.server.answer(self.request.recv(length, socket.MSG_WAITALL))  # type: ignore[attr-defined]
            if said:
                self.request.sendall(struct.pack("!H", len(said)) + said)
            else:
                self.request.recv(1)


class Udp(socketserver.ThreadingUDPServer):
    """The same over UDP, as a system's resolver is asked."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            question, sock = self.request
            sock.sendto(answered(question), self.client_address)


def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[Tcp]:
    made = Tcp(answered)
    for _ in serving(made):
        yield made


@pytest.fixture
def wayward(request: pytest.FixtureRequest) -> Iterator[Tcp]:
    made = Tcp(request.param)
    for _ in serving(made):
        yield made


@pytest.fixture(scope="module")
def system() -> Iterator[Callable[[], dns.resolver.Resolver]]:
    made = Udp(("127.0.0.1", 0), Udp.Handler)

    def resolver() -> dns.resolver.Resolver:
        found = dns.resolver.Resolver(configure=False)
        found.nameservers, found.port = ["127.0.0.1"], made.server_address[1]
        return found

    for _ in serving(made):
        yield resolver


def a_dns(*allow: str, system: Callable[[], dns.resolver.Resolver] | None = None) -> Dns:
    return Dns(Guard(allow), system=system)


RECORDS = [
    ("shop.test", "A", ("192.0.2.10", "192.0.2.20")),
    ("SHOP.test.", "A", ("192.0.2.10", "192.0.2.20")),
    ("www.shop.test", "A", ("192.0.2.10", "192.0.2.20")),
    ("www.shop.test", "CNAME", ("shop.test",)),
    ("shop.test", "AAAA", ("2001:db8::1",)),
    ("shop.test", "MX", ("10 mail.shop.test", "20 mail2.shop.test")),
    ("shop.test", "TXT", ("one and two", "v=spf1 -all")),
    ("shop.test", "NS", ("ns1.shop.test",)),
    ("shop.test", "CAA", ('0 issue "ca.test"',)),
    ("_sip._tcp.shop.test", "SRV", ("1 5 5060 sip.shop.test",)),
    ("www.shop.test", "CAA", ('0 issue "ca.test"',)),
    ("shop.test", "SRV", ()),
    ("nobody.shop.test", "A", ()),
]


@pytest.mark.parametrize(("name", "kind", "records"), RECORDS)
def test_a_named_server_is_asked_over_tcp(server: Tcp, name: str, kind: str, records: tuple[str, ...]) -> None:
    before = server.asked
    assert a_dns("127.0.0.0/8").records(name, kind, server=server.where, timeout=LONG) == records
    assert server.asked == before + 1


@pytest.mark.parametrize(("name", "kind", "records"), RECORDS)
def test_the_systems_own_resolvers_are_asked_where_no_server_is_named(
    system: Callable[[], dns.resolver.Resolver], name: str, kind: str, records: tuple[str, ...]
) -> None:
    # nothing is allowed: which resolvers there are is the operator's word, not the policy's
    assert a_dns(system=system).records(name, kind, timeout=LONG) == records


def test_the_systems_resolvers_that_fail_are_told(system: Callable[[], dns.resolver.Resolver]) -> None:
    with pytest.raises(
        Unreachable, match=r"^A of broken\.test: the system's resolvers gave no usable answer .*SERVFAIL"
    ):
        a_dns(system=system).records("broken.test", "A", timeout=LONG)


def test_a_servers_address_is_guarded(server: Tcp) -> None:
    before = server.asked
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 is a loopback address, and checks may not reach it"):
        a_dns().records("shop.test", "A", server=server.where, timeout=LONG)
    with pytest.raises(Unreachable, match="a cloud metadata address"):
        a_dns("127.0.0.0/8").records("shop.test", "A", server="169.254.169.254", timeout=LONG)
    assert server.asked == before


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("broken.test", "A", "A of broken.test at 127.0.0.1:{port}: the server answered SERVFAIL"),
        ("loop.shop.test", "A", "the answer makes no sense"),
        ("a..b", "A", "this cannot be asked for"),
        ("x" * 64 + ".test", "A", "this cannot be asked for"),
        ("shop.test", "NONSENSE", "this cannot be asked for"),
    ],
)
def test_what_is_no_answer_is_told_and_never_empty(server: Tcp, name: str, kind: str, says: str) -> None:
    with pytest.raises(Unreachable) as refused:
        a_dns("127.0.0.0/8").records(name, kind, server=server.where, timeout=LONG)
    assert says.format(port=server.server_address[1]) in str(refused.value)


@pytest.mark.parametrize(
    ("wayward", "says"),
    [(babbling, "no usable answer"), (of_another, "no usable answer")],
    indirect=["wayward"],
)
def test_an_answer_to_something_else_is_none(wayward: Tcp, says: str) -> None:
    with pytest.raises(Unreachable, match=says):
        a_dns("127.0.0.0/8").records("shop.test", "A", server=wayward.where, timeout=LONG)


@pytest.mark.parametrize("wayward", [silent], indirect=True)
def test_a_server_that_says_nothing_delays_nobody(wayward: Tcp) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"no complete answer within 0\.3 s"):
        a_dns("127.0.0.0/8").records("shop.test", "A", server=wayward.where, timeout=timedelta(seconds=0.3))
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("server_name", "says"),
    [("127.0.0.1:0", "'0' is not a port"), ("127.0.0.1:x", "'x' is not a port"), ("no such host", "does not resolve")],
)
def test_a_server_that_is_none_is_told(server_name: str, says: str) -> None:
    with pytest.raises(Unreachable, match=says):
        a_dns("127.0.0.0/8").records("shop.test", "A", server=server_name, timeout=LONG)


def test_a_port_without_a_server_is_refused_by_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=f"connection refused \\(127.0.0.1:{port}\\)"):
        a_dns("127.0.0.0/8").records("shop.test", "A", server=f"127.0.0.1:{port}", timeout=SECOND)
