"""The values of a series before an alert event."""

from typing import Annotated

import msgspec

from anomaly_stream.model.evidence import field


class PastValue(msgspec.Struct, frozen=True):
    """One value of a series."""

    time: Annotated[float, field("Event time, seconds since the epoch.")]
    value: Annotated[float, field("The value; of a counter, its increase per second.")]
