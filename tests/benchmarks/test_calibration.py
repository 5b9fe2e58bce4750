import numpy as np
import pytest

from anomaly_stream.registry.promised_alerts import alerts_per_week
from benchmarks.calibration import (
    SCORES,
    Alerts,
    Shares,
    alerts,
    by_step,
    drawn,
    is_model,
    judgement,
    normal_rows,
    with_budget,
)
from benchmarks.quality.ours import shipped_config
from benchmarks.quality.series import LabelledSeries, Verdict


@pytest.mark.parametrize(
    ("seen", "promised", "verdict"),
    [
        (100, 100.0, "PASS"),
        (200, 100.0, "PASS"),
        (50, 100.0, "PASS"),
        (260, 100.0, "FAIL"),
        (30, 100.0, "FAIL"),
        (215, 100.0, "few"),
        (0, 0.5, "few"),
        (1, 0.01, "few"),
        (3, 0.01, "FAIL"),
        (0, 20.0, "FAIL"),
    ],
)
def test_a_count_is_judged_unless_chance_may_decide(seen: int, promised: float, verdict: str) -> None:
    assert judgement(seen, promised, 2.0) == verdict


def labelled(rows: int = 1000) -> LabelledSeries:
    values = np.zeros(rows)
    values[600] = np.nan
    return LabelledSeries("a", 300.0 * np.arange(rows), values, np.array([[800, 809]]))


def test_rows_of_warm_up_and_labels_do_not_count() -> None:
    normal = normal_rows(labelled())
    assert not normal[:250].any()  # a quarter
    assert not normal[600]
    assert not normal[788:812].any()  # an hour before, ten minutes after
    assert normal.sum() == 750 - 1 - 24


def test_shares_are_of_the_normal_rows() -> None:
    scores = np.zeros(1000)
    scores[[100, 300, 301, 805]] = 45.0
    scores[302] = 20.0
    found = Shares.of([labelled()], [Verdict(scores, None)])
    assert (found.values, found.reached) == (725, (3, 2, 2, 0, 0))
    assert next(found.cells(2.0)) == f"{3 / 7.25:.3g} few"
    assert len(SCORES) == len(list(found.cells(2.0)))


def test_fewer_alerts_than_promised_pass() -> None:
    assert list(Alerts(10.0, (0, 40), (70.0, 10.0)).cells(2.0)) == ["0/70 PASS", "40/10 FAIL"]


def test_series_of_a_corpus_by_step() -> None:
    fast = LabelledSeries("f", 60.0 * np.arange(9), np.zeros(9), np.empty((0, 2), np.int64))
    assert {name: len(corpus) for name, corpus in by_step([labelled(), fast, labelled()], "c").items()} == {
        "c, 300 s": 2, "c, 60 s": 1,
    }  # fmt: skip


def test_alerts_on_noise_are_counted_against_the_promise() -> None:
    config = shipped_config()
    found = alerts(config, {"white": drawn("white", 3600.0, 1)})["white"]
    limited = with_budget(config, 1.0, 3600.0)
    assert is_model(config)
    assert limited.alert_score == config.alert_score  # which promises fewer
    promised = alerts_per_week(config.alert_score, 3600.0, by_model=True)
    assert found.promised[1] == pytest.approx(found.weeks * promised)
    faster = with_budget(config, 1.0, 60.0)
    assert faster.alert_score > config.alert_score
    assert alerts_per_week(faster.alert_score, 60.0, by_model=True) == pytest.approx(1.0)
    assert 0 < found.opened[1] < 2 * found.promised[1]
