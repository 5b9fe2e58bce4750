"""One partition that a worker owns."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from mode.utils.logging import get_logger

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.formats.state_keys import POSITION_KEY
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import ObservationColumns, RecordColumns
from anomaly_stream.pipeline.ahead import clock_time
from anomaly_stream.pipeline.event_counts import EventCounts, opened
from anomaly_stream.pipeline.hourly_counts import HourlyCounts
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.pipeline.seen_metrics import SeenMetrics
from anomaly_stream.stream.partitions.config_change import ConfigChange
from anomaly_stream.stream.partitions.heartbeat import Heartbeat
from anomaly_stream.stream.partitions.idleness import Idleness
from anomaly_stream.stream.partitions.position import Position

logger = get_logger(__name__)


class Partition:
    """One partition number of all source topics: its pipeline, and the position in each topic.

    Attributes:
        watermarks: by source topic, the offset after the last processed record.
        starts: by source topic, the offset that reading started from.
        seen: the metrics of its observations, for the status topic.
        events: its alerts and anomalies by config, for the status topic.
        recent_alerts: its alerts by config and event time, for the alerts per day. What came before the first
            value that was processed here was not seen whole, so it is not counted.
        configs: which configs it works under, and which take effect in a checkpoint.
        is_leaving: whether the next checkpoint is the last one here, after which no record is processed.
    """

    def __init__(
        self,
        number: int,
        plan: Plan,
        groups: GroupPlan,
        sources: Sequence[tuple[str, int]],
        groups_topic: str,
        budget: Budget | None = None,
        formats: Mapping[str, str] = MappingProxyType({}),
        max_ahead_s: float = math.inf,
        baselines: BaselineSource | None = None,
        max_open_alerts: int | None = None,
    ) -> None:
        self.number = number
        self._groups_topic = groups_topic
        self._sources = sources
        self._position: Position | None = None
        sources = [source for source in sources if source[0] != groups_topic]
        self.pipeline = Pipeline(
            plan, sources, budget, groups, formats, max_ahead_s, baselines, max_open_alerts
        )
        self.seen = SeenMetrics(self.pipeline.index)
        self.events = EventCounts(time.time())
        self.recent_alerts = HourlyCounts()
        self.watermarks: dict[str, int] = {}
        self.starts: dict[str, int] = {}
        self._source_number = {topic: number for number, (topic, _) in enumerate(sources)}
        self._idleness = Idleness()
        self._heartbeat = Heartbeat()
        self.configs = ConfigChange()
        self.is_leaving = False

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> int:
        """Restore state records, sorted by key; returns the number of rows. Raises StateError."""
        rows = self.pipeline.load(self._without_position(records))
        self.seen.restore()
        return rows

    @property
    def clocked_topics(self) -> list[str]:
        """The metrics topics whose clock a heartbeat can move."""
        clocks = self.pipeline.no_data.clocks if self.pipeline.no_data.is_asked else {}
        return [topic for topic, number in self._source_number.items() if number in clocks]

    def propose_heartbeat(self, topic: str, end: int, now_s: float) -> bool:
        """Propose one for the next checkpoint, if all of the topic up to ``end`` was processed.

        ``now_s`` is a monotonic time. Returns whether it moves the clock of the topic.
        """
        number, no_data = self._source_number[topic], self.pipeline.no_data
        if self.watermarks.get(topic) != end or number not in no_data.clocks:
            return False
        until = self._idleness.silent_until(topic, end, no_data.clocks[number].time, now_s)
        if until < no_data.due(number):
            return False
        self._heartbeat.propose(topic, until, self.watermarks)
        return True

    @property
    def awaits_position(self) -> bool:
        """Whether records must wait until the position is durable: for the configs under which they are
        judged, or for a heartbeat that the partition acts on before them."""
        return bool(self._heartbeat.written) or self.configs.is_unsaved

    @property
    def is_change_due(self) -> bool:
        """Whether newer configs can take effect. In the last checkpoint they do not: the next owner begins
        with the newest."""
        has_caught_up = self.configs.has_caught_up(self.expected)
        return self.configs.is_waiting and has_caught_up and not self.is_leaving

    def act_on_heartbeat(self) -> list[Output]:
        """The position is durable: move the clocks as its heartbeat says."""
        outputs = []
        for topic, until in sorted(self._heartbeat.take_written().items()):
            if topic in self._source_number:
                self.recent_alerts.advance(until)
                outputs.append(self.pipeline.heartbeat(self._source_number[topic], until))
        for output in outputs:
            self._count(output)
        return outputs

    def _without_position(self, records: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        """The other records; the position is restored in passing."""
        for key, record in records:
            if key == POSITION_KEY:
                self._position = Position.decode(record)
                self.watermarks = self._position.watermarks(self._sources)
                self.pipeline.expiry.clocks = self._position.clocks(self.pipeline.sources)
                self.pipeline.no_data.clocks = self._position.clocks_of_sources(self.pipeline.sources)
                self._heartbeat.written = dict(self._position.silent_until)
            else:
                yield key, record

    def expected(self, topic: str) -> int | None:
        """The next offset of a source topic; None while it is unknown."""
        return self.watermarks.get(topic, self.starts.get(topic))

    def process(self, records: RecordColumns) -> Output:
        """Process one slice. Records below the watermark, read again after a seek, are skipped."""
        watermark = self.watermarks.get(records.topic, -1)
        if len(records) and records.offset[0] < watermark:
            included = int((records.offset < watermark).sum())
            logger.info(
                "%s[%d]: skipped %d records before offset %d, which the state includes",
                records.topic, self.number, included, watermark,
            )  # fmt: skip
            records = records.slice(included, len(records))
        if records.topic == self._groups_topic:
            output = self.pipeline.process_groups(records)
            if (newest := self.pipeline.instances.clock) > -math.inf:
                self.recent_alerts.advance(newest)
        else:
            output = self.pipeline.process(records, self._source_number[records.topic])
            self._advance_recent(output.observations, records)
        self._count(output)
        if output.observations is not None:
            self.seen.count(output.observations.series)
        self.watermarks[records.topic] = max(watermark, records.next_offset)
        return output

    def _count(self, output: Output) -> None:
        self.events.add(output, self.pipeline.plan)
        for alert in opened(output):
            self.recent_alerts.add({alert.config_id: 1}, alert.timestamp)

    def _advance_recent(self, observations: ObservationColumns | None, records: RecordColumns) -> None:
        """Move the clock of the recent alerts by the values that are judged, not by those only learned."""
        if observations is None or observations.learn.all():
            return
        times = clock_time(observations, records)[~observations.learn]
        self.recent_alerts.advance(float(times[0]))  # if it is the first one, counting begins
        self.recent_alerts.advance(float(times.max()))

    def take_dirty(self) -> list[Iterator[StateRecord]]:
        """The state records that changed since the last call, in stages; see ``Pipeline.take_dirty``.

        Configs that are due take effect first, but not before it is durable which ones the partition began
        with: each change of the rows must be in a position. The last checkpoint here has no new heartbeat,
        because only the next owner would act on it.
        """
        if self.is_change_due and not self.configs.is_unsaved:
            change = self.configs.take()
            if not self.pipeline.uses(change.plan, change.groups):
                self.pipeline.change_plan(change.plan, change.groups)
            self.pipeline.commands.put(change.commands)
        stages, expired = self.pipeline.take_dirty(), self.pipeline.take_expired()
        clocks, source_clocks = self.pipeline.expiry.clocks, self.pipeline.no_data.clocks
        heartbeat = self._heartbeat
        silent_until = heartbeat.written if self.is_leaving else heartbeat.take_proposed(self.watermarks)
        is_over = self.is_leaving and self.configs.has_caught_up(self.expected) and not silent_until
        position = Position.of(
            self._sources,
            self.watermarks,
            self.pipeline.sources,
            clocks,
            source_clocks,
            silent_until,
            None if is_over else self.configs.position,
        )
        if position != self._position:
            stages.append(iter([(POSITION_KEY, position.encode())]))
            self._position = position
        return [*stages, *expired]
