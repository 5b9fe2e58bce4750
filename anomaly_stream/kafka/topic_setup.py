"""Creates topics, and checks them against their required shapes."""

import time
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from anomaly_stream.alerts.wording import plural
from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.admin import admin_client, error_of
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults, metadata_of
from anomaly_stream.kafka.topics import TopicSpec, topic_specs
from anomaly_stream.settings import Settings


@dataclass(frozen=True, slots=True)
class _Found:
    """The shape of an existing topic."""

    partitions: int
    replication: int
    policies: frozenset[str]


def create_topics(settings: Settings) -> list[str]:
    """Create the missing topics and return their names. Existing topics are not changed.

    Raises:
        TopicError: a topic cannot be created.
        BrokerError: Kafka cannot be reached, or refused.
    """
    faults = ConnectionFaults()
    admin = admin_client(settings, faults)
    existing = _existing(admin, faults)
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
    refused, created = [], []
    for spec in missing:
        error = error_of(futures[spec.name])
        if error is None:
            created.append(spec)
        elif error.code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another process was faster
            refused.append(f"topic {spec.name} cannot be created: {error.str()}{_creation_advice(error)}")
    if refused:
        raise TopicError("\n".join(refused))
    _wait_until_served(admin, faults, created)
    return [spec.name for spec in created]


def _wait_until_served(admin: AdminClient, faults: ConnectionFaults, specs: list[TopicSpec]) -> None:
    """Wait for the brokers: the controller acknowledges a new topic a moment before they know it.

    Raises:
        BrokerError: the topics have no leaders in time.
    """
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        found = _existing(admin, faults)
        if all(_is_served(found.get(spec.name), spec) for spec in specs):
            return
        time.sleep(0.05)
    raise BrokerError("topics were created, but have no leaders yet: try `anomaly-stream topics check`")


def _is_served(found: Any, spec: TopicSpec) -> bool:
    if found is None or len(found.partitions) < spec.partitions:
        return False
    return all(partition.leader >= 0 and partition.replicas for partition in found.partitions.values())


def check_topics(settings: Settings) -> None:
    """Make sure that every topic exists and has the required shape.

    Raises:
        TopicError: one line for each fault, with what to do.
        BrokerError: Kafka cannot be reached, or refused.
    """
    specs = topic_specs(settings)
    found = _describe(settings, [spec.name for spec in specs])
    faults = [fault for spec in specs for fault in _faults(spec, found.get(spec.name))]
    if faults:
        raise TopicError("\n".join(faults))


def _faults(spec: TopicSpec, found: _Found | None) -> list[str]:
    if found is None:
        return [f"topic {spec.name} does not exist: run `anomaly-stream topics create`"]
    faults = []
    if spec.exact_partitions and found.partitions != spec.partitions:
        faults.append(
            f"topic {spec.name} has {plural(found.partitions, 'partition')}, not {spec.partitions}: "
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
            "which deletes records that must be kept: run kafka-configs.sh --alter --entity-type topics "
            f"--entity-name {spec.name} --add-config cleanup.policy=compact"
        )
    return faults


def _partition_advice(spec: TopicSpec) -> str:
    if spec.partitions == 1:
        again = " and apply the configs again" if spec.compacted else ""
        return f"delete it and run `anomaly-stream topics create`{again}"
    return (
        "set topics.partitions to the number that the metrics topics have; all of them and the changelog "
        "need the same number, so delete those that differ and run `anomaly-stream topics create`"
    )


def _creation_advice(error: KafkaError) -> str:
    if error.code() == KafkaError.INVALID_REPLICATION_FACTOR:
        return " Set topics.replication_factor to at most the number of brokers."
    return ""


def _existing(admin: AdminClient, faults: ConnectionFaults) -> dict[str, Any]:
    """The topics of the cluster by name, as confluent-kafka describes them."""
    return dict(metadata_of(admin, faults, TIMEOUT_S).topics)


def _describe(settings: Settings, names: list[str]) -> dict[str, _Found]:
    """The shapes of those topics that exist."""
    faults = ConnectionFaults()
    admin = admin_client(settings, faults)
    topics = _existing(admin, faults)
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
