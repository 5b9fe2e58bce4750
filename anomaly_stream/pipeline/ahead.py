"""The times of observations against the Kafka timestamps of their records."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from anomaly_stream.alerts.wording import clock, duration, series_name
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import Fault, FaultReason, ObservationColumns, RecordColumns, Series

_NAMED = 5
"""A fault names at most this many observations of its record."""


def refuse_ahead(
    observations: ObservationColumns, records: RecordColumns, limit_s: float, series: Sequence[Series]
) -> tuple[ObservationColumns, list[Fault]]:
    """The observations that are at most ``limit_s`` ahead, and a fault for each record with others.

    A record without a Kafka timestamp bears out any time. ``series`` are the series by number.
    """
    kafka_s = records.timestamp_ms[observations.record] / 1000.0
    ahead = (observations.timestamp - kafka_s > limit_s) & (kafka_s >= 0)
    if not ahead.any():
        return observations, []
    columns = {
        field.name: getattr(observations, field.name)[~ahead] for field in dataclasses.fields(observations)
    }
    found: dict[int, list[str]] = {}
    for number in np.flatnonzero(ahead).tolist():
        record = int(observations.record[number])
        found.setdefault(record, []).append(
            f"{series_name(series[int(observations.series[number])])}: its time "
            f"{clock(float(observations.timestamp[number]))} is "
            f"{duration(float(observations.timestamp[number] - kafka_s[number]))} ahead of its Kafka record; "
            f"the limit is {duration(limit_s)} (worker.max_ahead_s)"
        )
    return ObservationColumns(**columns), [
        Fault(record, FaultReason.AHEAD, _detail(named)) for record, named in found.items()
    ]


def _detail(named: list[str]) -> str:
    more = len(named) - _NAMED
    return "; ".join(named[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


def clock_time(observations: ObservationColumns, records: RecordColumns) -> Floats:
    """The time that each observation advances its config's clock to; ``engine.bank.expiry`` says why."""
    if not (records.timestamp_ms >= 0).any():
        return observations.timestamp
    kafka = np.where(records.timestamp_ms >= 0, records.timestamp_ms / 1000.0, np.inf)
    times: Floats = np.minimum(observations.timestamp, kafka[observations.record])
    return times
