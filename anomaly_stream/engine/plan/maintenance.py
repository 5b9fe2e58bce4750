"""The maintenance of a config, compiled: whether values at given times are kept out of its baselines."""

import numpy as np

from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.windows import recurring


class Maintenance:
    """The times whose values are scored and not learned."""

    def __init__(self, config: AnomalyDetectionConfig) -> None:
        self._windows = [
            (
                one.begin,
                one.end,
                recurring(one.recurrence, one.begin, one.duration_s, config.timezone)
                if one.recurrence
                else None,
            )
            for one in config.maintenance
        ]

    def covers(self, times: Floats) -> Bools:
        """Whether each event time is in a window. A pure function of the config and the times."""
        found = np.zeros(len(times), np.bool_)
        for begin, end, windows in self._windows:
            inside = (times >= begin) & (times < end)
            if windows is not None and inside.any():
                inside[inside] = windows.cover(times[inside])
            found |= inside
        return found
