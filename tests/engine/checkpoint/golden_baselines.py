"""The loaded baselines of the golden file: the rows of ``golden_rows``, learned from a history."""

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.baseline_record import encode_baselines
from anomaly_stream.engine.step import step
from anomaly_stream.formats.series_index import SeriesIndex
from tests.engine.checkpoint.golden_rows import CHECKPOINTS, SOURCES, fill, golden_input, golden_plan
from tests.engine.checkpoints import detector_state_of
from tests.engine.inputs import series_of

LOAD = b"golden load 0001"


def golden_baselines() -> dict[bytes, bytes]:
    """The baseline records of two series under three configs."""
    plan, index = golden_plan(), SeriesIndex()
    for series in series_of(2):
        index.add(series)
    bank = Bank(plan, len(SOURCES))
    bank.admit(index.series)
    step(plan, bank, golden_input(), 1)
    for number in range(len(index)):
        fill(detector_state_of(bank, bank.row_of(number, "m")), CHECKPOINTS - 1)
    return dict(encode_baselines(bank, index, LOAD))
