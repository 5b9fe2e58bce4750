"""A simulated fleet: request latencies with daily and weekly seasons, noise, and injected faults."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.demo.scenario import Stretch
from anomaly_stream.model import Series

METRIC = "latency_ms"
STEP_S = 300
DAY_S = 86_400
START_S = 1_735_689_600  # 2025-01-01T00:00:00Z: event time is part of the simulation, not the clock


@dataclass(frozen=True, slots=True)
class Fleet:
    """Observations of the whole fleet: ``values`` has shape (series, time), ``timestamps`` (time,)."""

    series: tuple[Series, ...]
    timestamps: NDArray[np.float64]
    values: NDArray[np.float64]
    faults: tuple[Stretch, ...]


#: Kind of fault, its length in steps, and the factor on the series' level at its end. A flat line is far from
#: the usual level (a sensor at its limit), because z-score, modified z-score and IQR do not detect a constant
#: value within the usual range.
_FAULTS = (
    ("spike", 3, 3.0),
    ("level shift", 288, 2.6),
    ("flat line", 72, 2.8),
    ("dropout", 24, 0.0),
    ("slow drift", 144, 3.0),
)


def simulate(hosts: int, days: int, seed: int = 7, strength: float = 1.0) -> Fleet:
    """A fleet of ``hosts`` series over ``days`` days; every second host gets a fault after day 8.

    The deviation of faults is multiplied by ``strength``: with 0.25, a spike adds half of the level.
    """
    rng = np.random.default_rng(seed)
    timestamps = START_S + STEP_S * np.arange(days * DAY_S // STEP_S, dtype=np.float64)
    series = tuple(Series.of(METRIC, {"host": f"web-{host:03d}"}) for host in range(hosts))
    values = np.stack([_normal(rng, timestamps) for _ in series])
    faults = []
    for number, host in enumerate(range(0, hosts, 2)):
        kind, steps, factor = _FAULTS[number % len(_FAULTS)]
        start = int(rng.integers(8 * DAY_S // STEP_S, len(timestamps) - steps - 1))
        values[host, start : start + steps] = _faulty(
            kind, values[host], start, steps, 1.0 + (factor - 1.0) * strength
        )
        faults.append(Stretch(kind, series[host], timestamps[start], timestamps[start + steps - 1]))
    return Fleet(series, timestamps, np.round(values, 3), tuple(faults))


def _normal(rng: np.random.Generator, timestamps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level, daily wave, lower weekends, and weakly autocorrelated noise."""
    level = np.exp(rng.uniform(np.log(50), np.log(500)))
    phase = rng.uniform(0, 2 * np.pi)
    daily = 0.15 * np.sin(2 * np.pi * timestamps / DAY_S + phase)
    weekend = np.where((timestamps // DAY_S + 4) % 7 >= 5, -0.1, 0.0)
    shocks = rng.normal(0, 0.03, len(timestamps))
    noise = shocks + 0.4 * np.concatenate([[0.0], shocks[:-1]])
    return np.asarray(level * (1 + daily + weekend + noise))


def _faulty(
    kind: str, values: NDArray[np.float64], start: int, steps: int, factor: float
) -> NDArray[np.float64]:
    normal = values[start : start + steps]
    level = float(np.median(values))
    if kind == "flat line":
        return np.full(steps, level * factor)
    if kind == "slow drift":
        return normal + level * (factor - 1) * np.linspace(0, 1, steps)
    return np.maximum(0.0, normal * factor if kind == "dropout" else normal + level * (factor - 1))
