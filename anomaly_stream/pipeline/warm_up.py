"""Compiles every kernel before the first record arrives. On a new machine this takes a while."""

import msgspec

from anomaly_stream.detectors.registry import REGISTRY
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_from_lines, records_of
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import AnomalyDetectionConfig, Publish, SeverityBands
from anomaly_stream.model.group import GroupConfig, GroupMember
from anomaly_stream.pipeline.pipeline import Pipeline

_LINES = b"".join(
    b'{"metric":"m","labels":{"a":"b"},"timestamp":%d,"value":%.17g}\n'
    % (time, 100.0 if time > 35 else time % 7)
    for time in range(48)
)
_MODEL = next(detector.name for detector in REGISTRY if detector.kind == "model")


def compile_kernels() -> None:
    """Run a small input through decode, step, groups and state records. Later calls find compiled code."""
    light = AnomalyDetectionConfig(
        id="light",
        metric="m",
        publish=Publish.ALL,
        window_points=16,
        detectors=("zscore", "modified_zscore", "iqr"),
    )
    stateful = msgspec.structs.replace(light, id="stateful", detectors=(_MODEL,))
    members = (GroupMember(name="a", metric="m"), GroupMember(name="b", metric="m"))
    groups = compile_groups([GroupConfig(id="warm-up", members=members, interval_s=1.0)], SeverityBands())
    sources = (("warm-up", 0),)
    for configs in ([light], [light, stateful]):  # rows with detector state have their own kernels
        plan = compile_plan(configs, SeverityBands())
        pipeline = Pipeline(plan, sources, groups=groups)
        output = pipeline.process(records_from_lines(_LINES, "warm-up", 0))
        pipeline.process_groups(records_of([(sent.key, sent.value) for sent in output.members], "groups", 0))
        restored = Pipeline(plan, sources, groups=groups)
        stages = pipeline.take_dirty()
        restored.load(sorted((key, value) for stage in stages for key, value in stage if value is not None))
