"""Five metrics of each host, spread over partitions and two workers, meet in their group."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.kafka.alert_values import values_before
from anomaly_stream.model.past_values import GroupValues
from anomaly_stream.settings import load_settings
from tests.groups.streams import NAMES, vectors
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import WorkerProcess, anomaly_stream, read_all, running, wait_until_committed

INTERVALS, BROKEN_FROM = 1300, 1000
AT_ONCE = 400
"""Intervals published before the workers catch up: fewer than lateness allows between partitions."""
HOSTS = ("a", "b", "c")
CONFIGS = {
    "configs": [
        {"id": "single", "metric": "host_*", "detectors": ["zscore", "modified_zscore", "iqr"]},
        {
            "id": "host",
            "owner": "platform",
            "by": ["host"],
            "members": {name: f"host_{name}" for name in NAMES},
            "lateness": "80m",
            "labels": {"team": "platform"},
        },
    ]
}


def observations() -> list[dict[str, object]]:
    """In order of time; only on host b, the relation of cpu and load is inverted, with unchanged spread."""
    values = {
        host: vectors(INTERVALS, seed, BROKEN_FROM if host == "b" else None)
        for seed, host in enumerate(HOSTS)
    }
    return [
        {
            "metric": f"host_{name}",
            "labels": {"host": host},
            "timestamp": 1.7e9 + 10 * interval + number,
            "value": float(values[host][interval, number]),
        }
        for interval in range(INTERVALS)
        for number, name in enumerate(NAMES)
        for host in HOSTS
    ]


@pytest.mark.timeout(240)
def test_a_broken_correlation_raises_one_alert_that_no_single_metric_raises(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    workers = [WorkerProcess(kafka, namespace, tmp_path / f"worker-{number}") for number in range(2)]
    environment = workers[0].environment
    configs = tmp_path / "configs.json"
    configs.write_text(json.dumps(CONFIGS))
    anomaly_stream(environment, "topics", "create")
    anomaly_stream(environment, "configs", "apply", str(configs))
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "log_level": 0})
    lines = []
    with running(workers[0]), running(workers[1]):
        wait_for_metric(workers[1], "anomaly_stream_partitions", lambda held: held == 2)
        sent = observations()
        for first in range(0, len(sent), AT_ONCE * len(NAMES) * len(HOSTS)):
            for observation in sent[first : first + AT_ONCE * len(NAMES) * len(HOSTS)]:
                line = json.dumps(observation).encode()
                key = f"{observation['metric']} {observation['labels']}"
                producer.produce(f"{namespace}-metrics", key=key, value=line)
                producer.poll(0)
                lines.append(line)
            assert producer.flush(30) == 0
            for topic in ("metrics", "anomaly-groups"):
                wait_until_committed(
                    kafka, f"{namespace}-anomaly-stream", f"{namespace}-{topic}", workers[0], timeout=90
                )
        assert [worker.stop() for worker in workers] == [0, 0]
    assert len({message.partition() for message in read_all(kafka, f"{namespace}-metrics")}) == 4
    events = [decode_alert(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-alerts")]
    assert {event.config_id for event in events} == {"host"}
    (fired,) = [event for event in events if event.status == "firing"]
    assert fired.labels == {"host": "b", "team": "platform"}
    assert fired.owner == "platform"
    assert BROKEN_FROM < (fired.timestamp - 1.7e9) / 10 < BROKEN_FROM + 200
    assert fired.group.pairs[0].members == ("cpu", "load")
    assert "cpu and load" in fired.explanation
    offline = tmp_path / "alerts.jsonl"
    anomaly_stream(
        environment,
        *("score", "--config", str(configs), "--alerts", str(offline)),
        stdin=b"\n".join(lines),
    )
    expected = [decode_alert(line).event_id for line in offline.read_bytes().splitlines()]
    assert sorted(event.event_id for event in events) == sorted(expected)
    proof = json.loads(anomaly_stream(environment, "replay", fired.alert_id, "--json"))
    assert proof["topic"] == f"{namespace}-anomaly-groups"
    assert {event["result"] for event in proof["events"]} == {"same"}
    around = values_before(load_settings(environ=environment), [fired], count=60)[fired.event_id]
    assert isinstance(around, GroupValues)
    assert {around.members[0].name, around.members[1].name} == {"cpu", "load"}
    interval = round((fired.timestamp - 1.7e9) / 10)
    for member in around.members:
        number = NAMES.index(member.name)
        column = vectors(INTERVALS, HOSTS.index("b"), BROKEN_FROM)[interval - 59 : interval + 1, number]
        assert [each.value for each in member.values] == column.tolist()


@pytest.mark.timeout(120)
def test_a_worker_reports_a_member_that_never_comes(kafka: str, namespace: str, tmp_path: Path) -> None:
    members = {"a": {"metric": "ga"}, "b": {"metric": "gb"}, "c": {"metric": "gc_typo"}}
    configs = tmp_path / "configs.json"
    configs.write_text(json.dumps({"id": "grp", "members": members, "by": ["host"], "interval": "1m"}))
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(configs))
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    with running(worker):
        wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 4)
        for minute in range(200):
            for metric in ("ga", "gb"):
                line = {"metric": metric, "labels": {"host": "x"}, "timestamp": 1.7e9 + 60 * minute}
                producer.produce(
                    f"{namespace}-metrics",
                    key=metric,
                    value=json.dumps({**line, "value": minute % 5}).encode(),
                )
        assert producer.flush(30) == 0
        wait_for_metric(worker, "anomaly_stream_group_members_missing", lambda count: count == 1)
        assert worker.stop() == 0
    assert "Group 'grp': member c never came to instance grp{host=x}" in worker.tail(400)
