"""The input of a run, divided where the topic or the configs change."""

from collections.abc import Mapping

from confluent_kafka import Message

from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings
from tests.chaos.reconfiguring import plans_in_force
from tests.chaos.reference import Era
from tests.integration.workers import ends, read_all


class EraBook:
    """Keeps the eras of a run, which reads ``topic``."""

    def __init__(self, bootstrap: str, settings: Settings) -> None:
        self._bootstrap, self._settings = bootstrap, settings
        names = TopicNames.of(settings)
        self._topic, self._groups = names.metrics[0], names.groups
        self._generations = TopicGenerations(settings)
        self._read: dict[str, Mapping[int, int]] = {}  # by topic, up to where the eras have it
        self.eras: list[Era] = []

    def close(self) -> None:
        """What the topics hold beyond the last era becomes one, under the configs of now.

        All of it must have been processed where the next era has other configs.
        """
        source = self._topic, self._generations.current([self._topic])[self._topic]
        plan, groups = plans_in_force(self._settings)
        self.eras.append(Era(source, plan, self._new(self._topic), groups, self._new(self._groups)))

    def begin_topic(self) -> None:
        """The source topic is about to be recreated."""
        self._read.pop(self._topic, None)

    def _new(self, topic: str) -> list[Message]:
        read, upto = self._read.get(topic, {}), ends(self._bootstrap, topic)
        self._read[topic] = upto
        return [
            message
            for message in read_all(self._bootstrap, topic)
            if read.get(message.partition(), 0) <= message.offset() < upto[message.partition()]
        ]
