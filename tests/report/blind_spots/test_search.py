"""Blind spots of series whose answers are known."""

from typing import Any

import numpy as np
import pytest

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import AnomalyDetectionConfig, Direction, SeverityBands
from anomaly_stream.model.config import MetricType
from anomaly_stream.report.blind_spots.injection import Past
from anomaly_stream.report.blind_spots.search import BlindSpots, Finding, blind_spots
from anomaly_stream.report.blind_spots.text import text_of
from tests.engine.inputs import config

WITHIN = 30


def noisy(count: int = 1200, level: float = 50.0, noise: float = 2.0) -> Floats:
    values: Floats = level + noise * np.random.default_rng(5).normal(size=count)
    return values


def past(values: Floats, is_counter: bool = False) -> Past:
    return Past(60.0 * np.arange(len(values), dtype=np.float64), values, is_counter)


def search(values: Floats, subject: AnomalyDetectionConfig | None = None, **fields: Any) -> BlindSpots:
    subject = subject or config(**{"detectors": ("zscore",), "window_points": 1440, **fields})
    is_counter = subject.metric_type is MetricType.COUNTER
    return blind_spots("flow", past(values, is_counter), subject, SeverityBands(), WITHIN)


def found(spots: BlindSpots, kind: str, side: str) -> Finding:
    return next(one for one in spots.findings if (one.kind, one.side) == (kind, side))


def test_a_spike_in_flat_noise_is_found_from_the_threshold_on() -> None:
    spots = search(noisy())
    assert spots.noise == pytest.approx(2.0, rel=0.1)
    assert (spots.places, spots.why_none, spots.step) == (4, None, 60.0)
    # Score 60 is a probability of 1e-6: 4.9 standard deviations. Each place has noise of its own.
    places = noisy()[[900, 990, 1080, 1170]] - 50.0
    for side, own in (("up", -places), ("down", places)):
        spike = found(spots, "spike", side)
        assert spike.size == pytest.approx(4.9 * 2.0 + own.max(), rel=0.1)
        assert spike.noises == pytest.approx(spike.size / spots.noise)  # type: ignore[operator]
        assert found(spots, "level shift", side).noises < spike.noises  # type: ignore[operator]
        assert found(spots, "drift", side).noises > found(spots, "level shift", side).noises  # type: ignore[operator]


def test_a_higher_threshold_needs_a_larger_change() -> None:
    sizes = [found(search(noisy(), alert_score=score), "spike", "up").size for score in (45.0, 60.0, 90.0)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3


def test_a_direction_is_blind_on_the_other_side() -> None:
    spots = search(noisy(), direction=Direction.BELOW)
    assert {one.side for one in spots.findings} == {"down"}
    assert "  blind        to every change up: direction is below" in text_of(spots).splitlines()


def test_a_series_that_is_still_learning_says_so() -> None:
    spots = search(noisy(), min_observations=700)
    assert spots.places == 4
    spots = search(noisy(400), min_observations=700)
    assert (spots.places, spots.findings) == (0, [])
    assert spots.why_none == "it is still learning: 400 values, and min_observations is 700"
    assert "not tried: it is still learning" in text_of(spots)


def test_a_series_that_is_too_short_says_so() -> None:
    assert "too few for 30 after others" in str(search(noisy(20)).why_none)


def test_an_alert_without_a_change_is_no_finding() -> None:
    values = noisy()
    values[-WITHIN - 1] += 100.0
    assert search(values).places == 3
    values[890:] += 100.0
    assert "an alert is open or opens without a change" in str(search(values, relearn_after=1000).why_none)


def test_a_series_that_was_never_negative_cannot_fall_below_zero() -> None:
    spots = search(noisy(level=8.0, noise=2.5).clip(min=0.0))
    assert found(spots, "spike", "down").size is None
    assert found(spots, "spike", "down").places == 0
    assert found(spots, "spike", "up").places == 4
    assert "down not found, up to 16,384 x noise, at 4 of 4 places" in text_of(spots)


def test_a_counter_is_changed_in_its_increase_per_second() -> None:
    rates = noisy()
    totals = 1000.0 + np.cumsum(60.0 * rates)
    counter = search(totals, metric_type=MetricType.COUNTER)
    assert counter.noise == pytest.approx(2.0, rel=0.1)
    assert found(counter, "spike", "up").noises == pytest.approx(
        found(search(rates), "spike", "up").noises, rel=0.1
    )


def test_the_default_finds_large_changes() -> None:
    spots = search(noisy(3000), config(detectors=("auto",)))
    assert found(spots, "spike", "up").noises < 32  # type: ignore[operator]
    assert found(spots, "level shift", "down").noises < 32  # type: ignore[operator]
