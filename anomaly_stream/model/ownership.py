"""The parts of a config that its alert events carry."""

import msgspec

from anomaly_stream.model.config import AnomalyDetectionConfig
from anomaly_stream.model.group import GroupConfig


class Ownership(msgspec.Struct, frozen=True):
    """Who owns the alerts of a config, and what the config adds to them. It outlives the config in the state
    of a partition."""

    id: str
    """Id of the config."""
    owner: str
    labels: dict[str, str]
    annotations: dict[str, str]
    incident_by: tuple[str, ...] = ()
    incident_window_s: float = 600.0

    @staticmethod
    def of(config: AnomalyDetectionConfig | GroupConfig) -> "Ownership":
        """The parts of ``config``."""
        return Ownership(
            config.id,
            config.owner,
            config.labels,
            config.annotations,
            config.incident_by,
            config.incident_window_s,
        )
