"""Run every kernel once, so that none is compiled while records wait."""

import msgspec

from anomaly_stream.detectors.registry import REGISTRY
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_from_lines, records_of
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import AnomalyDetectionConfig, Publish, SeverityBands
from anomaly_stream.model.group import GroupConfig, GroupMember
from anomaly_stream.pipeline.pipeline import Pipeline

_SOURCES = (("warm-up", 0),)
_LINES = b"".join(
    b'{"metric":"m","labels":{"a":"b"},"timestamp":%d,"value":%.17g}\n'
    % (time, 100.0 if time > 35 else time % 7)
    for time in range(48)
)
_LIGHT = AnomalyDetectionConfig(
    id="light",
    metric="m",
    publish=Publish.ALL,
    window_points=16,
    detectors=("zscore", "modified_zscore", "iqr"),
)
_MODEL = msgspec.structs.replace(
    _LIGHT,
    id="model",
    detectors=(next(detector.name for detector in REGISTRY if detector.kind == "model"),),
)
_MEMBERS = (GroupMember(name="a", metric="m"), GroupMember(name="b", metric="m"))
_GROUP = GroupConfig(id="warm-up", members=_MEMBERS, interval_s=1.0)

# Rows with a detector state, and groups, have kernels of their own.
_PARTS: tuple[tuple[list[AnomalyDetectionConfig], list[GroupConfig]], ...] = (
    ([_LIGHT], []),
    ([_LIGHT, _MODEL], []),
    ([], [_GROUP]),
)


def compile_kernels(from_the_end: bool = False) -> None:
    """Run small inputs through decode, step, groups and state codec; later calls find compiled code.

    Two processes on one cache, one of them ``from_the_end``, share the work.
    """
    for configs, groups in reversed(_PARTS) if from_the_end else _PARTS:
        _run(configs, groups)


def _run(configs: list[AnomalyDetectionConfig], group_configs: list[GroupConfig]) -> None:
    plan = compile_plan(configs, SeverityBands())
    groups = compile_groups(group_configs, SeverityBands())
    pipeline = Pipeline(plan, _SOURCES, groups=groups)
    output = pipeline.process(records_from_lines(_LINES, "warm-up", 0))
    pipeline.process_groups(records_of([(sent.key, sent.value) for sent in output.members], "groups", 0))
    restored = Pipeline(plan, _SOURCES, groups=groups)
    stages = pipeline.take_dirty()
    restored.load(sorted((key, value) for stage in stages for key, value in stage if value is not None))
