"""``python -m tests.chaos.faulty_worker worker``: the command line with fault points in it.

A point does nothing until the file that ``CHAOS_ARM`` names contains ``POINT ACTION``. When the worker next
reaches that point, it deletes the file and runs the action, so each armed action runs once. A second file
beside it lists the actions that ran, one per line.
"""

import errno
import os
import signal
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaTimeoutError

from anomaly_stream.cli import main
from anomaly_stream.stream import heartbeats
from anomaly_stream.stream.partitions import idleness
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.state import table
from anomaly_stream.stream.state.changelog import FencedChangelog
from anomaly_stream.stream.state.table import StateStore
from anomaly_stream.stream.transport import ColumnarConsumer

Coroutine = Callable[..., Awaitable[Any]]


def _refuse() -> None:
    raise KafkaTimeoutError


def _fill_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


ACTIONS: dict[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "pause": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "refuse": _refuse,
    "fill-disk": _fill_disk,
}


def reach(point: str) -> None:
    """Run the armed action if it is armed for this point."""
    arm = Path(os.environ["CHAOS_ARM"])
    try:
        armed, action = arm.read_text().split()
    except (FileNotFoundError, ValueError):
        return
    if armed == point:
        arm.unlink()
        with arm.with_suffix(".fired").open("a") as fired:
            fired.write(f"{action} {point}\n")
        ACTIONS[action]()


def around(owner: type, method: str, before: str, after: str) -> None:
    """Put one point before and one after a coroutine method."""
    original: Coroutine = getattr(owner, method)

    @wraps(original)
    async def wrapped(*arguments: Any, **named: Any) -> Any:
        reach(before)
        result = await original(*arguments, **named)
        reach(after)
        return result

    setattr(owner, method, wrapped)


class FastTime:
    """In place of the module ``time``: half an hour of silence passes in a second."""

    @staticmethod
    def monotonic() -> float:
        return 1800.0 * time.monotonic()


def install() -> None:
    """Install the points of :data:`tests.chaos.schedule.POINTS`.

    The batch size of RocksDB is lowered, so that the small state of a run takes several batches, as a large
    state does, and a point lies between two of them. Heartbeats are frequent, and tell of long silences.
    """
    table.BATCH_BYTES = 4096
    around(Publisher, "barrier", "before-barrier", "after-barrier")
    around(FencedChangelog, "claim", "before-claim", "after-claim")
    around(FencedChangelog, "write", "before-changelog", "after-changelog")
    around(FencedChangelog, "commit", "in-transaction", "after-transaction")
    around(ColumnarConsumer, "commit_watermarks", "before-commit", "after-commit")
    heartbeats.CHECK_S, idleness._MOST_S = 0.5, 3600.0
    heartbeats.time = FastTime()  # type: ignore[attr-defined]
    write = StateStore.write_checkpoint

    @wraps(write)
    def write_checkpoint(*arguments: Any) -> None:
        reach("before-rocksdb")
        write(*arguments)
        reach("after-rocksdb")

    StateStore.write_checkpoint = write_checkpoint  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    install()
    main()
