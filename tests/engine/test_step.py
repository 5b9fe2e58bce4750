from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.encode import canonical_rows
from anomaly_stream.engine.step import step
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import Direction, Outcome, Publish, SeverityBands, Status, Transition
from anomaly_stream.model.config import MaintenanceWindow
from tests.engine.inputs import bank_of, columns, config, part, plan_of, verdicts
from tests.engine.twin import ANOMALY, SlowRow, slow_statistics

BANDS = SeverityBands(escalate_after=6)
CASES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "above only": {"direction": Direction.ABOVE, "sensitivity_score": 30.0},
    "below only": {"direction": Direction.BELOW, "sensitivity_score": 25.0, "alert_score": 30.0},
    "least deviations": {"min_deviation": 4.0, "min_deviation_relative": 0.5, "sensitivity_score": 20.0},
    "one detector": {"detectors": ("modified_zscore",), "window_points": 40},
    "short period": {"baseline_period_s": 45.0, "relearn_after": 5},
    "eager": {"sensitivity_score": 8.0, "alert_score": 12.0, "resolve_after": 1, "min_observations": 3},
    "patient": {"open_after_s": 4.0, "resolve_after": 1, "resolve_after_s": 9.0, "relearn_after": 20},
    "a share": {"open_count": 2, "open_of": 12, "repeat_interval_s": 5.0, "sensitivity_score": 25.0},
    "maintenance": {
        "maintenance": (MaintenanceWindow(5.0, 15.0), MaintenanceWindow(120.0, 180.0)),
        "relearn_after": 4,
        "window_points": 40,
    },
    "hysteresis": {"hysteresis": 20.0, "resolve_after": 2, "sensitivity_score": 25.0, "alert_score": 25.0},
}


