"""The engine alone: ``step`` over decoded columns, with three window detectors or ``auto``.

Only the calls of ``step`` are timed, not the creation of their input. Run as
``python -m benchmarks.engine TASK``.
"""

import sys
import time
from collections.abc import Iterator

import msgspec
import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.engine.step import step
from anomaly_stream.model import AnomalyDetectionConfig, ObservationColumns, Series, SeverityBands
from benchmarks.load import (
    BASELINE_PERIOD_S,
    INTERVAL_S,
    METRIC,
    START_S,
    WINDOW_POINTS,
    random_values,
    series_key,
)
from benchmarks.measurement import Measurement, Task

SLICE = 20_000
"""A call has this many observations, as in the worker by default."""
LEVELS = ("zscore", "modified_zscore", "iqr")


def measure(task: Task) -> Measurement:
    """Fill the windows, then time ``task.observations`` more."""
    config = AnomalyDetectionConfig(
        id="bench",
        metric=METRIC,
        window_points=WINDOW_POINTS,
        baseline_period_s=BASELINE_PERIOD_S,
        detectors=LEVELS,
    )
    bank, found = timed(config, task)
    rows = bank.state.rows[: bank.row_count]
    if not np.all((rows["count"] == WINDOW_POINTS) & (rows["stride"] == 1)):
        raise AssertionError("some windows are not full, or are thinned: the figure would be too good")
    return found


def timed(config: AnomalyDetectionConfig, task: Task) -> tuple[Bank, Measurement]:
    """Time all calls after ``task.warm_up`` observations; returns the bank after the last."""
    plan = compile_plan([config], SeverityBands())
    bank = Bank(plan)
    bank.admit([Series.of(METRIC, {"host": series_key(number).decode()}) for number in range(task.series)])
    seen, count, verdicts, seconds, cpu_seconds = 0, 0, 0, 0.0, 0.0
    for batch in batches(task.series):
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = step(plan, bank, batch)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if seen >= task.warm_up:
            count, verdicts = count + len(batch), verdicts + len(outcome)
            seconds, cpu_seconds = seconds + wall, cpu_seconds + cpu
        seen += len(batch)
        if count >= task.observations:
            break
    return bank, Measurement(count, seconds, cpu_seconds, f"{verdicts:,} verdicts to publish")


def batches(series: int) -> Iterator[ObservationColumns]:
    """Endless batches of about `SLICE` observations: rounds over all series, each in random order."""
    rng = np.random.default_rng(7)
    rounds = max(1, SLICE // series)
    tick = 0
    while True:
        order = np.concatenate([rng.permutation(series) for _ in range(rounds)])
        size = len(order)
        offset = np.arange(size) + tick * series
        stamps = START_S + INTERVAL_S * (tick + np.repeat(np.arange(rounds), series))
        yield ObservationColumns(
            series=order,
            timestamp=stamps.astype(np.float64),
            value=random_values(rng, order),
            learn=np.zeros(size, np.bool_),
            record=np.arange(size),
            offset=offset,
        )
        tick += rounds


if __name__ == "__main__":
    print(msgspec.json.encode(measure(msgspec.json.decode(sys.argv[1], type=Task))).decode(), flush=True)
