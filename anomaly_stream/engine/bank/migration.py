"""What happens to the rows of a bank when its configs change.

A row stays unchanged if the ``Plan.shape`` of its config does. If the shape changes, the baseline restarts,
and only the open alert and the offsets are kept. Rows whose config is gone, or no longer matches their
series, are deleted, and the next checkpoint deletes their state records. If a new config matches a series,
its next observation adds a row.
"""

from typing import NamedTuple

import numpy as np

from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.kernels.arrays import Bools, Integers, Records
from anomaly_stream.model import Series


class Migration(NamedTuple):
    """Row numbers by what happens to them."""

    kept: Integers
    config: Integers
    """By kept row: the new number of its config."""
    restarted: Bools
    """By kept row: whether its baseline restarts."""
    deleted: Integers


def plan_migration(before: Plan, after: Plan, rows: Records, series: list[Series]) -> Migration:
    """What happens to ``rows`` when ``after`` replaces ``before``; free rows are in no part of the result."""
    numbers = {config.id: number for number, config in enumerate(after.configs)}
    renumbered = np.array([numbers.get(config.id, -1) for config in before.configs], np.int64)
    pairs = [(old, new) for old, new in enumerate(renumbered.tolist()) if new >= 0]
    rematched = [old for old, new in pairs if _matches_differently(before, after, old, new)]
    reshaped = [old for old, new in pairs if after.shape(new) != before.shape(old)]
    live = np.flatnonzero(rows["config"] >= 0)
    configs = rows["config"][live]
    targets = renumbered[configs]
    stays = targets >= 0
    for i in np.flatnonzero(stays & np.isin(configs, rematched)).tolist():
        stays[i] = int(targets[i]) in after.match(series[int(rows["series"][live[i]])])
    return Migration(live[stays], targets[stays], np.isin(configs[stays], reshaped), live[~stays])


def _matches_differently(before: Plan, after: Plan, old: int, new: int) -> bool:
    """Whether config ``new`` of ``after`` may match other series than config ``old`` of ``before``."""
    was, now = before.configs[old], after.configs[new]
    return (was.metric, was.matchers) != (now.metric, now.matchers)
