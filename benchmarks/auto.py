"""The engine alone under the shipped default, ``auto``; run as ``python -m benchmarks.auto TASK``.

Like ``benchmarks.engine``. The remark gives the state of a series, and the part of it that a value changes.
"""

import sys
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.engine.plan.state_layout import PAGE, page_count
from anomaly_stream.engine.step import step
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.model import AnomalyDetectionConfig, ObservationColumns
from benchmarks.engine import timed
from benchmarks.load import INTERVAL_S, METRIC, random_values
from benchmarks.measurement import Measurement, Task

MOST_US = 3.0
"""The claimed CPU time per value."""
MOST_BYTES = 8_000
"""The claimed state per series."""


def measure(task: Task) -> Measurement:
    """Fill the histograms, then time ``task.observations`` more.

    Raises:
        AssertionError: the state of a series is larger than claimed.
    """
    bank, found = timed(AnomalyDetectionConfig(id="bench", metric=METRIC, detectors=("auto",)), task)
    size = bank.detector_state.itemsize * int(bank.plan.segment_words[0])
    if size > MOST_BYTES:
        raise AssertionError(f"the state of a series takes {size} bytes")
    pages = page_count(int(bank.plan.compiled["state_words"][0]))
    remark = f"{size:,} bytes per series; a value changes {pages_changed(bank):.1f} of {pages} pages"
    return msgspec.structs.replace(found, remark=remark)


def pages_changed(bank: Bank) -> float:
    """Mean number of pages of a series' state that one more value changes."""
    before = _memories(bank)
    numbers = np.arange(bank.row_count)
    times = np.full(len(numbers), bank.state.rows["last_time"][: len(numbers)].max() + INTERVAL_S)
    values = random_values(np.random.default_rng(3), numbers)
    taught = np.zeros(len(numbers), np.bool_)
    later = numbers + int(bank.state.included.max()) + 1
    step(bank.plan, bank, ObservationColumns(numbers, times, values, taught, numbers, later))
    changed = _memories(bank) != before
    pages = np.logical_or.reduceat(changed, np.arange(0, changed.shape[1], PAGE), axis=1)
    return float(pages.sum(axis=1).mean())


def _memories(bank: Bank) -> Integers:
    """The state of each row of the bank, as rows of integers."""
    words = int(bank.plan.compiled["state_words"][0])
    starts = bank.state.rows["segment"][: bank.row_count].astype(np.int64) * LINE
    held: NDArray[Any] = bank.detector_state.view(np.int64)
    memories: Integers = held[starts[:, None] + np.arange(words)]
    return memories


if __name__ == "__main__":
    print(msgspec.json.encode(measure(msgspec.json.decode(sys.argv[1], type=Task))).decode(), flush=True)
