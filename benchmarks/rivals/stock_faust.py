"""The worker's job in stock Faust, written as Faust's documentation recommends.

An agent reads JSON values from the topic, a table in RocksDB (with its changelog) holds each series' window,
numpy computes z-score, modified z-score and IQR for every value, and anomalies are sent to a topic. Where
there are alternatives, the faster one is used: plain lists and dicts instead of records, orjson (Faust's own
choice), percentiles in one call, three fixed thresholds instead of tail probabilities.

Only ``meter`` is not part of the app. Run as ``python -m benchmarks.rivals.stock_faust TASK DATADIR``.
"""

import sys
from typing import Any

import faust
import numpy as np

from benchmarks.load import PARTITIONS, WINDOW_POINTS
from benchmarks.measurement import Meter, Task

ANOMALIES_SUFFIX = "-anomalies"
CHANGELOG_SUFFIX = "-windows-changelog"
Z_LIMIT, MODIFIED_Z_LIMIT, FENCE = 4.0, 4.0, 3.0


def build_app(task: Task, data_dir: str) -> faust.App:
    """The app; its id is the group of the task."""
    app = faust.App(
        task.group,
        broker=f"kafka://{task.bootstrap}",
        store="rocksdb://",
        datadir=data_dir,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
    )
    observations = app.topic(task.topic, key_type=bytes, value_serializer="json")
    anomalies = app.topic(task.group + ANOMALIES_SUFFIX, key_type=bytes, value_serializer="json")
    windows = app.Table("windows", default=list, key_type=bytes, partitions=PARTITIONS)
    meter = Meter(task)

    @app.agent(observations)  # type: ignore[untyped-decorator]
    async def detect(stream: Any) -> None:
        async for host, observation in stream.items():
            value = observation["value"]
            window = windows[host]
            verdict = judge(window, value)
            if verdict["anomaly"]:
                await anomalies.send(key=host, value={**observation, **verdict})
            windows[host] = [*window[1 - WINDOW_POINTS :], value]
            meter.add(1)

    return app


def judge(window: list[float], value: float) -> dict[str, Any]:
    """z-score, modified z-score (Iglewicz and Hoaglin) and Tukey's fences of ``value`` in ``window``."""
    if len(window) < 30:
        return {"anomaly": False}
    points = np.array(window)
    z = (value - points.mean()) / (points.std() or 1e-9)
    lower, median, upper = np.percentile(points, (25, 50, 75))
    modified_z = 0.6745 * (value - median) / (np.median(np.abs(points - median)) or 1e-9)
    outside = max(lower - value, value - upper) / ((upper - lower) or 1e-9)
    return {
        "anomaly": bool(abs(z) > Z_LIMIT and abs(modified_z) > MODIFIED_Z_LIMIT and outside > FENCE),
        "zscore": float(z),
        "modified_zscore": float(modified_z),
        "iqr": float(outside),
        "expected": float(median),
    }


if __name__ == "__main__":
    faust.Worker(build_app(Task.of_process(), sys.argv[2]), loglevel="info").execute_from_commandline()
