"""What a job or a preview says is for those who use HTTP: it names no option of a command."""

import os
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from anomaly_stream.api.tasks.messages import Failure, LoadTask, PreviewTask, Reply, Result, UnlearnTask
from anomaly_stream.apps import api_task, load_history, unlearn
from anomaly_stream.settings import Settings
from tests.api.world import World


@pytest.fixture(autouse=True)
def _configs(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.create("sre", id="flow", metric="flow")
    for module in (load_history, unlearn):
        monkeypatch.setattr(module, "read_configs", lambda _: world.store.registry)


def loaded(directory: Path, content: bytes, **options: object) -> Reply:
    path = directory / "history"
    path.write_bytes(content)
    file = os.open(path, os.O_RDONLY)
    task = LoadTask(job_id="0" * 32, config_id="flow", file=file, options={"format": "csv", **options})
    return api_task._reply(Settings(), task, BytesIO())


def test_columns_that_are_not_found_are_named_by_parameters(tmp_path: Path) -> None:
    reply = loaded(tmp_path, b"when,flow\n2024-01-01T00:00:00Z,1\n")
    assert reply == Failure(
        "history: the table has no column 'value' or 'timestamp', only 'when', 'flow': add "
        "timestamp_column=when and value_column=flow, or use wide=true if each column is a metric"
    )


def test_rows_that_cannot_be_read_are_explained_by_parameters(tmp_path: Path) -> None:
    reply = loaded(tmp_path, b"time,value\n02/01/2024,1\n")
    assert isinstance(reply, Failure)
    assert "timestamp_format='%d/%m/%Y' or '%m/%d/%Y'" in reply.detail
    assert "--" not in reply.detail


def test_late_values_of_a_preview_are_explained_without_an_option() -> None:
    messages = [{"metric": "flow", "timestamp": time, "value": 1} for time in (1_700_000_060, 1_700_000_000)]
    task = PreviewTask(
        config={"id": "flow", "metric": "flow"},
        observations=msgspec.Raw(msgspec.json.encode(messages)),
        limit=10,
        seconds=1.0,
        points=10,
    )
    reply = api_task._reply(Settings(), task, BytesIO())
    assert isinstance(reply, Result)
    late = [text for text in msgspec.json.decode(reply.body)["warnings"] if "older than the one" in text]
    assert [text.rpartition(": ")[2] for text in late] == ["sort the input by time"]


def test_a_past_that_is_not_held_is_explained_by_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlearn, "held_since", lambda *_: 7_200_000)
    task = UnlearnTask(job_id="0" * 32, config_id="flow", author="ann", end=60.0, learn_from=3600.0)
    reply = api_task._reply(Settings(), task, BytesIO())
    assert isinstance(reply, Failure)
    assert reply.detail.endswith("from 1970-01-01 01:00:00 UTC: begin later with field learn_from")
