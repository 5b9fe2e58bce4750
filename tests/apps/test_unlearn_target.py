"""An alert that is not on values names nothing that a baseline could lose."""

import pytest

from anomaly_stream.apps import unlearn_target
from anomaly_stream.apps.unlearn_target import target_of_alert
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.past_alerts import PastAlert
from anomaly_stream.settings import Settings
from tests.history.messages import alert_event


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("condition", ["no_data", "overflow"])
def test_it_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch, condition: str, before: bool) -> None:
    events = [alert_event("a", status, condition=condition) for status in ("firing", "resolved")]
    monkeypatch.setattr(unlearn_target, "find_alert", lambda *_: PastAlert("f", events, 0, 0))
    with pytest.raises(
        AnomalyStreamError, match=r"alert a is on .*: name the config, the series and the range"
    ):
        target_of_alert(Settings(), "a", before)
