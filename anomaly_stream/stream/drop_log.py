"""What a worker logs of the records and observations that it drops."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import clock, series_name
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import RecordColumns, Series

logger = get_logger(__name__)

INTERVAL_S = 60.0
"""After the first line of a kind, there is at most one in this many seconds."""


@dataclass(frozen=True, slots=True)
class _Kind:
    level: int
    text: str


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "late": _Kind(logging.WARNING, "Dropped as late, older than the last value of its series"),
        "duplicate": _Kind(logging.INFO, "Dropped as duplicate, same time as the last value of its series"),
        "ahead": _Kind(
            logging.WARNING, "Dropped as ahead, far ahead of its series until further values bear it out"
        ),
        "unmatched": _Kind(logging.INFO, "Unmatched, no config watches its series"),
        "refused": _Kind(logging.WARNING, "Refused, a limit excludes its series"),
        "dead": _Kind(logging.WARNING, "Sent to the dead-letter topic"),
        "group late": _Kind(logging.WARNING, "Dropped as late, the interval of its group is closed"),
        "group ahead": _Kind(
            logging.WARNING, "Dropped as ahead, far ahead of its group until other members bear it out"
        ),
        "group unmatched": _Kind(logging.INFO, "Unmatched, no group in force has this member"),
        "group refused": _Kind(logging.WARNING, "Refused, max_instances of its group excludes its instance"),
        "group incomplete": _Kind(logging.WARNING, "Interval of a group skipped, members were missing"),
    }
)
"""Level and text of the log line of each kind. Each reason of a dead letter is a kind."""


@dataclass(frozen=True, slots=True)
class _Drop:
    """How many of a kind one call reports, and where one of them was."""

    kind: str
    count: int
    example: str
    reason: str = ""


@dataclass(slots=True)
class _Pending:
    """The records dropped of one kind since its last log line."""

    logged_at: float
    count: int = 0
    example: str = ""


class DropLog:
    """Logs the first drop of each kind at once, and from then on how many came, at most once a minute.

    Args:
        now: a monotonic clock, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pending: dict[tuple[str, str], _Pending] = {}

    def report(self, output: Output, records: RecordColumns, series: Sequence[Series]) -> None:
        """Log what was dropped of ``records``; ``series`` are those of the partition by number."""
        now = self._now()
        for drop in _drops(output, records, series):
            pending = self._pending.get((drop.kind, drop.reason))
            if pending is None:
                self._pending[drop.kind, drop.reason] = _Pending(now)
                more = f"; {drop.count - 1:,} more in the same batch" if drop.count > 1 else ""
                logger.log(_KINDS[drop.kind].level, "%s: %s%s", _KINDS[drop.kind].text, drop.example, more)
            else:
                pending.count += drop.count
                pending.example = drop.example
        for (kind, reason), pending in self._pending.items():
            if pending.count and now - pending.logged_at >= INTERVAL_S:
                logger.log(
                    _KINDS[kind].level,
                    "%s: %s more in %.0f s, the last one %s",
                    _KINDS[kind].text,
                    f"{pending.count:,}",
                    now - pending.logged_at,
                    pending.example,
                )
                self._pending[kind, reason] = _Pending(now)


def _drops(output: Output, records: RecordColumns, series: Sequence[Series]) -> Iterator[_Drop]:
    """Everything that was dropped, by kind."""
    reasons = Counter(fault.reason for fault in output.faults)
    for reason, count in reasons.items():
        fault = next(fault for fault in output.faults if fault.reason is reason)
        where = _place(records, fault.record)
        yield _Drop("dead", count, f"{where}, {reason.value}: {fault.detail}", reason.value)
    for name, (row, instance) in output.group_counts.examples.items():
        where = f"{_place(records, row)}, instance {series_name(instance)}"
        yield _Drop(f"group {name}", getattr(output.group_counts, name), where)
    observations, outcome = output.observations, output.outcome
    if observations is None or outcome is None:
        return
    for kind, example in outcome.counts.examples.items():
        count = getattr(outcome.counts, kind)
        where = _place(records, int(observations.record[example]))
        name = series_name(series[int(observations.series[example])])
        at = clock(float(observations.timestamp[example]))
        total = sum(count) if isinstance(count, tuple) else count
        yield _Drop(kind, total, f"{where}, series {name}, time {at}")


def _place(records: RecordColumns, row: int) -> str:
    return f"topic {records.topic}, partition {records.partition}, offset {int(records.offset[row])}"
