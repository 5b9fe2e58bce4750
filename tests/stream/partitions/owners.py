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
from anomaly_stream.stream.partitions.loader import PartitionLoader
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.partitions.position import Position
from tests.engine.crashes import checkpoint
from tests.engine.flow import SOURCES, feed
from tests.engine.inputs import plan_of

GENERATION = 7


class Owners:
    """The topic, the configs topic and the state, and whoever owns the partition now.

    Args:
        configs: in force at the beginning.
    """

    def __init__(self, *configs: AnomalyDetectionConfig) -> None:
        self.messages: list[bytes] = []
        self.state: dict[bytes, bytes] = {}
        self.published: list[bytes] = []
        self.history: list[InForce] = []
        self.changes: list[tuple[int, InForce]] = []
        """The offset after which each config took effect, and the configs; as the positions say."""
        self._offset = 0
        self.put(*configs)
        self.now = self._loaded()

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
        at = self.now.watermarks.get("metrics", 0)
        found = self.messages[at : at + count]
        if found:
            assert not self.now.awaits_position
            self._publish(alert.value for alert in feed(self.now, found, at).alerts)

    def save(self) -> None:
        """A checkpoint: the state becomes durable, and then what waits for it is published."""
        checkpoint(self.now, self.state)
        position = self._position()
        if position.configs is not None:
            (found,) = [each for each in self.history if each.up_to == position.configs]
            at = position.offsets["metrics"][1] if position.offsets else 0
            if not self.changes or self.changes[-1][1] is not found:
                self.changes.append((at, found))
        self.now.configs.saved()
        withdrawals = self.now.pipeline.withdrawals
        withdrawals.saved()
        self._publish(each.value for each in withdrawals.take_due())

    def crash(self) -> None:
        """The owner is gone; the next one loads the state."""
        self.now = self._loaded()

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
        """The events of a single pass with the same changes between the same records."""
        (_, first), *_ = self.changes
        whole, published = Pipeline(first.plan, SOURCES), []
        begins = [at for at, _ in self.changes]
        for begin, end, (_, in_force) in zip(
            begins, [*begins[1:], len(self.messages)], self.changes, strict=True
        ):
            whole.change_plan(in_force.plan)
            whole.commands.put(in_force.commands)
            for _ in range(2):
                [list(stage) for stage in (*whole.take_dirty(), *whole.take_expired())]
                whole.withdrawals.saved()
                published += [each.value for each in whole.withdrawals.take_due()]
            if self.messages[begin:end]:
                published += [alert.value for alert in feed(whole, self.messages[begin:end], begin).alerts]
        return by_event_id(published), whole

    def _publish(self, events: Iterable[bytes]) -> None:
        self.published += events

    def _position(self) -> Position:
        return Position.decode(self.state[POSITION_KEY])

    def _loaded(self) -> Partition:
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
        )
        partition: Partition = asyncio.run(loader.load({0: 0}, self.history[-1]))[0]
        self._publish(each.value for each in partition.pipeline.withdrawals.take_due())
        return partition

    def _past(self, position: ConfigPosition) -> InForce | None:
        return next((each for each in self.history if each.up_to == position), None)


def by_event_id(events: Sequence[bytes]) -> dict[str, bytes]:
    """The events by id; copies with other bytes fail."""
    found: dict[str, bytes] = {}
    for event in events:
        assert found.setdefault(decode_alert(event).event_id, event) == event
    return found
