"""Series that stand for what users report of detectors, and what is read from their verdicts."""

from collections.abc import Iterable
from math import exp
from random import Random

import numpy as np

from anomaly_stream.engine.step import step
from anomaly_stream.model import Outcome, Publish, Transition
from tests.engine.inputs import bank_of, columns, config, plan_of

T = 1704067200.0  # a Monday
DAY, HOUR = 86400.0, 3600.0


def judged(step_s: float, values: Iterable[float], **fields: object) -> Outcome:
    """The verdicts of the default on one series with a fixed step."""
    given = [float(value) for value in values]
    plan = plan_of(config(detectors=("auto",), publish=Publish.ALL, **fields))
    return step(plan, bank_of(plan), columns(given, (T + step_s * np.arange(len(given))).tolist()))


def alerts(out: Outcome) -> list[int]:
    """Rows at which an alert opened."""
    return out.observation[out.transition == Transition.FIRING].tolist()


def noise(rows: int, seed: int, level: float = 50.0, size: float = 3.0) -> np.ndarray:
    """Normal noise with two decimals."""
    return np.round(np.random.default_rng(seed).normal(level, size, rows), 2)


def wandering(rows: int, keeps: float, size: float, seed: int) -> np.ndarray:
    """Autocorrelated noise around 0: each value keeps this share of the one before it."""
    values = np.random.default_rng(seed).normal(0.0, size, rows)
    for row in range(1, rows):
        values[row] += keeps * values[row - 1]
    return values


def busy_mondays() -> list[int]:
    """Eight weeks of hourly visits with fewer at weekends, and nearly twice as many on Mondays at nine."""
    random, sizes = Random(4), [400, 250, 240, 230, 200, 40, 30]
    return [
        round(
            sizes[(i // 24) % 7] * exp(-(((i % 24 - 9) / 3) ** 2)) * (1.8 if i % 168 == 9 else 1)
            + 5
            + abs(random.gauss(0, 8))
        )
        for i in range(24 * 56)
    ]
