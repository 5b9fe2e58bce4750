"""What the end of an alert says of the level, by the values since it began."""

import pytest

from anomaly_stream.alerts.level import DAY_S, begin_level, ending_of, follow_level, has_settled
from anomaly_stream.alerts.lifecycle import fresh_alerts
from anomaly_stream.model import Ending
from anomaly_stream.model.level import Level

BEFORE, NOISE = 100.0, 3.0
"""Values of the tables are noise deviations from the level before."""
AROUND = [0.4, -0.7, 0.2, 1.1, -0.9]
"""Five values around a level."""


def ending(values: list[float], peak: float = 5.0, noise: float = NOISE, before: float = BEFORE) -> Ending:
    alert = fresh_alerts(1)[0]
    alert["peak_deviation"] = peak * NOISE
    begin_level(alert, Level(before + peak * NOISE, before, noise, False))
    for value in values:
        follow_level(alert, before + value * NOISE)
    return Ending(ending_of(alert))


def settled(values: list[float], is_seasonal: bool = False, lasted: float = 0.0) -> bool:
    alert = fresh_alerts(1)[0]
    begin_level(alert, Level(BEFORE + 5.0 * NOISE, BEFORE, NOISE, is_seasonal))
    alert["start"], alert["end"] = 1000.0, 1000.0 + lasted
    for value in values:
        follow_level(alert, BEFORE + value * NOISE)
    return has_settled(alert, Level(BEFORE + values[-1] * NOISE, BEFORE, NOISE, is_seasonal))


def around(level: float, times: int = 1) -> list[float]:
    return [level + value for value in AROUND * times]


@pytest.mark.parametrize(
    ("values", "peak", "expected"),
    [
        (around(0.0), 5.0, Ending.BACK),
        (around(0.0), 40.0, Ending.BACK),
        (around(1.2), 8.0, Ending.BACK),  # within a quarter of the peak
        (around(1.2), 4.0, Ending.UNCLEAR),
        (around(1.2, 4), 4.0, Ending.UNCLEAR),
        (around(1.5, 4), 4.0, Ending.AWAY),  # more values say more
        (around(2.0), 4.0, Ending.AWAY),
        (around(-2.0), 4.0, Ending.AWAY),  # on the other side
        (around(3.0), 40.0, Ending.AWAY),  # at most two deviations are near, however large the peak
        ([5.0, 5.3, 4.8, *around(0.0)], 6.0, Ending.BACK),  # the way back begins a new mean
        ([*around(0.0), 9.0, *around(0.0)], 9.0, Ending.BACK),  # one spike more is no level
        (around(3.0, 20) + around(0.0, 4), 5.0, Ending.BACK),  # old values fade
        ([0.0], 5.0, Ending.BACK),
        ([2.0], 5.0, Ending.UNCLEAR),  # one value says little
        ([], 5.0, Ending.UNCLEAR),
    ],
)
def test_the_level_since_decides(values: list[float], peak: float, expected: Ending) -> None:
    assert ending(values, peak) is expected


@pytest.mark.parametrize(
    ("values", "expected"), [([0.0] * 5, Ending.BACK), ([1e-12] * 5, Ending.BACK), ([0.1] * 5, Ending.AWAY)]
)
def test_without_noise_only_rounding_is_near(values: list[float], expected: Ending) -> None:
    assert ending(values, noise=0.0) is expected


@pytest.mark.parametrize(("values", "expected"), [(AROUND, Ending.BACK), (around(3.0), Ending.AWAY)])
def test_an_offset_hides_no_new_level(values: list[float], expected: Ending) -> None:
    assert ending(values, before=1e12) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (around(5.0, 4), True),
        (around(-5.0, 4), True),
        (around(5.0, 3), False),  # 15 values are too few
        (around(2.9, 4), False),  # such values are usual
        ([*around(5.0, 4), 2.5], False),  # the last value is no value of this level
        ([*around(5.0, 4), 9.0], False),
        ([*around(5.0, 4), 9.0, *around(5.0)], False),  # a jump begins a new count
        ([*around(5.0, 4), *around(12.0)], False),
        ([5.0 + 0.3 * i for i in range(40)], False),  # it still climbs
    ],
)
def test_only_a_steady_level_outside_of_what_was_usual_has_settled(
    values: list[float], expected: bool
) -> None:
    assert settled(values) is expected


def test_with_a_season_a_level_settles_in_a_day() -> None:
    values = around(5.0, 4)
    assert not settled(values, is_seasonal=True, lasted=DAY_S - 1.0)
    assert settled(values, is_seasonal=True, lasted=DAY_S)


def test_an_alert_of_another_kind_has_no_level() -> None:
    assert ending_of(fresh_alerts(1)[0]) == Ending.UNCLEAR