def wild(seed: int, count: int = 900) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, values and learn flags of all kinds: spikes, a level shift, gaps, late values."""
    random = np.random.default_rng(seed)
    values = random.normal(10.0, 1.0, count)
    values[random.random(count) < 0.04] *= 4.0
    values[count // 3 : count // 3 + 40] += 15.0
    values[count // 2 : count // 2 + 80] = np.round(values[count // 2 : count // 2 + 80])
    values[-count // 8 :] = np.where(random.random(count)[-count // 8 :] < 0.9, 3.0, values[-count // 8 :])
    waits = random.choice(
        [1.0, 1.0, 1.0, 0.25, 0.0, -2.0, 25.0], count, p=[0.3, 0.3, 0.25, 0.1, 0.02, 0.02, 0.01]
    )
    return np.cumsum(waits), values, random.random(count) < 0.02


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_with_the_twin_at_every_event(name: str, seed: int) -> None:
    fields = config(**CASES[name])
    plan = plan_of(fields, bands=BANDS)
    bank, twin = bank_of(plan), SlowRow(fields, BANDS)
    times, values, learn = wild(seed)
    anomalies = 0
    for i in range(len(values)):
        out = step(plan, bank, columns(values[i : i + 1], times[i : i + 1], learn=learn[i : i + 1]))
        edges = (float(out.lower[0]), float(out.upper[0])) if len(out) else (0.0, 0.0)
        verdict = twin.observe(float(times[i]), float(values[i]), bool(learn[i]), edges)
        assert len(out) == (verdict is not None)
        if verdict is None:
            continue
        assert (out.status[0], out.transition[0], out.severity[0]) == (
            verdict.status,
            verdict.transition,
            verdict.severity,
        ), i
        if len(verdict.window) == 0:
            assert np.isnan(out.score[0])
            continue
        assert out.score[0] == pytest.approx(verdict.score, rel=1e-7, abs=1e-6)
        assert out.expected[0] == verdict.expected
        outside = not edges[0] <= values[i] <= edges[1]
        assert outside == (verdict.status == ANOMALY)
        anomalies += outside
        found = slow_statistics(verdict.window, float(values[i]))
        for column, detector in enumerate(("zscore", "modified_zscore", "iqr")):
            if detector in fields.detectors:
                assert out.detector_statistic[0, column] == pytest.approx(
                    found[detector][0], rel=1e-7, abs=1e-9
                )
            else:
                assert np.isnan(out.detector_p[0, column])
        if out.transition[0] or twin.alert.is_open:
            assert out.alert_severity[0] > 0
            assert out.alert_sequence[0] == len(twin.alert.events)
            assert out.alert_start[0] <= out.alert_end[0] <= times[i]
    assert anomalies > 5


@pytest.mark.parametrize("name", ["defaults", "patient", "a share", "hysteresis"])
def test_what_is_published_changes_no_alert(name: str) -> None:
    """A verdict that is not published may be cut short: its score is not computed if it does not matter."""
    times, values, learn = wild(3)
    found = []
    for publish in (Publish.ALL, Publish.NONE):
        plan = plan_of(config(publish=publish, **CASES[name]), bands=BANDS)
        out = step(plan, bank_of(plan), columns(values, times, learn=learn))
        moved = out.transition > 0
        found.append((out.observation[moved].tolist(), out.transition[moved].tolist()))
    assert found[0] == found[1]
    assert len(found[0][0]) >= 2


def random_batch(seed: int, series: int, count: int) -> Any:
    random = np.random.default_rng(seed)
    times, values, learn = wild(seed, count)
    return columns(values, times, random.integers(0, series, count).tolist(), learn.tolist())


def state_of(bank: Bank) -> dict[bytes, bytes]:
    """Every row to the last bit, with its window at any place in the pool."""
    index = SeriesIndex()
    for series in bank.series:
        index.add(series)
    return canonical_rows(bank, (("here", 0),), index)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 500), max_size=12))
def test_how_the_input_is_cut_into_batches_changes_nothing(seed: int, cuts: list[int]) -> None:
    plan = plan_of(
        config("a", metric="f*", window_points=24, min_observations=8),
        config(
            "b", sensitivity_score=20.0, alert_score=30.0, publish=Publish.ANOMALIES, baseline_period_s=60.0
        ),
        config("c", maintenance=(MaintenanceWindow(60.0, 200.0),)),
        config("d", maintenance=(MaintenanceWindow(100.0, 300.0),), detectors=("auto",)),
        config("e", alert_score=40.0, false_alarms_per_week=2e4, window_points=24),
        config("f", alert_score=40.0, false_alarms_per_week=100.0, detectors=("auto",)),
        bands=BANDS,
    )
    batch = random_batch(seed, 3, 500)
    whole = bank_of(plan, 3)
    expected = step(plan, whole, batch)
    parts, found, total = bank_of(plan, 3), [], 0
    edges = [0, *sorted(cuts), len(batch)]
    for start, stop in pairwise(edges):
        out = step(plan, parts, part(batch, start, stop))
        found += verdicts(out, start)
        total += out.counts.scored
    assert found == verdicts(expected)
    assert total == expected.counts.scored
    assert state_of(parts) == state_of(whole)


def test_what_is_published_changes_no_verdict() -> None:
    batch = random_batch(5, 2, 1500)
    everything = plan_of(config(), bands=BANDS)
    anomalies = plan_of(config(publish=Publish.ANOMALIES), bands=BANDS)
    nothing = plan_of(config(publish=Publish.NONE), bands=BANDS)
    outcomes = [step(plan, bank_of(plan, 2), batch) for plan in (everything, anomalies, nothing)]
    every, some, none = outcomes
    rare = [i for i in range(len(every)) if every.status[i] == Status.ANOMALY or every.transition[i]]
    names = ("score", "lower", "upper", "expected", "transition", "alert_count", "detector_p")
    for out in (some, none):
        assert out.observation.tolist() == every.observation[rare].tolist()
        for name in names:
            np.testing.assert_array_equal(getattr(out, name), getattr(every, name)[rare])
    assert some.publish.tolist() == (some.status == Status.ANOMALY).tolist()
    assert not none.publish.any()
    assert every.publish.all()


def run(values: list[float], **fields: Any) -> Outcome:
    plan = plan_of(config(**fields))
    return step(plan, bank_of(plan), columns(values))


def noise(count: int, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(100.0, 2.0, count).tolist()


def test_an_episode_fires_and_resolves() -> None:
    out = run([*noise(60), 300.0, 310.0, 305.0, *noise(10, 1)])
    moved = [(int(i), Transition(int(t))) for i, t in zip(out.observation, out.transition, strict=True) if t]
    assert moved == [(60, Transition.FIRING), (67, Transition.RESOLVED)]
    last = int(np.flatnonzero(out.transition == Transition.RESOLVED)[0])
    assert (out.alert_start[last], out.alert_end[last]) == (60.0, 62.0)
    assert (out.alert_peak_value[last], out.alert_count[last]) == (310.0, 3)


def test_an_outage_is_not_learned_at_once_but_a_lasting_new_level_is() -> None:
    new_level = np.random.default_rng(2).normal(200.0, 2.0, 150).tolist()
    out = run([*noise(64), *new_level], relearn_after=50, baseline_period_s=64.0)
    status = out.status[64:]
    assert (status[:25] == Status.ANOMALY).all()
    assert (status[110:] == Status.NORMAL).all()
    assert out.expected[-1] == pytest.approx(200.0, abs=3.0)


def test_a_lasting_new_level_is_reported_once() -> None:
    new_level = np.random.default_rng(2).normal(200.0, 2.0, 400).tolist()
    out = run([*noise(64), *new_level], relearn_after=50)
    moved = [(int(i), Transition(int(t))) for i, t in zip(out.observation, out.transition, strict=True) if t]
    assert [transition for _, transition in moved if transition != Transition.UPDATED] == [
        Transition.FIRING,
        Transition.RESOLVED,
    ]
    assert moved[-1][0] == 64 + 49
    assert (out.status[114:144] == Status.LEARNING).all()
    assert (out.status[144:] == Status.NORMAL).mean() > 0.99


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("noise_size", [0.0, 1.0, 4.0])
@pytest.mark.parametrize("scale", [1.0, -1e-3])
def test_a_level_that_still_moves_is_not_adopted_and_its_alert_lasts(
    seed: int, noise_size: float, scale: float
) -> None:
    random = np.random.default_rng(seed)
    leak = np.append(np.zeros(600), np.arange(900.0))
    values = scale * (500.0 + leak + random.normal(0.0, noise_size + 0.1, 1500))
    out = run(values.tolist(), relearn_after=50, window_points=300)
    opened = out.observation[out.transition == Transition.FIRING].tolist()
    assert len([row for row in opened if row >= 600]) == 1
    assert not (out.transition[opened[-1] :] == Transition.RESOLVED).any()


def test_a_leak_that_ends_at_a_new_level_is_adopted_there() -> None:
    random = np.random.default_rng(4)
    values = 500.0 + np.concatenate((np.zeros(300), np.arange(200.0), np.full(700, 200.0)))
    out = run((values + random.normal(0.0, 1.0, 1200)).tolist(), relearn_after=50)
    opened, resolved = (
        out.observation[out.transition == kind].tolist() for kind in (Transition.FIRING, Transition.RESOLVED)
    )
    assert len(opened) == len(resolved) == 1
    assert 600 < resolved[0] < 1000
    assert (out.status[-150:] == Status.NORMAL).mean() > 0.98


def test_an_intermittent_new_level_is_adopted() -> None:
    out = run([0.0] * 200 + [0.0, 0.0, 0.0, 5.0] * 100, relearn_after=40)
    anomalies = np.flatnonzero(out.status == Status.ANOMALY)
    assert len(anomalies) < 60
    assert anomalies[-1] < 200 + 4 * 60
    assert (out.transition == Transition.FIRING).sum() < 60


def test_a_wider_spread_is_adopted() -> None:
    out = run([*noise(64), *(100.0 + 40.0 * (-1) ** i + i % 7 for i in range(300))], relearn_after=40)
    assert (out.status[64:104] == Status.ANOMALY).mean() > 0.9
    assert (out.status[140:] == Status.NORMAL).all()


def test_rare_anomalies_are_never_adopted() -> None:
    values = noise(3000)
    values[100::40] = [300.0] * len(values[100::40])
    out = run(values, relearn_after=10, window_points=512, baseline_period_s=1e9)
    assert not (out.status[30:] == Status.LEARNING).any()


def test_a_constant_series_that_moves_is_an_anomaly() -> None:
    for level in (0.0, 7.0, 1e-300, -1e300):
        out = run([level] * 40 + [level / 2 + (1.0 if level == 0 else 0.0)] + [level] * 3)
        assert out.status[30:40].tolist() == [Status.NORMAL] * 10
        assert (out.status[40], out.status[41]) == (Status.ANOMALY, Status.NORMAL) or level == 1e-300


def test_two_values_and_counters_are_quiet() -> None:
    for values in ([0.0, 1.0] * 100, [0.0, 0.0, 0.0, 5.0] * 50, list(range(200))):
        out = run([float(x) for x in values])
        assert (out.status == Status.ANOMALY).sum() <= 3


@pytest.mark.parametrize("magnitude", [1e-300, 1e-160, 1e-30, 1.0, 1e30, 1e160, 1e300])
def test_every_magnitude_gives_finite_numbers(magnitude: float) -> None:
    values = [x / 110.0 * magnitude for x in noise(60)]
    spikes = [v for x in (0.0, 1e-300, 1e300, -1e300, 1.7e308) for v in (x, values[0])]
    out = run([*values, *spikes, *values])
    scored = out.status != Status.LEARNING
    for name in ("score", "expected", "lower", "upper"):
        assert np.isfinite(getattr(out, name)[scored]).all(), name
    p = out.detector_p[scored][:, [NAMES.index(name) for name in config().detectors]]
    assert ((p >= 0.0) & (p <= 1.0)).all()


def test_late_and_duplicate_observations_are_counted_and_not_learned() -> None:
    plan = plan_of(config())
    bank = bank_of(plan)
    out = step(plan, bank, columns([1.0, 2.0, 3.0, 4.0, 5.0], [10.0, 10.0, 9.0, 11.0, 11.0]))
    assert (out.counts.duplicate, out.counts.late, out.counts.learning) == (2, 1, 2)
    assert bank.state.rows[0]["count"] == 2


def test_taught_observations_are_learned_unscored() -> None:
    plan = plan_of(config())
    bank = bank_of(plan)
    out = step(plan, bank, columns([*noise(50), 900.0], learn=[True] * 51))
    assert (out.counts.learned, out.counts.scored) == (51, 0)
    assert set(out.status.tolist()) == {Status.LEARNING}
    assert bank.pool.value[bank.state.rows[0]["start"] + 50] == 900.0


def test_series_that_nothing_matches_are_counted() -> None:
    plan = plan_of(config(metric="other"))
    out = step(plan, bank_of(plan), columns([1.0, 2.0]))
    assert (out.counts.observations, out.counts.unmatched, len(out)) == (2, 2, 0)


def test_many_verdicts_and_growing_windows_find_room() -> None:
    plan = plan_of(*(config(str(i), publish=Publish.ANOMALIES, sensitivity_score=1.0) for i in range(3)))
    values = np.random.default_rng(0).normal(size=6000)
    values[np.arange(6000) % 2 == 1] *= np.linspace(1.0, 1e6, 3000)
    out = step(plan, bank_of(plan, 40), columns(values, series=np.arange(6000) % 40))
    assert len(out) > 500
    assert (np.diff(out.observation) >= 0).all()


def test_incompatible_fields_are_refused() -> None:
    plan = plan_of(config())
    with pytest.raises(ValueError, match="another plan"):
        step(plan_of(config()), bank_of(plan), columns([1.0]))
    with pytest.raises(ValueError, match="not admitted"):
        step(plan, bank_of(plan), columns([1.0], series=[1]))
    with pytest.raises(ValueError, match="source"):
        step(plan, bank_of(plan), columns([1.0]), source=1)
