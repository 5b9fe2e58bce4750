"""What the validation of configs needs from the process."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from anomaly_stream.model import SeverityBands


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """The detectors and severity bands that configs are validated against.

    ``kinds`` has the kind of each detector whose kind has rules of its own.
    """

    detectors: Collection[str]
    bands: SeverityBands = field(default_factory=SeverityBands)
    kinds: Mapping[str, str] = field(default_factory=dict)
    group_detectors: Collection[str] = ()
