"""What of a row stands in the changelog beside its head, and how another row takes that over."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.engine.plan.dtypes import LINE, State
from anomaly_stream.engine.plan.state_layout import page_count
from anomaly_stream.kernels.arrays import Floats, Records

_SIDE = 3


class ChangelogFootprint(NamedTuple):
    """Which chunks and pages there may be."""

    slots: int
    """Chunks lie under slots below this one."""
    sides: bytes
    """Of each page that was ever written, the side that the last head needs; 0: none, or unknown."""

    def over(self, older: "ChangelogFootprint | None") -> "ChangelogFootprint":
        """The same where ``older`` stands there too."""
        if older is None:
            return self
        return ChangelogFootprint(max(self.slots, older.slots), self.sides + older.sides[len(self.sides) :])


def footprint_of(state: State, memory: Floats, configs: Records, number: int) -> ChangelogFootprint:
    """What a row has saved; ``memory`` is the bank's, ``configs`` are those that the rows count in."""
    row = state.rows[number]
    written = int(row["pages"])
    if written == 0:
        return ChangelogFootprint(int(row["slots"]), b"")
    words = int(configs[row["config"]]["memory"])
    marks = int(row["memory"]) * LINE + words
    held = memory.view(np.int64)[marks : marks + min(written, page_count(words))]
    return ChangelogFootprint(
        int(row["slots"]), (held & _SIDE).astype(np.uint8).tobytes().ljust(written, b"\0")
    )


def inherit(state: State, memory: Floats, configs: Records, number: int, saved: ChangelogFootprint) -> None:
    """Have a fresh row go on behind what another one saved: its records go when the row does.

    What the last head needs of them is not overwritten before the next one is written.
    """
    row = state.rows[number]
    row["slots"] = saved.slots
    row["pages"] = len(saved.sides)
    row["needed"] = -1
    words = int(configs[row["config"]]["memory"])
    sides = np.frombuffer(saved.sides[: page_count(words)], np.uint8)
    marks = int(row["memory"]) * LINE + words
    memory.view(np.int64)[marks : marks + len(sides)] = sides
