"""Compile every kernel before the first record comes: the first run on a machine takes some 20 seconds."""

from anomaly_stream.engine.pipeline import Pipeline
from anomaly_stream.engine.plan import compile_plan
from anomaly_stream.formats.lines import records_from_lines
from anomaly_stream.model import AnomalyDetectionConfig, Publish, SeverityBands

_LINES = b"".join(
    b'{"metric":"m","labels":{"a":"b"},"timestamp":%d,"value":%.17g}\n'
    % (time, 100.0 if time > 35 else time % 7)
    for time in range(48)
)


def compile_kernels() -> None:
    """Run a small input through decode, step and state codec; later calls find compiled code."""
    config = AnomalyDetectionConfig(id="warm-up", metric="m", publish=Publish.ALL, window_points=16)
    plan = compile_plan([config], SeverityBands())
    sources = (("warm-up", 0),)
    pipeline = Pipeline(plan, sources)
    pipeline.process(records_from_lines(_LINES, "warm-up", 0))
    restored = Pipeline(plan, sources)
    stages = pipeline.take_dirty()
    restored.load(sorted((key, value) for stage in stages for key, value in stage if value is not None))
