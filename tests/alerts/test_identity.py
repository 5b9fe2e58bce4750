"""The series of an alert, found by its id among the labels that the config adds."""

import msgspec
import pytest

from anomaly_stream.alerts.identity import alert_id, series_of_alert
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import AlertEvent, Series
from tests.history.messages import alert_event

OWN = {"host": "a", "site": "berlin"}


def event_of(series: Series, config_labels: dict[str, str]) -> AlertEvent:
    event = decode_alert(alert_event("a"))
    return msgspec.structs.replace(
        event,
        metric=series.metric,
        labels={**config_labels, **dict(series.labels)},
        alert_id=alert_id(event.config_id, series, event.episode.start),
    )


@pytest.mark.parametrize("added", [{}, {"team": "red"}, {"site": "berlin"}, {"site": "rome", "team": "red"}])
def test_the_series_of_an_alert_has_its_own_labels(added: dict[str, str]) -> None:
    """``site: berlin`` is a label of both: the config's does not hide that it is the series' own."""
    series = Series.of("flow", OWN)
    assert series_of_alert(event_of(series, added), added) == series


def test_labels_of_an_earlier_version_are_not_guessed() -> None:
    event = event_of(Series.of("flow", OWN), {"team": "red"})
    assert series_of_alert(event, {"team": "blue"}) is None
