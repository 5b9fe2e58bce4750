"""A second format, ``METRIC VALUE [SECONDS]``, as somebody who adds one would write it."""

import math

from anomaly_stream.formats.limits import ObservationError, check_series, check_timestamp, check_value
from anomaly_stream.formats.message_decoder import DecodedObservation, Message, MessageDecoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import FaultReason, Series

NAME = "plain"
ENTRY = f"{__name__}:plain_decoder"


def plain_decoder(index: SeriesIndex) -> MessageDecoder:
    return MessageDecoder(_read, index)


def _read(message: bytes, kafka_ms: int) -> Message:
    """A message is a line, or several; faults of the lines become one."""
    observations, faults = [], []
    for line in message.decode("ascii", errors="replace").splitlines():
        try:
            observations.append(_observation(line.split(), kafka_ms))
        except ObservationError as fault:
            faults.append(fault)
    return Message(observations, faults[0] if faults else None)


def _observation(words: list[str], kafka_ms: int) -> DecodedObservation:
    if len(words) not in (2, 3):
        raise ObservationError(FaultReason.MALFORMED, "a line must be METRIC VALUE [SECONDS]")
    check_series(words[0], {})
    value, timestamp = _number(words[1]), _number(words[2]) if len(words) == 3 else kafka_ms / 1000.0
    check_value(value)
    check_timestamp(timestamp)
    return DecodedObservation(Series(words[0]), timestamp, value, learn=False)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
