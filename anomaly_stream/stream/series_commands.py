"""The series commands in force, given to the partitions of a worker, and what is logged of them."""

from collections.abc import Collection, Iterable, Mapping

from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import series_name
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.partitions.partition import Partition

logger = get_logger(__name__)


class SeriesCommands:
    """Gives every partition all commands in force; the rows of each obey those that are new to them."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        self._metrics = metrics
        self._in_force: Collection[SeriesCommand] = ()
        self._awaited: set[SeriesCommand] = set()

    def replace(self, commands: Collection[SeriesCommand], partitions: Iterable[Partition]) -> None:
        """Put ``commands`` in force. Those that are new are awaited: the next ``report`` accounts for
        them. Commands that are not for rows have no effect."""
        for_rows = [command for command in commands if command.is_for_rows]
        self._awaited |= set(for_rows) - set(self._in_force)
        self._in_force = for_rows
        for partition in partitions:
            self.give(partition)

    def give(self, partition: Partition) -> None:
        """Give a partition the commands in force."""
        partition.pipeline.commands.put(self._in_force)

    def report(self, partitions: Mapping[int, Partition]) -> None:
        """Log and count the commands that rows obeyed, and the awaited ones that no row has obeyed."""
        for number, partition in partitions.items():
            for command in partition.pipeline.commands.take_obeyed():
                self._awaited.discard(command)
                self._metrics.series_commands.labels("obeyed").inc()
                logger.info(
                    "Partition %d: %s of %s under config %s, by %s",
                    number, command.kind, series_name(command.series), command.config_id, command.author,
                )  # fmt: skip
        for command in sorted(self._awaited, key=lambda command: command.position):
            self._metrics.series_commands.labels("no_row").inc()
            logger.info(
                "No row here for the %s of %s under config %s: another worker holds its series, it has sent "
                "nothing yet, or its name or labels are wrong",
                command.kind, series_name(command.series), command.config_id,
            )  # fmt: skip
        self._awaited.clear()
