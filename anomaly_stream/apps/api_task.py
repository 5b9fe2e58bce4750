"""A task process of the API: previews, one at a time, or one job.

Its parent talks to it over standard input and output (``api.tasks.messages``). Nothing else may write to
standard output, so that is redirected to standard error first. The process ends at once when its parent does.
"""

import dataclasses
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

from anomaly_stream.api.tasks.messages import (
    LENGTH_BYTES,
    NULL,
    Failure,
    LoadTask,
    PrepareTask,
    PreviewTask,
    Progress,
    Reply,
    Result,
    Task,
    TuneTask,
    UnlearnTask,
    decode_settings,
    decode_task,
    encode,
    framed,
)
from anomaly_stream.apps.load_history import (
    LoadProgress,
    NoSuchConfigError,
    config_to_load,
    load_history,
)
from anomaly_stream.apps.tuning import proposal_for
from anomaly_stream.apps.unlearn import Past, unlearn
from anomaly_stream.apps.unlearn_target import Target, target_of_alert
from anomaly_stream.errors import AnomalyStreamError, BrokerError, ConfigError
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.registry import DEFAULT_FORMAT, FORMATS
from anomaly_stream.intake.option_spelling import BODY, QUERY
from anomaly_stream.intake.options import IntakeOptions
from anomaly_stream.intake.reader import read_stream
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import RecordColumns, Series
from anomaly_stream.model.time_range import range_of
from anomaly_stream.ops.compilation import compile_kernels
from anomaly_stream.registry.parsing import Config, parse_config
from anomaly_stream.registry.selections import metrics_of
from anomaly_stream.report.history_run import FILE
from anomaly_stream.report.preview import preview
from anomaly_stream.settings import Settings

_PROGRESS_S = 1.0
_RECORDS_AT_ONCE = 20_000
_MOST_ALERTS = 500
"""Alerts of a proposal in the record of its job."""


def main() -> None:
    """Serve requests until standard input is closed."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_all, args=(sys.stdin.buffer, requests), daemon=True).start()
    settings = decode_settings(requests.get())
    while True:
        _write(replies, _reply(settings, decode_task(requests.get()), replies))


def _read_all(stream: BinaryIO, requests: "queue.SimpleQueue[bytes]") -> None:
    """Read every request, and end the process when there are no more: a load must not outlive its parent."""
    while len(length := stream.read(LENGTH_BYTES)) == LENGTH_BYTES:
        requests.put(stream.read(int.from_bytes(length, "big")))
    os._exit(0)


def _write(replies: BinaryIO, reply: Reply) -> None:
    replies.write(framed(encode(reply)))
    replies.flush()


def _reply(settings: Settings, task: Task, replies: BinaryIO) -> Reply:
    try:
        match task:
            case PrepareTask():
                compile_kernels()  # all: a load needs some of them only, and less memory
                return Result(NULL)
            case PreviewTask():
                return Result(msgspec.Raw(_preview(settings, task)))
            case LoadTask():
                return Result(msgspec.Raw(_load(settings, task, replies)))
            case TuneTask():
                return Result(msgspec.Raw(_tune(settings, task)))
            case UnlearnTask():
                return Result(msgspec.Raw(_unlearn(settings, task, replies)))
    except ConfigError as error:
        return Failure("The config is invalid.", [(fault.field, fault.message) for fault in error.faults])
    except BrokerError as error:
        return Failure(f"Kafka did not answer: {error}", is_unexpected=True)
    except NoSuchConfigError as error:
        return Failure(f"config {error.config_id!r} was deleted")
    except AnomalyStreamError as error:
        return Failure(str(error))


def _preview(settings: Settings, task: PreviewTask) -> bytes:
    config = parse_config(task.config, config_context(settings))
    given = task.observations
    is_stored = bytes(given) == bytes(NULL)
    stopped: list[str] = []
    records = _stored(settings, task, config, stopped.append) if is_stored else _given(given)
    found = preview(config, settings.severity.bands(), records, points=task.points)
    cure = ", so the newest values are missing: name a shorter time in since"
    return encode(
        msgspec.structs.replace(found, warnings=[*found.warnings, *(text + cure for text in stopped)])
    )


def _given(observations: msgspec.Raw) -> Iterator[RecordColumns]:
    """The observations of a request: each is the message of one record."""
    messages = msgspec.json.decode(observations, type=list[msgspec.Raw])
    for first in range(0, len(messages), _RECORDS_AT_ONCE):
        some = messages[first : first + _RECORDS_AT_ONCE]
        yield records_of([(b"", bytes(message)) for message in some], "input", first)


def _stored(
    settings: Settings, task: PreviewTask, config: Config, on_stop: Callable[[str], None]
) -> Iterator[RecordColumns]:
    """The recent past of the metrics topics; only records in which a metric of the config can be."""
    names = TopicNames.of(settings)
    topics = [name for name in names.metrics if names.formats[name] == DEFAULT_FORMAT]
    exact = [metric for metric in metrics_of(config) if not set("*?[") & set(metric)]
    texts = [metric.encode() for metric in exact if metric.isascii()]
    is_exact = len(texts) == len(metrics_of(config))

    def wanted(value: bytes) -> bool:
        return not is_exact or b"\\" in value or any(text in value for text in texts)

    bounds = ReadBounds(since_ms=task.since_ms, limit=task.limit, seconds=task.seconds)
    yield from read_past(settings, topics, bounds, wanted, on_stop)


def _reporting(replies: BinaryIO) -> Callable[[LoadProgress], None]:
    """A function that reports progress, but not too often."""
    reported = time.monotonic()

    def on_progress(progress: LoadProgress) -> None:
        nonlocal reported
        if time.monotonic() - reported >= _PROGRESS_S:
            reported = time.monotonic()
            _write(replies, Progress(*progress))

    return on_progress


def _unlearn(settings: Settings, task: UnlearnTask, replies: BinaryIO) -> bytes:
    target = _target(settings, task)
    since = target.usual_start(settings) if task.learn_from is None else task.learn_from
    past = Past(since, spelling=BODY)
    load_id = bytes.fromhex(task.job_id)
    return encode(unlearn(settings, target, past, task.author, load_id, _reporting(replies))._asdict())


def _tune(settings: Settings, task: TuneTask) -> bytes:
    found = proposal_for(settings, task.config_id, task.since, task.objective)
    shown = msgspec.structs.replace(found, alerts=found.alerts[:_MOST_ALERTS])
    return encode({"observations": found.observations, "faulty": found.faulty, "proposal": shown})


def _target(settings: Settings, task: UnlearnTask) -> Target:
    if task.alert_id is not None:
        return target_of_alert(settings, task.alert_id, task.before, task.config_id)
    series = None if task.metric is None else Series.of(task.metric, task.labels)
    return Target(config_to_load(settings, task.config_id), series, range_of(task.begin, task.end))


def _load(settings: Settings, task: LoadTask, replies: BinaryIO) -> bytes:
    options = dataclasses.replace(msgspec.convert(task.options, IntakeOptions), spelling=QUERY)
    config = config_to_load(settings, task.config_id)
    if options.metric is None and not set("*?[") & set(config.metric):
        options = dataclasses.replace(options, metric=config.metric)
    format_name = options.format if options.format in FORMATS else DEFAULT_FORMAT
    with os.fdopen(task.file, "rb") as stream:
        blocks = read_stream(stream, "history", options)
        load_id = bytes.fromhex(task.job_id)
        report = _reporting(replies)
        loaded = load_history(settings, config, blocks, {FILE: format_name}, load_id, report, QUERY)
        return encode(loaded._asdict())


if __name__ == "__main__":
    main()
