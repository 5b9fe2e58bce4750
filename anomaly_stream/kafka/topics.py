"""The topics of the settings: their names, how they are created, and whether they are as they must be."""

import time
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.admin import TIMEOUT_S, admin_client, error_of
from anomaly_stream.settings import Settings

#: Name of the Faust table that holds the state; Faust derives its changelog's name from it.
STATE_TABLE = "state"


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Every topic's full name, the namespace included, and the app id."""

    app_id: str
    metrics: tuple[str, ...]
    configs: str
    alerts: str
    scores: str
    groups: str
    dead_letter: str
    changelog: str

    @staticmethod
    def of(settings: Settings) -> "TopicNames":
        """The names that ``settings`` give."""
        topics = settings.topics
        return TopicNames(
            app_id=settings.app_id,
            metrics=tuple(settings.namespaced(name) for name in topics.metrics),
            configs=settings.namespaced(topics.configs),
            alerts=settings.namespaced(topics.alerts),
            scores=settings.namespaced(topics.scores),
            groups=settings.namespaced(topics.groups),
            dead_letter=settings.namespaced(topics.dead_letter),
            changelog=f"{settings.app_id}-{STATE_TABLE}-changelog",
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """What workers read by partition: the metrics topics, then the groups topic."""
        return (*self.metrics, self.groups)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic must be.

    ``exact_partitions``: the count matters (state belongs to a partition number); elsewhere it is
    only what a new topic gets. ``compacted``: the last record of a key is kept for ever.
    """

    name: str
    partitions: int
    replication_factor: int
    exact_partitions: bool = False
    compacted: bool = False

    def config(self) -> dict[str, str]:
        """The topic's configuration on creation."""
        config = {"cleanup.policy": "compact"} if self.compacted else {}
        if self.replication_factor >= 3:
            config["min.insync.replicas"] = "2"
        return config


@dataclass(frozen=True, slots=True)
class _Found:
    """How a topic is."""

    partitions: int
    replication: int
    policies: frozenset[str]


def topic_specs(settings: Settings) -> list[TopicSpec]:
    """All topics of ``settings``."""
    names = TopicNames.of(settings)
    partitions, replication = settings.topics.partitions, settings.topics.replication_factor
    return [
        *(TopicSpec(name, partitions, replication, exact_partitions=True) for name in names.metrics),
        TopicSpec(names.configs, 1, replication, exact_partitions=True, compacted=True),
        TopicSpec(names.alerts, partitions, replication),
        TopicSpec(names.scores, partitions, replication),
        TopicSpec(names.groups, partitions, replication, exact_partitions=True),
        TopicSpec(names.dead_letter, partitions, replication),
        TopicSpec(names.changelog, partitions, replication, exact_partitions=True, compacted=True),
    ]


def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing; their names. Those that exist are left as they are.

    Raises:
        TopicError: a topic cannot be created.
        BrokerError: Kafka cannot be reached, or refused.
    """
    admin = admin_client(settings)
    existing = _existing(admin)
    missing = [spec for spec in topic_specs(settings) if spec.name not in existing]
    if not missing:
        return []
    futures = admin.create_topics(
        [
            NewTopic(spec.name, spec.partitions, spec.replication_factor, config=spec.config())
            for spec in missing
        ],
        request_timeout=TIMEOUT_S,
    )
    faults, created = [], []
    for spec in missing:
        error = error_of(futures[spec.name])
        if error is None:
            created.append(spec)
        elif error.code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody else was quicker
            faults.append(f"topic {spec.name} cannot be created: {error.str()}{_creation_advice(error)}")
    if faults:
        raise TopicError("\n".join(faults))
    _wait_until_served(admin, created)
    return [spec.name for spec in created]


def _wait_until_served(admin: AdminClient, specs: list[TopicSpec]) -> None:
    """Creation is acknowledged by the controller; the brokers know the topic a moment later.

    Raises:
        BrokerError: they do not in good time.
    """
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        found = _existing(admin)
        if all(_is_served(found.get(spec.name), spec) for spec in specs):
            return
        time.sleep(0.05)
    raise BrokerError("topics were created, but have no leaders yet: try `anomaly-stream topics check`")


def _is_served(found: Any, spec: TopicSpec) -> bool:
    if found is None or len(found.partitions) < spec.partitions:
        return False
    return all(partition.leader >= 0 and partition.replicas for partition in found.partitions.values())


def check_topics(settings: Settings) -> None:
    """Make sure that every topic is there and of the right shape.

    Raises:
        TopicError: one line a fault; each says what to do.
        BrokerError: Kafka cannot be reached, or refused.
    """
    specs = topic_specs(settings)
    admin = admin_client(settings)
    found = _describe(admin, [spec.name for spec in specs])
    faults = [fault for spec in specs for fault in _faults(spec, found.get(spec.name))]
    if faults:
        raise TopicError("\n".join(faults))


def _faults(spec: TopicSpec, found: _Found | None) -> list[str]:
    if found is None:
        return [f"topic {spec.name} does not exist: run `anomaly-stream topics create`"]
    faults = []
    if spec.exact_partitions and found.partitions != spec.partitions:
        faults.append(
            f"topic {spec.name} has {found.partitions} partitions, not {spec.partitions}: "
            + _partition_advice(spec)
        )
    if found.replication < spec.replication_factor:
        faults.append(
            f"topic {spec.name} has replication factor {found.replication}, not {spec.replication_factor}: "
            "raise it with kafka-reassign-partitions.sh, "
            f"or set topics.replication_factor to {found.replication}"
        )
    if spec.compacted and found.policies != {"compact"}:
        faults.append(
            f"topic {spec.name} has cleanup.policy {','.join(sorted(found.policies))}, "
            "which loses what must be kept: run kafka-configs.sh --alter --entity-type topics "
            f"--entity-name {spec.name} --add-config cleanup.policy=compact"
        )
    return faults


def _partition_advice(spec: TopicSpec) -> str:
    if spec.partitions == 1:
        return "delete it, run `anomaly-stream topics create` and apply the configs again"
    return (
        "set topics.partitions to what the metrics topics have; all of them and the state's changelog "
        "need the same, so delete those that differ and run `anomaly-stream topics create`"
    )


def _creation_advice(error: KafkaError) -> str:
    if error.code() == KafkaError.INVALID_REPLICATION_FACTOR:
        return " Set topics.replication_factor to at most the number of brokers."
    return ""


def _existing(admin: AdminClient) -> dict[str, Any]:
    """The cluster's topics by name, as confluent-kafka describes them."""
    try:
        return dict(admin.list_topics(timeout=TIMEOUT_S).topics)
    except KafkaException as error:
        raise BrokerError(f"Kafka cannot be reached: {error.args[0].str()}") from None


def _describe(admin: AdminClient, names: list[str]) -> dict[str, _Found]:
    """How the topics that exist are."""
    topics = _existing(admin)
    present = [name for name in names if name in topics]
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in present]
    configs = admin.describe_configs(resources, request_timeout=TIMEOUT_S) if resources else {}
    found = {}
    for resource, future in configs.items():
        failure = error_of(future)
        if failure is not None:
            raise BrokerError(f"Kafka cannot describe topic {resource.name}: {failure.str()}")
        policy = future.result().get("cleanup.policy")
        partitions = topics[resource.name].partitions
        found[resource.name] = _Found(
            partitions=len(partitions),
            replication=min((len(partition.replicas) for partition in partitions.values()), default=0),
            policies=frozenset(policy.value.split(",") if policy else ["delete"]),
        )
    return found
