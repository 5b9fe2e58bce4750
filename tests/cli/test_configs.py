import io
import json
from pathlib import Path

import pytest
from confluent_kafka import Producer

from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import topic_specs
from anomaly_stream.settings import load_settings
from tests.cli.test_faults import run
from tests.kafka.test_topics import settings_of


@pytest.fixture
def cluster(kafka: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPACE", namespace)
    create_topics(settings_of(kafka, namespace))


def write(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(text)
    return str(path)


def test_validate_says_all_faults_of_all_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good = write(tmp_path, "good.yaml", "[{metric: a}, {metric: b}]")
    bad = write(tmp_path, "bad.json", '{"metric": "a", "sensitivity": 7, "owner": 1}')
    twice = write(tmp_path, "twice.yaml", "metric: a")
    code, out, _ = run(capsys, "configs", "validate", good)
    assert (code, out) == (0, f"{good}: a is valid\n{good}: b is valid\n")
    code, out, err = run(capsys, "configs", "validate", good, bad, twice)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"anomaly-stream: {bad}:1: owner: must be a string: write '1' in quotes",
        f"anomaly-stream: {bad}:1: sensitivity: must be low, medium, high or a number from 0 to 1, not 7",
        f"anomaly-stream: {twice}:1: id: 'a' is also the id at {good}:1: give each config its own",
    ]


def test_validate_warns_of_what_has_no_effect(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write(tmp_path, "long.yaml", "{metric: a, baseline_period: 365d}")
    code, out, err = run(capsys, "configs", "validate", path)
    assert (code, out) == (0, f"{path}: a is valid\n")
    assert err.startswith(
        f"anomaly-stream: warning: {path}:1: baseline_period: has no effect on the detector"
    )
    assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("cluster")
def test_a_refused_record_is_listed_and_deleted(
    capsys: pytest.CaptureFixture[str], kafka: str, namespace: str, tmp_path: Path
) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(f"{namespace}-anomaly-configs", b"{rubbish", b"odd")
    assert producer.flush(10) == 0
    path = write(tmp_path, "a.yaml", "{metric: a, timezone: Europe/Berlin}")
    _, out, err = run(capsys, "configs", "apply", path)
    assert out == "a: created, version 1\n"
    assert [line.partition(": timezone")[0] for line in err.splitlines()] == [
        f"anomaly-stream: warning: {path}:1"
    ]
    code, out, err = run(capsys, "configs", "list")
    assert (code, len(err.splitlines())) == (0, 1)
    assert err.startswith(
        "anomaly-stream: config 'odd' on the topic is refused: config: is not a config record"
    )
    assert run(capsys, "configs", "delete", "odd")[:2] == (0, "odd: deleted\n")
    assert run(capsys, "configs", "list")[2] == ""


def test_standard_input_is_read_like_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"metric: a")))
    assert run(capsys, "configs", "validate", "-")[:2] == (0, "-: a is valid\n")


@pytest.mark.parametrize("content", [None, b"metric: \xff"])
def test_files_that_cannot_be_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_bytes(content)
    code, _, err = run(capsys, "configs", "validate", str(path))
    assert code == 1
    assert err.startswith(f"anomaly-stream: {path}: ")


@pytest.mark.usefixtures("cluster")
def test_the_life_of_a_config(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    both = write(tmp_path, "both.yaml", "[{metric: a}, {metric: b, match: {site: '=~A|B'}}]")
    changed = write(tmp_path, "changed.yaml", "{metric: a, owner: water}")
    wrong = write(tmp_path, "wrong.yaml", "[{metric: c}, {metric: d, publish: some}]")

    assert "No config is in force" in run(capsys, "configs", "list")[1]
    assert run(capsys, "configs", "apply", both)[:2] == (0, "a: created, version 1\nb: created, version 1\n")
    assert run(capsys, "configs", "apply", both)[:2] == (0, "a: unchanged\nb: unchanged\n")
    assert run(capsys, "configs", "apply", changed, "--author", "ann")[:2] == (0, "a: updated, version 2\n")
    assert run(capsys, "configs", "apply", wrong)[0] == 2

    lines = [json.loads(line) for line in run(capsys, "configs", "list", "--json")[1].splitlines()]
    assert [(line["config"]["id"], line["version"]) for line in lines] == [("a", 2), ("b", 1)]
    assert lines[0]["author"] == "ann"
    assert "site=~A|B" in run(capsys, "configs", "list")[1]

    code, _, err = run(capsys, "configs", "delete", "a", "bb")
    assert (code, err) == (1, "anomaly-stream: no config 'bb' is in force; did you mean 'b'?\n")
    assert run(capsys, "configs", "delete", "a", "b")[:2] == (0, "a: deleted\nb: deleted\n")
    assert "No config is in force" in run(capsys, "configs", "list")[1]


def test_topics_create_and_check(
    capsys: pytest.CaptureFixture[str], kafka: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPACE", namespace)
    code, _, err = run(capsys, "topics", "check")
    assert code == 1
    assert "anomaly-stream topics create" in err
    assert f"{namespace}-metrics: created" in run(capsys, "topics", "create")[1]
    assert f"{namespace}-metrics: exists" in run(capsys, "topics", "create")[1]
    count = len(topic_specs(load_settings(environ={})))
    assert run(capsys, "topics", "check")[:2] == (
        0,
        f"All {count} topics have the required configuration.\n",
    )
