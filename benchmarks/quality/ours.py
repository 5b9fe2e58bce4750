"""Our detector for the benchmarks: the engine of the worker and of ``anomaly-stream score``."""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.cli.config_files import parse_files
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.engine.step import step
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import (
    AnomalyDetectionConfig,
    ObservationColumns,
    Outcome,
    Publish,
    Series,
    Transition,
)
from anomaly_stream.registry.parsing import Config, parse_config
from anomaly_stream.settings import Settings
from benchmarks.quality.series import Detector

_METRIC = "series"
_BATCH = 10_000
RARITY = "rarity"
"""The column -10 log10(p), with p the smallest probability that a detector gives; 0 if none gives one."""


def shipped_config() -> AnomalyDetectionConfig:
    """Every benchmark measures this default: a config that names only a metric."""
    return _of_one_metric(parse_config({"metric": "*"}, config_context(Settings())))


def read_config(path: Path) -> AnomalyDetectionConfig:
    """The config of a file, applied to any metric.

    Raises:
        ConfigError: it has faults.
        ValueError: the file holds several.
    """
    parsed = parse_files([path], config_context(Settings()))
    if len(parsed) != 1:
        raise ValueError(f"{path}: holds {len(parsed)} configs; a benchmark takes one")
    return msgspec.structs.replace(_of_one_metric(parsed[0][1].config), metric="*", matchers=())


def _of_one_metric(config: Config) -> AnomalyDetectionConfig:
    if not isinstance(config, AnomalyDetectionConfig):
        raise ValueError(f"{config.id} is a group; this benchmark scores single metrics")
    return config


def engine_detector(
    config: AnomalyDetectionConfig, column: str = "alert_score", publish: Publish = Publish.ALL
) -> Detector:
    """The engine under ``config``: a row's score is its ``column``; it has an alert if one fires at it.

    ``column`` is one of the outcome, or ``RARITY``. Each series has its own bank, as if it were a file for
    ``anomaly-stream score``. Rows that the engine does
    not score or does not ``publish`` have the score 0: during learning, if the value is missing, if the row
    is late or a duplicate.
    """
    plan = compile_plan([msgspec.structs.replace(config, publish=publish)], Settings().severity.bands())

    def detect(
        times: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
        rows = np.flatnonzero(np.isfinite(values))
        bank = Bank(plan)
        bank.admit([Series.of(_METRIC)])
        scores, alerts = np.zeros(len(values)), np.zeros(len(values), np.bool_)
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            numbers, taught = np.zeros(len(part), np.int64), np.zeros(len(part), np.bool_)
            columns = ObservationColumns(numbers, times[part], values[part], taught, numbers, start + part)
            outcome = step(plan, bank, columns)
            row = part[outcome.observation]
            scores[row] = np.nan_to_num(_column(outcome, column), nan=0.0)
            alerts[row] = outcome.transition == Transition.FIRING
        return scores, alerts

    return detect


def _column(outcome: Outcome, name: str) -> NDArray[np.float64]:
    if name != RARITY:
        found: NDArray[np.float64] = getattr(outcome, name)
        return found
    p = np.fmin.reduce(outcome.detector_p, axis=1)
    rarity: NDArray[np.float64] = -10.0 * np.log10(np.maximum(p, 1e-300))
    return rarity
