"""The reports of several partitions together."""

import numpy as np
import pytest

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model import Series
from anomaly_stream.model.alert_rates import LEAST_COVERED_S, alerts_per_day
from anomaly_stream.model.status import ConfigActivity, PartitionStatus, SeenMetric
from anomaly_stream.pipeline.seen_metrics import SeenMetrics
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.registry.selections import selects_series
from anomaly_stream.settings import Settings


def report(partition: int, worker: str = "w", expires_at_ms: int = 1000, **fields: object) -> PartitionStatus:
    return PartitionStatus(1, worker, partition, 0, expires_at_ms, **fields)  # type: ignore[arg-type]


def test_sums_workers_and_alerts_per_day() -> None:
    covered_s = 2 * LEAST_COVERED_S
    one, two = (
        ConfigActivity("c", 3, 1, 2, 4, 9, false_alarms_per_day=0.5, alerts_covered=4),
        ConfigActivity("c", 2, 0, 0, 2, 1, "bad", false_alarms_per_day=0.25, alerts_covered=2),
    )
    status = WorkerStatus().with_reports(
        [
            report(0, "b", config_offset=4, covered_s=covered_s, configs=[one]),
            report(1, "a", config_offset=5, covered_s=covered_s, configs=[two]),
            report(2, "a", config_offset=5, covered_s=60.0),
        ]
    )
    found = status.config("c")
    assert [(one.worker, one.config_offset, one.partitions, one.series) for one in found.workers] == [
        ("a", 5, (1, 2), 2),
        ("b", 4, (0,), 3),
    ]
    assert found.activity == ConfigActivity(
        "c", 5, 1, 2, 6, 10, "bad", false_alarms_per_day=0.75, alerts_covered=6
    )
    assert found.alerts_per_day == pytest.approx(6 * 12)
    assert not found.incomplete


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], None),
        ([(0, 0.0)], None),
        ([(2, 3599.0)], None),
        ([(2, 3600.0)], 48.0),
        ([(2, 43_200.0), (1, 86_400.0)], 5.0),
        ([(2, 43_200.0), (0, 0.0)], 4.0),
        ([(2, 43_200.0), (0, 60.0)], None),
    ],
)
def test_alerts_per_day_are_the_sum_over_partitions_that_cover_an_hour(
    counts: list[tuple[int, float]], expected: float | None
) -> None:
    assert alerts_per_day(counts) == expected


def test_a_report_is_replaced_and_expires() -> None:
    status = WorkerStatus().with_reports([report(0, "old"), report(1, "old", 500)])
    status = status.with_reports([report(0, "new")])
    assert {one.worker for one in status.held(600).partitions.values()} == {"new"}
    assert not status.held(1000).partitions
    assert status.held(400).config("c").workers[0].worker == "new"


def test_a_config_that_was_left_out_is_incomplete() -> None:
    status = WorkerStatus().with_reports([report(0, configs_left_out=2), report(1)])
    assert status.config("c").incomplete
    assert status.config("c").alerts_per_day is None


@pytest.mark.parametrize(
    "document",
    [
        "{metric: flow}",
        "{metric: 'f*'}",
        "{metric: flow, match: {env: prod}}",
        "{metric: flow, match: {env: '!=prod'}}",
        "{metric: flow, match: {env: '=~p.*|'}}",
        "{metric: none}",
    ],
)
def test_matched_is_exact_for_one_matcher(document: str) -> None:
    series = [
        *(Series.of("flow", {"env": env, "unit": str(unit)}) for env in ("prod", "dev") for unit in range(6)),
        Series.of("flow", {"unit": "none"}),
        Series.of("full", {"env": "prod"}),
    ]
    (parsed,) = parse_document(document, "f.yaml", config_context(Settings()))
    found = status_of(series).matched(parsed.config, 4)
    assert found is not None
    count, examples = found
    expected = [one for one in series if selects_series(parsed.config, one)]
    assert count == len(expected)
    assert len(examples) <= 4
    assert set(examples) <= set(expected)


def status_of(series: list[Series]) -> WorkerStatus:
    """The report of a worker that has seen these series, in two partitions."""
    reports = []
    for partition in range(2):
        index = SeriesIndex()
        seen = SeenMetrics(index)
        seen.count(np.array([index.add(one) for one in series[partition::2]], np.int64))
        seen.advance(60.0)
        reports.append(report(partition, metrics=seen.summary()[0]))
    return WorkerStatus().with_reports(reports)


def test_metrics_are_merged_by_name() -> None:
    parts = [
        SeenMetric("m", 2, 3.0, {"a": {"x": 1, "y": 1}}, [{"a": "x"}]),
        SeenMetric("m", 1, 1.5, {"a": {"y": 1}}, [{"a": "y"}]),
    ]
    status = WorkerStatus().with_reports(
        [report(number, metrics=[part], metrics_left_out=number) for number, part in enumerate(parts)]
    )
    assert status.metrics() == [SeenMetric("m", 3, 4.5, {"a": {"y": 2, "x": 1}}, [{"a": "x"}, {"a": "y"}])]
    assert status.metrics_left_out == 1
