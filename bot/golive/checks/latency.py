"""`latency`: how fast a page answers when it is asked many times, and how often it does not answer.

Sends `n` requests, `concurrency` at a time, each on a connection of its own, so that a time holds the connection and the
TLS handshake that a newcomer pays for. This is load: choose `n` and `concurrency` so that the service may bear it.

A percentile is by nearest rank: p95 of 100 times is the 95th smallest one, a time that was really measured. A request that
got no answer, or another status than expected, counts as slower than every other: a percentile that falls on one has no
value, so errors never make a service look fast. An option that asks for it fails then; a criterion cannot tell.

Options:

- `url` (required): http or https, without user name and password.
- `method`: `GET` (default) or `HEAD`.
- `status`: what counts as an answer: a code, a range, or a list of them. Default `2xx`.
- `n`: requests that are measured, 1 to 10000. Default 100.
- `concurrency`: requests at the same time, 1 to 64. Default 10.
- `warm_up`: requests sent before, one after the other, and not measured, 0 to 100. Default 1.
- `p50`: the median must not be longer than this (`200ms`, `1.5s`).
- `p95`: as `p50`, of the 95th percentile.
- `p99`: as `p50`, of the 99th percentile.
- `max`: as `p50`, of the slowest.
- `min_rps`: answers as expected per second that must be reached, over the whole measured time.
- `max_error_rate`: share of the requests without an expected answer that is borne (`1%`).
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Without one of the limits it only measures; then the policy needs a `pass:`.

Measures: `p95`, `p50`, `p99`, `max`, `min`, `avg` (seconds; `avg` and `min` of the answers as expected), `rps`,
`error_rate`. Samples: `n`.

Example:

    - id: fast-enough
      uses: latency
      with:
        url: "${target}/api/orders"
        n: 200
        concurrency: 10
        p95: 200ms
        max_error_rate: 0.5%

Outcomes: `passed`; `failed` (a limit is broken, and it would be whatever the requests that were not made had brought);
`unknown` (nothing was answered, or the check's timeout came before `n` requests and what was measured decides nothing;
give it a longer `timeout`). The result counts for 15 minutes.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from golive.checks.amounts import Percentage, Span, shown_seconds, span_text
from golive.checks.asking import Asks, Status, WebUrl, host_of, status_text
from golive.checks.replies import Asker, NoReply, Reply, capped, counted, url_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Look

PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
ENDLESS = math.inf
"""The time of a request without an expected answer."""


@dataclass(frozen=True)
class Timed:
    """What came of the requests. times: seconds, ENDLESS for one that failed.   wrong: what failed → how often.

    elapsed: seconds from the first request to the last answer.   url: as people may see it.
    """

    times: tuple[float, ...]
    wrong: tuple[tuple[str, int], ...]
    elapsed: float
    url: str


class LatencyCheck(Asks):
    """Options, collecting and judging of the kind `latency`; the module's text is its reference."""

    kind: ClassVar[str] = "latency"
    measures: ClassVar[Mapping[str, str]] = {
        "p95": "s", "p50": "s", "p99": "s", "max": "s", "min": "s", "avg": "s", "rps": "1/s", "error_rate": "%",
    }  # fmt: skip
    ran_against: ClassVar[str] = "HTTP servers over real sockets"

    url: WebUrl
    method: Literal["GET", "HEAD"] = "GET"
    status: Status = ((200, 299),)
    n: Annotated[int, Field(ge=1, le=10_000)] = 100
    concurrency: Annotated[int, Field(ge=1, le=64)] = 10
    warm_up: Annotated[int, Field(ge=0, le=100)] = 1
    p50: Span | None = None
    p95: Span | None = None
    p99: Span | None = None
    max: Span | None = None
    min_rps: Annotated[float | None, Field(gt=0)] = None
    max_error_rate: Percentage | None = None

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    def asserts(self) -> bool:
        """See `ports.Kind`."""
        return any(limit is not None for limit in (self.p50, self.p95, self.p99, self.max, self.min_rps)) or (
            self.max_error_rate is not None
        )

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"error_rate": (0.0, 100.0)}

    def collect(self, look: Look) -> Timed:
        """Warm up, then ask `n` times from `concurrency` threads, until the time is over."""
        asker = Asker(look)
        secret = self.credentials(look, self.url)
        for _ in range(self.warm_up):
            asker.ask(self.method, self.url, secret=secret)
        tickets = iter(range(self.n))

        def work(_: int) -> list[Reply]:
            heard: list[Reply] = []
            while asker.left() > 0 and next(tickets, None) is not None:
                heard.append(asker.ask(self.method, self.url, secret=secret))
            return heard

        workers = min(self.concurrency, self.n)
        started = time.monotonic()
        with ThreadPoolExecutor(workers, thread_name_prefix="latency") as pool:
            replies = list(itertools.chain.from_iterable(pool.map(work, range(workers))))
        return self._timed(replies, time.monotonic() - started)

    def _timed(self, replies: Iterable[Reply], elapsed: float) -> Timed:
        times: list[float] = []
        wrong: Counter[str] = Counter()
        url = url_text(self.url)
        for reply in replies:
            if isinstance(reply, NoReply):
                wrong[reply.why.rpartition(": ")[2]] += 1
                times.append(ENDLESS)
                continue
            url = reply.url
            if any(first <= reply.status <= last for first, last in self.status):
                times.append(reply.seconds)
            else:
                wrong[f"status {reply.status}"] += 1
                times.append(ENDLESS)
        return Timed(tuple(sorted(times)), tuple(wrong.most_common()), elapsed, url)

    def judge(self, facts: Timed) -> Finding:
        """Hold the percentiles, the rate and the errors against the limits."""
        made, good = len(facts.times), sum(time < ENDLESS for time in facts.times)
        if not good:
            outcome = Outcome.FAILED if any(what.startswith("status ") for what, _ in facts.wrong) else Outcome.UNKNOWN
            why = f"None of {counted(made, 'request')} was answered as expected: {_wrong(facts)}" if made else _NONE
            return self._finding(outcome, why, facts)
        missing = self.n - made
        broken = self._broken(facts, missing)
        if broken:
            return self._finding(Outcome.FAILED, f"{_upper('; '.join(broken))}. {self._overview(facts)}", facts, broken)
        if missing:
            why = (
                f"Only {made} of {self.n} requests were made before the check's time was over. {self._overview(facts)}"
            )
            return self._finding(Outcome.UNKNOWN, why, facts)
        return self._finding(Outcome.PASSED, self._overview(facts), facts)

    def _broken(self, facts: Timed, missing: int) -> list[str]:
        """The limits that are broken, even if every request that was not made had been answered at once."""
        best = (0.0,) * missing + facts.times
        broken: list[str] = []
        for name, percent in PERCENTILES.items():
            limit = getattr(self, name)
            value = nearest_rank(best, percent)
            if limit is not None and value > limit.total_seconds():
                said = "falls on a request without an expected answer" if value == ENDLESS else shown_seconds(value)
                broken.append(f"{name} {'' if value == ENDLESS else 'is '}{said}, not at most {span_text(limit)}")
        errors = 100 * sum(time == ENDLESS for time in facts.times) / self.n
        if self.max_error_rate is not None and errors > self.max_error_rate:
            broken.append(f"{errors:.3g} % of the requests failed, not at most {self.max_error_rate:g} %")
        rps = _rps(facts)
        if self.min_rps is not None and rps < self.min_rps and not missing:
            broken.append(f"{rps:.1f} answers/s, not at least {self.min_rps:g}/s")
        return broken

    def _overview(self, facts: Timed) -> str:
        said = [
            f"{name} {shown_seconds(value)}"
            for name, percent in PERCENTILES.items()
            if (value := nearest_rank(facts.times, percent)) < ENDLESS
        ]
        errors = sum(time == ENDLESS for time in facts.times)
        failed = f", {errors} failed ({_wrong(facts)})" if errors else ""
        rate = f"{_rps(facts):.1f} answers/s"
        return f"{', '.join(said) or 'no percentile'}, {rate} over {counted(len(facts.times), 'request')}{failed}"

    def _finding(self, outcome: Outcome, summary: str, facts: Timed, broken: Sequence[str] = ()) -> Finding:
        good = [time for time in facts.times if time < ENDLESS]
        p95 = nearest_rank(facts.times, 95) if facts.times else ENDLESS
        measured = f"p95 {shown_seconds(p95)}" if p95 < ENDLESS else f"{len(good)} of {len(facts.times)} answered"
        details = [*map(Detail, broken), *(Detail(f"{count} × {what}") for what, count in facts.wrong)]
        return Finding(
            "",
            outcome,
            summary,
            measured,
            self._expected(),
            facts.url,
            measures=_measures(facts, good) if len(facts.times) == self.n else (),
            samples=len(facts.times),
            details=capped(details),
        )

    def _expected(self) -> str:
        limits = [(name, getattr(self, name)) for name in PERCENTILES]
        parts = [f"{name} at most {span_text(limit)}" for name, limit in limits if limit is not None]
        parts += [f"at least {self.min_rps:g} answers/s"] if self.min_rps is not None else []
        parts += [f"at most {self.max_error_rate:g} % failed"] if self.max_error_rate is not None else []
        return ", ".join([*parts, f"status {status_text(self.status)}"])


