"""A group's detectors alone: the default ones over vectors of 8 members, evaluated and learned.

Run as ``python -m benchmarks.group TASK``. What the measurement calls observations are vectors.
"""

import sys
import time

import msgspec
import numpy as np

from anomaly_stream.groups.detectors.hysteresis import SENSITIVITY
from anomaly_stream.groups.detectors.registry import DEFAULT
from anomaly_stream.groups.detectors.watch import GroupScorer
from benchmarks.group_sets import autoregressive
from benchmarks.measurement import Measurement, Task

MEMBERS = 8
MOST_US = 15.0
"""Claimed: CPU a vector."""
MOST_BYTES = 8_000
"""Claimed: state of an instance."""
SLICE = 20_000


def measure(task: Task) -> Measurement:
    """Warm up, then time ``task.observations`` vectors; AssertionError where the state is larger than
    claimed.
    """
    watch = GroupScorer(MEMBERS)
    size = watch.memory.nbytes
    if size > MOST_BYTES:
        raise AssertionError(f"an instance of {MEMBERS} members takes {size} bytes")
    random = np.random.default_rng(5)
    vectors = np.stack([autoregressive(random, SLICE, 0.7) for _ in range(MEMBERS)], axis=1)
    present = np.ones(vectors.shape, np.bool_)
    watch.follow(vectors[: task.warm_up], present, SENSITIVITY)
    timed, seconds, cpu_seconds = 0, 0.0, 0.0
    while timed < task.observations:
        wall, cpu = time.perf_counter(), time.process_time()
        watch.follow(vectors, present, SENSITIVITY)
        seconds += time.perf_counter() - wall
        cpu_seconds += time.process_time() - cpu
        timed += len(vectors)
    remark = f"vectors of {MEMBERS} members, {', '.join(DEFAULT)}; state {size:,} bytes"
    return Measurement(timed, seconds, cpu_seconds, remark)


if __name__ == "__main__":
    print(msgspec.json.encode(measure(msgspec.json.decode(sys.argv[1], type=Task))).decode(), flush=True)
