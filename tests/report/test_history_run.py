from typing import Any

import pytest

from anomaly_stream.engine.checkpoint.baseline_record import read_header
from anomaly_stream.formats.lines import records_of
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.model import Series, SeverityBands
from anomaly_stream.model.time_range import TimeRange
from anomaly_stream.report.history_run import HistoryRun
from anomaly_stream.report.value_filter import ValueFilter
from tests.engine.flow import message
from tests.engine.inputs import config, plan_of
from tests.pipeline.test_loaded_baselines import CONFIGS, LOAD, STEP, UNITS, learned, values


def block(messages: list[bytes]) -> InputBlock:
    return InputBlock(records_of([(b"", each) for each in messages], "history", 0))


def test_the_baselines_are_those_of_a_worker() -> None:
    subject = config()
    run = HistoryRun(subject, SeverityBands())
    history = values(100)
    for n in range(0, len(history), 33):
        run.learn(block(history[n : n + 33]))
    assert (run.series, run.tally.observations) == (3, 300)
    assert run.shape() == plan_of(subject).shape(0)
    assert list(run.baselines(LOAD)) == learned(plan_of(subject), history)


def test_a_header_says_what_the_baseline_is() -> None:
    run = HistoryRun(config(), SeverityBands())
    run.learn(block([message("a", 1.0, 60.0 * n) for n in range(10)]))
    ((key, record),) = run.baselines(LOAD)
    header = read_header(key, record)
    assert (header.load_id, header.end, header.step, header.shape) == (LOAD, 540.0, 60.0, run.shape())


def test_values_that_are_not_learned_are_reported() -> None:
    run = HistoryRun(config(metric="other"), SeverityBands())
    run.learn(block([b"rubbish", message("a", 1.0, 60.0)]))
    assert (run.series, run.faulty, run.tally.statuses["unmatched"]) == (0, 1, 1)
    assert str(run.faults[0]).startswith("history:1: malformed")
    assert any("matched nothing" in warning for warning in run.warnings())
    assert list(run.baselines(LOAD)) == []


@pytest.mark.parametrize("fields", CONFIGS.values(), ids=CONFIGS)
def test_a_run_may_go_on_after_its_baselines_were_taken(fields: dict[str, Any]) -> None:
    subject = config(**fields)
    history = values(290)
    run = HistoryRun(subject, SeverityBands())
    for n in range(0, len(history), 291):  # 97 values of each series: the last ones are spikes
        run.learn(block(history[n : n + 291]))
        list(run.baselines(LOAD))
    assert list(run.baselines(LOAD)) == learned(plan_of(subject), history)
    assert run.last_times() == {Series.of("flow", {"unit": unit}): 1000.0 + STEP * 289 for unit in UNITS}


def test_baselines_of_some_series_can_be_taken() -> None:
    run = HistoryRun(config(), SeverityBands())
    run.learn(block(values(50)))
    chosen = [Series.of("flow", {"unit": unit}) for unit in ("b", "unknown")]
    everything = list(run.baselines(LOAD))
    assert list(run.baselines(LOAD, chosen)) == [pair for pair in everything if b'"b"' in pair[0]]
    assert list(run.baselines(LOAD, [])) == []


def test_series_whose_values_are_all_left_out_are_not_warned_of() -> None:
    everything = TimeRange()
    run = HistoryRun(config(), SeverityBands(), values=ValueFilter(asked=everything))
    run.learn(block(values(50)))
    assert (run.series, run.warnings()) == (0, ["the input holds no observation"])
    one = Series.of("flow", {"unit": "a"})
    run = HistoryRun(config(), SeverityBands(), values=ValueFilter(only=one))
    run.learn(block(values(50)))
    assert (run.series, run.warnings()) == (1, [])
