"""Keeps the configs of a worker up to date with the configs topic."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from mode.utils.logging import get_logger

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.kafka.config_topic import follow_configs, read_configs
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.pipeline.restarts import restarting_fields
from anomaly_stream.registry.changes import config_changes
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings
from anomaly_stream.stream.partitions.config_change import ConfigPosition, InForce
from anomaly_stream.stream.status import StatusReports
from anomaly_stream.stream.worker import StreamWorker

logger = get_logger(__name__)


class ConfigFollower:
    """Reads the configs topic, and passes what is in force to the worker and to its reports.

    Args:
        settings: how to reach Kafka.
        registry: the configs in force at the start.
        metrics: reports the position, and the records that are refused.
    """

    def __init__(self, settings: Settings, registry: Registry, metrics: WorkerMetrics) -> None:
        self._settings = settings
        self._registry = registry
        self._metrics = metrics
        self.in_force = _compiled(registry, settings)
        """What is in force now."""

    async def follow(self, worker: StreamWorker, reports: StatusReports) -> None:
        """Pass on every change, until cancelled."""
        stopped, metrics = threading.Event(), self._metrics
        updates = follow_configs(self._settings, self._registry, stopped)
        metrics.configs_refused.set(len(self._registry.refused))
        reports.configs(self._registry.next_offset, _errors_of(self._registry))
        restarts = partial(restarting_fields, bands=self._settings.severity.bands())
        try:
            while (update := await asyncio.to_thread(next, updates, None)) is not None:
                before, self._registry = self._registry, update.registry
                metrics.config_faults.inc(update.refused)
                metrics.configs_refused.set(len(self._registry.refused))
                self.in_force = self._after(update.registry, changed=update.changed)
                await worker.follow(self.in_force)
                if update.changed:
                    metrics.config_changes.inc()
                    for change in config_changes(before, self._registry, restarts, update.deleted_by):
                        logger.info("%s", change)
                metrics.config_offset.set(update.next_offset)
                reports.configs(update.next_offset, _errors_of(self._registry))
        finally:
            stopped.set()

    def _after(self, registry: Registry, *, changed: bool) -> InForce:
        if changed:
            return _compiled(registry, self._settings)
        return replace(self.in_force, commands=_commands(registry), up_to=_position(registry))

    def past(self, position: ConfigPosition) -> InForce | None:
        """What was in force at a position of the topic; None if it was created again since. Blocks.

        Raises:
            BrokerError: Kafka cannot be reached, or refused.
        """
        generation, offset = position
        registry = read_configs(self._settings, offset)
        return _compiled(registry, self._settings) if registry.generation == generation else None


def _compiled(registry: Registry, settings: Settings) -> InForce:
    bands = settings.severity.bands()
    return InForce(
        compile_plan(registry.configs(), bands),
        compile_groups(registry.groups(), bands),
        _commands(registry),
        _position(registry),
    )


def _commands(registry: Registry) -> tuple[SeriesCommand, ...]:
    return tuple(command for command in registry.commands.values() if command.is_for_rows)


def _position(registry: Registry) -> ConfigPosition:
    return registry.generation, registry.next_offset


def _errors_of(registry: Registry) -> Mapping[str, str]:
    """What is wrong with the newest record of each refused config."""
    return {config_id: f"refused: {error}" for config_id, error in registry.refused.items()}
