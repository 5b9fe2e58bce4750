import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Floats
from benchmarks.quality import choose
from benchmarks.quality.bootstrap import estimate
from benchmarks.quality.evaluation import Evaluation, Judged
from benchmarks.quality.folders import corpora_in, load_cloud, load_nab
from benchmarks.quality.parallel import judge_together
from benchmarks.quality.series import LabelledSeries, Verdict, judge
from benchmarks.quality.synthetic import series_of
from tests.benchmarks.quality.folders import cloud_folder, nab_folder, write
from tests.benchmarks.quality.twins import series

ROWS = 2000


def scored(*peaks: tuple[int, float]) -> Verdict:
    scores = np.zeros(ROWS)
    for row, height in peaks:
        scores[row] = height
    return Verdict(scores, None)


def part(name: str, anomalies: list[tuple[int, int]], *verdicts: Verdict, labelled: bool = True) -> Judged:
    corpus = [series(ROWS, anomalies, step=3600.0, name=f"a/{k}.csv") for k, _ in enumerate(verdicts)]
    if not labelled:
        corpus = [LabelledSeries(one.name, one.times, one.values, one.anomalies, False) for one in corpus]
    return Judged(name, corpus, verdicts)


def magnitude(times: Floats, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    scores = np.abs(values - 50)
    return scores, scores > 100


def test_the_threshold_of_a_corpus_is_chosen_on_the_others() -> None:
    early, late = (800, 3.0), (1500, 2.0)
    label = [(1500, 1501)]
    evaluation = Evaluation(
        "d",
        {
            "one": part("one", [(800, 801)], scored(early, late)),
            "two": part("two", label, scored(early, late)),
        },
    )
    found = choose.leave_one_out([evaluation])
    choice, at = found["two"]
    assert choice.threshold == 3.0
    assert at.figure == 0.0
    choice, at = found["one"]
    assert choice.threshold == 2.0
    assert at.figure == pytest.approx(2 / 3)


def test_an_unlabelled_corpus_limits_the_threshold_of_the_others() -> None:
    noisy = part("vms", [], scored(*((row, 2.0) for row in range(700, 1900, 20))), labelled=False)
    kpi = part("kpi", [(1500, 1501), (1700, 1701)], scored((1500, 2.0), (1700, 4.0)))
    assert choose.choose([Evaluation("d", {"kpi": kpi})]).threshold == 2.0
    assert choose.choose([Evaluation("d", {"kpi": kpi, "vms": noisy})]).threshold == 4.0


def test_the_better_option_is_chosen() -> None:
    label = [(1500, 1501)]
    blind = Evaluation("blind", {"kpi": part("kpi", label, scored((900, 2.0)))})
    sees = Evaluation("sees", {"kpi": part("kpi", label, scored((1500, 7.0), (900, 1.0)))})
    assert choose.choose([blind, sees]) == choose.Choice("sees", 7.0)


def test_an_interval_holds_the_figure_and_is_a_point_where_files_agree() -> None:
    label = [(1500, 1501)]
    same = estimate(part("kpi", label, *[scored((1500, 2.0), (900, 2.0))] * 5), 2.0)
    assert same.low == same.figure == same.high == pytest.approx(2 / 3)
    mixed = estimate(part("kpi", label, *[scored((1500, 2.0))] * 4, *[scored((900, 2.0))] * 4), 2.0)
    assert mixed.low < mixed.figure < mixed.high
    assert mixed.figure == pytest.approx(0.5)


def test_without_labels_every_alert_counts() -> None:
    found = estimate(part("vms", [], scored((900, 2.0), (1500, 2.0)), labelled=False), 2.0)
    assert np.isnan(found.figure)
    assert found.false_a_week == pytest.approx(2 / ((ROWS - 336) / 168))


def test_corpora_are_found_by_their_layout(tmp_path: Path) -> None:
    nab_folder(tmp_path / "nab")
    cloud_folder(tmp_path / "kpi")
    write(tmp_path / "services" / "service1.csv", "timestamp,m1\n")
    assert corpora_in(tmp_path) == {"kpi": load_cloud, "nab": load_nab}


def test_label_2_is_neither_hit_nor_false_alarm(tmp_path: Path) -> None:
    folder = cloud_folder(tmp_path / "river")
    path = folder / "data" / "made" / "one.csv"
    lines = path.read_text().splitlines()
    lines[301:304] = [line.replace('"0"', '"2"') for line in lines[301:304]]
    path.write_text("\n".join(lines) + "\n")
    [one] = load_cloud(folder)
    assert one.anomalies.tolist() == [[200, 202]]
    assert one.ignored.tolist() == [[300, 302]]
    scores = np.zeros(400)
    scores[[200, 301, 350]] = 1
    counted = Judged("river", [one], [Verdict(scores, None)]).by_segments.at(1.0)
    assert (counted.segments, counted.found, counted.false) == (1, 1, 1)


def test_a_corpus_in_which_nothing_is_labelled_is_unlabelled(tmp_path: Path) -> None:
    folder = cloud_folder(tmp_path / "vms")
    path = folder / "data" / "made" / "one.csv"
    path.write_text(path.read_text().replace('"1"\n', '"0"\n'))
    assert [one.labelled for one in load_cloud(folder)] == [False]


def test_processes_find_what_one_process_finds() -> None:
    generator = np.random.default_rng(1)
    corpus = [series(60_000, values=generator.normal(50, 40, 60_000), name=f"a/{k}.csv") for k in range(4)]
    corpora = {"one": corpus[:3], "two": corpus[3:]}
    found = judge_together(magnitude, corpora)
    for name, expected in corpora.items():
        for verdict, alone in zip(found[name], judge(magnitude, expected), strict=True):
            assert np.array_equal(verdict.scores, alone.scores)
            assert verdict.alerts is not None
            assert alone.alerts is not None
            assert np.array_equal(verdict.alerts, alone.alerts)


def test_the_command_prints_each_corpus(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cloud_folder(tmp_path / "cloud", peaks=(201, 320))
    cloud_folder(tmp_path / "kpi", peaks=(202,))
    monkeypatch.setattr(choose, "suite", lambda: (series_of("spike", 0),))
    arguments = ["--data", str(tmp_path), "--rivals", "zscore-7d", "--detector", f"{__name__}:magnitude"]
    monkeypatch.setattr(sys, "argv", ["choose", *arguments])
    assert choose.main() == 0
    printed = capsys.readouterr().out
    for text in ("cloud", "kpi", "7-day z-score, K = 4", "magnitude"):
        assert text in printed


def test_a_detector_that_is_none_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["choose", "--data", str(tmp_path), "--detector", "nowhere:nothing"])
    assert choose.main() == 2
    assert "MODULE:NAME" in capsys.readouterr().err
