"""Configs compiled to arrays, and which of them match a series."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from anomaly_stream.baselines import REGISTRY as BASELINES
from anomaly_stream.detectors import REGISTRY as DETECTORS
from anomaly_stream.engine.layout import (
    CONFIG,
    PUBLISH_ALL,
    PUBLISH_ANOMALIES,
    PUBLISH_NONE,
    Bands,
    Records,
)
from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.kernels.blocks import SIZES
from anomaly_stream.model import AnomalyDetectionConfig, Direction, Publish, Series, SeverityBands
from anomaly_stream.registry.matching import matches

LEAST_POINTS = 8
"""The smallest capacity of a window."""

_DIRECTIONS = {Direction.ABOVE: 1, Direction.BELOW: -1, Direction.BOTH: 0}
_PUBLISH = {
    Publish.NONE: PUBLISH_NONE,
    Publish.ANOMALIES: PUBLISH_ANOMALIES,
    Publish.ALL: PUBLISH_ALL,
}
_NUMBERS = {detector.name: detector.number for detector in DETECTORS}
_MARGIN = 1e-9


@dataclass(frozen=True)
class Plan:
    """What the engine's kernels need to know of the configs. Made by ``compile_plan``."""

    configs: tuple[AnomalyDetectionConfig, ...]
    """By id; ``Outcome.config`` counts in them."""
    records: Records
    """The same, compiled: records of ``layout.CONFIG``."""
    bands: Bands
    _by_metric: dict[str, tuple[tuple[int, bool], ...]] = field(default_factory=dict, repr=False)

    def match(self, series: Series) -> tuple[int, ...]:
        """Numbers of the configs that watch ``series``, in order."""
        candidates = self._by_metric.get(series.metric)
        if candidates is None:
            candidates = self._candidates(series)
            self._by_metric[series.metric] = candidates
        return tuple(
            number for number, always in candidates if always or matches(self.configs[number], series)
        )

    def shape(self, number: int) -> tuple[float, int, str]:
        """What a config's windows depend on: period in seconds, capacity, seasonality.

        Where one of these changes, the baselines restart; all else applies to the windows as they stand.
        """
        config = self.configs[number]
        return config.baseline_period_s, config.window_points, config.seasonality

    @property
    def publishes_all(self) -> bool:
        """True where some config wants every verdict."""
        return bool((self.records["publish"] == PUBLISH_ALL).any())

    def _candidates(self, series: Series) -> tuple[tuple[int, bool], ...]:
        """Configs whose metric fits that of ``series``; True beside those that ask nothing of its labels."""
        return tuple(
            (number, not config.matchers)
            for number, config in enumerate(self.configs)
            if matches(msgspec.structs.replace(config, matchers=()), series)
        )


def compile_plan(configs: Sequence[AnomalyDetectionConfig], bands: SeverityBands) -> Plan:
    """The plan for ``configs`` (validated ones, each id once).

    Raises:
        ConfigError: a config that the engine cannot run: unknown names, a window out of range, a
            repeated id.
    """
    ordered = tuple(sorted(configs, key=lambda config: config.id))
    faults = [fault for config in ordered for fault in _faults(config)]
    ids = [config.id for config in ordered]
    faults += [
        FieldFault(f"{name}.id", "is given more than once")
        for name in sorted(set(ids))
        if ids.count(name) > 1
    ]
    if faults:
        raise ConfigError(tuple(faults))
    records = np.zeros(len(ordered), dtype=CONFIG)
    for number, config in enumerate(ordered):
        _compile_into(records[number], config)
    return Plan(
        ordered,
        records,
        Bands(bands.moderate, bands.severe, bands.severe_effect, bands.escalate_after),
    )


def _faults(config: AnomalyDetectionConfig) -> list[FieldFault]:
    faults = [
        FieldFault(f"{config.id}.detectors", f"there is no detector {name!r}")
        for name in config.detectors
        if name not in _NUMBERS
    ]
    if not config.detectors:
        faults.append(FieldFault(f"{config.id}.detectors", "name at least one"))
    if config.seasonality not in BASELINES:
        faults.append(FieldFault(f"{config.id}.seasonality", f"there is no {config.seasonality!r}"))
    if not LEAST_POINTS <= config.window_points <= SIZES[-1]:
        faults.append(FieldFault(f"{config.id}.window_points", f"must be {LEAST_POINTS} to {SIZES[-1]}"))
    return faults


def _compile_into(record: np.void, config: AnomalyDetectionConfig) -> None:
    direction = _DIRECTIONS[config.direction]
    record["period"] = config.baseline_period_s
    record["sensitivity"] = config.sensitivity_score
    record["alert_score"] = config.alert_score
    record["min_deviation"] = config.min_deviation
    record["min_deviation_relative"] = config.min_deviation_relative
    share = 10.0 ** (-config.sensitivity_score / 10.0) / (2.0 if direction == 0 else 1.0)
    record["common"] = share * (1.0 + _MARGIN)
    record["capacity"] = config.window_points
    record["min_observations"] = max(2, min(config.min_observations, config.window_points // 2))
    record["relearn_after"] = config.relearn_after
    record["resolve_after"] = config.resolve_after
    record["detectors"] = sum(1 << _NUMBERS[name] for name in set(config.detectors))
    record["direction"] = direction
    record["publish"] = _PUBLISH[config.publish]
