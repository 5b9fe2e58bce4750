"""One history from every source of ``backfill`` gives the same baselines: a file, the topic, Prometheus."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer

from anomaly_stream.engine.checkpoint.baseline_record import open_baseline
from anomaly_stream.kafka.topic_setup import create_topics
from tests.cli.test_faults import run
from tests.integration.workers import read_all
from tests.kafka.test_topics import settings_of
from tests.prometheus.server import prometheus_with

START, STEP, COUNT, UNITS = 1_700_000_040, 15, 200, ("a", "b")
CONFIG = "id: flow\nmetric: flow\nmin_observations: 20\n"


def value(n: int) -> float:
    return 100.0 + n * 37 % 19 / 4.0


def message(unit: str, n: int) -> bytes:
    body = {"metric": "flow", "labels": {"unit": unit}, "timestamp": START + STEP * n, "value": value(n)}
    return json.dumps(body).encode()


@pytest.mark.timeout(300)
def test_every_source_gives_the_same_baselines(
    kafka: str,
    namespace: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPACE", namespace)
    create_topics(settings_of(kafka, namespace))
    (tmp_path / "flow.yaml").write_text(CONFIG)
    assert run(capsys, "configs", "apply", str(tmp_path / "flow.yaml"))[0] == 0
    past = [message(unit, n) for n in range(COUNT) for unit in UNITS]
    (tmp_path / "past.jsonl").write_bytes(b"\n".join(past))
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    before = datetime.now(UTC).isoformat()
    for one in past:
        producer.produce(f"{namespace}-metrics", one, json.loads(one)["labels"]["unit"])
    assert producer.flush(30) == 0

    def loaded(*source: str) -> list[tuple[bytes, bytes, list[tuple[int, bytes]]]]:
        code, out, err = run(capsys, "backfill", "flow", *source)
        assert (code, out.split(" (job")[0]) == (0, "flow: 2 baselines of 400 observations loaded"), err
        newest = {
            record.key(): record.value() for record in read_all(kafka, f"{namespace}-anomaly-baselines")
        }
        opened = {key: open_baseline(key, record) for key, record in sorted(newest.items())}
        return [(key, one.head, one.pages) for key, one in opened.items()]

    expected = loaded("--input", str(tmp_path / "past.jsonl"))
    assert len(expected) == 2
    assert loaded("--from-time", before) == expected
    assert loaded("--from-time", "1h") == expected
    assert loaded("--from-offset", "0") == expected
    samples = [f'flow{{unit="{unit}"}} {value(n)} {START + STEP * n}' for unit in UNITS for n in range(COUNT)]
    with prometheus_with(samples, tmp_path) as url:
        ends = ("--since", _time(START), "--until", _time(START + STEP * (COUNT - 1)), "--step", "15s")
        assert loaded("--prometheus", url, "--query", "flow", *ends) == expected
    code, _, err = run(capsys, "backfill", "flow", "--from-offset", str(10**6))
    assert (code, "gives no baseline" in err) == (1, True), err


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
