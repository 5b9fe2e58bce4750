"""Records are judged again with the commands that were given between them."""

from dataclasses import replace

import numpy as np
import pytest

from anomaly_stream.model import Series, SeverityBands
from anomaly_stream.model.commands import CommandKind, SeriesCommand
from anomaly_stream.report.commanded_run import CommandedRun
from anomaly_stream.report.offline_run import OfflineRun
from tests.report.build import configs_of, peaks, records_of_observations

CONFIG = "id: flow\nmetric: flow\nmin_observations: 20\ndetectors: [zscore, modified_zscore, iqr]\n"
SECOND_MS = 1000
SERIES = Series.of("flow", {"site": "A"})


def scored_values(reset_at: int | None, cuts: tuple[int, ...] = ()) -> int:
    """The number of values that are scored, if the series is reset just before one of them."""
    records = records_of_observations(peaks())
    records = replace(records, timestamp_ms=np.arange(len(records)) * SECOND_MS)
    run = OfflineRun(configs_of(CONFIG), SeverityBands())
    command = SeriesCommand(
        kind=CommandKind.RESET, config_id="flow", series=SERIES, author="ann",
        issued_at_ms=(reset_at or 0) * SECOND_MS - 1, position=3,
    )  # fmt: skip
    subject = CommandedRun(run, run.judge, [] if reset_at is None else [command])
    scored = 0
    for first, last in zip((0, *cuts), (*cuts, len(records)), strict=True):
        for verdicts in subject.judge(records.slice(first, last)):
            scored += sum(record.status != "learning" for _, record in verdicts.scores())
    return scored


@pytest.mark.parametrize("cuts", [(), (100,), (99, 100, 101), (10,)])
def test_a_reset_is_obeyed_before_the_first_record_after_it(cuts: tuple[int, ...]) -> None:
    assert scored_values(100, cuts) == scored_values(None) - 20
