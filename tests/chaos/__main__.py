"""``make chaos``: seeded schedules, each lane against an Apache Kafka of its own.

A run of a hundred or more must have seen everything that a schedule can hold: what never happened fails it.
"""

import argparse
import os
import queue
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from tests.brokers.apache import ApacheKafka
from tests.chaos.disk import NoDiskError, SmallDisk
from tests.chaos.run import Run
from tests.chaos.schedule import draw, happenings
from tests.chaos.verdict import Verdict

LONG_RUN = 100


def lane(
    seeds: "queue.SimpleQueue[int]", disks: bool, keep: Path | None, house: bool, verdicts: list[Verdict]
) -> None:
    """Run schedules until none is left. Most of a schedule is waiting, so several lanes fit on a machine."""
    with ApacheKafka() as broker:
        while True:
            try:
                seed = seeds.get_nowait()
            except queue.Empty:
                return
            with tempfile.TemporaryDirectory(prefix="anomaly-stream-chaos-") as temporary:
                directory = Path(keep or temporary) / f"seed-{seed}"
                directory.mkdir(parents=True)
                run = Run(
                    draw(seed, house=house), broker, f"chaos-{seed}", directory, disks, keep is not None
                )
                verdict = run.play()
            verdicts.append(verdict)
            print(verdict, flush=True)


def can_mount() -> bool:
    """Whether workers can have small disks of their own; prints a warning if not."""
    with tempfile.TemporaryDirectory(prefix="anomaly-stream-disk-") as temporary:
        try:
            SmallDisk(Path(temporary) / "disk").unmount()
        except NoDiskError as error:
            print(f"NO DISK CAN BE FILLED HERE, a raised error stands in for it: {error}", flush=True)
            return False
    return True


def summary(happened: Counter[str], house: bool) -> list[str]:
    """Print the number of each event; returns the names of required events that never happened."""
    required = happenings(house)
    names = [*required, *sorted(happened.keys() - set(required))]
    print("how often each fault took place:")
    for name in names:
        print(f"  {name:36} {happened[name]:5}")
    return [name for name in required if not happened[name]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="number of schedules")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="number of schedules that run at the same time")
    parser.add_argument("--keep", type=Path, help="directory to keep the workers' logs and data in")
    parser.add_argument(
        "--house",
        action="store_true",
        help="run a recorder, an API and PostgreSQL too, disturb them, and check the history",
    )
    arguments = parser.parse_args()
    seeds: queue.SimpleQueue[int] = queue.SimpleQueue()
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        seeds.put(seed)
    disks = can_mount()
    verdicts: list[Verdict] = []
    lanes = [
        threading.Thread(target=lane, args=(seeds, disks, arguments.keep, arguments.house, verdicts))
        for _ in range(arguments.jobs)
    ]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join()
    never = summary(sum((verdict.happened for verdict in verdicts), Counter()), arguments.house)
    failed = sorted(verdict.schedule.seed for verdict in verdicts if verdict.faults)
    passed = len(verdicts) - len(failed)
    print(f"{passed} of {arguments.seeds} schedules passed" + (f"; failed: {failed}" if failed else ""))
    if never and arguments.seeds >= LONG_RUN:
        print(f"FAILED: never happened: {', '.join(never)}")
        return 1
    if not disks and os.environ.get("CI"):
        print("FAILED: no disk was filled for real")
        return 1
    return 0 if passed == arguments.seeds else 1


if __name__ == "__main__":
    sys.exit(main())
