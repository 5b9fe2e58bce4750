from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Floats
from benchmarks.data_files import DataError
from benchmarks.quality import evaluate, half, load
from benchmarks.quality.folders import load_cloud, load_nab
from tests.benchmarks.quality.folders import cloud_folder, nab_folder
from tests.benchmarks.quality.twins import series


@pytest.fixture
def nab(tmp_path: Path) -> Path:
    return nab_folder(tmp_path / "nab")


@pytest.fixture
def cloud(tmp_path: Path) -> Path:
    return cloud_folder(tmp_path / "cloud")


def test_nab_files_keep_their_spelling_and_get_their_windows(nab: Path) -> None:
    one, two = load_nab(nab)
    assert (one.name, one.category) == ("made/one.csv", "made")
    assert one.times[1] - one.times[0] == 60
    assert one.spelling[0][0] == "2024-01-01 00:00:00"
    assert [float(value) for value in one.spelling[1]] == one.values.tolist()
    assert one.anomalies.tolist() == [[40, 49]]
    assert two.labelled
    assert two.anomalies.tolist() == []


def test_without_labels_files_are_read_and_are_not_labelled(nab: Path) -> None:
    (nab / "labels" / "combined_windows.json").unlink()
    assert [one.labelled for one in load_nab(nab)] == [False, False]


def test_cloud_files_may_miss_values(cloud: Path) -> None:
    [one] = load_cloud(cloud)
    assert np.flatnonzero(np.isnan(one.values)).tolist() == [5]
    assert one.anomalies.tolist() == [[200, 202]]
    assert one.times[0] == 1_704_067_200


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data"):
        load_nab(tmp_path)


def test_one_table_for_all_corpora(nab: Path, cloud: Path) -> None:
    def detector(times: Floats, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        score = np.where(np.arange(len(values)) % 200 == 40, 5.0, 0.0)
        return score, score > 4

    evaluation = evaluate(detector, nab=nab, cloud=cloud, seeds=1, label="every 200th")
    text = str(evaluation)
    assert "nab: 2 series, 1 windows" in text
    assert "cloud: 1 series, 1 segments" in text
    assert evaluation["nab"].by_windows.at(5.0).hits == 1
    assert evaluation["nab"].alert_tally == evaluation["nab"].by_windows.at(5.0)
    assert evaluation["cloud"].alert_count == evaluation["cloud"].by_segments.at(5.0)
    assert evaluation.joint_threshold() in (5.0, np.inf)
    silent = evaluation.at(6.0)["nab"].alert_tally
    assert silent is not None
    assert silent.detections == 0
    assert "made/one.csv" in evaluation.breakdown("nab")
    assert "holiday" in evaluation.breakdown("synthetic", 5.0)
    assert "made/one.csv" in evaluation.breakdown("cloud")


def test_scores_of_another_length_are_an_error(nab: Path) -> None:
    with pytest.raises(ValueError, match=r"made/one\.csv"):
        evaluate(lambda times, values: (values[1:], None), nab=nab, synthetic=False)


def test_halves_share_nothing_and_miss_nothing() -> None:
    corpus = [series(20, name=f"{category}/{file}") for category in "abc" for file in range(5)]
    first, second = half(corpus, 0), half(corpus, 1)
    assert {one.name for one in first} | {one.name for one in second} == {one.name for one in corpus}
    assert not {one.name for one in first} & {one.name for one in second}
    assert abs(len(first) - len(second)) <= 1
    whole = half(corpus, 0, whole_categories=True)
    assert {one.category for one in whole}.isdisjoint(
        one.category for one in half(corpus, 1, whole_categories=True)
    )


def test_half_of_the_suite_holds_whole_kinds() -> None:
    kinds = [{one.category for one in load(which_half=which)["synthetic"]} for which in (0, 1)]
    assert kinds[0].isdisjoint(kinds[1])
