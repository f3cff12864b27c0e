"""A sample service to take live, with a switch for every fault: health, metrics, an API with a limit and checked input, a
cached page, security headers; and beside it a small Grafana, Prometheus and Alertmanager, as far as readiness checks ask them.

Add a fault as one row of `FAULTS` and the place that looks at it. Switches turn at run time too: `PUT /-/faults/NAME` and
`DELETE /-/faults/NAME`. What Grafana, Prometheus and Alertmanager answer follows their published HTTP APIs.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs

from golive.standins.wire import Request, Response, Standin, route

FAULTS: Mapping[str, str] = {
    "unhealthy": "the health page answers 503 and says so",
    "not-ready": "the readiness page answers 503",
    "no-live": "there is no liveness page",
    "no-metrics": "there is no metrics page",
    "slow": "the health page takes 400 ms",
    "database": "the database's state is not ok",
    "no-headers": "no security header is sent",
    "unlimited": "whoever asks too often is never told so",
    "unchecked": "bad input is taken as if it were good",
    "broken-input": "bad input breaks the service with a 500",
    "uncached": "a page that could be cached is sent anew each time, and says it must not be kept",
    "open-api": "the API answers without a key",
    "no-dashboards": "Grafana has no dashboards",
    "memory": "the machine's memory is nearly full",
    "no-data": "Prometheus has no data",
    "objective-missed": "fewer requests are answered than was promised",
    "old-keys": "the key that signs tokens was not changed for three days",
    "unrouted": "critical alerts reach nobody's pager",
    "any-origin": "pages of every origin may read the API",
    "dependency": "what the service itself depends on does not answer",
    "errors": "more executions fail than should, in every phase",
    "late": "executions take longer than was promised",
    "slower": "executions take much longer than before",
    "overloaded": "the queue is long, a worker is lost and the database's connections run out",
    "unwatched": "no probe reaches what Prometheus should watch",
}
"""Fault → what is so while it is switched on."""

LIMIT, WINDOW = 30, 10.0
"""Requests to the limited page that are answered within so many seconds."""
KEY = "sample-key-of-nobody"
"""The API key that this service takes; it guards nothing."""
HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "geolocation=(), camera=()",
}
DASHBOARDS = ("overview", "performance", "errors")
MEMORY_PERCENT = 40.9
ORIGIN = "https://app.example.com"
"""The one origin whose pages may read the API."""
SERIES = (
    ("jwt_signing_key_created", 21_600.0, "old-keys", 259_200.0),
    ("availability", 99.95, "objective-missed", 99.2),
    ("workflow_success", 99.7, "", 0.0),
    ("hello_world", 12.4, "", 0.0),
    ("hello_case", 171.0, "", 0.0),
    ("redis_up", 1.0, "", 0.0),
    ("probe_success", 1.0, "unwatched", 0.0),
    ("executor_dark_errors", 0.4, "errors", 1.4),
    ("executor_canary_errors", 0.2, "errors", 0.7),
    ("executor_full_errors", 0.05, "errors", 0.3),
    ("executor_canary_promises", 97.5, "late", 93.0),
    ("executor_full_promises", 99.6, "late", 97.0),
    ("executor_dark_slowdown", 4.0, "slower", 64.0),
    ("executor_canary_slowdown", 6.0, "slower", 71.0),
    ("executor_queue", 120.0, "overloaded", 4200.0),
    ("executor_workers", 100.0, "overloaded", 75.0),
    ("executor_connections", 41.0, "overloaded", 92.0),
)
"""A word in a query → its value, and with a fault another one. Any other query is answered with the memory in use."""
ROUTES = """
route:
  receiver: chat
  routes:
    - {matchers: ['severity="critical"'], receiver: WHO, continue: true}
    - {matchers: ['severity="critical"'], receiver: chat}
receivers:
  - {name: pager, pagerduty_configs: [{routing_key_file: /etc/alertmanager/pager}]}
  - {name: chat, slack_configs: [{channel: alerts}]}
inhibit_rules:
  - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [service]}
"""
"""Alertmanager's configuration; WHO hears of critical alerts."""
_PAGE = json.dumps({"templates": ["letter", "report", "summary"]}).encode()


