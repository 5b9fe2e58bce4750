"""Simulated metrics of the demo: shops with days and weeks, and hosts, each with a fault that is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.model import Series

START_S = 1_647_734_400  # 2022-03-20T00:00:00Z, the day on which the recorded water flow begins
DAYS = 58
_DAY_S = 86_400
_HOUR_S = 3_600
_STEP_S = 600


@dataclass(frozen=True, slots=True)
class Stretch:
    """An interval of event time (seconds, both ends included) in which a series is known to be anomalous."""

    kind: str
    series: Series
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Simulated:
    """The values of one series at ``timestamps`` (seconds); both have shape (time,)."""

    series: Series
    timestamps: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Scenario:
    """All simulated series and the stretches with faults."""

    series: tuple[Simulated, ...]
    stretches: tuple[Stretch, ...]


_Fault = tuple[str, str, float, float, Callable[[Floats], Floats]]

#: Kind, host, first day, length in hours, and what the fault makes of the latencies. They differ in size, and
#: so do the severities.
_LATENCY_FAULTS: tuple[_Fault, ...] = (
    ("spike", "web-1", 20.4, 0.25, lambda normal: normal * 4),
    ("level shift", "web-2", 24.1, 16.0, lambda normal: normal * 1.5),
    ("slow drift", "web-3", 30.6, 24.0, lambda normal: normal * np.linspace(1.0, 2.5, len(normal))),
    ("dropout", "web-4", 36.3, 2.0, np.zeros_like),
    ("flat line", "web-5", 41.2, 12.0, lambda normal: np.full_like(normal, normal[0])),
    ("weak rise", "web-6", 46.5, 1.0, lambda normal: normal * 1.3),
)


def simulate(seed: int = 7) -> Scenario:
    """The scenario of the demo, reproducible by ``seed``."""
    rng = np.random.default_rng(seed)
    parts = (_latencies(rng), _orders(rng), _load(rng))
    return Scenario(
        tuple(series for part in parts for series in part.series),
        tuple(stretch for part in parts for stretch in part.stretches),
    )


def _latencies(rng: np.random.Generator) -> Scenario:
    """Request latency of six hosts: a level, a daily wave and noise."""
    times = _times(_STEP_S)
    series, stretches = [], []
    for kind, host, day, hours, fault in _LATENCY_FAULTS:
        name = Series.of("latency_ms", {"host": host})
        level = rng.uniform(60, 300)
        values = level * (1 + 0.15 * np.sin(2 * np.pi * times / _DAY_S) + rng.normal(0, 0.03, len(times)))
        within = _within(times, day, hours)
        values[within] = fault(values[within])
        series.append(Simulated(name, times, np.round(values, 1)))
        stretches.append(_stretch(kind, name, times[within]))
    return Scenario(tuple(series), tuple(stretches))


def _orders(rng: np.random.Generator) -> Scenario:
    """Orders per hour of a shop, more by day and on weekdays; once as many by night as at noon."""
    times = _times(_HOUR_S)
    name = Series.of("orders_per_hour", {"shop": "berlin"})
    hour, weekday = times // _HOUR_S % 24, (times // _DAY_S + 3) % 7  # the epoch was a Thursday
    expected = 8 + 180 * np.exp(-(((hour - 13) / 4) ** 2)) * np.where(weekday >= 5, 0.6, 1.0)
    values = rng.poisson(expected).astype(np.float64)
    night, outage = _within(times, 33 + 2 / 24, 2), _within(times, 50 + 11 / 24, 3)
    values[night], values[outage] = 150, 0
    return Scenario(
        (Simulated(name, times, values),),
        (
            _stretch("orders of noon at night", name, times[night]),
            _stretch("no orders at noon", name, times[outage]),
        ),
    )


def _load(rng: np.random.Generator) -> Scenario:
    """Requests and CPU of three hosts. On one of them CPU stops following the requests for half a day."""
    times = _times(_STEP_S)
    within = _within(times, 44.0, 12)
    series = []
    for host in ("web-1", "web-2", "web-3"):
        demand = _wander(rng, len(times))
        followed = np.where(within & (host == "web-2"), _wander(rng, len(times)), demand)
        cpu = 40 + 10 * followed + rng.normal(0, 1, len(times))
        labels = {"host": host}
        series.append(Simulated(Series.of("requests_per_s", labels), times, np.round(400 + 80 * demand, 1)))
        series.append(Simulated(Series.of("cpu_percent", labels), times, np.round(cpu, 1)))
    instance = Series.of("demo-load", {"host": "web-2"})
    return Scenario(tuple(series), (_stretch("CPU without requests", instance, times[within]),))


def _wander(rng: np.random.Generator, count: int) -> Floats:
    """A first-order autoregression with mean 0 and standard deviation 1."""
    keep, level, levels = 0.8, 0.0, np.empty(count)
    for at, shock in enumerate(rng.normal(0, np.sqrt(1 - keep**2), count)):
        level = keep * level + shock
        levels[at] = level
    return levels


def _times(step_s: int) -> Floats:
    return START_S + np.arange(0, DAYS * _DAY_S, step_s, dtype=np.float64)


def _within(times: Floats, day: float, hours: float) -> Bools:
    start = START_S + day * _DAY_S
    return (times >= start) & (times < start + hours * _HOUR_S)


def _stretch(kind: str, series: Series, times: Floats) -> Stretch:
    return Stretch(kind, series, float(times[0]), float(times[-1]))
