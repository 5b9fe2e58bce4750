"""Work that is due after series have expired, or after many without rows have arrived: a part at a time."""

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.formats.series_index import SeriesIndex

_TOMBSTONE_KEYS_AT_ONCE = 5_000
_MAX_SERIES_WITHOUT_ROWS = 65_536
"""Series that no config watches, or that a limit refuses, are remembered up to this number: it is cheap to
skip an observation of a known series."""
_FORGOTTEN_AT_ONCE = 50_000


def tidy(bank: Bank, index: SeriesIndex) -> None:
    """Do a part of it."""
    if bank.tombstones.keys_to_build:
        bank.tombstones.build_keys(bank.series, _TOMBSTONE_KEYS_AT_ONCE)
    elif len(index) - bank.series_held > _MAX_SERIES_WITHOUT_ROWS:
        without = np.flatnonzero(bank.state.first_row[: bank.series_count] < 0)
        without = without[index.is_known(without)]
        index.forget(without[:_FORGOTTEN_AT_ONCE])
