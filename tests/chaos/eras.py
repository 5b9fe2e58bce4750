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
    """Collects the eras of a run."""

    def __init__(self, bootstrap: str, settings: Settings) -> None:
        self._bootstrap, self._settings = bootstrap, settings
        names = TopicNames.of(settings)
        self._topic, self._groups = names.metrics[0], names.groups
        self._generations = TopicGenerations(settings)
        self._read: dict[
            str, Mapping[int, int]
        ] = {}  # by topic: the offsets up to which its records are in an era
        self.eras: list[Era] = []

    def close(self) -> None:
        """End the current era: it has the records after the last era, and the configs now in force.

        If the next era has other configs, workers must have processed all of these records.
        """
        source = self._topic, self._generations.current([self._topic])[self._topic]
        plan, groups = plans_in_force(self._settings)
        self.eras.append(Era(source, plan, self._new(self._topic), groups, self._new(self._groups)))

    def begin_topic(self) -> None:
        """Read the source topic from its start again, because it is about to be recreated."""
        self._read.pop(self._topic, None)

    def _new(self, topic: str) -> list[Message]:
        read, upto = self._read.get(topic, {}), ends(self._bootstrap, topic)
        self._read[topic] = upto
        return [
            message
            for message in read_all(self._bootstrap, topic)
            if read.get(message.partition(), 0) <= message.offset() < upto[message.partition()]
        ]
