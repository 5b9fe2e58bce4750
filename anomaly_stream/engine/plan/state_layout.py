"""Detector state: the state of a row besides its window, for its counter, season and stateful detectors.

The detector state of a row is one run of words of 8 bytes (float64), whose length follows from its config.
Each component owns a part of it. A component that has learned nothing has zeros. The run is stored in a
segment of the bank's arena; after it, the segment holds the page table (``checkpoint.page_table``).
"""

from hashlib import blake2b
from typing import NamedTuple

from anomaly_stream.baselines import counter
from anomaly_stream.baselines.seasonality import season_shape
from anomaly_stream.detectors.registry import REGISTRY as DETECTORS
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.model import AnomalyDetectionConfig, MetricType

PAGE = 64
"""Detector state is written to the changelog in pages of this many words."""


class StateLayout(NamedTuple):
    """The places of the components in a row's detector state; starts and lengths in words."""

    words: int
    counter: tuple[int, int]
    """Start and length of the counter's last reading; length 0 unless the metric is a counter."""
    season: tuple[int, int]
    """The same for the season; length 0 without one."""
    detectors: tuple[tuple[int, int], ...]
    """The same for each detector of the registry; length 0 for detectors without a state."""
    digest: int
    """64 bits, signed, that identify the layout; 0: there is no detector state."""


def layout_of(config: AnomalyDetectionConfig, season_words: int) -> StateLayout:
    """The detector state of a config's rows: counter, season, the detectors in the order of their numbers."""
    parts = [
        ("counter", counter.WORDS if config.metric_type == MetricType.COUNTER else 0, ""),
        ("season", season_words, season_shape(config)),
    ]
    parts += [(one.name, one.words if one.name in config.detectors else 0, "") for one in DETECTORS]
    ends, total = [], 0
    for _, words, _ in parts:
        ends.append((total, words))
        total += words
    said = "\n".join(f"{name} {words} {shape}" for name, words, shape in parts if words)
    digest = int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "little", signed=True)
    return StateLayout(total, ends[0], ends[1], tuple(ends[2:]), digest if total else 0)


def page_count(words: int) -> int:
    """Pages of ``words`` words of detector state; the last one may be shorter."""
    return -(-words // PAGE)


def segment_words(words: int) -> int:
    """Words of a segment: ``words`` of detector state and the page table, rounded up to whole cache lines."""
    total = words + page_count(words)
    return -(-total // LINE) * LINE
