"""What is logged and counted of the series commands that the partitions of a worker obey."""

from collections.abc import Collection, Mapping

from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import series_name
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.partitions.partition import Partition

logger = get_logger(__name__)


class SeriesCommands:
    """Accounts for the commands that are new: obeyed, or without a row here."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        self._metrics = metrics
        self._in_force: Collection[SeriesCommand] = ()
        self._awaited: set[SeriesCommand] = set()

    def expect(self, commands: Collection[SeriesCommand]) -> None:
        """These are in force now. Those that are new are awaited: ``report`` accounts for them."""
        self._awaited |= set(commands) - set(self._in_force)
        self._in_force = commands

    def report(self, partitions: Mapping[int, Partition]) -> None:
        """Log and count the commands that rows obeyed, and the awaited ones that no row has obeyed.

        While they have not taken effect in a partition, they stay awaited. What rows obeyed before this
        process had it was reported then.
        """
        for number, partition in partitions.items():
            commands = partition.pipeline.commands
            self._awaited -= commands.obeyed_before
            for command in commands.take_obeyed():
                self._awaited.discard(command)
                self._metrics.series_commands.labels("obeyed").inc()
                logger.info(
                    "Partition %d: %s of %s under config %s, by %s",
                    number, command.kind, series_name(command.series), command.config_id, command.author,
                )  # fmt: skip
        if any(partition.configs.is_waiting for partition in partitions.values()):
            return
        for command in sorted(self._awaited, key=lambda command: command.position):
            self._metrics.series_commands.labels("no_row").inc()
            logger.info(
                "No row here for the %s of %s under config %s: another worker holds its series, it has sent "
                "nothing yet, or its name or labels are wrong",
                command.kind, series_name(command.series), command.config_id,
            )  # fmt: skip
        self._awaited.clear()
