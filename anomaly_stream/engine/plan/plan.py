"""Configs compiled to arrays, and matched to series."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.decision import PUBLISH_ALL, PUBLISH_CODES, Bands, bands_of
from anomaly_stream.alerts.rules import compile_rules
from anomaly_stream.baselines.seasonality import Seasons, compile_seasons, season_faults
from anomaly_stream.detectors.registry import KINDS, Detector
from anomaly_stream.detectors.registry import REGISTRY as DETECTORS
from anomaly_stream.engine.plan.dtypes import CONFIG
from anomaly_stream.engine.plan.maintenance import Maintenance
from anomaly_stream.engine.plan.state_layout import layout_of, segment_words
from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.kernels.arrays import Bools, Floats, Records
from anomaly_stream.kernels.blocks import SIZES
from anomaly_stream.model import AnomalyDetectionConfig, Direction, Series, SeverityBands
from anomaly_stream.registry.incompatibilities import incompatibilities
from anomaly_stream.registry.matching import matches

LEAST_POINTS = 8
"""A window has at least this capacity."""

_DIRECTIONS = {Direction.ABOVE: 1, Direction.BELOW: -1, Direction.BOTH: 0}
_BY_NAME = {detector.name: detector for detector in DETECTORS}
_MARGIN = 1e-9


@dataclass(frozen=True)
class Plan:
    """The configs as the engine's kernels need them; ``compile_plan`` makes one."""

    configs: tuple[AnomalyDetectionConfig, ...]
    """Sorted by id; ``Outcome.config`` is an index into them."""
    compiled: Records
    """The same configs for kernels: an array of dtype ``dtypes.CONFIG``."""
    seasons: Seasons
    """By config, the seasonal adjustment of its values."""
    segment_words: NDArray[np.int64]
    """By config, the words of a row's segment in the state arena."""
    bands: Bands
    maintenance: tuple[Maintenance, ...] = ()
    """Of the configs that have some; ``compiled["kept_out"]`` is an index into them."""
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
        """The properties that a config's rows depend on: period in seconds, capacity, layout of their state.

        If one of them changes, the baselines restart. All other changes apply to existing rows.
        """
        record = self.compiled[number]
        return float(record["period"]), int(record["capacity"]), int(record["state_digest"])

    @property
    def has_detector_state(self) -> bool:
        """Whether rows of any config have detector state."""
        return bool((self.compiled["state_words"] > 0).any())

    @property
    def publishes_all(self) -> bool:
        """Whether any config publishes every verdict."""
        return bool((self.compiled["publish"] == PUBLISH_ALL).any())

    def kept_out(self, times: Floats) -> Bools:
        """(times, configs with maintenance): whether a value at this event time is scored and not learned."""
        found = np.zeros((len(times), len(self.maintenance)), np.bool_)
        for number, one in enumerate(self.maintenance):
            found[:, number] = one.covers(times)
        return found

    def _candidates(self, series: Series) -> tuple[tuple[int, bool], ...]:
        """Configs that match the metric of ``series``, each with True if it has no label matchers."""
        return tuple(
            (number, not config.matchers)
            for number, config in enumerate(self.configs)
            if matches(msgspec.structs.replace(config, matchers=()), series)
        )


def compile_plan(configs: Sequence[AnomalyDetectionConfig], bands: SeverityBands) -> Plan:
    """The plan for validated configs.

    Raises:
        ConfigError: the engine cannot run a config: an unknown name, a window out of range, a repeated id.
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
    compiled = np.zeros(len(ordered), dtype=CONFIG)
    seasons = compile_seasons(ordered)
    for number, record in enumerate(compiled):
        _compile_into(record, ordered[number])
        _compile_detectors_into(record, ordered[number], int(seasons.compiled[number]["words"]))
    maintained = [number for number, config in enumerate(ordered) if config.maintenance]
    compiled["kept_out"] = -1
    compiled["kept_out"][maintained] = np.arange(len(maintained))
    return Plan(
        ordered,
        compiled,
        seasons,
        np.array([segment_words(int(words)) for words in compiled["state_words"]], np.int64),
        bands_of(bands),
        tuple(Maintenance(ordered[number]) for number in maintained),
    )


def _faults(config: AnomalyDetectionConfig) -> list[FieldFault]:
    faults = [
        FieldFault(f"{config.id}.detectors", f"there is no detector {name!r}")
        for name in config.detectors
        if name not in _BY_NAME
    ]
    if not faults:
        faults += [
            FieldFault(f"{config.id}.detectors", message)
            for message in incompatibilities(config.detectors, KINDS)
        ]
    faults += [FieldFault(f"{config.id}.{name}", message) for name, message in season_faults(config)]
    if not LEAST_POINTS <= config.window_points <= SIZES[-1]:
        faults.append(FieldFault(f"{config.id}.window_points", f"must be {LEAST_POINTS} to {SIZES[-1]}"))
    return faults


def _compile_into(record: np.void, config: AnomalyDetectionConfig) -> None:
    direction = _DIRECTIONS[config.direction]
    record["period"] = config.baseline_period_s
    record["sensitivity"] = config.sensitivity_score
    compile_rules(record, config, config.sensitivity_score - config.hysteresis)
    record["rate_by_own_step"] = config.rate_by_own_step
    record["min_deviation"] = config.min_deviation
    record["min_deviation_relative"] = config.min_deviation_relative
    share = 10.0 ** (-config.sensitivity_score / 10.0) / (2.0 if direction == 0 else 1.0)
    record["common"] = share * (1.0 + _MARGIN)
    record["capacity"] = config.window_points
    record["min_observations"] = max(2, min(config.min_observations, config.window_points // 2))
    record["relearn_after"] = config.relearn_after
    record["direction"] = direction
    record["publish"] = PUBLISH_CODES[config.publish]


def _compile_detectors_into(record: np.void, config: AnomalyDetectionConfig, season_words: int) -> None:
    """The detectors by kind, and the place of each in a row's detector state."""
    used = [_BY_NAME[name] for name in set(config.detectors)]
    points = [one for one in used if one.kind == "point"]
    patterns = [one for one in used if one.kind == "pattern"]
    record["detectors"] = _bits(used)
    record["point_detectors"] = _bits(points)
    record["patterns"] = _bits(patterns)
    record["stateful"] = _bits([one for one in used if one.words != 0])
    record["sideless"] = _bits([one for one in used if not one.sided])
    record["unadjusted"] = _bits([one for one in used if one.unadjusted])
    record["calibrator"] = _number(used, "calibrator")
    record["model"] = _number(used, "model")
    record["correction"] = 10.0 * math.log10(max(1, len(patterns) + bool(points)))
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
    """The number of the detector of this kind, or -1."""
    return next((one.number for one in detectors if one.kind == kind), -1)
