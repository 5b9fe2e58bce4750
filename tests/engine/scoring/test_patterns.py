"""Patterns and calibrators together with point detectors, and their state."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.detectors.registry import NAMES, REGISTRY
from anomaly_stream.engine.step import step
from anomaly_stream.errors import ConfigError
from anomaly_stream.kernels.tails import score_of
from anomaly_stream.model import Outcome, Publish, Status, Transition
from tests.engine.inputs import bank_of, columns, config, part, plan_of, verdicts
from tests.engine.test_step import random_batch, state_of

LEVELS = ("zscore", "modified_zscore", "iqr")
PATTERNS = tuple(one.name for one in REGISTRY if one.kind == "pattern")
CALIBRATORS = tuple(one.name for one in REGISTRY if one.kind == "calibrator")
FLAT_LINE = NAMES.index("flat_line")


def noise(count: int, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(100.0, 2.0, count).tolist()


def run(values: list[float], **fields: Any) -> Outcome:
    plan = plan_of(config(window_points=400, **fields))
    return step(plan, bank_of(plan), columns(values))


def test_a_pattern_can_score_a_value_within_its_band() -> None:
    out = run([*noise(300), *[100.5] * 40, *noise(20, 1)], detectors=(*LEVELS, "flat_line"))
    found = np.flatnonzero(out.status == Status.ANOMALY)
    assert len(found) > 20
    assert found.min() > 300
    assert set(out.source_detector[found].tolist()) == {FLAT_LINE}
    assert (out.lower[found] <= 100.5).all()
    assert (out.upper[found] >= 100.5).all()
    assert Transition.FIRING in out.transition.tolist()
    assert out.transition[344] == Transition.RESOLVED


def test_patterns_alone_have_no_band() -> None:
    out = run([*noise(300), *[100.5] * 40, 1e6], detectors=("flat_line",))
    scored = out.status != Status.LEARNING
    assert (out.status[:300][scored[:300]] == Status.NORMAL).all()
    assert out.status[339] == Status.ANOMALY
    assert out.status[340] == Status.NORMAL  # nobody asked whether it is far out
    assert (np.abs(out.lower[scored]) == np.finfo(float).max).all()
    assert np.isfinite(out.expected[scored]).all()


def test_the_score_is_the_highest_of_levels_and_corrected_patterns() -> None:
    names = (*LEVELS, *PATTERNS)
    values = [*noise(300), *[100.5] * 30, *noise(50, 1), 150.0, *noise(10, 2), *[103.0] * 5]
    both = run(values, detectors=names)
    correction = 10.0 * np.log10(len(PATTERNS) + 1)
    spoke = set()
    for i in np.flatnonzero(both.status != Status.LEARNING).tolist():
        p = {one: both.detector_p[i, NAMES.index(one)] for one in PATTERNS}
        corrected = [score_of(x) - correction for x in p.values() if not np.isnan(x)]
        highest = max(corrected, default=0.0)
        spoke.add(int(both.source_detector[i]))
        if both.source_detector[i] < 0:
            assert both.score[i] >= max(highest, 0.0)
        else:
            assert both.score[i] == pytest.approx(highest)
    assert len(spoke) > 1


@pytest.mark.parametrize("detectors", [(*LEVELS, *PATTERNS), (*LEVELS, *CALIBRATORS), PATTERNS])
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 500), max_size=8))
def test_how_the_input_is_cut_changes_nothing(detectors: tuple[str, ...], seed: int, cuts: list[int]) -> None:
    plan = plan_of(
        config("a", detectors=detectors, min_observations=8),
        config("b", detectors=detectors, publish=Publish.ANOMALIES, sensitivity_score=20.0, alert_score=30.0),
        config("c", publish=Publish.ANOMALIES),
    )
    batch = random_batch(seed, 3, 500)
    whole, parts, found = bank_of(plan, 3), bank_of(plan, 3), []
    expected = verdicts(step(plan, whole, batch))
    for start, stop in pairwise([0, *sorted(cuts), len(batch)]):
        found += verdicts(step(plan, parts, part(batch, start, stop)), start)
    assert found == expected
    assert state_of(parts) == state_of(whole)


@pytest.mark.parametrize("detectors", [(*LEVELS, *PATTERNS), (*LEVELS, *CALIBRATORS)])
def test_what_is_published_changes_no_verdict(detectors: tuple[str, ...]) -> None:
    batch = random_batch(5, 2, 1500)
    plans = [plan_of(config(detectors=detectors, publish=publish)) for publish in Publish]
    outcomes = {plan.configs[0].publish: step(plan, bank_of(plan, 2), batch) for plan in plans}
    every = outcomes[Publish.ALL]
    rare = [i for i in range(len(every)) if every.status[i] == Status.ANOMALY or every.transition[i]]
    assert len(rare) > 5
    for publish in (Publish.ANOMALIES, Publish.NONE):
        out = outcomes[publish]
        assert out.observation.tolist() == every.observation[rare].tolist()
        for name in ("score", "source_detector", "lower", "upper", "expected", "transition", "detector_p"):
            np.testing.assert_array_equal(getattr(out, name), getattr(every, name)[rare])


def test_a_value_is_outside_its_band_exactly_if_the_point_detectors_scored() -> None:
    for seed in range(4):
        for detectors in ((*LEVELS, *PATTERNS), (*LEVELS, *CALIBRATORS)):
            batch = random_batch(seed, 1, 900)
            plan = plan_of(config(detectors=detectors))
            out = step(plan, bank_of(plan), batch)
            values = batch.value[out.observation]
            outside = (values < out.lower) | (values > out.upper)
            levels = (out.status == Status.ANOMALY) & (out.source_detector < 0)
            assert (outside | ~levels).all()
            assert (~outside | (out.status == Status.ANOMALY)).all()


def test_a_calibrator_needs_a_point_detector() -> None:
    with pytest.raises(ConfigError, match="calibrates others"):
        plan_of(config(detectors=CALIBRATORS))
