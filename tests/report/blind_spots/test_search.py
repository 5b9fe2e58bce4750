"""Blind spots of series whose answers are known."""

from typing import Any

import msgspec
import numpy as np
import pytest

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import AnomalyDetectionConfig, Direction, SeverityBands
from anomaly_stream.model.config import MetricType
from anomaly_stream.report.blind_spots.copies import Copies
from anomaly_stream.report.blind_spots.injection import Kind, Past, shape_of
from anomaly_stream.report.blind_spots.search import PLACES, BlindSpots, Finding, blind_spots, first_values
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
    assert (spots.places, spots.why_none, spots.step) == (PLACES, None, 60.0)
    # Score 60 is a probability of 1e-6: 4.9 standard deviations. Each place has noise of its own.
    places = noisy()[first_values(past(noisy()), WITHIN)] - 50.0
    for side, own in (("up", np.sort(-places)), ("down", np.sort(places))):
        spike = found(spots, "spike", side)
        assert spike.size == pytest.approx(4.9 * 2.0 + own[18], rel=0.1)
        assert spike.half_size == pytest.approx(4.9 * 2.0 + own[10], rel=0.1)
        assert spike.noises == pytest.approx(spike.size / spots.noise)  # type: ignore[operator]
        assert spike.half_noises == pytest.approx(spike.half_size / spots.noise)  # type: ignore[operator]
        assert found(spots, "level shift", side).noises < spike.noises  # type: ignore[operator]
        assert found(spots, "drift", side).noises > found(spots, "level shift", side).noises  # type: ignore[operator]


@pytest.mark.parametrize(("kind", "side"), [(Kind.SPIKE, 1.0), (Kind.SHIFT, -1.0), (Kind.DRIFT, 1.0)])
def test_what_is_stated_holds_at_other_places(kind: Kind, side: float) -> None:
    """At moments of the last quarter that were not tried, as many are found, up to chance."""
    subject, own = config(detectors=("zscore",), window_points=1440), past(noisy())
    finding = found(
        blind_spots("flow", own, subject, SeverityBands(), WITHIN), kind, "up" if side > 0 else "down"
    )
    assert finding.size is not None
    assert finding.half_size is not None
    copies = Copies(subject, SeverityBands(), own)
    others = [first for first in range(900, 1171, 5) if first not in first_values(own, WITHIN)]
    changes = side * np.outer([finding.size, finding.half_size], shape_of(kind, WITHIN))
    fired = np.mean(
        [copies.fired(one, own.changed(one.first, changes)) for one in copies.snapshots(others)], axis=0
    )
    assert fired[0] >= 0.8
    assert 0.3 <= fired[1] <= 0.9


