"""The bounds of status records."""

from anomaly_stream.formats.status import (
    CONFIG_BYTES,
    METRIC_BYTES,
    MOST_METRICS,
    bounded,
    decode_status,
    encode_status,
)
from anomaly_stream.model.status import ConfigActivity, PartitionStatus, SeenMetric


def status(configs: int, metrics: int, width: int = 1) -> PartitionStatus:
    labels = {f"label{number}" * 20: {"value" * 40: 1} for number in range(width)}
    return PartitionStatus(
        1, "host:1", 3, 1000, 2000, 7, 60.0,
        [ConfigActivity(f"config{number}" * 10, series=number) for number in range(configs)], 0,
        [SeenMetric(f"metric{number}", 1, 60.0, labels) for number in range(metrics)], 0,
    )  # fmt: skip


def test_it_is_read_as_it_was_written() -> None:
    for one in (status(0, 0), status(3, 2)):
        assert decode_status(encode_status(bounded(one))) == one


def test_records_that_do_not_fit_are_counted() -> None:
    one = bounded(status(10_000, 2_000, 8))
    assert 0 < len(one.configs) < 10_000
    assert len(one.configs) + one.configs_left_out == 10_000
    assert 0 < len(one.metrics) < MOST_METRICS
    assert len(one.metrics) + one.metrics_left_out == 2_000
    assert len(encode_status(one)) < CONFIG_BYTES + METRIC_BYTES + 1000
    assert len(bounded(status(0, 2_000)).metrics) == MOST_METRICS
