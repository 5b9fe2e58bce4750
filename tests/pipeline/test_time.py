"""Wild clocks and slow series through a whole pipeline, without and with Kafka timestamps."""

import dataclasses
import json

import numpy as np
import pytest

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import FaultReason, Publish
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, message
from tests.engine.inputs import config, plan_of
from tests.formats.columns import record_columns

T, MINUTE, DAY = 1_704_067_200.0, 60.0, 86400.0


def auto(**fields: object) -> Pipeline:
    plain = {"metric": "flow", "detectors": ("auto",), "window_points": 1000, "publish": Publish.ANOMALIES}
    return Pipeline(plan_of(config("a", **{**plain, **fields})), SOURCES, max_ahead_s=3600.0)


def feed_at(pipeline: Pipeline, messages: list[bytes], kafka_s: list[float]) -> Output:
    """Messages whose Kafka records have these timestamps; -1 for none."""
    records = record_columns(messages)
    stamps = np.array([-1 if each < 0 else round(each * 1000) for each in kafka_s], np.int64)
    return pipeline.process(dataclasses.replace(records, timestamp_ms=stamps))


def anomalies(output: Output) -> list[tuple[float, float]]:
    found = [json.loads(score.value) for score in output.scores]
    return [(score["timestamp"], score["value"]) for score in found]


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("ahead_s", [2 * DAY, 70 * 365 * DAY])
def test_a_value_of_the_future_makes_no_other_late(stamped: bool, ahead_s: float) -> None:
    true = [T + MINUTE * i for i in range(300)]
    sent = [time + (ahead_s if i == 90 else 0.0) for i, time in enumerate(true)]
    messages = [message("u", 700.0 if i == 210 else 50 + i % 7 * 0.3, time) for i, time in enumerate(sent)]
    output = feed_at(auto(), messages, true if stamped else [-1.0] * 300)
    counts = output.outcome.counts
    assert (counts.late, counts.duplicate) == (0, 0)
    assert (true[210], 700.0) in anomalies(output)
    if stamped:
        assert [(fault.record, fault.reason) for fault in output.faults] == [(90, FaultReason.AHEAD)]
        assert "flow{unit=u}" in output.faults[0].detail
        assert "worker.max_ahead_s" in output.faults[0].detail
        assert (counts.observations, counts.ahead) == (299, 0)
    else:
        assert (output.faults, counts.ahead) == ([], 1)


def test_within_the_limit_a_record_may_be_ahead_of_kafka() -> None:
    output = feed_at(auto(), [message("u", 1.0, T + 3600.0), message("v", 1.0, T + 3601.0)], [T, T])
    assert [fault.record for fault in output.faults] == [1]
    assert output.outcome.counts.observations == 1


def test_one_fault_names_the_elements_of_an_array() -> None:
    good, wild = message("u", 1.0, T), message("u", 2.0, T + 2 * DAY)
    array = b"[" + b",".join([good, *[wild] * 7]) + b"]"
    output = feed_at(auto(), [array], [T])
    assert output.outcome.counts.observations == 1
    (fault,) = output.faults
    assert fault.detail.count("2 d ahead") == 5
    assert fault.detail.endswith("; and 2 more")


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("wild", ["once", "for good"])
def test_one_series_never_ages_another(stamped: bool, wild: str) -> None:
    """With the clock of its producer, a record's Kafka timestamp may be as wrong as its event time."""
    messages, times = [], []
    for i in range(200):
        ahead = 40 * DAY if i == 100 or (wild == "for good" and i > 100) else 0.0
        messages.append(message("a", 500.0 if i == 130 else 50 + i % 7 * 0.3, T + MINUTE * i))
        messages.append(message("b", 50 + i % 7 * 0.3, T + MINUTE * i + ahead))
        times += [T + MINUTE * i, T + MINUTE * i + ahead]
    output = feed_at(auto(series_ttl_s=7 * DAY), messages, times if stamped else [-1.0] * 400)
    assert output.outcome.counts.expired == 0
    assert output.outcome.counts.ahead == (1 if wild == "once" else 3)
    assert (T + MINUTE * 130, 500.0) in anomalies(output)


@pytest.mark.parametrize("stamped", [False, True])
def test_a_series_is_not_aged_by_its_own_step(stamped: bool) -> None:
    times = [1_136_073_600.0 + 31 * DAY * i for i in range(168)]
    messages = [message("u", 400 if i == 150 else 100 + i % 12, time) for i, time in enumerate(times)]
    output = feed_at(auto(), messages, times if stamped else [-1.0] * 168)
    counts = output.outcome.counts
    assert (counts.expired, counts.late, counts.ahead) == (0, 0, 0)
    assert counts.scored > 100
    assert (times[150], 400.0) in anomalies(output)


def test_slow_series_do_not_age_each_other() -> None:
    times = [T + 31 * DAY * i for i in range(60)]
    messages = [message(unit, 100 + i % 12, time) for i, time in enumerate(times) for unit in "abc"]
    assert feed_at(auto(), messages, [-1.0] * 180).outcome.counts.expired == 0
