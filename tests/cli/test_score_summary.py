"""What ``score`` says at its end: counts by status, and a warning with its cure where something was lost."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_score import score

START = 1_704_067_200
WEEK = 7 * 86_400


def write(path: Path, pairs: Iterable[tuple[float, float]], metric: str = "m", **labels: str) -> None:
    with path.open("a") as file:
        for time, value in pairs:
            file.write(
                json.dumps({"metric": metric, "timestamp": time, "value": value, "labels": labels}) + "\n"
            )


def summary(
    capsysbinary: pytest.CaptureFixture[bytes], folder: Path, config: str, *options: str
) -> tuple[dict[str, int], list[str]]:
    """The counts by status, and the warnings, of scoring ``in.jsonl`` under ``config``."""
    (folder / "config.yaml").write_text(config)
    output = ("--output", str(folder / "out.jsonl"))
    inputs = () if "--input" in options else ("--input", str(folder / "in.jsonl"))
    code, _, err = score(capsysbinary, "--config", str(folder / "config.yaml"), *inputs, *output, *options)
    assert code == 0
    lines = err.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("scored "))
    counts = {name: int(count.replace(",", "")) for name, count in map(str.split, lines[at].split(", "))}
    return counts, [line.removeprefix("warning: ") for line in lines[at:] if line.startswith("warning: ")]


def statuses(path: Path) -> dict[str, int]:
    """How many lines of an output with ``--all`` have each status; anomalies are scored, as normal values."""
    found: dict[str, int] = {}
    for line in path.read_text().splitlines():
        status = json.loads(line)["status"]
        status = "scored" if status in ("normal", "anomaly") else status
        found[status] = found.get(status, 0) + 1
    return found


def test_counts_are_those_of_the_lines(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    write(source, ((START + 60 * n, 50 + n % 5) for n in range(150)), host="a")
    write(source, ((START + 60 * n, 50 + n % 5) for n in range(150)), host="b")
    write(source, [(START + 60 * 149, 1), (START + 60 * 149, 2), (START, 3), (START + 86_400, 4)], host="a")
    write(source, [(START, 3)] * 4, metric="other")
    with source.open("a") as file:
        file.write('rubbish\n{"metric": "m"}\n')
    config = "metric: m\nmax_series: 1\n"
    counts, warnings = summary(capsysbinary, tmp_path, config, "--all")
    assert counts == {
        "scored": 120, "learning": 30, "late": 1, "duplicate": 2, "ahead": 1,
        "unmatched": 4, "refused": 150, "faulty": 2,
    }  # fmt: skip
    found = statuses(tmp_path / "out.jsonl")
    assert found == {name: count for name, count in counts.items() if name != "faulty"}
    assert [warning.split()[0] for warning in warnings] == ["1", "2", "1"]


def test_nothing_to_warn_of(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", ((START + 60 * n, 50 + n % 5) for n in range(100)))
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n")
    assert (counts["scored"], counts["learning"]) == (70, 30)
    assert warnings == []


def test_newest_first_is_said_and_sorted_on_request(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    write(tmp_path / "in.jsonl", ((START - 300 * n, 900 if n == 40 else 50 + n % 6) for n in range(250)))
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n")
    assert (counts["learning"], counts["late"]) == (1, 249)
    assert warnings == [
        "249 values are older than the one before in the same series, and not scored: add --sort"
    ]
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n", "--sort")
    assert (counts["scored"], counts["late"]) == (220, 0)
    assert warnings == []
    (anomaly,) = (json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines())
    assert (anomaly["timestamp"], anomaly["source"]["offset"]) == (START - 300 * 40, 40)


def test_duplicates_and_swaps(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    times = [START + 60 * n for n in range(200) for _ in range(2)]
    for at in range(10, 400, 20):
        times[at - 1], times[at] = times[at], times[at - 1]
    write(tmp_path / "in.jsonl", ((time, 50 + n % 6) for n, time in enumerate(times)))
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n")
    assert counts["late"] == 20
    assert counts["duplicate"] == 200 - 20
    assert len(warnings) == 2


def test_a_clock_that_goes_back_an_hour(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    times = [START + 60 * n - (3600 if n >= 100 else 0) for n in range(200)]
    write(tmp_path / "in.jsonl", ((time, 50 + n % 6) for n, time in enumerate(times)))
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n")
    assert (counts["late"], counts["duplicate"]) == (59, 1)
    assert len(warnings) == 2


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("metric: cpu_load", "no metric is 'cpu_load'; did you mean 'cpu.load'?"),
        ("metric: 'requests'", "no metric is 'requests'; the input has 'cpu.load', 'disk'"),
        ("metric: cpu.load\nmatch: {host: web2}", "no series has host = 'web2'; did you mean 'web-2'?"),
        ("metric: cpu.load\nmatch: {hots: web-1}", "none has this label; did you mean 'host'?"),
        ("metric: cpu.load\nmatch: {host: web-1, site: b}", "no series has all its labels together"),
    ],
)
def test_a_config_that_matches_nothing(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str, said: str
) -> None:
    for host, site in (("web-1", "a"), ("web-2", "b")):
        pairs = ((START + 60 * n, n % 5) for n in range(50))
        write(tmp_path / "in.jsonl", pairs, metric="cpu.load", host=host, site=site)
    write(tmp_path / "in.jsonl", [(START, 1)], metric="disk")
    counts, warnings = summary(capsysbinary, tmp_path, f"id: mine\n{config}\n")
    assert counts["unmatched"] == 101
    (warning,) = warnings
    assert warning.startswith("config mine matched nothing: ")
    assert said in warning


@pytest.mark.parametrize("preset", ["latency", "utilisation", "sensor", "counter"])
def test_a_period_too_short_for_the_cadence_is_widened(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, preset: str
) -> None:
    rise = 10 if preset == "counter" else 0  # a counter that falls has restarted, and is not scored then
    write(tmp_path / "in.jsonl", ((START + 28_800 * n, 50 + rise * n + n % 6) for n in range(400)))
    counts, warnings = summary(capsysbinary, tmp_path, f"metric: m\npreset: {preset}\nbaseline_period: 7d\n")
    learned = 31 if preset == "counter" else 30  # the first reading of a counter has no increase
    assert (counts["scored"], counts["learning"]) == (400 - learned, learned)
    assert warnings == []


@pytest.mark.parametrize("ttl", ["", "series_ttl: 64d\n"])
def test_months_are_scored(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, ttl: str) -> None:
    write(tmp_path / "in.jsonl", ((START + 32 * 86_400 * n, 50 + n % 6) for n in range(100)))
    counts, warnings = summary(capsysbinary, tmp_path, f"metric: m\n{ttl}")
    assert (counts["scored"], counts["learning"]) == (70, 30)
    assert warnings == []


def test_a_config_that_is_always_in_maintenance(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    write(tmp_path / "in.jsonl", ((START + 21_600 * n, 50 + n % 6) for n in range(800)))
    window = '{from: "2000-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z"}'
    counts, warnings = summary(capsysbinary, tmp_path, f"metric: m\nmaintenance: [{window}]\n")
    assert (counts["scored"], counts["learning"]) == (0, 800)
    (warning,) = warnings
    assert "scored nothing: values in its maintenance are not learned" in warning


def test_too_few_values(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", ((START + 60 * n, 50) for n in range(20)))
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n")
    assert counts["learning"] == 20
    (warning,) = warnings
    assert "its longest series has 20 values, and min_observations is 30: give more history" in warning


def test_a_label_that_makes_a_series_of_each_row(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    table = tmp_path / "in.csv"
    table.write_text("date,close,volume\n" + "".join(f"{START + 60 * n},5,{n}\n" for n in range(90)))
    options = ("--input", str(table), "--metric", "m", "--value-column", "close")
    _, warnings = summary(capsysbinary, tmp_path, "metric: m\n", *options)
    (warning,) = warnings
    assert "its 90 series have at most 1 value each" in warning
    assert warning.endswith("--label-column")
    counts, warnings = summary(
        capsysbinary, tmp_path, "metric: m\n", *options, "--label-column", "volume", "--wide"
    )
    assert counts["unmatched"] == 90


GROUP = """
id: host
interval: 60s
by: [host]
min_observations: 100
members:
  cpu: {metric: cpu}
  disk: {metric: disk}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "metric: disk",
            "metric: dsik",
            ["member disk never came: no metric is 'dsik'; did you mean 'disk'?"],
        ),
        ("[host]", "[hots]", ["no series of cpu, disk has the label 'hots' of `by`; did you mean 'host'?"]),
        (
            "metric: disk",
            "metric: disk, match: {host: z}",
            ["member disk never came: no series has host = 'z'"],
        ),
        ("min_observations: 100", "min_observations: 5000", ["scored nothing: 201 vectors were complete"]),
        ("metric: disk", "metric: disk", []),
        (
            "interval: 60s",
            "interval: 10s",
            ["slowest member has a value every 1 min, and its interval of 10 s chooses detectors for faster"],
        ),
        ("interval: 60s", "interval: 10s\ndetectors: [correlation]", []),
        ("interval: 60s", "interval: 90s", []),
    ],
)
def test_groups(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, old: str, new: str, said: list[str]
) -> None:
    for n in range(202):
        for metric in ("cpu", "disk"):
            write(tmp_path / "in.jsonl", [(START + 60 * n, n % 7)], metric=metric, host="a")
    _, warnings = summary(capsysbinary, tmp_path, GROUP.replace(old, new))
    assert len(warnings) == len(said)
    for warning, expected in zip(warnings, said, strict=True):
        assert warning.startswith("group host")
        assert expected in warning


