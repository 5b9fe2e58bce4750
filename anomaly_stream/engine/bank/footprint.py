"""Which records a row has in the changelog besides its head, and how another row inherits them."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.engine.plan.dtypes import LINE, State
from anomaly_stream.engine.plan.state_layout import page_count
from anomaly_stream.kernels.arrays import Floats, Records

_COPY_BITS = 3


class ChangelogFootprint(NamedTuple):
    """The chunks and pages that a row may have in the changelog."""

    chunk_keys: int
    """Chunks were only written under key indices below this one."""
    page_copies: bytes
    """For each page that was ever written, the copy that the last head names: 1 is A, 2 is B, 0 is none or
    unknown."""

    def over(self, older: "ChangelogFootprint | None") -> "ChangelogFootprint":
        """This footprint united with an older one under the same key."""
        if older is None:
            return self
        copies = self.page_copies + older.page_copies[len(self.page_copies) :]
        return ChangelogFootprint(max(self.chunk_keys, older.chunk_keys), copies)


def footprint_of(state: State, detector_state: Floats, configs: Records, number: int) -> ChangelogFootprint:
    """The footprint of row ``number``; ``configs`` are those of the plan that the rows follow."""
    row = state.rows[number]
    written = int(row["pages"])
    if written == 0:
        return ChangelogFootprint(int(row["chunk_keys"]), b"")
    words = int(configs[row["config"]]["state_words"])
    table = int(row["segment"]) * LINE + words
    entries = detector_state.view(np.int64)[table : table + min(written, page_count(words))]
    copies = (entries & _COPY_BITS).astype(np.uint8).tobytes().ljust(written, b"\0")
    return ChangelogFootprint(int(row["chunk_keys"]), copies)


def inherit(
    state: State, detector_state: Floats, configs: Records, number: int, footprint: ChangelogFootprint
) -> None:
    """Let the fresh row ``number`` inherit a footprint: its records are deleted when this row is.

    Before the row's next head is written, no record is overwritten that the last head refers to.
    """
    row = state.rows[number]
    row["chunk_keys"] = footprint.chunk_keys
    row["pages"] = len(footprint.page_copies)
    row["needed_from"] = -1
    words = int(configs[row["config"]]["state_words"])
    copies = np.frombuffer(footprint.page_copies[: page_count(words)], np.uint8)
    table = int(row["segment"]) * LINE + words
    detector_state.view(np.int64)[table : table + len(copies)] = copies
