"""Memory per series: ``python -m benchmarks.memory``.

Each window size is measured in a process of its own: series are read from JSON messages, their windows are
filled, and the resident memory is compared with that before.
"""

import multiprocessing
import sys

import numpy as np
import psutil

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.engine.step import step
from anomaly_stream.formats.lines import records_from_lines
from anomaly_stream.model import AnomalyDetectionConfig, ObservationColumns, SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.pipeline.warm_up import compile_kernels
from benchmarks.engine import LEVELS

_WINDOWS = (288, 1440)
_SERIES = 10_000

_LINE = (
    b'{"metric":"host_cpu","labels":{"host":"host-%06d.example.org","core":"%d"},"timestamp":0,"value":1}\n'
)


def measure(window: int, series: int = _SERIES) -> tuple[float, float]:
    """Bytes per series, of the bank (which ``worker.max_state_bytes`` limits) and of the process."""
    compile_kernels()
    lines = b"".join(_LINE % (number, number % 8) for number in range(series))
    config = AnomalyDetectionConfig(
        id="c", metric="host_cpu", window_points=window, baseline_period_s=1e9, detectors=LEVELS
    )
    plan = compile_plan([config], SeverityBands())
    process = psutil.Process()
    before = process.memory_info().rss
    pipeline = Pipeline(plan, [("metrics", 1)])
    empty = pipeline.bank.bytes_held
    pipeline.process(records_from_lines(lines, "lines", 0))
    numbers, rng = np.arange(series, dtype=np.int64), np.random.default_rng(1)
    for time in range(1, window):
        step(
            plan,
            pipeline.bank,
            ObservationColumns(
                numbers,
                np.full(series, float(time)),
                rng.normal(100.0, 5.0, series),
                np.ones(series, np.bool_),
                numbers,
                numbers,
            ),
        )
    return (pipeline.bank.bytes_held - empty) / series, (process.memory_info().rss - before) / series


def main() -> int:
    """Print a line per window size."""
    print(f"{'window_points':>14} {'bank, bytes per series':>23} {'process, bytes per series':>26}")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for window in _WINDOWS:
            bank, resident = pool.apply(measure, (window,))
            print(f"{window:>14,} {bank:>22,.0f} {resident:>25,.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
