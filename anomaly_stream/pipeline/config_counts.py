"""The rows of a bank counted by config, from its arrays."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from anomaly_stream.detectors.models.views.forecasts import FEWEST
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.engine.scoring.alert_threshold import steps_and_thresholds
from anomaly_stream.kernels.arrays import Bools, Floats, Integers
from anomaly_stream.registry.promised_alerts import alerts_per_week

_MOST_REFUSED = 10_000


class Promise(NamedTuple):
    """What the thresholds of configs promise for their rows; arrays have one entry for each config."""

    alerts_per_week: Floats
    """In normal times, over all rows that are judged, each by its own step."""
    judged: Integers
    """The number of these rows."""
    highest: Floats
    """The most that is promised for one of them, per week."""
    step_s: Floats
    """The usual step of that row, in seconds."""


def learning_rows(bank: Bank) -> Integers:
    """By config, the number of rows whose next value is learned and not judged.

    These are rows with fewer values than ``min_observations`` or than their model needs, and rows that adopt
    a new level.
    """
    numbers, is_learning = _rows(bank)
    return _by_config(bank, bank.state.rows["config"][numbers[is_learning]])


def promise(bank: Bank) -> Promise:
    """The promise of every config."""
    config, step_s, rate = _promised_by_row(bank)
    total: Floats = np.bincount(config, rate, len(bank.plan.configs)).astype(np.float64)
    highest, its_step = np.zeros(len(total)), np.zeros(len(total))
    np.maximum.at(highest, config, rate)
    is_highest = rate == highest[config]
    its_step[config[is_highest]] = step_s[is_highest]
    return Promise(total, _by_config(bank, config), highest, its_step)


def _promised_by_row(bank: Bank) -> tuple[Integers, Floats, Floats]:
    """Config, usual step in seconds, and promised alerts per week, of every row that is judged."""
    numbers, is_learning = _rows(bank)
    numbers = numbers[~is_learning]
    compiled = bank.plan.compiled
    step_s, threshold = steps_and_thresholds(
        bank.state.rows, numbers, bank.pool, bank.detector_state, compiled
    )
    config: Integers = bank.state.rows["config"][numbers]
    by_model = compiled["model"][config] >= 0
    rate = np.zeros(len(config))
    for which, is_model in ((by_model, True), (~by_model, False)):
        rate[which] = alerts_per_week(threshold[which], step_s[which], by_model=is_model)
    return config, step_s, rate


def _by_config(bank: Bank, config: Integers) -> Integers:
    counts: Integers = np.bincount(config, minlength=len(bank.plan.configs))
    return counts


def _rows(bank: Bank) -> tuple[Integers, Bools]:
    """The rows held, by number, and for each whether its next value is learned and not judged."""
    compiled = bank.plan.compiled
    numbers = np.flatnonzero(bank.state.rows["config"][: bank.row_count] >= 0)
    rows = bank.state.rows[numbers]
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
    is_learning: Bools = (values < needed) | (rows["adoption_left"] > 0)
    return numbers, is_learning


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
