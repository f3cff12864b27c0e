"""What the kind `dns` makes of records, which options it takes, and what it finds at a real name server."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from golive.checks.dns import DnsCheck, Found
from golive.core.model import Outcome, Strength
from golive.look.dns import Dns
from golive.look.guard import Guard
from golive.look.http import Http
from golive.ports import Look, Unreachable
from kind_pages import example_of, unexplained
from machine import options, refusal, seen, values


def a_check(**given: Any) -> DnsCheck:
    """The shop's name."""
    return options(DnsCheck, **({"name": "shop.test"} | given))


ONE, TWO = ("192.0.2.1",), ("192.0.2.1", "192.0.2.2")


@pytest.mark.parametrize(
    ("given", "records", "outcome", "says"),
    [
        pytest.param({}, ONE, "passed", "shop.test has 1 A record: 192.0.2.1", id="there is one"),
        pytest.param({}, (), "failed", "has 0 A records, but at least one is expected", id="there is none"),
        pytest.param({"resolvable": False}, (), "passed", "has 0 A records: none", id="none is expected"),
        pytest.param(
            {"resolvable": False}, ONE, "failed", "none is expected, and there is 192.0.2.1", id="one too many"
        ),
        pytest.param({"contain": "192.0.2.2"}, TWO, "passed", "", id="contain"),
        pytest.param({"contain": ["192.0.2.2", "192.0.2.3"]}, TWO, "failed", "but not 192.0.2.3", id="one lacks"),
        pytest.param({"equal": ["192.0.2.2", "192.0.2.1"]}, TWO, "passed", "", id="equal in any order"),
        pytest.param({"equal": "192.0.2.1"}, TWO, "failed", "but also 192.0.2.2", id="one more"),
        pytest.param({"equal": "192.0.2.9"}, ONE, "failed", "not 192.0.2.9; also 192.0.2.1", id="another"),
        pytest.param({"equal": "192.0.2.9"}, (), "failed", "at least one", id="equal to nothing"),
        pytest.param({"min_records": 2}, ONE, "failed", "at least 2 are expected", id="too few"),
        pytest.param({"min_records": 2}, TWO, "passed", "", id="enough"),
        pytest.param({"max_records": 1}, TWO, "failed", "at most 1 are expected", id="too many"),
        pytest.param({"type": "AAAA", "equal": "2001:DB8:0::1"}, ("2001:db8::1",), "passed", "", id="one address"),
        pytest.param({"type": "MX", "equal": "10 Mail.shop.test."}, ("10 mail.shop.test",), "passed", "", id="names"),
        pytest.param({"type": "CNAME", "equal": "x.test"}, ("X.test",), "passed", "", id="any case"),
        pytest.param({"type": "TXT", "contain": "v=spf1 -all"}, ("v=spf1 -all",), "passed", "", id="text"),
        pytest.param({"type": "TXT", "contain": "V=SPF1 -all"}, ("v=spf1 -all",), "failed", "", id="text exactly"),
    ],
)
def test_records_are_judged_by_everything_that_was_named(
    given: dict[str, Any], records: tuple[str, ...], outcome: str, says: str
) -> None:
    finding = a_check(**given).judge(Found(records, 0.012))
    assert (finding.outcome, finding.strength) == (Outcome(outcome), Strength.PROBE), finding.summary
    assert says in finding.summary
    assert values(finding) == {"records": len(records), "duration": 0.012}
    assert finding.source == f"{given.get('type', 'A')} of shop.test"


@pytest.mark.parametrize("given", [{}, {"resolvable": False}, {"equal": "192.0.2.1"}])
def test_no_answer_is_unknown_and_never_no_record(given: dict[str, Any]) -> None:
    finding = a_check(**given).judge(Found(why="A of shop.test: the server answered SERVFAIL"))
    assert (finding.outcome, finding.measures) == (Outcome.UNKNOWN, ())
    assert "SERVFAIL" in finding.summary


