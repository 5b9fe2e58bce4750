"""What Faust and aiokafka log: under names of theirs, and without what is no fault."""

import logging

FAUST = logging.getLogger("faust")
"""What Faust reports of classes that derive from its own; by default it would be their module's logger."""

_NO_FAULTS = {
    FAUST.name: (
        # The event loop was busy for 3 s; `/livez` judges that.
        "Thread keepalive is not responding...",
        # A rebalance began before the one before it had ended: statistics of Faust's own lack one.
        "Missing sensor state for rebalance #%s",
        "Missing sensor state for rebalance end #%s",
    ),
    # A checkpoint that takes longer than its interval; `checkpoint_seconds` measures it.
    "mode.timers": ("Timer %s is overlapping (interval=%r runtime=%r)",),
    # This is how every member is notified of a rebalance.
    "aiokafka.consumer.group_coordinator": ("Heartbeat failed for group %s because it is rebalancing",),
}


def silence_false_alarms() -> None:
    """Drop the messages of healthy groups that aiokafka logs as warnings."""
    for name in _NO_FAULTS:
        logging.getLogger(name).addFilter(_is_fault)


def _is_fault(record: logging.LogRecord) -> bool:
    # Faust puts the name of the service before the message.
    return not str(record.msg).endswith(_NO_FAULTS.get(record.name, ()))
