"""``score`` on files in every dress: options, times as they were written, CSV out."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import cramjam
import pytest

from tests.cli.test_faults import run
from tests.cli.test_score import score

START = 1_704_067_200
PEAK = 60


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config.yaml"
    path.write_text("metric: flow\n")
    return str(path)


def values() -> list[float]:
    return [900.0 if n == PEAK else 50.0 + n % 7 for n in range(100)]


def stamp(number: int) -> str:
    return f"{datetime.fromtimestamp(START + 3600 * number, UTC):%d.%m.%Y %H:%M}"


def german() -> str:
    rows = (f"{stamp(n)};{value:.2f};süd".replace(".00", ",00") for n, value in enumerate(values()))
    return "Datum;Wert;Ort\r\n" + "\r\n".join(rows)


OPTIONS = ("--metric", "flow", "--timestamp-column", "Datum", "--value-column", "Wert")


@pytest.mark.parametrize("dress", ["plain", "gzip", "zstd", "utf-16", "latin-1"])
def test_a_german_export(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str, dress: str
) -> None:
    source = tmp_path / "in.dat"
    content = german().encode(dress if dress in ("utf-16", "latin-1") else "utf-8")
    packers = {"gzip": gzip.compress, "zstd": lambda text: bytes(cramjam.zstd.compress(text))}
    source.write_bytes(packers[dress](content) if dress in packers else content)
    encoding = ("--encoding", "latin-1") if dress == "latin-1" else ()
    code, lines, err = score(
        capsysbinary, "--config", config, "--input", str(source), *OPTIONS, *encoding,
        "--timezone", "Europe/Berlin",
    )  # fmt: skip
    assert (code, len(lines)) == (0, 1), err
    (line,) = lines
    assert line["timestamp"] == START + 3600 * PEAK - 3600
    assert line["time"] == stamp(PEAK)
    assert (line["value"], line["labels"]) == (900.0, {"Ort": "süd"})
    assert line["source"]["offset"] == PEAK + 1


def test_undeclared_latin_1_is_an_error_of_one_line(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("time,value,größe\n1,2,3\n".encode("latin-1"))
    code, _, err = score(capsysbinary, "--config", config, "--input", str(source), "--metric", "flow")
    assert code == 1
    assert err.strip() == (
        f"anomaly-stream: {source}: is not UTF-8 (byte 13 of the header): name its encoding, for example "
        "--encoding latin-1"
    )


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ({"timestamp": START}, f"{START}"),
        ({"timestamp": START + 0.0}, f"{START}.0"),
        ({"timestamp": "2024-01-01T01:00:00+01:00"}, "2024-01-01T01:00:00+01:00"),
        ({"timestamp_ms": START * 1000}, f"{START * 1000}"),
    ],
)
def test_messages_keep_the_bytes_of_a_worker_in_json_and_their_time_in_csv(
    capsysbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
    config: str,
    written: dict[str, object],
    time: str,
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"metric": "flow", "value": 1, **written}))
    arguments = ("--config", config, "--input", str(source), "--all")
    _, (line,), _ = score(capsysbinary, *arguments)
    assert line["timestamp"] == START
    assert "time" not in line
    _, out, _ = run(capsysbinary, "score", *arguments, "--output-format", "csv")  # type: ignore[arg-type]
    (row,) = csv.DictReader(io.StringIO(out.decode()))  # type: ignore[attr-defined]
    assert row["timestamp"] == time


def test_csv_out(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str) -> None:
    source = tmp_path / "in.csv"
    rows = (f"{stamp(n)},{value},{'a' if n % 2 else ''},x" for n, value in enumerate(values()))
    source.write_text("date,value,site,status\n" + "\n".join(rows) + "\n")
    arguments = (
        "score", "--config", config, "--input", str(source), "--metric", "flow", "--all",
        "--output-format", "csv", "--label-column", "status",
    )  # fmt: skip
    code, out, _ = run(capsysbinary, *arguments)  # type: ignore[arg-type]
    assert code == 0
    found = list(csv.DictReader(io.StringIO(out.decode())))  # type: ignore[attr-defined]
    assert [row["timestamp"] for row in found] == [stamp(n) for n in range(100)]
    assert [float(row["value"]) for row in found] == values()
    assert {row["label_status"] for row in found} == {"x"}
    assert [row["status"] for row in found[:31]] == ["learning"] * 30 + ["normal"]
    assert (found[PEAK]["status"], found[PEAK]["alert"]) == ("anomaly", "firing")
    assert float(found[PEAK]["score"]) > 60
    assert (found[PEAK]["side"], found[0]["side"]) == ("above", "")
    assert found[0]["score"] == ""
    code, out, _ = run(capsysbinary, *arguments, "--label-column", "site")  # type: ignore[arg-type]
    assert [row["site"] for row in csv.DictReader(io.StringIO(out.decode()))] == ["", "a"] * 50  # type: ignore[attr-defined]


@pytest.mark.parametrize("written", [f"{START}", f"{START}.000", f"{START}000", "2024-01-01 00:00"])
def test_times_leave_csv_as_they_came_in(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str, written: str
) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"timestamp,value\n{written},1\n")
    arguments = ("--config", config, "--input", str(source), "--metric", "flow", "--all")
    _, out, _ = run(capsysbinary, "score", *arguments, "--output-format", "csv")  # type: ignore[arg-type]
    assert out.decode().splitlines()[1].startswith(f"{written},flow,")  # type: ignore[attr-defined]


def test_a_wide_table(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str) -> None:
    source = tmp_path / "in.csv"
    rows = (f"{START + 60 * n},{value},{n}" for n, value in enumerate(values()))
    source.write_text("timestamp,flow,other\n" + "\n".join(rows) + "\n")
    code, (line,), err = score(capsysbinary, "--config", config, "--input", str(source), "--wide")
    assert code == 0
    assert (line["metric"], line["timestamp"]) == ("flow", START + 60 * PEAK)
    assert "time" not in line
    assert "unmatched 100" in err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--output-format", "xml", "'xml' is not one of json, csv"),
        ("--format", "xml", "'xml' is not one of auto, csv, parquet, json"),
        ("--decimal", ";", "';' is not one of ., ,"),
        ("--timezone", "Mars/Olympus", "no time zone 'Mars/Olympus'"),
        ("--encoding", "klingon", "no encoding 'klingon'"),
    ],
)
def test_options_that_cannot_be(
    capsysbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
    config: str,
    option: str,
    value: str,
    said: str,
) -> None:
    source = tmp_path / "in.csv"
    source.write_text("timestamp,value\n1,2\n")
    arguments = ("--config", config, "--input", str(source), "--metric", "flow", option, value)
    code, _, err = score(capsysbinary, *arguments)
    assert code != 0
    assert said in " ".join(err.replace("│", "").split())
