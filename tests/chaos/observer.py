"""Observes a run from outside: offsets, topics, and the workers' own metrics."""

from confluent_kafka import Consumer, KafkaException, TopicPartition

from anomaly_stream.demo.watcher import read_metrics, total
from anomaly_stream.kafka.topics import TopicNames
from tests.chaos.group import Group, Member
from tests.chaos.reference import PARTITIONS
from tests.chaos.states import changelog_states, config_of
from tests.integration.workers import ends, read_all


class Observer:
    """Evaluates the conditions that a run waits for."""

    def __init__(self, bootstrap: str, names: TopicNames, group: Group) -> None:
        self._bootstrap, self._names, self._group = bootstrap, names, group

    def is_processed(self) -> bool:
        """Whether all input is processed and committed, and also its messages on the groups topic."""
        return self._is_committed(self._names.metrics[0]) and self._is_committed(self._names.groups)

    def is_whole(self) -> bool:
        """Whether no worker is paused, and each partition has one owner.

        Then a worker that was paused knows which partitions it lost, and sends nothing more of them.
        """
        awake = not any(member.stopped or member.leaving for member in self._group.members)
        return awake and self.held() == PARTITIONS

    def configs_are_taken(self) -> bool:
        """Whether every worker has applied the latest configs, and none is about to leave."""
        # The end of the topic also counts transaction markers, which consumers do not receive.
        end = max((each.offset() + 1 for each in read_all(self._bootstrap, self._names.configs)), default=0)
        taken = [self._metric(member, "anomaly_stream_config_offset") for member in self._group.members]
        leaving = any(member.leaving for member in self._group.members)
        return not leaving and all(offset is not None and offset >= end for offset in taken)

    def has_state_of(self, config_id: str) -> bool:
        """Whether the changelog holds state of a config or group."""
        states = changelog_states(read_all(self._bootstrap, self._names.changelog))
        return any(config_of(key) == config_id for state in states.values() for key in state)

    def is_busy(self, member: Member) -> bool:
        """Whether it holds partitions."""
        return bool(self._metric(member, "anomaly_stream_partitions"))

    def held(self) -> float:
        """Partitions held, according to the workers' metrics."""
        return sum(
            self._metric(member, "anomaly_stream_partitions") or 0
            for member in self._group.members
            if not member.leaving and not member.stopped
        )

    @staticmethod
    def _metric(member: Member, name: str) -> float | None:
        if member.stopped:
            return None
        samples = read_metrics("127.0.0.1", member.metrics_port)
        return None if samples is None else total(samples, name)

    def _is_committed(self, topic: str) -> bool:
        """Whether the committed offsets are the topic's ends."""
        consumer = Consumer(
            {"bootstrap.servers": self._bootstrap, "group.id": self._names.app_id, "log_level": 0}
        )
        try:
            wanted = ends(self._bootstrap, topic)
            asked = [TopicPartition(topic, number) for number in wanted]
            found = {entry.partition: max(entry.offset, 0) for entry in consumer.committed(asked, timeout=10)}
        except KafkaException:
            return False
        finally:
            consumer.close()
        return found == wanted
