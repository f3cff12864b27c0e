"""The kinds that ask Prometheus, against a real one that scrapes a page of this test. Skipped where it is not installed."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from golive.checks.prometheus import PrometheusCheck
from golive.core.model import Finding, Outcome
from looks import looking
from real_servers import free_port, refusing_port, until_ready
from website import Asked, Said, serving

pytestmark = [
    pytest.mark.sockets,
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="prometheus is not installed; apt-get install prometheus"
    ),
    pytest.mark.xdist_group("prometheus"),
]

METRICS = """# TYPE http_requests_total counter
http_requests_total{route="/a",code="200"} 900
http_requests_total{route="/b",code="500"} 100
# TYPE queue_depth gauge
queue_depth 12
# TYPE nothing gauge
nothing NaN
"""
CONFIG = """global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["{shop}"]}}]
  - job_name: gone
    static_configs: [{{targets: ["127.0.0.1:{closed}"]}}]
"""


@dataclass(frozen=True)
class Running:
    url: str

    def ask(self, **options: Any) -> Finding:
        """What the kind finds there now."""
        check = PrometheusCheck.model_validate({"url": self.url, **options})
        return check.judge(check.collect(looking()))

    def eventually(self, outcome: Outcome, **options: Any) -> Finding:
        """The first finding with this outcome, or the last one after ten seconds."""
        deadline = time.monotonic() + 10
        while True:
            finding = self.ask(**options)
            if finding.outcome is outcome or time.monotonic() > deadline:
                return finding


def metrics(asked: Asked) -> Said:
    return Said(200, METRICS, (("Content-Type", "text/plain; version=0.0.4"),))


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    port = free_port()
    with serving(metrics) as shop, (folder / "log").open("w") as log:
        file = folder / "prometheus.yml"
        file.write_text(CONFIG.format(shop=shop.base.removeprefix("http://"), closed=refusing_port()))
        process = subprocess.Popen(
            [
                "prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            running = Running(f"http://127.0.0.1:{port}")
            until_ready(process, f"{running.url}/-/ready", folder / "log")
            scraped = running.eventually(Outcome.PASSED, targets=True, job="shop")
            assert scraped.outcome is Outcome.PASSED, scraped.summary
            yield running
        finally:
            process.terminate()
            process.wait(10)


def value(finding: Finding) -> Any:
    return next((measure.value for measure in finding.measures if measure.name == "value"), None)


@pytest.mark.parametrize(
    ("options", "outcome", "measured", "says"),
    [
        ({"query": "queue_depth", "max_staleness": "1m"}, "passed", 12, "12 from 1 series"),
        ({"query": "sum(http_requests_total)"}, "passed", 1000, ""),
        ({"query": "scalar(queue_depth) * 2"}, "passed", 24, ""),
        ({"query": "http_requests_total"}, "unknown", "2 series", "nothing says which counts"),
        ({"query": "http_requests_total", "aggregate": "max"}, "passed", 900, "max 900"),
        ({"query": "http_requests_total", "each": ">=100"}, "passed", "2 series", ""),
        ({"query": "http_requests_total", "each": ">100"}, "failed", "2 series", "value is 100"),
        ({"query": "queue_depth", "over": "10s", "step": "1s", "aggregate": "max"}, "passed", 12, "max 12"),
        (
            {"query": "queue_depth", "over": "1h", "aggregate": "p95", "min_samples": 200},
            "unknown",
            12,
            "Too little data",
        ),
        ({"query": "no_such_series"}, "unknown", None, "0 samples"),
        ({"query": "nothing"}, "unknown", None, "NaN"),
        ({"query": "queue_depth / 0"}, "unknown", None, "+Inf"),
        ({"query": "queue_depth[5m]"}, "unknown", None, "many values"),
        ({"query": "sum by (route) http_requests_total"}, "unknown", None, "bad_data"),
        (
            {
                "query": 'sum(http_requests_total{code="500"}) / sum(http_requests_total)',
                "unit": "ratio",
                "samples": "sum(http_requests_total)",
                "min_samples": 1000,
                "max_staleness": "1m",
                "freshness_of": "http_requests_total",
            },
            "passed",
            10,
            "10 %",
        ),
        ({"targets": True, "job": "shop", "max_staleness": "1m"}, "passed", None, "1 of 1 target of the job shop up"),
        ({"targets": True, "job": "nobody"}, "unknown", None, "0 samples"),
        ({"exists": ["up", 'http_requests_total{code="500"}'], "max_staleness": "1m"}, "passed", None, "2 of 2"),
        ({"exists": ["up", "missing_total"]}, "failed", None, "missing_total has no sample"),
    ],
)
def test_a_real_prometheus_is_read(
    prometheus: Running, options: dict[str, Any], outcome: str, measured: Any, says: str
) -> None:
    finding = prometheus.eventually(Outcome(outcome), **options)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert value(finding) == measured


def test_a_target_that_refuses_is_down_in_prometheus_words(prometheus: Running) -> None:
    finding = prometheus.eventually(Outcome.FAILED, targets=True)
    assert finding.outcome is Outcome.FAILED, finding.summary
    assert "gone 127.0.0.1" in finding.summary
    assert "refused" in finding.summary


def test_prometheus_own_name_for_an_aggregation_is_measured_per_series(prometheus: Running) -> None:
    finding = prometheus.eventually(Outcome.PASSED, query="sum by (route) (http_requests_total)", aggregate="min")
    assert {"_/a": 900.0, "_/b": 100.0}.items() <= {one.name: one.value for one in finding.measures}.items()
