"""The exception tree.

::

    AnomalyStreamError
    ├── SettingsError          invalid process settings
    ├── ConfigError            an invalid config, with all its faults by field
    ├── TopicError             missing or unsuitable topics, and what to do
    ├── MessageError           an invalid message of the groups topic
    ├── StateError             an invalid state record
    │   └── StateVersionError  a state record of a newer release
    ├── BrokerError            Kafka is unreachable, or refused a request
    │   └── FencedError        a newer owner has the partition
    └── HistoryError           the database of the history is unreachable, or refused a request
"""

from dataclasses import dataclass


class AnomalyStreamError(Exception):
    """Base of all errors that this package raises on purpose.

    Attributes:
        is_invalid_input: whether what the user wrote is at fault.
    """

    is_invalid_input = False


class SettingsError(AnomalyStreamError):
    """The process settings are invalid."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault of a config: the field (``configs[2].baseline_period``) and what is wrong with it."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ConfigError(AnomalyStreamError):
    """A config is invalid; ``faults`` holds all its faults."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults))


class TopicError(AnomalyStreamError):
    """Topics are missing or unsuitable; the message says what to do."""


class MessageError(AnomalyStreamError):
    """A message of the groups topic cannot be read."""


class StateError(AnomalyStreamError):
    """A state record cannot be read."""


class StateVersionError(StateError):
    """A newer release wrote the state record."""


class BrokerError(AnomalyStreamError):
    """Kafka is unreachable, or refused a request."""


class FencedError(BrokerError):
    """A newer owner has the partition; the state in this worker is outdated."""


class HistoryError(AnomalyStreamError):
    """The database of the history is unreachable, or refused a request."""
