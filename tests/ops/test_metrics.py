from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from anomaly_stream import __version__
from anomaly_stream.formats.outcomes import Output, Publication
from anomaly_stream.model import Fault, FaultReason, Outcome, OutcomeCounts
from anomaly_stream.model.group import GroupCounts
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.ops.process_metrics import PREFIX, ProcessMetrics


def output(counts: OutcomeCounts, faults: list[Fault] | None = None, statuses: Sequence[str] = ()) -> Output:
    alerts = [Publication(b"", SimpleNamespace(status=status), 0) for status in statuses]
    return Output(faults or [], [], alerts, [], [], outcome=outcome(counts))


def outcome(counts: OutcomeCounts) -> Outcome:
    columns = [np.empty(0) for name in Outcome.__dataclass_fields__ if name != "counts"]
    return Outcome(counts, *columns)


def sample(metrics: ProcessMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(PREFIX + name, labels)


def test_a_batch_is_counted() -> None:
    metrics = WorkerMetrics(CollectorRegistry())
    counts = OutcomeCounts(10, 1, 8, 7, 2, 3, 4, 5, minor=1, moderate=2, severe=3, known=4)
    faults = [Fault(0, FaultReason.VALUE, ""), Fault(1, FaultReason.VALUE, "")]
    metrics.observe(output(counts, faults, ["firing", "resolved", "firing"]), 12, 0.002)
    metrics.observe(output(OutcomeCounts(observations=5)), 5, 0.002)
    read = {
        name: sample(metrics, f"observations_{name}_total")
        for name in (
            "unmatched",
            "scored",
            "learned",
            "learning",
            "late",
            "duplicate",
            "replayed",
        )
    }
    assert read == {
        "unmatched": 1, "scored": 8, "learned": 7, "learning": 2, "late": 3, "duplicate": 4,
        "replayed": 5,
    }  # fmt: skip
    assert sample(metrics, "records_total") == 17
    assert sample(metrics, "observations_total") == 15
    assert sample(metrics, "anomalies_total", severity="severe") == 3
    assert sample(metrics, "anomalies_known_total") == 4
    assert sample(metrics, "dead_letters_total", reason="value") == 2
    assert sample(metrics, "dead_letters_total", reason="empty") == 0
    assert sample(metrics, "alerts_total", status="firing") == 2
    assert sample(metrics, "batch_seconds_count") == 2
    assert sample(metrics, "build_info", version=__version__) == 1


def test_the_catalogue_is_what_prometheus_sees() -> None:
    metrics = WorkerMetrics(CollectorRegistry())
    metrics.lag.labels("metrics", "0").set(1)
    text = generate_latest(metrics.registry).decode()
    families = {
        family.name + ("_total" if family.type == "counter" else ""): family
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    }
    assert {entry.name: entry.kind for entry in metrics.catalogue} == {
        name: family.type for name, family in families.items()
    }
    for entry in metrics.catalogue:
        assert entry.name.startswith(PREFIX)
        assert entry.help.endswith(".")
        (metric,) = [value for value in vars(metrics).values() if _is_named(value, entry.name)]
        assert entry.labels == metric._labelnames


def _is_named(value: object, name: str) -> bool:
    return (isinstance(value, Histogram) and value._name == name) or (
        getattr(value, "_name", None) in (name, name.removesuffix("_total"))
    )


def test_a_slice_of_the_groups_topic_is_counted() -> None:
    metrics = WorkerMetrics(CollectorRegistry())
    counts = GroupCounts(values=9, refused=4, vectors=5, anomalies=[1, 0, 2])
    metrics.observe(Output([], [], [], [], [], group_counts=counts), 7, 0.002)
    assert sample(metrics, "records_total") == 0
    assert sample(metrics, "group_values_total") == 9
    assert sample(metrics, "group_vectors_total") == 5
    assert sample(metrics, "observations_refused_total", limit="group_max_instances") == 4
    assert sample(metrics, "anomalies_total", severity="severe") == 2
    assert sample(metrics, "batch_seconds_count") == 1


def test_any_process_has_metrics_of_its_own() -> None:
    metrics = ProcessMetrics(CollectorRegistry())
    metrics.counter("events", "Events.", "status", ["read"]).labels("read").inc()
    assert sample(metrics, "events_total", status="read") == 1
    names = [entry.name.removeprefix(PREFIX) for entry in metrics.catalogue]
    assert names == ["build_info", "events_total"]
