"""The alerts that say that others are withheld: one for each partition, in the incident of the others."""

from anomaly_stream.alerts.identity import incident_id
from anomaly_stream.alerts.overflow_alerts import OverflowChange, overflow_event
from anomaly_stream.model import AlertEvent, Series, Transition
from anomaly_stream.model.ownership import Ownership

START = 1_700_000_000.0
BY_HOST = Ownership("cpu", "platform", {}, {}, ("host",))


def overflow(metric: str, host: str, config: Ownership = BY_HOST) -> AlertEvent:
    """The alert of a partition in which the alert on this series is withheld first."""
    series = Series.of(metric, {"host": host})
    change = OverflowChange(config, series, START, 0, START + 5, Transition.FIRING, withheld=1, limit=50)
    return overflow_event(change, None)[1]


def test_those_of_several_partitions_are_in_the_incident_of_the_alerts_that_are_withheld() -> None:
    one, other = overflow("cpu", "web-1"), overflow("disk", "web-1")
    assert one.alert_id != other.alert_id
    withheld = incident_id("platform", {"host": "web-1"}, ("host",), 600.0, START)
    assert one.incident_id == other.incident_id == withheld
    assert overflow("cpu", "web-2").incident_id != withheld


def test_without_an_incident_in_the_config_they_have_none() -> None:
    assert overflow("cpu", "web-1", Ownership("cpu", "platform", {}, {})).incident_id is None
