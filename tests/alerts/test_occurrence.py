"""The two builders of events from an occurrence."""

import pytest

from anomaly_stream.alerts.occurrence import Occurrence, Verdict, alert_event, score_record
from anomaly_stream.model import AnomalyDetectionConfig, Series, Source, Status


def test_an_alert_that_did_not_move_makes_no_event() -> None:
    verdict = Verdict(timestamp=1.0, value=2.0, status=Status.NORMAL, score=3.0, detectors={})
    config = AnomalyDetectionConfig(id="a", metric="m")
    with pytest.raises(ValueError, match="makes no event"):
        alert_event(Occurrence(Series("m"), config, verdict, Source("metrics", 0, 0)), "")


def test_what_no_record_caused_makes_no_score_record() -> None:
    verdict = Verdict(timestamp=1.0, value=2.0, status=Status.NORMAL, score=3.0, detectors={})
    config = AnomalyDetectionConfig(id="a", metric="m")
    with pytest.raises(ValueError, match="makes no score record"):
        score_record(Occurrence(Series("m"), config, verdict, None))
