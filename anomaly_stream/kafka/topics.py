"""The topics of the settings: their names and their required shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from anomaly_stream.settings import Settings

#: Name of the Faust table that holds the state. Faust derives the changelog's name from it.
STATE_TABLE = "state"

#: Compacted, and old records are deleted too: a partition without a worker goes away. Small segments, because
#: the one that is written to is neither compacted nor deleted.
_STATUS_OPTIONS = MappingProxyType(
    {"cleanup.policy": "compact,delete", "retention.ms": "3600000", "segment.bytes": "16777216"}
)

#: After a crash, workers read the configs of the last checkpoint. Compaction leaves what a day has replaced.
_CONFIGS_OPTIONS = MappingProxyType({"min.compaction.lag.ms": "86400000"})

#: The longest record of the baselines topic: the window of some 500,000 points.
MAX_BASELINE_BYTES = 8 * 2**20

#: The longest record of the topics of notifications: a message with all its events.
MAX_UNDELIVERED_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class TopicNames:
    """The full name of every topic, with the namespace, and the app id."""

    app_id: str
    metrics: tuple[str, ...]
    configs: str
    alerts: str
    scores: str
    groups: str
    tokens: str
    dead_letter: str
    status: str
    baselines: str
    jobs: str
    feedback: str
    silences: str
    notifications: str
    undelivered: str
    changelog: str
    formats: Mapping[str, str]
    """Name of the format of each metrics topic."""

    @staticmethod
    def of(settings: Settings) -> "TopicNames":
        """The names according to ``settings``."""
        topics = settings.topics
        return TopicNames(
            app_id=settings.app_id,
            metrics=tuple(settings.namespaced(topic.name) for topic in topics.metrics),
            configs=settings.namespaced(topics.configs),
            alerts=settings.namespaced(topics.alerts),
            scores=settings.namespaced(topics.scores),
            groups=settings.namespaced(topics.groups),
            tokens=settings.namespaced(topics.tokens),
            dead_letter=settings.namespaced(topics.dead_letter),
            status=settings.namespaced(topics.status),
            baselines=settings.namespaced(topics.baselines),
            jobs=settings.namespaced(topics.jobs),
            feedback=settings.namespaced(topics.feedback),
            silences=settings.namespaced(topics.silences),
            notifications=settings.namespaced(topics.notifications),
            undelivered=settings.namespaced(topics.undelivered),
            changelog=f"{settings.app_id}-{STATE_TABLE}-changelog",
            formats={settings.namespaced(topic.name): topic.format for topic in topics.metrics},
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """The topics whose partitions workers share: the metrics topics, then the groups topic."""
        return (*self.metrics, self.groups)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """The required shape of a topic.

    Attributes:
        name: its full name.
        partitions: their number.
        replication_factor: the minimum number of copies.
        exact_partitions: whether an existing topic must have this number of partitions, because state belongs
            to a partition number. Otherwise only a new topic gets it.
        compacted: whether the last record of each key is kept permanently.
        options: further configuration of a new topic.
    """

    name: str
    partitions: int
    replication_factor: int
    exact_partitions: bool = False
    compacted: bool = False
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def config(self) -> dict[str, str]:
        """The configuration of a new topic."""
        config = {"cleanup.policy": "compact"} if self.compacted else {}
        config |= self.options
        if self.replication_factor >= 3:
            config["min.insync.replicas"] = "2"
        return config


def topic_specs(settings: Settings) -> list[TopicSpec]:
    """Every topic of ``settings``."""
    names = TopicNames.of(settings)
    partitions, replication = settings.topics.partitions, settings.topics.replication_factor
    return [
        *(TopicSpec(name, partitions, replication, exact_partitions=True) for name in names.metrics),
        TopicSpec(
            names.configs, 1, replication, exact_partitions=True, compacted=True, options=_CONFIGS_OPTIONS
        ),
        TopicSpec(names.alerts, partitions, replication),
        TopicSpec(names.scores, partitions, replication),
        TopicSpec(names.groups, partitions, replication, exact_partitions=True),
        TopicSpec(names.tokens, 1, replication, exact_partitions=True, compacted=True),
        TopicSpec(names.dead_letter, partitions, replication),
        TopicSpec(names.status, 1, replication, exact_partitions=True, options=_STATUS_OPTIONS),
        TopicSpec(
            names.baselines,
            1,
            replication,
            exact_partitions=True,
            compacted=True,
            options={"max.message.bytes": str(MAX_BASELINE_BYTES)},
        ),
        TopicSpec(names.jobs, 1, replication, exact_partitions=True, compacted=True),
        TopicSpec(names.feedback, 1, replication, exact_partitions=True, compacted=True),
        TopicSpec(names.silences, 1, replication, exact_partitions=True, compacted=True),
        *(
            TopicSpec(
                name,
                1,
                replication,
                exact_partitions=True,
                compacted=True,
                options={"max.message.bytes": str(MAX_UNDELIVERED_BYTES)},
            )
            for name in (names.notifications, names.undelivered)
        ),
        TopicSpec(names.changelog, partitions, replication, exact_partitions=True, compacted=True),
    ]