def test_members_of_a_group_are_not_unmatched(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    for n in range(50):
        for metric in ("cpu", "disk", "other"):
            write(tmp_path / "in.jsonl", [(START + 60 * n, n % 7)], metric=metric, host="a")
    counts, warnings = summary(capsysbinary, tmp_path, f"{GROUP}---\nmetric: cpu\n", "--all")
    assert (counts["scored"], counts["learning"], counts["unmatched"]) == (20, 30, 50)
    found = statuses(tmp_path / "out.jsonl")
    assert (found["scored"], found["unmatched"], found["member"]) == (20, 50, 50)
    assert warnings == [
        "group host scored nothing: 49 vectors were complete, and min_observations is 100: give more history,"
        " or check `interval` and `missing`"
    ]


def test_a_member_far_ahead_is_said_and_moves_no_clock(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    for n in range(202):
        for metric in ("cpu", "disk"):
            year = 365 * 86_400 if (n, metric) == (150, "cpu") else 0
            write(tmp_path / "in.jsonl", [(START + 60 * n + year, n % 7)], metric=metric, host="a")
    (tmp_path / "config.yaml").write_text(GROUP)
    config, inputs = str(tmp_path / "config.yaml"), str(tmp_path / "in.jsonl")
    _, _, err = score(capsysbinary, "--config", config, "--input", inputs)
    assert "groups: 404 values in 200 vectors, late 0, ahead 1, refused 0, incomplete 1" in err
    assert "warning: 1 value further ahead than the cadence of the series allows is not scored" in err


def test_an_empty_input(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("\n")
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n")
    assert not any(counts.values())
    assert warnings == ["the input holds no observation"]


def test_two_files_are_both_read(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.csv"
    write(first, ((START + 60 * n, 50 + n % 6) for n in range(0, 120, 2)))
    second.write_text("time,value\n" + "".join(f"{START + 60 * n},{50 + n % 6}\n" for n in range(1, 120, 2)))
    options = ("--input", str(first), "--input", str(second), "--metric", "m", "--all")
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n", *options)
    assert (counts["scored"], counts["learning"], counts["late"]) == (31, 30, 59)
    assert len(warnings) == 1
    counts, warnings = summary(capsysbinary, tmp_path, "metric: m\n", *options, "--sort")
    assert (counts["scored"], counts["learning"], counts["late"]) == (90, 30, 0)
    sources: list[dict[str, Any]] = [
        json.loads(line)["source"] for line in (tmp_path / "out.jsonl").read_text().splitlines()
    ]
    assert [(source["topic"], source["offset"]) for source in sources] == [
        (str(second if n % 2 else first), n // 2 + n % 2) for n in range(120)
    ]


def test_a_member_without_the_label_of_by(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", ((START + 60 * n, n % 7) for n in range(50)), metric="cpu", host="a")
    write(tmp_path / "in.jsonl", ((START + 60 * n, n % 7) for n in range(50)), metric="disk", node="a")
    _, warnings = summary(capsysbinary, tmp_path, GROUP)
    assert warnings == ["group host: no series of disk has the label 'host' of `by`; their labels are 'node'"]


@pytest.mark.parametrize("config", ["metric: '~c.*'", "metric: cpu.load\nmatch: {host: 'web-*'}"])
def test_a_config_that_can_never_match_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, config: str
) -> None:
    (tmp_path / "config.yaml").write_text(config + "\n")
    code, lines, err = score(capsysbinary, "--config", str(tmp_path / "config.yaml"), "--input", "none.jsonl")
    assert (code, lines) == (2, [])
    assert "config.yaml" in err
