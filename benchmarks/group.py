"""The worker's judgement of groups alone: vectors of 8 members under a default config, in one instance.

Only the calls of ``judge`` are timed: evaluate, decide, learn. Alignment and events are not part of it. Run
as ``python -m benchmarks.group TASK`` for an interval of a second, and as ``python -m
benchmarks.group_minutes TASK`` for one of a minute; what the measurement calls observations are vectors.
"""

import sys
import time
from dataclasses import dataclass

import msgspec
import numpy as np

from anomaly_stream.groups.instances import Instances
from anomaly_stream.groups.judge import judge
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import Publish, Series, SeverityBands
from anomaly_stream.model.group import GroupConfig, GroupMember
from benchmarks.group_sets import autoregressive
from benchmarks.measurement import Measurement, Task

MEMBERS = 8
SLICE = 20_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What the default of an interval costs at most."""

    interval_s: float
    us: float
    """CPU time per vector, microseconds."""
    bytes: int
    """Size of an instance's detector state."""


SECONDS = Claim(1.0, 15.0, 8_000)
MINUTES = Claim(60.0, 30.0, 64_000)


def measure(task: Task, claim: Claim) -> Measurement:
    """Warm up, then time at least ``task.observations`` vectors.

    Raises:
        AssertionError: the state is larger than claimed.
    """
    members = tuple(GroupMember(name=f"m{place}", metric=f"m{place}") for place in range(MEMBERS))
    config = GroupConfig(id="bench", members=members, interval_s=claim.interval_s, publish=Publish.NONE)
    plan = compile_groups([config], SeverityBands())
    group, instance = plan.compiled[0], Instances(plan).add(Series.of("bench", {}))
    size = instance.state.nbytes
    if size > claim.bytes:
        raise AssertionError(f"an instance of {MEMBERS} members takes {size} bytes")
    random = np.random.default_rng(5)
    vectors = np.stack([autoregressive(random, SLICE, 0.7) for _ in range(MEMBERS)], axis=1)
    room = group.vectors
    room.present[:] = True
    seen, timed, seconds, cpu_seconds = 0, 0, 0.0, 0.0
    anomalies = np.zeros(3, np.int64)
    while timed < task.observations:
        for first in range(0, SLICE, len(room.bucket)):
            part = vectors[first : first + len(room.bucket)]
            room.value[: len(part)] = part
            room.bucket[: len(part)] = seen + np.arange(len(part))
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in judge(group, instance, len(part), anomalies):
                pass
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if seen >= task.warm_up:
                timed, seconds, cpu_seconds = timed + len(part), seconds + wall, cpu_seconds + cpu
            seen += len(part)
    remark = f"vectors of {MEMBERS} members, {', '.join(dict(group.detectors))}; state {size:,} bytes"
    return Measurement(timed, seconds, cpu_seconds, remark)


if __name__ == "__main__":
    print(
        msgspec.json.encode(measure(msgspec.json.decode(sys.argv[1], type=Task), SECONDS)).decode(),
        flush=True,
    )
