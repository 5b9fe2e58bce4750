"""The audit log: who changed what, from what, to what, as one JSON line of the log for each change."""

import logging

import orjson

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.planned import Planned

logger = logging.getLogger("anomaly_stream.audit")


def record_change(caller: Caller, action: str, done: Planned) -> None:
    """Log a change of a config that was made by the operation ``action``."""
    record = done.after or done.before
    assert record is not None
    line = {
        "action": action,
        "id": record.config.id,
        "by": caller.id,
        "groups": sorted(caller.groups),
        "reason": record.reason if done.after is not None else "",
        "from": done.before and {"version": done.before.version, "config": done.before.document},
        "to": done.after and {"version": done.after.version, "config": done.after.document},
        "restarts": done.restarts,
    }
    logger.info("%s", orjson.dumps(line).decode())
