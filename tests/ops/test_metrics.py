from dataclasses import dataclass, field

import numpy as np
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from anomaly_stream import __version__
from anomaly_stream.model import Fault, FaultReason, Outcome, OutcomeCounts
from anomaly_stream.ops.metrics import PREFIX, Telemetry


@dataclass
class Output:
    outcome: Outcome
    faults: list[Fault] = field(default_factory=list)
    alert_statuses: list[str] = field(default_factory=list)


def outcome(counts: OutcomeCounts) -> Outcome:
    columns = [np.empty(0) for name in Outcome.__dataclass_fields__ if name != "counts"]
    return Outcome(counts, *columns)


def sample(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(PREFIX + name, labels)


def test_a_batch_is_counted() -> None:
    telemetry = Telemetry(CollectorRegistry())
    counts = OutcomeCounts(10, 1, 8, 7, 2, 3, 4, 5, minor=1, moderate=2, severe=3)
    faults = [Fault(0, FaultReason.VALUE, ""), Fault(1, FaultReason.VALUE, "")]
    telemetry.observe_batch(Output(outcome(counts), faults, ["firing", "resolved", "firing"]), 12, 0.002)
    telemetry.observe_batch(Output(outcome(OutcomeCounts(observations=5))), 5, 0.002)
    read = {
        name: sample(telemetry, f"observations_{name}_total")
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
    assert sample(telemetry, "records_total") == 17
    assert sample(telemetry, "observations_total") == 15
    assert sample(telemetry, "anomalies_total", severity="severe") == 3
    assert sample(telemetry, "dead_letters_total", reason="value") == 2
    assert sample(telemetry, "dead_letters_total", reason="empty") == 0
    assert sample(telemetry, "alerts_total", status="firing") == 2
    assert sample(telemetry, "batch_seconds_count") == 2
    assert sample(telemetry, "build_info", version=__version__) == 1


def test_the_catalogue_is_what_prometheus_sees() -> None:
    telemetry = Telemetry(CollectorRegistry())
    telemetry.lag.labels("metrics", "0").set(1)
    text = generate_latest(telemetry.registry).decode()
    families = {
        family.name + ("_total" if family.type == "counter" else ""): family
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    }
    assert {entry.name: entry.kind for entry in telemetry.catalogue} == {
        name: family.type for name, family in families.items()
    }
    for entry in telemetry.catalogue:
        assert entry.name.startswith(PREFIX)
        assert entry.help.endswith(".")
        (metric,) = [value for value in vars(telemetry).values() if _is_named(value, entry.name)]
        assert entry.labels == metric._labelnames


def _is_named(value: object, name: str) -> bool:
    return (isinstance(value, Histogram) and value._name == name) or (
        getattr(value, "_name", None) in (name, name.removesuffix("_total"))
    )
