from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anomaly_stream.baselines.rolling import describe
from anomaly_stream.engine.bank.rows import fresh_rows
from anomaly_stream.engine.plan.dtypes import Instant
from anomaly_stream.engine.scoring.band import EFFECT_CAP, edge, effect
from anomaly_stream.engine.scoring.score import distance_score, seen_before
from anomaly_stream.kernels.blocks import empty_pool
from anomaly_stream.kernels.magnitudes import UNBOUNDED
from anomaly_stream.kernels.window import NOBODY, enter
from anomaly_stream.model import Direction
from tests.engine.inputs import config, plan_of
from tests.engine.twin import slow_score

AT_ONCE = Instant(0.0, 0.0, np.empty(0), 0.0, 1.0, 0.0, 1.0)
windows = st.one_of(
    st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 6) + 0.0), min_size=3, max_size=60),
    st.lists(st.integers(-3, 3).map(float), min_size=3, max_size=60),
    st.integers(0, 1000).map(lambda seed: np.random.default_rng(seed).normal(50.0, 3.0, 60).tolist()),
    st.integers(0, 1000).map(lambda seed: np.random.default_rng(seed).standard_cauchy(60).tolist()),
)
configs = st.fixed_dictionaries(
    {
        "sensitivity_score": st.sampled_from([1.0, 5.0, 15.0, 40.0, 60.0, 99.0, 100.0]),
        "direction": st.sampled_from(list(Direction)),
        "detectors": st.sampled_from(
            [("zscore",), ("modified_zscore", "iqr"), ("zscore", "modified_zscore", "iqr")]
        ),
        "min_deviation": st.sampled_from([0.0, 0.0, 3.0]),
        "min_deviation_relative": st.sampled_from([0.0, 0.0, 0.4]),
    }
)


def filled(values: list[float]) -> tuple[Any, Any]:
    pool, row = empty_pool(4096), fresh_rows(1)[0]
    for i, x in enumerate(values):
        enter(row, pool, float(i), x, 1000, NOBODY)
    return row, pool


@settings(max_examples=150, deadline=None)
@given(windows, configs)
def test_the_verdict_flips_at_the_edges(values: list[float], fields: dict[str, Any]) -> None:
    row, pool = filled(values)
    compiled = plan_of(config(**fields)).compiled[0]
    baseline = describe(row, pool)
    for side in (-1, 1):
        found = edge(row, pool, baseline, compiled, AT_ONCE, side)
        if abs(found) == UNBOUNDED:
            assert compiled["direction"] == -side
            continue
        assert side * found >= side * baseline.median
        slack = max(1e-310, 1e-14 * max(abs(found), abs(found - baseline.median)))
        within = found - side * slack if abs(found - baseline.median) > slack else baseline.median
        assert distance_score(within, row, pool, baseline, compiled, AT_ONCE) < compiled["sensitivity"]
        beyond = np.nextafter(found + side * slack, side * np.inf)
        assert (
            distance_score(beyond, row, pool, baseline, compiled, AT_ONCE) >= compiled["sensitivity"] - 1e-9
        )


@settings(max_examples=100, deadline=None)
@given(windows, configs, st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
@example(
    [0.0, 0.0, 1.0, 1.0],
    {"sensitivity_score": 1.0, "direction": Direction.BELOW, "detectors": ("iqr",)},
    [-1e-112],
)
def test_scores_agree_with_the_twin_and_the_shortcut_with_the_scores(
    values: list[float], fields: dict[str, Any], probes: list[float]
) -> None:
    row, pool = filled(values)
    settings_ = config(**fields)
    compiled = plan_of(settings_).compiled[0]
    baseline = describe(row, pool)
    for value in [*probes, *values, baseline.median]:
        found = distance_score(value, row, pool, baseline, compiled, AT_ONCE)
        assert found == pytest.approx(slow_score(np.array(values), value, settings_), rel=1e-6, abs=1e-4)
        if seen_before(value, row, pool, compiled, NOBODY):
            assert found < compiled["sensitivity"]


def test_effect_is_1_at_the_edge_and_bounded() -> None:
    assert effect(120.0, 100.0, 120.0) == 1.0
    assert effect(70.0, 100.0, 90.0) == 3.0
    assert effect(5.0, 0.0, 0.0) == EFFECT_CAP
    assert effect(1e300, 0.0, 1e-300) == EFFECT_CAP
