"""The guarded look over real sockets on loopback: what it reaches, what it refuses, and what it says then.

`Shop` is a small web server; add a page by adding a method named after its path. Names are resolved by the `resolve`
that `Http` and `Guard` take, so no test asks a name server.
"""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from golive.checks.http import HttpCheck
from golive.core.errors import Misconfigured
from golive.core.model import Outcome
from golive.look import Http
from golive.look.addresses import closed_networks, meant, refusal
from golive.look.body import read
from golive.look.guard import SETTING, Deadline, Guard, NoAnswer
from golive.look.urls import shown
from golive.ports import Look, Unreachable
from real_servers import refusing_port

METADATA = "169.254.169.254"
SECOND = timedelta(seconds=1)
CAP = 64 * 1024
BOMB = gzip.compress(bytes(20_000_000))
"""20 MB in 20 KB."""


class Shop(BaseHTTPRequestHandler):
    """A web server whose pages misbehave in one way each. It writes down what it was asked."""

    protocol_version = "HTTP/1.1"
    server: Street

    def answer(self) -> None:
        """Find the page by its path."""
        self.server.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        self.server.bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
        name = self.path.partition("?")[0].strip("/").replace("-", "_") or "plain"
        page: Callable[[], None] = getattr(self, f"page_{name}", self.page_missing)
        try:
            page()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = (
        answer  # names that the base class looks for
    )

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""

    def say(self, body: bytes = b"ok", status: int = 200, **headers: str) -> None:
        """One answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def page_plain(self) -> None:
        self.say(b'{"status": "ok"}', X_Ready="yes", Set_Cookie="session=1")

    def page_echo(self) -> None:
        self.say(self.path.encode())

    def page_missing(self) -> None:
        self.say(b"no such page", 404)

    def page_go(self) -> None:
        self.say(b"", 302, Location=self.path.partition("?")[2], Set_Cookie="session=2")

    def page_round(self) -> None:
        self.say(b"", 301, Location="/round")

    def page_huge(self) -> None:
        self.say(b"x" * (CAP + 1))

    def page_full(self) -> None:
        self.say(b"x" * CAP)

    def page_packed(self) -> None:
        self.say(gzip.compress(b"hello ") + gzip.compress(b"world"), Content_Encoding="gzip")

    def page_bomb(self) -> None:
        self.say(BOMB, Content_Encoding="gzip")

    def page_torn(self) -> None:
        self.say(gzip.compress(b"hello" * 100)[:-9], Content_Encoding="gzip")

    def page_bluff(self) -> None:
        self.say(b"hello", Content_Encoding="gzip")

    def page_stacked(self) -> None:
        self.say(gzip.compress(gzip.compress(b"hello")), Content_Encoding="gzip, gzip")

    def page_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.trickle(b"x")

    def page_drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.trickle(b"x")

    def page_silent(self) -> None:
        self.trickle(b"")

    def trickle(self, drop: bytes) -> None:
        """A little at a time, until the server closes."""
        while not self.server.closing.wait(0.05):
            self.wfile.write(drop)
        self.close_connection = True

    def page_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"x")
        self.close_connection = True

    def page_hang_up(self) -> None:
        self.close_connection = True

    def page_garbage(self) -> None:
        self.wfile.write(b"220 mail.example ESMTP\r\n")
        self.close_connection = True


class Street(ThreadingHTTPServer):
    """A server on loopback, with what it was asked."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Shop)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.closing = threading.Event()
        self.scheme = "https" if tls else "http"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Where a page is."""
        return f"{self.scheme}://{host}:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves early is what some tests are about."""

    def close(self) -> None:
        """Stop answering."""
        self.closing.set()
        self.shutdown()
        self.server_close()


@pytest.fixture
def shop() -> Iterator[Street]:
    with closing(Street()) as street:
        yield street


@pytest.fixture
def http() -> Http:
    return Http(["127.0.0.1"], max_bytes=CAP)


