"""The benchmark's protocol on a small synthetic folder with the layout of the Skoltech Anomaly Benchmark."""

import csv
from pathlib import Path

import numpy as np
import pytest

from benchmarks import skab
from benchmarks.group_sets import flipped_group

ROWS = 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, labelled in (("valve1/0", True), ("valve1/10", True), ("anomaly-free/anomaly-free", False)):
        random = np.random.default_rng(len(name))
        values = random.normal(size=(ROWS, 3))
        anomalies = np.zeros(ROWS)
        if labelled:
            values[600:800, 1] += 9.0
            anomalies[600:800] = 1.0
        path = tmp_path / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(["datetime", "a", "b", "c", *(["anomaly", "changepoint"] if labelled else [])])
            for row in range(ROWS):
                tail = [anomalies[row], 0.0] if labelled else []
                writer.writerow([f"2020-03-09 10:14:{row}", *values[row], *tail])
    return tmp_path


def test_reading_leaves_time_and_labels_out(folder: Path) -> None:
    found = list(skab.files(folder))
    assert [file.name for file in found] == [
        "anomaly-free/anomaly-free.csv",
        "valve1/0.csv",
        "valve1/10.csv",
    ]
    assert all(file.vectors.shape == (ROWS, 3) for file in found)
    assert found[0].anomalies is None
    assert found[1].anomalies is not None
    assert found[1].anomalies.sum() == 200


def test_the_file_of_verdicts_gives_the_printed_figures(folder: Path, tmp_path: Path) -> None:
    found = list(skab.files(folder))
    skab.write(tmp_path / "out.csv", found, skab.DEFAULT)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * ROWS
    counts = skab.Counts()
    for one in found[1:]:
        alarms = np.array([row["alarm"] == "1" for row in rows if row["file"] == one.name])
        assert not alarms[: skab.WARM_UP].any()
        assert one.anomalies is not None
        counts += skab.Counts.of(alarms[skab.WARM_UP :], one.anomalies[skab.WARM_UP :])
    assert counts == skab.pooled(found[1:], skab.DEFAULT, skab.OPERATING_POINT)
    assert counts.f1 > 0.9


def test_counts() -> None:
    counts = skab.Counts.of(np.array([True, True, False, False]), np.array([True, False, True, False]))
    assert counts == skab.Counts(1, 1, 1, 1)
    assert (counts.f1, counts.false_rate, counts.missing_rate) == (0.5, 0.5, 0.5)
    assert skab.Counts().f1 == 0.0


def test_a_flip_changes_the_correlation_alone() -> None:
    vectors, flipped = flipped_group(1, 4, 0.8)
    for part, correlation in ((flipped, -0.8), (~flipped, 0.8)):
        values = vectors[part]
        assert np.corrcoef(values[:, 0], values[:, 1])[0, 1] == pytest.approx(correlation, abs=0.06)
    spread = [vectors[part].std(axis=0) for part in (flipped, ~flipped)]
    np.testing.assert_allclose(spread[0], spread[1], rtol=0.15)
