"""Exposition: metrics in Prometheus's text format.  The only module that speaks its client.

In: one process's counts and what is watched.  Out: the body of `/metrics`.  Invariant: a registry
of its own, whose figures are read at scrape time.
"""

from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client import Metric as Family
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

from monitor.vitals.counts import Counts
from monitor.vitals.histogram import Histogram
from monitor.vitals.metrics import METRICS, Figure, Metric, figures
from monitor.vitals.watched import Watched

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What every scraper reads."""


def make_registry(counts: Counts, watched: Watched) -> CollectorRegistry:
    """The registry of one process: its own figures, and what Python and the system say of it."""
    registry = CollectorRegistry()
    registry.register(_Collector(counts, watched))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def metrics_text(registry: CollectorRegistry) -> bytes:
    """Everything in `registry`, as it is scraped."""
    return generate_latest(registry)


class _Collector:
    """Reads the figures when they are asked for."""

    def __init__(self, counts: Counts, watched: Watched) -> None:
        self._counts = counts
        self._watched = watched

    def collect(self) -> Iterator[Family]:
        """Every metric as it is now."""
        outages = self._watched.outages.lasting_s()
        for name, figure in figures(self._counts, self._watched.state(), outages).items():
            yield _family(name, METRICS[name], figure)


def _family(name: str, metric: Metric, figure: Figure) -> Family:
    if isinstance(figure, Histogram):
        buckets = [(_bound(bound), float(n)) for bound, n in figure.cumulative()]
        return HistogramMetricFamily(name, metric.about, buckets=buckets, sum_value=figure.sum)
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, metric.about, labels=metric.labels)
    for labels, value in [((), figure)] if isinstance(figure, int | float) else figure:
        family.add_metric(labels, float(value))
    return family


def _bound(bound: float) -> str:
    return "+Inf" if bound == float("inf") else str(bound)
