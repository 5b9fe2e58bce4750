"""``configs unlearn`` on topics without a worker: what is learned again, recorded and refused."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from anomaly_stream.alerts.identity import alert_fingerprint, alert_id
from anomaly_stream.alerts.wording import clock
from anomaly_stream.engine.checkpoint.baseline_record import open_baseline
from anomaly_stream.errors import BrokerError
from anomaly_stream.formats.lines import records_of
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.kafka.jobs_topic import Job, JobsWriter, jobs_view
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.model import AnomalyDetectionConfig, Series, SeverityBands
from anomaly_stream.model.commands import CommandKind
from anomaly_stream.report.history_run import HistoryRun
from tests.cli.test_faults import run
from tests.history.messages import alert_event
from tests.integration.workers import read_all
from tests.kafka.test_topics import settings_of

CONFIG = "id: flow\nmetric: flow\nmin_observations: 20\ndetectors: [zscore, modified_zscore, iqr]\n"
STEP = 60
START = int(time.time()) // STEP * STEP - 300 * STEP
"""Kafka must not delete the records by their age."""
UNITS = ("a", "b")
IN_FILE, COUNT = 50, 100


def message(unit: str, n: int) -> bytes:
    value = 100.0 + n * 37 % 19 / 4.0
    return json.dumps(
        {"metric": "flow", "labels": {"unit": unit}, "timestamp": START + STEP * n, "value": value}
    ).encode()


def learned(settings: str, namespace: str, unit: str, numbers: list[int]) -> list[bytes]:
    """The parts of the baseline that these values give."""
    (record,) = read_configs(settings_of(settings, namespace)).records.values()
    assert isinstance(record.config, AnomalyDetectionConfig)
    history = HistoryRun(record.config, SeverityBands())
    history.learn(InputBlock(records_of([(b"", message(unit, n)) for n in numbers], "history", 0)))
    return [open_baseline(*pair).head for pair in history.baselines(b"0" * 16)]


def published(kafka: str, namespace: str) -> dict[bytes, bytes]:
    """The head of the newest baseline of each row."""
    newest = {one.key(): one.value() for one in read_all(kafka, f"{namespace}-anomaly-baselines")}
    return {key: open_baseline(key, value).head for key, value in newest.items()}


def kept_job(kafka: str, namespace: str, printed: str) -> Job:
    """The job whose id a command printed, as the API reads it."""
    job_id = printed.split("(job ")[1].split(")")[0]
    with jobs_view(settings_of(kafka, namespace)) as view:
        return view.current(30.0)[job_id]


@pytest.fixture
def topics(kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Topics with a config and the values of two units; a file with the older half of the values."""
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPACE", namespace)
    create_topics(settings_of(kafka, namespace))
    (tmp_path / "flow.yaml").write_text(CONFIG)
    past = tmp_path / "past.jsonl"
    past.write_bytes(b"\n".join(message(unit, n) for n in range(IN_FILE) for unit in UNITS))
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    for n in range(IN_FILE // 2, COUNT):  # the topic overlaps the file
        for unit in UNITS:
            at_ms = 1000 * (START + STEP * n)
            producer.produce(f"{namespace}-metrics", message(unit, n), "one", timestamp=at_ms)
    assert producer.flush(30) == 0
    return past


def test_a_file_and_then_the_topics_are_learned_again(
    topics: Path, kafka: str, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "configs", "apply", str(tmp_path / "flow.yaml"))[0] == 0
    ends = ("--from", _time(40), "--to", _time(60))
    one = ("--label", "unit=a", *ends)
    from_file = ("--input", str(topics), "--author", "ann")
    code, out, err = run(capsys, "configs", "unlearn", "flow", *one, *from_file)
    assert (code, out.split(" (job")[0]) == (0, "flow: 1 baseline learned again without 31 values"), err
    job = kept_job(kafka, namespace, out)
    assert (job.config_id, job.state, job.baselines, job.removed, job.author) == (
        "flow",
        "done",
        1,
        31,
        "ann",
    )
    assert job.started_at_ms <= job.updated_at_ms
    said = f"without the values from {clock(START + STEP * 40)} until {clock(START + STEP * 60)}\n"
    assert said in err
    rest = [*range(40), *range(61, COUNT)]
    assert list(published(kafka, namespace).values()) == learned(kafka, namespace, "a", rest)

    code, out, err = run(capsys, "configs", "unlearn", "flow", "--to", _time(COUNT), "--learn-from", _time(0))
    assert (code, "0 baselines learned again" in out, "2 series without other values reset" in out) == (
        0,
        True,
        True,
    ), (out, err)
    said = f"until {clock(START + STEP * COUNT)}, with the metrics topics from {clock(START)} on\n"
    assert said in err
    kinds = [command.kind for command in read_configs(settings_of(kafka, namespace)).commands.values()]
    assert sorted(kinds) == [*[CommandKind.RESET] * 2, *[CommandKind.UNLEARN] * 3]


def test_a_load_is_a_job_too(
    topics: Path, kafka: str, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "configs", "apply", str(tmp_path / "flow.yaml"))[0] == 0
    code, out, err = run(capsys, "backfill", "flow", "--input", str(topics))
    assert code == 0, err
    job = kept_job(kafka, namespace, out)
    assert (job.state, job.baselines, job.series) == ("done", 2, 2)
    assert job.observations == IN_FILE * len(UNITS)


def test_a_job_that_cannot_be_kept_is_a_warning(
    topics: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "configs", "apply", str(tmp_path / "flow.yaml"))[0] == 0

    def fail(*_: object) -> None:
        raise BrokerError("anomaly-jobs cannot be written: no right")

    monkeypatch.setattr(JobsWriter, "write", fail)
    code, out, err = run(capsys, "backfill", "flow", "--input", str(topics))
    job_id = out.split("(job ")[1].split(")")[0]
    cause = "will not find this job: anomaly-jobs cannot be written: no right"
    assert (code, f"warning: `anomaly-stream jobs show {job_id}` {cause}" in err) == (0, True), err


def test_what_was_before_an_alert_leaves(
    topics: Path, kafka: str, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "configs", "apply", str(tmp_path / "flow.yaml"))[0] == 0
    series, start = Series.of("flow", {"unit": "b"}), float(START + STEP * 70)
    found = alert_id("flow", series, start)
    event = alert_event(found, at=start, start=start, config_id="flow", metric="flow", labels={"unit": "b"})
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    producer.produce(f"{namespace}-anomaly-alerts", event, alert_fingerprint("flow", series))
    assert producer.flush(30) == 0
    code, _, err = run(capsys, "configs", "unlearn", "--alert", found, "--learn-from", _time(0))
    assert (code, "is not resolved" in err) == (1, True)
    code, out, err = run(capsys, "configs", "unlearn", "--before-alert", found)
    assert (code, out.startswith("flow: 1 baseline learned again without ")) == (0, True), (out, err)
    (head,) = published(kafka, namespace).values()
    assert [head] == learned(kafka, namespace, "b", list(range(70, COUNT)))


def test_faults_name_the_cure(
    apache: str,
    topics: Path,
    namespace: str,
    tmp_path: Path,
    admin: AdminClient,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(capsys, "configs", "apply", str(tmp_path / "flow.yaml"))[0] == 0
    ends = ("--from", _time(40), "--to", _time(60))
    last = clock(START + STEP * (COUNT - 1))
    late = f"the last one is of {last}: correct the range, or begin earlier with --learn-from"
    faults = {
        ("flow",): "give a config with --from, --to or both",
        ends: "give a config with --from, --to or both",
        ("flow", *ends): "say what to learn again",
        ("flow", "--from", _time(60), "--to", _time(40)): "--from must not be after --to",
        ("flow", *ends, "--alert", "x"): "give nothing else of them",
        ("flow", *ends, "--learn-from", "1h", "--input", str(topics)): "give --input or --learn-from",
        ("flow", *ends, "--metric", "other", "--learn-from", "1h"): "does not watch this series",
        ("--alert", "x", "--learn-from", "1h"): "no event of alert x is on topic",
        ("flow", *ends, "--learn-from", _time(90)): "and the range ends before, at",
        ("flow", *ends, "--label", "unit=c", "--learn-from", _time(0)): "holds no value of flow{unit=c}",
        (
            "flow",
            "--from",
            _time(400),
            "--learn-from",
            _time(0),
        ): f"holds no value of config 'flow' in the range, {late}",
        (
            "flow",
            "--from",
            _time(400),
            "--label",
            "unit=a",
            "--learn-from",
            _time(0),
        ): f"holds no value of flow{{unit=a}} in the range, {late}",
    }
    for arguments, message in faults.items():
        code, _, err = run(capsys, "configs", "unlearn", *arguments)
        assert (code > 0, message in " ".join(err.split())) == (True, True), (arguments, err)
    (partition,) = {one.partition() for one in read_all(apache, f"{namespace}-metrics")}
    (deleted,) = admin.delete_records([TopicPartition(f"{namespace}-metrics", partition, 20)]).values()
    deleted.result()
    code, _, err = run(capsys, "configs", "unlearn", "flow", *ends, "--learn-from", _time(0))
    held = clock(START + STEP * (IN_FILE // 2 + 10))
    assert (code, f"hold their records from {held} on only" in err) == (1, True), err
    assert read_configs(settings_of(apache, namespace)).commands == {}


def _time(number: int) -> str:
    return datetime.fromtimestamp(START + STEP * number, UTC).isoformat()
