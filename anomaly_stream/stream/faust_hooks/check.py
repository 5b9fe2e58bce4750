"""Whether the installed Faust and aiokafka have the names that the hooks override and call."""

from importlib.metadata import version
from typing import Any

from anomaly_stream.errors import AnomalyStreamError

SUPPORTED = {"faust-streaming": "0.15.", "aiokafka": "0.14."}
"""The release series that the hooks were written for."""
_CURE = "; reinstall the supported releases with: pip install --force-reinstall anomaly-stream"

try:
    import aiokafka
    import faust
    from aiokafka.consumer import fetcher
    from aiokafka.consumer.group_coordinator import GroupCoordinator
    from faust.stores.rocksdb import Store
    from faust.tables.manager import TableManager
    from faust.tables.recovery import Recovery
    from faust.transport.drivers import aiokafka as driver
except ImportError as error:
    raise AnomalyStreamError(f"Faust or aiokafka lacks a module: {error}{_CURE}") from error

PRIVATE_NAMES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (faust.App, ("_new_transport", "_new_consumer", "_stop_consumer", "_consumer")),
    (
        driver.Consumer,
        (
            *("_new_consumer_thread", "_to_message", "_add_gap", "_commit", "_commit_handler"),
            *(
                "getmany",
                "on_buffer_full",
                "on_buffer_drop",
                "_committed_offset",
                "_thread",
                "_unacked_messages",
            ),
        ),
    ),
    (
        driver.AIOKafkaConsumerThread,
        ("_create_worker_consumer", "_ensure_consumer", "_commit", "on_partitions_assigned"),
    ),
    (driver.Producer, ("_ensure_producer",)),
    (Store, ("_db_for_partition", "_dbs")),
    (faust.Table, ("_new_store_by_url",)),
    (TableManager, ("_recovery",)),
    (Recovery, ("_build_highwaters", "_build_offsets", "_seek_offsets")),
    (
        aiokafka.AIOKafkaConsumer,
        ("_coordinator", "_subscription", "_isolation_level", "_fetch_min_bytes", "_fetch_max_wait_ms"),
    ),
    (GroupCoordinator, ("fetch_committed_offsets", "_start_heartbeat_task")),
    (aiokafka.AIOKafkaProducer, ("_partition",)),
    (
        fetcher.PartitionRecords,
        (
            *("_tp", "_records", "_check_crcs", "_isolation_level", "_unpack_records"),
            *("_aborted_transactions", "_aborted_producers", "_consume_aborted_up_to"),
        ),
    ),
    (fetcher, ("MemoryRecords", "PartitionRecords", "READ_COMMITTED")),
)


def check_hooks() -> None:
    """Make sure that Faust and aiokafka have the names that the hooks override and call.

    An override of a method that a release renamed would never be called, and a worker would lose records.

    Raises:
        AnomalyStreamError: a release is not a supported one, or lacks a name; the message says what to do.
    """
    faults = [
        f"{package} {version(package)} is installed, and {series}x is supported"
        for package, series in SUPPORTED.items()
        if not version(package).startswith(series)
    ]
    faults += [
        f"{owner.__name__} has no {name}"
        for owner, names in PRIVATE_NAMES
        for name in names
        if not declares(owner, name)
    ]
    if faults:
        raise AnomalyStreamError("; ".join(faults) + _CURE)


def declares(owner: Any, name: str) -> bool:
    """Whether a class or module has ``name``: as an attribute, an annotation, or assigned by ``__init__``."""
    if hasattr(owner, name):
        return True
    classes = getattr(owner, "__mro__", ())
    initializers = [getattr(vars(each).get("__init__"), "__code__", None) for each in classes]
    return any(name in vars(each).get("__annotations__", {}) for each in classes) or any(
        name in code.co_names for code in initializers if code is not None
    )
