import math

import numpy as np
import pytest

from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import encode
from anomaly_stream.model import RecordColumns, SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.promised_alerts import alerts_per_week
from anomaly_stream.report.preview import MAX_SERIES, preview
from tests.engine.flow import message
from tests.engine.inputs import config, plan_of

STEP = 60.0


def records(count: int, units: int = 2) -> RecordColumns:
    generator = np.random.default_rng(3)
    noise = generator.normal(0.0, 1.0, (count, units))
    messages = [
        (b"", message(str(unit), 50.0 + float(noise[i, unit]) + 80.0 * (i % 400 == 399), STEP * i))
        for i in range(count)
        for unit in range(units)
    ]
    return records_of(messages, "input", 0)


def test_the_alerts_are_those_of_a_worker() -> None:
    subject = config(publish="none")
    found = preview(subject, SeverityBands(), [records(1500)])
    live = Pipeline(plan_of(subject), [("input", 0)]).process(records(1500))
    assert [encode(event) for event in found.alerts] == [alert.value for alert in live.alerts]
    assert found.alert_count == sum(alert.body.status == "firing" for alert in live.alerts) > 0
    assert found.days == pytest.approx((1499 - 30) * STEP / 86400)
    assert found.alerts_per_day == pytest.approx(found.alert_count / found.days)


def test_the_false_alarms_are_what_the_score_promises() -> None:
    found = preview(config(alert_score=40.0), SeverityBands(), [records(1500, 1)])
    assert found.expected_false_alarms_per_day == pytest.approx(86400 / STEP / 10_000, rel=0.01)
    model = preview(config(detectors=("auto",)), SeverityBands(), [records(100, 2)])
    promised = 2 * alerts_per_week(60.0, STEP, by_model=True) / 7
    assert model.expected_false_alarms_per_day == pytest.approx(promised, rel=1e-9)
    own = preview(config(alert_score=20.0, false_alarms_per_week=3.5), SeverityBands(), [records(1500, 2)])
    assert own.expected_false_alarms_per_day == pytest.approx(2 * 0.5)


def test_series_are_thinned_and_keep_their_anomalies() -> None:
    found = preview(config(), SeverityBands(), [records(3000)], points=400)
    for series in found.series:
        assert series.observations == 3000
        assert len(series.timestamp) <= 220
        assert sum(name not in ("learning", "none") for name in series.severity) >= 7
        assert {len(getattr(series, name)) for name in ("value", "lower", "upper", "score", "severity")} == {
            len(series.timestamp)
        }
        assert not any(map(math.isnan, series.value))


def test_many_series_are_counted_and_the_noisiest_shown() -> None:
    found = preview(config(), SeverityBands(), [records(450, 30)])
    assert (found.series_count, len(found.series)) == (30, MAX_SERIES)
    assert found.statuses["scored"] > 0


def test_values_that_are_not_scored_are_reported() -> None:
    broken = records_of([(b"", b"rubbish"), (b"", message("a", 1.0, 1.0))], "input", 0)
    found = preview(config(metric="other"), SeverityBands(), [broken])
    assert (found.observations, found.faulty, found.statuses["unmatched"]) == (1, 1, 1)
    assert any("matched nothing" in warning for warning in found.warnings)
    assert (found.alerts_per_day, found.expected_false_alarms_per_day) == (None, None)