def test_many_records_are_cut_where_they_are_shown() -> None:
    finding = a_check().judge(Found(tuple(f"192.0.2.{n}" for n in range(30)), 0.01))
    assert finding.summary.endswith("192.0.2.9 and 20 more")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "at least 1"),
        ({"name": "a b"}, "pattern"),
        ({"type": "ANY"}, "'A', 'AAAA'"),
        ({"contain": []}, "asserts nothing"),
        ({"contain": "a", "equal": "b"}, "keep one"),
        ({"resolvable": False, "equal": "b"}, "expects no record at all"),
        ({"resolvable": False, "min_records": 1}, "expects no record at all"),
        ({"min_records": 3, "max_records": 2}, "is more than"),
        ({"max_records": 0}, "greater than or equal to 1"),
        ({"server": "https://dns.test/dns-query"}, "expected `host` or `host:port`"),
        ({"server": "ns.test:99999"}, "expected `host` or `host:port`"),
        ({"resolver": "192.0.2.53"}, "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_a_sentence(given: dict[str, Any], says: str) -> None:
    assert says in refusal(DnsCheck, {"name": "shop.test"} | given)


@pytest.mark.parametrize("server", ["ns.test", "192.0.2.53:5353", "[2001:db8::53]:53", "2001:db8::53"])
def test_a_server_may_be_named_in_any_usual_way(server: str) -> None:
    assert a_check(server=server).judge(Found(ONE)).source.startswith("A of shop.test at ")


# ------------------------------------------------------------------ asked for real


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A name server over TCP that knows two addresses of shop.test, and fails for broken.test."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=serve, args=(door,), daemon=True).start()
        yield f"127.0.0.1:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)


def serve(door: socket.socket) -> None:
    while True:
        try:
            caller, _ = door.accept()
        except OSError:
            return
        with caller:
            (length,) = struct.unpack("!H", caller.recv(2, socket.MSG_WAITALL))
            said = answered(dns.message.from_wire(caller.recv(length, socket.MSG_WAITALL)))
            caller.sendall(struct.pack("!H", len(said)) + said)


def answered(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    (asked,) = query.question
    if asked.name.to_text() == "broken.test.":
        response.set_rcode(dns.rcode.SERVFAIL)
    elif asked.name.to_text() != "shop.test.":
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif asked.rdtype == dns.rdatatype.A:
        response.answer.append(dns.rrset.from_text("shop.test.", 60, "IN", "A", *TWO))
    wire: bytes = response.to_wire()
    return wire


def a_look(*allow: str) -> Look:
    return Look(Http(), None, datetime.now(UTC), timedelta(seconds=5), dns=Dns(Guard(allow)))


@pytest.mark.parametrize(
    ("given", "outcome", "says"),
    [
        ({"equal": list(TWO)}, "passed", "2 A records"),
        ({"equal": "192.0.2.1"}, "failed", "also 192.0.2.2"),
        ({"type": "AAAA"}, "failed", "at least one"),
        ({"name": "nobody.test"}, "failed", "at least one"),
        ({"name": "nobody.test", "resolvable": False}, "passed", "none"),
        ({"name": "broken.test"}, "unknown", "the server answered SERVFAIL"),
        ({"name": "broken.test", "resolvable": False}, "unknown", "the server answered SERVFAIL"),
    ],
)
def test_a_real_server_is_asked(server: str, given: dict[str, Any], outcome: str, says: str) -> None:
    finding = seen(a_check(server=server, **given), a_look("127.0.0.0/8"))
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says in finding.summary


def test_a_server_inside_is_not_asked(server: str) -> None:
    finding = seen(a_check(server=server, resolvable=False), a_look())
    assert finding.outcome is Outcome.UNKNOWN
    assert "a loopback address, and checks may not reach it" in finding.summary


def test_a_look_without_dns_says_so() -> None:
    with pytest.raises(Unreachable, match="domain name system cannot be looked at"):
        a_check().collect(Look(Http(), None, datetime.now(UTC)))


def test_the_reference_page_is_true() -> None:
    (check,) = example_of(DnsCheck)
    assert check.options.asserts()
    assert unexplained(DnsCheck) == []
