"""``anomaly-stream tune`` on Kafka: config, feedback and observations come from their topics."""

import asyncio
import json
import time

import msgspec
import pytest
from confluent_kafka import Producer

from anomaly_stream.api.tasks.messages import Reply, Result, TuneTask
from anomaly_stream.api.tasks.process import TaskProcess
from anomaly_stream.kafka.feedback_topic import FeedbackWriter, read_feedback
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.report.proposal import Proposal
from anomaly_stream.settings import Settings
from tests.cli.test_faults import run
from tests.kafka.test_topics import settings_of
from tests.report.test_proposal import DOCUMENT, observations, raised, said_of


async def replied(settings: Settings, task: TuneTask) -> Reply:
    """The reply of a task process of the API."""
    process = await TaskProcess.start(settings)
    try:
        return [reply async for reply in process.run(task)][-1]
    finally:
        await process.kill()


def test_a_proposal_from_the_topics(
    kafka: str, namespace: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPACE", namespace)
    settings = settings_of(kafka, namespace)
    names = TopicNames.of(settings)
    assert run(capsys, "topics", "create")[0] == 0
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    document = {"schema_version": 1, "version": 3, "author": "ann", "updated_at_ms": 0, "config": DOCUMENT}
    producer.produce(names.configs, json.dumps(document), key="flow")
    now_ms = int(time.time() * 1000)
    for each in observations():
        producer.produce(names.metrics[0], json.dumps(each), partition=0, timestamp=now_ms - 60_000)
    producer.produce(names.feedback, b"rubbish", key=b"rubbish")
    assert producer.flush(30) == 0
    said = said_of(raised())
    writer = FeedbackWriter(settings)
    for one in said:
        writer.write(msgspec.structs.replace(one, judgement="expected_change"))
        writer.write(one)
    assert {one.alert_id: one for one in read_feedback(settings)} == {one.alert_id: one for one in said}

    code, out, err = run(capsys, "tune", "flow", "--from-time", "1h", "--json")
    assert code == 0, err
    found = msgspec.json.decode(out, type=Proposal)
    assert found.observations == 900
    assert found.proposed is not None
    assert found.proposed.false_alarms == 0
    assert found.proposed.true_alarms == found.in_force.true_alarms > 0

    by_task = asyncio.run(replied(settings, TuneTask(
        job_id="1", config_id="flow", since=time.time() - 3600, objective="keep-true"
    )))  # fmt: skip
    assert isinstance(by_task, Result)
    assert msgspec.json.decode(by_task.body)["proposal"] == json.loads(out)

    code, _, err = run(capsys, "tune", "gone", "--from-time", "1h")
    assert (code, "no config 'gone' is in force" in err, "--config" in err) == (1, True, True)
