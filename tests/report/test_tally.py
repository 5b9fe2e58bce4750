import pytest

from anomaly_stream.formats.lines import records_of
from anomaly_stream.model import SeverityBands
from anomaly_stream.registry.promised_alerts import threshold_of
from anomaly_stream.report.offline_run import OfflineRun
from tests.engine.flow import message
from tests.engine.inputs import config


@pytest.mark.parametrize(("assumed_s", "warns"), [(60.0, True), (10.0, False)])
def test_series_faster_than_a_promise_assumes_are_named_with_the_cure(assumed_s: float, warns: bool) -> None:
    score = threshold_of(1.0, assumed_s, by_model=False)
    run = OfflineRun(
        [config(alert_score=score, false_alarms_per_week=1.0, false_alarms_step_s=assumed_s)], SeverityBands()
    )
    run.judge(records_of([(b"", message("a", 1.0 + i % 3, 10.0 * i)) for i in range(50)], "input", 0))
    found = [warning for warning in run.warnings() if "max_false_alarms" in warning]
    assert bool(found) == warns
    if warns:
        assert "at one value every 10 s its threshold promises 6/week" in found[0]
        assert found[0].endswith(": remove step of max_false_alarms, or set it to that time")


@pytest.mark.parametrize(("per_week", "warns"), [(1.0, False), (1e-7, True)])
def test_a_promise_that_no_threshold_keeps_is_named(per_week: float, warns: bool) -> None:
    run = OfflineRun([config(alert_score=40.0, false_alarms_per_week=per_week)], SeverityBands())
    run.judge(records_of([(b"", message("a", 1.0 + i % 3, 10.0 * i)) for i in range(50)], "input", 0))
    found = [warning for warning in run.warnings() if "promises" in warning]
    assert [warning.endswith("its threshold promises 6e-06/week: allow more") for warning in found] == [
        True
    ] * warns


@pytest.mark.parametrize(("score", "series", "warns"), [(40.0, 2, True), (40.0, 5, False), (80.0, 2, False)])
def test_more_series_than_share_a_rate_are_named_with_the_cure(
    score: float, series: int, warns: bool
) -> None:
    shared = config(alert_score=score, false_alarms_per_week=0.5, false_alarms_series=series)
    run = OfflineRun([shared], SeverityBands())
    messages = [(b"", message(unit, 1.0 + i % 3, 60.0 * i)) for i in range(50) for unit in "abcde"]
    run.judge(records_of(messages, "input", 0))
    assert [warning for warning in run.warnings() if "together" in warning] == [
        "config a allows at most 1/week for 2 series together, but it judges 5, and their thresholds promise "
        "2.5/week: set series of max_false_alarms to the number of all its series"
    ] * warns


@pytest.mark.parametrize(
    ("per_week", "assumed_s", "warns"), [(50.0, 0.0, True), (0.1, 0.0, False), (50.0, 60.0, False)]
)
def test_a_rate_above_what_the_threshold_promises_anyway_is_named_with_the_cure(
    per_week: float, assumed_s: float, warns: bool
) -> None:
    """With a step, the config itself is warned of when it is read."""
    settings = {"false_alarms_per_week": per_week, "false_alarms_step_s": assumed_s}
    run = OfflineRun([config(alert_score=40.0, **settings)], SeverityBands())
    run.judge(records_of([(b"", message("a", 1.0 + i % 3, 60.0 * i)) for i in range(50)], "input", 0))
    assert [warning for warning in run.warnings() if "no effect" in warning] == [
        "config a allows 50/week for a series, but at one value every 1 min its threshold without "
        "max_false_alarms already promises 1/week for each series, as far as the distributions of its "
        "detectors hold, so the rate has no effect: allow fewer, or for more alerts write a lower "
        "alert_threshold in its place"
    ] * warns
