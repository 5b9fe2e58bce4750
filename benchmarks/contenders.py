"""The contenders. Each runs in a process of its own, in every round."""

import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import worker
from benchmarks.load import PARTITIONS, WINDOW_POINTS, Load, produce, produce_windows
from benchmarks.measurement import Measurement, Task
from benchmarks.processes import measure_module
from benchmarks.rivals.stock_faust import CHANGELOG_SUFFIX
from benchmarks.topics import create_topic, delete_topics

FEW_SERIES = 1_000
READER_WARM_UP = 200_000
READER_OBSERVATIONS = 5_000_000
ENGINE_OBSERVATIONS = 3_000_000
AUTO_WARM_UP = 400
"""After this many values, the sketches and windows of a series are full."""
AUTO_OBSERVATIONS = 1_000_000
GROUP_WARM_UP = 10_000
GROUP_VECTORS = 400_000
FAUST_WARM_UP = 3_000
FAUST_OBSERVATIONS = 15_000


@dataclass(frozen=True)
class Bench:
    """One run against one broker; its topics start with ``prefix``, and :meth:`clean_up` deletes them.

    Attributes:
        observations: length of the measured part, after all windows are full.
    """

    bootstrap: str
    series: int
    observations: int
    prefix: str = field(default_factory=lambda: f"bench-{uuid.uuid4().hex[:8]}")

    @property
    def fill(self) -> int:
        """Number of observations until every window is full."""
        return self.series * WINDOW_POINTS

    @property
    def load(self) -> Load:
        """The content of the metrics topic: observations that fill the windows, then the measured part."""
        return Load(self.series, WINDOW_POINTS + -(-self.observations // self.series))

    @property
    def metrics_topic(self) -> str:
        """The topic that all contenders but stock Faust read."""
        return f"{self.prefix}-{worker.METRICS_TOPIC}"

    def produce(self, on_progress: Callable[[int], None]) -> None:
        """Write the load, once for all contenders and rounds."""
        create_topic(self.bootstrap, self.metrics_topic, PARTITIONS)
        produce(self.bootstrap, self.metrics_topic, self.load, on_progress)

    def clean_up(self) -> None:
        """Delete every topic of this run."""
        delete_topics(self.bootstrap, self.prefix)

    def stock_faust(self) -> Measurement:
        """Stock Faust on a short topic, with a changelog from which its table recovers full windows."""
        app_id, topic = f"{self.prefix}-{_unique('faust')}", f"{self.prefix}-{_unique('short')}"
        create_topic(self.bootstrap, topic, PARTITIONS)
        ticks = -(-(FAUST_WARM_UP + FAUST_OBSERVATIONS) // self.series) + 1
        produce(self.bootstrap, topic, Load(self.series, ticks, WINDOW_POINTS), lambda _: None)
        changelog = app_id + CHANGELOG_SUFFIX
        create_topic(self.bootstrap, changelog, PARTITIONS, {"cleanup.policy": "compact"})
        produce_windows(self.bootstrap, changelog, self.series)
        task = Task(self.bootstrap, topic, app_id, self.series, FAUST_WARM_UP, FAUST_OBSERVATIONS)
        return _measure("benchmarks.rivals.stock_faust", task)

    def bare_loop(self) -> Measurement:
        """The bare loop on the first part of the metrics topic."""
        return _measure("benchmarks.rivals.bare_loop", self._reader_task())

    def transport(self) -> Measurement:
        """The transport on the same part."""
        return _measure("benchmarks.transport", self._reader_task())

    def engine(self) -> Measurement:
        """The engine with all series in one bank."""
        return self._engine(self.series)

    def engine_few(self) -> Measurement:
        """The engine with `FEW_SERIES` in one bank, which fit into the processor's caches."""
        return self._engine(FEW_SERIES)

    def auto(self) -> Measurement:
        """The engine with the shipped default."""
        task = Task("", "", "", FEW_SERIES, FEW_SERIES * AUTO_WARM_UP, AUTO_OBSERVATIONS)
        return _measure("benchmarks.auto", task)

    def group(self) -> Measurement:
        """The judgement of groups, on vectors."""
        return _measure("benchmarks.group", Task("", "", "", 0, GROUP_WARM_UP, GROUP_VECTORS))

    def group_minutes(self) -> Measurement:
        """The same for groups with a vector per minute."""
        return _measure("benchmarks.group_minutes", Task("", "", "", 0, GROUP_WARM_UP, GROUP_VECTORS // 4))

    def worker(self) -> Measurement:
        """The worker on the whole metrics topic."""
        return worker.measure(self.bootstrap, self.prefix, self.fill, self.load.messages)

    def _engine(self, series: int) -> Measurement:
        observations = min(self.observations, ENGINE_OBSERVATIONS)
        return _measure("benchmarks.engine", Task("", "", "", series, series * WINDOW_POINTS, observations))

    def _reader_task(self) -> Task:
        readable = self.load.messages - READER_WARM_UP
        observations = min(readable, READER_OBSERVATIONS)
        group = f"{self.prefix}-{_unique('reader')}"
        return Task(self.bootstrap, self.metrics_topic, group, self.series, READER_WARM_UP, observations)


CONTENDERS: dict[str, tuple[str, Callable[[Bench], Measurement]]] = {
    "stock-faust": ("stock Faust, the same job", Bench.stock_faust),
    "bare-loop": ("bare loop: aiokafka and orjson, no job", Bench.bare_loop),
    "transport": ("transport alone", Bench.transport),
    "engine": ("engine alone", Bench.engine),
    "engine-few": (f"engine alone, {FEW_SERIES:,} series", Bench.engine_few),
    "engine-auto": (f"engine alone, auto, {FEW_SERIES:,} series", Bench.auto),
    "group": ("group: judgement alone", Bench.group),
    "group-minutes": ("group of a vector per minute", Bench.group_minutes),
    "worker": ("worker: anomaly-stream worker", Bench.worker),
}
"""The label in the table and the measurement, by the name for ``--only``."""


def _measure(module: str, task: Task) -> Measurement:
    with tempfile.TemporaryDirectory(prefix="anomaly-stream-bench-") as directory:
        return measure_module(module, task, Path(directory))


def _unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:6]}"
