"""Vectors through the worker's own pipeline of groups: forwarded messages in, score records out."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.lines import records_of
from anomaly_stream.groups.group_pipeline import GroupStage
from anomaly_stream.groups.messages import VALUE, encode_values, member_number
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.model import Publish, ScoreRecord, Series, SeverityBands, Status
from anomaly_stream.model.group import GroupConfig, GroupMember, Missing

GROUP = "benchmark"
ROWS_PER_MESSAGE = 200
SENSITIVITY = GroupConfig(id=GROUP, members=()).sensitivity_score
"""The shipped default of groups."""


def member_name(place: int) -> str:
    """The name of a column. Members are sorted by name, so the order of the columns is kept."""
    return f"m{place:02d}"


def config_of(
    members: int, detectors: Sequence[str], sensitivity: float, warm_up: int, interval_s: float
) -> GroupConfig:
    """A group with this number of members and one vector per interval, which publishes every verdict.

    Without ``detectors`` it has the default.
    """
    names = [member_name(place) for place in range(members)]
    return GroupConfig(
        id=GROUP,
        members=tuple(GroupMember(name=name, metric=name) for name in names),
        interval_s=interval_s,
        lateness_s=0.0,
        missing=Missing.OMIT,
        detectors=tuple(detectors),
        sensitivity_score=sensitivity,
        alert_score=sensitivity,
        min_observations=warm_up,
        publish=Publish.ALL,
    )


def verdicts(vectors: Floats, config: GroupConfig) -> Iterator[ScoreRecord]:
    """The score record of each vector, one per row, in order."""
    stage = GroupStage(compile_groups([config], SeverityBands()))
    key = Series.of(GROUP, {}).key
    for first in range(0, len(vectors) + 1, ROWS_PER_MESSAGE):
        message = encode_values(_values(vectors, first, config.interval_s))
        for score in stage.process(records_of([(key, message)], GROUP, first)).scores:
            yield score.body


def alarms_of(records: Sequence[ScoreRecord]) -> Bools:
    """Which vectors are anomalies, as the worker publishes them."""
    return np.array([record.status == Status.ANOMALY.label for record in records], np.bool_)


def _values(vectors: Floats, first: int, interval_s: float) -> NDArray[np.void]:
    """The values of the rows of a message. After the last row, one more value closes its interval."""
    rows = np.arange(first, min(first + ROWS_PER_MESSAGE, len(vectors)))
    members = vectors.shape[1]
    numbers = np.array([member_number(member_name(place)) for place in range(members)], np.uint32)
    closes = first + ROWS_PER_MESSAGE > len(vectors)
    values = np.zeros(len(rows) * members + closes, VALUE)
    size = len(rows) * members
    values["member"][:size] = np.tile(numbers, len(rows))
    values["time"][:size] = np.repeat(rows * interval_s, members)
    values["value"][:size] = vectors[rows].ravel()
    if closes:
        values["member"][size], values["time"][size] = numbers[0], len(vectors) * interval_s
    return values
