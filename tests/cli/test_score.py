import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anomaly_stream.formats.outcomes import decode_alert, decode_score
from tests.cli.test_faults import run

PEAK = 300.0


def observations(length: int = 200) -> list[dict[str, Any]]:
    """Two series of noise; series A has a peak of three values at 150."""
    noise = np.random.default_rng(5).normal(100.0, 5.0, (length, 2))
    noise[150:153, 0] = PEAK
    return [
        {"metric": "flow", "labels": {"site": site}, "timestamp": 1_700_000_000 + 60 * row, "value": value}
        for row, values in enumerate(noise.tolist())
        for site, value in zip("AB", values, strict=True)
    ]


def lines_of(documents: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config.yaml"
    path.write_text("metric: flow\nowner: water\npublish: none\ndetectors: [zscore, modified_zscore, iqr]\n")
    return str(path)


def score(
    capsysbinary: pytest.CaptureFixture[bytes], *arguments: str
) -> tuple[int, list[dict[str, Any]], str]:
    code, out, err = run(capsysbinary, "score", *arguments)  # type: ignore[arg-type]
    return code, [json.loads(line) for line in out.splitlines()], err.decode()  # type: ignore[attr-defined]


def test_a_line_per_anomaly_and_the_alert_events(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str
) -> None:
    source, alerts, output = tmp_path / "in.jsonl", tmp_path / "alerts.jsonl", tmp_path / "out.jsonl"
    source.write_text(lines_of(observations()))
    code, printed, err = score(
        capsysbinary,
        "--config",
        config,
        "--input",
        str(source),
        "--output",
        str(output),
        "--alerts",
        str(alerts),
    )
    assert (code, printed) == (0, [])
    assert "400 observations of 2 series: 3 anomalies" in err
    records = [decode_score(line) for line in output.read_bytes().splitlines()]
    assert [(record.value, record.labels, record.status) for record in records] == [
        (PEAK, {"site": "A"}, "anomaly")
    ] * 3
    assert records[0].source.offset == 300
    events = [decode_alert(line) for line in alerts.read_bytes().splitlines()]
    assert [(event.status, event.owner, event.episode.count) for event in events] == [
        ("firing", "water", 1), ("resolved", "water", 3),
    ]  # fmt: skip


def test_a_silent_series_has_an_alert(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    source, alerts, config = tmp_path / "in.jsonl", tmp_path / "alerts.jsonl", tmp_path / "config.yaml"
    config.write_text("metric: flow\nno_data: auto\n")
    lost = range(1_700_003_000, 1_700_006_000)
    source.write_text(
        lines_of(
            [one for one in observations() if one["labels"]["site"] == "A" or one["timestamp"] not in lost]
        )
    )
    arguments = "--config", str(config), "--input", str(source), "--alerts", str(alerts)
    code, _, _ = score(capsysbinary, *arguments)
    assert code == 0
    events = [decode_alert(line) for line in alerts.read_bytes().splitlines()]
    silent = [event for event in events if event.condition == "no_data"]
    assert [(event.status, event.labels["site"], event.episode.start in lost) for event in silent] == [
        ("firing", "B", False), ("resolved", "B", False),
    ]  # fmt: skip
    assert lost[0] < silent[0].timestamp < lost[-1] < silent[1].timestamp


def test_all_gives_a_line_per_observation_in_order(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str
) -> None:
    documents = observations()
    extra = [
        {**documents[0], "labels": {"site": "A"}},
        {**documents[-1]},
        {"metric": "other", "timestamp": 1, "value": 2},
    ]
    source = tmp_path / "in.jsonl"
    source.write_text(lines_of(documents) + "\nrubbish\n" + lines_of(extra))
    code, lines, err = score(capsysbinary, "--config", config, "--input", str(source), "--all")
    assert code == 0
    assert f"{source}:402: malformed" in err
    assert [(line["metric"], line["labels"], line["timestamp"], line["value"]) for line in lines] == [
        (document["metric"], document.get("labels", {}), document["timestamp"], document["value"])
        for document in documents + extra
    ]
    statuses = [line["status"] for line in lines]
    assert statuses[:60] == ["learning"] * 60
    assert statuses[-3:] == ["late", "duplicate", "unmatched"]
    assert statuses.count("anomaly") == 3
    normal = lines[100]
    assert normal["lower"] <= normal["value"] <= normal["upper"]
    assert set(normal["detectors"]) == {"zscore", "modified_zscore", "iqr"}
    moves = [(number, line["alert"]["status"]) for number, line in enumerate(lines) if "alert" in line]
    assert moves == [(300, "firing"), (314, "resolved")]


def test_a_config_with_a_metric_alone_is_judged_by_auto(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    source, config, alerts = (tmp_path / name for name in ("in.jsonl", "config.yaml", "alerts.jsonl"))
    source.write_text(lines_of(observations()))
    config.write_text("metric: flow\n")
    options = ("--config", str(config), "--input", str(source), "--alerts", str(alerts), "--all")
    code, lines, _ = score(capsysbinary, *options)
    assert code == 0
    assert {tuple(line["detectors"]) for line in lines if line["status"] != "learning"} == {("auto",)}
    assert all(0.0 < line["detectors"]["auto"]["p"] <= 1.0 for line in lines[100:])
    assert lines[300]["reason"] == "rate_of_change"
    assert lines[300]["score"] == lines[300]["alert_score"] > 60.0
    event = decode_alert(alerts.read_bytes().splitlines()[0])
    assert (event.status, event.timestamp) == ("firing", lines[300]["timestamp"])
    assert event.side == lines[300]["side"] == "above"
    assert "changed faster than usual to 300, above what usually follows (" in event.explanation


def test_csv_json_and_pipes_agree(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = observations()
    text = lines_of(documents)
    rows = "".join(f"{one['timestamp']},{one['value']!r},{one['labels']['site']}\n" for one in documents)
    csv = tmp_path / "in.csv"
    csv.write_text("timestamp,value,site\n" + rows)
    from_csv = score(capsysbinary, "--config", config, "--input", str(csv), "--metric", "flow", "--all")[1]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    from_pipe = score(capsysbinary, "--config", config, "--all")[1]
    for line in from_csv + from_pipe:
        del line["source"]
    assert from_csv == from_pipe
    assert len(from_csv) == len(documents)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rubbish", "no column 'value'"),
        ("time,value\n1,2\n", "no column 'metric'"),
        ("{}\n{}\n", "holds no observation"),
    ],
)
def test_inputs_without_observations(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str, text: str, message: str
) -> None:
    source = tmp_path / "in.txt"
    source.write_text(text)
    code, lines, err = score(capsysbinary, "--config", config, "--input", str(source))
    assert (code, lines) == (1, [])
    assert message in err


def test_blocks_of_any_size_give_the_same(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(lines_of(observations()))
    whole = score(capsysbinary, "--config", config, "--input", str(source), "--all")
    monkeypatch.setattr(sys.modules["anomaly_stream.cli.input_options"], "_BLOCK_BYTES", 97)
    assert score(capsysbinary, "--config", config, "--input", str(source), "--all") == whole
