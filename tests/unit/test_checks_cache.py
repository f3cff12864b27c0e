"""What the kind `cache` makes of pages and of Redis, and which options it takes. Add a rule by adding a row.

No Redis server runs here: a small server on loopback speaks its protocol, with answers as Redis' own documentation of
RESP2, PING, AUTH and INFO shows them.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.cache import CacheCheck, Page, Server
from golive.checks.redistalk import Redis, questions, read
from golive.checks.replies import NoReply
from golive.core.model import Finding, Outcome
from golive.look.connect import Connect
from golive.look.guard import Guard
from golive.ports import Answer
from website import Asked, Said, lent, look_at, serving

URL = "https://shop.example/catalogue"


def a_check(**options: Any) -> CacheCheck:
    """A check that the catalogue is cached."""
    return CacheCheck.model_validate(({"url": URL} if "redis" not in options else {}) | options)


def an_answer(status: int = 200, **headers: str) -> Answer:
    """An answer after 10 ms; `_` stands for the dash."""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", 0.01, URL)


PLAIN = an_answer()
TAGGED = an_answer(etag='"1"')
HIT = an_answer(x_cache="HIT")
DEAD = NoReply("GET https://shop.example/catalogue: timed out")


@pytest.mark.parametrize(
    ("options", "facts", "outcome", "says"),
    [
        pytest.param({}, Page((PLAIN, an_answer(age="7"))), "passed", "Age is 7 s", id="age"),
        pytest.param({}, Page((PLAIN, an_answer(age="0"))), "failed", "None of 1 later answer", id="age of nothing"),
        pytest.param({}, Page((PLAIN, HIT)), "passed", "X-cache says HIT", id="x-cache"),
        pytest.param({}, Page((PLAIN, an_answer(x_cache="Hit from cloudfront"))), "passed", "", id="cloudfront"),
        pytest.param({}, Page((PLAIN, an_answer(x_cache="MISS, HIT"))), "passed", "", id="one of two"),
        pytest.param({}, Page((PLAIN, an_answer(x_cache="MISS"))), "failed", "", id="a miss"),
        pytest.param({}, Page((PLAIN, an_answer(cf_cache_status="HIT"))), "passed", "Cf-cache-status", id="cloudflare"),
        pytest.param({}, Page((PLAIN, an_answer(cache_status="Edge; hit; ttl=9"))), "passed", "", id="cache-status"),
        pytest.param({}, Page((PLAIN, an_answer(cache_status="Edge; fwd=miss"))), "failed", "", id="not a hit"),
        pytest.param({}, Page((HIT, PLAIN)), "failed", "", id="only the first"),
        pytest.param({"asks": 3}, Page((PLAIN, PLAIN, HIT)), "passed", "", id="one among several"),
        pytest.param({}, Page((TAGGED, TAGGED), an_answer(304)), "passed", "304 to its ETag", id="304"),
        pytest.param({}, Page((TAGGED, TAGGED), an_answer(200)), "failed", "or was a 304", id="its tag is ignored"),
        pytest.param({"expect": "hit"}, Page((TAGGED, TAGGED)), "failed", "came from a cache", id="only a hit"),
        pytest.param({"expect": "not_modified"}, Page((TAGGED, HIT), an_answer(304)), "passed", "", id="only 304"),
        pytest.param({"expect": "not_modified"}, Page((PLAIN, HIT)), "failed", "neither ETag nor", id="no tag"),
        pytest.param({}, Page((PLAIN, an_answer(cache_control="no-store"))), "failed", "says no-store", id="why not"),
        pytest.param({}, Page((PLAIN, an_answer(503))), "failed", "Answered 503, not 2xx", id="an error page"),
        pytest.param({}, Page((PLAIN, DEAD)), "unknown", "timed out", id="silent"),
        pytest.param({}, Page((TAGGED, TAGGED), DEAD), "unknown", "timed out", id="silent to the tag"),
        pytest.param({}, Page((TAGGED, HIT), DEAD), "passed", "", id="a hit is enough"),
        pytest.param(
            {"expect": "never"}, Page((PLAIN, an_answer(cache_control="private, no-store"))), "passed", "", id="private"
        ),
        pytest.param({"expect": "never"}, Page((PLAIN, PLAIN)), "failed", "neither no-store nor", id="not said"),
        pytest.param(
            {"expect": "never"}, Page((PLAIN, an_answer(cache_control="private", age="9"))), "failed", "came from", id="x"
        ),
        pytest.param(
            {"min_fresh": "5m"}, Page((PLAIN, an_answer(age="1", cache_control="max-age=300"))), "passed", "", id="5 min"
        ),
        pytest.param(
            {"min_fresh": "5m"}, Page((PLAIN, an_answer(age="1", cache_control="s-maxage=9, max-age=300"))), "failed",
            "kept 9s, not at least 5m", id="shared caches",
        ),
        pytest.param({"min_fresh": "5m"}, Page((PLAIN, HIT)), "failed", "does not say how long", id="not said how long"),
    ],
)  # fmt: skip
def test_signs_of_a_cache_are_read(options: dict[str, Any], facts: Page, outcome: str, says: str) -> None:
    finding = a_check(**options).judge(facts)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert {measure.name: measure.unit for measure in finding.measures}.items() <= CacheCheck.measures.items()


INFO = """# Server\r
redis_version:7.2.4\r
# Memory\r
used_memory:1048576\r
used_memory_human:1.00M\r
maxmemory:4194304\r
maxmemory_policy:allkeys-lru\r
# Persistence\r
loading:0\r
rdb_last_save_time:1700000000\r
rdb_last_bgsave_status:ok\r
aof_enabled:0\r
# Stats\r
keyspace_hits:90\r
keyspace_misses:10\r
# Replication\r
connected_slaves:1\r
"""


def a_server(**change: str) -> Server:
    """Redis' figures as in `INFO`, but for the changes."""
    info = dict(line.split(":", 1) for line in INFO.split("\r\n") if ":" in line)
    return Server(Redis("", info | change), 0.002)