def names(**addresses: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A resolver that knows these names; `_` stands for the dot."""
    book = {name.replace("_", "."): found for name, found in addresses.items()}

    def resolve(host: str, port: int) -> Sequence[str]:
        if host not in book:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return book[host]

    return resolve


# ------------------------------------------------------------------ answers


def test_an_answer_is_handed_over_whole(shop: Street, http: Http) -> None:
    answer = http.request("GET", shop.url("/plain"))
    assert (answer.status, answer.body, answer.url) == (200, b'{"status": "ok"}', shop.url("/plain"))
    assert answer.headers["x-ready"] == "yes"
    assert 0 < answer.seconds < 10
    assert shop.asked[0][2]["user-agent"].startswith("golive")


def test_another_status_is_an_answer_and_not_an_error(shop: Street, http: Http) -> None:
    assert http.request("GET", shop.url("/nowhere")).status == 404


def test_head_asks_for_no_body(shop: Street, http: Http) -> None:
    answer = http.request("HEAD", shop.url("/huge"))
    assert (answer.status, answer.body, shop.asked[0][0]) == (200, b"", "HEAD")


def test_a_packed_answer_is_unpacked_member_by_member(shop: Street, http: Http) -> None:
    assert http.request("GET", shop.url("/packed")).body == b"hello world"


def test_a_body_of_exactly_the_cap_is_taken(shop: Street, http: Http) -> None:
    assert len(http.request("GET", shop.url("/full")).body) == CAP


def test_options_is_a_read(shop: Street, http: Http) -> None:
    assert http.request("OPTIONS", shop.url()).status == 200
    assert shop.asked[0][0] == "OPTIONS"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_is_sent_only_where_it_was_announced(shop: Street, http: Http, method: str) -> None:
    with pytest.raises(ValueError, match=f"{method} needs `writes`"):
        http.request(method, shop.url())
    assert shop.asked == []
    assert http.request(method, shop.url(), body=b'{"n": 1}', writes=True).status == 200
    assert (shop.asked[0][0], shop.asked[0][2]["content-length"], shop.bodies) == (method, "8", [b'{"n": 1}'])


def test_a_body_is_a_write_whatever_the_method(shop: Street, http: Http) -> None:
    with pytest.raises(ValueError, match="GET with a body needs `writes`"):
        http.request("GET", shop.url(), body=b"x")
    with pytest.raises(ValueError, match="'TRACE' is not sent"):
        http.request("TRACE", shop.url(), writes=True)
    assert shop.asked == []


def test_a_write_without_a_body_says_that_it_has_none(shop: Street, http: Http) -> None:
    http.request("POST", shop.url(), writes=True)
    assert (shop.asked[0][2]["content-length"], shop.bodies) == ("0", [b""])


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_redirect_of_a_write_is_its_answer(shop: Street, http: Http, method: str) -> None:
    answer = http.request(method, shop.url("/go?/plain"), body=b"x", writes=True)
    assert (answer.status, answer.headers["location"], len(shop.asked)) == (302, "/plain", 1)


def test_a_read_is_redirected_though_writes_were_announced(shop: Street, http: Http) -> None:
    assert http.request("GET", shop.url("/go?/plain"), writes=True).url == shop.url("/plain")


@pytest.mark.parametrize("path", ["/hang-up", "/short", "/garbage"])
def test_a_write_that_lost_its_answer_is_not_sent_again(shop: Street, http: Http, path: str) -> None:
    with pytest.raises(Unreachable):
        http.request("POST", shop.url(path), body=b"x", writes=True)
    assert len(shop.asked) == 1


def test_many_threads_each_get_their_own_answer(shop: Street, http: Http) -> None:
    paths = [f"/echo?n={number}" for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        bodies = list(pool.map(lambda path: http.request("GET", shop.url(path)).body.decode(), paths))
    assert bodies == paths


def test_no_cookie_is_sent_back(shop: Street, http: Http) -> None:
    http.request("GET", shop.url("/plain"))
    http.request("GET", shop.url("/go?/plain"))
    assert len(shop.asked) == 3
    assert not [headers for _, _, headers in shop.asked if "cookie" in headers]


def test_proxies_of_the_environment_are_not_used(
    shop: Street, http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ana password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Http(["127.0.0.1"]).request("GET", shop.url()).status == 200
    assert "authorization" not in shop.asked[0][2]


# ------------------------------------------------------------------ failures, each a sentence


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/huge", "the answer is larger than 65,536 bytes"),
        ("/bomb", "the answer is larger than 65,536 bytes"),
        ("/torn", "the answer broke off in the middle"),
        ("/bluff", "says it is gzip and is not"),
        ("/stacked", "encoded as 'gzip, gzip', which was not asked for"),
        ("/drip", "no complete answer within 0.4 s (while waiting for the answer)"),
        ("/drip-headers", "no complete answer within 0.4 s (while waiting for the answer)"),
        ("/silent", "no complete answer within 0.4 s (while waiting for the answer)"),
        ("/short", "it does not speak proper HTTP"),
        ("/hang-up", "it does not speak proper HTTP"),
        ("/garbage", "it does not speak proper HTTP"),
        ("/round", "more than 5 redirects"),
    ],
)
def test_no_usable_answer_is_one_sentence_and_nothing_is_sent_twice(
    shop: Street, http: Http, path: str, says: str
) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable) as failed:
        http.request("GET", shop.url(path), timeout=timedelta(seconds=0.4))
    assert str(failed.value).startswith(f"GET {shop.url(path)}")
    assert says in str(failed.value)
    assert time.monotonic() - started < 5, "the deadline did not end the request"
    assert len(shop.asked) == (6 if path == "/round" else 1)


def test_a_bomb_is_not_unpacked_in_memory() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NoAnswer, match="larger than"):
            read([BOMB], "gzip", CAP)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * CAP, f"{peak:,} bytes were held for a body capped at {CAP:,}"


def test_a_refused_connection_names_the_address() -> None:
    port = refusing_port()
    with pytest.raises(Unreachable) as failed:
        Http(["127.0.0.1"]).request("GET", f"http://127.0.0.1:{port}/health")
    assert str(failed.value) == f"GET http://127.0.0.1:{port}/health: connection refused (127.0.0.1:{port})"


def test_a_name_that_does_not_exist_is_said() -> None:
    with pytest.raises(Unreachable, match=r"the name nowhere\.example does not resolve"):
        Http(resolve=names()).request("GET", "http://nowhere.example/")


def test_a_slow_name_server_is_no_way_round_the_deadline() -> None:
    answer = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        answer.wait(30)
        return []

    with pytest.raises(Unreachable, match=r"within 0.2 s \(while resolving slow.example\)"):
        Http(resolve=resolve).request("GET", "http://slow.example/", timeout=timedelta(seconds=0.2))
    answer.set()


def test_a_service_that_takes_no_connection_is_left_at_the_deadline() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        where = full.getsockname()
        with socket.create_connection(where), pytest.raises(Unreachable, match=r"timed out|no complete answer"):
            Http(["127.0.0.1"]).request("GET", f"http://127.0.0.1:{where[1]}/", timeout=timedelta(seconds=0.3))


def test_the_next_address_is_tried_where_the_first_is_dead(shop: Street) -> None:
    http = Http(["shop.example"], resolve=names(shop_example=["127.0.0.2", "127.0.0.1"]))
    assert http.request("GET", shop.url(host="shop.example")).status == 200


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("gopher://127.0.0.1/", "only http and https"),
        ("//127.0.0.1/", "only http and https"),
        ("http:///x", "no host"),
        ("http://ana:pw@127.0.0.1/", "before the @"),
        ("http://127.0.0.1:99999/", "not a port"),
        ("http://127.0.0.1:0/", "not a port"),
        ("http://[::1", "not a URL"),
        ("http://127.0.0.1/\r\nX: y", "not a URL"),
    ],
)
def test_what_is_no_plain_url_is_not_asked_for(http: Http, url: str, says: str) -> None:
    with pytest.raises(Unreachable) as failed:
        http.request("GET", url)
    assert says in str(failed.value)
    assert "pw" not in str(failed.value).replace("passwd", "")


@pytest.mark.parametrize("name", ["Host", "Content-Length", "Transfer-Encoding", "Connection"])
def test_a_caller_cannot_change_how_a_request_travels(shop: Street, http: Http, name: str) -> None:
    with pytest.raises(Unreachable, match=f"header {name.lower()} cannot be set"):
        http.request("POST", shop.url(), headers={name: "1"}, body=b"xy", writes=True)
    assert shop.asked == []


@pytest.mark.parametrize("value", ["s3cret\r\nX-B: 2", "s3cret\n", " s3cret", "s3cret\x00", "s3crét"])
def test_a_header_cannot_smuggle_another_and_its_value_is_not_told(shop: Street, http: Http, value: str) -> None:
    with pytest.raises(Unreachable, match="the request header x-a cannot be sent") as refused:
        http.request("GET", shop.url(), headers={"X-A": value})
    assert "s3cr" not in str(refused.value)
    assert shop.asked == []


def test_a_header_name_that_is_none_is_not_sent(shop: Street, http: Http) -> None:
    with pytest.raises(Unreachable, match="cannot be sent as HTTP"):
        http.request("GET", shop.url(), headers={"X A": "1"})
    assert shop.asked == []


# ------------------------------------------------------------------ redirects


def test_a_redirect_is_followed_and_its_end_is_the_url(shop: Street, http: Http) -> None:
    answer = http.request("GET", shop.url("/go?/plain"))
    assert (answer.status, answer.url) == (200, shop.url("/plain"))


def test_a_redirect_is_handed_over_where_it_is_not_to_be_followed(shop: Street, http: Http) -> None:
    answer = http.request("GET", shop.url("/go?/plain"), follow_redirects=False)
    assert (answer.status, answer.headers["location"], len(shop.asked)) == (302, "/plain", 1)


@pytest.mark.parametrize(
    ("location", "says"),
    [
        (f"http://{METADATA}/latest/meta-data/", "a cloud metadata address"),
        ("http://10.0.0.1/", "a private address"),
        ("http://[::1]:1/", "a loopback address"),
        ("http://[::ffff:169.254.169.254]/", "a cloud metadata address"),
        ("http://inside.example/", "a private address"),
        ("file:///etc/passwd", "only http and https"),
        ("ftp://127.0.0.1/", "only http and https"),
        ("http://ana:pw@127.0.0.1/", "before the @"),
        ("http://[::1/", "not a URL"),
    ],
)
def test_a_redirect_is_checked_like_a_first_url(shop: Street, location: str, says: str) -> None:
    http = Http(["127.0.0.1"], resolve=names(inside_example=["10.9.8.7"]))
    with pytest.raises(Unreachable) as failed:
        http.request("GET", shop.url(f"/go?{location}"))
    assert says in str(failed.value)
    assert "pw" not in str(failed.value).replace("passwd", "")
    assert len(shop.asked) == 1


def test_a_credential_does_not_follow_to_another_origin(shop: Street, http: Http) -> None:
    secret = {"Authorization": "Bearer s", "X-Api-Key": "s", "Accept": "application/json"}
    with closing(Street()) as other:
        http.request("GET", shop.url(f"/go?{other.url('/plain')}"), headers=secret)
        assert other.asked[0][2]["accept"] == "application/json"
        assert not {"authorization", "x-api-key"} & other.asked[0][2].keys()
    http.request("GET", shop.url("/go?/plain"), headers=secret)
    assert shop.asked[-1][2]["x-api-key"] == "s"


# ------------------------------------------------------------------ names and addresses


def test_a_name_is_resolved_once_and_that_address_is_used(shop: Street) -> None:
    asked: Counter[str] = Counter()

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked[host] += 1
        return ["127.0.0.1"] if asked[host] == 1 else [METADATA]

    http = Http(["127.0.0.1"], resolve=rebinding)
    assert http.request("GET", shop.url(host="shop.example")).status == 200
    assert asked == {"shop.example": 1}
    assert shop.asked[0][2]["host"] == f"shop.example:{shop.server_port}"
    with pytest.raises(Unreachable, match="a cloud metadata address"):
        http.request("GET", shop.url(host="shop.example"))
    assert len(shop.asked) == 1


def test_a_name_that_turns_inside_between_two_hops_is_refused(shop: Street) -> None:
    turns = iter((["127.0.0.1"], ["10.0.0.5"]))
    http = Http(["127.0.0.1"], resolve=lambda host, port: next(turns))
    with pytest.raises(Unreachable, match=r"shop.example is 10.0.0.5, a private address"):
        http.request("GET", shop.url("/go?/plain", host="shop.example"))
    assert [path for _, path, _ in shop.asked] == ["/go?/plain"]


def test_one_closed_address_among_open_ones_refuses_the_name() -> None:
    dialled: list[str] = []
    guard = Guard(resolve=names(two_example=["93.184.216.34", "10.0.0.5"]), dial=refusing(dialled))
    with pytest.raises(NoAnswer, match="a private address"):
        guard.connect("two.example", 80, Deadline.after(SECOND))
    assert dialled == []


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "0x7f.0.0.1", "0177.0.0.1"])
def test_another_spelling_of_loopback_is_still_loopback(shop: Street, host: str) -> None:
    """With the system's own resolver, which is what turns the spellings into addresses."""
    with pytest.raises(Unreachable, match=r"a loopback address|does not resolve|not a URL"):
        Http().request("GET", shop.url(host=host))
    assert shop.asked == []


def test_a_refusal_says_what_the_operator_can_set() -> None:
    with pytest.raises(Unreachable) as failed:
        Http(resolve=names(db_internal=["10.0.0.5"])).request("GET", "http://db.internal/health")
    assert str(failed.value) == (
        "GET http://db.internal/health: db.internal is 10.0.0.5, a private address, and checks may not reach it. "
        f"If they should, the operator adds `10.0.0.5` or `db.internal` to {SETTING}"
    )


def test_a_listed_name_opens_inside_addresses_but_never_the_metadata_one() -> None:
    book = names(db_internal=["10.0.0.5"], up_internal=[METADATA], link_internal=["169.254.1.1"])
    dialled: list[str] = []
    guard = Guard(["DB.internal.", "up.internal", "link.internal"], resolve=book, dial=refusing(dialled))
    with pytest.raises(NoAnswer, match="connection refused"):
        guard.connect("db.internal", 80, Deadline.after(SECOND))
    for host in ("up.internal", "link.internal"):
        with pytest.raises(NoAnswer, match="may not reach it") as refused:
            guard.connect(host, 80, Deadline.after(SECOND))
        assert host not in str(refused.value).partition("the operator adds")[2], "that entry would not help"
    assert dialled == ["10.0.0.5"]


@pytest.mark.parametrize(
    ("allow", "address", "open_"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", True),
        ("10.0.0.0/9", "10.200.0.1", False),
        ("10.0.0.7/8", "10.9.9.9", True),
        ("10.0.0.5", "::ffff:10.0.0.5", True),
        ("10.0.0.5", "::ffff:10.0.0.6", False),
        ("10.0.0.5", "64:ff9b::a00:5", True),
        ("fd00::/8", "fd12::1", True),
        ("[fd12::1]", "fd12::1", True),
        ("169.254.169.254", METADATA, True),
        ("example.com", "10.0.0.5", False),
    ],
)
def test_the_operators_list_opens_exactly_what_it_names(allow: str, address: str, open_: bool) -> None:
    dialled: list[str] = []
    guard = Guard([allow], dial=refusing(dialled))
    with pytest.raises(NoAnswer):
        guard.connect(address, 80, Deadline.after(SECOND))
    assert bool(dialled) is open_


@pytest.mark.parametrize("entry", ["http://db.internal", "db.internal:80", "", "10.0.0.0/33", "10.0.0.256", "a b", "*"])
def test_a_wrong_entry_in_the_operators_list_is_named(entry: str) -> None:
    with pytest.raises(Misconfigured, match=SETTING):
        Http([entry])


OPEN = ["8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "169.253.255.255",
        "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:200::1"]  # fmt: skip
CLOSED = [str(ipaddress.IPv4Address(0)), "0.1.2.3",
          "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255",
          "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", METADATA, "172.16.0.0", "172.31.255.255",
          "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
          "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1",
          "::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1",
          "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1",
          "fd00:ec2::254", "fdff::1", "fe80::1", "fec0::1", "ff02::1"]  # fmt: skip


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_open(address: str) -> None:
    assert refusal(ipaddress.ip_address(address)) is None


@pytest.mark.parametrize("address", CLOSED)
def test_any_other_address_is_closed(address: str) -> None:
    dialled: list[str] = []
    with pytest.raises(NoAnswer, match="may not reach it"):
        Guard(dial=refusing(dialled)).connect(address, 80, Deadline.after(SECOND))
    assert dialled == []


def refusing(dialled: list[str]) -> Callable[[str, int, float], socket.socket]:
    """A network in which nobody answers; it notes the addresses that were tried."""

    def dial(address: str, port: int, seconds: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    return dial


def _in(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> st.SearchStrategy[str]:
    return st.ip_addresses(network=network).map(str)


inside = st.sampled_from(list(closed_networks())).flatmap(_in)
wrapped = st.ip_addresses(v=4).flatmap(
    lambda v4: st.sampled_from([f"::ffff:{v4}", str(ipaddress.IPv6Address((0x64FF9B << 96) | int(v4)))])
)


@given(st.lists(inside | wrapped | st.ip_addresses().map(str), min_size=1, max_size=4), st.booleans())
def test_a_host_is_connected_to_if_and_only_if_all_its_addresses_are_public(found: list[str], by_name: bool) -> None:
    dialled: list[str] = []
    host = "any.example" if by_name else found[0]
    found = found if by_name else found[:1]
    guard = Guard(resolve=lambda host, port: found, dial=refusing(dialled))
    with pytest.raises(NoAnswer):
        guard.connect(host, 443, Deadline.after(timedelta(seconds=30)))
    # An oracle of its own: the standard library's view of what is global, which knows nothing of golive's table.
    ends = [meant(ipaddress.ip_address(text)) for text in found]
    for text in dialled:
        assert meant(ipaddress.ip_address(text)).is_global, f"{text} was connected to; close it in look.addresses"
    closed = [end for end in ends if any(end in network for network in closed_networks())]
    assert not (closed and dialled), f"{closed} lies in a refused network, and {dialled} was connected to"
    if all(refusal(end) is None for end in ends):
        assert len(dialled) == len(found)
    else:
        assert dialled == []


# ------------------------------------------------------------------ TLS


def a_certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for a host name, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


def test_a_self_signed_certificate_is_refused_and_a_trusted_one_is_taken(tmp_path: Path) -> None:
    file, context = a_certificate(tmp_path, "shop.example")
    book = names(shop_example=["127.0.0.1"], other_example=["127.0.0.1"])
    with closing(Street(context)) as shop:
        with pytest.raises(Unreachable, match=r"TLS certificate is not trusted .*self-signed"):
            Http(["127.0.0.1"], resolve=book).request("GET", shop.url(host="shop.example"))
        assert shop.asked == []
        trusting = Http(["127.0.0.1"], resolve=book, tls=ssl.create_default_context(cafile=file))
        assert trusting.request("GET", shop.url(host="shop.example")).status == 200
        with pytest.raises(Unreachable, match=r"not trusted .*other\.example"):
            trusting.request("GET", shop.url(host="other.example"))


def test_a_redirect_from_https_to_http_is_refused(tmp_path: Path, shop: Street) -> None:
    file, context = a_certificate(tmp_path, "shop.example")
    tls = ssl.create_default_context(cafile=file)
    with closing(Street(context)) as safe:
        http = Http(["127.0.0.1"], resolve=names(shop_example=["127.0.0.1"]), tls=tls)
        with pytest.raises(Unreachable, match="from https to http"):
            http.request("GET", safe.url(f"/go?{shop.url()}", host="shop.example"))
    assert shop.asked == []


def test_plain_http_behind_an_https_url_is_said(shop: Street, http: Http) -> None:
    with pytest.raises(Unreachable, match="no TLS connection"):
        http.request("GET", shop.url().replace("http:", "https:"))


# ------------------------------------------------------------------ showing URLs, and the kind on top


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("https://ana:pw@a.example/x", "https://***@a.example/x"),
        ("https://a.example/x?page=2&verbose", "https://a.example/x?page=2&verbose"),
        ("https://a.example/x?access_token=abc&page=2", "https://a.example/x?access_token=***&page=2"),
        ("https://a.example/x?API_KEY=abc#frag", "https://a.example/x?API_KEY=***"),
        ("https://a.example/x?k=abcdefghijklmnopqrstuvwxyz", "https://a.example/x?k=***"),
        ("https://a.example/x?abcdefghijklmnopqrstuvwxyz", "https://a.example/x?***"),
        ("https://a.example/x#token=abc", "https://a.example/x"),
        ("not a\nurl", "not a?url"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, text: str) -> None:
    assert shown(url) == text


def test_no_secret_of_a_url_is_in_an_answer_or_a_failure(shop: Street, http: Http) -> None:
    assert http.request("GET", shop.url("/plain?token=abc")).url == shop.url("/plain?token=***")
    with pytest.raises(Unreachable) as failed:
        http.request("GET", shop.url("/hang-up?token=abc"))
    assert "abc" not in str(failed.value)


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/plain", Outcome.PASSED),
        ("/nowhere", Outcome.FAILED),
        ("/hang-up", Outcome.UNKNOWN),
        ("/go?/plain", Outcome.PASSED),
    ],
)
def test_the_kind_http_judges_a_real_service(shop: Street, http: Http, path: str, outcome: Outcome) -> None:
    check = HttpCheck.model_validate({"url": shop.url(path), "json": {"status": "ok"}})
    finding = check.judge(check.collect(Look(http=http, forge=None, now=datetime.now(UTC))))
    assert finding.outcome is outcome, finding.summary
    if outcome is not Outcome.UNKNOWN:
        assert finding.source == shop.url("/plain" if path.startswith("/go") else path)
