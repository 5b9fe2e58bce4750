"""What an observation must keep to, whatever format it came in."""

import math

from anomaly_stream.kernels.json import LATEST_TIMESTAMP
from anomaly_stream.model import FaultReason

MOST_LABELS = 32
MOST_NAME_BYTES = 255


class ObservationError(Exception):
    """Why one observation cannot be taken; never leaves this room."""

    def __init__(self, reason: FaultReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def check_series(metric: str, labels: dict[str, str]) -> None:
    """Raise ``ObservationError`` unless both are within the limits (in bytes of UTF-8)."""
    size = _size(metric, FaultReason.METRIC, "metric")
    if size == 0:
        raise ObservationError(FaultReason.METRIC, "metric is empty")
    if size > MOST_NAME_BYTES:
        raise ObservationError(FaultReason.LIMIT, f"metric has {size} bytes, over {MOST_NAME_BYTES}")
    if len(labels) > MOST_LABELS:
        raise ObservationError(FaultReason.LIMIT, f"{len(labels)} labels, over {MOST_LABELS}")
    for name, value in labels.items():
        size = _size(name, FaultReason.LABELS, "a label's name")
        if size == 0:
            raise ObservationError(FaultReason.LABELS, "a label's name is empty")
        size = max(size, _size(value, FaultReason.LABELS, "a label's value"))
        if size > MOST_NAME_BYTES:
            raise ObservationError(FaultReason.LIMIT, f"a label has {size} bytes, over {MOST_NAME_BYTES}")


def check_value(value: float) -> None:
    """Raise ``ObservationError`` unless the value is finite."""
    if not math.isfinite(value):
        raise ObservationError(FaultReason.VALUE, f"value is {value}, not a finite number")


def check_timestamp(timestamp: float) -> None:
    """Raise ``ObservationError`` unless the event time is from 1970 to 2100."""
    if not 0.0 <= timestamp <= LATEST_TIMESTAMP:
        raise ObservationError(FaultReason.TIMESTAMP, f"timestamp {timestamp} s is not within 1970 to 2100")


def _size(text: str, reason: FaultReason, what: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise ObservationError(reason, f"{what} holds half of a surrogate pair") from None
