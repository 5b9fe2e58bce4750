import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.quality.series import Verdict
from benchmarks.quality.windows import LOW_FN, PROFILES, STANDARD, Curve, probation, tally
from tests.benchmarks.quality.twins import nab_score, series


def marked(rows: int, *at: int) -> NDArray[np.bool_]:
    detections = np.zeros(rows, np.bool_)
    detections[list(at)] = True
    return detections


def test_the_first_15_percent_do_not_count_but_750_rows_at_most() -> None:
    assert probation(100) == 15
    assert probation(1_000_000) == 750


def test_no_detection_is_0_and_the_left_edge_of_each_window_100() -> None:
    corpus = [series(100, [(40, 49), (70, 79)]), series(100)]
    nothing = tally(corpus, [marked(100), marked(100)])
    perfect = tally(corpus, [marked(100, 40, 70), marked(100)])
    assert [nothing.score(profile) for profile in PROFILES] == [0, 0, 0]
    assert [perfect.score(profile) for profile in PROFILES] == pytest.approx([100, 100, 100])


def test_a_false_detection_before_the_window_costs_its_weight() -> None:
    corpus = [series(100, [(40, 49)])]
    score = tally(corpus, [marked(100, 20, 40)])
    assert score.score(STANDARD) == pytest.approx(100 * (2 - 0.11) / 2)
    assert score.false == 1
    assert score.per_1000 == pytest.approx(2000 / 85)


def test_a_detection_within_probation_is_nothing() -> None:
    assert tally([series(100, [(40, 49)])], [marked(100, 3)]).detections == 0


def test_the_earliest_detection_of_a_window_counts_and_late_ones_earn_less() -> None:
    corpus = [series(100, [(40, 49)])]
    half_way = tally(corpus, [marked(100, 45, 47)])
    # y = -(49 - 45 + 1)/10 = -.5: sigma(-.5)/sigma(-1) = .848284/.986614
    assert half_way.earned == pytest.approx(0.859793, abs=1e-6)
    assert half_way.score(LOW_FN) == pytest.approx(100 * (2 + 0.859793) / 3, abs=1e-4)


def test_just_after_a_window_a_false_detection_costs_little() -> None:
    corpus = [series(100, [(40, 49)])]
    # y = 1/9: sigma = 2/(1 + exp(5/9)) - 1 = -.270847
    assert tally(corpus, [marked(100, 50)]).cost == pytest.approx(0.270847, abs=1e-6)
    assert tally(corpus, [marked(100, 90)]).cost == 1.0


def test_a_clean_corpus_has_no_score() -> None:
    assert np.isnan(tally([series(100)], [marked(100, 50)]).score(STANDARD))


corpora = st.lists(
    st.tuples(
        st.lists(st.integers(0, 6), min_size=40, max_size=40),
        st.sampled_from([[], [(2, 4)], [(10, 12)], [(3, 9), (20, 20)], [(15, 22), (23, 30), (38, 39)]]),
    ),
    min_size=1,
    max_size=4,
)


@given(corpora)
@settings(max_examples=60, deadline=None)
def test_the_curve_is_the_score_of_every_threshold(
    drawn: list[tuple[list[int], list[tuple[int, int]]]],
) -> None:
    corpus = [series(40, [(30, 33)]), *(series(40, windows) for _, windows in drawn)]
    scores = [np.zeros(40), *(np.array(values, np.float64) for values, _ in drawn)]
    curve = Curve.of(corpus, [Verdict(values, None) for values in scores])
    for profile in PROFILES:
        expected = {t: nab_score(corpus, scores, t, profile) for t in (0.0, 1.0, 2.5, 4.0, 6.0, 7.0)}
        for threshold, value in expected.items():
            assert curve.at(threshold).score(profile) == pytest.approx(value)
        best = curve.at(curve.best(profile)).score(profile)
        assert best == pytest.approx(max(nab_score(corpus, scores, t, profile) for t in range(8)))
