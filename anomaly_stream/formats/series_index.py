"""The series of one partition, numbered as they appear, and the spellings that stand for them."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.limits import ObservationError, check_series
from anomaly_stream.kernels.intern import SpellingTable, empty_table, grown_table
from anomaly_stream.model import Series

UNRESOLVED = -1
"""In place of a series' number: the spelling is no good."""

_FIRST_SPELLINGS = 1024
_ARENA_A_SPELLING = 128
_LEAST_BOUND = 65536
_SPELLINGS_A_SERIES = 4

_metric_decoder = msgspec.json.Decoder(str)
_labels_decoder = msgspec.json.Decoder(dict[str, str])


class SeriesIndex:
    """Numbers series densely from 0, in order of first appearance; one index a partition.

    Beside the series it keeps a table of spellings (metric bytes and labels bytes as they stood in
    messages), so that a kernel can go from bytes to number; each new spelling is parsed once. The table
    is a cache: when random label orders or rubbish fill it (65,536 spellings, or four for each
    series, whichever is more) it starts over, and the spellings still in use come back.
    """

    def __init__(self) -> None:
        self.series: list[Series] = []
        self._numbers: dict[Series, int] = {}
        self.table: SpellingTable = empty_table(_FIRST_SPELLINGS, _FIRST_SPELLINGS * _ARENA_A_SPELLING)
        self._series_of_spelling: NDArray[np.int64] = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self.series)

    def add(self, series: Series) -> int:
        """The number of this series, a new one if it is not known."""
        number = self._numbers.get(series)
        if number is None:
            number = len(self.series)
            self._numbers[series] = number
            self.series.append(series)
        return number

    def resolve(self, spellings: NDArray[np.int64]) -> NDArray[np.int64]:
        """Series numbers of spelling numbers of ``table``; ``UNRESOLVED`` where a spelling is no good.

        Spellings that the kernel has added since the last call are parsed now.
        """
        known, used = len(self._series_of_spelling), int(self.table.used[0])
        if used > known:
            new = np.array([self._parse(spelling) for spelling in range(known, used)], np.int64)
            self._series_of_spelling = np.concatenate((self._series_of_spelling, new))
        return self._series_of_spelling[spellings]

    def make_room(self) -> bool:
        """Room for more spellings: True, in a table twice the size; False, in one that starts over.

        After False the numbers of spellings handed out before mean nothing: resolve them first.
        """
        room = 2 * len(self.table.start)
        arena = 2 * len(self.table.arena)
        if room <= max(_LEAST_BOUND, _SPELLINGS_A_SERIES * len(self.series)):
            self.table = grown_table(self.table, room, arena)
            return True
        self.table = empty_table(room // 2, arena // 2)
        self._series_of_spelling = np.empty(0, np.int64)
        return False

    def _parse(self, spelling: int) -> int:
        start = int(self.table.start[spelling])
        middle = start + int(self.table.metric_length[spelling])
        end = middle + int(self.table.labels_length[spelling])
        arena = self.table.arena
        try:
            metric = _metric_decoder.decode(f'"{arena[start:middle].tobytes().decode()}"')
            labels = _labels_decoder.decode(arena[middle:end].tobytes().decode()) if end > middle else {}
            check_series(metric, labels)
        except (ObservationError, msgspec.DecodeError, UnicodeDecodeError):
            return UNRESOLVED
        return self.add(Series.of(metric, labels))
