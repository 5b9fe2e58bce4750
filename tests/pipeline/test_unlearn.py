"""After a range was un-learned, the state is that of a run that never saw the range."""

from typing import Any

import pytest

from anomaly_stream.intake.options import InputBlock
from anomaly_stream.model import SeverityBands
from anomaly_stream.model.time_range import TimeRange
from anomaly_stream.report.history_run import HistoryRun
from anomaly_stream.report.value_filter import ValueFilter
from tests.engine.flow import SOURCES, feed, published
from tests.engine.inputs import config, plan_of
from tests.formats.columns import record_columns
from tests.pipeline.test_loaded_baselines import (
    CONFIGS,
    LOAD,
    STEP,
    UNITS,
    Pipeline,
    Store,
    state,
    values,
    worker,
)

FIRST, LAST, NOW, END = 200, 230, 290, 450
"""Numbers of the first and the last value of the range, of the values at the time, and of all."""


@pytest.mark.parametrize("fields", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("late", [0, 40], ids=["at the end", "behind"])
def test_the_range_has_no_effect_any_more(fields: dict[str, Any], late: int) -> None:
    """A worker that is ``late`` values behind takes the baseline when it has caught up."""
    subject = config(**fields)
    everything = values(END)
    step = len(UNITS)
    never_saw = Pipeline(plan_of(subject), SOURCES)
    feed(never_saw, everything[: FIRST * step])
    feed(never_saw, everything[(LAST + 1) * step : NOW * step], (LAST + 1) * step)
    expected = published([feed(never_saw, everything[NOW * step :], NOW * step)])[0]

    saw = Pipeline(plan_of(subject), SOURCES)
    feed(saw, everything[: NOW * step])
    assert published([feed(saw, everything[NOW * step :], NOW * step)])[0] != expected

    left_out = TimeRange(1000.0 + STEP * FIRST, 1000.0 + STEP * LAST)
    run = HistoryRun(subject, SeverityBands(), values=ValueFilter(asked=left_out))
    run.learn(InputBlock(record_columns(everything[: NOW * step])))
    store = Store()
    learner = worker(plan_of(subject), store)
    arrival = (NOW - late) * step
    feed(learner, everything[:arrival])
    learner.baselines_arrived(store.load(run.baselines(LOAD)))
    output = feed(learner, everything[arrival:], arrival)
    assert output.baselines.taken == len(UNITS)
    assert published([output])[0][-len(expected) :] == expected
    assert learned_state(learner) == learned_state(never_saw)


def learned_state(pipeline: Pipeline) -> dict[bytes, bytes]:
    """Window, detector state and clock of each row. Serial numbers of points only order its records."""
    for name in ("first", "chunked_end", "saved_end"):
        pipeline.bank.state.rows[name][: pipeline.bank.row_count] = 0
    return state(pipeline)
