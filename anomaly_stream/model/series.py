"""A series: a metric with one set of labels."""

from dataclasses import dataclass
from functools import cached_property

import orjson

MAX_NAME_BYTES = 255
"""The longest metric, label name and label value, in bytes of UTF-8."""


@dataclass(frozen=True)
class Series:
    """A metric and its labels as sorted pairs."""

    metric: str
    labels: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(metric: str, labels: dict[str, str] | None = None) -> "Series":
        """The series with these labels, sorted by name."""
        return Series(metric, tuple(sorted((labels or {}).items())))

    @staticmethod
    def from_key(key: bytes) -> "Series":
        """The inverse of ``key``."""
        fields = orjson.loads(key)
        return Series.of(fields["metric"], fields["labels"])

    @cached_property
    def key(self) -> bytes:
        """Canonical bytes, the same in every process and release: compact JSON with sorted labels."""
        return orjson.dumps({"metric": self.metric, "labels": dict(self.labels)})
