"""One instance of a group: its open buckets, the state of its detectors, its alert."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import fresh_alerts
from anomaly_stream.groups.buckets import BEFORE, NEWEST, OpenBuckets, buckets_over, clear
from anomaly_stream.groups.compiled_group import CompiledGroup
from anomaly_stream.model import Series


@dataclass(slots=True)
class Instance:
    """One instance of a group."""

    series: Series
    """The group's id as its metric, and the labels of ``by``."""
    config: int
    """Index of the group in ``GroupPlan.configs``."""
    words: NDArray[np.int64]
    """The words of ``buckets``, followed by those of ``state``."""
    buckets: OpenBuckets
    state: NDArray[np.float64]
    alert: NDArray[np.void]
    """One record of ``lifecycle.ALERT``."""
    newest: float = -np.inf
    """Start of the newest bucket, in seconds."""
    vectors: int = 0
    """Vectors learned since the last restart."""
    buckets_closed: int = 0
    """Buckets with values that closed since the last restart or jump back; after a load, those of vectors."""
    dirty: bool = False
    """Whether it changed since its last state record."""

    def restart(self) -> None:
        """Empty the buckets and the detectors. An open alert stays open, and later vectors resolve it.

        Values of buckets that it had are late from then on.
        """
        newest = self.buckets.head[NEWEST]
        clear(self.buckets)
        self.buckets.head[BEFORE] = newest
        self.state[:] = 0.0
        self.vectors = self.buckets_closed = 0
        self.dirty = True


def fresh_instance(series: Series, config: int, group: CompiledGroup) -> Instance:
    """An instance that has received nothing."""
    words = np.zeros(group.bucket_words + group.state_words, np.int64)
    buckets = buckets_over(words[: group.bucket_words], len(group.config.members), group.rules.late_buckets)
    clear(buckets)
    state = words[group.bucket_words :].view(np.float64)
    return Instance(series, config, words, buckets, state, fresh_alerts(1))