@pytest.mark.parametrize(
    ("options", "facts", "outcome", "says"),
    [
        pytest.param({}, a_server(), "passed", "Redis 7.2.4 answered in 2.0 ms", id="well"),
        pytest.param({}, a_server(loading="1"), "failed", "still loading", id="loading"),
        pytest.param({"eviction": "allkeys-lru"}, a_server(), "passed", "", id="eviction"),
        pytest.param({"eviction": "noeviction"}, a_server(), "failed", "is allkeys-lru, not noeviction", id="other"),
        pytest.param({"replicas": 1}, a_server(), "passed", "", id="replica"),
        pytest.param({"replicas": 2}, a_server(), "failed", "1 replica connected, not at least 2", id="too few"),
        pytest.param({"persistence": True}, a_server(), "passed", "", id="a snapshot"),
        pytest.param({"persistence": True}, a_server(rdb_last_bgsave_status="err"), "failed", "snapshot", id="no snap"),
        pytest.param(
            {"persistence": True}, a_server(rdb_last_bgsave_status="err", aof_enabled="1", aof_last_write_status="ok"),
            "passed", "", id="append-only",
        ),
        pytest.param({}, Server(Redis("NOAUTH Authentication required.", {})), "unknown", "NOAUTH", id="wants a login"),
        pytest.param({}, Server(Redis("MASTERDOWN Link with MASTER is down", {})), "failed", "MASTERDOWN", id="down"),
        pytest.param({}, Server(None, why="cache:6379: connection refused"), "unknown", "refused", id="dead"),
    ],
)  # fmt: skip
def test_the_figures_of_redis_are_weighed(options: dict[str, Any], facts: Server, outcome: str, says: str) -> None:
    finding = a_check(redis="cache.internal:6379", **options).judge(facts)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.source == "redis://cache.internal:6379"


