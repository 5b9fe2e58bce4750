"""What is dropped is logged: the first of each kind at once, then counts, at most once a minute."""

import logging

import pytest

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import Series
from anomaly_stream.model.group import GroupCounts
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.drop_log import INTERVAL_S, DropLog
from tests.engine.flow import SOURCES, message
from tests.engine.inputs import config, plan_of
from tests.formats.columns import KAFKA_MS, record_columns

NOW = KAFKA_MS / 1000.0


class Worker:
    def __init__(self) -> None:
        self.now = 0.0
        self.pipeline = Pipeline(
            plan_of(config("a", metric="flow", max_series=2)), SOURCES, max_ahead_s=3600.0
        )
        self.log = DropLog(lambda: self.now)

    def take(self, *values: bytes) -> None:
        records = record_columns(values)
        self.log.report(self.pipeline.process(records), records, self.pipeline.index.series)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "anomaly_stream.stream.drop_log")
    return caplog


def test_the_first_of_each_kind_says_where_it_was(logged: pytest.LogCaptureFixture) -> None:
    worker = Worker()
    steady = [message("u", 1.0, NOW - 600.0 + i) for i in range(9)]
    worker.take(
        *steady,
        message("u", 1.0, NOW - 600.0 + 8),
        message("u", 1.0, NOW - 600.0 + 3.5),
        message("u", 1.0, NOW),
        message("u", 1.0, NOW + 7200.0),
        b"rubbish",
        message("v", 1.0, NOW).replace(b"flow", b"load"),
        message("w", 1.0, NOW),
        message("x", 1.0, NOW),
    )
    told = {text.split(",")[0].split(":")[0]: text for text in logged.messages}
    assert len(logged.messages) == 7
    assert len(told) == 6  # two dead letters, because each reason is logged
    dead = [text for text in logged.messages if text.startswith("Sent to the dead-letter topic")]
    place = "topic metrics, partition 3, offset"
    assert (
        f"{place} 1009, series flow{{unit=u}}, time 2023-11-14 22:03:28 UTC" in told["Dropped as duplicate"]
    )
    assert f"{place} 1010, series flow{{unit=u}}" in told["Dropped as late"]
    assert f"{place} 1011, series flow{{unit=u}}" in told["Dropped as ahead"]
    assert any(f"{place} 1012, ahead: flow{{unit=u}}" in text for text in dead)
    assert any(f"{place} 1013, " in text for text in dead)
    assert f"{place} 1014, series load{{unit=v}}" in told["Unmatched"]
    assert f"{place} 1016, series flow{{unit=x}}" in told["Refused"]


def test_the_next_ones_are_counted_once_a_minute(logged: pytest.LogCaptureFixture) -> None:
    worker = Worker()
    for _ in range(5):
        worker.take(b"rubbish")
        worker.now += 1.0
    assert len(logged.messages) == 1
    worker.now = INTERVAL_S
    worker.take(b"rubbish", b"rubbish")
    assert len(logged.messages) == 2
    assert "6 more in 60 s" in logged.messages[1]
    worker.now += INTERVAL_S
    worker.take(message("u", 1.0, NOW))
    assert len(logged.messages) == 2


def test_more_of_a_kind_in_one_batch_are_counted(logged: pytest.LogCaptureFixture) -> None:
    Worker().take(b"rubbish", b"more rubbish", b"{}")
    first, second = logged.messages
    assert first.endswith("; 1 more in the same batch")
    assert "more" not in second


def test_values_of_groups_are_named_with_their_instance(logged: pytest.LogCaptureFixture) -> None:
    counts = GroupCounts()
    instance = Series.of("pair", {"host": "a"})
    for name in ("late", "unmatched", "refused", "incomplete"):
        counts.note(name, 0, 5, instance)
        counts.note(name, 2, 0, instance)
        counts.note(name, 1, 1, instance)
    output = Output([], [], [], [], [], group_counts=counts)
    DropLog(lambda: 0.0).report(output, record_columns([b"", b""]), ())
    place = "topic metrics, partition 3, offset 1000, instance pair{host=a}; 2 more in the same batch"
    assert [text.partition(": ")[2] for text in logged.messages] == [place] * 4
