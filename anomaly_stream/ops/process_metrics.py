"""The Prometheus metrics of any process, and the means to add others."""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from anomaly_stream import __version__

#: Prefix of every metric's name.
PREFIX = "anomaly_stream_"


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """One metric of the catalogue."""

    name: str
    """As Prometheus stores it."""
    kind: str
    labels: tuple[str, ...]
    help: str


class ProcessMetrics:
    """The metrics of any process, and the means to add others.

    Attributes:
        registry: the metrics that Prometheus reads.
        catalogue: every metric, for the documentation.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.catalogue: list[MetricEntry] = []
        self.build_info = self.gauge("build_info", "Always 1; the label names the release.", "version")
        self.build_info.labels(__version__).set(1)

    def counter(self, name: str, text: str, label: str | None = None, values: Sequence[str] = ()) -> Counter:
        """A counter. It starts at 0 for each of the ``values`` of its label that are known."""
        labels = () if label is None else (label,)
        counter = Counter(PREFIX + name, text, labels, registry=self.registry)
        for value in values:
            counter.labels(value)
        self.catalogue.append(MetricEntry(f"{PREFIX}{name}_total", "counter", labels, text))
        return counter

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """A gauge."""
        self.catalogue.append(MetricEntry(PREFIX + name, "gauge", labels, text))
        return Gauge(PREFIX + name, text, labels, registry=self.registry)

    def histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        """A histogram with these upper bounds of its buckets."""
        self.catalogue.append(MetricEntry(PREFIX + name, "histogram", labels, text))
        return Histogram(PREFIX + name, text, labels, registry=self.registry, buckets=buckets)
