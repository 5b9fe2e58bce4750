"""The exception tree.

::

    AnomalyStreamError
    ├── SettingsError          process settings that cannot be used
    ├── ConfigError            an AnomalyDetectionConfig with faults, all of them, by field
    ├── TopicError             topics missing or of the wrong shape; says what to do
    ├── MessageError           a message of the groups topic that cannot be read
    ├── StateError             a state record that cannot be read
    │   └── StateVersionError  written by a newer release
    └── BrokerError            Kafka cannot be reached or refused
        └── FencedError        a newer owner has the partition
"""

from dataclasses import dataclass


class AnomalyStreamError(Exception):
    """Base of everything this package raises on purpose."""


class SettingsError(AnomalyStreamError):
    """Process settings that cannot be used."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault: where (``configs[2].baseline_period``) and what is wrong with it."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ConfigError(AnomalyStreamError):
    """A config with faults; ``faults`` holds all of them."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults))


class TopicError(AnomalyStreamError):
    """Topics missing or of the wrong shape; the message says what to do."""


class MessageError(AnomalyStreamError):
    """A message of the groups topic that cannot be read."""


class StateError(AnomalyStreamError):
    """A state record that cannot be read."""


class StateVersionError(StateError):
    """A state record written by a newer release."""


class BrokerError(AnomalyStreamError):
    """Kafka cannot be reached, or refused."""


class FencedError(BrokerError):
    """A newer owner has the partition: what this worker holds of it counts no more."""
