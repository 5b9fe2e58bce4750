"""Loads a history: learns it under a config in force, and publishes the baselines for the workers.

The command line and the jobs of the API both come here.
"""

import math
import secrets
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.intake.option_spelling import COMMAND_LINE, OptionSpelling
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.kafka.baselines_topic import publish_baselines
from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.series_command import ranges_left_out
from anomaly_stream.report.history_run import FILE, HistoryRun
from anomaly_stream.report.value_filter import ValueFilter
from anomaly_stream.settings import Settings


class NoSuchConfigError(AnomalyStreamError):
    """No config with this id is in force. The message names those that are: it is for operators only."""

    def __init__(self, config_id: str, registry: Registry) -> None:
        known = did_you_mean(config_id, registry.records) if len(registry) else ": none is"
        super().__init__(f"no config {config_id!r} is in force{known}")
        self.config_id = config_id


class LoadProgress(NamedTuple):
    """How far a load has come."""

    observations: int
    series: int
    faulty: int
    """Lines that hold no observation."""


class LoadResult(NamedTuple):
    """What a load published."""

    load_id: str
    baselines: int
    observations: int
    statuses: dict[str, int]
    """Observations by what became of them, as ``anomaly-stream score`` counts them."""
    faulty: int
    faults: list[str]
    """The first lines that hold no observation, and why."""
    warnings: list[str]
    config_version: int


def config_to_load(settings: Settings, config_id: str) -> AnomalyDetectionConfig:
    """The config in force with this id.

    Raises:
        NoSuchConfigError: there is none.
        AnomalyStreamError: it is the config of a group.
        BrokerError: Kafka cannot be reached, or refused.
    """
    return config_in(read_configs(settings), config_id)


def config_in(registry: Registry, config_id: str) -> AnomalyDetectionConfig:
    """The config of single series with this id. Raises AnomalyStreamError."""
    record = registry.records.get(config_id)
    if record is None:
        raise NoSuchConfigError(config_id, registry)
    if not isinstance(record.config, AnomalyDetectionConfig):
        raise AnomalyStreamError(
            f"config {config_id!r} is a group: a history can be loaded for configs of single series only"
        )
    return record.config


def load_history(
    settings: Settings,
    config: AnomalyDetectionConfig,
    blocks: Iterable[InputBlock],
    formats: Mapping[str, str] = MappingProxyType({FILE: DEFAULT_FORMAT}),
    load_id: bytes | None = None,
    on_progress: Callable[[LoadProgress], None] = lambda progress: None,
    spelling: OptionSpelling = COMMAND_LINE,
) -> LoadResult:
    """Learn ``blocks`` under ``config``, and publish the baselines. Messages name options by ``spelling``.

    The baselines become visible together at the end: a load that fails or dies before has no effect.

    Raises:
        AnomalyStreamError: the history gives no baseline, or the config changed its shape meanwhile.
        BrokerError: Kafka cannot be reached, or refused.
    """
    ranges = ranges_left_out(read_configs(settings).commands.values(), config.id)
    values = ValueFilter(ranges)
    run = new_run(settings, config, formats, values)
    for block in blocks:
        run.learn(block)
        on_progress(LoadProgress(run.tally.observations, run.series, run.faulty))
    warnings = [*run.warnings(spelling), *values.warnings()]
    if not run.series:
        reasons = "; ".join([*(str(fault) for fault in run.faults[:1]), *warnings])
        raise AnomalyStreamError(f"the history gives no baseline for config {config.id!r}: {reasons}")
    newest = unchanged(settings, config.id, run)
    key = secrets.token_bytes(16) if load_id is None else load_id
    return LoadResult(
        load_id=key.hex(),
        baselines=publish_baselines(settings, config.id, run.baselines(key)),
        observations=run.tally.observations,
        statuses=dict(run.tally.statuses),
        faulty=run.faulty,
        faults=[str(fault) for fault in run.faults],
        warnings=warnings,
        config_version=newest.version,
    )


def new_run(
    settings: Settings,
    config: AnomalyDetectionConfig,
    formats: Mapping[str, str],
    values: ValueFilter,
    max_ahead_s: float = math.inf,
) -> HistoryRun:
    """A run of ``config`` within the limits of a worker."""
    budget = Budget(settings.worker.max_series, settings.worker.max_state_bytes)
    return HistoryRun(config, settings.severity.bands(), formats, budget, values, max_ahead_s)


def unchanged(settings: Settings, config_id: str, run: HistoryRun) -> AnomalyDetectionConfig:
    """The config in force, whose baselines still have the shape of those that ``run`` learned.

    Raises:
        AnomalyStreamError: they have not.
        BrokerError: Kafka cannot be reached, or refused.
    """
    newest = config_to_load(settings, config_id)
    if compile_plan([newest], settings.severity.bands()).shape(0) != run.shape():
        raise AnomalyStreamError(
            f"config {config_id!r} was changed meanwhile, and its baselines restart: load the history again"
        )
    return newest
