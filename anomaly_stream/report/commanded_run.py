"""Records judged again, with the series commands that were given meanwhile."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

import numpy as np

from anomaly_stream.model import RecordColumns
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.verdicts import Verdicts


class CommandedRun:
    """Judges runs of records, and has the rows obey each command before the first record that is not earlier.

    A worker obeys within about a second. So the place is the right one, unless values of the series arrived
    within that second. Times are those of Kafka.

    Args:
        run: where rows obey.
        judge: the method of ``run`` for these records.
        commands: those of the series.
    """

    def __init__(
        self,
        run: OfflineRun,
        judge: Callable[[RecordColumns], Verdicts],
        commands: Iterable[SeriesCommand],
    ) -> None:
        self._run, self._judge = run, judge
        self._waiting = sorted(commands, key=attrgetter("issued_at_ms"))
        self._given: list[SeriesCommand] = []

    def judge(self, records: RecordColumns) -> Iterator[Verdicts]:
        """The verdicts of the next run of records. Each must be read before the next."""
        first = 0
        while self._waiting:
            later = np.flatnonzero(records.timestamp_ms[first:] >= self._waiting[0].issued_at_ms)
            if not len(later):
                break
            at = first + int(later[0])
            if at > first:
                yield self._judge(records.slice(first, at))
            self._given.append(self._waiting.pop(0))
            self._run.obey(self._given)
            first = at
        yield self._judge(records.slice(first, len(records)))