_NONE = "0 samples: no request was made before the check's time was over"


def nearest_rank(ascending: Sequence[float], percent: float) -> float:
    """The percentile of sorted values by nearest rank: the smallest that at least `percent` of them do not exceed."""
    return ascending[max(math.ceil(percent * len(ascending) / 100), 1) - 1]


def _measures(facts: Timed, good: list[float]) -> tuple[Measure, ...]:
    errors = 100 * (len(facts.times) - len(good)) / len(facts.times)
    always = (Measure("rps", _rps(facts), "1/s"), Measure("error_rate", errors, "%"))
    at = {name: nearest_rank(facts.times, percent) for name, percent in PERCENTILES.items()}
    ranked = [Measure(name, at[name], "s") for name in ("p95", "p50", "p99", "max") if at[name] < ENDLESS]
    of_good = (Measure("min", good[0], "s"), Measure("avg", sum(good) / len(good), "s")) if good else ()
    # The first one is what a bare criterion means: never another percentile in the place of a p95 that has no value.
    return (*ranked, *of_good, *always) if at["p95"] < ENDLESS else (*always, *ranked, *of_good)


def _rps(facts: Timed) -> float:
    good = sum(time < ENDLESS for time in facts.times)
    return good / facts.elapsed if facts.elapsed > 0 else 0.0


def _wrong(facts: Timed) -> str:
    named = ", ".join(f"{count} × {what}" for what, count in facts.wrong[:3])
    return named + (", …" if len(facts.wrong) > 3 else "")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
