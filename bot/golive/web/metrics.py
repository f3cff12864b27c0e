"""Figures for Prometheus, without any repository's or person's name."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from golive.store.store import Store


class Metrics:
    """One registry per service, so that two in a process do not meet."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "golive_deliveries", "Deliveries by door and what became of them.", ["door", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.registry.register(_FromStore(store))

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
