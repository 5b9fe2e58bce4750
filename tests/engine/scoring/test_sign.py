"""A series that has never been below 0 has no normal range that reaches below 0."""

from typing import Any

import numpy as np
import pytest

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.step import step
from anomaly_stream.kernels.magnitudes import UNBOUNDED
from anomaly_stream.model import Direction, MetricType, Outcome, Status
from anomaly_stream.model.config import MaintenanceWindow
from tests.engine.checkpoints import Changelog, SmallWorker, over_restarts
from tests.engine.clocks import days
from tests.engine.inputs import VERDICT_COLUMNS, bank_of, columns, config, plan_of, verdicts

TIMES = days(10)
KINDS: dict[str, dict[str, Any]] = {
    "auto": {"detectors": ("auto",)},
    "window": {"detectors": ("zscore", "cusum")},
    "stateless window": {"detectors": ("zscore",)},
    "season": {"detectors": ("zscore",), "seasonality": ("daily",)},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def counts(seed: int = 0) -> np.ndarray:
    """Counts per quarter of an hour with a daily wave; of many, none."""
    usual = 2.0 + 2.0 * np.sin(2 * np.pi * TIMES / 86_400.0)
    return np.random.default_rng(seed).poisson(usual).astype(float)


def run(values: np.ndarray, kind: str, known: bool = True, **fields: Any) -> tuple[Outcome, Bank]:
    """Verdicts of all values; without ``known``, as if the state did not say whether one was below 0."""
    plan = plan_of(config(baseline_period_s=1e9, window_points=512, **{**KINDS[kind], **fields}))
    bank = bank_of(plan)
    bank.state.rows["nonnegative"] = int(known)
    return step(plan, bank, columns(values.tolist(), TIMES.tolist())), bank


def scored(out: Outcome) -> np.ndarray:
    return out.status != Status.LEARNING


@every_kind
def test_the_range_of_counts_begins_at_0(kind: str) -> None:
    out, _ = run(counts(), kind)
    lower, upper = out.lower[scored(out)], out.upper[scored(out)]
    assert (lower >= 0.0).all()
    assert (lower == 0.0).mean() > 0.5
    assert (out.expected[scored(out)] >= 0.0).all()
    assert (out.value[scored(out)] >= lower)[out.status[scored(out)] == Status.NORMAL].all()
    assert (upper > 4.0).mean() > 0.9


@pytest.mark.parametrize("kind", ["window", "stateless window", "season"])
def test_only_what_is_shown_changes(kind: str) -> None:
    values = counts()
    values[700:720] += 30.0
    (out, _), (unknown, _) = run(values, kind), run(values, kind, known=False)
    for name in VERDICT_COLUMNS:
        if name not in ("lower", "expected"):
            np.testing.assert_array_equal(getattr(out, name), getattr(unknown, name), err_msg=name)
    assert (unknown.lower[scored(out)] < 0.0).sum() > 100
    for name in ("lower", "expected"):
        shown, there = getattr(out, name)[scored(out)], getattr(unknown, name)[scored(out)]
        np.testing.assert_array_equal(shown, np.maximum(there, 0.0))


@every_kind
def test_a_value_below_0_shows_the_range_as_it_is_from_then_on(kind: str) -> None:
    values = counts()
    values[500] = -1.0
    out, _ = run(values, kind)
    assert (out.lower[:500][scored(out)[:500]] >= 0.0).all()
    assert (out.lower[500:] < 0.0).mean() > 0.5
    assert out.lower[500] < 0.0 or out.status[500] == Status.ANOMALY


@every_kind
def test_a_value_below_0_by_rounding_is_none(kind: str) -> None:
    values = counts()
    values[500] = -1e-15
    out, _ = run(values, kind)
    assert (out.lower[scored(out)] >= -1e-15).all()
    assert out.lower[500] <= values[500]
    assert (out.lower[501:] >= 0.0).all()


@every_kind
def test_series_around_0_keep_their_range(kind: str) -> None:
    values = np.random.default_rng(1).normal(0.5, 2.0, len(TIMES))
    out, _ = run(values, kind)
    assert (out.lower[scored(out)] < 0.0).mean() > 0.9


@every_kind
def test_what_is_expected_is_within_the_range(kind: str) -> None:
    values = np.maximum(0.0, 40.0 - 0.05 * np.arange(len(TIMES))) + 0.01 * counts()
    out, _ = run(values, kind)
    kept = scored(out)
    assert (out.lower[kept] <= out.expected[kept]).all()
    assert (out.lower[kept] <= out.value[kept])[out.status[kept] == Status.NORMAL].all()


@every_kind
def test_a_side_without_an_edge_keeps_none(kind: str) -> None:
    out, _ = run(counts(), kind, direction=Direction.ABOVE)
    assert (out.lower[scored(out)] == -UNBOUNDED).all()


def test_the_increase_of_a_counter_is_never_below_0() -> None:
    """Also where an earlier release wrote the state, which does not say it."""
    out, _ = run(np.cumsum(counts()), "window", known=False, metric_type=MetricType.COUNTER)
    assert (out.lower[scored(out)] >= 0.0).all()


@pytest.mark.parametrize("kind", ["auto", "window"])
def test_a_value_in_maintenance_is_not_remembered(kind: str) -> None:
    values = counts()
    values[500] = -40.0
    maintenance = (MaintenanceWindow(TIMES[500], TIMES[501]),)
    out, _ = run(values, kind, maintenance=maintenance)
    assert (out.lower[501:] >= 0.0).all()


def test_a_restart_remembers_it() -> None:
    values = counts()
    values[300] = -1.0
    plan = plan_of(*(config(kind, window_points=256, **fields) for kind, fields in KINDS.items()))
    batch = columns(values.tolist(), TIMES.tolist())
    expected = verdicts(SmallWorker(plan, 1, Changelog()).step(batch, 0, len(batch)))
    assert over_restarts(plan, 1, batch, [200, 299, 301, 800])[0] == expected


def test_a_reset_forgets_it() -> None:
    values = counts()
    values[100] = -1.0
    _, bank = run(values, "window")
    assert bank.state.rows["nonnegative"][0] == 0
    bank.restart_rows(np.array([0]))
    assert bank.state.rows["nonnegative"][0] == 1
