"""Limits of an observation, for every format."""

import math

from anomaly_stream.kernels.json import LATEST_TIMESTAMP
from anomaly_stream.model import FaultReason, Series
from anomaly_stream.model.series import MAX_NAME_BYTES

MAX_LABELS = 32


class ObservationError(Exception):
    """Why an observation is rejected. It does not leave this package."""

    def __init__(self, reason: FaultReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def checked_series(metric: str, labels: dict[str, str]) -> Series:
    """The series. An empty label is the same as an absent one, as in Prometheus.

    Raises:
        ObservationError: metric or labels are not within the limits, in bytes of UTF-8.
    """
    check_series(metric, labels)
    return Series.of(metric, {name: value for name, value in labels.items() if value})


def check_series(metric: str, labels: dict[str, str]) -> None:
    """Raise ``ObservationError`` unless metric and labels are within the limits, in bytes of UTF-8."""
    size = _size(metric, FaultReason.METRIC, "metric")
    if size == 0:
        raise ObservationError(FaultReason.METRIC, "metric is empty")
    if size > MAX_NAME_BYTES:
        raise ObservationError(FaultReason.LIMIT, f"metric has {size} bytes; the limit is {MAX_NAME_BYTES}")
    if len(labels) > MAX_LABELS:
        raise ObservationError(FaultReason.LIMIT, f"{len(labels)} labels; the limit is {MAX_LABELS}")
    for name, value in labels.items():
        size = _size(name, FaultReason.LABELS, "a label name")
        if size == 0:
            raise ObservationError(FaultReason.LABELS, "a label name is empty")
        size = max(size, _size(value, FaultReason.LABELS, f"the value of label {name[:40]!a}"))
        if size > MAX_NAME_BYTES:
            raise ObservationError(
                FaultReason.LIMIT, f"label {name[:40]!a} has {size} bytes; the limit is {MAX_NAME_BYTES}"
            )


def check_value(value: float) -> None:
    """Raise ``ObservationError`` unless the value is finite."""
    if not math.isfinite(value):
        raise ObservationError(FaultReason.VALUE, f"value is {value}, not a finite number")


def check_timestamp(timestamp: float) -> None:
    """Raise ``ObservationError`` unless the event time is from 1970 to 2100."""
    if not 0.0 <= timestamp <= LATEST_TIMESTAMP:
        raise ObservationError(
            FaultReason.TIMESTAMP,
            f"timestamp {timestamp:.17g} s is not within 1970 to 2100{_unit_advice(timestamp)}",
        )


def _unit_advice(timestamp: float) -> str:
    """The cure for a time in another unit, if it would be a time from 2001 on in that unit."""
    for unit, per_second in (("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)):
        if 1e9 <= timestamp / per_second <= LATEST_TIMESTAMP:
            whole = "" if per_second == 1e3 else f", divided by {per_second / 1e3:,.0f}"
            setting = ", or set the topic's format to json_milliseconds" if per_second == 1e3 else ""
            return f"; it looks like {unit}: send it as timestamp_ms{whole}{setting}"
    return ""


def _size(text: str, reason: FaultReason, what: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise ObservationError(reason, f"{what} contains half of a surrogate pair") from None
