"""The rows of the golden file: what they observed, and the checkpoints that wrote them."""

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.encode import encode_rows
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.engine.plan.state_layout import segment_words
from anomaly_stream.engine.step import step
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import ObservationColumns
from tests.engine.checkpoints import Changelog, detector_state_of
from tests.engine.inputs import columns, config, part, plan_of, series_of

SOURCES = (("metrics", 1), ("other.metrics", 7))
PLAN = plan_of(
    config("a", min_observations=10, resolve_after=3), config("b", window_points=24, baseline_period_s=90.0)
)
STATE_WORDS = 150
CHECKPOINTS = 14
_OBSERVATIONS_EACH = 9


def golden_plan() -> Plan:
    """``PLAN`` and a config ``m`` whose rows have 150 words of detector state, which only ``fill`` writes."""
    plan = plan_of(*PLAN.configs, config("m"))
    plan.compiled["state_words"][2], plan.compiled["state_digest"][2] = STATE_WORDS, 3
    plan.segment_words[2] = segment_words(STATE_WORDS)
    return plan


def golden_input() -> ObservationColumns:
    """Values of plain arithmetic, so that no random generator matters; they end in open alerts."""
    values = [100.0 + (i * 37 % 19) / 4.0 for i in range(120)] + [400.0, 410.0]
    times = [1.7e9 + i for i in range(122)]
    return columns(values, times, [i % 2 for i in range(122)], first_offset=1000)


def fill(state: np.ndarray, checkpoint: int) -> None:
    """Detector state at a checkpoint: two pages that change with each, and one that does not."""
    state[:128] = np.arange(128.0) + checkpoint / 4.0
    state[128:] = -1.5


def golden_rows() -> dict[bytes, bytes]:
    """The changelog after 14 checkpoints, one after each 9 observations of source 1."""
    plan, index, changelog = golden_plan(), SeriesIndex(), Changelog()
    for series in series_of(2):
        index.add(series)
    bank = Bank(plan, len(SOURCES))
    bank.admit(index.series)
    for checkpoint in range(CHECKPOINTS):
        begin = _OBSERVATIONS_EACH * checkpoint
        batch = part(golden_input(), begin, min(begin + _OBSERVATIONS_EACH, len(golden_input())))
        step(plan, bank, batch, 1)
        for series_number in range(len(index)):
            fill(detector_state_of(bank, bank.row_of(series_number, "m")), checkpoint)
        rows = bank.dirty_rows()
        for stage in encode_rows(bank, rows, SOURCES, index):
            changelog.write(stage)
        bank.clear_dirty(rows)
    return changelog.records
