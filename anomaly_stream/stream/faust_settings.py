"""The settings of Faust and of the other Kafka clients of a worker."""

from typing import Any

import faust
from aiokafka import AIOKafkaConsumer

from anomaly_stream.settings import KafkaSettings, Settings
from anomaly_stream.stream.faust_hooks.tables import TableManagerWithoutRecovery
from anomaly_stream.stream.state.table import StateTable

_BATCH_BYTES = 512 * 1024
#: aiokafka compresses lz4 at its highest level: 13 times slower than zstd on state records, and larger.
_COMPRESSION = "zstd"
_REQUEST_BYTES = 8 * 2**20
_REQUEST_TIMEOUT_S = 90.0
#: A broker that starts can answer that there are no topics. A group assigned by that answer holds nothing
#: until its leader asks again, which takes 5 minutes by default.
_METADATA_MS = 10_000


def faust_settings(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of the Faust app; the architecture page explains what each guards against."""
    worker = settings.worker
    return {
        "broker": [f"kafka://{server}" for server in settings.kafka.servers],
        "broker_credentials": faust_credentials(settings.kafka),
        "datadir": str(settings.data_dir / settings.app_id),
        "store": "rocksdb://",
        "Table": StateTable,
        "TableManager": TableManagerWithoutRecovery,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": worker.fetch_bytes,
        "consumer_metadata_max_age_ms": _METADATA_MS,
        "broker_commit_interval": worker.checkpoint_interval_s,
        "broker_commit_every": 2**40,
        "broker_session_timeout": worker.session_timeout_s,
        "broker_heartbeat_interval": worker.heartbeat_interval_s,
        "broker_rebalance_timeout": max(120.0, worker.session_timeout_s),
        "broker_request_timeout": max(90.0, worker.session_timeout_s + 5),
        "broker_max_poll_interval": 86_400.0,
        "broker_max_poll_records": 64,
        "stream_buffer_maxsize": 1,
        "stream_wait_empty": False,
        "producer_acks": -1,
        "producer_linger": 0.0,
        "producer_max_batch_size": _BATCH_BYTES,
        "producer_max_request_size": _REQUEST_BYTES,
        "producer_compression_type": _COMPRESSION,
        "producer_request_timeout": _REQUEST_TIMEOUT_S,
        "table_standby_replicas": 0,
        "worker_redirect_stdouts": False,
        **_static_membership(worker.group_instance_id),
    }


def _static_membership(group_instance_id: str | None) -> dict[str, Any]:
    """The name of the member, and a URL that stays the same with it. Nothing is served there.

    Faust ends a worker whose URL is not the one in its assignment. By default it is that of the host, whose
    name a restart may change.
    """
    if group_instance_id is None:
        return {}
    return {
        "consumer_group_instance_id": group_instance_id,
        "canonical_url": f"http://{group_instance_id}",
    }


def faust_credentials(kafka: KafkaSettings) -> Any:
    """Credentials for a Faust app's ``broker_credentials``; None without TLS and SASL.

    Faust uses SASL over plaintext unless it has a TLS context, so it always gets one for SASL_SSL.
    """
    context = kafka.ssl_context()
    if kafka.uses_sasl:
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=kafka.password(),
            ssl_context=context,
            mechanism=kafka.sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context is not None else None


def changelog_consumer(settings: Settings) -> AIOKafkaConsumer:
    """A consumer, not yet started and in no group, that recovery reads the changelog with."""
    return AIOKafkaConsumer(
        **settings.kafka.aiokafka_options(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=settings.worker.fetch_bytes,
        request_timeout_ms=int(_REQUEST_TIMEOUT_S * 1000),
    )
