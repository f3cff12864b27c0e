"""Figures for Prometheus, without any repository's or person's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from golive.githubapp.meter import Figures
from golive.store.store import Store


class Metrics:
    """One registry per service, so that two in a process do not meet."""

    def __init__(self, store: Store, spending: Callable[[], list[Figures]] = list) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "golive_deliveries", "Deliveries by door and what became of them.", ["door", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.registry.register(_FromStore(store))
        self.registry.register(_Spending(spending))

    def text(self) -> bytes:
        """The page that Prometheus reads."""
        return generate_latest(self.registry)


class _FromStore:
    """Gauges read from the store at each scrape."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client's Collector."""
        counts = self._store.counts()
        kept = GaugeMetricFamily("golive_inbox", "Kept deliveries by state.", labels=["state"])
        for name, value in counts.items():
            if name.startswith("inbox_"):
                kept.add_metric([name.removeprefix("inbox_")], value)
        yield kept
        yield GaugeMetricFamily("golive_due", "Looks that are due or planned.", counts["due"])
        yield GaugeMetricFamily("golive_failing", "Subjects whose last turn failed.", counts["failing"])
        yield GaugeMetricFamily("golive_open_releases", "Open releases.", counts["open_releases"])

    def describe(self) -> Iterator[Metric]:
        """Nothing is said before the first scrape."""
        return iter(())


class _Spending:
    """What requests to GitHub cost, and what is left, by installation: its number is no name."""

    def __init__(self, figures: Callable[[], list[Figures]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client's Collector."""
        requests = CounterMetricFamily(
            "golive_github_requests", "Requests to GitHub by what became of them; not_modified ones are free.",
            labels=["installation", "outcome"],
        )  # fmt: skip
        quota = GaugeMetricFamily(
            "golive_github_quota", "GitHub's hourly quota as it said last: limit, remaining, used.",
            labels=["installation", "figure"],
        )  # fmt: skip
        reset = GaugeMetricFamily(
            "golive_github_quota_reset_seconds", "When the quota is whole again, in seconds since 1970.",
            labels=["installation"],
        )  # fmt: skip
        waits = GaugeMetricFamily(
            "golive_github_waits_until_seconds", "Until when GitHub told it to wait, in seconds since 1970; 0: it did not.",
            labels=["installation"],
        )  # fmt: skip
        for one in self._figures():
            name = str(one.installation)
            for outcome, count in sorted(one.requests.items()):
                requests.add_metric([name, outcome], count)
            for figure in ("limit", "remaining", "used"):
                quota.add_metric([name, figure], getattr(one.quota, figure))
            reset.add_metric([name], one.quota.reset.timestamp() if one.quota.reset else 0)
            waits.add_metric([name], one.waits_until.timestamp() if one.waits_until else 0)
        yield from (requests, quota, reset, waits)

    def describe(self) -> Iterator[Metric]:
        """Nothing is said before the first scrape."""
        return iter(())
