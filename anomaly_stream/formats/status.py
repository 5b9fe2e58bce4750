"""Status records as JSON bytes of a bounded size."""

from collections.abc import Sequence

import msgspec

from anomaly_stream.model.status import ConfigActivity, PartitionStatus, SeenMetric

CONFIG_BYTES = 256 * 1024
"""The configs of a message take at most this many bytes."""
METRIC_BYTES = 256 * 1024
"""The metrics of a message take at most this many bytes."""
MOST_METRICS = 500
"""A message has at most this many metrics."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(PartitionStatus)


def bounded(status: PartitionStatus) -> PartitionStatus:
    """``status`` without the configs and metrics, from the end of each list, that exceed the bounds."""
    configs = _fitting(status.configs, CONFIG_BYTES)
    metrics = min(MOST_METRICS, _fitting(status.metrics, METRIC_BYTES))
    return msgspec.structs.replace(
        status,
        configs=status.configs[:configs],
        configs_left_out=status.configs_left_out + len(status.configs) - configs,
        metrics=status.metrics[:metrics],
        metrics_left_out=status.metrics_left_out + len(status.metrics) - metrics,
    )


def encode_status(status: PartitionStatus) -> bytes:
    """The message of ``status``."""
    return _encoder.encode(status)


def decode_status(message: bytes) -> PartitionStatus:
    """The inverse of ``encode_status``; fields of later releases are ignored. Raises msgspec.DecodeError."""
    return _decoder.decode(message)


def _fitting(items: Sequence[ConfigActivity | SeenMetric], most_bytes: int) -> int:
    """How many of ``items``, from the first on, take at most ``most_bytes``."""
    left = most_bytes
    for number, item in enumerate(items):
        left -= len(_encoder.encode(item)) + 1
        if left < 0:
            return number
    return len(items)
