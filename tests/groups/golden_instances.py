"""The instances of the golden file: their vectors, and their state records."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.lines import records_of
from anomaly_stream.groups.group_pipeline import GroupStage
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import SeverityBands
from tests.groups.streams import NAMES, group, messages

VECTORS = 60


def golden_vectors() -> NDArray[np.float64]:
    """Values of plain arithmetic, so that no version of a random generator matters."""
    i, member = np.indices((VECTORS, len(NAMES)))
    return 50.0 + (i * (37 + 2 * member) % 19) / 4.0


def golden_stage() -> GroupStage:
    """A group with fresh instances."""
    return GroupStage(compile_groups([group(lateness_s=20.0)], SeverityBands()))


def golden_instances() -> dict[bytes, bytes]:
    """The state records of two hosts; the second sends half of the vectors."""
    stage = golden_stage()
    sent = [*messages(golden_vectors(), "a"), *messages(golden_vectors()[: VECTORS // 2], "b")]
    stage.process(records_of(sent, "groups", 0))
    return {key: value for key, value in stage.take_dirty() if value is not None}
