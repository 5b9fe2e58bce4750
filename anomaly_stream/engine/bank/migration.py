"""A bank goes on under other configs.

A row stays as it is where its config's ``Plan.shape`` did; where that changed its baseline restarts, and
only its open alert and its place in the input stay. Rows of configs that no longer match go (their state
records too, at the next checkpoint); a config that newly matches gets a row with the next observation of a
series.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.model import Series


class Moves(NamedTuple):
    """What becomes of the rows in use."""

    kept: NDArray[np.int64]
    config: NDArray[np.int64]
    """Of those that are kept: the number of their config from now on."""
    restarted: NDArray[np.bool_]
    """Whether they restart."""
    gone: NDArray[np.int64]


def moves(before: Plan, after: Plan, rows: Records, series: list[Series]) -> Moves:
    """What becomes of ``rows``, of which some may be free, where ``after`` follows upon ``before``."""
    numbers = {config.id: number for number, config in enumerate(after.configs)}
    moved = np.array([numbers.get(config.id, -1) for config in before.configs], np.int64)
    changes = [(old, new) for old, new in enumerate(moved.tolist()) if new >= 0]
    asking = [old for old, new in changes if _asks_otherwise(before, after, old, new)]
    reshaped = [old for old, new in changes if after.shape(new) != before.shape(old)]
    live = np.flatnonzero(rows["config"] >= 0)
    configs = rows["config"][live]
    targets = moved[configs]
    stays = targets >= 0
    for i in np.flatnonzero(stays & np.isin(configs, asking)).tolist():
        stays[i] = int(targets[i]) in after.match(series[int(rows["series"][live[i]])])
    return Moves(live[stays], targets[stays], np.isin(configs[stays], reshaped), live[~stays])


def _asks_otherwise(before: Plan, after: Plan, old: int, new: int) -> bool:
    """Whether a config under its new number may watch other series than under its old one."""
    was, now = before.configs[old], after.configs[new]
    return (was.metric, was.matchers) != (now.metric, now.matchers)
