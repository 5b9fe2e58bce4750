"""Fields that score records and alert events have in common, as their JSON Schemas describe them."""

from typing import Annotated

import msgspec

from anomaly_stream.model.evidence import DetectorEvidence, GroupEvidence, field
from anomaly_stream.model.reasons import REASONS, WITHDRAWALS
from anomaly_stream.model.side import Side

SCHEMA_VERSION = 1
"""It rises with every change that breaks consumers. An added field is not such a change."""
_REASONS = " ".join(f"`{one.name}`: {one.meaning}" for one in (*REASONS, *WITHDRAWALS))

SchemaVersion = Annotated[
    int, field("Version of this format. Added fields do not change it.", const=SCHEMA_VERSION)
]
ConfigId = Annotated[str, field("The config that judged the observation.")]
Metric = Annotated[str, field("Name of the metric; of a group, the id of its config.", minLength=1)]
Labels = Annotated[
    dict[str, str],
    field("Labels of the series and of the config, sorted by name. Those of the series win."),
]
Lower = Annotated[
    float | None,
    field(
        "Lower edge of the normal range: a value below it is an anomaly. 0 instead of an edge below 0 if the "
        "series has never been below 0. Null: there is no lower edge."
    ),
]
Upper = Annotated[
    float | None,
    field("Upper edge of the normal range: a value above it is an anomaly. Null: there is no upper edge."),
]
Value = Annotated[float, field("The value; of a counter, its increase per second; of a group, its score.")]
Reason = Annotated[
    str | None, field(f"What was found; null for an observation that is not an anomaly. {_REASONS}")
]
FoundSide = Annotated[
    Side | msgspec.UnsetType,
    field(
        "Where what was found lies: `above` or `below` what is usual; of a `rate_of_change`, of what usually "
        "follows the value before; of a `variance_change`, `above` is more variation and `below` less. "
        "Absent if the reason has no side, for groups, and for an observation that is not an anomaly."
    ),
]
Detectors = Annotated[
    dict[str, DetectorEvidence], field("The evidence of each detector of the config, by its name.")
]
Group = Annotated[GroupEvidence | msgspec.UnsetType, field("Present for groups only.")]
