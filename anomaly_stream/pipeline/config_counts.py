"""The rows of a bank counted by config, from its arrays."""

from collections import Counter

import numpy as np

from anomaly_stream.detectors.models.views.forecasts import FEWEST
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.kernels.arrays import Integers

_MOST_REFUSED = 10_000


def learning_rows(bank: Bank) -> Integers:
    """By config, the number of rows whose next value is learned and not judged.

    These are rows with fewer values than ``min_observations`` or than their model needs, and rows that adopt
    a new level.
    """
    compiled = bank.plan.compiled
    rows = bank.state.rows[: bank.row_count]
    rows = rows[rows["config"] >= 0]
    config = rows["config"]
    values = rows["count"].astype(np.float64)
    needed = compiled["min_observations"][config]
    by_model = compiled["model"][config] >= 0
    if by_model.any():
        # The first word of a model's state counts the values that it learned.
        owned = config[by_model]
        model = compiled["model"][owned]
        start = compiled["detector_at"][owned, model]
        values[by_model] = bank.detector_state[rows["segment"][by_model].astype(np.int64) * LINE + start]
        needed[by_model] = np.maximum(needed[by_model], FEWEST)
    learning = (values < needed) | (rows["adoption_left"] > 0)
    counts: Integers = np.bincount(config[learning], minlength=len(bank.plan.configs))
    return counts


def refused_rows(bank: Bank) -> dict[int, int]:
    """By config, the number of known series that a limit refuses a row.

    Above ``_MOST_REFUSED`` series over a limit only the first ones are counted.
    """
    if not bank.directory.any_over_limit:
        return {}
    numbers = np.arange(bank.series_count)
    over = numbers[bank.directory.is_over_limit(numbers)][:_MOST_REFUSED]
    found: Counter[int] = Counter()
    for number in over.tolist():
        held = {int(bank.state.rows[row]["config"]) for row in bank.rows_of(number)}
        found.update(config for config in bank.plan.match(bank.series[number]) if config not in held)
    return dict(found)
