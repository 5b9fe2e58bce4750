"""The maintenance of a config, compiled: whether values at given times are kept out of its baselines."""

from typing import TYPE_CHECKING

import numpy as np

from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.config import MaintenanceWindow

if TYPE_CHECKING:
    from anomaly_stream.registry.windows import Windows


class Maintenance:
    """The times whose values are scored and not learned."""

    def __init__(self, config: AnomalyDetectionConfig) -> None:
        self._windows = [(one.begin, one.end, _windows(one, config.timezone)) for one in config.maintenance]

    def covers(self, times: Floats) -> Bools:
        """Whether each event time is in a window. A pure function of the config and the times."""
        found = np.zeros(len(times), np.bool_)
        for begin, end, windows in self._windows:
            inside = (times >= begin) & (times < end)
            if windows is not None and inside.any():
                inside[inside] = windows.cover(times[inside])
            found |= inside
        return found


def _windows(window: MaintenanceWindow, timezone: str) -> "Windows | None":
    """The windows that recur; None: the window does not."""
    if not window.recurrence:
        return None
    from anomaly_stream.registry.windows import recurring  # takes a quarter of a second

    return recurring(window.recurrence, window.begin, window.duration_s, timezone)
