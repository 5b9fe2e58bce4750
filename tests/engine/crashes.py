"""A partition that is checkpointed, and that crashes and reads again from its last commit."""

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.stream.partitions.partition import Partition
from tests.engine.flow import feed

State = dict[bytes, bytes]
_MOST_CRASHES = 5


def checkpoint(partition: Partition, state: State, stages: int | None = None) -> None:
    """Write what changed to ``state``; with ``stages``, only so many of its stages."""
    for stage in partition.take_dirty()[:stages]:
        for key, value in stage:
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value


def restarted(fresh: Callable[[], Partition], state: State) -> Partition:
    """A partition that has loaded ``state``."""
    partition = fresh()
    partition.load(sorted(state.items()))
    return partition


def run_with_crashes(
    fresh: Callable[[], Partition], messages: Sequence[bytes], data: st.DataObject
) -> tuple[Partition, list[Output]]:
    """All messages in batches, with checkpoints whose offsets are committed or not, and with crashes.

    Returns the last partition, and all outputs, with those that came twice.
    """
    worker, state = fresh(), State()
    outputs: list[Output] = []
    at, committed, crashes = 0, 0, 0
    while at < len(messages):
        end = data.draw(st.integers(at + 1, len(messages)))
        outputs.append(feed(worker, messages[at:end], at))
        at = end
        event = data.draw(st.sampled_from(["go", "checkpoint", "state only", "crash"]))
        if event in ("checkpoint", "state only"):
            checkpoint(worker, state)
            committed = at if event == "checkpoint" else committed
        elif event == "crash" and crashes < _MOST_CRASHES:
            worker, at, crashes = restarted(fresh, state), committed, crashes + 1
    return worker, outputs
