"""`cache`: answers come from a cache (or never do), or a Redis server that holds one is well.

For a page: asks for it twice or more and looks for signs that a later answer came from a cache: an `Age` above zero
(RFC 9111 section 5.1), `Cache-Status` with `hit` (RFC 9211), `X-Cache`, `CF-Cache-Status` and their like with HIT; or a 304
to a request with the `ETag` or `Last-Modified` of the first answer (RFC 9110 section 13). For Redis: PING, and INFO.

Options:

- `url`: a page. Or `redis`, one of the two.
- `expect`: `either` (default) a hit or a 304; `hit`; `not_modified` (a 304); or `never`: the page is private, so it must say
  `no-store` or `private`, and no sign of a shared cache may be there.
- `asks`: how often the page is asked for, 2 to 20. Default 2. Where several caches take turns, one hit among them is enough.
- `pause`: time between two of them (`1s`). `Age` counts whole seconds, so a cache that says nothing else needs it.
- `min_fresh`: how long shared caches may keep it at least, by `s-maxage` or `max-age`.
- `redis`: `host:port` of a Redis server; the connection is not encrypted.
- `user`: who logs in there, with `secret`; without it, Redis' default user.
- `persistence`: `true` asks that an append-only file is on, or that the last snapshot was written well.
- `eviction`: what `maxmemory_policy` must be, for example `allkeys-lru`.
- `replicas`: replicas that must be connected at least.
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how a page gets it: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `duration` (of the last answer), `hits` (of a page: answers from a cache), `fresh` (seconds it may be kept),
`hit_rate`, `used_memory`, `memory` (share of maxmemory, where there is one) and `replicas` of Redis.

Example:

    - id: catalogue-is-cached
      uses: cache
      with:
        url: "${target}/api/catalogue"
        expect: hit
        min_fresh: 5m

Outcomes: `passed`; `failed`; `unknown` (no answer, or a Redis that wants another login). The result counts for 15 minutes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from golive.checks.amounts import Span, shown_seconds
from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.options import Duration, offered
from golive.checks.redistalk import LIMIT, UNTIL, Redis, questions, read
from golive.checks.replies import Asker, NoReply, Reply, counted, spared, url_text
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Answer, Look, Unreachable

SIGNS = (
    "x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache", "x-nginx-cache", "x-varnish-cache", "x-vercel-cache",
    "x-drupal-cache", "x-litespeed-cache", "x-fastcgi-cache",
)  # fmt: skip
"""Headers in which caches write HIT."""
_HIT = re.compile(r"\bhit\b", re.IGNORECASE)
_PAGE = frozenset({"expect", "asks", "pause", "min_fresh", "secret_as"})
_REDIS = frozenset({"user", "persistence", "eviction", "replicas"})


@dataclass(frozen=True)
class Page:
    """The answers to the plain requests, and the one to the conditional request where one could be made."""

    replies: tuple[Reply, ...]
    conditional: Reply | None = None


@dataclass(frozen=True)
class Server:
    """What Redis said in that many seconds; `why` where it did not."""

    redis: Redis | None
    seconds: float = 0.0
    why: str = ""


class CacheCheck(Asks):
    """Options, collecting and judging of the kind `cache`; the module's text is its reference."""

    kind: ClassVar[str] = "cache"
    measures: ClassVar[Mapping[str, str]] = {
        "duration": "s", "hits": "", "fresh": "s", "hit_rate": "%", "used_memory": "B", "memory": "%", "replicas": "",
    }  # fmt: skip
    ran_against: ClassVar[str] = ""

    url: WebUrl | None = None
    expect: Literal["either", "hit", "not_modified", "never"] = "either"
    asks: Annotated[int, Field(ge=2, le=20)] = 2
    pause: Span | None = None
    min_fresh: Duration | None = None
    redis: Annotated[str | None, Field(pattern=r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$")] = None
    user: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    persistence: bool = False
    eviction: Annotated[str | None, Field(pattern=r"^[a-z-]+$")] = None
    replicas: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _one_of_two(self) -> CacheCheck:
        if (self.url is None) == (self.redis is None):
            raise ValueError("expected exactly one of `url` and `redis`")
        other = sorted(self.model_fields_set & (_PAGE if self.redis else _REDIS))
        if other:
            raise ValueError(
                f"`{other[0]}` is of a {'page' if self.redis else 'Redis server'}, and this check has none"
            )
        if self.user and not self.secret:
            raise ValueError("a `user` logs in with a `secret`")
        if self.expect == "never" and self.min_fresh:
            raise ValueError("what must never be cached has no `min_fresh`")
        if self.redis and not 0 < int(self.redis.rpartition(":")[2]) < 65536:
            raise ValueError("the port is none")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (self._server()[0] if self.redis else host_of(self.url or ""),)

    def _server(self) -> tuple[str, int]:
        host, _, port = (self.redis or "").rpartition(":")
        return host.strip("[]").lower(), int(port)

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"hits": (0, self.asks - 1), "hit_rate": (0, 100), "memory": (0, 100)}

    def collect(self, look: Look) -> Page | Server:
        """Ask for the page again and again, or ask Redis."""
        return self._ask_redis(look) if self.redis else self._ask_page(look)

    def _ask_page(self, look: Look) -> Page:
        asker = Asker(look)
        url = self.url or ""
        secret = self.credentials(look, url)
        replies: list[Reply] = []
        for number in range(self.asks):
            if number and self.pause:
                time.sleep(max(0.0, min(self.pause.total_seconds(), asker.left())))
            replies.append(asker.ask("GET", url, secret=secret))
            if isinstance(replies[-1], NoReply):
                return Page(tuple(replies))
        first = replies[0]
        conditions = _conditions(first) if isinstance(first, Answer) else {}
        if not conditions or self.expect in ("hit", "never"):
            return Page(tuple(replies))
        return Page(tuple(replies), asker.ask("GET", url, headers=conditions, secret=secret))

    def _ask_redis(self, look: Look) -> Server:
        connect = offered(look.connect, "connections other than HTTP")
        host, port = self._server()
        lent = offered(look.secrets, "the secrets that the operator lends").value if self.secret else None
        password = lent(self.secret, host) if lent and self.secret else ""
        sent = questions(self.user or "", password)
        started = time.monotonic()
        try:
            answer = connect.talk(host, port, sent, until=UNTIL, limit=LIMIT, timeout=spared(look))
            found = read(answer, bool(password))
        except Unreachable as error:
            return Server(None, why=str(error))
        except ValueError as error:
            return Server(None, why=f"{self.redis}: {error}")
        if password:  # an unknown command is refused with its arguments in the refusal
            found = replace(found, refused=found.refused.replace(password, "***"))
        return Server(found, time.monotonic() - started)

    def judge(self, facts: Page | Server) -> Finding:
        """Look for the signs, or hold Redis' figures against what is asked for."""
        return self._judge_page(facts) if isinstance(facts, Page) else self._judge_redis(facts)

    # ------------------------------------------------------------------ a page

    def _judge_page(self, facts: Page) -> Finding:
        last = facts.replies[-1]
        if isinstance(last, NoReply):
            return self._finding(Outcome.UNKNOWN, last.why, "no answer", url_text(self.url or ""))
        answers = [reply for reply in facts.replies if isinstance(reply, Answer)]
        bad = next((answer.status for answer in answers if not 200 <= answer.status <= 299), None)
        if bad is not None:
            return self._finding(Outcome.FAILED, f"Answered {bad}, not 2xx", str(bad), last.url)
        signs = [sign for answer in answers[1:] if (sign := _sign(answer))]
        unchanged = isinstance(facts.conditional, Answer) and facts.conditional.status == 304
        flaws = self._flaws(answers, signs, unchanged)
        fresh = _fresh(last)
        silent = isinstance(facts.conditional, NoReply) and not signs
        outcome = Outcome.PASSED if not flaws else Outcome.UNKNOWN if silent else Outcome.FAILED
        said = signs[0] if signs else "304 to its ETag or date" if unchanged else "no sign of a cache"
        measures = [Measure("duration", last.seconds, "s"), Measure("hits", len(signs))]
        measures += [Measure("fresh", fresh, "s")] if fresh is not None else []
        summary = "; ".join(flaws) if flaws else f"{said} ({shown_seconds(last.seconds)})"
        if silent and isinstance(facts.conditional, NoReply):
            summary = facts.conditional.why
        return self._finding(outcome, summary, said, last.url, tuple(measures), flaws)

    def _flaws(self, answers: list[Answer], signs: list[str], unchanged: bool) -> list[str]:
        """What is not as expected."""
        directives = _directives(answers[-1])
        if self.expect == "never":
            flaws = [f"it came from a cache: {signs[0]}"] if signs else []
            kept_out = {"no-store", "private"} & directives.keys()
            return flaws + ([] if kept_out else ["Cache-Control says neither no-store nor private"])
        flaws = []
        missed = {
            "hit": not signs, "not_modified": not unchanged, "either": not signs and not unchanged,
        }[self.expect]  # fmt: skip
        if missed:
            wanted = {
                "hit": "came from a cache",
                "not_modified": "was a 304",
                "either": "came from a cache or was a 304",
            }
            why = next((f"; Cache-Control says {name}" for name in ("no-store", "private") if name in directives), "")
            if self.expect == "not_modified" and not _conditions(answers[0]):
                why = "; it has neither ETag nor Last-Modified"
            flaws.append(f"none of {counted(len(answers) - 1, 'later answer')} {wanted[self.expect]}{why}")
        fresh = _fresh(answers[-1])
        if self.min_fresh and (fresh is None or fresh < self.min_fresh.total_seconds()):
            kept = "it does not say how long it may be kept" if fresh is None else f"it may be kept {_long(fresh)}"
            flaws.append(f"{kept}, not at least {duration_text(self.min_fresh)}")
        return flaws

    # ------------------------------------------------------------------ Redis

    def _judge_redis(self, facts: Server) -> Finding:
        source = f"redis://{self.redis}"
        if facts.redis is None:
            return self._finding(Outcome.UNKNOWN, facts.why, "no answer", source)
        if facts.redis.refused:
            word = facts.redis.refused.partition(" ")[0]
            wants_login = word in ("NOAUTH", "WRONGPASS", "NOPERM") or "AUTH" in facts.redis.refused
            outcome = Outcome.UNKNOWN if wants_login else Outcome.FAILED
            return self._finding(outcome, f"Redis refused: {facts.redis.refused}", word, source)
        flaws = self._redis_flaws(facts.redis)
        used = facts.redis.info.get("used_memory_human", "")
        version = facts.redis.info.get("redis_version", "of unknown version")
        summary = "; ".join(flaws) or f"Redis {version} answered in {shown_seconds(facts.seconds)}"
        outcome = Outcome.FAILED if flaws else Outcome.PASSED
        measured = f"{used} used" if used else "PONG"
        return self._finding(outcome, summary, measured, source, _redis_measures(facts), flaws)

    def _redis_flaws(self, redis: Redis) -> list[str]:
        flaws: list[str] = []
        info = redis.info
        if info.get("loading", "0") != "0":
            flaws.append("it is still loading its data")
        if self.persistence and not (info.get("aof_enabled") == "1" and info.get("aof_last_write_status") == "ok"):
            saved = info.get("rdb_last_bgsave_status") == "ok" and (redis.number("rdb_last_save_time") or 0) > 0
            if not saved:
                flaws.append("no append-only file is on, and the last snapshot was not written well")
        if self.eviction and info.get("maxmemory_policy") != self.eviction:
            flaws.append(f"maxmemory_policy is {info.get('maxmemory_policy', 'not said')}, not {self.eviction}")
        connected = redis.number("connected_slaves") or 0
        if self.replicas and connected < self.replicas:
            flaws.append(f"{counted(int(connected), 'replica')} connected, not at least {self.replicas}")
        return flaws

    def _finding(
        self,
        outcome: Outcome,
        summary: str,
        measured: str,
        source: str,
        measures: tuple[Measure, ...] = (),
        flaws: list[str] | None = None,
    ) -> Finding:
        return Finding(
            "",
            outcome,
            summary[:1].upper() + summary[1:],
            measured,
            self._expected(),
            source,
            measures=measures,
            details=tuple(map(Detail, flaws or ())),
        )

    def _expected(self) -> str:
        if self.redis:
            parts = ["PONG"]
            parts += ["persistence"] if self.persistence else []
            parts += [f"maxmemory_policy {self.eviction}"] if self.eviction else []
            parts += [f"at least {counted(self.replicas, 'replica')}"] if self.replicas else []
            return ", ".join(parts)
        said = {"either": "a hit or a 304", "hit": "a hit", "not_modified": "a 304", "never": "never cached"}
        return said[self.expect] + (f", kept at least {duration_text(self.min_fresh)}" if self.min_fresh else "")


def _conditions(answer: Answer) -> dict[str, str]:
    """The request headers that ask whether this answer still holds."""
    names = {"if-none-match": "etag", "if-modified-since": "last-modified"}
    given = {ours: answer.headers.get(theirs, "").strip() for ours, theirs in names.items()}
    return {name: value for name, value in given.items() if value and value.isascii() and value.isprintable()}


def _sign(answer: Answer) -> str:
    """What shows that this answer came from a cache, or an empty text."""
    age = answer.headers.get("age", "").strip()
    if re.fullmatch(r"[0-9]{1,10}", age) and int(age) > 0:
        return f"Age is {int(age)} s"
    caches = answer.headers.get("cache-status", "").split(",")
    if any("hit" in [part.strip().lower() for part in cache.split(";")[1:]] for cache in caches):
        return "Cache-Status says hit"
    return next((f"{name} says HIT" for name in SIGNS if _HIT.search(answer.headers.get(name, ""))), "")


def _directives(answer: Answer) -> dict[str, str]:
    """Cache-Control, names in lower case."""
    parts = (part.strip().partition("=") for part in answer.headers.get("cache-control", "").split(","))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts if name}


def _fresh(answer: Answer) -> float | None:
    """How long a shared cache may keep it, in seconds; None where it does not say."""
    directives = _directives(answer)
    if {"no-store", "private", "no-cache"} & directives.keys():
        return 0.0
    given = directives.get("s-maxage", directives.get("max-age", ""))
    return float(given) if re.fullmatch(r"[0-9]{1,10}", given) else None


def _long(seconds: float) -> str:
    return duration_text(timedelta(seconds=seconds))


def _redis_measures(facts: Server) -> tuple[Measure, ...]:
    measures = [Measure("duration", facts.seconds, "s")]
    redis = facts.redis
    if redis is None:
        return tuple(measures)
    hits, misses = redis.number("keyspace_hits"), redis.number("keyspace_misses")
    if hits is not None and misses is not None and hits + misses > 0:
        measures.append(Measure("hit_rate", 100 * hits / (hits + misses), "%"))
    used, most = redis.number("used_memory"), redis.number("maxmemory")
    measures += [Measure("used_memory", used, "B")] if used is not None else []
    measures += [Measure("memory", 100 * used / most, "%")] if used is not None and most else []
    replicas = redis.number("connected_slaves")
    return (*measures, *([Measure("replicas", replicas)] if replicas is not None else []))