class Sample(Standin):
    """`GET /health` answers 200 `{"status": "ok"}` until told otherwise.

    status: the HTTP status; state: the word in the body; delay: seconds before it answers. faults: those switched on.
    """

    def __init__(self, faults: Iterable[str] = ()) -> None:
        super().__init__()
        self.status = 200
        self.state = "ok"
        self.delay = 0.0
        self.asked = 0
        self.faults: set[str] = set()
        self._asked_at: list[float] = []
        self._lock = threading.Lock()
        for name in faults:
            self.switch(name, on=True)

    def reset(self) -> None:
        """As it was at the start: well, and nobody watches."""
        self.status, self.state, self.delay, self.asked = 200, "ok", 0.0, 0
        self.faults.clear()
        self.observers.clear()
        self._asked_at.clear()

    def switch(self, name: str, *, on: bool) -> None:
        """Turn a fault on or off. Raises KeyError for a name that is none."""
        if name not in FAULTS:
            raise KeyError(f"there is no fault {name!r}; the faults are: {', '.join(FAULTS)}")
        (self.faults.add if on else self.faults.discard)(name)

    def respond(self, request: Request) -> Response:
        """As any stand-in, with the security headers of this service."""
        answer = super().respond(request)
        if "no-headers" in self.faults or request.path.startswith(("/grafana", "/prometheus", "/alertmanager")):
            return answer
        return Response(answer.status, answer.body, {**HEADERS, **self._readable_by(request), **answer.headers})

    def _readable_by(self, request: Request) -> Mapping[str, str]:
        origin = request.headers.get("origin", "")
        if not origin or not request.path.startswith("/api/"):
            return {}
        if origin != ORIGIN and "any-origin" not in self.faults:
            return {"vary": "Origin"}
        allowed = {"access-control-allow-methods": "GET, POST", "access-control-allow-headers": "content-type"}
        return {"access-control-allow-origin": origin, "vary": "Origin", **allowed}

    # ---------------------------------------------------------------- what operators look at

    @route("GET", "/health", "health")
    def health(self, request: Request) -> Response:
        """How it is."""
        self.asked += 1
        delay = 0.4 if "slow" in self.faults else self.delay
        if delay:
            time.sleep(delay)
        if "unhealthy" in self.faults:
            return Response.of(503, {"status": "down", "version": "1.4.0"})
        return Response.of(self.status, {"status": self.state, "version": "1.4.0"})

    @route("GET", "/ready", "ready")
    def ready(self, request: Request) -> Response:
        """Whether it may get requests."""
        bad = "not-ready" in self.faults or self.status >= 500
        return Response.of(503 if bad else 200, {"ready": not bad})

    @route("GET", "/live", "live")
    def live(self, request: Request) -> Response:
        """Whether it need not be restarted."""
        if "no-live" in self.faults:
            return self.unanswered(request)
        return Response.of(200, {"live": True})

    @route("GET", "/metrics", "metrics")
    def metrics(self, request: Request) -> Response:
        """Prometheus' text format."""
        if "no-metrics" in self.faults:
            return self.unanswered(request)
        text = (
            "# HELP http_requests_total Requests answered.\n# TYPE http_requests_total counter\n"
            f'http_requests_total{{status="200"}} {self.asked}\n'
            "# HELP up Whether it runs.\n# TYPE up gauge\nup 1\n"
        )
        return Response(200, text.encode(), {"content-type": "text/plain; version=0.0.4; charset=utf-8"})

    @route("GET", "/status/database", "database")
    def database(self, request: Request) -> Response:
        """How the database is."""
        bad = "database" in self.faults
        return Response.of(503 if bad else 200, {"database": "unreachable" if bad else "ok"})

    @route("GET", "/status/dependencies", "dependencies")
    def dependencies(self, request: Request) -> Response:
        """How the services that it calls are."""
        bad = "dependency" in self.faults
        return Response.of(503 if bad else 200, {"model": "unreachable" if bad else "ok", "mail": "ok"})

    # ---------------------------------------------------------------- the API

    @route("OPTIONS", "/api/{rest:path}", "preflight")
    def preflight(self, request: Request, rest: str) -> Response:
        """What browsers ask before they send; who may is said in the headers."""
        return Response(204)

    @route("GET", "/auth/keys", "keys")
    def keys(self, request: Request) -> Response:
        """The keys that verify tokens; they sign nothing."""
        return Response.of(
            200, {"keys": [{"kid": "sample-1", "kty": "OKP", "crv": "Ed25519", "use": "sig", "x": "A" * 43}]}
        )

    @route("GET", "/api/search", "search")
    def search(self, request: Request) -> Response:
        """A page that answers so many requests and no more."""
        now = time.monotonic()
        with self._lock:
            self._asked_at = [at for at in self._asked_at if now - at < WINDOW]
            over = len(self._asked_at) >= LIMIT and "unlimited" not in self.faults
            if not over:
                self._asked_at.append(now)
        if over:
            return Response.of(429, {"message": "too many requests"}, retry_after=str(int(WINDOW)))
        return Response.of(200, {"found": []})

    @route("POST", "/api/content", "content")
    def content(self, request: Request) -> Response:
        """Takes `{"topic": text, "length": number}`."""
        wrong = self._wrong(request)
        if wrong and "broken-input" in self.faults:
            return Response.of(500, {"message": "internal error"})
        if wrong and "unchecked" not in self.faults:
            return Response.of(422, {"message": wrong})
        return Response.of(201, {"id": 1, "state": "draft"})

    @staticmethod
    def _wrong(request: Request) -> str:
        try:
            given = json.loads(request.body)
        except ValueError:
            return "this is not JSON"
        if not isinstance(given, dict) or not isinstance(given.get("topic"), str) or not given["topic"].strip():
            return "topic: expected a text"
        length = given.get("length")
        if isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= 5000:
            return "length: expected 1 to 5000"
        return ""

    @route("GET", "/api/private", "private")
    def private(self, request: Request) -> Response:
        """Asks for the key."""
        if request.headers.get("x-api-key") != KEY and "open-api" not in self.faults:
            return Response.of(401, {"message": "a key is needed"}, www_authenticate="ApiKey")
        return Response.of(200, {"drafts": []})

    @route("GET", "/api/templates", "templates")
    def templates(self, request: Request) -> Response:
        """A page that changes rarely, so that it need not be sent twice."""
        if "uncached" in self.faults:
            return Response(200, _PAGE, {"content-type": "application/json", "cache-control": "no-store"})
        tag = f'"{hashlib.sha256(_PAGE).hexdigest()[:16]}"'
        kept = {"etag": tag, "cache-control": "public, max-age=300"}
        if request.headers.get("if-none-match") == tag:
            return Response(304, b"", kept)
        return Response(200, _PAGE, {**kept, "content-type": "application/json"})

    # ---------------------------------------------------------------- what watches it

    @route("GET", "/grafana/api/health", "grafana health")
    def grafana_health(self, request: Request) -> Response:
        """Grafana's own health."""
        return Response.of(200, {"database": "ok", "version": "11.0.0", "commit": "0"})

    @route("GET", "/grafana/api/search", "grafana search")
    def grafana_search(self, request: Request) -> Response:
        """Its dashboards."""
        names = () if "no-dashboards" in self.faults or int(request.one("page", "1")) > 1 else DASHBOARDS
        found = [
            {"id": n, "uid": f"halcytone-{name}", "title": f"Halcytone {name}", "type": "dash-db", "tags": []}
            for n, name in enumerate(names, 1)
        ]
        return Response.of(200, found)

    @route("GET", "/prometheus/api/v1/query", "prometheus query")
    def prometheus_query(self, request: Request) -> Response:
        """One instant value: see `SERIES`."""
        return self._value(request.one("query"))

    @route("POST", "/prometheus/api/v1/query", "prometheus query by post")
    def prometheus_query_posted(self, request: Request) -> Response:
        """The same, as long queries are asked."""
        form = parse_qs(request.body.decode("utf-8", "replace"))
        return self._value(form.get("query", [""])[0])

    def _value(self, query: str) -> Response:
        memory = ("", MEMORY_PERCENT, "memory", 96.2)
        _, well, fault, ill = next((row for row in SERIES if row[0] in query), memory)
        value = ill if fault in self.faults else well
        result = [] if "no-data" in self.faults else [{"metric": {}, "value": [time.time(), str(value)]}]
        return Response.of(200, {"status": "success", "data": {"resultType": "vector", "result": result}})

    @route("GET", "/alertmanager/api/v2/status", "alertmanager status")
    def alertmanager_status(self, request: Request) -> Response:
        """Its version, and the configuration that says who is told."""
        told = "chat" if "unrouted" in self.faults else "pager"
        running = {"cluster": {"status": "disabled", "peers": []}, "versionInfo": {"version": "0.27.0"}}
        return Response.of(200, {**running, "config": {"original": ROUTES.replace("WHO", told)}})

    @route("GET", "/alertmanager/api/v2/alerts", "alertmanager alerts")
    def alertmanager_alerts(self, request: Request) -> Response:
        """Nothing is alerting."""
        return Response.of(200, [])

    @route("GET", "/alertmanager/api/v2/silences", "alertmanager silences")
    def alertmanager_silences(self, request: Request) -> Response:
        """Nothing is silenced."""
        return Response.of(200, [])

    # ---------------------------------------------------------------- the switches

    @route("GET", "/-/faults", "faults")
    def list_faults(self, request: Request) -> Response:
        """Every fault, and whether it is on."""
        return Response.of(200, {name: {"on": name in self.faults, "what": what} for name, what in FAULTS.items()})

    @route("PUT", "/-/faults/{name}", "fault on")
    def fault_on(self, request: Request, name: str) -> Response:
        """Switch one on."""
        return self._switched(name, on=True)

    @route("DELETE", "/-/faults/{name}", "fault off")
    def fault_off(self, request: Request, name: str) -> Response:
        """Switch one off."""
        return self._switched(name, on=False)

    def _switched(self, name: str, *, on: bool) -> Response:
        try:
            self.switch(name, on=on)
        except KeyError as unknown:
            return Response.of(404, {"message": str(unknown.args[0])})
        return Response.of(200, {"faults": sorted(self.faults)})

    def unanswered(self, request: Request) -> Response:
        """Any other page."""
        return Response.of(404, {"message": "not found"})
