"""Series of an input, in memory."""

from collections.abc import Iterator, Sequence

import numpy as np

from anomaly_stream.alerts.wording import series_name
from anomaly_stream.formats.registry import DEFAULT_FORMAT, make_decoders
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kernels.arrays import Floats, Integers
from anomaly_stream.model import AnomalyDetectionConfig, RecordColumns, Series
from anomaly_stream.model.config import MetricType
from anomaly_stream.registry.matching import matches
from anomaly_stream.report.blind_spots.injection import Past


class PastCollector:
    """Collects the values of all series of an input.

    Attributes:
        faulty: number of records that hold no observation; they are left out.
    """

    def __init__(self, format_name: str = DEFAULT_FORMAT) -> None:
        self._index = SeriesIndex()
        (self._decoder,) = make_decoders(["input"], {"input": format_name}, self._index)
        self._parts: list[tuple[Integers, Floats, Floats]] = []
        self.faulty = 0

    def add(self, records: RecordColumns) -> None:
        """Take the observations of some records."""
        observations, faults = self._decoder.decode(records)
        self.faulty += len(faults)
        self._parts.append((observations.series, observations.timestamp, observations.value))

    @property
    def series(self) -> list[Series]:
        """All series of the input."""
        return self._index.series

    def pasts(
        self, configs: Sequence[AnomalyDetectionConfig], wanted: str
    ) -> Iterator[tuple[AnomalyDetectionConfig, Series, Past]]:
        """Every config with every series that it watches, and whose name contains ``wanted``.

        Late and duplicate values are left out.
        """
        if not self._parts:
            return
        numbers, times, values = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        for number, series in enumerate(self._index.series):
            watching = [config for config in configs if matches(config, series)]
            if wanted not in series_name(series) or not watching:
                continue
            own = np.flatnonzero(numbers == number)
            own = own[times[own] > np.maximum.accumulate(np.append(-np.inf, times[own][:-1]))]
            for config in watching:
                is_counter = config.metric_type is MetricType.COUNTER
                yield config, series, Past(times[own], values[own], is_counter)
