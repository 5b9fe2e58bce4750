"""What the process says to the validation of configs, of one metric's and of groups alike."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from anomaly_stream.model import SeverityBands


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """What validation needs to know of the process: the detectors there are, the severity bands.

    ``kinds``: the kind of each detector that is not a ``level``.
    """

    detectors: Collection[str]
    bands: SeverityBands = field(default_factory=SeverityBands)
    kinds: Mapping[str, str] = field(default_factory=dict)
    group_detectors: Collection[str] = ()
