"""What a worker counts of series commands: each once, when it is obeyed or has no row."""

from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.series_commands import SeriesCommands
from tests.engine.flow import feed
from tests.pipeline.test_commands import checkpoint, pipeline_of, reset, restarted, values


class Worker:
    """A worker that starts, with its partitions loaded under the commands."""

    def __init__(self, commands: list[SeriesCommand], *pipelines: Pipeline) -> None:
        self.registry = CollectorRegistry()
        self.accounts = SeriesCommands(WorkerMetrics(self.registry))
        self.accounts.expect(commands)
        self.partitions: dict[int, Any] = {
            number: SimpleNamespace(pipeline=pipeline, configs=SimpleNamespace(is_waiting=False))
            for number, pipeline in enumerate(pipelines)
        }

    def counts(self) -> dict[str, float | None]:
        self.accounts.report(self.partitions)
        name = "anomaly_stream_series_commands_total"
        return {
            result: self.registry.get_sample_value(name, {"result": result})
            for result in ("obeyed", "no_row")
        }


def test_after_a_restart_a_command_that_was_obeyed_is_not_one_without_a_row(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    state: dict[bytes, bytes] = {}
    pipeline = pipeline_of()
    feed(pipeline, values("u", 0, 30))
    checkpoint(pipeline, state)
    known, unknown = reset("u", 3), reset("nobody", 4)
    results = []
    for _ in range(2):
        one, other = restarted(state, [known, unknown]), restarted({}, [known, unknown])
        checkpoint(one, state)
        checkpoint(other)
        results.append(Worker([known, unknown], one, other).counts())
    assert results == [{"obeyed": 1, "no_row": 1}, {"obeyed": 0, "no_row": 1}]
    assert "flow{unit=u}" in caplog.messages[0]
    assert [
        message for message in caplog.messages if "No row here for the reset of flow{unit=u}" in message
    ] == []


def test_a_command_that_a_series_began_after_is_not_one_without_a_row() -> None:
    state: dict[bytes, bytes] = {}
    command = reset("u", 3)
    pipeline = restarted(state, [command])
    feed(pipeline, values("u", 0, 10))
    checkpoint(pipeline, state)
    again = restarted(state, [command])
    checkpoint(again, state)
    assert Worker([command], again).counts() == {"obeyed": 0, "no_row": 0}


def test_a_further_command_for_another_series_finds_the_earlier_one_obeyed() -> None:
    pipeline = pipeline_of()
    feed(pipeline, [*values("u", 0, 10), *values("v", 0, 10)])
    worker = Worker([], pipeline)
    for commands in ([reset("u", 3)], [reset("u", 3), reset("v", 4)]):
        worker.accounts.expect(commands)
        pipeline.commands.put(commands)
        checkpoint(pipeline)
    assert worker.counts() == {"obeyed": 2, "no_row": 0}
