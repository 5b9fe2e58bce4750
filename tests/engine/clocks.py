"""Series with every kind of clock that a metric may have."""

from datetime import UTC, datetime

import numpy as np

DAY = 86400.0
MONDAY = datetime(2025, 6, 2, tzinfo=UTC).timestamp()


def days(count: float, step_s: float = 900.0, start: float = MONDAY) -> np.ndarray:
    return start + np.arange(0.0, count * DAY, step_s)


def daily(times: np.ndarray, seed: int = 0, size: float = 20.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0.0, 1.0, len(times))
    return 100.0 + size * np.sin(2 * np.pi * times / DAY) + noise


def daily_going_back() -> tuple[np.ndarray, np.ndarray]:
    """Times and values of three days, into which 50 values of hours before come once more, far off."""
    times = days(3)
    values = daily(times)
    return (
        np.concatenate([times[:200], times[100:150], times[200:]]),
        np.concatenate([values[:200], values[100:150] + 500.0, values[200:]]),
    )


def irregular(seed: int) -> np.ndarray:
    return MONDAY + np.cumsum(np.random.default_rng(seed).exponential(900.0, 1300))


CLOCKS = {
    "irregular": irregular(1),
    "gaps of days": np.concatenate([days(5), days(4) + 9 * DAY, days(3) + 20 * DAY]),
    "once a day": days(80, DAY),
    "a changed rate": np.concatenate([days(6, 300.0), days(6, 3600.0) + 6 * DAY, days(2, 600.0) + 12 * DAY]),
    "100 a second": days(0.003, 0.01),
    "far past": days(4, start=0.0),
    "far future": days(4, start=4102444800.0 - 4 * DAY),
}
