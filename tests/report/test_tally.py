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
        assert "at one value every 10 s its threshold promises 6" in found[0]
        assert found[0].endswith(": remove step of max_false_alarms, or set it to that time")


@pytest.mark.parametrize(("per_week", "warns"), [(1.0, False), (1e-7, True)])
def test_a_promise_that_no_threshold_keeps_is_named(per_week: float, warns: bool) -> None:
    run = OfflineRun([config(alert_score=40.0, false_alarms_per_week=per_week)], SeverityBands())
    run.judge(records_of([(b"", message("a", 1.0 + i % 3, 10.0 * i)) for i in range(50)], "input", 0))
    found = [warning for warning in run.warnings() if "promises" in warning]
    assert [warning.endswith("its threshold promises 6e-06: allow more") for warning in found] == [
        True
    ] * warns
