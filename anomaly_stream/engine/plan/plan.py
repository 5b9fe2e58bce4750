"""Configs compiled to arrays, and which of them match a series."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.seasonality import Seasons, compile_seasons, season_faults
from anomaly_stream.detectors.registry import KINDS, Detector
from anomaly_stream.detectors.registry import REGISTRY as DETECTORS
from anomaly_stream.engine.plan.dtypes import CONFIG, PUBLISH_ALL, PUBLISH_ANOMALIES, PUBLISH_NONE, Bands
from anomaly_stream.engine.plan.state_layout import layout_of, slot_words
from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.kernels.blocks import SIZES
from anomaly_stream.model import AnomalyDetectionConfig, Direction, Publish, Series, SeverityBands
from anomaly_stream.registry.incompatibilities import misfits
from anomaly_stream.registry.matching import matches

LEAST_POINTS = 8
"""The smallest capacity of a window."""

_DIRECTIONS = {Direction.ABOVE: 1, Direction.BELOW: -1, Direction.BOTH: 0}
_PUBLISH = {
    Publish.NONE: PUBLISH_NONE,
    Publish.ANOMALIES: PUBLISH_ANOMALIES,
    Publish.ALL: PUBLISH_ALL,
}
_BY_NAME = {detector.name: detector for detector in DETECTORS}
_MARGIN = 1e-9


@dataclass(frozen=True)
class Plan:
    """What the engine's kernels need to know of the configs. Made by ``compile_plan``."""

    configs: tuple[AnomalyDetectionConfig, ...]
    """By id; ``Outcome.config`` counts in them."""
    records: Records
    """The same, compiled: records of ``layout.CONFIG``."""
    seasons: Seasons
    """By config: how its values are adjusted."""
    slot_words: NDArray[np.int64]
    """By config: words of a row's slot in the state arena."""
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

    def shape(self, number: int) -> tuple[float, int, int]:
        """What a config's rows depend on: period in seconds, capacity, the layout of their detector state.

        Where one of these changes, the baselines restart; all else applies to the rows as they stand.
        """
        record = self.records[number]
        return float(record["period"]), int(record["capacity"]), int(record["state_digest"])

    @property
    def has_detector_state(self) -> bool:
        """Whether rows of any config have detector state."""
        return bool((self.records["state_words"] > 0).any())

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
    seasons = compile_seasons(ordered)
    for number, record in enumerate(records):
        _compile_into(record, ordered[number])
        _compile_detectors_into(record, ordered[number], int(seasons.records[number]["words"]))
    return Plan(
        ordered,
        records,
        seasons,
        np.array([slot_words(int(words)) for words in records["state_words"]], np.int64),
        Bands(bands.moderate, bands.severe, bands.severe_effect, bands.escalate_after),
    )


def _faults(config: AnomalyDetectionConfig) -> list[FieldFault]:
    faults = [
        FieldFault(f"{config.id}.detectors", f"there is no detector {name!r}")
        for name in config.detectors
        if name not in _BY_NAME
    ]
    if not faults:
        faults += [
            FieldFault(f"{config.id}.detectors", message) for message in misfits(config.detectors, KINDS)
        ]
    faults += [FieldFault(f"{config.id}.{name}", message) for name, message in season_faults(config)]
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
    record["direction"] = direction
    record["publish"] = _PUBLISH[config.publish]


def _compile_detectors_into(record: np.void, config: AnomalyDetectionConfig, season_words: int) -> None:
    """Who is asked what, and where in a row's detector state each has its part."""
    used = [_BY_NAME[name] for name in set(config.detectors)]
    levels = [one for one in used if one.kind == "level"]
    patterns = [one for one in used if one.kind == "pattern"]
    record["detectors"] = _bits(used)
    record["levels"] = _bits(levels)
    record["patterns"] = _bits(patterns)
    record["stateful"] = _bits([one for one in used if one.words != 0])
    record["sideless"] = _bits([one for one in used if not one.sided])
    record["unadjusted"] = _bits([one for one in used if one.unadjusted])
    record["calibrator"] = _number(used, "calibrator")
    record["model"] = _number(used, "model")
    record["correction"] = 10.0 * math.log10(max(1, len(patterns) + bool(levels)))
    layout = layout_of(config, season_words)
    record["state_words"], record["state_digest"] = layout.words, layout.digest
    record["counter_at"], record["counter_words"] = layout.counter
    record["season_at"], record["season_words"] = layout.season
    record["detector_at"] = [start for start, _ in layout.detectors]
    record["detector_words"] = [words for _, words in layout.detectors]
    if record["model"] >= 0:  # it has no window
        record["capacity"] = LEAST_POINTS


def _bits(detectors: Sequence[Detector]) -> int:
    return sum(1 << one.number for one in detectors)


def _number(detectors: Sequence[Detector], kind: str) -> int:
    """The number of the one of this kind, -1 if there is none."""
    return next((one.number for one in detectors if one.kind == kind), -1)
