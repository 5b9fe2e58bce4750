"""Keeps the history up to date: reads the topics, writes batches, and waits while something is down."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from anomaly_stream.alerts.wording import plural
from anomaly_stream.errors import AnomalyStreamError, HistoryError
from anomaly_stream.history.batch import Batch, Partition, Record, batch_of
from anomaly_stream.history.interfaces import Source, Store
from anomaly_stream.history.source import check_namespace
from anomaly_stream.history.store import PositionMovedError
from anomaly_stream.history.value_filler import ValueFiller
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.ops.health import Answer, Progress
from anomaly_stream.ops.history_metrics import HistoryMetrics
from anomaly_stream.silences.silence import Silence
from anomaly_stream.silences.suppression import Suppression

logger = logging.getLogger(__name__)

BATCH_RECORDS = 5_000
"""Maximum number of records in one transaction."""

_POLL_S = 0.5
_STANDBY_S = 5.0
_LEAST_WAIT_S = 0.5
_MOST_WAIT_S = 30.0
_BEAT_S = 1.0
_EXPIRE_EVERY_S = 3600.0
_DAY_S = 86_400.0
_END_S = 5.0


class Recorder:
    """Writes the topics to the history until it is stopped.

    After any failure it waits, and begins again from the positions in the database: nothing is lost, and
    nothing is held in memory meanwhile. If another recorder is faster it waits too, and takes over when the
    other one ends.

    Args:
        names: of the topics.
        open_source: opens the topics.
        store: the database.
        metrics: of the process.
        keep_days: age that rows may reach.
        silences: all silences that were acknowledged before the call. Raises BrokerError.
        filler: adds the values before events that begin or end an alert; None: they are not recorded.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        names: TopicNames,
        open_source: Callable[[], Source],
        store: Store,
        metrics: HistoryMetrics,
        keep_days: float,
        silences: Callable[[], Sequence[Silence]] = lambda: (),
        filler: ValueFiller | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._names = names
        self._open_source = open_source
        self._store = store
        self._metrics = metrics
        self._keep_s = keep_days * _DAY_S
        self._silences = silences
        self._filler = filler
        self._clock = clock
        self._fault: str | None = "starting"
        self._failures = 0
        self._recorded: dict[Partition, int] = {}
        self._ends: dict[Partition, int] = {}
        self._expired_at = 0.0

    @property
    def ready(self) -> bool:
        """Whether the database and Kafka are reached."""
        return self._fault is None

    def check(self) -> Answer:
        """For health: whether records are written, and why not."""
        if self._fault is not None:
            return Answer(False, f"the history is not recorded: {self._fault}")
        return Answer(True, "the history is recorded")

    def progress(self) -> list[Progress]:
        """For health: what is recorded of each partition."""
        return [
            Progress(*key, self._recorded.get(key, 0), end) for key, end in sorted(self._ends.copy().items())
        ]

    def run(self, stopped: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Record until ``stopped`` is set; calls ``beat`` at least every second or after each batch."""
        with self._filling(stopped):
            self._record_all(stopped, beat)
        self._store.close()

    @contextmanager
    def _filling(self, stopped: threading.Event) -> Iterator[None]:
        """Add values in a thread, which ends after this context."""
        if self._filler is None:
            yield
            return
        thread = threading.Thread(target=self._filler.run, args=(stopped,), name="values", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._filler.wake()
            thread.join(_END_S)  # Kafka may not answer; what it reads is not written then

    def _record_all(self, stopped: threading.Event, beat: Callable[[], None]) -> None:
        while not stopped.is_set():
            try:
                self._record(stopped, beat)
            except PositionMovedError as error:
                logger.info("%s: standing by", error)
                self._wait(stopped, _STANDBY_S, beat)
            except AnomalyStreamError as error:
                self._fail(error)
                self._wait(stopped, self._backoff_s(), beat)
            except Exception as error:
                logger.exception("The history is not recorded, and is tried again")
                self._fail(error, logged=True)
                self._wait(stopped, self._backoff_s(), beat)

    def _record(self, stopped: threading.Event, beat: Callable[[], None]) -> None:
        recorded = self._store.open()
        check_namespace(recorded, self._names, self._store.name)
        self._wake_filler()
        suppression = Suppression(*self._store.firing())
        self._metrics.database_up.set(1)
        source = self._open_source()
        try:
            start = source.start(recorded)
            self._metrics.missed.inc(start.missed)
            self._recorded = dict(start.positions)
            self._report_lag(source)
            before: dict[Partition, int | None] = {key: recorded.get(key) for key in start.positions}
            while not stopped.is_set():
                self._write(source, before, suppression)
                self._succeed()
                self._expire()
                beat()
        finally:
            source.close()

    def _write(self, source: Source, before: dict[Partition, int | None], suppression: Suppression) -> None:
        """Write the next batch, and move the positions ``before`` it."""
        records = source.poll(BATCH_RECORDS, _POLL_S)
        moves = {key: (before[key], after) for key, after in source.positions.items() if before[key] != after}
        if moves:
            batch = self._batch_of(records, suppression)
            with self._metrics.write_seconds.time():
                written = self._store.write(batch, moves)
            if written["alert_values"]:
                self._wake_filler()
            before.update({key: after for key, (_, after) in moves.items()})
            self._recorded.update({key: after for key, (_, after) in moves.items()})
            self._count(batch, written)
        self._report_lag(source)

    def _batch_of(self, records: Sequence[Record], suppression: Suppression) -> Batch:
        """The rows of ``records``. Silences are read after the events, so no earlier one is missing."""
        has_alerts = any(record.topic == self._names.alerts for record in records)
        silences = self._silences() if has_alerts else ()
        oldest = self._clock() - self._keep_s
        return batch_of(
            records,
            self._names,
            oldest,
            lambda event, published_at_ms: suppression.suppressed_by(event, published_at_ms, silences),
            wants_values=self._filler is not None,
        )

    def _wake_filler(self) -> None:
        if self._filler is not None:
            self._filler.wake()

    def _report_lag(self, source: Source) -> None:
        self._ends = source.ends()
        for (topic, partition), end in self._ends.items():
            lag = end - self._recorded[topic, partition]
            self._metrics.lag.labels(topic, str(partition)).set(lag)

    def _count(self, batch: Batch, written: Mapping[str, int]) -> None:
        for table, rows in written.items():
            self._metrics.rows.labels(table).inc(rows)
        read = len(batch.alert_events) + len(batch.anomalies)
        self._metrics.copies.inc(read - written["alert_events"] - written["anomalies"])
        self._metrics.refused.inc(len(batch.refused))
        for record, reason in batch.refused[:1]:
            logger.error(
                "%s of a batch cannot be recorded, the first at offset %d of %s-%d: %s",
                *(
                    plural(len(batch.refused), "record"),
                    record.offset,
                    record.topic,
                    record.partition,
                    reason,
                ),
            )
        if batch.expired and not self._metrics.expired._value.get():
            logger.warning(
                "%s older than history.keep_days and not recorded; further ones are counted only",
                "1 record is" if batch.expired == 1 else f"{batch.expired} records are",
            )
        self._metrics.expired.inc(batch.expired)

    def _expire(self) -> None:
        if self._clock() - self._expired_at > _EXPIRE_EVERY_S:
            self._expired_at = self._clock()
            self._store.expire(self._expired_at - self._keep_s)

    def _succeed(self) -> None:
        if self._failures:
            logger.warning("The history in %s is recorded again", self._store.name)
        self._failures = 0
        self._fault = None

    def _fail(self, error: Exception, logged: bool = False) -> None:
        if isinstance(error, HistoryError):
            self._metrics.database_up.set(0)
        text = str(error) or repr(error)
        if text != self._fault and not logged:
            logger.error("The history is not recorded, and is tried again until it is: %s", text)
        self._fault = text
        self._failures += 1

    def _backoff_s(self) -> float:
        """Seconds to wait: doubled with each failure, and random, so that processes do not come at once."""
        longest = min(_MOST_WAIT_S, _LEAST_WAIT_S * 2.0 ** min(self._failures, 16))
        return longest * random.uniform(0.5, 1.0)

    def _wait(self, stopped: threading.Event, seconds: float, beat: Callable[[], None]) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not stopped.wait(min(left, _BEAT_S)):
            beat()
