"""A worker's reports to the status topic: what it holds, and which metrics it sees.

A report is about one partition and has its number as the key. So the next owner of a partition replaces the
report, and the number of keys is bounded. A partition that has no owner is recognised by the age of its
report. Reports describe the state and decide nothing: a report that cannot be sent is logged and left out.
"""

import asyncio
import os
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec
from mode.utils.logging import get_logger

from anomaly_stream.formats.status import bounded, encode_status
from anomaly_stream.model.status import SCHEMA_VERSION, ConfigActivity, PartitionStatus
from anomaly_stream.pipeline.config_counts import learning_rows, promise, refused_rows
from anomaly_stream.registry.promised_alerts import group_alerts_per_week
from anomaly_stream.stream.partitions.partition import Partition

logger = get_logger(__name__)

_REPEATED_AFTER = 6
"""A report without a change is repeated after this many intervals."""
_EXPIRES_AFTER = 3 * _REPEATED_AFTER
"""A report that is not repeated expires after this many intervals."""


class StatusReports:
    """Reports on the partitions held, at regular intervals.

    Args:
        held: the partitions held now, by number.
        send: publishes key and value on the status topic.
        interval_s: seconds between two reports.
    """

    def __init__(
        self,
        held: Callable[[], Mapping[int, Partition]],
        send: Callable[[bytes, bytes], Awaitable[object]],
        interval_s: float,
    ) -> None:
        self._held = held
        self._send = send
        self._interval_s = interval_s
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._config_offset = 0
        self._errors: Mapping[str, str] = {}
        self._sent: dict[int, tuple[Partition, float, PartitionStatus]] = {}
        self._failing = False

    def configs(self, offset: int, errors: Mapping[str, str]) -> None:
        """Report these from now on: how far the configs topic is applied, and errors by config id."""
        self._config_offset = offset
        self._errors = errors

    async def run(self) -> None:
        """Report until cancelled: a task of the event loop."""
        advanced = time.monotonic()
        while True:
            await asyncio.sleep(self._interval_s)
            now = time.monotonic()
            for partition in list(self._held().values()):
                partition.seen.advance(now - advanced)
                await self._report(partition)
            advanced = now

    async def _report(self, partition: Partition) -> None:
        now_s = time.time()
        partition.events.advance(now_s)
        status = self._status(partition, now_s)
        holder, sent_s, sent = self._sent.get(partition.number, (None, 0.0, None))
        is_recent = now_s - sent_s < _REPEATED_AFTER * self._interval_s
        if holder is partition and is_recent and sent is not None and not _differs(sent, status):
            return
        try:
            await self._send(str(partition.number).encode(), encode_status(status))
        except Exception as error:  # of the client; the worker does not depend on its reports
            if not self._failing:
                logger.warning("The status of partition %d is not published: %s", partition.number, error)
            self._failing = True
            return
        self._failing = False
        self._sent[partition.number] = partition, now_s, status

    def _status(self, partition: Partition, now_s: float) -> PartitionStatus:
        metrics, left_out = partition.seen.summary()
        return bounded(
            PartitionStatus(
                schema_version=SCHEMA_VERSION,
                worker=self._worker,
                partition=partition.number,
                time_ms=int(now_s * 1000),
                expires_at_ms=int((now_s + _EXPIRES_AFTER * self._interval_s) * 1000),
                config_offset=self._config_offset,
                counted_s=round(partition.events.alerts.covered_s, 1),
                covered_s=round(partition.recent_alerts.covered_s, 1),
                configs=self._activities(partition),
                metrics=metrics,
                metrics_left_out=left_out,
            )
        )

    def _activities(self, partition: Partition) -> list[ConfigActivity]:
        """The configs with anything to report, those with most series first."""
        bank, instances = partition.pipeline.bank, partition.pipeline.instances
        learning, refused = learning_rows(bank), refused_rows(bank)
        promised = promise(bank).alerts_per_week
        events = partition.events
        counted = events.alerts, events.anomalies, events.withheld, partition.recent_alerts
        counts = [each.total() for each in counted]
        found = [
            self._activity(config.id, rows, learned, refused.get(number, 0), per_week, counts)
            for number, (config, rows, learned, per_week) in enumerate(
                zip(
                    bank.plan.configs,
                    bank.rows_per_config.tolist(),
                    learning.tolist(),
                    promised.tolist(),
                    strict=True,
                )
            )
        ]
        found += [
            self._activity(config.id, count, 0, 0, count * group_alerts_per_week(config), counts)
            for config, count in zip(instances.plan.configs, instances.instance_counts, strict=True)
        ]
        known = {activity.id for activity in found}
        found += [ConfigActivity(id, error=text) for id, text in self._errors.items() if id not in known]
        return sorted(filter(_has_content, found), key=lambda activity: (-activity.series, activity.id))

    def _activity(
        self,
        config: str,
        series: int,
        learning: int,
        refused: int,
        promised_per_week: float,
        counts: Iterable[Counter[str]],
    ) -> ConfigActivity:
        alerts, anomalies, withheld, covered = (count[config] for count in counts)
        error = self._errors.get(config, "")
        promised = float(f"{promised_per_week / 7.0:.2g}")  # steps vary a little: not each is a change
        return ConfigActivity(
            config, series, learning, refused, alerts, anomalies, error, withheld, promised, covered
        )


def _has_content(activity: ConfigActivity) -> bool:
    return activity != ConfigActivity(activity.id)


def _differs(before: PartitionStatus, after: PartitionStatus) -> bool:
    """Whether the reports differ in more than their times."""
    times = {"time_ms": 0, "expires_at_ms": 0, "counted_s": 0.0, "covered_s": 0.0}
    return msgspec.structs.replace(before, **times) != msgspec.structs.replace(after, **times)
