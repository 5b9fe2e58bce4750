"""Which fields of a changed config restart its baselines: for an answer before the change, and for the log.

The plan decides: baselines restart if the shape of their config changes (``Plan.shape``, and
``CompiledGroup.shape`` of a group). This module only finds the fields that are the cause.
"""

from collections.abc import Callable, Hashable
from functools import partial

import msgspec

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.errors import ConfigError
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import AnomalyDetectionConfig, SeverityBands
from anomaly_stream.registry.parsing import Config

_WRITTEN_AS = {
    "baseline_period_s": "baseline_period",
    "matchers": "match",
    "interval_s": "interval",
    "lateness_s": "lateness",
    "tolerance_s": "tolerance",
    "series_ttl_s": "series_ttl",
    "no_data_s": "no_data",
    "no_data_steps": "no_data",
    "sensitivity_score": "sensitivity",
    "alert_score": "alert_threshold",
    "min_deviation_relative": "min_deviation",
}


def restarting_fields(before: Config, after: Config, bands: SeverityBands) -> tuple[str, ...]:
    """The fields of ``after``, as users write them, whose change restarts baselines; empty if none does.

    A field is a cause if its change alone restarts baselines, or if they would not restart without it.
    """
    if type(before) is not type(after):
        return ("members",)
    shape = partial(_shape, bands=bands)
    if shape(before) == shape(after):
        return ()
    changed = [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)]
    causes = [
        name
        for name in changed
        if _differs(_with(before, after, name), shape(before), shape)
        or _differs(_with(after, before, name), shape(after), shape)
    ]
    return tuple(sorted({_WRITTEN_AS.get(name, name) for name in causes or changed}))


def _shape(config: Config, bands: SeverityBands) -> Hashable:
    if isinstance(config, AnomalyDetectionConfig):
        return compile_plan([config], bands).shape(0)
    return compile_groups([config], bands).compiled[0].shape


def _with(config: Config, other: Config, name: str) -> Config:
    return msgspec.structs.replace(config, **{name: getattr(other, name)})


def _differs(config: Config, expected: Hashable, shape: Callable[[Config], Hashable]) -> bool:
    """Whether the shape of ``config`` is another one; a combination that is invalid says nothing."""
    try:
        return shape(config) != expected
    except ConfigError:
        return False
