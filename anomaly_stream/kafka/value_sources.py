"""Which topic has the values before an alert event."""

from msgspec import UNSET

from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent


def has_values(event: AlertEvent, names: TopicNames) -> bool:
    """Whether a record of a metrics topic, or of the groups topic, caused the event: it has values before it.

    It is False for an alert that a change of the config resolved.
    """
    if event.source is None:
        return False
    is_of_group = event.source.topic == names.groups and event.group is not UNSET
    return is_of_group or event.source.topic in names.metrics
