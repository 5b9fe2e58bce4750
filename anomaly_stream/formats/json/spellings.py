"""Cache from the bytes of metric and labels, as a message spells them, to the number of the series."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.json.label_values import label_texts
from anomaly_stream.formats.limits import ObservationError, checked_series
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kernels.intern import SpellingTable, empty_table, grown_table

UNRESOLVED = -1
"""Takes the place of a series number if the spelling is invalid."""
_FORGOTTEN = -2

_FIRST_SPELLINGS = 1024
_ARENA_BYTES_PER_SPELLING = 128
MIN_BOUND = 65_536
_SPELLINGS_PER_SERIES = 4

_metric_decoder = msgspec.json.Decoder(str)
_labels_decoder = msgspec.json.Decoder(dict[str, str | int])


class SpellingCache:
    """Series numbers of the spellings seen in one partition; each new spelling is parsed once.

    ``{"a":"1","b":"2"}`` and ``{"b":"2","a":"1"}`` are two spellings of one series. The cache holds
    max(``MIN_BOUND``, 4 per series) spellings. When random label orders or invalid spellings fill it, it
    starts empty again, and the spellings in use are parsed once more.
    """

    def __init__(self, index: SeriesIndex) -> None:
        self._index = index
        self.table: SpellingTable = empty_table(
            _FIRST_SPELLINGS, _FIRST_SPELLINGS * _ARENA_BYTES_PER_SPELLING
        )
        """The kernel looks spellings up here, and adds new ones."""
        self._series: NDArray[np.int64] = np.empty(0, np.int64)
        index.on_forget(self._forget)

    def resolve(self, spellings: NDArray[np.int64]) -> NDArray[np.int64]:
        """Series numbers of spelling numbers of ``table``; ``UNRESOLVED`` for an invalid spelling.

        Parses the spellings that the kernel has added since the last call.
        """
        known, used = len(self._series), int(self.table.used[0])
        if used > known:
            new = np.array([self._parse(spelling) for spelling in range(known, used)], np.int64)
            self._series = np.concatenate((self._series, new))
        numbers = self._series[spellings]
        forgotten = numbers == _FORGOTTEN
        if not forgotten.any():
            return numbers
        for spelling in np.unique(spellings[forgotten]).tolist():
            self._series[spelling] = self._parse(spelling)
        return self._series[spellings]

    def make_room(self) -> bool:
        """Make room for more spellings: True if the table was doubled, False if it was emptied.

        After False, spelling numbers from before are invalid: resolve them first.
        """
        room = 2 * len(self.table.start)
        arena = 2 * len(self.table.arena)
        if room <= max(MIN_BOUND, _SPELLINGS_PER_SERIES * len(self._index)):
            self.table = grown_table(self.table, room, arena)
            return True
        self.table = empty_table(room // 2, arena // 2)
        self._series = np.empty(0, np.int64)
        return False

    def _forget(self, numbers: NDArray[np.int64]) -> None:
        gone = np.zeros(len(self._index.series), np.bool_)
        gone[numbers] = True
        self._series[(self._series >= 0) & gone[self._series]] = _FORGOTTEN

    def _parse(self, spelling: int) -> int:
        start = int(self.table.start[spelling])
        middle = start + int(self.table.metric_length[spelling])
        end = middle + int(self.table.labels_length[spelling])
        arena = self.table.arena
        try:
            metric = _metric_decoder.decode(f'"{arena[start:middle].tobytes().decode()}"')
            labels = _labels_decoder.decode(arena[middle:end].tobytes().decode()) if end > middle else {}
            series = checked_series(metric, label_texts(labels))
        except (ObservationError, msgspec.DecodeError, UnicodeDecodeError):
            return UNRESOLVED
        return self._index.add(series)
