"""What is to leave which baselines: named, or that of an alert."""

import math
from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.identity import series_of_alert
from anomaly_stream.alerts.not_learned import why_not_learned
from anomaly_stream.apps.load_history import config_in
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.kafka.past_alerts import NoSuchAlertError, find_alert
from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.time_range import TimeRange
from anomaly_stream.settings import Settings


class Target(NamedTuple):
    """A range of event time, and the baselines that it leaves."""

    config: AnomalyDetectionConfig
    series: Series | None
    """The only series that is affected; None: all of the config that have a value in the range."""
    left_out: TimeRange

    def usual_start(self, settings: Settings) -> float | None:
        """The Kafka timestamp, in seconds, after which all other values came; None: there are some before."""
        if self.left_out.begin > -math.inf:
            return None
        return self.left_out.end - settings.worker.max_ahead_s


def target_of_alert(
    settings: Settings, alert_id: str, before: bool = False, config_id: str | None = None
) -> Target:
    """The series of an alert, and the times from its first to its last anomaly.

    Args:
        settings: how to reach Kafka.
        alert_id: the alert.
        before: all times before its first anomaly instead.
        config_id: the only config whose alerts may be meant; another's is one that does not exist.

    Raises:
        AnomalyStreamError: the alerts topic does not have it, it is not on values, or it is not resolved.
        BrokerError: Kafka cannot be reached, or refused.
    """
    events = map(decode_alert, find_alert(settings, alert_id).events)
    event = max(events, key=lambda event: event.sequence)
    if config_id not in (None, event.config_id):
        raise NoSuchAlertError(settings, alert_id)
    if (cause := why_not_learned(event)) is not None:
        raise AnomalyStreamError(cause)
    config = config_in(read_configs(settings), event.config_id)
    series = series_of_alert(event, config.labels)
    if series is None:
        raise AnomalyStreamError(
            f"the series of alert {alert_id} is not known, because the labels of config {config.id} have "
            "changed: name the config, the series and the range"
        )
    if before:
        return Target(config, series, TimeRange(end=float(np.nextafter(event.episode.start, -np.inf))))
    if event.status != "resolved":
        raise AnomalyStreamError(
            f"alert {alert_id} is not resolved, so the end of its range is not known: wait, or name the "
            "config, the series and the range"
        )
    return Target(config, series, TimeRange(event.episode.start, event.episode.end))
