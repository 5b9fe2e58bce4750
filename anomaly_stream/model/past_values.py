"""The values before an alert event: of its series, or of the members of its group."""

from typing import Annotated

import msgspec

from anomaly_stream.model.evidence import field


class PastValue(msgspec.Struct, frozen=True):
    """One value of a series."""

    time: Annotated[float, field("Event time, seconds since the epoch.")]
    value: Annotated[float, field("The value; of a counter, its increase per second.")]


class MemberValues(msgspec.Struct, frozen=True):
    """The values of one member of a group."""

    name: str
    share: Annotated[
        float,
        field("Its share in the deviation when the alert opened, negative below the expected value."),
    ]
    values: Annotated[list[PastValue], field("In order of time.")]


class GroupValues(msgspec.Struct, frozen=True):
    """The values of the members that explain the alert of a group."""

    members: Annotated[list[MemberValues], field("The largest share first.")]
    others: Annotated[list[str], field("The names of all other members.")]


ValuesBefore = list[PastValue] | GroupValues
"""The last values up to an event: of its series, or of its group."""
