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
    run = OfflineRun([config(alert_score=score, false_alarms_per_week=1.0)], SeverityBands())
    run.judge(records_of([(b"", message("a", 1.0 + i % 3, 10.0 * i)) for i in range(50)], "input", 0))
    found = [warning for warning in run.warnings() if "max_false_alarms" in warning]
    assert bool(found) == warns
    if warns:
        assert "at one value every 10 s its threshold promises 6" in found[0]
        assert found[0].endswith("set step of max_false_alarms to the time between two values")
