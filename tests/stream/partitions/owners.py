"""Owners of one partition that follow each other, over one topic and one state."""

import asyncio
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.formats.state_keys import POSITION_KEY
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.partitions.config_change import ConfigPosition, InForce
from anomaly_stream.stream.partitions.idleness import CHECK_S
from anomaly_stream.stream.partitions.loader import PartitionLoader
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.partitions.position import Position
from tests.engine.crashes import checkpoint
from tests.engine.flow import SOURCES, feed
from tests.engine.inputs import plan_of

GENERATION = 7
LINKS = 3
"""Of a checkpoint: the state is durable; the owner goes on after its position; the offsets are committed."""


class Owners:
    """The topic, the configs topic and the state, and whoever owns the partition now.

    Args:
        configs: in force at the beginning.
        max_open_alerts: that of the workers.
    """

    def __init__(self, *configs: AnomalyDetectionConfig, max_open_alerts: int | None = None) -> None:
        self.messages: list[bytes] = []
        self.state: dict[bytes, bytes] = {}
        self.published: list[bytes] = []
        self.history: list[InForce] = []
        self.turns: list[tuple[int, InForce | float]] = []
        """As the positions say: heartbeats, by their event time, and configs that took effect, each with the
        offset after which it came."""
        self._max_open_alerts = max_open_alerts
        self._offset = 0
        self._committed = 0
        self._acknowledged = 0
        self._wall_s = 0.0
        self.put(*configs)
        self._load()

    def put(self, *configs: AnomalyDetectionConfig, commands: Iterable[SeriesCommand] = ()) -> None:
        """Put these in force. Whoever owns the partition does not know of it."""
        plan = plan_of(*configs)
        self.history.append(InForce(plan, GroupPlan(), tuple(commands), (GENERATION, self._offset)))
        self._offset += 1

    def learn(self) -> None:
        """The owner reads the configs topic."""
        self.now.configs.follow(self.history[-1])

    def process(self, count: int) -> None:
        """Process as many further messages as there are, at most ``count``."""
        found = self.messages[self._read : self._read + count]
        if found:
            assert not self.now.awaits_position
            self._publish(alert.value for alert in feed(self.now, found, self._read).alerts)
            self._read += len(found)

    def wait(self, checks: int) -> None:
        """Nothing arrives during so many checks for heartbeats."""
        for _ in range(checks):
            self._wall_s += CHECK_S
            self.now.propose_heartbeat("metrics", len(self.messages), self._wall_s)

    def save(self, links: int = LINKS) -> None:
        """A checkpoint: the first ``links`` of its links."""
        for link in (self._write, self._saved, self._commit)[:links]:
            link()

    def _write(self) -> None:
        """All that was published is acknowledged, and the state becomes durable."""
        before = self.state.get(POSITION_KEY)
        checkpoint(self.now, self.state)
        self._acknowledged = len(self.published)
        if self.state[POSITION_KEY] == before:
            return
        position = self.position()
        at = position.offsets["metrics"][1] if position.offsets else 0
        if position.configs is not None:
            (found,) = [each for each in self.history if each.up_to == position.configs]
            if found is not next(
                (turn for _, turn in reversed(self.turns) if isinstance(turn, InForce)), None
            ):
                self.turns.append((at, found))
        self.turns += [(at, until) for until in position.silent_until.values()]

    def tear(self, stages: int) -> None:
        """So many stages of a checkpoint become durable, as without fencing, and then the owner is gone."""
        checkpoint(self.now, self.state, stages)
        self._acknowledged = len(self.published)
        self.crash()

    def _saved(self) -> None:
        """The owner goes on after its position."""
        self.now.configs.saved()
        self._act()

    def _commit(self) -> None:
        """What waits for the state is published."""
        self._committed = self.now.watermarks.get("metrics", 0)
        withdrawals = self.now.pipeline.withdrawals
        withdrawals.saved()
        self._publish(each.value for each in withdrawals.take_due())

    def crash(self, *, loses: bool = False) -> None:
        """The owner is gone; the next one loads the state.

        ``loses``: what was published after the last checkpoint does not reach the topic.
        """
        if loses:
            del self.published[self._acknowledged :]
        self._load()

    def stop(self) -> None:
        """The owner ends in the normal way."""
        self.now.is_leaving = True
        self.save()
        self.crash()

    def finish(self) -> None:
        """Process everything, under the newest configs at the end."""
        self.process(len(self.messages))
        self.save()
        if self.now.is_change_due:
            self.save()
        assert not self.now.configs.is_waiting

    def events(self) -> dict[str, bytes]:
        """What was published, by event id. All copies must have the same bytes."""
        return by_event_id(self.published)

    def expected(self) -> tuple[dict[str, bytes], Pipeline]:
        """The events of a single pass with the same turns between the same records."""
        whole, published = Pipeline(plan_of(), SOURCES, max_open_alerts=self._max_open_alerts), list[bytes]()
        begin = 0
        for end, turn in [*self.turns, (len(self.messages), None)]:
            if self.messages[begin:end]:
                published += [alert.value for alert in feed(whole, self.messages[begin:end], begin).alerts]
            begin = end
            if isinstance(turn, InForce):
                published += _changed(whole, turn)
            elif turn is not None:
                published += [alert.value for alert in whole.heartbeat(0, turn).alerts]
        return by_event_id(published), whole

    def _act(self) -> None:
        self._publish(alert.value for output in self.now.act_on_heartbeat() for alert in output.alerts)

    def _publish(self, events: Iterable[bytes]) -> None:
        self.published += events

    def position(self) -> Position:
        """The durable one."""
        return Position.decode(self.state[POSITION_KEY])

    def _load(self) -> None:
        async def nothing(*_: Any) -> None:
            pass

        async def ends(*partitions: TP) -> dict[TP, int]:
            return dict.fromkeys(partitions, len(self.messages))

        data = SimpleNamespace(
            records=lambda _: sorted(self.state.items()), record=lambda _, key: self.state.get(key)
        )
        loader = PartitionLoader(
            SimpleNamespace(data=data),  # type: ignore[arg-type]
            SimpleNamespace(catch_up=nothing),  # type: ignore[arg-type]
            SOURCES,
            "groups",
            self._past,
            ends,
            Budget(1000, 10**9),
            {},
            1e18,
            max_open_alerts=self._max_open_alerts,
        )
        partition: Partition = asyncio.run(loader.load({0: 0}, self.history[-1]))[0]
        self.now, self._read = partition, self._committed
        self._act()
        self._publish(each.value for each in partition.pipeline.withdrawals.take_due())

    def _past(self, position: ConfigPosition) -> InForce | None:
        return next((each for each in self.history if each.up_to == position), None)


def _changed(whole: Pipeline, in_force: InForce) -> list[bytes]:
    """The events of alerts that end as these configs take effect."""
    published = []
    whole.change_plan(in_force.plan)
    whole.commands.put(in_force.commands)
    for _ in range(2):
        [list(stage) for stage in (*whole.take_dirty(), *whole.take_expired())]
        whole.withdrawals.saved()
        published += [each.value for each in whole.withdrawals.take_due()]
    return published


def by_event_id(events: Sequence[bytes]) -> dict[str, bytes]:
    """The events by id; copies with other bytes fail."""
    found: dict[str, bytes] = {}
    for event in events:
        assert found.setdefault(decode_alert(event).event_id, event) == event
    return found