def test_the_figures_of_redis_are_measured() -> None:
    measures = a_check(redis="cache:6379").judge(a_server()).measures
    assert {measure.name: (measure.value, measure.unit) for measure in measures} == {
        "duration": (0.002, "s"), "hit_rate": (90.0, "%"), "used_memory": (1048576.0, "B"), "memory": (25.0, "%"),
        "replicas": (1.0, ""),
    }  # fmt: skip
    bare = a_check(redis="cache:6379").judge(a_server(keyspace_hits="0", keyspace_misses="0", maxmemory="0")).measures
    assert {measure.name for measure in bare} == {"duration", "used_memory", "replicas"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "answers nothing"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak"),
        (b"+PONG\r\n", "broke off"),
        (b"+PONG\r\n$99\r\nredis", "broke off"),
        (b"+HELLO\r\n$2\r\nok\r\n", "does not answer PING"),
    ],
)
def test_what_is_no_redis_is_said(answer: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(answer, logged_in=False)


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"url": None}, (), "exactly one of `url` and `redis`"),
        ({"url": URL, "redis": "a:1"}, (), "exactly one of `url` and `redis`"),
        ({"redis": "cache"}, ("redis",), "pattern"),
        ({"redis": "cache:99999"}, (), "the port is none"),
        ({"redis": "cache:6379", "asks": 3}, (), "`asks` is of a page"),
        ({"eviction": "allkeys-lru"}, (), "`eviction` is of a Redis server"),
        ({"redis": "cache:6379", "user": "ana"}, (), "logs in with a `secret`"),
        ({"expect": "never", "min_fresh": "1m"}, (), "has no `min_fresh`"),
        ({"asks": 1}, ("asks",), "greater than or equal to 2"),
        ({"expect": "miss"}, ("expect",), "'either'"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [place], mistakes
    assert says in mistakes[0]["msg"]


# ------------------------------------------------------------------ over real sockets


def pages(asked: Asked) -> Said:
    """`/cached` comes from a cache from the second time on; `/tagged` has a tag; `/plain` has neither."""
    if asked.path == "/cached":
        return Said(200, "x", (("X-Cache", "HIT" if next(_TIMES) else "MISS"),))
    if asked.path == "/tagged":
        return Said(304 if asked.headers.get("if-none-match") == '"v1"' else 200, "x", (("ETag", '"v1"'),))
    return Said(0 if asked.path == "/dead" else 200)


_TIMES = count()


@pytest.mark.parametrize(
    ("path", "outcome", "says"),
    [
        ("/cached", Outcome.PASSED, "says HIT"),
        ("/tagged", Outcome.PASSED, "304 to its ETag"),
        ("/plain", Outcome.FAILED, "None of 1 later answer"),
        ("/dead", Outcome.UNKNOWN, "proper HTTP"),
    ],
)
def test_a_real_page_is_asked_for_twice(path: str, outcome: Outcome, says: str) -> None:
    with serving(pages) as site:
        check = a_check(url=site.url(path), pause="10ms")
        finding = check.judge(check.collect(look_at()))
    assert finding.outcome is outcome, finding.summary
    assert says in finding.summary


class Talk(socketserver.StreamRequestHandler):
    """Speaks RESP2. With a password, nobody gets an answer before logging in."""

    server: Store

    def handle(self) -> None:
        """Answer one command after the other."""
        logged_in = not self.server.password
        while line := self.rfile.readline():
            words = [self._word() for _ in range(int(line[1:]))]
            self.server.heard.append(words)
            if words[0] == "AUTH" and self.server.password == "renamed":
                refusal = f"-ERR unknown command 'AUTH', with args beginning with: '{words[-1]}'"
                self.wfile.write(f"{refusal}\r\n".encode())
            elif words[0] == "AUTH":
                logged_in = words[-1] == self.server.password
                self.wfile.write(b"+OK\r\n" if logged_in else b"-WRONGPASS invalid username-password pair\r\n")
            elif words[0] == "QUIT":
                self.wfile.write(b"+OK\r\n")
                return
            elif not logged_in:
                self.wfile.write(b"-NOAUTH Authentication required.\r\n")
            else:
                answer = {"PING": "+PONG\r\n", "INFO": f"${len(INFO)}\r\n{INFO}\r\n"}.get(words[0])
                self.wfile.write((answer or f"${len(words[-1])}\r\n{words[-1]}\r\n").encode())

    def _word(self) -> str:
        size = int(self.rfile.readline()[1:])
        return self.rfile.read(size + 2)[:-2].decode()


class Store(socketserver.ThreadingTCPServer):
    """The server, and what it heard."""

    daemon_threads = True

    def __init__(self, password: str) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.password = password
        self.heard: list[list[str]] = []


@contextmanager
def a_redis(password: str = "") -> Iterator[Store]:
    """It, until the block ends."""
    with Store(password) as store:
        threading.Thread(target=store.serve_forever, args=(0.01,), daemon=True).start()
        yield store
        store.shutdown()


def looked(store: Store, folder: Path, **options: Any) -> Finding:
    """What a check finds at this server, with the password that the operator lends."""
    look = look_at(secrets=lent(folder, cache="hush-hush"), connect=Connect(Guard(["127.0.0.1"])))
    check = a_check(redis=f"127.0.0.1:{store.server_address[1]}", **options)
    assert check.lent_secrets() == ((("cache", "127.0.0.1"),) if "secret" in options else ())
    return check.judge(check.collect(look))


def test_a_server_is_asked_without_a_password(tmp_path: Path) -> None:
    with a_redis() as store:
        finding = looked(store, tmp_path, eviction="allkeys-lru", replicas=1, persistence=True)
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert [words[0] for words in store.heard[:2]] == ["PING", "INFO"]


def test_a_server_is_asked_with_a_lent_password_that_is_not_shown(tmp_path: Path) -> None:
    with a_redis("hush-hush") as store:
        finding = looked(store, tmp_path, secret="cache", user="ana")
        assert finding.outcome is Outcome.PASSED, finding.summary
        assert store.heard[0] == ["AUTH", "ana", "hush-hush"]
        without = looked(store, tmp_path)
    assert (without.outcome, "NOAUTH" in without.summary) == (Outcome.UNKNOWN, True)
    with a_redis("another") as store:
        wrong = looked(store, tmp_path, secret="cache")
    assert (wrong.outcome, "WRONGPASS" in wrong.summary) == (Outcome.UNKNOWN, True)
    with a_redis("renamed") as store:
        echoed = looked(store, tmp_path, secret="cache")
    assert "with args beginning with: '***'" in echoed.summary
    assert "hush" not in repr((finding, without, wrong, echoed))


def test_a_server_that_is_no_redis_or_none_at_all(tmp_path: Path) -> None:
    with serving(lambda asked: Said(200)) as site:
        check = a_check(redis=site.base.removeprefix("http://"))
        look = look_at(connect=Connect(Guard(["127.0.0.1"])), timeout=5)
        assert "does not speak Redis" in check.judge(check.collect(look)).summary
    finding = check.judge(check.collect(look))
    assert (finding.outcome, "connection refused" in finding.summary) == (Outcome.UNKNOWN, True)


def test_words_are_sent_with_their_length_so_that_none_can_smuggle_another() -> None:
    sent = questions("", "a\r\nFLUSHALL")
    assert sent.startswith(b"*2\r\n$4\r\nAUTH\r\n$11\r\na\r\nFLUSHALL\r\n*1\r\n$4\r\nPING\r\n")