def test_places_are_spread_over_the_hours_of_the_day() -> None:
    hourly = Past(3600.0 * np.arange(2000.0), noisy(2000), False)
    firsts = first_values(hourly, 60)
    assert firsts == sorted(set(firsts))
    assert len(firsts) == PLACES
    assert 1500 <= firsts[0] < firsts[-1] <= 1940
    assert len({first % 24 for first in firsts}) >= 14
    assert {first % 24 // 6 for first in firsts} == {0, 1, 2, 3}
    assert first_values(past(noisy(100)), 96) == [4]


def test_the_floor_of_the_search_is_said() -> None:
    spots = search(np.full(1200, 5.0), min_observations=30)
    assert spots.is_constant
    assert spots.noise == 0.005
    spike = found(spots, "spike", "up")
    assert spike.noises == spots.smallest
    lines = text_of(spots).splitlines()
    assert lines[1] == (
        "  noise             none, all values are equal: sizes from 0.00136 on are tried; a value every 1 min"
    )
    assert "  spike up          0.00136 or less is found at 9 of 10 places" in lines


def test_text_says_both_shares() -> None:
    spots = search(noisy())
    spike = found(spots, "spike", "up")
    assert text_of(spots).splitlines()[2:4] == [
        "  tried             at 20 places of the last quarter; an alert counts within 30 values (30 min)",
        f"  spike up          {spike.size:.3g} ({spike.noises:.2g} x noise) is found at 9 of 10 places,"
        f" {spike.half_size:.3g} ({spike.half_noises:.2g} x noise) at half",
    ]


def test_large_numbers_are_written_as_in_other_sentences() -> None:
    spike = Finding(
        kind="spike",
        side="up",
        size=1722.7,
        noises=562.4,
        half_size=98765.4,
        half_noises=1536.0,
        places=PLACES,
    )
    spots = msgspec.structs.replace(search(noisy()), noise=12345.6, findings=[spike])
    lines = text_of(spots).splitlines()
    assert lines[1] == "  noise             12,346, a value every 1 min"
    assert lines[3] == (
        "  spike up          1,723 (562 x noise) is found at 9 of 10 places, 98,765 (1,536 x noise) at half"
    )


@pytest.mark.parametrize(
    ("places", "sizes", "said"),
    [
        (1, (20.0, 20.0), "20 (10 x noise) is found at the 1 place tried"),
        (1, (None, None), "not found at the 1 place tried, up to 16,384 x noise"),
        (5, (20.0, 20.0), "20 (10 x noise) is found at all 5 places tried"),
        (5, (20.0, 8.0), "20 (10 x noise) is found at all 5 places tried; 8 (4 x noise) at 3 of them"),
        (
            5,
            (None, 8.0),
            "not found at all 5 places tried, up to 16,384 x noise: at 3 of them; 8 (4 x noise) at 3 of them",
        ),
        (9, (None, None), "not found at all 9 places tried, up to 16,384 x noise: at 3 of them"),
    ],
)
def test_few_places_claim_only_what_was_tried(
    places: int, sizes: tuple[float | None, float | None], said: str
) -> None:
    noises = [None if size is None else size / 2.0 for size in sizes]
    spike = Finding("spike", "up", sizes[0], noises[0], sizes[1], noises[1], places=3)
    spots = msgspec.structs.replace(search(noisy()), noise=2.0, places=places, findings=[spike])
    assert text_of(spots).splitlines()[3] == f"  spike up          {said}"


def test_with_few_places_the_size_is_found_at_all_of_them() -> None:
    spots = search(noisy(96 + WITHIN), min_observations=30)
    assert spots.places == 3
    assert found(spots, "spike", "up").places == 3
    text = text_of(spots)
    assert f"is found at all {spots.places} places tried" in text
    assert "9 of 10" not in text
    assert "at half" not in text


def test_a_higher_threshold_needs_a_larger_change() -> None:
    sizes = [found(search(noisy(), alert_score=score), "spike", "up").size for score in (45.0, 60.0, 90.0)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3


def test_a_direction_is_blind_on_the_other_side() -> None:
    spots = search(noisy(), direction=Direction.BELOW)
    assert {one.side for one in spots.findings} == {"down"}
    assert "  blind             to every change up: direction is below" in text_of(spots).splitlines()


def test_a_series_that_is_still_learning_says_so() -> None:
    spots = search(noisy(), min_observations=700)
    assert spots.places == PLACES
    spots = search(noisy(400), min_observations=700)
    assert (spots.places, spots.findings) == (0, [])
    assert spots.why_none == "it is still learning: 400 values, and min_observations is 700"
    assert "not tried: it is still learning" in text_of(spots)


def test_a_series_that_is_too_short_says_so() -> None:
    assert "too few for 30 after others" in str(search(noisy(20)).why_none)


def test_an_alert_without_a_change_is_no_finding() -> None:
    values = noisy()
    values[-WITHIN - 1] += 100.0
    reached = sum(first + WITHIN >= len(values) - WITHIN for first in first_values(past(values), WITHIN))
    assert search(values).places == PLACES - reached < PLACES
    values[890:] += 100.0
    assert "an alert is open or opens without a change" in str(search(values, relearn_after=1000).why_none)


def test_a_series_that_was_never_negative_cannot_fall_below_zero() -> None:
    spots = search(noisy(level=8.0, noise=2.5).clip(min=0.0))
    assert found(spots, "spike", "down").size is None
    assert found(spots, "spike", "down").places == 0
    assert found(spots, "spike", "up").places == PLACES
    said = "  spike down        not found at half of the places, up to 16,384 x noise: at 0 of 20"
    assert said in text_of(spots).splitlines()


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
