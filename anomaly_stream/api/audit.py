"""The audit log: who changed what, from what, to what, as one JSON line of the log for each change."""

import logging
from typing import Any

import orjson

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.planned import Planned

logger = logging.getLogger("anomaly_stream.audit")


def record_change(caller: Caller, action: str, done: Planned) -> None:
    """Log a change of a config that was made by the operation ``action``."""
    record = done.after or done.before
    assert record is not None
    record_action(
        caller,
        action,
        record.config.id,
        before=done.before and {"version": done.before.version, "config": done.before.document},
        after=done.after and {"version": done.after.version, "config": done.after.document},
        reason=record.reason if done.after is not None else "",
        restarts=done.restarts,
    )


def record_action(
    caller: Caller, action: str, subject: str, *, before: object, after: object, **details: Any
) -> None:
    """Log what ``action`` made of ``subject``; None: it did not exist."""
    line = {
        "action": action,
        "id": subject,
        "by": caller.id,
        "groups": sorted(caller.groups),
        **details,
        "from": before,
        "to": after,
    }
    logger.info("%s", orjson.dumps(line).decode())
