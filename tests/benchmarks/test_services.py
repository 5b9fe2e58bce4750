"""Services with metrics of one cause: the group and its members on a small synthetic folder."""

import csv
from pathlib import Path

import numpy as np
import pytest

from benchmarks import services

ROWS, WARM_UP = 1200, 600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(2):
        random = np.random.default_rng(number)
        values = random.normal(size=(ROWS, 3))
        label = np.zeros(ROWS, np.int64)
        label[900:960] = 1
        values[900:960] += 9.0
        with (tmp_path / f"service{number}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["timestamp", "m1", "m2", "m3", "label", "scored"])
            for row in range(ROWS):
                writer.writerow([300 * row, *values[row], label[row], int(row >= WARM_UP)])
    return tmp_path


def test_reading(folder: Path) -> None:
    found = services.read(folder / "service0.csv")
    assert found.vectors.shape == (ROWS, 3)
    assert found.labels.anomalies.tolist() == [[900, 959]]
    assert found.labels.warm_up == WARM_UP


def test_every_contender_has_a_line(folder: Path) -> None:
    lines = list(services.report(services.load(folder)))
    assert lines[0].startswith("2 services")
    assert lines[4].startswith("group, default ")
    assert next(line for line in lines if line.startswith("any member, zscore  ")).split()[4] == "2/2"
    assert lines[4].split()[3] == "2/2"


def test_the_share_of_the_time_of_day() -> None:
    times = 3600.0 * np.arange(240, dtype=np.float64)
    metrics = np.stack([np.sin(2 * np.pi * times / 86_400), np.zeros(240)], axis=1)
    labels = services.LabelledSeries("a", times, np.zeros(240), np.empty((0, 2), np.int64))
    assert services.season_share([services.Service(labels, metrics)]) == pytest.approx(1.0)
    noise = np.random.default_rng(1).normal(size=(240, 1))
    assert services.season_share([services.Service(labels, noise)]) < 0.3
